//! `workspace/didChangeWatchedFiles`: a file of the configuration changed on disk.

use std::sync::Arc;

use tower_lsp::lsp_types::DidChangeWatchedFilesParams;

use crate::lsp::{session::Session, settings::files};

pub(crate) fn did_change_watched_files(
    session: &Arc<Session>,
    params: &DidChangeWatchedFilesParams,
) {
    files::changed(session, params.changes.iter().map(|change| &change.uri));
}
