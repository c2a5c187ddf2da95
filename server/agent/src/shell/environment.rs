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

/// Variables whose value programs run.
const RUN: [&str; 16] = [
    "BASH_ENV",
    "BROWSER",
    "ENV",
    "GIT_ASKPASS",
    "GIT_EXTERNAL_DIFF",
    "GIT_SSH",
    "LESSCLOSE",
    "LESSOPEN",
    "NODE_OPTIONS",
    "PERL5OPT",
    "PS4",
    "PYTHONSTARTUP",
    "RUBYOPT",
    "RUSTC_WRAPPER",
    "SSH_ASKPASS",
    "VISUAL",
];

/// Returns whether programs run what is in a variable.
pub(super) fn runs_value(name: &str) -> bool {
    let ends = ["EDITOR", "PAGER", "_COMMAND", "_RUNNER"];
    RUN.contains(&name) || name.starts_with("LD_") || ends.iter().any(|it| name.ends_with(it))
}

/// Returns whether a value makes a program that would start another start nothing.
pub(super) fn starts_nothing(name: &str, value: &str) -> bool {
    (name.ends_with("EDITOR") || name.ends_with("PAGER"))
        && matches!(value, "" | ":" | "true" | "cat")
}
