//! What people and models say when the work was wrong.

use std::sync::LazyLock;

use regex::Regex;

use crate::detect::answer::{find_sentence, own_words};

/// Returns the sentence in which a person says that the work is wrong or does not work.
pub(super) fn complaint(text: &str) -> Option<String> {
    find_sentence(&own_words(text), &COMPLAINTS)
}

/// Returns the sentence in which a model says that it made a mistake.
pub(super) fn admission(text: &str) -> Option<String> {
    find_sentence(&own_words(text), &ADMISSIONS)
}

static COMPLAINTS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r"(?i)\b(?:that|this|it)(?:'s| is| was) (?:still )?(?:wrong|incorrect|not (?:right|correct|what I (?:asked|wanted|meant)))\b",
        r"(?i)\b(?:it|that|this) (?:still )?(?:doesn't|does not|didn't|did not) work\b",
        r"(?i)\bstill (?:fails?|failing|broken|not working|wrong|the same error)\b",
        r"(?i)\b(?:you|it) (?:didn't|did not|haven't|have not) (?:do|fix|change|answer|finish|listen)\b",
        r"(?i)\bnot what I (?:asked|wanted|meant)\b",
    ]
    .iter()
    .filter_map(|pattern| Regex::new(pattern).ok())
    .collect()
});

static ADMISSIONS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r"(?i)\bI (?:made|have made) (?:a|an|some|the)? ?(?:mistakes?|errors?)\b",
        r"(?i)\b(?:I apologi[sz]e|sorry|apologies) for (?:the|my|that|any) (?:\w+ )?(?:mistake|error|oversight|confusion|misunderstanding|mix-?up)\b",
        r"(?i)\bI (?:misunderstood|misread|overlooked|mistakenly|incorrectly)\b",
    ]
    .iter()
    .filter_map(|pattern| Regex::new(pattern).ok())
    .collect()
});
