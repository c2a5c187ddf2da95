//! Where a document is typed into.

/// How the line starts.
const MARK: &str = "Note: ";

/// A place in a text.
#[derive(Debug)]
pub(crate) struct TypingPlace {
    /// The line, counted from 0.
    pub(crate) line: usize,
    /// The column, in UTF-16 units; the line is ASCII.
    pub(crate) column: usize,
    /// The same place in bytes of the text.
    pub(crate) offset: usize,
}

impl TypingPlace {
    /// Returns the end of the first note in the second half of the text, else of the last one.
    pub(crate) fn find(text: &str) -> Option<Self> {
        let mut offset = 0;
        let mut found = None;
        for (line, content) in text.split_inclusive('\n').enumerate() {
            if content.starts_with(MARK) && content.is_ascii() {
                let column = content.trim_end().len();
                found = Some(Self { line, column, offset: offset + column });
                if offset >= text.len() / 2 {
                    break;
                }
            }
            offset += content.len();
        }
        found
    }
}
