//! Positions in a rope, and the edits that the protocol's changes mean.
//!
//! The rope's lines end where the protocol's do: at `\n`, `\r\n` and a lone `\r` (its feature
//! `cr_lines`, without `unicode_lines`).

use std::ops::Range;

use ropey::{Rope, RopeSlice};
use skill::PositionEncoding;
use tower_lsp::lsp_types;

use crate::lsp::positions::{to_u32, to_usize};

/// A replacement of some chars of a rope.
#[derive(Debug)]
pub(super) struct Edit {
    /// The chars that go.
    pub(super) chars: Range<usize>,
    /// What stands there afterwards.
    pub(super) text: String,
    /// Whether the range did not fit the text.
    pub(super) was_clamped: bool,
}

impl Edit {
    /// Returns the edit for a change with a range.
    pub(super) fn in_range(
        rope: &Rope,
        range: lsp_types::Range,
        encoding: PositionEncoding,
        text: String,
    ) -> Self {
        let start = char_at(rope, range.start, encoding);
        let end = char_at(rope, range.end, encoding);
        let is_exact = position_of(rope, start, encoding) == range.start
            && position_of(rope, end, encoding) == range.end;
        Self { chars: start.min(end)..start.max(end), text, was_clamped: !is_exact || start > end }
    }

    /// Returns the edit for a change of the whole text: what both texts begin and end with is
    /// left alone, so that anchors outside of the change stay where they are.
    pub(super) fn whole_text(rope: &Rope, text: &str) -> Self {
        let n_same_start =
            rope.chars().zip(text.chars()).take_while(|(old, new)| old == new).count();
        let n_new = text.chars().count();
        let most = rope.len_chars().min(n_new) - n_same_start;
        let n_same_end = rope
            .chars_at(rope.len_chars())
            .reversed()
            .zip(text.chars().rev())
            .take(most)
            .take_while(|(old, new)| old == new)
            .count();
        Self {
            chars: n_same_start..rope.len_chars() - n_same_end,
            text: text.chars().skip(n_same_start).take(n_new - n_same_start - n_same_end).collect(),
            was_clamped: false,
        }
    }

    /// Changes the rope.
    pub(super) fn apply(&self, rope: &mut Rope) {
        rope.remove(self.chars.clone());
        rope.insert(self.chars.start, &self.text);
    }
}

/// Returns the char at a position: a line or column beyond the end means the end, one inside a
/// character its start.
pub(super) fn char_at(
    rope: &Rope,
    position: lsp_types::Position,
    encoding: PositionEncoding,
) -> usize {
    let line_idx = to_usize(position.line);
    let Some(line) = rope.get_line(line_idx) else {
        return rope.len_chars();
    };
    let column = to_usize(position.character);
    let n_chars = n_chars_without_line_end(line);
    let in_line = match encoding {
        PositionEncoding::Utf8 => line.try_byte_to_char(column),
        PositionEncoding::Utf16 => line.try_utf16_cu_to_char(column),
        PositionEncoding::Utf32 => Ok(column),
    };
    // An error means a column beyond the line and its line end.
    rope.line_to_char(line_idx) + in_line.map_or(n_chars, |it| it.min(n_chars))
}

/// Returns the position of a char, the end of the text included.
pub(super) fn position_of(
    rope: &Rope,
    char_idx: usize,
    encoding: PositionEncoding,
) -> lsp_types::Position {
    let char_idx = char_idx.min(rope.len_chars());
    let line_idx = rope.char_to_line(char_idx);
    let line = rope.line(line_idx);
    let column = (char_idx - rope.line_to_char(line_idx)).min(n_chars_without_line_end(line));
    let character = match encoding {
        PositionEncoding::Utf8 => line.char_to_byte(column),
        PositionEncoding::Utf16 => line.char_to_utf16_cu(column),
        PositionEncoding::Utf32 => column,
    };
    lsp_types::Position::new(to_u32(line_idx), to_u32(character))
}

fn n_chars_without_line_end(line: RopeSlice<'_>) -> usize {
    let n_chars = line.len_chars();
    let n_line_end =
        line.chars_at(n_chars).reversed().take_while(|it| matches!(it, '\n' | '\r')).count();
    n_chars - n_line_end
}
