//! `portability/secret`: a key, token or password.

use std::{collections::BTreeMap, sync::LazyLock};

use regex::Regex;
use skill::{Span, TextEdit};

use crate::{
    Fix, Level, Problem, Rule, Safety, Severity, SkillFile,
    pattern::pattern,
    places,
    secret::{Secret, SecretKind, environment_name, reading, secrets},
    topic::is_about,
};

pub(super) static RULE: Rule = Rule {
    code: "portability/secret",
    level: Level::Error,
    summary: "a key, token or password",
    page: include_str!("../../../preceptor/guide/rules/portability/secret.md"),
    check,
};

/// Skills that show keys in order to find them.
static SECRET_SCANS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)\bsecrets?.(?:hygiene|scan|detect|review)|\bcredential.scan|\bsecurity\b|\baudit")
});

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let text = file.text();
    let mut by_value: BTreeMap<&str, Vec<Secret<'_>>> = BTreeMap::new();
    for secret in secrets(file) {
        by_value.entry(secret.span.of(text)).or_default().push(secret);
    }
    if by_value.is_empty() {
        return Vec::new();
    }
    let is_topic = is_about(file, &SECRET_SCANS);
    let problems = by_value.values().filter_map(|found| problem(file, found));
    problems
        .map(|problem| if is_topic { problem.at_most(Severity::Hint) } else { problem })
        .collect()
}

fn problem(file: &SkillFile<'_>, found: &[Secret<'_>]) -> Option<Problem> {
    let first = found.first()?;
    let spans: Vec<Span> = found.iter().map(|it| it.span).collect();
    let what = match first.kind {
        SecretKind::Shaped(shape) => {
            format!("`{}…` has the shape of {}", shape.shown(), shape.provider)
        }
        SecretKind::Named(name) => format!("This value of `{name}` looks like a real one"),
        SecretKind::PrivateKey => "This is a private key".to_owned(),
    };
    let message = format!(
        "{what}: everybody who gets the skill gets it. Revoke it, and let the skill read it from the environment"
    );
    let variable = environment_name(first);
    let edits = spans.iter().map(|span| {
        let (span, text) = reading(file, *span, &variable);
        TextEdit::replace(span, text)
    });
    let fix = Fix {
        title: format!("Read it from `{variable}`"),
        edits: edits.collect(),
        safety: Safety::Safe,
    };
    Some(places::problem(&spans, "the same value", message)?.with_fix(fix))
}
