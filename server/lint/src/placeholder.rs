//! What to write where a value of the reader's own belongs.

use skill::Span;

use crate::SkillFile;

/// Returns how the placeholder `shown` is written in place of `span`.
///
/// Prose shows `<host>` only as code: bare it is a tag of HTML. Some clients refuse a description
/// with angle brackets, so a field gets `HOST`.
pub(crate) fn placeholder(file: &SkillFile<'_>, span: Span, shown: &str) -> String {
    let text = file.text();
    let body = &file.document.body;
    let before = text.get(..span.start).unwrap_or_default();
    let behind = text.get(span.end..).unwrap_or_default();
    let is_word = before.ends_with(|it: char| it.is_whitespace() || "([*|".contains(it))
        && !before.ends_with("](")
        && !behind.starts_with([':', '/']);
    let is_field = span.start < body.span.start;
    match (is_field, is_prose(file, span) && is_word) {
        (true, _) => shown.replace(['<', '>'], "").to_uppercase(),
        (false, true) => format!("`{shown}`"),
        (false, false) => shown.to_owned(),
    }
}

/// Tells whether the text at `span` is in the body and no code.
pub(crate) fn is_prose(file: &SkillFile<'_>, span: Span) -> bool {
    let body = &file.document.body;
    span.start >= body.span.start
        && body.code_block_at(span.start).is_none()
        && body.inline_code_at(span.start).is_none()
}
