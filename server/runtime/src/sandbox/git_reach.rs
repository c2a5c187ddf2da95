//! How far the watch over git's files reaches, by workspace.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    sandbox::{GitParts, git_parts::MAX_FOLDERS},
    workspace::resolve_existing,
};

/// What the last looks at workspaces found; clones share it.
#[derive(Debug, Clone)]
pub(super) struct GitReach {
    max_folders: usize,
    /// Whether a workspace has more folders than that.
    exceeded: Arc<Mutex<BTreeMap<PathBuf, bool>>>,
}

impl Default for GitReach {
    fn default() -> Self {
        Self::of(MAX_FOLDERS)
    }
}

impl GitReach {
    /// Looks at so many folders of each workspace.
    pub(super) fn of(max_folders: usize) -> Self {
        Self { max_folders, exceeded: Arc::default() }
    }

    /// Looks at a workspace. Reads the disk.
    pub(super) fn look_at(&self, workspace: &Path) -> GitParts {
        let parts = GitParts::look_at(workspace, self.max_folders);
        self.note(workspace, &parts);
        parts
    }

    /// Keeps how far a look went.
    pub(super) fn note(&self, workspace: &Path, parts: &GitParts) {
        let mut exceeded = self.exceeded.lock().unwrap_or_else(PoisonError::into_inner);
        exceeded.insert(resolve_existing(workspace), parts.is_cut());
    }

    /// Returns whether the last look at a workspace did not see all of it; `None` if there was none.
    pub(super) fn is_exceeded(&self, workspace: &Path) -> Option<bool> {
        let exceeded = self.exceeded.lock().unwrap_or_else(PoisonError::into_inner);
        exceeded.get(&resolve_existing(workspace)).copied()
    }
}
