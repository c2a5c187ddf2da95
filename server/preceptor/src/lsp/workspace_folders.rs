//! The workspace folders, as the client has them now.

use std::{
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tower_lsp::lsp_types::{InitializeParams, Url, WorkspaceFolder, WorkspaceFoldersChangeEvent};

/// Folders of the disk, in the client's order; what has another scheme is left out.
#[derive(Debug, Default)]
pub(crate) struct WorkspaceFolders {
    folders: Mutex<Vec<PathBuf>>,
}

impl WorkspaceFolders {
    /// Takes what `initialize` says: the root where the client knows no folders.
    pub(crate) fn begin(&self, params: &InitializeParams) {
        let named = params.workspace_folders.iter().flatten().map(|folder| &folder.uri);
        let mut folders: Vec<PathBuf> = named.filter_map(path).collect();
        if params.workspace_folders.as_ref().is_none_or(Vec::is_empty) {
            folders.extend(params.root_uri.as_ref().and_then(path));
        }
        *self.folders() = folders;
    }

    /// Takes a change. New folders come last; one that is there already stays where it is.
    pub(crate) fn change(&self, event: &WorkspaceFoldersChangeEvent) {
        let paths = |folders: &[WorkspaceFolder]| -> Vec<PathBuf> {
            folders.iter().filter_map(|folder| path(&folder.uri)).collect()
        };
        let removed = paths(&event.removed);
        let mut folders = self.folders();
        folders.retain(|folder| !removed.contains(folder));
        for added in paths(&event.added) {
            if !folders.contains(&added) {
                folders.push(added);
            }
        }
    }

    /// Returns the folders.
    pub(crate) fn all(&self) -> Vec<PathBuf> {
        self.folders().clone()
    }

    fn folders(&self) -> MutexGuard<'_, Vec<PathBuf>> {
        self.folders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn path(uri: &Url) -> Option<PathBuf> {
    uri.to_file_path().ok()
}

#[cfg(test)]
mod tests {
    use tower_lsp::lsp_types::InitializeParams;

    use super::WorkspaceFolders;

    fn folders(uris: &[&str]) -> serde_json::Value {
        let named = uris.iter().map(|uri| serde_json::json!({"uri": uri, "name": "n"}));
        named.collect()
    }

    #[track_caller]
    fn check(params: serde_json::Value, added: &[&str], removed: &[&str], expected: &[&str]) {
        let workspace_folders = WorkspaceFolders::default();
        let params: InitializeParams = serde_json::from_value(params).unwrap();
        workspace_folders.begin(&params);
        let event = serde_json::json!({"added": folders(added), "removed": folders(removed)});
        workspace_folders.change(&serde_json::from_value(event).unwrap());
        let all = workspace_folders.all();
        assert_eq!(all.iter().map(|it| it.to_str().unwrap()).collect::<Vec<_>>(), expected);
    }

    #[cfg(unix)]
    #[test]
    fn folders_come_and_go_in_the_clients_order() {
        let named = folders(&["file:///a", "untitled:x", "file:///b/"]);
        let params = serde_json::json!({"capabilities": {}, "workspaceFolders": named});
        check(params.clone(), &[], &[], &["/a", "/b/"]);
        check(params.clone(), &["file:///c", "file:///b"], &["file:///a"], &["/b/", "/c"]);
        check(params, &["file:///a"], &["file:///a/", "file:///z"], &["/b/", "/a"]);
    }

    #[cfg(unix)]
    #[test]
    fn the_root_counts_for_clients_without_folders() {
        let params = serde_json::json!({"capabilities": {}, "rootUri": "file:///root"});
        check(params, &[], &[], &["/root"]);
        let params = serde_json::json!({"capabilities": {}});
        check(params, &["file:///late"], &[], &["/late"]);
    }
}
