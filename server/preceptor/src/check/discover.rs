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
            Ok(metadata)
                if metadata.is_dir()
                    && absolute.file_name() == Some(OsStr::new(SKILL_FILE_NAME)) =>
            {
                discovered.failures.push(format!(
                    "cannot check {}: it is a folder, and a skill's main file has to be a file",
                    path.display()
                ));
            }
            Ok(metadata) if metadata.is_dir() => search(&absolute, &mut discovered),
            Ok(metadata) if metadata.is_file() => {
                discovered.files.insert(absolute);
            }
            Ok(_) => discovered
                .failures
                .push(format!("cannot check {}: it is no file; leave it out", path.display())),
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
                // What is neither (a folder, a pipe) is no skill.
                if fs::metadata(entry.path()).map_or(true, |it| it.is_file()) {
                    discovered.files.insert(entry.into_path());
                }
            }
            Ok(_) => {}
            Err(error) => discovered.failures.push(not_searched(folder, &error)),
        }
    }
    discovered
}

/// Says which place could not be searched and what to do about it.
fn not_searched(folder: &Path, error: &ignore::Error) -> String {
    let place = failed_place(error).unwrap_or(folder).display();
    let why = error.io_error().map_or_else(|| error.to_string(), |error| error.kind().to_string());
    format!(
        "cannot search {place} ({why}): make it readable, or leave it out with an ignore file; \
         everything else was checked"
    )
}

fn failed_place(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            failed_place(err)
        }
        _ => None,
    }
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
