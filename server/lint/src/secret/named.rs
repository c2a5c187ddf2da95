//! Values that a text itself calls a secret.

use std::sync::LazyLock;

use regex::Regex;
use skill::Span;

use crate::{
    char_boundary::floor,
    lines::nearby_before,
    pattern::pattern,
    secret::randomness::{is_random, is_random_password},
};

/// What a secret is called.
static NAME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i-u:token|secret|password|passwd|passphrase|pwd|api[_ -]?key|access[_ -]?key|",
        r"private[_ -]?key|auth[_ -]?key|bearer|authorization|credential|wandb[ \t]login)",
    ))
});

/// A part of each name that no other word has often, in the cases in which names are written. Few
/// literals are looked for all at once; a pattern of the names in any case would cost ten times as
/// much.
static PART: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"oken|OKEN|ecret|ECRET|assw|ASSW|assW|assph|ASSPH|assPh|pwd|PWD|Pwd|key|KEY|Key|",
        r"earer|EARER|uthoriz|UTHORIZ|redential|REDENTIAL|andb|ANDB",
    ))
});

/// How far in front of its part a name can begin, in bytes: that of `private_key`.
const MAXIMUM_IN_FRONT: usize = 8;

/// The longest name, in bytes.
const MAXIMUM_NAME: usize = 13;

/// Words in front of a token that is none of a person: of a page, of a currency, of a text.
const OTHER_MEANINGS: [&str; 14] = [
    "bos",
    "continuation",
    "contract",
    "cursor",
    "design",
    "eos",
    "max",
    "mint",
    "next",
    "pad",
    "page",
    "public",
    "spl",
    "sync",
];

/// Words behind a name that make it the name of something about the secret.
const ABOUT_IT: [&str; 20] = [
    "address", "count", "digest", "file", "hash", "id", "ids", "ization", "ize", "izer", "length",
    "limit", "mint", "name", "path", "ref", "s", "sha", "type", "url",
];

/// Lines about content that is known by its sum.
static CHECKSUM: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)\b(?:sha-?\d+|md5|checksum|digest|integrity|commit|fingerprint)\b")
});

/// What stands between a name and its value.
static BETWEEN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"^["'`*)\]]{0,3}[ \t]{0,2}(?:=>|:=|=|:|[ \t])[ \t]{0,2}["'`*(]{0,3}(?:(?i:bearer|basic|token)[ \t]+)?"#,
    )
});

/// How far behind its name a value is looked for in a sentence, in bytes.
const MAXIMUM_DISTANCE: usize = 60;

/// The same with the value itself.
const MAXIMUM_WINDOW: usize = 240;

/// Returns the values in `text` that stand behind a name that means a secret, each with the name.
pub(super) fn named(text: &str) -> impl Iterator<Item = (Span, &str)> {
    let mut end = 0;
    PART.find_iter(text).filter_map(move |part| {
        let found = name_around(text, end, part.start())?;
        end = found.end;
        let name = identifier_around(text, found.start, found.end);
        let in_front = Span::new(name.start, found.start).of(text);
        let behind = Span::new(found.end, name.end).of(text);
        if has_word(in_front, &OTHER_MEANINGS) || has_word(behind, &ABOUT_IT) {
            return None;
        }
        let value = value_behind(text, name).or_else(|| value_in_sentence(text, name))?;
        Some((value, name.of(text)))
    })
}

/// Returns the name that has a part at this offset; none begins in front of `from`.
fn name_around(text: &str, from: usize, part: usize) -> Option<Span> {
    let start = floor(text, part.saturating_sub(MAXIMUM_IN_FRONT)).max(from);
    let window = text.get(start..floor(text, part + MAXIMUM_NAME))?;
    let names = NAME.find_iter(window);
    let mut names = names.map(|it| Span::new(start + it.start(), start + it.end()));
    names.find(|name| name.contains_offset(part))
}

fn is_identifier(it: char) -> bool {
    it.is_ascii_alphanumeric() || matches!(it, '_' | '-')
}

fn identifier_around(text: &str, start: usize, end: usize) -> Span {
    let before = text.get(..start).unwrap_or_default();
    let n_before = before.chars().rev().take(64).take_while(|it| is_identifier(*it)).count();
    let behind = text.get(end..).unwrap_or_default();
    let n_behind = behind.chars().take(64).take_while(|it| is_identifier(*it)).count();
    // Identifiers are ASCII, so that characters are bytes.
    Span::new(start - n_before, end + n_behind)
}

/// Tells whether an identifier has one of these words in it, joined in whatever way.
fn has_word(identifier: &str, words: &[&str]) -> bool {
    let mut separated = String::new();
    let mut last = ' ';
    for it in identifier.chars() {
        if it.is_ascii_uppercase() && last.is_ascii_lowercase() {
            separated.push(' ');
        }
        separated.push(if it.is_ascii_alphanumeric() { it.to_ascii_lowercase() } else { ' ' });
        last = it;
    }
    separated.split(' ').any(|word| words.contains(&word))
}

/// The value of an assignment, an option or a field.
fn value_behind(text: &str, name: Span) -> Option<Span> {
    let behind = text.get(name.end..)?;
    let between = BETWEEN.find(behind)?;
    let start = name.end + between.end();
    let lower = name.of(text).to_ascii_lowercase();
    let is_password = lower.contains("pass") || lower.contains("pwd");
    let rest = text.get(start..)?;
    let length = rest
        .bytes()
        .take(512)
        .take_while(|it| is_value(*it) || (is_password && b"!@#%^&*$".contains(it)))
        .count();
    let value = rest.get(..length)?.trim_end_matches(['.', '-', '*', '&']);
    let is_call = rest.get(value.len()..)?.starts_with(['(', '[', '{', '<']);
    let is_name_or_path = value.starts_with(['.', '/', '~', '$', '=', '-', '@']);
    let is_private = ["private", "secret", "api", "pass"].iter().any(|it| lower.contains(it));
    let is_secret = if is_password { is_random_password(value) } else { is_key(value, is_private) };
    let span = Span::new(start, start + value.len());
    (!is_call && !is_name_or_path && is_secret && !is_checksum(text, span)).then_some(span)
}

/// A long random value further on in the sentence.
fn value_in_sentence(text: &str, name: Span) -> Option<Span> {
    // No further than the longest value can reach, so that long lines cost no more.
    let window = text.get(name.end..)?;
    let window = window.get(..floor(window, MAXIMUM_WINDOW))?;
    let sentence = window.lines().next().unwrap_or_default();
    let end = sentence.find(". ").unwrap_or(sentence.len());
    let mut at = 0;
    for word in sentence.get(..end)?.split_inclusive(|it: char| !it.is_ascii_alphanumeric()) {
        let value = word.trim_end_matches(|it: char| !it.is_ascii_alphanumeric());
        let start = name.end + at;
        if at > MAXIMUM_DISTANCE {
            return None;
        }
        at += word.len();
        let span = Span::new(start, start + value.len());
        let stands_alone = is_alone(text, span);
        let is_hex = value.bytes().all(|it| it.is_ascii_hexdigit());
        if value.len() >= 24
            && stands_alone
            && !is_hex
            && is_key(value, false)
            && !is_checksum(text, span)
        {
            return Some(span);
        }
    }
    None
}

const fn is_value(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'_' | b'=' | b'.' | b'~' | b'-')
}

fn is_alone(text: &str, span: Span) -> bool {
    let is_part = |it: char| it.is_alphanumeric() || "/.-_+=:%?&#@\\".contains(it);
    let before = text.get(..span.start).and_then(|it| it.chars().next_back());
    let mut behind = text.get(span.end..).unwrap_or_default().chars();
    let next = behind.next();
    let is_end = next == Some('.') && behind.next().is_none_or(char::is_whitespace);
    !before.is_some_and(is_part) && (is_end || !next.is_some_and(is_part))
}

fn is_key(value: &str, is_private: bool) -> bool {
    let has_digit = value.bytes().any(|it| it.is_ascii_digit());
    let n_letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
    value.len() >= 16
        && has_digit
        && n_letters >= 4
        && !is_uuid(value)
        // Signed tokens are told by their shape, the well-known sample among them.
        && !value.starts_with("eyJ")
        && (is_private || !is_address(value))
        && longest_part(value) >= 12
        && is_random(value)
}

/// Keys are drawn in one piece, or in a few long ones.
fn longest_part(value: &str) -> usize {
    value.split(['-', '_', '.', '/']).map(str::len).max().unwrap_or_default()
}

fn is_uuid(value: &str) -> bool {
    value.len() == 36 && value.split('-').map(str::len).eq([8, 4, 4, 4, 12])
}

/// The public address of a contract or an account: hexadecimal behind `0x`, or 32 bytes in the
/// alphabet without look-alikes.
fn is_address(value: &str) -> bool {
    let is_base58 = |byte: u8| byte.is_ascii_alphanumeric() && !b"0OIl".contains(&byte);
    value.starts_with("0x")
        || (matches!(value.len(), 43 | 44)
            && value.bytes().all(is_base58)
            && value.bytes().any(|it| it.is_ascii_uppercase()))
}

fn is_checksum(text: &str, span: Span) -> bool {
    CHECKSUM.is_match(nearby_before(text, span.start))
}

#[cfg(test)]
mod tests {
    use regex::Regex;
    use skill::Span;

    use super::{NAME, PART, name_around};

    /// The names as they are written in the pattern, without its optional marks.
    fn names() -> Vec<String> {
        let pattern = NAME.as_str().trim_start_matches("(?i-u:").trim_end_matches(')');
        let marks = Regex::new(r"\[_ -\]\?|\[ \\t\]").unwrap();
        pattern.split('|').map(|name| marks.replace_all(name, " ").into_owned()).collect()
    }

    #[test]
    fn every_name_is_found_by_its_part() {
        assert!(names().len() > 10, "{:?}", names());
        for name in names() {
            for text in [name.clone(), name.to_uppercase(), format!("größe {name} größe")] {
                let found = PART.find_iter(&text);
                let mut found = found.filter_map(|part| name_around(&text, 0, part.start()));
                let start = text.to_lowercase().find(&name).unwrap();
                assert_eq!(found.next(), Some(Span::new(start, start + name.len())), "{text}");
            }
        }
    }
}
