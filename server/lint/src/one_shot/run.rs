//! Names of runs with their date, and when they took place.

use std::sync::LazyLock;

use regex::Regex;
use skill::Span;

use crate::{
    SkillFile,
    char_boundary::floor,
    lines::{nearby_before, places_of},
    one_shot::{OneShot, OneShotKind, is_prose_or_command},
    pattern::pattern,
};

/// A run that is called by its date and time.
static RUN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i-u:\b)(?i:run|job|exp|experiment|eval|sweep|trial|build|train|training|backup|lauf|ckpt|",
        r"checkpoint|output|outputs|log|logs|session)[-_]?20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])",
        r"[-_T]?(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?(?:[-_][a-z0-9]{6,10})?(?-u:\b)",
    ))
});

/// A point in time with its seconds.
static TIME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"20\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[T ](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d",
        r"(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?",
    ))
});

/// The words in front of the time of one run.
static RUN_OF: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)\b(?:run|job|build|deploy(?:ment)?|session|attempt|training|backup|snapshot|crash|failure|",
        r"incident|execution|experiment|checkpoint|lauf|log)\s+(?:\w+\s+)?(?:of|from|at|on|vom|von)\s+`?$",
    ))
});

/// Returns the runs that steps and commands of `file` name.
pub(super) fn runs(file: &SkillFile<'_>) -> Vec<OneShot> {
    let text = file.text();
    let mut found = Vec::new();
    // Only a text with a year in it can name one.
    for at in places_of(text, "20") {
        let Some(kind) = first_look(text, at) else { continue };
        let from = floor(text, at.saturating_sub(MAXIMUM_PREFIX));
        let window = Span::new(from, floor(text, at + MAXIMUM_LENGTH));
        let pattern = if kind == OneShotKind::Time { &TIME } else { &RUN };
        let hit = pattern
            .find_iter(window.of(text))
            .map(|it| Span::new(from + it.start(), from + it.end()))
            .find(|span| span.contains_offset(at));
        let Some(span) = hit else { continue };
        if is_real(file, kind, span) {
            found.push(OneShot { span, kind });
        }
    }
    found.dedup();
    found
}

/// The longest word in front of a date, with its hyphen, in bytes.
const MAXIMUM_PREFIX: usize = 12;

/// The longest rest from the year on, in bytes.
const MAXIMUM_LENGTH: usize = 40;

/// Tells by a few bytes what the number at `at` may be.
fn first_look(text: &str, at: usize) -> Option<OneShotKind> {
    let digits = text.as_bytes().get(at..at + 8)?;
    if digits.iter().all(u8::is_ascii_digit) {
        return Some(OneShotKind::Run);
    }
    (digits.get(4) == Some(&b'-') && digits.get(7) == Some(&b'-')).then_some(OneShotKind::Time)
}

fn is_real(file: &SkillFile<'_>, kind: OneShotKind, span: Span) -> bool {
    let text = file.text();
    let body = &file.document.body;
    if span.start < body.span.start || !is_prose_or_command(file, span.start) {
        return false;
    }
    let before = nearby_before(text, span.start);
    match kind {
        OneShotKind::Time => {
            let is_midnight = span.of(text).contains("00:00:00");
            !is_midnight && RUN_OF.is_match(before)
        }
        _ => !before.ends_with(|it: char| it.is_alphanumeric() || it == '-'),
    }
}
