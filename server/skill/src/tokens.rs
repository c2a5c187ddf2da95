//! How much of a model's context a text takes.

/// Returns about how many tokens a model makes of `text`.
///
/// Models differ; this is for warnings and budgets, not for billing. A word of Latin letters is
/// one token for its first eight letters and one for each further six, digits go by threes, marks
/// of punctuation by themselves unless the same one is repeated, letters of other alphabets by
/// twos, and ideographs and emoji one by one. The space in front of a word is part of the word.
/// English prose comes out at four to five characters a token, code at about three.
pub fn estimated_tokens(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut n_tokens = 0;
    let mut run = Run { class: Class::Ideograph, first: None, length: 0 };
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let (class, character, width) = match ASCII.get(usize::from(byte)) {
            Some(class) => (*class, char::from(byte), 1),
            None => {
                let character = text.get(at..).and_then(|rest| rest.chars().next());
                let Some(character) = character else { break };
                (Class::of(character), character, character.len_utf8())
            }
        };
        at += width;
        let continues =
            class == run.class && (class != Class::Mark || run.first == Some(character));
        if continues {
            run.length += 1;
        } else {
            n_tokens += run.n_tokens();
            run = Run { class, first: Some(character), length: 1 };
        }
    }
    n_tokens + run.n_tokens()
}

/// Characters of one class; of marks, the same one again and again.
struct Run {
    class: Class,
    first: Option<char>,
    length: usize,
}

impl Run {
    const fn n_tokens(&self) -> usize {
        let length = self.length;
        match self.class {
            Class::Latin if length > 8 => 1 + (length - 8).div_ceil(6),
            Class::Latin | Class::LineEnd => (length > 0) as usize,
            Class::Digit => length.div_ceil(3),
            // One space belongs to what follows it; indentation is one token.
            Class::Space => (length > 1) as usize,
            Class::Mark => length.div_ceil(4),
            Class::OtherLetter => length.div_ceil(2),
            Class::Ideograph => length,
        }
    }
}

/// The classes of the characters of ASCII.
#[expect(clippy::indexing_slicing, reason = "the compiler works it out")]
static ASCII: [Class; 128] = {
    let mut classes = [Class::Mark; 128];
    let mut byte = 0_u8;
    while byte < 128 {
        classes[byte as usize] = match byte {
            b'a'..=b'z' | b'A'..=b'Z' => Class::Latin,
            b'0'..=b'9' => Class::Digit,
            b' ' | b'\t' => Class::Space,
            b'\n' | b'\r' => Class::LineEnd,
            _ => Class::Mark,
        };
        byte += 1;
    }
    classes
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Latin,
    Digit,
    Space,
    LineEnd,
    Mark,
    OtherLetter,
    Ideograph,
}

impl Class {
    /// Returns the class of a character that is not one of ASCII.
    fn of(character: char) -> Self {
        match character {
            '\u{2E80}'..='\u{A4CF}' | '\u{AC00}'..='\u{D7AF}' | '\u{F900}'..='\u{FAFF}' => {
                Self::Ideograph
            }
            _ if character.is_alphabetic() => Self::OtherLetter,
            _ => Self::Ideograph,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::estimated_tokens;

    #[test]
    fn tokens_are_estimated_by_the_class_of_characters() {
        for (text, expected) in [
            ("", 0),
            ("word", 1),
            (" word", 1),
            ("two words", 2),
            ("internationalization", 3),
            ("12345", 2),
            ("a\n\nb", 3),
            ("    indented", 2),
            ("----", 1),
            ("-----", 2),
            ("--==", 2),
            ("abcdefgh", 1),
            ("abcdefghi", 2),
            ("abcdefghijklmn", 2),
            ("abcdefghijklmno", 3),
            ("     ", 1),
            ("a, b.", 4),
            ("größe", 3),
            ("数える", 3),
            ("привет", 3),
            ("🦀🦀", 2),
        ] {
            assert_eq!(estimated_tokens(text), expected, "{text:?}");
        }
    }

    #[test]
    fn prose_has_four_to_five_characters_a_token() {
        let text = "Count the data rows of every file, leave the header out, and tell the user \
                    which of the files could not be read.";
        let n_tokens = estimated_tokens(text);
        assert!((text.len() / 5..=text.len() / 4).contains(&n_tokens), "{n_tokens}");
    }
}
