//! Whether a path in a skill's text is that of a file in its folder.

use crate::SkillFile;

/// Folders that skills bundle files in, by the format.
const FORMAT_FOLDERS: [&str; 3] = ["scripts/", "references/", "assets/"];

/// Tells whether a path below the skill's folder is that of one of its files. Where the files are
/// not known, whether it is in one of the folders that the format has for them.
pub(crate) fn is_bundled(file: &SkillFile<'_>, path: &str) -> bool {
    match file.neighborhood.and_then(|it| it.folder.as_deref()) {
        Some(folder) => folder.has_file(path),
        None => FORMAT_FOLDERS.iter().any(|it| path.len() > it.len() && path.starts_with(it)),
    }
}
