//! Ids and numbers that were thought up.

/// Beginnings of ids that documentations of many products show.
const WELL_KNOWN: [&str; 8] =
    ["550e8400", "123e4567", "6ba7b8", "f47ac10b", "a1b2c3d4", "1b9d6bcd", "7c9e6679", "9b1deb4d"];

/// The rest of an id that is shown with many first digits.
const WELL_KNOWN_ENDS: [&str; 3] = [
    "fa85f64-5717-4562-b3fc-2c963f66afa6",
    "0e8400-e29b-41d4-a716-446655440000",
    "0e8400-e29b-41d4-a716-446655440001",
];

/// Tells whether an id is one that documentations show or somebody typed in.
pub(super) fn is_sample(id: &str) -> bool {
    let id = id.to_lowercase();
    let digits: Vec<u8> = id.bytes().filter(u8::is_ascii_alphanumeric).collect();
    let is_step = |pair: &[u8]| matches!(pair, [a, b] if a.abs_diff(*b) == 1);
    let is_same = |pair: &[u8]| matches!(pair, [a, b] if a == b);
    // `0a1b2c3d4e5f`: either of the two goes up.
    let is_next = |pair: &[u8]| matches!(pair, [a, b] if a + 1 == *b);
    let letters: Vec<u8> = id.bytes().filter(u8::is_ascii_alphabetic).collect();
    WELL_KNOWN.iter().any(|it| id.starts_with(it))
        || WELL_KNOWN_ENDS.iter().any(|it| id.ends_with(it))
        || longest_run(&digits, is_step) >= 4
        || longest_run(&digits, is_same) >= 4
        || longest_run(&letters, is_next) >= 4
        || id.contains("dead") && id.contains("beef")
}

/// How many pairs of neighbors in a row fulfill the condition.
fn longest_run(digits: &[u8], condition: impl Fn(&[u8]) -> bool) -> usize {
    let mut longest = 0;
    let mut current = 0;
    for pair in digits.windows(2) {
        current = if condition(pair) { current + 1 } else { 0 };
        longest = longest.max(current);
    }
    longest
}

/// Tells whether a number of a process is one that examples have: 1234, 4321, 9999, 10000.
pub(super) fn is_sample_number(number: &str) -> bool {
    let is_step = |pair: &[u8]| matches!(pair, [a, b] if a.abs_diff(*b) == 1);
    let is_same = |pair: &[u8]| matches!(pair, [a, b] if a == b);
    let n_pairs = number.len().saturating_sub(1);
    let bytes = number.as_bytes();
    longest_run(bytes, is_step) >= n_pairs.min(3)
        || longest_run(bytes, is_same) >= n_pairs.min(2)
        || number.ends_with("000")
}
