//! `textDocument/hover`: on a request, what became of it; on a finding, its rule's page.

use std::sync::Arc;

use lint::Finding;
use tower_lsp::lsp_types::{Hover, HoverContents, HoverParams, MarkupContent, MarkupKind, Range};

use crate::lsp::{linter, session::Session};

pub(crate) async fn hover(session: &Arc<Session>, params: HoverParams) -> Option<Hover> {
    let at = params.text_document_position_params;
    if let Some((text, range)) = session.turns.hover(&at.text_document.uri, at.position) {
        return Some(markdown(text, range));
    }
    let snapshot = session.documents.get(&at.text_document.uri)?;
    if !linter::is_skill(&snapshot.uri) {
        return None;
    }
    let linted = session.linter.findings(session, Arc::clone(&snapshot)).await;
    let offset = snapshot.offset(at.position);
    let mut here: Vec<&Finding> = linted
        .findings
        .iter()
        .filter(|finding| finding.span.start <= offset && offset <= finding.span.end)
        .collect();
    // The narrowest first: it is the one that was pointed at.
    here.sort_by_key(|finding| finding.span.len());
    let range = snapshot.range(here.first()?.span);
    let mut pages: Vec<&str> = Vec::new();
    for finding in here {
        let page = finding.rule.page.trim_end();
        if !pages.contains(&page) {
            pages.push(page);
        }
    }
    Some(markdown(pages.join("\n\n---\n\n"), range))
}

fn markdown(value: String, range: Range) -> Hover {
    Hover {
        contents: HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value }),
        range: Some(range),
    }
}
