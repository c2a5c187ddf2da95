//! `textDocument/didChange`.

use std::sync::Arc;

use tower_lsp::lsp_types::DidChangeTextDocumentParams;

use crate::lsp::session::Session;

pub(crate) fn did_change(session: &Arc<Session>, params: DidChangeTextDocumentParams) {
    let DidChangeTextDocumentParams { text_document, content_changes } = params;
    if let Some(snapshot) = session.documents.change(&text_document, content_changes) {
        session.text_changed(&snapshot);
    }
}
