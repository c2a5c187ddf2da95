//! `workspace/didChangeWorkspaceFolders`: folders were opened and closed. Runs in a closed one go
//! on to their end.

use std::sync::Arc;

use tower_lsp::lsp_types::DidChangeWorkspaceFoldersParams;
use tracing::info_span;

use crate::lsp::{
    neighbors, runs,
    session::Session,
    settings::{files, watching},
};

pub(crate) fn did_change_workspace_folders(
    session: &Arc<Session>,
    params: &DidChangeWorkspaceFoldersParams,
) {
    session.open_folders.change(&params.event);
    neighbors::search(session);
    let task = Arc::clone(session);
    session.tasks.spawn(info_span!("folders"), async move {
        files::reload(&task).await;
        // Globs are relative to folders, also those of settings that stay the same.
        task.linter.settings_changed(&task);
        task.refresh_code_lenses();
        watching::folders_changed(&task).await;
        runs::open_waiting(&task).await;
    });
}
