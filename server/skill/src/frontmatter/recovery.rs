//! What can be read of fields that strict YAML refuses.
//!
//! Clients load leniently: a value with a stray `: ` is read as if it were quoted. Each field is
//! taken by itself, so that one broken value does not hide the others.

use crate::{
    Span,
    frontmatter::{Entry, Node, NodeKind, ScalarStyle, fences::Lines, yaml},
};

/// Values nested deeper than this are not taken apart.
const MAXIMUM_DEPTH: usize = 8;

/// Reads the fields in `content`, each by itself.
pub(super) fn recover(text: &str, content: Span) -> Vec<Entry> {
    recover_level(text, content, MAXIMUM_DEPTH)
}

fn recover_level(text: &str, content: Span, depth: usize) -> Vec<Entry> {
    let mut indent = None;
    let mut starts = Vec::new();
    let mut lines = Lines { text: text.get(..content.end).unwrap_or_default(), at: content.start };
    for line in &mut lines {
        let written = line.of(text);
        let trimmed = written.trim_start();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let own_indent = written.len() - trimmed.len();
        if own_indent == *indent.get_or_insert(own_indent) && key_length(trimmed).is_some() {
            starts.push(line.start);
        }
    }
    let ends = starts.iter().skip(1).copied().chain([content.end]);
    let fields = starts.iter().zip(ends).map(|(&start, end)| Span::new(start, end));
    fields.filter_map(|field| recover_field(text, field, depth)).collect()
}

fn recover_field(text: &str, field: Span, depth: usize) -> Option<Entry> {
    let mut parsed = yaml::parse(field.of(text), field.start);
    if parsed.error.is_none() && parsed.entries.len() == 1 {
        return parsed.entries.pop();
    }
    let written = field.of(text);
    let indent = written.len() - written.trim_start().len();
    let key_length = key_length(written.trim_start())?;
    let key_start = field.start + indent;
    let key_span = Span::new(key_start, key_start + key_length);
    let key = key_span.of(text).trim_matches(['"', '\'']).to_owned();
    let value = Span::new(key_span.end + 1, field.end);
    let value_text = value.of(text);
    let value_span = Span::new(
        value.start + (value_text.len() - value_text.trim_start().len()),
        value.start + value_text.trim_end().len(),
    );
    let first_line = value_text.lines().next().unwrap_or_default();
    if first_line.trim().is_empty() && depth > 0 {
        let inner_start = value.start + value_text.find('\n').map_or(value_text.len(), |at| at + 1);
        let entries = recover_level(text, Span::new(inner_start, field.end), depth - 1);
        if !entries.is_empty() {
            let value = Node { span: value_span, kind: NodeKind::Mapping(entries) };
            return Some(Entry { key, key_span, value, recovered: true });
        }
    }
    let words = value_span.of(text).split_whitespace().collect::<Vec<_>>().join(" ");
    let kind = if words.is_empty() {
        NodeKind::Null
    } else {
        NodeKind::Scalar { text: unquoted(&words), style: ScalarStyle::Plain }
    };
    let span = if words.is_empty() { Span::empty(value.start) } else { value_span };
    Some(Entry { key, key_span, value: Node { span, kind }, recovered: true })
}

/// Takes quotes off a value that is broken although it has some, and a block's marker.
fn unquoted(words: &str) -> String {
    let words = words.trim_start_matches(['|', '>']).trim_start_matches(['-', '+']).trim_start();
    words.trim_matches(['"', '\'']).to_owned()
}

/// Returns the length of the key in bytes, if the line is `key:` with a word for a key.
fn key_length(line: &str) -> Option<usize> {
    let length = line.find(':')?;
    let behind = line.get(length + 1..)?;
    let key = line.get(..length)?.trim_matches(['"', '\'']);
    let is_word = !key.is_empty()
        && key.chars().all(|it| it.is_alphanumeric() || matches!(it, '_' | '-' | '.' | ' '))
        && !key.starts_with("- ");
    (is_word && (behind.is_empty() || behind.starts_with([' ', '\t', '\r', '\n'])))
        .then_some(length)
}
