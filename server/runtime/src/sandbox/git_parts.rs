//! What git acts upon in a workspace, before a command and after it.
//!
//! Mounts keep the hooks and settings that are there when a command starts. What is not there yet
//! cannot be mounted over: a repository in a subfolder, one of a submodule, a file that leads git to
//! other settings. Those may be made, for much ordinary work does so, and whoever enters such a
//! folder with a shell or an editor lets git read them. So they are looked at when the command has
//! ended: what would have git run a program, and was not so before, is moved out of the workspace
//! and what stood there before is put back. A repository that runs nothing stays.
//!
//! Of settings, only the lines that would do so become comments. The file as the command left it is
//! moved out of the workspace, as hooks are.
//!
//! Folders are looked at from the top down, [`MAX_FOLDERS`] at most. What was found before the command
//! is looked at again first, so that no number of new folders hides it. Where there are more folders
//! than that, [`GitParts::is_cut`] says so, for others to tell and to ask first. While the command
//! runs, what it makes is there.

mod settings;
mod walk;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

use self::{
    settings::{runs, without_new},
    walk::{WORKTREES, Walk},
};
use crate::sandbox::{Denial, Layer};

/// Folders of a workspace that are looked at. So many take a second at the most.
pub(super) const MAX_FOLDERS: usize = 200_000;
/// Bytes of a file that are kept, to be put back.
const MAX_KEPT_BYTES: u64 = 1024 * 1024;
/// What was taken away and is told of.
const MAX_TOLD: usize = 3;

/// The hooks that git runs; it passes over files with other names.
const HOOKS: [&str; 28] = [
    "applypatch-msg",
    "commit-msg",
    "fsmonitor-watchman",
    "p4-changelist",
    "p4-post-changelist",
    "p4-pre-submit",
    "p4-prepare-changelist",
    "post-applypatch",
    "post-checkout",
    "post-commit",
    "post-index-change",
    "post-merge",
    "post-receive",
    "post-rewrite",
    "post-update",
    "pre-applypatch",
    "pre-auto-gc",
    "pre-commit",
    "pre-merge-commit",
    "pre-push",
    "pre-rebase",
    "pre-receive",
    "prepare-commit-msg",
    "proc-receive",
    "push-to-checkout",
    "reference-transaction",
    "sendemail-validate",
    "update",
];

/// What git acts upon in a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitParts {
    parts: BTreeMap<PathBuf, Part>,
    walk: Walk,
    max_folders: usize,
}

/// What a part is to git.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Settings,
    Hook,
    /// It leads to the folder that the settings are taken from.
    Lead,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    role: Role,
    content: Content,
    permissions: Option<fs::Permissions>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    Text(Vec<u8>),
    Link(PathBuf),
    /// Too large to be kept.
    Large(u64),
}

impl Default for GitParts {
    fn default() -> Self {
        Self { parts: BTreeMap::new(), walk: Walk::default(), max_folders: MAX_FOLDERS }
    }
}

impl GitParts {
    /// Looks at a workspace, at `max_folders` of its folders. Reads the disk.
    pub fn look_at(workspace: &Path, max_folders: usize) -> Self {
        Self::of_walk(Walk::new(workspace, max_folders, None), max_folders)
    }

    /// Returns whether the workspace has more folders than were looked at.
    pub fn is_cut(&self) -> bool {
        self.walk.is_cut
    }

    /// Looks at it once more, and first at what was found there this time. Reads the disk.
    #[must_use]
    pub fn look_again(&self, workspace: &Path) -> Self {
        let walk = Walk::new(workspace, self.max_folders, Some(&self.walk));
        Self::of_walk(walk, self.max_folders)
    }

    fn of_walk(walk: Walk, max_folders: usize) -> Self {
        let mut parts = BTreeMap::new();
        for folder in &walk.git_folders {
            add_parts(folder, &mut parts);
        }
        Self { parts, walk, max_folders }
    }

    /// Takes away what came since then and would have git run a program, and returns what it was.
    /// It is moved to below `aside`, with its path in the workspace. Writes the disk.
    pub fn take_back_since(&self, before: &Self, workspace: &Path, aside: &Path) -> Vec<Denial> {
        let mut denials = Vec::new();
        for (path, part) in &self.parts {
            let earlier = before.parts.get(path);
            let Some(why) = part.offence(path, earlier) else { continue };
            let relative = path.strip_prefix(workspace).unwrap_or(path);
            let moved_to = aside.join(relative);
            let mended = part.without_offence(earlier);
            let became = match take_away(path, part, mended.as_ref().or(earlier), &moved_to) {
                Ok(()) if mended.is_some() => format!(
                    "so that is a comment now, and the file as the command left it is `{}`",
                    moved_to.display()
                ),
                Ok(()) => format!("so it was moved to `{}`", moved_to.display()),
                Err(error) => format!("and it could not be moved away ({error}): look at it"),
            };
            if denials.len() < MAX_TOLD {
                let what = format!("`{}` {why}, {became}", relative.display());
                denials.push(Denial { layer: Layer::GitWatch, what, is_negotiable: true });
            }
        }
        if self.walk.is_cut && !before.walk.is_cut {
            let what = format!(
                "the watch over git's files ends at {} folders and the workspace has more of them \
                 now: what git would run in the others could not be watched",
                self.max_folders
            );
            denials.push(Denial { layer: Layer::GitWatch, what, is_negotiable: false });
        }
        denials
    }
}

impl Part {
    fn read(role: Role, path: &Path) -> Option<Self> {
        let metadata = fs::symlink_metadata(path).ok()?;
        let content = if metadata.is_symlink() {
            Content::Link(fs::read_link(path).ok()?)
        } else if !metadata.is_file() {
            return None;
        } else if metadata.len() > MAX_KEPT_BYTES {
            Content::Large(metadata.len())
        } else {
            Content::Text(fs::read(path).ok()?)
        };
        let permissions = metadata.is_file().then(|| metadata.permissions());
        Some(Self { role, content, permissions })
    }

    /// Returns what git would do because of it that it did not do before; `None` if nothing.
    fn offence(&self, path: &Path, earlier: Option<&Self>) -> Option<String> {
        if earlier == Some(self) {
            return None;
        }
        match (self.role, &self.content) {
            (Role::Hook, Content::Text(_)) if !self.is_executable() => None,
            (Role::Hook, _) => Some("is a hook that git would run".to_owned()),
            (Role::Lead, content) => {
                let is_of_worktree =
                    path.ancestors().nth(2).is_some_and(|it| it.ends_with(WORKTREES));
                let is_usual =
                    matches!(content, Content::Text(text) if text.trim_ascii() == b"../..");
                let leads = "leads git to other settings".to_owned();
                (!is_of_worktree || !is_usual).then_some(leads)
            }
            (Role::Settings, Content::Text(text)) => {
                let known = match earlier.map(|it| &it.content) {
                    Some(Content::Text(text)) => runs(text),
                    _ => BTreeSet::new(),
                };
                let new = runs(text).into_iter().find(|it| !known.contains(it))?;
                Some(format!("has git act upon `{}`", new.trim()))
            }
            (Role::Settings, _) => Some("has git act upon what it leads to".to_owned()),
        }
    }

    /// Returns it without what git would do because of it, where the rest of it can stay.
    fn without_offence(&self, earlier: Option<&Self>) -> Option<Self> {
        let (Role::Settings, Content::Text(text)) = (self.role, &self.content) else { return None };
        let earlier = match earlier.map(|it| &it.content) {
            Some(Content::Text(text)) => text.as_slice(),
            _ => &[],
        };
        let content = Content::Text(without_new(text, earlier)?.into_bytes());
        Some(Self { role: self.role, content, permissions: self.permissions.clone() })
    }

    #[cfg(unix)]
    fn is_executable(&self) -> bool {
        use std::os::unix::fs::PermissionsExt;

        self.permissions.as_ref().is_some_and(|it| it.mode() & 0o111 != 0)
    }

    #[cfg(not(unix))]
    fn is_executable(&self) -> bool {
        true
    }
}

fn add_parts(folder: &Path, parts: &mut BTreeMap<PathBuf, Part>) {
    let mut add = |role, path: PathBuf| {
        if let Some(part) = Part::read(role, &path) {
            parts.insert(path, part);
        }
    };
    for name in ["config", "config.worktree"] {
        add(Role::Settings, folder.join(name));
    }
    add(Role::Lead, folder.join("commondir"));
    let hooks = folder.join("hooks");
    if hooks.is_symlink() {
        add(Role::Hook, hooks);
        return;
    }
    for name in HOOKS {
        add(Role::Hook, hooks.join(name));
    }
}

/// Moves a part away, and writes what is to be in its place.
fn take_away(path: &Path, part: &Part, instead: Option<&Part>, moved_to: &Path) -> io::Result<()> {
    if let Some(folder) = moved_to.parent() {
        fs::create_dir_all(folder)?;
    }
    if fs::rename(path, moved_to).is_err() {
        // It may be on another disk.
        match &part.content {
            Content::Text(text) => fs::write(moved_to, text)?,
            Content::Link(target) => fs::write(moved_to, target.as_os_str().as_encoded_bytes())?,
            Content::Large(_) => drop(fs::copy(path, moved_to)?),
        }
        fs::remove_file(path)?;
    }
    match instead {
        Some(Part { content: Content::Text(text), permissions, .. }) => {
            fs::write(path, text)?;
            permissions.clone().map_or(Ok(()), |it| fs::set_permissions(path, it))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
