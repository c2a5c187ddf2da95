//! How much of a model's context a text takes.

/// Returns about how many tokens a model makes of `text`.
///
/// Models differ; this is for warnings and budgets, not for billing. A word of Latin letters is
/// one token for its first eight letters and one for each further six, digits go by threes, marks
/// of punctuation by themselves unless the same one is repeated, letters of other alphabets by
/// twos, and ideographs and emoji one by one. The space in front of a word is part of the word.
/// English prose comes out at four to five characters a token, code at about three.
pub fn estimated_tokens(text: &str) -> usize {
    let mut n_tokens = 0;
    let mut previous: Option<(Class, char)> = None;
    let mut run_length = 0;
    for character in text.chars() {
        let class = Class::of(character);
        let continues = previous.is_some_and(|(before, other)| {
            before == class && (class != Class::Mark || other == character)
        });
        run_length = if continues { run_length + 1 } else { 0 };
        n_tokens += usize::from(class.starts_token(run_length));
        previous = Some((class, character));
    }
    n_tokens
}

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
    fn of(character: char) -> Self {
        match character {
            'a'..='z' | 'A'..='Z' => Self::Latin,
            '0'..='9' => Self::Digit,
            ' ' | '\t' => Self::Space,
            '\n' | '\r' => Self::LineEnd,
            _ if character.is_ascii() => Self::Mark,
            '\u{2E80}'..='\u{A4CF}' | '\u{AC00}'..='\u{D7AF}' | '\u{F900}'..='\u{FAFF}' => {
                Self::Ideograph
            }
            _ if character.is_alphabetic() => Self::OtherLetter,
            _ => Self::Ideograph,
        }
    }

    /// Tells whether the character that has `idx` of its run before it begins a token.
    const fn starts_token(self, idx: usize) -> bool {
        match self {
            Self::Latin => idx == 0 || (idx >= 8 && (idx - 8).is_multiple_of(6)),
            Self::Digit => idx.is_multiple_of(3),
            // One space belongs to what follows it; indentation is one token.
            Self::Space => idx == 1,
            Self::LineEnd => idx == 0,
            Self::Mark => idx.is_multiple_of(4),
            Self::OtherLetter => idx.is_multiple_of(2),
            Self::Ideograph => true,
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
