//! The skills beside one that is open without its workspace.

use std::path::Path;

use skill::SkillDocument;
use tower_lsp::lsp_types::Url;

use crate::{
    lsp::{language::skill_folder, session::Session},
    neighborhood,
};

/// The most skills that are read.
const MAXIMUM_SKILLS: usize = 500;

/// A skill on the disk.
pub(super) struct SkillBeside {
    /// The path of its `SKILL.md`, in the form of the index.
    pub(super) path: String,
    pub(super) name: String,
    pub(super) uri: Url,
}

/// Returns the skills in the folder of skills that the one at `uri` lies in; none for one in a
/// workspace folder, which is searched as a whole. Looks at the disk.
pub(super) fn skills_beside(session: &Session, uri: &Url) -> Vec<SkillBeside> {
    let folder = skill_folder(uri);
    let Some(folder) = folder.as_deref().and_then(Path::parent) else { return Vec::new() };
    let resolved = runtime::workspace::resolve_existing(folder);
    let workspace = session.workspace_folders();
    let mut workspace = workspace.iter().map(|it| runtime::workspace::resolve_existing(it));
    // A folder that is not for skills may have anything below it.
    let is_for_skills = folder.file_name().is_some_and(|name| name == "skills");
    if !is_for_skills || workspace.any(|it| resolved.starts_with(it)) {
        return Vec::new();
    }
    let mut found = Vec::new();
    neighborhood::find_skills_beside(folder, |path| {
        found.extend(read(path));
        found.len() < MAXIMUM_SKILLS
    });
    found
}

fn read(path: &Path) -> Option<SkillBeside> {
    let document = SkillDocument::parse(neighborhood::read_skill(path)?);
    Some(SkillBeside {
        path: neighborhood::key(path)?,
        name: document.name().filter(|name| !name.is_empty())?.to_owned(),
        uri: Url::from_file_path(path).ok()?,
    })
}
