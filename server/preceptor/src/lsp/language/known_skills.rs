//! The skills that a skill's text may name.

use std::{collections::HashSet, path::Path, sync::Arc};

use runtime::skills::{FoundSkill, Scope, SkillSources, find};
use tower_lsp::lsp_types::Url;

use crate::{
    lsp::{
        editor::SessionEditor,
        language::{navigation::KnownSkills, skill_folder},
        session::Session,
    },
    neighborhood,
};

/// Finds the skills that clients would load beside the one at `uri`: those of its workspace
/// folder, those that lie beside it wherever it is, the user's own, and those of the other workspace
/// folders. Of several with one name it is the one that the text at `uri` means. Reads them from the
/// disk.
pub(crate) fn known_skills(session: &Arc<Session>, uri: &Url) -> Vec<FoundSkill> {
    let places = session.places(Some(uri));
    let folder = skill_folder(uri);
    let beside = folder.as_deref().and_then(Path::parent);
    // The folder of a skill that lies nowhere in particular may be below anything.
    let beside = beside.filter(|it| it.file_name().is_some_and(|name| name == "skills"));
    let mut found = found_in(session, &places.workspace, beside);
    let mut names: HashSet<String> = found.iter().map(|skill| skill.name.clone()).collect();
    for other in session.workspace_folders().iter().filter(|it| **it != places.workspace) {
        let others = found_in(session, other, None);
        found.extend(others.into_iter().filter(|skill| names.insert(skill.name.clone())));
    }
    let text_path = uri.to_file_path().ok().and_then(|path| neighborhood::key(&path));
    let known = KnownSkills::of(session);
    for skill in &mut found {
        let nearest = known.named(&skill.name, text_path.as_deref().unwrap_or_default());
        let own = neighborhood::key(&skill.path);
        let is_nearest = nearest.iter().any(|it| Some(&**it) == own.as_deref());
        let Some(path) = nearest.first().filter(|_| !is_nearest) else { continue };
        let Some(text) = known.text(session, path) else { continue };
        let path = Path::new(&**path);
        let is_inside = path.starts_with(&places.workspace);
        let scope = if is_inside { Scope::Workspace } else { Scope::User };
        *skill = FoundSkill::from_text(path, Arc::clone(&text.document().text), scope);
    }
    found
}

fn found_in(session: &Arc<Session>, workspace: &Path, beside: Option<&Path>) -> Vec<FoundSkill> {
    let mut config = session.settings.config_in(workspace).skills.clone();
    config.paths.extend(beside.map(Path::to_path_buf));
    find(&SkillSources {
        workspace: Some(workspace),
        trusts_workspace: session.settings.is_trusted(workspace),
        folders: &session.folders,
        config: &config,
        editor: &SessionEditor::new(session),
    })
}
