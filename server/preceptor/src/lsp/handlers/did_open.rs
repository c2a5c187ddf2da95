//! `textDocument/didOpen`.

use std::sync::Arc;

use tower_lsp::lsp_types::DidOpenTextDocumentParams;

use crate::lsp::session::Session;

pub(crate) fn did_open(session: &Arc<Session>, params: DidOpenTextDocumentParams) {
    let snapshot = session.documents.open(params.text_document);
    session.text_changed(&snapshot);
}
