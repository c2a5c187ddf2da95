//! What the calls of an attempt have against it.

use super::{
    CallRecord, EVIDENCE_CHARS, Signal, SignalKind,
    account::Account,
    answer::excuses,
    command::{asks_a_question, tries_whether, was_so_already},
    lack::{Lack, Trouble},
    recorded::{Outcome, checks, error_line, hides_a_status, may_change, only_looks, read_output},
};
use crate::{
    clip::clip,
    tool::{BuiltInTool, CALL_AGAIN, ResultKind},
};

/// Returns the signals of calls that went wrong, in call order, each with the trouble that the call
/// was in.
pub(super) fn faults(
    calls: &[CallRecord],
    request: &str,
    answer: &str,
) -> (Vec<Signal>, Vec<Trouble>) {
    let account = Account::new(request, answer);
    let is_own = |lack: &Lack| {
        let texts = calls.iter().flat_map(|it| {
            let changed = it.changed_files.iter().map(String::as_str);
            changed.chain([it.arguments.as_str(), it.output.as_str()])
        });
        lack.is_own(texts.chain([request]))
    };
    let of_each = calls.iter().enumerate().filter_map(|(call_idx, call)| {
        let (kind, confidence, line) = fault(call)?;
        let later = calls.get(call_idx + 1..).unwrap_or_default();
        let is_check = kind_of(call) == Kind::Check;
        let recovered = if is_check {
            // What a check says stands until the next one.
            later.iter().any(|later| kind_of(later) == Kind::Check)
        } else {
            later.iter().any(|later| recovers(later, call))
        };
        let is_left_to_doubt = is_check
            && (excuses(answer)
                || later.iter().any(|it| worked(it) && kind_of(it) == Kind::Change));
        let confidence = if is_left_to_doubt {
            confidence.min(OF_A_DOUBT)
        } else if call.kind == ResultKind::Malformed && !answer.trim().is_empty() {
            // It did nothing, and the answer may not need what it was for.
            let earlier = calls.get(..call_idx).unwrap_or_default();
            if later.iter().any(|it| it.kind == ResultKind::Malformed) {
                OF_AN_EARLIER_SLIP
            } else if earlier.iter().any(worked) {
                OF_A_SLIP
            } else {
                OF_SLIPS_ONLY
            }
        } else {
            confidence
        };
        // What the answer tells of is no claim, and what no model can help is none of its doing.
        let lack = lack_in(call).filter(|it| !is_own(it));
        let bound = if call.kind == ResultKind::Ok {
            let is_asked_for = lack.as_ref().is_some_and(|it| it.is_asked_for(request));
            let means = is_asked_for.then_some(OF_A_DOUBT);
            account.bound(&call.tool, &call.arguments, &call.output).or(means)
        } else {
            None
        };
        let is_grave = confidence > OF_A_TRIAL;
        let confidence = confidence.min(bound.unwrap_or(1.0));
        let does_something =
            |it: &CallRecord| !only_looks(&it.tool, &it.arguments) && !tries_whether(&it.arguments);
        let trouble = Trouble {
            lack,
            is_left: !later.iter().any(|it| worked(it) && does_something(it)),
            is_open: !recovered,
            is_grave,
        };
        Some((Signal { kind, evidence: evidence(call, line), confidence, recovered }, trouble))
    });
    of_each.unzip()
}

/// Returns what a call that went wrong was in want of.
fn lack_in(call: &CallRecord) -> Option<Lack> {
    matches!(call.kind, ResultKind::Ok | ResultKind::Failed).then(|| Lack::read(&call.output))?
}

/// A later call makes good for an earlier one when it is of the same tool and worked. What an
/// unknown tool was meant to do, or a call that could not be run as it was written, any tool may
/// have done.
pub(super) fn recovers(later: &CallRecord, earlier: &CallRecord) -> bool {
    let did_nothing = matches!(earlier.kind, ResultKind::UnknownTool | ResultKind::Malformed);
    worked(later) && (later.tool == earlier.tool || did_nothing)
}

/// Returns whether a call that may have changed something worked.
pub(super) fn has_changed(calls: &[CallRecord]) -> bool {
    calls.iter().any(|call| worked(call) && may_change(&call.tool, &call.arguments))
}

/// Weight of a check that failed before the last change, or not by the model's doing.
const OF_A_DOUBT: f64 = 0.35;

/// Weight of a call that could not be run as it was written, where others had worked before it and
/// there is an answer.
const OF_A_SLIP: f64 = 0.3;

/// Weight of such a call before another one: trying twice is no second failure.
const OF_AN_EARLIER_SLIP: f64 = 0.1;

/// Weight of such a call where no call worked at all, and there is an answer.
const OF_SLIPS_ONLY: f64 = 0.4;

/// Weight of the status of a command that only tried whether something is there.
const OF_A_TRIAL: f64 = 0.3;

/// What a call is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It runs the tests, a compiler or the like.
    Check,
    /// It changes something, or may do so.
    Change,
    /// Anything else.
    Other,
}

fn kind_of(call: &CallRecord) -> Kind {
    if checks(&call.tool, &call.arguments, &call.output) {
        Kind::Check
    } else if may_change(&call.tool, &call.arguments) {
        Kind::Change
    } else {
        Kind::Other
    }
}

pub(super) fn worked(call: &CallRecord) -> bool {
    call.kind == ResultKind::Ok && matches!(call.exit_code, None | Some(0))
}

/// Returns what is wrong with a call, how much that says, and the line of its output that says so.
fn fault(call: &CallRecord) -> Option<(SignalKind, f64, Option<String>)> {
    let line = || error_line(&call.output).map(str::to_owned);
    let (kind, confidence) = match call.kind {
        ResultKind::Ok => match call.exit_code {
            None if BuiltInTool::from_name(&call.tool).is_some() => return None,
            None => return of_words(call),
            Some(0) => return behind_a_status(call),
            Some(1) if asks_a_question(&call.arguments) => (SignalKind::ExitCode, 0.1),
            Some(_) if was_so_already(&call.arguments, &call.output) => (SignalKind::ExitCode, 0.1),
            Some(_) if tries_whether(&call.arguments) => (SignalKind::ExitCode, OF_A_TRIAL),
            Some(_) => (SignalKind::ExitCode, 0.6),
        },
        ResultKind::Failed => (SignalKind::ToolError, 0.6),
        ResultKind::UnknownTool => (SignalKind::UnknownTool, 0.6),
        ResultKind::Malformed => (SignalKind::MalformedArguments, 0.6),
        ResultKind::Cut => (SignalKind::Truncated, 0.6),
        // A person's decision says nothing about the model, nor does a full disk.
        ResultKind::Declined | ResultKind::Blocked | ResultKind::Cancelled => return None,
    };
    Some((kind, confidence, line()))
}

/// Tools of others may say in words that they failed.
fn of_words(call: &CallRecord) -> Option<(SignalKind, f64, Option<String>)> {
    match read_output(&call.tool, &call.arguments, &call.output) {
        Outcome::Failed { kind, evidence, is_sure } => {
            // Whoever looks for something may learn that it is not there.
            let is_sure = is_sure || !only_looks(&call.tool, &call.arguments);
            Some((kind, if is_sure { 0.6 } else { 0.3 }, Some(evidence)))
        }
        Outcome::Done | Outcome::Unclear => None,
    }
}

/// The status of several commands is that of the last one: the one that failed may stand before
/// it.
fn behind_a_status(call: &CallRecord) -> Option<(SignalKind, f64, Option<String>)> {
    if !hides_a_status(&call.arguments) {
        return None;
    }
    let without_status: Vec<&str> =
        call.output.lines().filter(|line| !line.starts_with("exit code:")).collect();
    match read_output(&call.tool, &call.arguments, &without_status.join("\n")) {
        Outcome::Failed { kind, evidence, .. } => {
            let confidence = if kind_of(call) == Kind::Check { 0.6 } else { 0.3 };
            Some((kind, confidence, Some(evidence)))
        }
        Outcome::Done | Outcome::Unclear => None,
    }
}

fn evidence(call: &CallRecord, line: Option<String>) -> String {
    let what = match (call.kind, call.exit_code) {
        (ResultKind::UnknownTool, _) => format!("There is no tool `{}`", call.tool),
        // The result says what is wrong with it, and then what to do about it.
        (ResultKind::Malformed, _) => {
            let said = call.output.trim().trim_end_matches(CALL_AGAIN).trim_end();
            return clip(said, EVIDENCE_CHARS);
        }
        (ResultKind::Cut, _) => format!("The reply was cut in a call of `{}`", call.tool),
        (_, Some(code @ (..=-1 | 1..))) => format!("`{}` ended with exit code {code}", call.tool),
        (ResultKind::Ok, _) => format!("`{}` reported an error", call.tool),
        _ => format!("`{}` failed", call.tool),
    };
    let first = || {
        let line = call.output.lines().find(|line| {
            let line = line.trim();
            !line.is_empty() && !line.starts_with("exit code:") && !line.starts_with("[unsaved in")
        });
        line.map(str::to_owned)
    };
    let evidence = match line.or_else(first) {
        Some(line) if !matches!(call.kind, ResultKind::UnknownTool | ResultKind::Cut) => {
            format!("{what}: {}", line.trim())
        }
        _ => what,
    };
    clip(&evidence, EVIDENCE_CHARS)
}
