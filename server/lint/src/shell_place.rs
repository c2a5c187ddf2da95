//! How a shell reads a place in a command.

/// Where in a command a word stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// At the head of a word.
    Word,
    /// In the middle of one, where `~` is only a character.
    InsideWord,
    /// Between double quotes.
    DoubleQuotes,
    /// Between single quotes.
    SingleQuotes,
}

/// Returns where a shell is after `before`, the start of a line.
pub(crate) fn shell_place(before: &str) -> Place {
    let mut place = Place::Word;
    let mut characters = before.chars();
    while let Some(character) = characters.next() {
        place = match (place, character) {
            (Place::SingleQuotes, '\'') | (Place::DoubleQuotes, '"') => Place::InsideWord,
            (Place::SingleQuotes | Place::DoubleQuotes, _) => place,
            (_, '\'') => Place::SingleQuotes,
            (_, '"') => Place::DoubleQuotes,
            (_, '\\') => {
                characters.next();
                Place::InsideWord
            }
            (_, it) if it.is_whitespace() || "<>(;&|".contains(it) => Place::Word,
            _ => Place::InsideWord,
        };
    }
    if place == Place::InsideWord && is_assignment(before) { Place::Word } else { place }
}

/// `NAME=` at the head of a word: shells put the home in place of a `~` behind it.
fn is_assignment(before: &str) -> bool {
    let Some(word) = before.split_whitespace().next_back() else { return false };
    let Some(name) = word.strip_suffix('=') else { return false };
    name.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_')
        && name.chars().all(|it| it.is_ascii_alphanumeric() || it == '_')
        && before.ends_with('=')
}
