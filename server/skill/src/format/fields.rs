//! The usual form of a frontmatter.

use std::collections::BTreeMap;

use crate::{Entry, Frontmatter, Node, NodeKind, ScalarStyle, Span, TextEdit, apply_edits};

/// Returns the one edit that replaces the fields, or `None` if they are as they should be or
/// cannot be rewritten without a change of meaning.
pub(super) fn format(
    text: &str,
    frontmatter: &Frontmatter,
    field_order: &[&str],
) -> Option<TextEdit> {
    if frontmatter.error.is_some() || frontmatter.closing.is_none() {
        return None;
    }
    let content = frontmatter.content;
    let mut tidied = Vec::new();
    for entry in &frontmatter.entries {
        tidy_entry(text, entry, &mut tidied);
    }
    let fields = Fields::find(text, frontmatter)?;
    let mut order: Vec<usize> = (0..fields.chunks.len()).collect();
    let rank = |at: &usize| {
        let key = frontmatter.entries.get(*at).map(|entry| entry.key.as_str());
        let place = field_order.iter().position(|name| Some(*name) == key);
        (place.unwrap_or(usize::MAX), *at)
    };
    order.sort_by_key(rank);
    let line_end = if content.of(text).contains("\r\n") { "\r\n" } else { "\n" };
    let mut formatted = rewritten(text, fields.before, &tidied)?;
    for (place, at) in order.into_iter().enumerate() {
        let chunk = rewritten(text, *fields.chunks.get(at)?, &tidied)?;
        // What parts a field from the one before it says nothing at the top.
        let is_first_now = place == 0 && at != 0;
        formatted.push_str(if is_first_now { without_blank_lines(&chunk) } else { &chunk });
        if !formatted.ends_with('\n') {
            formatted.push_str(line_end);
        }
    }
    formatted.push_str(&rewritten(text, fields.behind, &tidied)?);
    let is_changed = formatted != content.of(text);
    let keeps_its_meaning = || {
        let again = Frontmatter::parse(&format!("---\n{formatted}---\n"));
        again.is_some_and(|again| {
            again.error.is_none() && mean_the_same(&again.entries, &frontmatter.entries)
        })
    };
    (is_changed && keeps_its_meaning()).then(|| TextEdit::replace(content, formatted))
}

/// Each field's lines, with the comments above it.
struct Fields {
    /// What stands in front of the first field and does not belong to it.
    before: Span,
    /// One for each entry.
    chunks: Vec<Span>,
    /// What stands behind the last field.
    behind: Span,
}

impl Fields {
    /// `None` if two fields share a line.
    fn find(text: &str, frontmatter: &Frontmatter) -> Option<Self> {
        let content = frontmatter.content;
        let mut chunks: Vec<Span> = Vec::new();
        let mut at = content.start;
        for entry in &frontmatter.entries {
            if entry.key_span.start < at {
                return None;
            }
            let end = entry.value.span.end.max(entry.key_span.end);
            let rest = Span::new(end, content.end).of(text);
            let line_end = rest.find('\n').map_or(content.end, |line_end| end + line_end + 1);
            let behind = Span::new(line_end, content.end).of(text);
            let chunk = Span::new(at, line_end + own_comments(behind));
            chunks.push(chunk);
            at = chunk.end;
        }
        let behind = Span::new(at, content.end);
        // Comments that a blank line parts from the first field are about the whole block.
        let first_key = frontmatter.entries.first().map_or(content.end, |it| it.key_span.start);
        let above = Span::new(content.start, first_key).of(text);
        let blank_line =
            ["\n\n", "\n\r\n"].iter().filter_map(|it| Some(above.rfind(it)? + it.len()));
        let before = Span::new(content.start, content.start + blank_line.max().unwrap_or(0));
        if let Some(first) = chunks.first_mut() {
            first.start = before.end;
        }
        Some(Self { before, chunks, behind })
    }
}

/// Returns how much of what stands behind a field are comments on it: those that are indented like
/// what is in it, and those that a blank line parts from the next field.
fn own_comments(behind: &str) -> usize {
    let mut length = 0;
    let mut n_indented = 0;
    let mut n_own = 0;
    let mut is_parted = false;
    for line in behind.split_inclusive('\n') {
        let words = line.trim_start();
        length += line.len();
        if words.starts_with('#') && words.len() < line.len() {
            n_indented = length;
        } else if words.starts_with('#') && !is_parted {
            n_own = length;
        } else if words.is_empty() {
            is_parted = true;
        } else {
            break;
        }
    }
    if is_parted { n_indented.max(n_own) } else { n_indented }
}

fn without_blank_lines(chunk: &str) -> &str {
    let mut rest = chunk;
    while let Some((line, behind)) = rest.split_once('\n')
        && line.trim().is_empty()
    {
        rest = behind;
    }
    rest
}

/// One space behind the colon, double quotes where they say the same.
fn tidy_entry(text: &str, entry: &Entry, edits: &mut Vec<TextEdit>) {
    let between = Span::new(entry.key_span.end, entry.value.span.start);
    let written = between.of(text);
    let is_on_one_line = !written.contains(['\n', '\r', '#', '&', '!']);
    if written.trim() == ":" && is_on_one_line && written != ": " && !entry.value.span.is_empty() {
        edits.push(TextEdit::replace(between, ": "));
    }
    tidy_node(text, &entry.value, edits);
}

fn tidy_node(text: &str, node: &Node, edits: &mut Vec<TextEdit>) {
    match &node.kind {
        NodeKind::Scalar { text: value, style: ScalarStyle::Quoted } => {
            let written = node.span.of(text);
            let is_plain = !value.contains(['"', '\\']) && !value.contains(char::is_control);
            if written.starts_with('\'') && !written.contains(['\n', '\r']) && is_plain {
                edits.push(TextEdit::replace(node.span, format!("\"{value}\"")));
            }
        }
        NodeKind::Sequence(items) => {
            for item in items {
                tidy_node(text, item, edits);
            }
        }
        NodeKind::Mapping(entries) => {
            for entry in entries {
                tidy_entry(text, entry, edits);
            }
        }
        NodeKind::Scalar { .. } | NodeKind::Null | NodeKind::Alias => {}
    }
}

/// Returns the text of `chunk` after those of the edits that lie in it.
fn rewritten(text: &str, chunk: Span, edits: &[TextEdit]) -> Option<String> {
    let inside = edits.iter().filter(|edit| chunk.contains(edit.span) && !edit.span.is_empty());
    let moved = inside.map(|edit| {
        let span = Span::new(edit.span.start - chunk.start, edit.span.end - chunk.start);
        TextEdit::replace(span, edit.new_text.clone())
    });
    apply_edits(chunk.of(text), &moved.collect::<Vec<_>>()).ok()
}

/// Whether two mappings have the same fields, in whatever order.
fn mean_the_same(a: &[Entry], b: &[Entry]) -> bool {
    let by_key = |entries: &[Entry]| -> BTreeMap<String, Node> {
        entries.iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect()
    };
    let (a_by_key, b_by_key) = (by_key(a), by_key(b));
    let has_no_duplicates = a_by_key.len() == a.len() && b_by_key.len() == b.len();
    has_no_duplicates
        && a.len() == b.len()
        && a_by_key
            .iter()
            .all(|(key, value)| b_by_key.get(key).is_some_and(|other| is_the_same(value, other)))
}

fn is_the_same(a: &Node, b: &Node) -> bool {
    match (&a.kind, &b.kind) {
        (NodeKind::Sequence(a), NodeKind::Sequence(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_the_same(a, b))
        }
        (NodeKind::Mapping(a), NodeKind::Mapping(b)) => mean_the_same(a, b),
        (a, b) => a == b,
    }
}
