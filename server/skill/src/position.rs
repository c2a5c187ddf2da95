//! Offsets in bytes to lines and columns and back, in the unit that the other side counts.

/// What one step of a column means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PositionEncoding {
    /// Bytes of UTF-8.
    Utf8,
    /// Code units of UTF-16: what editors count unless something else was agreed on.
    #[default]
    Utf16,
    /// Unicode scalar values.
    Utf32,
}

impl PositionEncoding {
    const fn width(self, character: char) -> usize {
        match self {
            Self::Utf8 => character.len_utf8(),
            Self::Utf16 => character.len_utf16(),
            Self::Utf32 => 1,
        }
    }
}

/// A line and a column, both counted from zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column, in units of a [`PositionEncoding`].
    pub character: usize,
}

/// Where the lines of one text start.
///
/// Lines end with `\n`, `\r\n` or a lone `\r`. Every conversion takes the text that the index was
/// made for; with another text the answers are useless, but nothing panics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineIndex {
    starts: Vec<usize>,
}

impl LineIndex {
    /// Returns the index of `text`.
    pub fn new(text: &str) -> Self {
        let mut starts = vec![0];
        let mut bytes = text.bytes().enumerate().peekable();
        while let Some((offset, byte)) = bytes.next() {
            match byte {
                b'\n' => starts.push(offset + 1),
                b'\r' if bytes.peek().is_none_or(|&(_, next)| next != b'\n') => {
                    starts.push(offset + 1);
                }
                _ => {}
            }
        }
        Self { starts }
    }

    /// Returns the number of lines; a text that ends with a line end has an empty last line.
    pub fn n_lines(&self) -> usize {
        self.starts.len()
    }

    /// Returns the text of a line without its line end; empty for a line that is not there.
    pub fn line<'a>(&self, text: &'a str, line: usize) -> &'a str {
        let Some(&start) = self.starts.get(line) else { return "" };
        let end = self.starts.get(line + 1).copied().unwrap_or(text.len());
        text.get(start..end).unwrap_or_default().trim_end_matches(['\n', '\r'])
    }

    /// Returns the line of a byte; one inside a line end is on the line that ends there.
    pub fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|&start| start <= offset).saturating_sub(1)
    }

    /// Returns the offset of a line's first byte; the last line's for a line that is not there.
    pub fn line_start(&self, line: usize) -> usize {
        self.starts.get(line).or(self.starts.last()).copied().unwrap_or_default()
    }

    /// Returns the line and column of a byte.
    ///
    /// An offset inside a character means its start, one inside a line end the end of the line,
    /// one beyond the text its end.
    pub fn position(&self, text: &str, offset: usize, encoding: PositionEncoding) -> Position {
        let offset = offset.min(text.len());
        let line = self.line_of(offset);
        let wanted = offset - self.line_start(line).min(offset);
        let character = self
            .line(text, line)
            .char_indices()
            .take_while(|(start, character)| start + character.len_utf8() <= wanted)
            .map(|(_, character)| encoding.width(character))
            .sum();
        Position { line, character }
    }

    /// Returns the offset of the byte at a line and column.
    ///
    /// A column inside a character means its start, one beyond the line the line's end, a line
    /// beyond the text the text's end.
    pub fn offset(&self, text: &str, position: Position, encoding: PositionEncoding) -> usize {
        let Some(&start) = self.starts.get(position.line) else { return text.len() };
        let mut column = 0;
        let mut bytes = 0;
        for character in self.line(text, position.line).chars() {
            column += encoding.width(character);
            if column > position.character {
                break;
            }
            bytes += character.len_utf8();
        }
        start + bytes
    }
}

#[cfg(test)]
mod tests {
    use super::{LineIndex, Position, PositionEncoding};

    const ENCODINGS: [PositionEncoding; 3] =
        [PositionEncoding::Utf8, PositionEncoding::Utf16, PositionEncoding::Utf32];

    const TEXTS: [&str; 9] = [
        "",
        "\n",
        "one line",
        "a\nb\r\nc\rd",
        "\r\r\n\n\r",
        "größe 🦀 = 1\r\nand 👩‍👩‍👧 more\n",
        "\u{feff}---\r\nname: x\r\n---\r\n",
        "𝒳\r𝒴\n",
        "ends in carriage return\r",
    ];

    #[track_caller]
    fn check(text: &str, offset: usize, encoding: PositionEncoding, line: usize, character: usize) {
        let line_index = LineIndex::new(text);
        let position = Position { line, character };
        assert_eq!(line_index.position(text, offset, encoding), position);
        assert_eq!(line_index.offset(text, position, encoding), offset);
    }

    #[test]
    fn columns_count_in_the_agreed_unit() {
        let text = "é🦀x";
        check(text, 6, PositionEncoding::Utf8, 0, 6);
        check(text, 6, PositionEncoding::Utf16, 0, 3);
        check(text, 6, PositionEncoding::Utf32, 0, 2);
    }

    #[test]
    fn all_three_line_ends_end_lines() {
        let text = "a\nb\r\nc\rd";
        for (offset, line) in [(0, 0), (2, 1), (5, 2), (7, 3)] {
            check(text, offset, PositionEncoding::Utf16, line, 0);
        }
        assert_eq!(LineIndex::new(text).n_lines(), 4);
        assert_eq!(LineIndex::new(text).line(text, 1), "b");
    }

    #[test]
    fn every_place_in_a_line_converts_back_to_itself() {
        for text in TEXTS {
            let line_index = LineIndex::new(text);
            for encoding in ENCODINGS {
                for offset in (0..=text.len()).filter(|&it| text.is_char_boundary(it)) {
                    let position = line_index.position(text, offset, encoding);
                    let back = line_index.offset(text, position, encoding);
                    let inside_line_end = offset > 0
                        && text.as_bytes()[offset - 1] == b'\r'
                        && text.as_bytes().get(offset) == Some(&b'\n');
                    let expected = if inside_line_end { offset - 1 } else { offset };
                    assert_eq!(back, expected, "{text:?} at {offset} as {position:?}");
                }
            }
        }
    }

    #[test]
    fn positions_that_are_not_there_are_clamped() {
        for text in TEXTS {
            let line_index = LineIndex::new(text);
            for encoding in ENCODINGS {
                for line in 0..6 {
                    for character in 0..30 {
                        let position = Position { line, character };
                        let offset = line_index.offset(text, position, encoding);
                        assert!(text.is_char_boundary(offset), "{text:?} {position:?}");
                        assert!(line_index.position(text, offset, encoding) <= position);
                    }
                }
            }
        }
    }

    #[test]
    fn offsets_inside_a_character_mean_its_start() {
        let line_index = LineIndex::new("a🦀");
        for offset in 1..5 {
            let position = line_index.position("a🦀", offset, PositionEncoding::Utf8);
            assert_eq!(position, Position { line: 0, character: 1 });
        }
    }

    #[test]
    fn a_text_that_does_not_fit_the_index_never_panics() {
        let line_index = LineIndex::new("a\nbb\nccc\n");
        for text in TEXTS {
            for n in 0..12 {
                line_index.position(text, n, PositionEncoding::Utf16);
                let position = Position { line: n, character: n };
                line_index.offset(text, position, PositionEncoding::Utf16);
            }
        }
    }
}
