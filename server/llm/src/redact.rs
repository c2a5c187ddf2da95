//! Replaces secrets in text that leaves memory: journals, bundles, logs, messages to a person, and
//! what models are sent.
//!
//! A table of kinds finds what looks like a secret; known values find what no kind can. Whoever
//! calls this must never apply it to a user's own files.

mod kinds;

use std::{borrow::Cow, fmt};

use crate::redact::kinds::{Kind, kinds};

/// Known values shorter than this are left alone: replacing them would ravage ordinary text.
const SHORTEST_KNOWN_VALUE: usize = 8;

/// How every placeholder begins.
const PLACEHOLDER: &str = "[redacted:";

/// Returns `text` with everything that looks like a secret replaced by a placeholder that says
/// what kind of secret stood there, such as `[redacted:api-key]`. Redacting twice changes nothing.
pub fn redact(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    for kind in kinds() {
        if let Some(redacted) = without(kind, &text) {
            text = Cow::Owned(redacted);
        }
    }
    text
}

/// Returns the text without the secrets of a kind, or `None` where it has none.
fn without(kind: &Kind, text: &str) -> Option<String> {
    if !kind.pattern.is_match(text) || kind.only_with.is_some_and(|it| !text.contains(it)) {
        return None;
    }
    let mut redacted = String::new();
    let (mut done, mut at) = (0, 0);
    while let Some(captures) = kind.pattern.captures_at(text, at) {
        let found = captures.get_match();
        let secret = kind.secret(&captures);
        let value = secret.as_str();
        // A match that is none may begin before one that is.
        let beyond = |idx: usize| {
            let next = text.get(at..).and_then(|rest| rest.chars().next());
            if idx > at { idx } else { at + next.map_or(1, char::len_utf8) }
        };
        if value.is_empty() || value.starts_with(PLACEHOLDER) || !(kind.is_secret)(value, &captures)
        {
            at = beyond(if secret.start() > found.start() { secret.start() } else { found.end() });
        } else {
            redacted.push_str(text.get(done..secret.start()).unwrap_or_default());
            redacted.push_str(&kind.replacement(value));
            done = secret.end();
            at = beyond(done);
        }
        if at > text.len() {
            break;
        }
    }
    if done == 0 {
        return None;
    }
    redacted.push_str(text.get(done..).unwrap_or_default());
    Some(redacted)
}

/// Redacts known values as well as what [`redact`] finds.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Longest first, so that a value that contains another one disappears as a whole.
    values: Vec<String>,
}

impl Redactor {
    /// Takes the values that must not appear in any output. Values of fewer than eight bytes are
    /// ignored.
    pub fn new(values: impl IntoIterator<Item = String>) -> Redactor {
        let mut values: Vec<String> =
            values.into_iter().filter(|it| it.len() >= SHORTEST_KNOWN_VALUE).collect();
        values.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        values.dedup();
        Redactor { values }
    }

    /// Returns `text` without known values and without what looks like a secret.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        for value in &self.values {
            if text.contains(value.as_str()) {
                text = Cow::Owned(text.replace(value.as_str(), "[redacted:api-key]"));
            }
        }
        match redact(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(redacted) => Cow::Owned(redacted),
        }
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Redactor({} known values)", self.values.len())
    }
}

#[cfg(test)]
mod practice;
#[cfg(test)]
mod tests;
