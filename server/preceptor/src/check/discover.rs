//! Which files are checked.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs,
    io::ErrorKind,
    path::{Component, Path, PathBuf},
};

use ignore::{DirEntry, WalkBuilder};

/// The name of a skill's main file, exactly so.
const SKILL_FILE_NAME: &str = "SKILL.md";

/// Folders that are never searched, unless one is named.
const NEVER_SEARCHED: [&str; 2] = [".git", ".preceptor"];

/// What a search came up with.
#[derive(Debug, Default)]
pub(super) struct Discovered {
    /// Absolute paths, each once.
    pub(super) files: BTreeSet<PathBuf>,
    /// One sentence for each path that could not be searched.
    pub(super) failures: Vec<String>,
}

/// Finds the files that `paths` stand for: a file is taken as it is, a folder is searched.
///
/// Hidden folders are searched, ignore files are respected, links to folders are not followed.
pub(super) fn discover(current_dir: &Path, paths: &[PathBuf]) -> Discovered {
    let mut discovered = Discovered::default();
    for path in paths {
        let absolute = normalized(&current_dir.join(path));
        match fs::metadata(&absolute) {
            Ok(metadata) if metadata.is_dir() => search(&absolute, &mut discovered),
            Ok(_) => {
                discovered.files.insert(absolute);
            }
            Err(error) => {
                let is_link = fs::symlink_metadata(&absolute).is_ok_and(|it| it.is_symlink());
                let sentence = match error.kind() {
                    ErrorKind::NotFound if is_link => {
                        "it is a link to something that is not there; repair or remove the link"
                            .to_owned()
                    }
                    ErrorKind::NotFound => {
                        "there is no such file or folder; check the path".to_owned()
                    }
                    ErrorKind::PermissionDenied => {
                        "permission denied; make it readable or leave it out".to_owned()
                    }
                    _ => error.to_string(),
                };
                discovered.failures.push(format!("cannot check {}: {sentence}", path.display()));
            }
        }
    }
    discovered
}

fn search(folder: &Path, discovered: &mut Discovered) {
    let found = walk(folder, /*ignore files of parents*/ true);
    // Somebody who names a folder that is ignored as a whole means it.
    let found = if found.files.is_empty() { walk(folder, false) } else { found };
    discovered.files.extend(found.files);
    discovered.failures.extend(found.failures);
}

fn walk(folder: &Path, respects_parents: bool) -> Discovered {
    let mut discovered = Discovered::default();
    let mut builder = WalkBuilder::new(folder);
    builder.hidden(false).require_git(false).parents(respects_parents).filter_entry(is_searched);
    for result in builder.build() {
        match result {
            Ok(entry) if entry.file_name() == OsStr::new(SKILL_FILE_NAME) => {
                // A link whose target is gone is taken too, so that reading it says so.
                let is_folder = fs::metadata(entry.path()).is_ok_and(|it| it.is_dir());
                if !is_folder {
                    discovered.files.insert(entry.into_path());
                }
            }
            Ok(_) => {}
            Err(error) => discovered.failures.push(format!(
                "cannot search {}: {error}; what could be reached was checked",
                folder.display()
            )),
        }
    }
    discovered
}

fn is_searched(entry: &DirEntry) -> bool {
    entry.depth() == 0 || !NEVER_SEARCHED.iter().any(|name| entry.file_name() == OsStr::new(name))
}

/// Takes `.` and `..` out of a path without asking the file system.
fn normalized(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            _ => out.push(part),
        }
    }
    out
}
