//! Where git finds folders of its own in a workspace.
//!
//! Folders are looked at from the top down, some by each of a few threads. Those in which there are
//! seldom repositories and often many folders, such as the packages of a build, come last.

use std::{
    collections::{BTreeSet, VecDeque},
    ffi::{OsStr, OsString},
    fs,
    num::NonZero,
    path::{Path, PathBuf},
    thread,
};

use crate::{sandbox::repository::follow, workspace::OWN_FOLDER};

/// Git's own folder, and the file in its place.
const GIT: &str = ".git";

/// The folder of git in which linked worktrees have theirs.
pub(super) const WORKTREES: &str = "worktrees";

/// What git looks for to tell whether a folder is one of its own.
const SIGNS: [&str; 4] = ["HEAD", "objects", "refs", "commondir"];

/// Folders of a repository in which there are many others, and hardly a repository.
const IN_GIT: [&str; 3] = ["objects", "refs", "logs"];

/// Folders that programs fill, often with tens of thousands of others.
const FILLED: [&str; 16] = [
    ".cache",
    ".gradle",
    ".mypy_cache",
    ".next",
    ".nox",
    ".pnpm-store",
    ".svelte-kit",
    ".tox",
    ".venv",
    "__pycache__",
    "bazel-out",
    "build",
    "dist",
    "node_modules",
    "target",
    "venv",
];

/// More folders than this in one are no place where people keep repositories.
const MANY: usize = 1_000;

/// Threads that look at folders.
const MAX_THREADS: usize = 4;
/// Folders that are worth a thread.
const FOR_A_THREAD: usize = 256;
/// Folders that are looked at before those that they led to.
const AT_ONCE: usize = 8_192;

/// What a walk through a workspace found, from the top down.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Walk {
    /// The folders that git takes for its own, with links resolved.
    pub(super) git_folders: BTreeSet<PathBuf>,
    /// Those with a `.git` in them, be it a folder, a file or a link.
    work_trees: BTreeSet<PathBuf>,
    /// Whether there were more folders than were to be looked at.
    pub(super) is_cut: bool,
}

/// What there is in one folder.
#[derive(Debug, Default)]
struct Seen {
    git_folders: Vec<PathBuf>,
    is_work_tree: bool,
    /// Folders in it.
    next: Vec<PathBuf>,
    /// Folders in it that can wait for all others.
    last: Vec<PathBuf>,
}

impl Walk {
    /// Looks at `max_folders` folders, first at those that an earlier walk found. Reads the disk.
    pub(super) fn new(workspace: &Path, max_folders: usize, earlier: Option<&Self>) -> Self {
        let mut found = Self::default();
        let is_known = |path: &PathBuf| earlier.is_some_and(|it| it.work_trees.contains(path));
        let mut waiting: VecDeque<PathBuf> =
            earlier.into_iter().flat_map(|it| it.work_trees.iter().cloned()).collect();
        waiting.extend(Some(workspace.to_path_buf()).filter(|it| !is_known(it)));
        let mut last = VecDeque::new();
        let mut n_left = max_folders;
        loop {
            if waiting.is_empty() {
                waiting.append(&mut last);
            }
            let n_folders = waiting.len().min(AT_ONCE).min(n_left);
            if n_folders == 0 {
                found.is_cut = !waiting.is_empty();
                break;
            }
            n_left -= n_folders;
            let folders: Vec<_> = waiting.drain(..n_folders).collect();
            for (folder, seen) in folders.iter().zip(look_into_all(&folders, workspace)) {
                found.git_folders.extend(seen.git_folders);
                if seen.is_work_tree {
                    found.work_trees.insert(folder.clone());
                }
                waiting.extend(seen.next.into_iter().filter(|it| !is_known(it)));
                last.extend(seen.last.into_iter().filter(|it| !is_known(it)));
            }
        }
        found.git_folders.extend(earlier.into_iter().flat_map(|it| it.git_folders.iter().cloned()));
        found
    }
}

/// Looks into folders, and returns what is in each, in their order.
fn look_into_all(folders: &[PathBuf], workspace: &Path) -> Vec<Seen> {
    let n_threads = thread::available_parallelism().map_or(1, NonZero::get).min(MAX_THREADS);
    let share = folders.len().div_ceil(n_threads).max(FOR_A_THREAD);
    let look = |folders: &[PathBuf]| -> Vec<Seen> {
        folders.iter().map(|it| look_into(it, workspace)).collect()
    };
    let (own, others) = folders.split_at(share.min(folders.len()));
    thread::scope(|scope| {
        let others: Vec<_> =
            others.chunks(share).map(|part| (part, scope.spawn(|| look(part)))).collect();
        let mut seen = look(own);
        for (part, thread) in others {
            seen.extend(thread.join().unwrap_or_else(|_| look(part)));
        }
        seen
    })
}

fn look_into(path: &Path, workspace: &Path) -> Seen {
    let mut seen = Seen::default();
    let mut folders: Vec<OsString> = Vec::new();
    let mut signs = BTreeSet::new();
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let is_git = name.eq_ignore_ascii_case(GIT);
        seen.is_work_tree |= is_git;
        signs.extend(SIGNS.into_iter().filter(|it| name == *it));
        if is_git && is_folder {
            look_into_git(entry.path(), &mut seen);
        } else if is_git {
            seen.git_folders.extend(target(path, &entry.path(), workspace));
        } else if is_folder {
            folders.push(name);
        }
    }
    let has = |name| signs.contains(name);
    let is_git = has("HEAD") && (has("objects") && has("refs") || has("commondir"));
    if is_git {
        seen.git_folders.push(path.to_path_buf());
    }
    let is_own = |name: &OsStr| path == workspace && name == OWN_FOLDER;
    let is_below_git = || path.components().any(|it| it.as_os_str() == GIT);
    let has_many = folders.len() > MANY;
    for name in folders.into_iter().filter(|name| !is_own(name)) {
        let is_of_git = is_git && IN_GIT.iter().any(|it| name == *it);
        if is_of_git && is_below_git() {
            continue;
        }
        let can_wait = is_of_git || has_many || FILLED.iter().any(|it| name == *it);
        let folders = if can_wait { &mut seen.last } else { &mut seen.next };
        folders.push(path.join(name));
    }
    seen
}

/// Looks into a folder named `.git`.
fn look_into_git(git: PathBuf, seen: &mut Seen) {
    let modules = git.join("modules");
    if modules.is_dir() && !modules.is_symlink() {
        seen.next.push(modules);
    }
    for worktree in fs::read_dir(git.join(WORKTREES)).into_iter().flatten().flatten() {
        seen.git_folders.push(worktree.path());
    }
    seen.git_folders.push(git);
}

/// Returns the folder that a file or link named `.git` stands for, where that is in the workspace.
fn target(folder: &Path, pointer: &Path, workspace: &Path) -> Option<PathBuf> {
    let target = if pointer.is_symlink() {
        fs::canonicalize(pointer).ok().filter(|target| target.is_dir())
    } else {
        None
    };
    let target = target.or_else(|| follow(pointer, "gitdir:", folder))?;
    target.starts_with(workspace).then_some(target)
}
