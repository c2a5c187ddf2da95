//! Errors that were wanted: what was changed is to refuse something, and a command shows that it
//! does.
//!
//! The exit status is that of a failure, so the model's words decide, before the call or after it;
//! that a test fails is never wanted at the end.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    matches,
    messages::{RecordedCall, Recording},
    outcome::{Outcome, is_command},
    work::{checks, may_change},
};
use crate::{detect::answer::own_words, thinking::without_thinking};

/// Takes the calls whose error was wanted for done.
pub(super) fn settle(recording: &Recording, outcomes: &mut [Outcome]) {
    let mut has_changed = false;
    for (call, outcome) in recording.calls.iter().zip(outcomes) {
        if *outcome == Outcome::Done {
            has_changed |= may_change(&call.tool, &call.arguments);
        } else if matches!(outcome, Outcome::Failed { .. })
            && has_changed
            && is_wanted(recording, call)
        {
            *outcome = Outcome::Done;
        }
    }
}

fn is_wanted(recording: &Recording, call: &RecordedCall) -> bool {
    if !is_command(&call.tool) && call.tool != "shell"
        || checks(&call.tool, &call.arguments, &call.output)
        || !matches(&REFUSAL, &call.output)
        || matches(&SLIP, &call.output)
    {
        return false;
    }
    let before = prose(recording.said_before(call.result_idx));
    let after = prose(recording.said_after(call.result_idx));
    !matches(&COMPLAINS, &after) && (matches(&EXPECTS, &before) || matches(&WELCOMES, &after))
}

fn prose(text: Option<&str>) -> String {
    own_words(without_thinking(text.unwrap_or_default()))
}

/// What a program says that refuses something.
static REFUSAL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?m)^\s*(?:[\w.]*(?:Error|Exception|Invalid|Warning)\b|(?:\S+: )?(?i:error|invalid|usage|fatal)\b)",
    )
    .ok()
});

/// What no change is to bring about: a test that fails, a program that cannot be read or found.
static SLIP: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?m)^\s*(?:AssertionError|ImportError|ModuleNotFoundError|SyntaxError|IndentationError|NameError|AttributeError|TabError)\b",
        r"|command not found|: No such file or directory|can't open file '",
    ))
    .ok()
});

/// Somebody is about to see something refused.
static EXPECTS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b(?:must|should|verify|check|confirm|ensure|make sure|still|now)\b[^.!?\n]{0,60}",
        r"\b(?:refuse[sd]?|reject(?:s|ed)?|rais(?:es?|ed)|throws?|invalid|not allowed|forbidden)\b",
    ))
    .ok()
});

/// Somebody has seen it, and is content.
static WELCOMES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\bas (?:expected|before|wanted|intended|required|desired|it should)\b",
        r"|\b(?:now|correctly|properly|rightly|still) (?:raises?|rejects?|refuses?|throws?|fails? with|errors? out|exits? with)\b",
        r"|\b(?:is|are|gets?) (?:now |still |correctly |properly )*(?:refused|rejected|raised)\b",
    ))
    .ok()
});

/// Somebody has seen something that is not right yet.
static COMPLAINS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b(?:hmm|oops|wait|unexpected\w*|wrong|not (?:what|right|correct|as)|didn't|doesn't|still (?:fails|failing|broken|hangs|crashes)",
        r"|instead of raising|let me (?:fix|try|adjust|correct)|need to fix|but)\b",
    ))
    .ok()
});
