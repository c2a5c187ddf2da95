//! The skills that a skill's text may name.

use std::{path::Path, sync::Arc};

use runtime::skills::{FoundSkill, SkillSources, find};
use tower_lsp::lsp_types::Url;

use crate::lsp::{editor::SessionEditor, language::skill_folder, session::Session};

/// Finds the skills that clients would load beside the one at `uri`: those of its workspace
/// folder, those that lie beside it wherever it is, and the user's own. Reads them from the disk.
pub(crate) fn known_skills(session: &Arc<Session>, uri: &Url) -> Vec<FoundSkill> {
    let places = session.places(Some(uri));
    let mut config = session.settings.config_in(&places.workspace).skills.clone();
    let folder = skill_folder(uri);
    let beside = folder.as_deref().and_then(Path::parent);
    // The folder of a skill that lies nowhere in particular may be below anything.
    let beside = beside.filter(|it| it.file_name().is_some_and(|name| name == "skills"));
    config.paths.extend(beside.map(Path::to_path_buf));
    find(&SkillSources {
        workspace: Some(&places.workspace),
        trusts_workspace: session.settings.is_trusted(&places.workspace),
        folders: &session.folders,
        config: &config,
        editor: &SessionEditor::new(session),
    })
}
