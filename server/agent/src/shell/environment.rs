//! Which variables change nothing of what a command runs.

/// Variables that say how much is told, in which language and colors.
const HARMLESS: [&str; 24] = [
    "CARGO_INCREMENTAL",
    "CARGO_TERM_COLOR",
    "CARGO_TERM_PROGRESS_WHEN",
    "CI",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "COLUMNS",
    "DEBUG",
    "FORCE_COLOR",
    "LANG",
    "LANGUAGE",
    "LINES",
    "NODE_ENV",
    "NO_COLOR",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONUNBUFFERED",
    "QUICKCHECK_TESTS",
    "RUST_BACKTRACE",
    "RUST_LOG",
    "RUST_TEST_THREADS",
    "TERM",
    "TZ",
    "UPDATE_EXPECT",
    "VERBOSE",
];

/// Returns whether setting a variable changes nothing of what runs. One that is set alone is the
/// shell's own as long as its name is not one that programs look for.
pub(super) fn is_harmless(name: &str, is_alone: bool) -> bool {
    if HARMLESS.contains(&name) || name.starts_with("LC_") {
        return true;
    }
    let is_lower =
        name.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_');
    is_alone && is_lower && !name.ends_with("_proxy") && !name.starts_with("npm_")
}
