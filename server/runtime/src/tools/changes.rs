//! Which files a command changed, seen from what they look like before it and after it.
//!
//! What git ignores is not looked at, nor is a workspace of very many files: the list is for
//! whoever goes on with the work, and nothing depends on it being whole.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use agent::tool::{PreparedCall, ToolResult};
use tokio_util::sync::CancellationToken;

use super::Toolbox;
use crate::workspace_copy::{Stamp, files};

/// Files of a workspace up to which it is looked at.
const MAX_FILES: usize = 10_000;
/// Files that are named of one command.
const MAX_NAMED: usize = 50;

/// What the files of a workspace look like.
type Look = BTreeMap<PathBuf, Stamp>;

impl Toolbox {
    /// Runs a command and adds to its result which files it changed.
    pub(super) async fn watched_bash(
        self: &Arc<Self>,
        call: &PreparedCall,
        cancel: &CancellationToken,
    ) -> Result<ToolResult, String> {
        let before = self.look().await;
        let mut result = self.bash(call, cancel).await?;
        if let Some(before) = before
            && let Some(after) = self.look().await
        {
            result.changed_files = changed(&before, &after);
        }
        Ok(result)
    }

    async fn look(&self) -> Option<Look> {
        let root = self.workspace.root().to_path_buf();
        let look = tokio::task::spawn_blocking(move || look_at(&root, MAX_FILES));
        look.await.unwrap_or_default()
    }
}

fn look_at(root: &Path, max_files: usize) -> Option<Look> {
    let look: Look = files(root)
        .take(max_files + 1)
        .map(|(relative, metadata)| (relative, Stamp::of(&metadata)))
        .collect();
    (look.len() <= max_files).then_some(look)
}

fn changed(before: &Look, after: &Look) -> Vec<String> {
    let written = after.iter().filter(|(path, stamp)| before.get(*path) != Some(*stamp));
    let removed = before.keys().filter(|path| !after.contains_key(*path));
    let mut paths: Vec<&PathBuf> = written.map(|(path, _)| path).chain(removed).collect();
    paths.sort_unstable();
    paths.iter().take(MAX_NAMED).map(|path| path.display().to_string()).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::{changed, look_at};

    #[test]
    fn what_came_went_or_changed_is_named_and_what_git_ignores_is_not() {
        let dir = TempDir::new().unwrap();
        let write = |path: &str, text: &str| fs::write(dir.path().join(path), text).unwrap();
        write(".gitignore", "*.log\n");
        write("kept.txt", "kept");
        write("left.txt", "left");
        write("changed.txt", "a");
        let before = look_at(dir.path(), 10).unwrap();
        write("changed.txt", "ab");
        write("new.txt", "");
        write("noise.log", "");
        fs::remove_file(dir.path().join("left.txt")).unwrap();
        let after = look_at(dir.path(), 10).unwrap();
        assert_eq!(changed(&before, &after), ["changed.txt", "left.txt", "new.txt"]);
        assert_eq!(changed(&after, &after), [""; 0]);
    }

    #[test]
    fn very_many_files_are_not_looked_at() {
        let dir = TempDir::new().unwrap();
        for n in 0..4 {
            fs::write(dir.path().join(n.to_string()), "").unwrap();
        }
        assert!(look_at(dir.path(), 3).is_none());
        assert!(look_at(dir.path(), 4).is_some());
    }
}
