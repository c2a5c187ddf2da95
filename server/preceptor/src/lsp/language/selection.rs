//! `textDocument/selectionRange`: from the word to the whole document, by what Markdown and YAML
//! mean.

use std::cmp::Reverse;

use skill::{Body, Entry, SkillDocument, Span};
use tower_lsp::lsp_types::{Position, SelectionRange};

use crate::lsp::documents::Snapshot;

/// Returns for each position what a person selects by growing the selection step by step.
pub(crate) fn selection_ranges(snapshot: &Snapshot, positions: &[Position]) -> Vec<SelectionRange> {
    let document = snapshot.skill();
    let blocks = document.blocks();
    let at = |position: &Position| {
        nested(snapshot, around(document, &blocks, snapshot.offset(*position)))
    };
    positions.iter().map(at).collect()
}

/// Returns the spans around `offset`, each inside the one before it, the whole text first.
fn around(document: &SkillDocument, blocks: &[Span], offset: usize) -> Vec<Span> {
    let text = &*document.text;
    let mut spans = Vec::new();
    let frontmatter = document.frontmatter.as_ref();
    if let Some(frontmatter) = frontmatter.filter(|it| it.span.contains_offset(offset)) {
        spans.extend([frontmatter.span, frontmatter.content]);
        entries_around(&frontmatter.entries, offset, &mut spans);
    } else {
        spans.push(document.body.span);
        spans.extend(blocks);
        body_around(text, &document.body, offset, &mut spans);
    }
    spans.extend([line(text, offset), word(text, offset)]);
    let mut spans: Vec<Span> = spans.into_iter().map(|span| span.trimmed_end(text)).collect();
    spans.retain(|span| span.start <= offset && offset <= span.end && !span.is_empty());
    spans.sort_by_key(|span| Reverse(span.len()));
    spans.dedup();
    // The whole text has a place for every cursor, also behind the last word.
    let mut steps = vec![Span::new(0, text.len())];
    // What crosses the edge of what is around it is no step.
    for span in spans {
        if steps.last().is_none_or(|outer| outer.contains(span) && *outer != span) {
            steps.push(span);
        }
    }
    steps
}

fn entries_around(entries: &[Entry], offset: usize, spans: &mut Vec<Span>) {
    for entry in entries.iter().filter(|it| it.span().start <= offset && offset <= it.span().end) {
        spans.extend([entry.span(), entry.key_span, entry.value.span]);
        entries_around(entry.value.entries(), offset, spans);
    }
}

fn body_around(text: &str, body: &Body, offset: usize, spans: &mut Vec<Span>) {
    let n_before = body.headings.partition_point(|it| it.span.start <= offset);
    let mut above = n_before.checked_sub(1);
    while let Some(at) = above {
        spans.push(body.section(at));
        above = body.headings.get(at).and_then(|it| it.parent);
    }
    spans.extend(body.code_block_at(offset).map(|block| block.content));
    spans.extend(body.links.iter().map(|link| link.span));
    if let Some(code) = body.inline_code_at(offset) {
        let n_ticks = code.span.of(text).bytes().take_while(|it| *it == b'`').count();
        spans.push(code.span);
        spans.push(Span::new(code.span.start + n_ticks, code.span.end - n_ticks));
    }
}

fn nested(snapshot: &Snapshot, steps: Vec<Span>) -> SelectionRange {
    let start = SelectionRange { range: snapshot.range(Span::empty(0)), parent: None };
    let mut ranges = steps.into_iter().map(|span| snapshot.range(span));
    let outermost = ranges.next().map(|range| SelectionRange { range, parent: None });
    ranges.fold(outermost.unwrap_or(start), |outer, range| SelectionRange {
        range,
        parent: Some(Box::new(outer)),
    })
}

fn line(text: &str, offset: usize) -> Span {
    let start = text.get(..offset).and_then(|it| it.rfind('\n')).map_or(0, |at| at + 1);
    let rest = text.get(offset..).unwrap_or_default();
    let whole = Span::new(start, offset + rest.find(['\n', '\r']).unwrap_or(rest.len()));
    let indent = whole.len() - whole.of(text).trim_start().len();
    Span::new(whole.start + indent, whole.end)
}

fn word(text: &str, offset: usize) -> Span {
    let is_part = |it: &char| it.is_alphanumeric() || "_-".contains(*it);
    let before = text.get(..offset).unwrap_or_default().chars().rev().take_while(is_part);
    let behind = text.get(offset..).unwrap_or_default().chars().take_while(is_part);
    let n_before: usize = before.map(char::len_utf8).sum();
    let n_behind: usize = behind.map(char::len_utf8).sum();
    Span::new(offset - n_before, offset + n_behind)
}
