//! What a line that is being written says already, where Markdown is not sure yet.

/// Tells whether a place is in code within its line; a back-tick that is not closed yet counts.
pub(crate) fn is_in_inline_code(text: &str, offset: usize) -> bool {
    let before = text.get(..offset).unwrap_or_default();
    let line = before.rsplit(['\n', '\r']).next().unwrap_or_default();
    line.matches('`').count() % 2 == 1
}
