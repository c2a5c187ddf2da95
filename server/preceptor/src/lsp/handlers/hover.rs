//! `textDocument/hover`: on a request, what became of it; on a finding, its rule's page; on a field
//! of a skill's frontmatter, what it means, and of a proposal's, what its replay showed; elsewhere, what is named there.

use std::sync::Arc;

use lint::Finding;
use skill::Span;
use tower_lsp::lsp_types::{
    Hover, HoverContents, HoverParams, MarkupContent, MarkupKind, Position, Range,
};

use crate::lsp::{
    documents::Snapshot,
    field_hover::field_hover,
    language::{
        self,
        explanation::{Explanation, explanation},
    },
    linter, proposals,
    session::Session,
};

pub(crate) async fn hover(session: &Arc<Session>, params: HoverParams) -> Option<Hover> {
    let at = params.text_document_position_params;
    if let Some((text, range)) = session.turns.hover(&at.text_document.uri, at.position) {
        return Some(markdown(text, range));
    }
    let snapshot = session.documents.get(&at.text_document.uri)?;
    let proposed = proposed(session, &snapshot, at.position).await;
    if !language::is_skill_text(&snapshot.uri) {
        return proposed.map(|(text, range)| markdown(text, range));
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
    let mut texts: Vec<&str> = proposed.iter().map(|(text, _)| text.as_str()).collect();
    for finding in &here {
        let page = finding.rule.page.trim_end();
        if !texts.contains(&page) {
            texts.push(page);
        }
    }
    // Whoever points at a finding does not ask how long the section is.
    let named = named(session, &snapshot, offset).await;
    let named = named.filter(|named| !named.is_length || here.is_empty());
    // A finding at a value is what the cursor is there for; a key is asked about itself.
    let field = field_hover(&snapshot, offset).filter(|_| linter::is_skill(&snapshot.uri));
    let field = field.filter(|field| named.is_none() && (field.is_on_key || here.is_empty()));
    texts.extend(named.as_ref().map(|named| named.text.trim_end()));
    texts.extend(field.as_ref().map(|field| field.text.trim_end()));
    let range = match (&named, &field, here.first()) {
        (Some(named), _, _) => snapshot.range(named.span),
        (None, Some(field), _) => field.range,
        (None, None, Some(finding)) => snapshot.range(finding.span),
        (None, None, None) => proposed.as_ref()?.1,
    };
    Some(markdown(texts.join("\n\n---\n\n"), range))
}

/// What became of the proposal that a document is: at its frontmatter, where the lenses are, and at
/// the first line of one that has none.
async fn proposed(
    session: &Session,
    snapshot: &Snapshot,
    position: Position,
) -> Option<(String, Range)> {
    let frontmatter = snapshot.skill().frontmatter.as_ref();
    let last = frontmatter.map(|it| it.closing.unwrap_or(it.content));
    if position.line > last.map_or(0, |last| snapshot.range(last).end.line) {
        return None;
    }
    let proposal = proposals::at(session, &snapshot.uri).await?;
    let line = snapshot.line(position.line).map_or(0, str::len);
    let start = snapshot.offset(Position::new(position.line, 0));
    let range = snapshot.range(Span::new(start, start + line));
    Some((proposals::about(session, &proposal), range))
}

/// What is named may have to be looked for on the disk.
async fn named(
    session: &Arc<Session>,
    snapshot: &Arc<Snapshot>,
    offset: usize,
) -> Option<Explanation> {
    let task = Arc::clone(session);
    let work = move |snapshot: &Snapshot| explanation(&task, snapshot, offset);
    language::answer_about(Arc::clone(snapshot), work).await.flatten()
}

fn markdown(value: String, range: Range) -> Hover {
    Hover {
        contents: HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value }),
        range: Some(range),
    }
}
