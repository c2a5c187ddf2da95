//! Which files are checked.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    ffi::OsStr,
    fs,
    io::ErrorKind,
    path::{Component, Path, PathBuf},
    sync::Mutex,
};

use globset::GlobBuilder;
use ignore::{DirEntry, WalkBuilder, WalkState};
use runtime::workspace::resolve_existing;

use crate::check::parallel::n_threads;

/// The name of a skill's main file, exactly so.
const SKILL_FILE_NAME: &str = "SKILL.md";

/// Folders that are never searched, unless one is named.
const NEVER_SEARCHED: [&str; 2] = [".git", ".preceptor"];

/// What a search came up with.
#[derive(Debug, Default)]
pub(super) struct Discovered {
    /// The files without links in their paths, each with the way to it that is shown: two links to
    /// one file are one file.
    pub(super) files: BTreeMap<PathBuf, Way>,
    /// Links that a search came upon and that lead nowhere.
    pub(super) dangling: BTreeSet<PathBuf>,
    /// One sentence for each path that could not be searched.
    pub(super) failures: Vec<String>,
}

/// An absolute path to a file. The smallest one is shown: that of the file itself, if it was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Way {
    /// Whether the file's own name is a link.
    is_link: bool,
    /// Whether there is a link on the way.
    has_link: bool,
    /// The path.
    pub(super) path: PathBuf,
}

impl Discovered {
    fn add(&mut self, real: PathBuf, path: PathBuf, is_link: bool) {
        let way = Way { is_link, has_link: real != path, path };
        match self.files.entry(real) {
            Entry::Occupied(mut known) if way < *known.get() => *known.get_mut() = way,
            Entry::Occupied(_) => {}
            Entry::Vacant(place) => {
                place.insert(way);
            }
        }
    }

    fn extend(&mut self, other: Self) {
        for (real, way) in other.files {
            self.add(real, way.path, way.is_link);
        }
        self.dangling.extend(other.dangling);
        self.failures.extend(other.failures);
    }
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
            let is_link = fs::symlink_metadata(absolute).is_ok_and(|it| it.is_symlink());
            discovered.add(resolve_existing(absolute), absolute.to_owned(), is_link);
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
    discovered.extend(found);
}

fn walk(folder: &Path, respects_parents: bool) -> Discovered {
    let discovered = Mutex::new(Discovered::default());
    // Links to folders are not followed, so below here only a file itself can be one.
    let real_folder = resolve_existing(folder);
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
                    let found = found(folder, &real_folder, entry);
                    if let (Some(found), Ok(mut discovered)) = (found, discovered.lock()) {
                        match found {
                            Found::File { real, path, is_link } => {
                                discovered.add(real, path, is_link);
                            }
                            Found::Dangling(path) => {
                                discovered.dangling.insert(path);
                            }
                        }
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

/// Something that is called like a skill's main file.
enum Found {
    File { real: PathBuf, path: PathBuf, is_link: bool },
    Dangling(PathBuf),
}

/// Returns what an entry is; `None` for what is neither a file nor a link (a folder, a pipe).
fn found(folder: &Path, real_folder: &Path, entry: DirEntry) -> Option<Found> {
    let file_type = entry.file_type()?;
    let path = entry.into_path();
    if !file_type.is_symlink() {
        let real = real_folder.join(path.strip_prefix(folder).ok()?);
        return file_type.is_file().then_some(Found::File { real, path, is_link: false });
    }
    match fs::metadata(&path) {
        Ok(metadata) if !metadata.is_file() => None,
        // Whoever may not follow it hears of it when it is read.
        Err(error) if error.kind() != ErrorKind::PermissionDenied => Some(Found::Dangling(path)),
        _ => Some(Found::File { real: resolve_existing(&path), path, is_link: true }),
    }
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
