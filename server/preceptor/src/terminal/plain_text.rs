//! Text of models and tools, without what would steer the terminal.
//!
//! A terminal obeys what it is sent: characters that move the cursor hide text, others name its
//! window or fill the clipboard, and some turn around what stands behind them. Each of them is
//! spelled out by itself, wherever a text is divided.

/// A text that comes in pieces.
#[derive(Debug, Default)]
pub(super) struct PlainText {
    /// Whether the last piece ended with a carriage return, which may belong to a line's end.
    holds_return: bool,
}

impl PlainText {
    /// Returns the next piece as it is shown.
    pub(super) fn next(&mut self, piece: &str) -> String {
        let mut out = String::with_capacity(piece.len());
        let mut characters = piece.chars().peekable();
        if characters.peek().is_some()
            && std::mem::take(&mut self.holds_return)
            && characters.peek() != Some(&'\n')
        {
            spell('\r', &mut out);
        }
        while let Some(character) = characters.next() {
            match character {
                '\n' | '\t' => out.push(character),
                '\r' if characters.peek() == Some(&'\n') => {}
                '\r' if characters.peek().is_none() => self.holds_return = true,
                _ if character.is_control() || reorders(character) => spell(character, &mut out),
                _ => out.push(character),
            }
        }
        out
    }
}

/// Returns a whole text as it is shown.
pub(super) fn plain(text: &str) -> String {
    PlainText::default().next(text)
}

/// Returns whether a character has others stand in another order than they are written in.
fn reorders(character: char) -> bool {
    matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

fn spell(character: char, out: &mut String) {
    out.extend(character.escape_unicode());
}

#[cfg(test)]
mod tests {
    use super::{PlainText, plain};

    #[test]
    fn nothing_in_a_text_steers_the_terminal() {
        for (text, shown) in [
            ("größe\t1\n", "größe\t1\n"),
            ("a\u{1b}]52;c;ZXZpbA==\u{7}b", "a\\u{1b}]52;c;ZXZpbA==\\u{7}b"),
            ("\u{1b}]0;title\u{1b}\\", "\\u{1b}]0;title\\u{1b}\\"),
            ("deleted\rkept\u{8}", "deleted\\u{d}kept\\u{8}"),
            ("\u{9b}2J", "\\u{9b}2J"),
            ("one\r\ntwo", "one\ntwo"),
            ("rm \u{202e}a\u{2066}b\u{2069}\u{200f}", "rm \\u{202e}a\\u{2066}b\\u{2069}\\u{200f}"),
            ("👩\u{200d}🚀", "👩\u{200d}🚀"),
        ] {
            assert_eq!(plain(text), shown);
        }
    }

    #[test]
    fn it_is_the_same_wherever_it_is_divided() {
        let text = "a\r\nb\u{1b}[2K\rc\u{1b}]8;;x\u{1b}\\\n";
        let shown = plain(text);
        for (at, _) in text.char_indices() {
            let (start, end) = text.split_at(at);
            let mut pieces = PlainText::default();
            let divided = [start, "", end].map(|piece| pieces.next(piece)).concat();
            assert_eq!(divided, shown, "at {at}");
        }
    }
}
