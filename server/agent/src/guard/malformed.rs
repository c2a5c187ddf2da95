//! Calls that cannot be run as they came, again and again: their arguments are not what
//! the tool takes, or the reply was cut in them.

use serde::{Deserialize, Serialize};

use crate::{
    detect::{CallRecord, Signal, SignalKind},
    guard::{Finding, named, quoted, signal},
    tool::ResultKind,
};

/// Such calls of one tool in a row after which the model is told.
const N_TELL: usize = 2;
/// Such calls of one tool in a row after which the attempt ends, if the model was told before the
/// last of them.
const N_STOP: usize = 4;

/// Remembers which streak the model was told about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MalformedGuard {
    told: Option<Told>,
}

/// A streak, and how long it was when the model was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Told {
    start_idx: usize,
    n_calls: usize,
}

impl MalformedGuard {
    pub(super) fn check(&mut self, calls: &[CallRecord]) -> Option<Finding> {
        let CallRecord { tool, kind, .. } = calls.last()?;
        let is_same = |call: &&CallRecord| is_unusable(call.kind) && call.tool == *tool;
        let n_calls = calls.iter().rev().take_while(is_same).count();
        let start_idx = calls.len() - n_calls;
        if n_calls < N_TELL {
            self.told = None;
            return None;
        }
        match self.told.filter(|told| told.start_idx == start_idx) {
            None => {
                self.told = Some(Told { start_idx, n_calls });
                Some(tell(*kind, n_calls, tool))
            }
            Some(told) if n_calls >= N_STOP && n_calls > told.n_calls => {
                Some(Finding::Stop(evidence(*kind, n_calls, tool)))
            }
            Some(_) => None,
        }
    }

    /// Returns whether the model was told about the calls that it made last.
    pub(super) fn is_on_it(&self) -> bool {
        self.told.is_some()
    }
}

fn is_unusable(kind: ResultKind) -> bool {
    matches!(kind, ResultKind::Malformed | ResultKind::Cut)
}

fn tell(kind: ResultKind, n_calls: usize, tool: &str) -> Finding {
    let (named, quoted) = (named(tool), quoted(tool));
    let (note, log) = if kind == ResultKind::Cut {
        (
            format!(
                "[guard] Your last {n_calls} calls of {named} were cut at the token limit, so \
                 none of them was run. The same call will be cut again. Write less in one call: \
                 the first part now, the others with further calls."
            ),
            format!(
                "{n_calls} calls of {quoted} were cut at the token limit; the model was told to \
                 write less at once."
            ),
        )
    } else {
        (
            format!(
                "[guard] Your last {n_calls} calls of {named} could not be run as they were \
                 written, so none of them was. Do not send that call again in this form. Mend what \
                 the result says is wrong with it. If it was no valid JSON, send less in one call, \
                 with long text split over several calls. Or use another tool."
            ),
            format!(
                "The arguments of {n_calls} calls of {quoted} could not be used; the model was told \
                 to go about it another way."
            ),
        )
    };
    Finding::Tell { note, log, signal: evidence(kind, n_calls, tool) }
}

fn evidence(kind: ResultKind, n_calls: usize, tool: &str) -> Signal {
    let tool = quoted(tool);
    if kind == ResultKind::Cut {
        let what = format!("{n_calls} calls of {tool} in a row were cut at the token limit");
        return signal(SignalKind::Truncated, what);
    }
    let what = format!("The arguments of {n_calls} calls of {tool} in a row could not be used");
    signal(SignalKind::MalformedArguments, what)
}
