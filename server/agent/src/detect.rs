//! Tier 1 of failure detection: evidence from a finished attempt, without asking a model.
//!
//! Every piece of evidence is a [`Signal`] with a weight and a flag that says whether the attempt
//! recovered from it; the [`Verdict`] weighs those that it did not recover from. A single word in
//! some output is never evidence: what a command printed counts only through its exit status.

use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::{clip::clip, tool::ResultKind};

/// Longest evidence shown, in characters.
const EVIDENCE_CHARS: usize = 300;

/// Unrecovered weight from which an attempt counts as failed.
const FAILURE_WEIGHT: f64 = 0.6;

/// Unrecovered weight from which an attempt is unclear.
const UNSURE_WEIGHT: f64 = 0.3;

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
    /// The arguments of a call could not be read.
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
}

impl SignalKind {
    /// Returns what it means, without anything that a tool or a model wrote: fit to stand among
    /// instructions.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::ExitCode => "a command failed and nothing later made good for it",
            Self::ToolError => "a tool could not do what it was asked to",
            Self::UnknownTool => "it called a tool that does not exist",
            Self::MalformedArguments => "the arguments of its calls could not be read",
            Self::GiveUp => "its answer says that it could not do it",
            Self::AsksBack => "it asked back instead of doing it",
            Self::EmptyAnswer => "it gave no answer",
            Self::Truncated => "its answer was cut at the token limit",
            Self::MaxIterations => "it ran out of steps",
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
}

impl Judgement {
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
}

/// Judges a finished attempt by its calls and its answer.
pub fn judge(calls: &[CallRecord], answer: &str, ending: Ending) -> Judgement {
    let mut signals: Vec<Signal> = calls
        .iter()
        .enumerate()
        .filter_map(|(call_idx, call)| {
            let (kind, confidence) = call_signal(call)?;
            let later = calls.get(call_idx + 1..).unwrap_or_default();
            Some(Signal {
                kind,
                evidence: call_evidence(call),
                confidence,
                recovered: later.iter().any(|later| recovers(later, call)),
            })
        })
        .collect();
    // Whoever was refused a call may well say that it cannot go on.
    let was_declined = calls.iter().any(|call| call.kind == ResultKind::Declined);
    signals.extend(answer_signal(answer, ending).filter(|signal| {
        !(was_declined && matches!(signal.kind, SignalKind::GiveUp | SignalKind::AsksBack))
    }));
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
    Judgement { verdict, confidence, signals }
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

fn call_signal(call: &CallRecord) -> Option<(SignalKind, f64)> {
    match call.kind {
        ResultKind::Ok => match call.exit_code {
            None | Some(0) => None,
            Some(1) if asks_a_question(&call.arguments) => Some((SignalKind::ExitCode, 0.1)),
            Some(_) => Some((SignalKind::ExitCode, 0.6)),
        },
        ResultKind::Failed => Some((SignalKind::ToolError, 0.6)),
        ResultKind::UnknownTool => Some((SignalKind::UnknownTool, 0.6)),
        ResultKind::Malformed => Some((SignalKind::MalformedArguments, 0.6)),
        // A person's decision says nothing about the model, nor does a full disk.
        ResultKind::Declined | ResultKind::Blocked | ResultKind::Cancelled => None,
    }
}

fn call_evidence(call: &CallRecord) -> String {
    let what = match (call.kind, call.exit_code) {
        (ResultKind::UnknownTool, _) => format!("There is no tool `{}`", call.tool),
        (ResultKind::Malformed, _) => {
            format!("The arguments of `{}` were no JSON object", call.tool)
        }
        (_, Some(code)) => format!("`{}` ended with exit code {code}", call.tool),
        _ => format!("`{}` failed", call.tool),
    };
    let output = call.output.lines().find(|line| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with("exit code:") && !line.starts_with("[unsaved in")
    });
    let evidence = match output {
        Some(line) if call.kind != ResultKind::UnknownTool => format!("{what}: {}", line.trim()),
        _ => what,
    };
    clip(&evidence, EVIDENCE_CHARS)
}

/// A later call makes good for an earlier one when it is of the same tool, or does what an unknown
/// tool was meant to do, and worked.
fn recovers(later: &CallRecord, earlier: &CallRecord) -> bool {
    let worked = later.kind == ResultKind::Ok && matches!(later.exit_code, None | Some(0));
    worked && (later.tool == earlier.tool || earlier.kind == ResultKind::UnknownTool)
}

/// Commands whose status 1 is an answer and no failure.
fn asks_a_question(arguments: &str) -> bool {
    static QUESTION: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#""command"\s*:\s*"\s*(?:[^|&;"]*\|\s*)?(?:grep|egrep|rg|diff|cmp|test|\[|pgrep|which)\b"#)
            .ok()
    });
    QUESTION.as_ref().is_some_and(|regex| regex.is_match(arguments))
}

fn answer_signal(answer: &str, ending: Ending) -> Option<Signal> {
    let signal = |kind, evidence: &str, confidence| {
        Some(Signal {
            kind,
            evidence: clip(evidence.trim(), EVIDENCE_CHARS),
            confidence,
            recovered: false,
        })
    };
    match ending {
        Ending::MaxIterations => {
            return signal(SignalKind::MaxIterations, "The attempt ran out of steps", 0.9);
        }
        Ending::Length => {
            return signal(SignalKind::Truncated, "The answer was cut at the token limit", 0.7);
        }
        Ending::Answer => {}
    }
    if answer.trim().is_empty() {
        return signal(SignalKind::EmptyAnswer, "There was no answer", 0.7);
    }
    let prose = own_words(answer);
    if let Some(sentence) = find_sentence(&prose, &GIVE_UP) {
        return signal(SignalKind::GiveUp, &sentence, 0.7);
    }
    if let Some(sentence) = find_sentence(&prose, &ASKS_BACK) {
        return signal(SignalKind::AsksBack, &sentence, 0.3);
    }
    None
}

static GIVE_UP: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r"(?i)\bI (?:don't|do not) have (?:a |any |the )?(?:tool|access|ability|way)\b",
        r"(?i)\bI (?:can't|cannot|can not|could not|couldn't|wasn't able to|was not able to|am not able to|am unable to|was unable to) (?:do|find|figure|open|complete|determine|count|read|run|solve|get|access|make|finish)\b",
        r"(?i)\bI(?:'m| am) not sure (?:which|how|what)\b",
        r"(?i)(?:^|\bI(?:'m| am| was)? |sorry,? (?:but )?)unable to (?:open|find|switch|complete|determine|count|read|run)\b",
        r"(?i)\bI (?:give|have to give|must give) up\b",
        r"(?i)\b(?:I|we) (?:failed|have failed) to\b",
        r"(?i)\bI (?:don't|do not) know how to\b",
    ]
    .iter()
    .filter_map(|pattern| Regex::new(pattern).ok())
    .collect()
});

static ASKS_BACK: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [r"(?i)\b(?:could|can|would) you (?:please )?(?:tell me|specify|clarify|provide)\b"]
        .iter()
        .filter_map(|pattern| Regex::new(pattern).ok())
        .collect()
});

fn find_sentence(prose: &str, patterns: &[Regex]) -> Option<String> {
    prose
        .split_inclusive(['.', '!', '?', '\n'])
        .find(|sentence| patterns.iter().any(|pattern| pattern.is_match(sentence.trim())))
        .map(|sentence| sentence.trim().to_owned())
}

static QUOTED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new("`[^`\n]*`|\"[^\"\n]*\"|\u{201c}[^\u{201d}\n]*\u{201d}").ok());

/// Returns the answer without code, quotations and typographic apostrophes: what the model says in
/// its own words.
fn own_words(answer: &str) -> String {
    let mut prose = String::with_capacity(answer.len());
    let mut fence: Option<&str> = None;
    for line in answer.lines() {
        let trimmed = line.trim_start();
        let marker = ["```", "~~~"].into_iter().find(|marker| trimmed.starts_with(marker));
        match (fence, marker) {
            (None, Some(marker)) => fence = Some(marker),
            (Some(open), Some(marker)) if open == marker => fence = None,
            (Some(_), _) => {}
            (None, None) if trimmed.starts_with('>') => {}
            (None, None) => {
                prose.push_str(line);
                prose.push('\n');
            }
        }
    }
    let prose = prose.replace(['\u{2018}', '\u{2019}'], "'");
    match QUOTED.as_ref() {
        Some(regex) => regex.replace_all(&prose, "…").into_owned(),
        None => prose,
    }
}

#[cfg(test)]
mod tests {
    use super::{CallRecord, Ending, Verdict, judge, obstacle};
    use crate::tool::ResultKind;

    fn call(tool: &str, arguments: &str, kind: ResultKind, exit_code: Option<i32>) -> CallRecord {
        CallRecord {
            tool: tool.to_owned(),
            arguments: arguments.to_owned(),
            output: "some output".to_owned(),
            kind,
            exit_code,
        }
    }

    #[track_caller]
    fn check(calls: &[CallRecord], answer: &str, expected: Verdict) {
        let judgement = judge(calls, answer, Ending::Answer);
        assert_eq!(judgement.verdict, expected, "{judgement:?}");
    }

    #[test]
    fn a_failed_command_at_the_end_is_a_failure() {
        let calls = [call("bash", r#"{"command":"cargo build"}"#, ResultKind::Ok, Some(101))];
        check(&calls, "Done.", Verdict::Failure);
    }

    #[test]
    fn a_failed_command_that_a_later_one_made_good_is_none() {
        let calls = [
            call("bash", r#"{"command":"make"}"#, ResultKind::Ok, Some(2)),
            call("bash", r#"{"command":"make all"}"#, ResultKind::Ok, Some(0)),
        ];
        check(&calls, "It builds now.", Verdict::Ok);
    }

    #[test]
    fn a_search_without_hits_is_no_failure() {
        let calls = [call("bash", r#"{"command":"grep -r foo ."}"#, ResultKind::Ok, Some(1))];
        check(&calls, "Nothing uses foo.", Verdict::Ok);
    }

    #[test]
    fn words_in_the_output_are_no_evidence() {
        let mut record = call("bash", r#"{"command":"cat log"}"#, ResultKind::Ok, Some(0));
        record.output = "error: not found\nFailed to start".to_owned();
        check(&[record], "The log shows two old errors.", Verdict::Ok);
    }

    #[test]
    fn unknown_tools_and_tool_errors_are_failures_until_made_good() {
        check(
            &[call("count_rows", "{}", ResultKind::UnknownTool, None)],
            "There are 12 rows.",
            Verdict::Failure,
        );
        check(
            &[
                call("count_rows", "{}", ResultKind::UnknownTool, None),
                call("bash", "{}", ResultKind::Ok, Some(0)),
            ],
            "There are 12 rows.",
            Verdict::Ok,
        );
        check(
            &[call("read_file", "{}", ResultKind::Failed, None)],
            "There are 12 rows.",
            Verdict::Failure,
        );
    }

    #[test]
    fn giving_up_is_a_failure_with_either_apostrophe() {
        for answer in [
            "I can't find the file.",
            "I can\u{2019}t find the file.",
            "Sorry, but I could not determine the count.",
            "I don't have a tool for that.",
            "I'm not sure how to count rows.",
            "I was unable to read the table.",
        ] {
            check(&[], answer, Verdict::Failure);
        }
    }

    #[test]
    fn quoted_text_and_code_do_not_give_up() {
        for answer in [
            "The page says \"I can't find the file\", which is its own message.",
            "It prints `I cannot do that` on purpose.",
            "```\nI can't find it\n```\nThat is the output of the test.",
            "> I can't find it\n\nThat is what the issue says; it is fixed.",
            "The file doesn't exist yet, so I created it.",
        ] {
            check(&[], answer, Verdict::Ok);
        }
    }

    #[test]
    fn asking_back_is_unclear_and_an_empty_answer_a_failure() {
        check(&[], "Could you tell me which of the two files?", Verdict::Unsure);
        check(&[], "  ", Verdict::Failure);
    }

    #[test]
    fn a_person_who_declines_is_no_failure_of_the_model() {
        for answer in ["I stopped there.", "I could not do it."] {
            check(&[call("bash", "{}", ResultKind::Declined, None)], answer, Verdict::Ok);
        }
    }

    #[test]
    fn what_blocks_a_call_is_no_failure_but_an_obstacle() {
        let blocked = call("edit_file", "{}", ResultKind::Blocked, None);
        check(std::slice::from_ref(&blocked), "Make it writable.", Verdict::Ok);
        assert_eq!(obstacle(std::slice::from_ref(&blocked)), Some("some output"));
        let worked = call("edit_file", "{}", ResultKind::Ok, None);
        assert_eq!(obstacle(&[blocked, worked]), None);
    }

    #[test]
    fn running_out_of_steps_is_a_failure() {
        assert_eq!(judge(&[], "", Ending::MaxIterations).verdict, Verdict::Failure);
        assert_eq!(judge(&[], "half an ans", Ending::Length).verdict, Verdict::Failure);
    }
}
