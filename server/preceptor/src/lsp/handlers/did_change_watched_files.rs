//! `workspace/didChangeWatchedFiles`: a file of the configuration, or of a skill,
//! changed on disk.

use std::sync::Arc;

use tower_lsp::lsp_types::DidChangeWatchedFilesParams;

use crate::lsp::{neighbors, session::Session, settings::files};

pub(crate) fn did_change_watched_files(
    session: &Arc<Session>,
    params: &DidChangeWatchedFilesParams,
) {
    let uris = || params.changes.iter().map(|change| &change.uri);
    files::changed(session, uris());
    neighbors::files_changed(session, uris());
}
