//! Which workspace a shell is in: the current folder, or the one above it that was worked in.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use runtime::workspace::OWN_FOLDER;

/// Returns the innermost folder around the current one that runs and proposals are kept in; if
/// there is none, the current folder.
///
/// A folder above that belongs to somebody else is none: what it brings along is not the person's.
///
/// # Errors
/// If the current folder cannot be told.
pub(crate) fn workspace() -> anyhow::Result<PathBuf> {
    let current_dir = env::current_dir().context("finding the current folder")?;
    Ok(worked_in(&current_dir).unwrap_or(&current_dir).to_path_buf())
}

fn worked_in(current_dir: &Path) -> Option<&Path> {
    let owner = owner(current_dir);
    let mut own = current_dir.ancestors().take_while(|folder| self::owner(folder) == owner);
    own.find(|folder| folder.join(OWN_FOLDER).is_dir())
}

#[cfg(unix)]
fn owner(folder: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;

    fs::metadata(folder).ok().map(|it| it.uid())
}

#[cfg(not(unix))]
fn owner(folder: &Path) -> Option<u32> {
    fs::metadata(folder).ok().map(|_| 0)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::worked_in;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the folders are on the disk")]
    fn the_innermost_folder_that_was_worked_in_counts() {
        let folder = TempDir::new().unwrap();
        let path = |path: &str| folder.path().join(path);
        for made in
            ["outer/.preceptor", "outer/inner/.preceptor", "outer/inner/deep/est", "outer/b"]
        {
            fs::create_dir_all(path(made)).unwrap();
        }
        assert_eq!(worked_in(&path("outer/inner/deep/est")), Some(&*path("outer/inner")));
        assert_eq!(worked_in(&path("outer/b")), Some(&*path("outer")));
        assert_eq!(worked_in(&path("outer/inner")), Some(&*path("outer/inner")));
    }
}
