//! `textDocument/foldingRange`: the frontmatter, sections, lists, code, comments and protected regions.

use skill::Span;
use tower_lsp::lsp_types::{FoldingRange, FoldingRangeKind};

use crate::lsp::documents::Snapshot;

/// Returns what can be folded: whole lines, each pair of first and last line once.
pub(crate) fn folding_ranges(snapshot: &Snapshot) -> Vec<FoldingRange> {
    let document = snapshot.skill();
    let body = &document.body;
    let mut folds: Vec<(Span, Option<FoldingRangeKind>)> = Vec::new();
    if let Some(frontmatter) = &document.frontmatter {
        let end = frontmatter.closing.unwrap_or(frontmatter.content).end;
        let whole = Span::new(frontmatter.opening.start, end);
        folds.push((whole, Some(FoldingRangeKind::Region)));
        folds.extend(frontmatter.entries.iter().map(|entry| (entry.span(), None)));
    }
    folds.extend((0..body.headings.len()).map(|at| (body.section(at), None)));
    folds.extend(document.lists().into_iter().map(|list| (list, None)));
    folds.extend(body.code_blocks.iter().map(|block| (block.span, None)));
    let comments = body.html_comments.iter();
    folds.extend(comments.map(|comment| (*comment, Some(FoldingRangeKind::Comment))));
    let regions = document.protected_regions();
    folds.extend(regions.map(|region| (region, Some(FoldingRangeKind::Region))));
    let mut ranges: Vec<FoldingRange> =
        folds.into_iter().filter_map(|(span, kind)| fold(snapshot, span, kind)).collect();
    ranges.sort_by_key(|range| (range.start_line, range.end_line));
    ranges.dedup_by_key(|range| (range.start_line, range.end_line));
    ranges
}

/// `None` for what is on one line only.
fn fold(snapshot: &Snapshot, span: Span, kind: Option<FoldingRangeKind>) -> Option<FoldingRange> {
    let end = span.trimmed_end(snapshot.text()).end;
    let (start_line, end_line) = (snapshot.position(span.start).line, snapshot.position(end).line);
    let range = FoldingRange { start_line, end_line, kind, ..FoldingRange::default() };
    (start_line < end_line).then_some(range)
}
