//! Arguments that cannot be read, again and again.

use serde::{Deserialize, Serialize};

use crate::{
    detect::{CallRecord, SignalKind},
    guard::{Finding, signal},
    tool::ResultKind,
};

/// Malformed calls of one tool in a row after which the model is told.
const N_TELL: usize = 2;
/// Malformed calls of one tool in a row after which the attempt ends, if the model was told before
/// the last of them.
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
        let tool = calls.last()?.tool.as_str();
        let is_same = |call: &&CallRecord| call.kind == ResultKind::Malformed && call.tool == tool;
        let n_calls = calls.iter().rev().take_while(is_same).count();
        let start_idx = calls.len() - n_calls;
        if n_calls < N_TELL {
            self.told = None;
            return None;
        }
        match self.told.filter(|told| told.start_idx == start_idx) {
            None => {
                self.told = Some(Told { start_idx, n_calls });
                Some(Finding::Tell {
                    note: format!(
                        "[guard] The arguments of your last {n_calls} calls of `{tool}` could not \
                         be read, so none of them was run. Do not send that call again in this \
                         form. Send less in one call: short, valid JSON, with long text split \
                         over several calls. Or use another tool."
                    ),
                    log: format!(
                        "The arguments of {n_calls} calls of {tool} could not be read; the model \
                         was told to go about it another way."
                    ),
                    signal: signal(SignalKind::MalformedArguments, evidence(n_calls, tool)),
                })
            }
            Some(told) if n_calls >= N_STOP && n_calls > told.n_calls => {
                Some(Finding::Stop(signal(SignalKind::MalformedArguments, evidence(n_calls, tool))))
            }
            Some(_) => None,
        }
    }

    /// Returns whether the model was told about the calls that it made last.
    pub(super) fn is_on_it(&self) -> bool {
        self.told.is_some()
    }
}

fn evidence(n_calls: usize, tool: &str) -> String {
    format!("The arguments of {n_calls} calls of `{tool}` in a row could not be read")
}
