//! `textDocument/hover`: on a request, what became of it; on a finding, its rule's page; on a field
//! of a skill's frontmatter, what it means.

use std::sync::Arc;

use lint::Finding;
use tower_lsp::lsp_types::{Hover, HoverContents, HoverParams, MarkupContent, MarkupKind, Range};

use crate::lsp::{field_hover::field_hover, linter, session::Session};

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
    let mut texts: Vec<&str> = Vec::new();
    for finding in &here {
        let page = finding.rule.page.trim_end();
        if !texts.contains(&page) {
            texts.push(page);
        }
    }
    // A finding at a value is what the cursor is there for; a key is asked about itself.
    let field = field_hover(&snapshot, offset).filter(|field| field.is_on_key || here.is_empty());
    texts.extend(field.as_ref().map(|field| field.text.trim_end()));
    let range = match (&field, here.first()) {
        (Some(field), _) => field.range,
        (None, Some(finding)) => snapshot.range(finding.span),
        (None, None) => return None,
    };
    Some(markdown(texts.join("\n\n---\n\n"), range))
}

fn markdown(value: String, range: Range) -> Hover {
    Hover {
        contents: HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value }),
        range: Some(range),
    }
}
