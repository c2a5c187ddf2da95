//! Secrets that only their name gives away, and how a value is told from an expression, a word of
//! prose and the name of a value.

use super::Kind;

/// No name of a field is as long as this, in bytes.
const LONG_PIECE: usize = 20;

/// A bare value of fewer bytes is none.
const SHORTEST_BARE: usize = 8;

/// Assignments come in two forms: in the shell's, without blanks, any value counts; around blanks
/// only a quoted one does, so that `TOKEN = next_token()` in source code stays readable. Behind a
/// name in lower case a quoted word counts, and a bare one that is long and has digits.
pub(super) fn kinds() -> Vec<Kind> {
    vec![
        Kind::new(
            "secret",
            r#"NAME_START [A-Z0-9_]*(?:TOKEN|API_?KEY|SECRET|SECRET_KEY|SECRET_KEY_BASE|ACCESS_KEY|PASSWORD|PASSWD
                |PASSPHRASE|_PASS|_PWD|PRIVATE_KEY|ENCRYPTION_KEY|SIGNING_KEY|MASTER_KEY|AUTH_KEY|APP_KEY)
            (?: = (?: (?P<opened>\\?["'])(?P<value>[^"'\n]+?)\\?["']
                    | (?P<value_bare>[^\s"'&;|=$<{\\`][^\s"'&;|)\\`]*) )
              | [\ \t]* = [\ \t]* (?: "(?P<value_double>[^"\n]+)" | '(?P<value_single>[^'\n]+)' ) )"#,
        )
        .when(|value, captures| {
            !value.starts_with(['$', '<', '{'])
                && (captures.name("value_bare").is_none() || !is_path(value))
        }),
        // In YAML, with a name that no prose has.
        Kind::new(
            "secret",
            r#"LINE_START [\ \t-]*[A-Z0-9]+_[A-Z0-9_]*(?:TOKEN|KEY|SECRET|PASSWORD|PASSWD|PASS|PASSPHRASE):[\ \t]+
              QUOTE (?P<value> [^\s"'\\$<{\[!*&|>][^\s"'\\]{3,} ) LINE_END"#,
        )
        .when(|value, captures| !is_type(value) && !is_path(value) && {
            !captures.get_match().as_str().contains("_KEY:") || is_random(value)
        }),
        Kind::new(
            "secret",
            r#"NAME_START (?P<name>(?i: [a-z0-9_-]*(?: token|api[_-]?key|secret|secret[_-]?key|access[_-]?key
                |password|passwd|passphrase|_pass|_pwd|_auth|private[_-]?key[_-]?id|client-key-data
                |account[_-]?key|encryption[_-]?key|signing[_-]?key|authorization-key ) ))
            QUOTE [\ \t]* [:=] [\ \t]*
            (?: (?P<opened>\\?["']) (?P<value> [^\s"'\\$<{\[][^\s"'\\]{5,} ) (?P<closed>\\?["'])
              | (?P<value_bare> [^\s"'\\,;()\[\]{}<>$`&|=][^\s"'\\,;()\[\]{}<>`&|]{5,} ) (?P<next>[(<])? )"#,
        )
        .when(|value, captures| {
            let part = |group| captures.name(group).map_or("", |it| it.as_str());
            if part("opened").is_empty() {
                is_bare_secret(value) && part("next").is_empty()
            } else {
                part("opened") == part("closed")
            }
        }),
        // The name is a word of every test's output as well, so the value has to be alone.
        Kind::new(
            "secret",
            r#"NAME_START (?i:pass|pwd)QUOTE (?: :[\ \t]* | [\ \t]*=[\ \t]* )
              (?: (?P<opened>\\?["']) (?P<value> [^\s"'\\$<{\[][^\s"'\\]{5,} ) \\?["']
                | (?P<value_bare> [^\s"'\\$<{\[/,;()]{6,} ) LINE_END )"#,
        )
        .when(|value, captures| captures.name("opened").is_some() || is_random(value)),
    ]
}

/// Tells the name of a value, as the usage of a command has it, from a value.
pub(super) fn is_no_placeholder(value: &str) -> bool {
    !value.bytes().all(|it| it.is_ascii_uppercase() || it == b'_')
}

/// Tells a secret from the next word of a sentence about the option, and from a path.
pub(super) fn is_argument(value: &str) -> bool {
    let word = value.trim_end_matches(['.', ',', ';', ':', '!', '?', ')']);
    word.len() >= 6
        && !is_path(word)
        && !word.starts_with('(')
        && word.bytes().any(|it| it.is_ascii_digit() || b"@#!%^*+".contains(&it))
}

/// Tells what is encoded in base 64 from a word.
pub(super) fn is_encoded(value: &str) -> bool {
    value.bytes().skip(1).any(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'=')
}

pub(super) fn has_digit(value: &str) -> bool {
    value.bytes().any(|it| it.is_ascii_digit())
}

/// Tells what was drawn at random from a word, a number, a path and the name of a test.
pub(super) fn is_random(value: &str) -> bool {
    let lower = value.to_lowercase();
    let is_name = ["test", "spec", "case", "bench"].iter().any(|it| lower.starts_with(it));
    has_digit(value)
        && value.bytes().any(|it| it.is_ascii_alphabetic())
        && !is_name
        && !value.contains(['_', '/', ':'])
        && !is_path(value)
}

/// Tells a secret from an expression: it is long, has digits and is no path of fields.
fn is_bare_secret(value: &str) -> bool {
    let is_field = (value.contains('.') || value.contains("::"))
        && value.split(['.', ':']).all(|it| it.len() < LONG_PIECE);
    value.len() >= SHORTEST_BARE && has_digit(value) && !is_field
}

fn is_path(value: &str) -> bool {
    value.starts_with(['/', '~']) || value.starts_with("./") || value.starts_with("../")
}

/// Tells the type of a value, as a description of settings has it, from a value.
fn is_type(value: &str) -> bool {
    ["string", "str", "text", "required", "optional", "true", "false", "null", "none", "bool"]
        .iter()
        .any(|it| value.eq_ignore_ascii_case(it))
}
