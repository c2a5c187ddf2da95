//! What secrets look like: one entry for each kind, in the order in which they are looked for.
//!
//! Keys of services come first, whatever stands around them; then what a command line, a header, a
//! URL or a file of settings gives away by its form; last what only a name gives away. Names stand
//! in source code and in prose as well, so there the value has to look like one too.

mod forms;
mod judged;
mod tokens;

use std::sync::LazyLock;

use regex::{Captures, Match, Regex};

use crate::redact::without;

/// A kind of secret.
pub(super) struct Kind {
    label: &'static str,
    /// What it stands in. The secret is what its first group `value…` matched that took part, or
    /// else everything.
    pub(super) pattern: Regex,
    /// Indices of those groups.
    value_groups: Vec<usize>,
    /// Tells a secret from what only has its form.
    pub(super) is_secret: fn(&str, &Captures<'_>) -> bool,
    /// A text without these words has none.
    pub(super) only_with: Option<&'static str>,
    /// The kind of the secrets inside of the value, where it is not one as a whole.
    inside: Option<Box<Kind>>,
}

impl Kind {
    /// Makes one whose every match is a secret.
    ///
    /// In the pattern blanks count for nothing, and these words stand for what they say:
    /// `SAME_COMMAND`, `SECRET_OPTION`, `LINE_START`, `LINE_END`, `NAME_START` and `QUOTE`, each
    /// as it is and as JSON has it.
    #[expect(
        clippy::expect_used,
        reason = "the patterns are constants that every test of this module compiles"
    )]
    fn new(label: &'static str, pattern: &str) -> Kind {
        let pattern = pattern
            .replace("SAME_COMMAND", SAME_COMMAND)
            .replace("SECRET_OPTION", SECRET_OPTION)
            .replace("LINE_START", r#"(?: (?m:^) | \\[nr] | \\?["'] )"#)
            .replace("LINE_END", r#"[\ \t]*(?: (?m:$) | \r | \\[nr] | \\?["'] )"#)
            .replace("NAME_START", r"(?: \b | \\[nrt] )")
            // Without this, text that is not ASCII would be searched a hundred times as long.
            .replace(r"\b", r"(?-u:\b)")
            .replace("QUOTE", r#"(?:\\?["'])?"#);
        let pattern =
            Regex::new(&format!("(?x){pattern}")).expect("the pattern of a kind is valid");
        let names = pattern.capture_names().enumerate();
        let is_value = |name: Option<&str>| name.is_some_and(|it| it.starts_with("value"));
        Kind {
            label,
            value_groups: names.filter(|it| is_value(it.1)).map(|it| it.0).collect(),
            pattern,
            is_secret: |_, _| true,
            only_with: None,
            inside: None,
        }
    }

    fn when(mut self, is_secret: fn(&str, &Captures<'_>) -> bool) -> Kind {
        self.is_secret = is_secret;
        self
    }

    fn only_with(mut self, words: &'static str) -> Kind {
        self.only_with = Some(words);
        self
    }

    fn around(mut self, inside: Kind) -> Kind {
        self.inside = Some(Box::new(inside));
        self
    }

    /// Returns where the secret stands in what the pattern matched.
    pub(super) fn secret<'t>(&self, captures: &Captures<'t>) -> Match<'t> {
        let value = self.value_groups.iter().find_map(|it| captures.get(*it));
        value.unwrap_or_else(|| captures.get_match())
    }

    pub(super) fn replacement(&self, value: &str) -> String {
        match &self.inside {
            Some(inside) => without(inside, value).unwrap_or_else(|| value.to_owned()),
            None => format!("[redacted:{}]", self.label),
        }
    }
}

/// What may lie between a program's name and its option: anything that does not end the command.
/// Line breaks count where they are escaped, once more where the command is part of JSON.
const SAME_COMMAND: &str = r"(?: [^\n|;&\\] | \\[^n] | \\\\\\n | &[^&\s] )*?";

/// An option whose value is a secret.
const SECRET_OPTION: &str =
    r"--[a-z-]*(?: password|passwd|passphrase|token|api-?key|secret(?:-key)?|access-key )";

/// Returns the kinds, in order.
pub(super) fn kinds() -> &'static [Kind] {
    static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
        [tokens::kinds(), forms::kinds(), judged::kinds()].into_iter().flatten().collect()
    });
    &KINDS
}
