//! Lines, and the parts of them that are worth a closer look.
//!
//! A regular expression over a whole text costs more than all else, so it runs over the lines where
//! something cheaper was seen. And a text may be one line of a megabyte: what is asked of each of
//! its thousands of places looks no further than [`MAXIMUM_REACH`], or the time would grow with the
//! square of its length.

use memchr::{memchr2, memmem, memrchr};
use skill::Span;

use crate::char_boundary::{head, tail};

/// How far on its line a place is looked at in front of it and behind it, in bytes: more than
/// anybody reads at once.
pub(crate) const MAXIMUM_REACH: usize = 1_000;

/// Returns the line that holds the byte at `offset`, without its line end.
///
/// For single places: whoever asks about many on one line wants [`nearby`].
pub(crate) fn line_around(text: &str, offset: usize) -> Span {
    let before = text.get(..offset).unwrap_or_default();
    let start = memrchr(b'\n', before.as_bytes()).map_or(0, |at| at + 1);
    let behind = text.get(offset..).unwrap_or_default();
    Span::new(start, offset + end_of_line(behind))
}

/// Returns the part of the line around the byte at `offset` that is within reach.
pub(crate) fn nearby(text: &str, offset: usize) -> Span {
    let n_before = nearby_before(text, offset).len();
    Span::new(offset - n_before, offset + nearby_behind(text, offset).len())
}

/// Returns what stands on the line in front of `offset`, within reach.
pub(crate) fn nearby_before(text: &str, offset: usize) -> &str {
    last_line(text.get(..offset).unwrap_or_default())
}

/// Returns what stands on the line from `offset` on, within reach.
pub(crate) fn nearby_behind(text: &str, offset: usize) -> &str {
    let behind = head(text.get(offset..).unwrap_or_default(), MAXIMUM_REACH);
    behind.get(..end_of_line(behind)).unwrap_or_default()
}

/// Returns what stands behind the last line end of `text`, within reach.
pub(crate) fn last_line(text: &str) -> &str {
    let end = tail(text, MAXIMUM_REACH);
    end.get(memrchr(b'\n', end.as_bytes()).map_or(0, |at| at + 1)..).unwrap_or_default()
}

/// Returns where `word` stands in `text`, as it is written, many times as fast as the standard
/// library.
pub(crate) fn places_of<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> {
    memmem::find_iter(text.as_bytes(), word)
}

/// Returns the lines that hold `places`, which are in the order of the text; each line once,
/// without its line end.
pub(crate) fn lines_with(
    text: &str,
    places: impl Iterator<Item = usize>,
) -> impl Iterator<Item = Span> {
    let mut end = None;
    places.filter_map(move |place| {
        if end.is_some_and(|end| place < end) {
            return None;
        }
        let line = line_around(text, place);
        end = Some(line.end);
        Some(line)
    })
}

fn end_of_line(text: &str) -> usize {
    memchr2(b'\n', b'\r', text.as_bytes()).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::{MAXIMUM_REACH, line_around, lines_with, nearby, nearby_before};

    #[test]
    fn each_line_is_looked_at_once() {
        let text = "a.b.c\r\nno\n.\n\n..";
        let places = text.match_indices('.').map(|(at, _)| at);
        let lines: Vec<_> = lines_with(text, places).map(|line| line.of(text)).collect();
        assert_eq!(lines, ["a.b.c", ".", ".."]);
    }

    #[test]
    fn a_line_of_usual_length_is_within_reach() {
        let text = "größe\r\n表 x\n";
        for offset in (0..text.len()).filter(|&it| text.is_char_boundary(it)) {
            assert_eq!(nearby(text, offset), line_around(text, offset), "{offset}");
        }
    }

    #[test]
    fn of_a_long_line_a_part_is_within_reach() {
        let text = "表".repeat(MAXIMUM_REACH);
        let middle = text.len() / 2;
        let near = nearby(&text, middle);
        assert!((2 * MAXIMUM_REACH - 2..=2 * MAXIMUM_REACH + 2).contains(&near.len()));
        assert!(text.ends_with(nearby_before(&text, text.len())));
    }
}
