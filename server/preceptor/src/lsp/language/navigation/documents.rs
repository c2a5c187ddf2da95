//! Files of a workspace that lead into the folder of a skill by a path: documents, scripts, manifests
//! of plugins. Nobody reads them for skills, so only a path in them counts.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use ignore::WalkBuilder;

use crate::neighborhood;

/// What has paths in it that people follow and programs use.
const EXTENSIONS: [&str; 15] = [
    "bash", "cjs", "js", "json", "md", "mdx", "mjs", "ps1", "py", "rb", "sh", "toml", "ts", "yaml",
    "yml",
];

/// The most files of all folders that are looked into.
const MAXIMUM_FILES: usize = 5_000;

/// A longer file was hardly written by a person. In bytes.
const MAXIMUM_BYTES: u64 = 256 * 1024;

/// Returns the files below some folders that may have a path in them. Ignored files are left out.
/// Looks at the disk.
pub(super) fn documents(folders: &[PathBuf]) -> BTreeSet<PathBuf> {
    let walks = folders.iter().flat_map(|folder| {
        let mut walk = WalkBuilder::new(folder);
        walk.hidden(false).require_git(false);
        walk.filter_entry(|entry| entry.depth() == 0 || !neighborhood::is_left_out(entry.path()));
        walk.build().flatten()
    });
    let files = walks.filter(|entry| entry.file_type().is_some_and(|it| it.is_file()));
    let files = files.map(ignore::DirEntry::into_path).filter(|path| has_paths(path));
    files.take(MAXIMUM_FILES).filter(|path| is_short(path)).collect()
}

fn has_paths(path: &Path) -> bool {
    let extension = path.extension().and_then(|it| it.to_str());
    extension.is_some_and(|it| EXTENSIONS.contains(&it))
}

fn is_short(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|it| it.len() <= MAXIMUM_BYTES)
}
