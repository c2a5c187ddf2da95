//! Regular expressions that are part of the program.

use regex::Regex;

/// Compiles a pattern that is written in the source.
#[expect(clippy::expect_used, reason = "the pattern is a constant and every one is used by a test")]
pub(crate) fn pattern(source: &str) -> Regex {
    Regex::new(source).expect("a pattern in the source is valid")
}
