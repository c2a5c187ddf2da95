//! Talks in which an agent serves a person with tools of its own, a shop's for example: what shows
//! there that they were not served.
//!
//! Such tools say little of what they do, and the person has the last word whatever came of it. So
//! what counts is what the agent was told to do and did not, and how often it tried in vain.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::{
    content::text_of,
    ending::is_closing,
    matches,
    messages::{Entry, RecordedCall, Recording},
    outcome::{Outcome, is_command, only_looks},
    work::is_editor,
};
use crate::detect::SignalKind;

/// Messages of a person's from which on it is a talk.
const N_ASKED_IN_A_TALK: usize = 2;
/// Messages of a person's after which an agent with tools may be expected to have used one.
const N_ASKED_IN_VAIN: usize = 3;
/// Those after which it should have: what the rules forbid is refused sooner.
const N_SURELY_IN_VAIN: usize = 5;

/// Something that speaks against the agent.
pub(super) struct Found {
    /// The message that shows it.
    pub(super) message_idx: usize,
    pub(super) kind: SignalKind,
    pub(super) evidence: String,
    pub(super) confidence: f64,
}

/// Returns whether a person is served in a talk, by tools of the agent's own: rules may bind it, and
/// a refusal may be right.
pub(super) fn is_talk(recording: &Recording) -> bool {
    asked(recording).count() >= N_ASKED_IN_A_TALK
        && !recording.calls.is_empty()
        && !has_calls_of_another_kind(recording)
}

/// Returns whether a shell or an editor was used: then it is work on files.
fn has_calls_of_another_kind(recording: &Recording) -> bool {
    let is_of_another_kind =
        |it: &RecordedCall| is_command(&it.tool) || is_editor(&it.tool) || it.tool == "shell";
    recording.calls.iter().any(is_of_another_kind)
}

/// Returns the messages in which a person asks for something.
fn asked(recording: &Recording) -> impl DoubleEndedIterator<Item = usize> + Clone + '_ {
    recording.entries.iter().filter_map(|(idx, entry)| match entry {
        Entry::Asked(text) if !is_closing(text) => Some(*idx),
        _ => None,
    })
}

/// Returns what a talk has against the agent; nothing for conversations of another kind.
pub(super) fn found(recording: &Recording, outcomes: &[Outcome], messages: &[Value]) -> Vec<Found> {
    let mut asked = asked(recording);
    let n_asked = asked.clone().count();
    if n_asked < N_ASKED_IN_A_TALK || has_calls_of_another_kind(recording) {
        return Vec::new();
    }
    if recording.last_call.is_none() {
        let is_in_vain = n_asked >= N_ASKED_IN_VAIN && tells_of_tools(messages);
        let last = asked.next_back().filter(|_| is_in_vain);
        let found = last.map(|message_idx| Found {
            message_idx,
            kind: SignalKind::NothingChanged,
            evidence: format!("It was asked {n_asked} times and used none of its tools"),
            confidence: if n_asked >= N_SURELY_IN_VAIN { 0.6 } else { 0.4 },
        });
        return found.into_iter().collect();
    }
    let tries: Vec<Try<'_>> = recording
        .calls
        .iter()
        .zip(outcomes)
        .filter(|(call, _)| !only_looks(&call.tool, &call.arguments))
        .map(|(call, outcome)| Try { call, has_failed: matches!(outcome, Outcome::Failed { .. }) })
        .collect();
    let mut found: Vec<Found> = in_vain(&tries).into_iter().collect();
    found.extend(not_done(recording, &tries));
    found
}

/// A call that was to change something.
struct Try<'a> {
    call: &'a RecordedCall,
    has_failed: bool,
}

/// What was refused once may have been asked for wrongly; more than once, it was guessed.
fn in_vain(tries: &[Try<'_>]) -> Option<Found> {
    let mut failed = tries.iter().filter(|it| it.has_failed);
    let n_failed = failed.clone().count();
    let last = failed.next_back()?;
    Some(Found {
        message_idx: last.call.result_idx,
        kind: SignalKind::ManyErrors,
        evidence: format!("{n_failed} of its {} calls to change something failed", tries.len()),
        confidence: if n_failed > 1 { 0.6 } else { 0.3 },
    })
}

/// The person told it to go ahead, and nothing was changed after that.
fn not_done(recording: &Recording, tries: &[Try<'_>]) -> Option<Found> {
    let mut asks_to_confirm = false;
    let mut confirmed_at = None;
    let mut left_after_it = false;
    for (idx, entry) in &recording.entries {
        match entry {
            Entry::Said(text) => asks_to_confirm = matches(&ASKS_TO_CONFIRM, text),
            // Whoever says yes and leaves takes it for done.
            Entry::Asked(text) if is_closing(text) => {
                if asks_to_confirm && matches(&CONFIRMS, text) && matches(&ORDERS, text) {
                    (confirmed_at, left_after_it) = (Some(*idx), true);
                }
            }
            // Whatever is said later may take it back.
            Entry::Asked(text) => {
                let is_confirmed = asks_to_confirm && matches(&CONFIRMS, text);
                confirmed_at = is_confirmed.then_some(*idx);
                asks_to_confirm = false;
            }
            Entry::Called | Entry::Result => {}
        }
    }
    let message_idx = confirmed_at?;
    let mut later = tries.iter().filter(|it| it.call.result_idx > message_idx);
    if later.clone().any(|it| !it.has_failed) {
        return None;
    }
    let is_sure = left_after_it || later.next().is_some();
    Some(Found {
        message_idx,
        kind: SignalKind::NothingChanged,
        evidence: "It was told to go ahead, and nothing that it did after that worked".to_owned(),
        confidence: if is_sure { 0.7 } else { 0.4 },
    })
}

/// Whether the agent was told that it has tools.
fn tells_of_tools(messages: &[Value]) -> bool {
    messages.iter().any(|message| {
        let role = message.get("role").and_then(Value::as_str);
        let text = message.get("content").map(text_of).unwrap_or_default();
        matches!(role, Some("system" | "developer")) && matches(&TELLS_OF_TOOLS, &text)
    })
}

static TELLS_OF_TOOLS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)\btools?\b|\bfunction calls?\b|\bAPIs?\b").ok());

static ASKS_TO_CONFIRM: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:confirm|(?:like|want|wish) (?:me )?to (?:proceed|go ahead)|shall I|should I (?:proceed|go ahead)|do you (?:agree|approve))\b")
        .ok()
});

/// Words of somebody who wants it done, and not only says yes.
static ORDERS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)\b(?:please|go ahead|proceed|do (?:it|so|that))\b").ok());

static CONFIRMS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^\W*(?:yes|yeah|yep|sure|ok(?:ay)?|please (?:proceed|go ahead|do)|go ahead|I confirm|confirmed|that's (?:correct|right))\b[^?]*$")
        .ok()
});
