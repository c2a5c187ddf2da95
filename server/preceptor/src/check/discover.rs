//! Which files are checked.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs,
    io::ErrorKind,
    path::{Component, Path, PathBuf},
    sync::Mutex,
};

use globset::GlobBuilder;
use ignore::{DirEntry, WalkBuilder, WalkState};

use crate::check::parallel::n_threads;

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
/// A path that is not there and has `*`, `?` or `[` is a glob: not every shell expands them.
pub(super) fn discover(current_dir: &Path, paths: &[PathBuf]) -> Discovered {
    let mut discovered = Discovered::default();
    for path in paths {
        let absolute = normalized(&current_dir.join(path));
        let is_there = fs::symlink_metadata(&absolute).is_ok();
        match path.to_str().filter(|text| !is_there && is_glob(text)) {
            Some(glob) => expand(current_dir, glob, &mut discovered),
            None => take(&absolute, path, &mut discovered),
        }
    }
    discovered
}

fn take(absolute: &Path, shown: &Path, discovered: &mut Discovered) {
    let shown = shown.display();
    let refusal = match fs::metadata(absolute) {
        Ok(metadata) if metadata.is_file() => {
            discovered.files.insert(absolute.to_owned());
            return;
        }
        Ok(metadata) if !metadata.is_dir() => "it is no file; leave it out".to_owned(),
        Ok(_) if absolute.file_name() == Some(OsStr::new(SKILL_FILE_NAME)) => {
            "it is a folder, and a skill's main file has to be a file".to_owned()
        }
        Ok(_) => {
            search(absolute, discovered);
            return;
        }
        Err(error) => {
            let is_link = fs::symlink_metadata(absolute).is_ok_and(|it| it.is_symlink());
            match error.kind() {
                ErrorKind::NotFound if is_link => {
                    "it is a link to something that is not there; repair or remove the link"
                        .to_owned()
                }
                ErrorKind::NotFound => "there is no such file or folder; check the path".to_owned(),
                ErrorKind::PermissionDenied => {
                    "permission denied; make it readable or leave it out".to_owned()
                }
                _ => error.to_string(),
            }
        }
    };
    discovered.failures.push(format!("cannot check {shown}: {refusal}"));
}

fn search(folder: &Path, discovered: &mut Discovered) {
    let found = walk(folder, /*ignore files of parents*/ true);
    // Somebody who names a folder that is ignored as a whole means it.
    let found = if found.files.is_empty() { walk(folder, false) } else { found };
    discovered.files.extend(found.files);
    discovered.failures.extend(found.failures);
}

fn walk(folder: &Path, respects_parents: bool) -> Discovered {
    let discovered = Mutex::new(Discovered::default());
    let mut builder = WalkBuilder::new(folder);
    builder
        .hidden(false)
        .require_git(false)
        .parents(respects_parents)
        .filter_entry(is_searched)
        .threads(n_threads());
    builder.build_parallel().run(|| {
        Box::new(|result| {
            match result {
                Ok(entry) if entry.file_name() == OsStr::new(SKILL_FILE_NAME) => {
                    // A link whose target is gone is taken too, so that reading it says so.
                    // What is neither (a folder, a pipe) is no skill.
                    let is_taken = fs::metadata(entry.path()).map_or(true, |it| it.is_file());
                    if let (true, Ok(mut discovered)) = (is_taken, discovered.lock()) {
                        discovered.files.insert(entry.into_path());
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    if let Ok(mut discovered) = discovered.lock() {
                        discovered.failures.push(not_searched(folder, &error));
                    }
                }
            }
            WalkState::Continue
        })
    });
    let mut discovered = discovered.into_inner().unwrap_or_default();
    // Threads come upon them in any order.
    discovered.failures.sort();
    discovered
}

fn is_glob(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// Takes what a glob stands for, as if each path had been named.
fn expand(current_dir: &Path, glob: &str, discovered: &mut Discovered) {
    let glob = if cfg!(windows) { glob.replace('\\', "/") } else { glob.to_owned() };
    let is_literal = |part: &&str| !is_glob(part);
    let root: PathBuf = glob.split_inclusive('/').take_while(is_literal).collect::<String>().into();
    let root = normalized(&current_dir.join(root));
    let rest: String = glob.split_inclusive('/').skip_while(is_literal).collect();
    let rest = rest.trim_end_matches('/');
    let matcher = match GlobBuilder::new(rest).literal_separator(true).build() {
        Ok(glob) => glob.compile_matcher(),
        Err(error) => {
            let why = error.kind();
            discovered.failures.push(format!("cannot check {glob}: the glob is wrong: {why}"));
            return;
        }
    };
    // Without `**` nothing deeper than the pattern can match.
    let n_parts = rest.split('/').count();
    let depth = (!rest.contains("**")).then_some(n_parts);
    let mut builder = WalkBuilder::new(&root);
    builder.standard_filters(false).max_depth(depth).filter_entry(is_searched);
    let mut matched: Vec<PathBuf> = builder
        .build()
        .filter_map(Result::ok)
        .filter(|entry| {
            let below = entry.path().strip_prefix(&root).unwrap_or(entry.path());
            entry.depth() > 0 && matcher.is_match(below)
        })
        .map(DirEntry::into_path)
        .collect();
    matched.sort();
    if matched.is_empty() {
        discovered
            .failures
            .push(format!("cannot check {glob}: nothing matches it; check the path"));
    }
    // `skills/*` also matches what lies beside the folders of skills.
    let names_files = Path::new(rest).extension().is_some();
    for path in matched {
        let shown = path.strip_prefix(current_dir).unwrap_or(&path);
        let is_skill = path.file_name() == Some(OsStr::new(SKILL_FILE_NAME));
        if is_skill || names_files || path.is_dir() {
            take(&path, shown, discovered);
        }
    }
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
pub(super) fn normalized(path: &Path) -> PathBuf {
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
