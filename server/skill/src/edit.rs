//! Changes to a text, as data.

use std::{error::Error, fmt};

use crate::Span;

/// The replacement of one stretch of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextEdit {
    /// What is replaced; empty for an insertion.
    pub span: Span,
    /// What stands there afterwards.
    pub new_text: String,
}

impl TextEdit {
    /// Returns the edit that puts `new_text` in place of `span`.
    pub fn replace(span: Span, new_text: impl Into<String>) -> Self {
        Self { span, new_text: new_text.into() }
    }

    /// Returns the edit that puts `new_text` in front of the byte at `offset`.
    pub fn insert(offset: usize, new_text: impl Into<String>) -> Self {
        Self::replace(Span::empty(offset), new_text)
    }

    /// Returns the edit that takes `span` away.
    pub fn delete(span: Span) -> Self {
        Self::replace(span, "")
    }
}

/// Why edits cannot be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditError {
    /// Two edits change the same byte.
    Overlap {
        /// The edit that starts first.
        first: Span,
        /// The one that starts inside it.
        second: Span,
    },
    /// An edit reaches beyond the text, or its end splits a character.
    OutOfRange {
        /// The edit's place.
        span: Span,
    },
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overlap { first, second } => write!(
                f,
                "the edits at bytes {}..{} and {}..{} overlap",
                first.start, first.end, second.start, second.end
            ),
            Self::OutOfRange { span } => {
                write!(f, "the edit at bytes {}..{} does not fit the text", span.start, span.end)
            }
        }
    }
}

impl Error for EditError {}

/// Returns `text` with all `edits` made; their order does not matter, except that insertions at
/// one place keep theirs.
///
/// Every span means the text as it was before. Edits that touch without overlapping are fine.
pub fn apply_edits(text: &str, edits: &[TextEdit]) -> Result<String, EditError> {
    let mut sorted: Vec<&TextEdit> = edits.iter().collect();
    sorted.sort_by_key(|edit| edit.span);
    let mut out = String::with_capacity(text.len());
    let mut previous = Span::empty(0);
    for edit in sorted {
        if edit.span.start < previous.end {
            return Err(EditError::Overlap { first: previous, second: edit.span });
        }
        let (Some(kept), Some(_)) =
            (text.get(previous.end..edit.span.start), text.get(edit.span.start..edit.span.end))
        else {
            return Err(EditError::OutOfRange { span: edit.span });
        };
        out.push_str(kept);
        out.push_str(&edit.new_text);
        previous = edit.span;
    }
    out.push_str(text.get(previous.end..).unwrap_or_default());
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::{EditError, TextEdit, apply_edits};
    use crate::Span;

    #[test]
    fn edits_apply_in_the_order_of_the_text() {
        let edits = [
            TextEdit::replace(Span::new(4, 7), "two"),
            TextEdit::insert(0, "> "),
            TextEdit::delete(Span::new(3, 4)),
        ];
        assert_eq!(apply_edits("one 222!", &edits).as_deref(), Ok("> onetwo!"));
    }

    #[test]
    fn insertions_at_one_place_keep_their_order() {
        let edits = [TextEdit::insert(1, "x"), TextEdit::insert(1, "y")];
        assert_eq!(apply_edits("ab", &edits).as_deref(), Ok("axyb"));
    }

    #[test]
    fn overlapping_edits_are_refused() {
        let (first, second) = (Span::new(0, 3), Span::new(2, 4));
        let edits = [TextEdit::delete(second), TextEdit::delete(first)];
        assert_eq!(apply_edits("abcd", &edits), Err(EditError::Overlap { first, second }));
    }

    #[test]
    fn edits_that_split_a_character_or_leave_the_text_are_refused() {
        for span in [Span::new(1, 2), Span::new(3, 9)] {
            let refused = Err(EditError::OutOfRange { span });
            assert_eq!(apply_edits("é!", &[TextEdit::delete(span)]), refused);
        }
    }
}
