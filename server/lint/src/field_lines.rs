//! Where a field stands in its block, line by line.

use skill::{Entry, Node, NodeKind, Span};

/// Returns the whole lines that a field of a block takes, the last line end included.
///
/// Of no use for a field in braces, which shares its line with others.
pub(crate) fn field_lines(text: &str, entry: &Entry) -> Span {
    let before = Span::new(0, entry.key_span.start).of(text);
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let last = entry.key_span.end.max(entry.value.span.end);
    let behind = text.get(last..).unwrap_or_default();
    Span::new(start, behind.find('\n').map_or(text.len(), |at| last + at + 1))
}

/// Tells whether a part of the frontmatter may have a comment in it, which a fix would take away.
pub(crate) fn has_comment(text: &str, part: Span) -> bool {
    let mut lines = part.of(text).lines();
    lines.any(|line| {
        line.match_indices('#').any(|(at, _)| {
            line.get(..at).is_some_and(|it| it.is_empty() || it.ends_with([' ', '\t']))
        })
    })
}

/// Returns the comments in the lines of a field, each from its `#` to the end of its line.
pub(crate) fn field_comments<'a>(text: &'a str, entry: &Entry) -> Vec<&'a str> {
    let lines = field_lines(text, entry);
    let mut start = lines.start;
    let mut comments = Vec::new();
    for line in lines.of(text).split_inclusive('\n') {
        let comment = line.match_indices('#').map(|(at, _)| start + at).find(|at| {
            let before = Span::new(start, *at).of(text);
            (before.is_empty() || before.ends_with([' ', '\t']))
                && !is_in_text(text, &entry.value, *at)
        });
        comments.extend(comment.map(|at| Span::new(at, start + line.len()).of(text).trim_end()));
        start += line.len();
    }
    comments
}

/// Tells whether what is at `offset` is part of a text; the head of a block of text is none.
fn is_in_text(text: &str, node: &Node, offset: usize) -> bool {
    match &node.kind {
        NodeKind::Scalar { .. } => {
            let is_inside = node.span.start <= offset && offset < node.span.end;
            let written = node.span.of(text);
            let is_block = written.starts_with(['|', '>']);
            let head = written.find('\n').filter(|_| is_block).unwrap_or_default();
            is_inside && offset >= node.span.start + head
        }
        NodeKind::Sequence(items) => items.iter().any(|item| is_in_text(text, item, offset)),
        NodeKind::Mapping(entries) => {
            entries.iter().any(|entry| is_in_text(text, &entry.value, offset))
        }
        _ => false,
    }
}

/// Tells whether the value is a map in braces or a list in brackets.
pub(crate) fn is_in_brackets(text: &str, node: &Node) -> bool {
    matches!(node.kind, NodeKind::Mapping(_) | NodeKind::Sequence(_))
        && node.span.of(text).starts_with(['{', '['])
}
