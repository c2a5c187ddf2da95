//! What git acts upon in the workspace, looked at around each confined command.

use std::path::{Path, PathBuf};

use super::Toolbox;
use crate::sandbox::{Denial, GitParts};

impl Toolbox {
    /// Returns what git acts upon now; `None` where commands are not confined.
    pub(super) async fn look_at_git(&self) -> Option<GitParts> {
        let sandbox = self.confinement.as_ref()?.sandbox.clone();
        let root = self.workspace.root().to_path_buf();
        let look = tokio::task::spawn_blocking(move || sandbox.look_at_git(&root));
        look.await.ok()
    }

    /// Takes away what came since then and would have git run a program.
    pub(super) async fn take_back_git(&self, before: GitParts) -> Vec<Denial> {
        let Some(confinement) = &self.confinement else { return Vec::new() };
        let sandbox = confinement.sandbox.clone();
        let root = self.workspace.root().to_path_buf();
        let aside = self.aside.clone();
        let taking = tokio::task::spawn_blocking(move || {
            sandbox.take_back_git(&before, &root, &unused_below(&aside))
        });
        taking.await.unwrap_or_default()
    }

    /// Returns whether the workspace has more folders than are watched, as far as was seen.
    pub fn is_too_large_to_watch(&self) -> bool {
        let confinement = self.confinement.as_ref();
        confinement.is_some_and(|it| it.sandbox.is_too_large_to_watch(self.workspace.root()))
    }
}

/// Returns a folder that is not there yet: what was moved to others stays there.
fn unused_below(aside: &Path) -> PathBuf {
    let numbers = (1_u32..).map(|number| aside.join(number.to_string()));
    numbers.into_iter().find(|it| !it.exists()).unwrap_or_else(|| aside.to_path_buf())
}
