//! A copy of a workspace's files, to compare with later and to try things in.
//!
//! It holds what git does not ignore, as the person sees it: where a buffer differs from its file,
//! the buffer counts. Ignored folders (dependencies, build output) are not copied; a copy that
//! something is tried in gets links to them. The repository itself is never touched: `.git` is
//! such a link too, and whoever runs commands in the copy keeps them from writing there.

mod contents;
mod parallel;
mod walk;
mod withhold;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File, Metadata},
    io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use tokio_util::sync::CancellationToken;

pub use self::contents::{Content, Contents, contents, differences, seen_contents};
pub(crate) use self::walk::files;
use self::{
    parallel::in_parallel,
    walk::{all_files, entries, ignored},
};
use crate::{
    editor::Editor, stand_in::StandIn, temporary::TemporaryFolder, workspace::resolve_existing,
};

/// What its temporary folder is called after.
const PURPOSE: &str = "copy";

/// Begins the names of the folders that copies are in.
const PREFIX: &str = "preceptor-copy-";

/// The folder in it that stands for the workspace.
const ROOT: &str = "workspace";

/// Folders and files that are mounted in a copy at most; where git ignores more, they are links.
const MAX_MOUNTS: usize = 500;

/// The folder that git keeps its own in.
const GIT: &str = ".git";

/// A workspace cannot be copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// There is more of it than the settings allow.
    #[error(
        "the workspace has more than {limit_mb} MB of files that git does not ignore; \
         `verify.max_copy_mb` sets how much may be copied"
    )]
    TooLarge {
        /// The setting, in megabytes.
        limit_mb: u64,
    },
    /// Somebody waits for it, and it takes too long.
    #[error(
        "copying the workspace before its files changed took too long; *Verify* tries it on the \
         files as they are now, and `verify.enabled = false` spares the copy in large workspaces"
    )]
    TooSlow,
    /// The system says no.
    #[error("{path} cannot be copied ({error}): check free space and permissions")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's words.
        error: io::Error,
    },
    /// Something of ours broke off.
    #[error("copying the workspace broke off ({0}); try again")]
    Broken(String),
}

/// A copy of a workspace in a folder of its own, removed when it is dropped.
#[derive(Debug)]
pub struct WorkspaceCopy {
    folder: TemporaryFolder,
    /// What each file of the workspace looked like when it was copied.
    stamps: BTreeMap<PathBuf, Stamp>,
    /// Its folders, also those with nothing in them that is copied.
    folders: BTreeSet<PathBuf>,
    /// What git ignored in the workspace, relative to it, when it was copied.
    ignored: Vec<PathBuf>,
    /// The workspace that it stands in for, if something is tried in it.
    stand_in: Option<StandIn>,
}

/// By what a file is known not to have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    n_bytes: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self { n_bytes: metadata.len(), modified: metadata.modified().ok() }
    }
}

impl WorkspaceCopy {
    /// Copies what git does not ignore of a workspace, `limit_mb` megabytes at most.
    ///
    /// # Errors
    /// [`CopyError`]; nothing is left behind then.
    pub fn new(workspace: &Path, editor: &dyn Editor, limit_mb: u64) -> Result<Self, CopyError> {
        let mut copy = Self::empty()?;
        copy.update(workspace, editor, limit_mb, &CancellationToken::new())?;
        Ok(copy)
    }

    /// Returns a copy of nothing, to be updated.
    ///
    /// # Errors
    /// [`CopyError::Io`].
    pub fn empty() -> Result<Self, CopyError> {
        let folder = TemporaryFolder::new(PURPOSE, ROOT).map_err(at(&std::env::temp_dir()))?;
        Ok(Self {
            folder,
            stamps: BTreeMap::new(),
            folders: BTreeSet::new(),
            ignored: Vec::new(),
            stand_in: None,
        })
    }

    /// Makes it hold what the workspace holds now. Only what looks changed is copied again.
    ///
    /// # Errors
    /// [`CopyError`], [`CopyError::TooSlow`] once `stop` is cancelled; it may hold some files as
    /// they were and some as they are then.
    pub fn update(
        &mut self,
        workspace: &Path,
        editor: &dyn Editor,
        limit_mb: u64,
        stop: &CancellationToken,
    ) -> Result<(), CopyError> {
        let mut n_bytes = 0;
        let mut stamps = BTreeMap::new();
        let mut changed = Vec::new();
        let mut folders = BTreeSet::new();
        for (relative, metadata) in entries(workspace) {
            if metadata.is_dir() {
                folders.insert(relative);
                continue;
            }
            n_bytes += metadata.len();
            if n_bytes > limit_mb.saturating_mul(1024 * 1024) {
                return Err(CopyError::TooLarge { limit_mb });
            }
            if stop.is_cancelled() {
                return Err(CopyError::TooSlow);
            }
            let stamp = Stamp::of(&metadata);
            if self.stamps.get(&relative) == Some(&stamp) {
                stamps.insert(relative, stamp);
            } else {
                changed.push((relative, metadata));
            }
        }
        let root = self.root();
        make_folders(&root, &folders)?;
        for (relative, metadata) in copy_files(workspace, &root, changed, stop)? {
            stamps.insert(relative, Stamp::of(&metadata));
        }
        for relative in self.stamps.keys().filter(|relative| !stamps.contains_key(*relative)) {
            let _ = fs::remove_file(self.root().join(relative));
        }
        // The innermost first; what is not empty is something else by now.
        for relative in self.folders.iter().rev().filter(|it| !folders.contains(*it)) {
            let _ = fs::remove_dir(root.join(relative));
        }
        self.folders = folders;
        self.stamps = stamps;
        self.ignored = ignored(workspace, &self.folders, |relative| {
            self.stamps.contains_key(relative) || self.folders.contains(relative)
        });
        for path in editor.modified_files() {
            let Ok(relative) = path.strip_prefix(workspace) else { continue };
            // A file that git ignores is not here, nor is its buffer.
            if let Some(buffer) = editor.buffer(&path)
                && let Some(stamp) = self.stamps.get_mut(relative)
            {
                fs::write(root.join(relative), buffer.text.as_bytes()).map_err(at(&path))?;
                // What was copied is not the file's: next time it is copied again.
                stamp.modified = None;
            }
        }
        Ok(())
    }

    /// Returns a copy of the copy, to try something in, where what git ignored in the workspace when
    /// it was copied is read. If commands can be shown it in the workspace's place, they are, unless the
    /// `home` or the copy itself is in the workspace.
    ///
    /// # Errors
    /// [`CopyError::Io`].
    pub fn to_try_in(
        &self,
        workspace: &Path,
        home: &Path,
        can_be_mounted: bool,
    ) -> Result<Self, CopyError> {
        let mut trial = self.duplicate()?;
        let (copy, place) = (resolve_existing(&trial.root()), resolve_existing(workspace));
        let is_around = [&copy, &resolve_existing(home)].iter().any(|it| it.starts_with(&place));
        let is_mounted = can_be_mounted && !is_around && self.ignored.len() <= MAX_MOUNTS;
        let mut linked = Vec::new();
        for relative in &self.ignored {
            let (target, stand_in) = (place.join(relative), copy.join(relative));
            let Ok(metadata) = fs::symlink_metadata(&target) else { continue };
            // What was made in the copy is not covered.
            if fs::symlink_metadata(&stand_in).is_ok() {
                continue;
            }
            let made = if !is_mounted {
                make_link(&target, &stand_in)
            } else if metadata.is_dir() {
                fs::create_dir(&stand_in)
            } else if metadata.is_symlink() {
                fs::read_link(&target).and_then(|target| make_link(&target, &stand_in))
            } else {
                File::create(&stand_in).map(drop)
            };
            if made.is_ok() {
                linked.push(relative.clone());
            }
        }
        trial.stand_in = Some(StandIn { copy, place, linked, is_mounted });
        Ok(trial)
    }

    /// Returns a copy of the copy.
    ///
    /// # Errors
    /// [`CopyError::Io`].
    pub fn duplicate(&self) -> Result<Self, CopyError> {
        let mut duplicate = Self::empty()?;
        let (from, to) = (self.root(), duplicate.root());
        make_folders(&to, &self.folders)?;
        duplicate.folders.clone_from(&self.folders);
        duplicate.ignored.clone_from(&self.ignored);
        let own: Vec<(PathBuf, Metadata)> = match &self.stand_in {
            // What was made in it counts, whether git ignores it or not.
            Some(stand_in) => all_files(&from)
                .filter(|(relative, _)| stand_in.in_place(&stand_in.copy.join(relative)).is_none())
                .collect(),
            None => files(&from).collect(),
        };
        copy_files(&from, &to, own, &CancellationToken::new())?;
        Ok(duplicate)
    }

    /// Returns the text of one of its files.
    ///
    /// # Errors
    /// Whatever the system says, also if it is a link, or no text.
    pub fn text(&self, relative: &Path) -> io::Result<String> {
        let path = self.root().join(relative);
        if !fs::symlink_metadata(&path)?.is_file() {
            return Err(io::Error::other("it is no file"));
        }
        fs::read_to_string(path)
    }

    /// Copies one of its files, or links, to somewhere else.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn take_out(&self, relative: &Path, to: &Path) -> io::Result<()> {
        let from = self.root().join(relative);
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        copy_file(&from, to, &fs::symlink_metadata(&from)?)
    }

    /// Puts a file, or link, in place of what it holds there; `None`: takes that away. Nothing is
    /// written through a link.
    ///
    /// # Errors
    /// [`CopyError::Io`].
    pub fn put(&self, relative: &Path, file: Option<&Path>) -> Result<(), CopyError> {
        let root = self.root();
        let place = root.join(relative);
        for folder in relative.ancestors().skip(1).map(|it| root.join(it)) {
            if folder.is_symlink() || folder.is_file() {
                fs::remove_file(&folder).map_err(at(&folder))?;
            }
        }
        let Some(file) = file else {
            return was_there(fs::remove_file(&place)).map(drop).map_err(at(&place));
        };
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder).map_err(at(folder))?;
        }
        if place.is_dir() && !place.is_symlink() {
            fs::remove_dir_all(&place).map_err(at(&place))?;
        }
        let metadata = fs::symlink_metadata(file).map_err(at(file))?;
        copy_file(file, &place, &metadata).map_err(at(&place))
    }

    /// Returns what is read in the workspace that it stands in for.
    pub fn linked(&self) -> impl Iterator<Item = PathBuf> {
        let linked = |it: &StandIn| -> Vec<PathBuf> {
            it.linked.iter().map(|linked| resolve_existing(&it.place.join(linked))).collect()
        };
        self.stand_in.as_ref().map(linked).into_iter().flatten()
    }

    /// Returns what it stands in for, if something is tried in it.
    pub fn stand_in(&self) -> Option<&StandIn> {
        self.stand_in.as_ref()
    }

    /// Returns the folder that stands for the workspace.
    pub fn root(&self) -> PathBuf {
        self.folder.path().to_path_buf()
    }

    /// Returns what it holds, without its links to what git ignores.
    pub fn contents(&self) -> Contents {
        let mut contents = contents(&self.root());
        // Here git may not ignore what stands for something that it ignores there.
        if let Some(stand_in) = &self.stand_in {
            for relative in &stand_in.linked {
                let link = Content::Link(stand_in.place.join(relative));
                if stand_in.is_mounted || contents.get(relative) == Some(&link) {
                    contents.remove(relative);
                }
            }
        }
        contents
    }
}

fn make_folders(root: &Path, folders: &BTreeSet<PathBuf>) -> Result<(), CopyError> {
    folders.iter().map(|folder| root.join(folder)).try_for_each(|folder| {
        // Something else may have stood there.
        if fs::symlink_metadata(&folder).is_ok_and(|it| !it.is_dir()) {
            fs::remove_file(&folder).map_err(at(&folder))?;
        }
        fs::create_dir_all(&folder).map_err(at(&folder))
    })
}

/// Copies files from one folder to another, several at a time; returns those that were there to be
/// copied.
fn copy_files(
    from: &Path,
    to: &Path,
    files: Vec<(PathBuf, Metadata)>,
    stop: &CancellationToken,
) -> Result<Vec<(PathBuf, Metadata)>, CopyError> {
    let folders: BTreeSet<&Path> = files.iter().filter_map(|(path, _)| path.parent()).collect();
    for folder in folders {
        let folder = to.join(folder);
        fs::create_dir_all(&folder).map_err(at(&folder))?;
    }
    let copied = in_parallel(&files, |(relative, metadata)| {
        if stop.is_cancelled() {
            return Err(CopyError::TooSlow);
        }
        let from = from.join(relative);
        was_there(copy_file(&from, &to.join(relative), metadata)).map_err(at(&from))
    });
    let mut there = Vec::with_capacity(files.len());
    for (file, copied) in files.into_iter().zip(copied) {
        if copied? {
            there.push(file);
        }
    }
    Ok(there)
}

/// Copies a file with its mode, or a link as a link; its folder is there.
fn copy_file(from: &Path, to: &Path, metadata: &Metadata) -> io::Result<()> {
    if fs::symlink_metadata(to).is_ok() {
        fs::remove_file(to)?;
    }
    if metadata.is_symlink() {
        return make_link(&fs::read_link(from)?, to);
    }
    fs::copy(from, to).map(drop)
}

/// Tells whether a file was there to be copied; one that went away meanwhile is no error, nor is
/// one that nobody may read: commands could not read it either.
fn was_there(copied: io::Result<()>) -> io::Result<bool> {
    use io::ErrorKind::{NotFound, PermissionDenied};

    match copied {
        Ok(()) => Ok(true),
        Err(error) if matches!(error.kind(), NotFound | PermissionDenied) => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
fn make_link(target: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(windows)]
fn make_link(target: &Path, link: &Path) -> io::Result<()> {
    if target.is_dir() {
        std::os::windows::fs::symlink_dir(target, link)
    } else {
        std::os::windows::fs::symlink_file(target, link)
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> CopyError {
    let path = path.to_path_buf();
    move |error| CopyError::Io { path, error }
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        path::{Path, PathBuf},
        sync::Arc,
    };

    use futures::future::BoxFuture;
    use tempfile::TempDir;
    use tokio_util::sync::CancellationToken;

    use super::{CopyError, WorkspaceCopy, contents, differences, seen_contents};
    use crate::editor::{Buffer, EditError, Editor, NoEditor};

    struct OneBuffer(PathBuf);

    impl Editor for OneBuffer {
        fn buffer(&self, path: &Path) -> Option<Buffer> {
            let text: Arc<str> = "unsaved\n".into();
            (path == self.0).then_some(Buffer { text, is_modified: true })
        }

        fn replace<'a>(
            &'a self,
            _path: &'a Path,
            _expected: &'a str,
            _text: &'a str,
        ) -> BoxFuture<'a, Result<(), EditError>> {
            Box::pin(async { Err(EditError::NoAnswer) })
        }

        fn modified_files(&self) -> Vec<PathBuf> {
            vec![self.0.clone()]
        }
    }

    fn workspace() -> TempDir {
        let dir = TempDir::new().unwrap();
        for (path, text) in [
            (".gitignore", "target/\n*.log\n"),
            (".hidden/a.txt", "a\n"),
            ("src/main.rs", "fn main() {}\n"),
            ("src/debug.log", "noise\n"),
            ("target/debug/out", "built\n"),
            (".git/HEAD", "ref: refs/heads/main\n"),
            (".preceptor/runs/x/journal.jsonl", "{}\n"),
        ] {
            fs::create_dir_all(dir.path().join(path).parent().unwrap()).unwrap();
            fs::write(dir.path().join(path), text).unwrap();
        }
        dir
    }

    fn paths(copy: &WorkspaceCopy) -> Vec<String> {
        copy.contents().keys().map(|path| path.display().to_string()).collect()
    }

    #[test]
    fn what_git_ignores_is_not_copied() {
        let workspace = workspace();
        let copy = WorkspaceCopy::new(workspace.path(), &NoEditor, 1).unwrap();
        assert_eq!(paths(&copy), [".gitignore", ".hidden/a.txt", "src/main.rs"]);
        assert!(differences(&copy.contents(), &contents(workspace.path())).is_empty());
        let root = copy.root();
        drop(copy);
        assert!(!root.exists());
    }

    #[test]
    fn folders_come_along_also_where_nothing_in_them_does() {
        let workspace = workspace();
        fs::write(workspace.path().join(".gitignore"), "target/\nvendor/*\n").unwrap();
        for folder in ["out/deep", "vendor"] {
            fs::create_dir_all(workspace.path().join(folder)).unwrap();
        }
        fs::write(workspace.path().join("vendor/lib.js"), "lib\n").unwrap();
        let mut copy = WorkspaceCopy::new(workspace.path(), &NoEditor, 1).unwrap();
        let home = Path::new("/home/somebody");
        let trial = copy.to_try_in(workspace.path(), home, /*can_be_mounted*/ false).unwrap();
        assert!(trial.root().join("out/deep").is_dir());
        assert_eq!(fs::read_to_string(trial.root().join("vendor/lib.js")).unwrap(), "lib\n");
        fs::remove_dir_all(workspace.path().join("out")).unwrap();
        copy.update(workspace.path(), &NoEditor, 1, &CancellationToken::new()).unwrap();
        assert!(!copy.root().join("out").exists());
    }

    #[test]
    fn an_update_takes_over_what_changed_came_and_went() {
        let workspace = workspace();
        let mut copy = WorkspaceCopy::new(workspace.path(), &NoEditor, 1).unwrap();
        let before = copy.contents();
        fs::write(workspace.path().join("src/main.rs"), "fn main() { run() }\n").unwrap();
        fs::write(workspace.path().join("new.txt"), "new\n").unwrap();
        fs::remove_file(workspace.path().join(".hidden/a.txt")).unwrap();
        copy.update(workspace.path(), &NoEditor, 1, &CancellationToken::new()).unwrap();
        let after = copy.contents();
        let changed = [".hidden/a.txt", "new.txt", "src/main.rs"].map(Path::new);
        assert_eq!(differences(&before, &after), changed);
        assert!(differences(&after, &contents(workspace.path())).is_empty());
    }

    #[test]
    fn a_buffer_counts_before_its_file() {
        let workspace = workspace();
        let editor = OneBuffer(workspace.path().join("src/main.rs"));
        let mut copy = WorkspaceCopy::new(workspace.path(), &editor, 1).unwrap();
        let file = copy.root().join("src/main.rs");
        assert_eq!(fs::read_to_string(&file).unwrap(), "unsaved\n");
        let seen = seen_contents(workspace.path(), &editor);
        assert_eq!(seen, copy.contents(), "nobody changed anything");
        copy.update(workspace.path(), &NoEditor, 1, &CancellationToken::new()).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "fn main() {}\n", "it was discarded");
        let ignored = OneBuffer(workspace.path().join("src/debug.log"));
        copy.update(workspace.path(), &ignored, 1, &CancellationToken::new()).unwrap();
        assert!(!copy.root().join("src/debug.log").exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_trial_reads_what_git_ignores_by_links_and_changes_nobody_elses_files() {
        let workspace = workspace();
        std::os::unix::fs::symlink("main.rs", workspace.path().join("src/link.rs")).unwrap();
        let copy = WorkspaceCopy::new(workspace.path(), &NoEditor, 1).unwrap();
        let home = Path::new("/home/somebody");
        let trial = copy.to_try_in(workspace.path(), home, /*can_be_mounted*/ false).unwrap();
        let expected = [".git", "src/debug.log", "target"].map(|path| workspace.path().join(path));
        assert!(trial.linked().eq(expected), "{trial:?}");
        let built = trial.root().join("target/debug/out");
        assert_eq!(fs::read_to_string(built).unwrap(), "built\n");
        assert_eq!(trial.contents(), copy.contents());
        fs::write(trial.root().join("src/link.rs"), "changed\n").unwrap();
        let (before, after) = (copy.contents(), trial.contents());
        assert_eq!(differences(&before, &after), [Path::new("src/main.rs")]);
        assert!(differences(&before, &contents(workspace.path())).is_empty());
    }

    #[test]
    fn copying_can_be_stopped_and_gone_on_with() {
        let workspace = workspace();
        let (stop, go_on) = (CancellationToken::new(), CancellationToken::new());
        stop.cancel();
        let mut copy = WorkspaceCopy::empty().unwrap();
        let stopped = copy.update(workspace.path(), &NoEditor, 1, &stop);
        assert!(matches!(stopped, Err(CopyError::TooSlow)), "{stopped:?}");
        copy.update(workspace.path(), &NoEditor, 1, &go_on).unwrap();
        assert!(differences(&copy.contents(), &contents(workspace.path())).is_empty());
    }

    #[test]
    fn what_is_too_large_is_not_copied() {
        let workspace = workspace();
        fs::write(workspace.path().join("big"), vec![0; 2 * 1024 * 1024]).unwrap();
        let error = WorkspaceCopy::new(workspace.path(), &NoEditor, 1).unwrap_err();
        assert!(matches!(error, CopyError::TooLarge { limit_mb: 1 }), "{error}");
        assert!(error.to_string().contains("verify.max_copy_mb"));
    }
}
