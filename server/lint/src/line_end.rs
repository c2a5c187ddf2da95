//! The line ends of a file, so that what a fix adds looks like the rest.

/// Returns the line end that the text uses: `\r\n` where it has one, else `\n`.
pub(crate) fn line_end(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}
