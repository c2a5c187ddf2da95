//! Whether a value was drawn at random or thought up by somebody.

/// What somebody writes in place of a key, in lower case.
const THOUGHT_UP: [&str; 33] = [
    "0000",
    "1111",
    "1234",
    "2345",
    "3456",
    "4567",
    "9876",
    "aaaa",
    "abcd",
    "api-key",
    "api_key",
    "apikey",
    "bcde",
    "changeme",
    "deadbeef",
    "demo",
    "dummy",
    "example",
    "fake",
    "foobar",
    "insert",
    "key-here",
    "placeholder",
    "qwerty",
    "redacted",
    "replace",
    "sample",
    "secret",
    "test",
    "token",
    "xxx",
    "your",
    "...",
];

/// Words of invented passwords, with their digits and signs read as letters.
const PASSWORD_WORDS: [&str; 20] = [
    "admin", "change", "complex", "correct", "demo", "guest", "hunter", "letmein", "login",
    "master", "pass", "pswd", "pwd", "root", "secret", "secur", "strong", "super", "user",
    "welcome",
];

/// Tells whether `value` looks drawn at random: no words, no sequences, many different
/// characters, letters and digits in no order.
pub(super) fn is_random(value: &str) -> bool {
    let is_hex = value.bytes().all(|it| it.is_ascii_hexdigit());
    let minimum = if is_hex { 2.8 } else { 3.3 };
    !is_thought_up(value) && bits_per_character(value) >= minimum && share_of_changes(value) >= 0.18
}

/// The same for a password, which is shorter and mostly invented.
pub(super) fn is_random_password(value: &str) -> bool {
    let letters: String = value.chars().map(read_as_letter).collect();
    value.len() >= 10
        && !is_thought_up(value)
        && !PASSWORD_WORDS.iter().any(|word| letters.contains(word))
        && bits_per_character(value) >= 3.0
        && share_of_changes(value) >= 0.35
        && value.bytes().any(|it| it.is_ascii_digit())
        && value.bytes().any(|it| it.is_ascii_alphabetic())
}

/// Tells whether `value` has something in it that people write in place of a key.
pub(super) fn is_thought_up(value: &str) -> bool {
    let lower = value.to_lowercase();
    THOUGHT_UP.iter().any(|it| lower.contains(it))
}

/// What a digit or sign stands for in `p4$$w0rd`.
const fn read_as_letter(character: char) -> char {
    match character {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other.to_ascii_lowercase(),
    }
}

/// Shannon's entropy of the characters, in bits.
#[expect(clippy::cast_precision_loss, reason = "lengths of keys are far below 2^52")]
fn bits_per_character(value: &str) -> f64 {
    let mut counts = [0_usize; 256];
    for byte in value.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let length = value.len() as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| *count as f64 / length)
        .map(|share| -share * share.log2())
        .sum()
}

/// How often capitals, small letters and digits take turns, as a share of the characters.
#[expect(clippy::cast_precision_loss, reason = "lengths of keys are far below 2^52")]
fn share_of_changes(value: &str) -> f64 {
    let kinds: Vec<u8> = value
        .bytes()
        .filter(u8::is_ascii_alphanumeric)
        .map(|it| if it.is_ascii_digit() { 0 } else { 1 + u8::from(it.is_ascii_uppercase()) })
        .collect();
    let n_changes = kinds.windows(2).filter(|pair| pair.first() != pair.last()).count();
    n_changes as f64 / (kinds.len().max(1)) as f64
}
