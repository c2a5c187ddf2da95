//! Lines that are worth a closer look: a regular expression over a whole text costs more than all
//! else, so it runs over the lines where something cheaper was seen.

use skill::Span;

use crate::advice::line_around;

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

#[cfg(test)]
mod tests {
    use super::lines_with;

    #[test]
    fn each_line_is_looked_at_once() {
        let text = "a.b.c\r\nno\n.\n\n..";
        let places = text.match_indices('.').map(|(at, _)| at);
        let lines: Vec<_> = lines_with(text, places).map(|line| line.of(text)).collect();
        assert_eq!(lines, ["a.b.c", ".", ".."]);
    }
}
