//! What the format allows as a skill's name.

use std::borrow::Cow;

use skill::MAXIMUM_NAME_LENGTH;
use unicode_normalization::UnicodeNormalization;

/// How well a text serves as a skill's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameForm {
    /// Every client accepts it.
    Valid,
    /// Letters beyond ASCII: some clients accept it.
    NotAscii,
    /// Capitals, spaces, other characters, or a hyphen where none may be.
    Invalid,
}

/// Judges the form of a name, whatever its length.
pub(crate) fn name_form(name: &str) -> NameForm {
    let is_ascii = name.is_ascii();
    let name = &*normalized(name);
    let is_lower_or_digit = |it: char| it.is_alphanumeric() && it.to_lowercase().eq([it]);
    let has_valid_letters = name.chars().all(|it| it == '-' || is_lower_or_digit(it));
    let has_valid_hyphens = !name.starts_with('-') && !name.ends_with('-') && !name.contains("--");
    if name.is_empty() || !has_valid_letters || !has_valid_hyphens {
        NameForm::Invalid
    } else if is_ascii {
        NameForm::Valid
    } else {
        NameForm::NotAscii
    }
}

/// Returns the name as the clients that accept all letters compare it: a letter with its accent
/// is one character however it was typed (NFKC).
pub(crate) fn normalized(name: &str) -> Cow<'_, str> {
    if name.is_ascii() { Cow::Borrowed(name) } else { Cow::Owned(name.nfkc().collect()) }
}

/// Tells whether every client accepts the name: 1 to 64 lower-case letters of ASCII, digits and
/// single hyphens between them.
pub fn is_valid_name(name: &str) -> bool {
    name_form(name) == NameForm::Valid && name.len() <= MAXIMUM_NAME_LENGTH
}

#[cfg(test)]
mod tests {
    use super::{NameForm, is_valid_name, name_form};

    #[test]
    fn names_are_judged_as_the_format_says() {
        for name in ["a", "count-rows", "2d-plots", "pdf2text"] {
            assert_eq!(name_form(name), NameForm::Valid, "{name}");
        }
        for name in ["größe-ändern", "数える", "gro\u{308}ße", "ｃｏｕｎｔ"] {
            assert_eq!(name_form(name), NameForm::NotAscii, "{name}");
        }
        for name in ["", "-a", "a-", "a--b", "A", "a b", "a_b", "a.b", "Größe", "a/b"] {
            assert_eq!(name_form(name), NameForm::Invalid, "{name}");
        }
    }

    #[test]
    fn a_name_of_65_characters_is_not_valid() {
        assert!(is_valid_name(&"x".repeat(64)));
        assert!(!is_valid_name(&"x".repeat(65)));
    }
}
