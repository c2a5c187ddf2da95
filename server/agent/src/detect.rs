//! Tier 1 of failure detection: evidence from a finished attempt, without asking a model.
//!
//! Every piece of evidence is a [`Signal`] with a weight and a flag that says whether the attempt
//! recovered from it; the [`Verdict`] weighs those that it did not recover from. A single word in
//! some output is never evidence: what a command printed counts where its exit status cannot, and
//! there only at the places where programs report.

mod account;
mod announcement;
mod answer;
mod calls;
mod command;
mod evaluation;
mod lack;
mod product;
mod quotation;
mod recorded;
mod sentence;

use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

pub(crate) use crate::detect::{
    answer::{answer_signal, only_asks},
    evaluation::{SelfEvaluation, read_evaluation},
};
pub use crate::detect::{
    lack::Lack,
    recorded::{RecordedEnd, RecordedJudgement, judge_recorded},
};
use crate::{
    detect::{
        answer::is_caveat,
        calls::{recovers, worked},
        lack::lack_of,
    },
    tool::ResultKind,
};

/// Longest evidence shown, in characters.
const EVIDENCE_CHARS: usize = 300;

/// Unrecovered weight from which an attempt counts as failed.
const FAILURE_WEIGHT: f64 = 0.6;

/// Unrecovered weight from which an attempt is unclear.
const UNSURE_WEIGHT: f64 = 0.3;

/// Weight of giving up where only the trial of work that was done is given up.
const OF_A_REASON: f64 = 0.2;

/// The most that speaks for failure where an attempt lacked what no model can bring.
const OF_A_LACK: f64 = 0.5;

/// What kind of evidence a signal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalKind {
    /// A command ended with a status other than 0.
    ExitCode,
    /// A tool could not do what it was asked to.
    ToolError,
    /// The model called a tool that does not exist.
    UnknownTool,
    /// The arguments of a call were not what the tool takes.
    MalformedArguments,
    /// The answer says that the task was not done.
    GiveUp,
    /// The answer asks back instead of doing.
    AsksBack,
    /// There is no answer.
    EmptyAnswer,
    /// The answer was cut at the token limit.
    Truncated,
    /// The attempt ran out of steps.
    MaxIterations,
    /// The same calls came again and again, with the same results.
    DoomLoop,
    /// The answer announces a step that was never taken.
    AnnouncedNotDone,
    /// The answer came while items of the model's own plan were open.
    UnfinishedPlan,
    /// It gave the task to somebody else.
    HandedOver,
    /// Its work was said to be wrong, by the person or by itself.
    Corrected,
    /// Half of its calls failed, or more.
    ManyErrors,
    /// A change was asked for, and none is there.
    NothingChanged,
    /// A model that was asked about it says so.
    SelfEvaluation,
}

impl SignalKind {
    /// Returns what it means, without anything that a tool or a model wrote: fit to stand among
    /// instructions.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::ExitCode => "a command failed and nothing later made good for it",
            Self::ToolError => "a tool could not do what it was asked to",
            Self::UnknownTool => "it called a tool that does not exist",
            Self::MalformedArguments => "it called tools with arguments that they do not take",
            Self::GiveUp => "its answer says that it could not do it",
            Self::AsksBack => "it asked back instead of doing it",
            Self::EmptyAnswer => "it gave no answer",
            Self::Truncated => "its answer was cut at the token limit",
            Self::MaxIterations => "it ran out of steps",
            Self::DoomLoop => "it repeated the same calls without getting further",
            Self::AnnouncedNotDone => "it announced a step and did not take it",
            Self::UnfinishedPlan => "it ended before its own plan was done",
            Self::HandedOver => "it gave the task to somebody else",
            Self::Corrected => "its work was said to be wrong",
            Self::ManyErrors => "half of its calls failed, or more",
            Self::SelfEvaluation => "a model that was asked says that it is not done",
            Self::NothingChanged => "it was to change something and changed nothing",
        }
    }
}

/// One piece of evidence that an attempt failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// What kind it is.
    pub kind: SignalKind,
    /// What was seen, at most 300 characters.
    pub evidence: String,
    /// From 0 to 1.
    pub confidence: f64,
    /// Whether the attempt got over it.
    pub recovered: bool,
}

/// What tier 1 says about an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing speaks against it.
    Ok,
    /// Something does, too weak to act on.
    Unsure,
    /// It failed.
    Failure,
}

impl Verdict {
    /// Returns the name that events and reports use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unsure => "unsure",
            Self::Failure => "failure",
        }
    }
}

/// The verdict on an attempt, with its evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// What it comes to.
    pub verdict: Verdict,
    /// From 0 to 1: how much speaks for failure.
    pub confidence: f64,
    /// The evidence, recovered from or not, in the order in which it was seen.
    pub signals: Vec<Signal>,
    /// What was in the way that no model can bring, where nothing else kept the attempt from its
    /// end; it is no failure then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lack: Option<Lack>,
}

impl Judgement {
    /// Notes what the attempt lacked: whatever speaks against it comes from that.
    fn for_want_of(mut self, lack: Option<Lack>) -> Self {
        if lack.is_some() && self.verdict != Verdict::Ok {
            self.verdict = Verdict::Unsure;
            self.confidence = self.confidence.min(OF_A_LACK);
            self.lack = lack;
        }
        self
    }

    /// Returns the strongest evidence that was not recovered from.
    pub fn reason(&self) -> Option<&Signal> {
        self.signals
            .iter()
            .filter(|signal| !signal.recovered)
            .max_by(|a, b| a.confidence.total_cmp(&b.confidence))
    }
}

/// One finished call, as detection sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallRecord {
    /// The tool's name.
    pub tool: String,
    /// The arguments' text.
    pub arguments: String,
    /// What the model read.
    pub output: String,
    /// How the call ended.
    pub kind: ResultKind,
    /// Of a command.
    pub exit_code: Option<i32>,
    /// Files that a command changed, see [`crate::tool::ToolResult::changed_files`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed_files: Vec<String>,
    /// Those of them that can be put back, see [`crate::tool::ToolResult::kept_files`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept_files: Vec<String>,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With an answer, or with none.
    Answer,
    /// Cut at the token limit.
    Length,
    /// Out of steps.
    MaxIterations,
    /// Stopped: the same calls came again and again.
    DoomLoop,
    /// Stopped: call after call had arguments that its tool does not take.
    MalformedArguments,
}

impl Ending {
    /// Returns the name that events use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Answer => "final",
            Self::Length => "length",
            Self::MaxIterations => "max_iterations",
            Self::DoomLoop => "doom_loop",
            Self::MalformedArguments => "malformed_arguments",
        }
    }
}

/// Judges a finished attempt by its calls, its answer to the request and what was noted while it
/// worked.
pub fn judge(
    request: &str,
    calls: &[CallRecord],
    noted: &[Signal],
    answer: &str,
    ending: Ending,
) -> Judgement {
    let (mut signals, troubles) = calls::faults(calls, request, answer);
    // Whoever was refused a call may well say that it cannot go on.
    let was_declined = calls.iter().any(|call| call.kind == ResultKind::Declined);
    let is_excused = |kind| {
        was_declined
            && matches!(
                kind,
                SignalKind::GiveUp | SignalKind::AsksBack | SignalKind::AnnouncedNotDone
            )
    };
    let mut of_answer =
        answer_signal(request, answer, ending).filter(|signal| !is_excused(signal.kind));
    if let Some(signal) = of_answer.as_mut().filter(|it| it.kind == SignalKind::GiveUp)
        && is_caveat(&signal.evidence)
        && calls::has_changed(calls)
    {
        signal.confidence = signal.confidence.min(OF_A_REASON);
    }
    // What came back at the end, or was not left at all, was not recovered from.
    let is_open = |kind| {
        of_answer.as_ref().is_some_and(|it| it.kind == kind)
            || noted.iter().any(|it| it.kind == kind && !it.recovered)
    };
    let gives_up = match &of_answer {
        None => Some(false),
        Some(it) if matches!(it.kind, SignalKind::GiveUp | SignalKind::AsksBack) => Some(true),
        Some(_) => None,
    };
    let is_left_alone = ending == Ending::Answer && noted.iter().all(|it| it.recovered);
    let lack = gives_up
        .filter(|_| is_left_alone)
        .and_then(|gives_up| lack_of(&troubles, request, answer, gives_up));
    signals.extend(noted.iter().filter(|it| !it.recovered || !is_open(it.kind)).cloned());
    signals.extend(of_answer);
    weigh(signals).for_want_of(lack)
}

/// Weighs the signals that were not recovered from: each leaves a part of the doubt.
fn weigh(signals: Vec<Signal>) -> Judgement {
    let confidence = 1.0
        - signals
            .iter()
            .filter(|signal| !signal.recovered)
            .map(|signal| 1.0 - signal.confidence)
            .product::<f64>();
    let verdict = if confidence + f64::EPSILON >= FAILURE_WEIGHT {
        Verdict::Failure
    } else if confidence + f64::EPSILON >= UNSURE_WEIGHT {
        Verdict::Unsure
    } else {
        Verdict::Ok
    };
    Judgement { verdict, confidence, signals, lack: None }
}

/// Returns what was in the attempt's way and no model can help: the output of a call that was
/// blocked, unless a later call of that tool worked.
pub fn obstacle(calls: &[CallRecord]) -> Option<&str> {
    calls.iter().enumerate().find_map(|(call_idx, call)| {
        let later = calls.get(call_idx + 1..).unwrap_or_default();
        let is_open =
            call.kind == ResultKind::Blocked && !later.iter().any(|later| recovers(later, call));
        is_open.then_some(call.output.as_str())
    })
}

/// Returns the last call that failed and that nothing later made good for.
pub(crate) fn unrecovered(calls: &[CallRecord]) -> Option<&CallRecord> {
    calls.iter().enumerate().rev().find_map(|(call_idx, call)| {
        let later = calls.get(call_idx + 1..).unwrap_or_default();
        let has_failed = !worked(call)
            && !matches!(call.kind, ResultKind::Declined | ResultKind::Cancelled)
            && !later.iter().any(|later| recovers(later, call));
        has_failed.then_some(call)
    })
}

/// Whether a pattern, which is there if it can be read, is in a text.
fn matches(regex: &LazyLock<Option<Regex>>, text: &str) -> bool {
    regex.as_ref().is_some_and(|regex| regex.is_match(text))
}

#[cfg(test)]
mod tests;
