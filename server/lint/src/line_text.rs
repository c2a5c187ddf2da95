//! Lines and words around a place, where Markdown and YAML are not sure yet.

use skill::Span;

/// Tells whether a place is in code within its line; a back-tick that is not closed yet counts.
pub(crate) fn is_in_inline_code(text: &str, offset: usize) -> bool {
    let before = text.get(..offset).unwrap_or_default();
    let line = before.rsplit(['\n', '\r']).next().unwrap_or_default();
    line.matches('`').count() % 2 == 1
}

/// Returns the line that holds `offset`, without its line end.
pub(crate) fn line_at(text: &str, offset: usize) -> Span {
    let before = text.get(..offset).unwrap_or_default();
    let behind = text.get(offset..).unwrap_or_default();
    let start = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
    Span::new(start, offset + behind.find(['\n', '\r']).unwrap_or(behind.len()))
}

/// Returns the span of the characters of a kind around `offset`.
pub(crate) fn word_at(text: &str, offset: usize, is_part: fn(char) -> bool) -> Span {
    let before = text.get(..offset).unwrap_or_default();
    let behind = text.get(offset..).unwrap_or_default();
    let start = before.trim_end_matches(is_part).len();
    let n_behind = behind.len() - behind.trim_start_matches(is_part).len();
    Span::new(start, offset + n_behind)
}
