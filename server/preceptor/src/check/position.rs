//! Lines and columns for people and services.

use std::cell::Cell;

use lint::Finding;
use skill::Span;

use crate::check::Checked;

/// What some programs put in front of UTF-8. It takes no column: nobody sees it.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// A line and a column, both counted from one, the column in Unicode scalar values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// Finds the lines and columns of one file's findings.
///
/// A file may be one line of a megabyte with thousands of findings. They are asked for in their
/// order, so each column is counted on from the last one.
pub(super) struct Positions<'a> {
    checked: &'a Checked,
    /// An offset, and what was found for it.
    last: Cell<(usize, Position)>,
}

impl<'a> Positions<'a> {
    pub(super) const fn new(checked: &'a Checked) -> Self {
        let last = Cell::new((0, Position { line: 1, column: 1 }));
        Self { checked, last }
    }

    /// Returns where a byte stands; one inside a line end means the end of its line.
    pub(super) fn at(&self, offset: usize) -> Position {
        let Checked { text, line_index, .. } = self.checked;
        let line = line_index.line_of(offset);
        let line_start = line_index.line_start(line);
        let line_end = line_start + line_index.line(text, line).len();
        let offset = offset.min(line_end);
        let (known, position) = self.last.get();
        let (from, column) = if position.line == line + 1 && known <= offset {
            (known, position.column)
        } else {
            (line_start, 1)
        };
        let before = Span::new(from, offset).of(text).chars();
        let n_columns = before.enumerate().filter(|&(idx, it)| {
            let is_mark = from == 0 && idx == 0 && it == BYTE_ORDER_MARK;
            !is_mark
        });
        let position = Position { line: line + 1, column: column + n_columns.count() };
        self.last.set((offset, position));
        position
    }

    /// Returns where a finding starts and ends.
    pub(super) fn of(&self, finding: &Finding) -> (Position, Position) {
        (self.at(finding.span.start), self.at(finding.span.end))
    }
}

/// Returns how many bytes at the start of a text take no column.
pub(super) fn n_bytes_of_mark(text: &str) -> usize {
    if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len_utf8() } else { 0 }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use skill::{LineIndex, PositionEncoding};

    use super::{Position, Positions};
    use crate::check::examine::{Checked, Place};

    fn checked(text: &str) -> Checked {
        let place = Place { path: "a".into(), real: "a".into(), shown: "a".to_owned() };
        let line_index = LineIndex::new(text);
        Checked { place, text: Arc::from(text), line_index, findings: Vec::new() }
    }

    #[test]
    fn the_order_in_which_places_are_asked_for_does_not_matter() {
        let text = "größe 🦀 a\r\nb\rcé\n\nd";
        let checked = checked(text);
        let positions = Positions::new(&checked);
        let offsets = (0..=text.len()).filter(|&it| text.is_char_boundary(it));
        let offsets: Vec<usize> = offsets.collect();
        for offset in offsets.iter().chain(offsets.iter().rev()) {
            let expected = checked.line_index.position(text, *offset, PositionEncoding::Utf32);
            let expected = Position { line: expected.line + 1, column: expected.character + 1 };
            assert_eq!(positions.at(*offset), expected, "{offset}");
        }
    }

    #[test]
    fn a_byte_order_mark_takes_no_column() {
        let checked = checked("\u{feff}ab\n\u{feff}c");
        let positions = Positions::new(&checked);
        let columns = [0, 3, 4, 5, 6, 9, 10].map(|offset| positions.at(offset).column);
        assert_eq!(columns, [1, 1, 2, 3, 1, 2, 3]);
        assert_eq!(Positions::new(&checked).at(4), Position { line: 1, column: 2 });
    }
}
