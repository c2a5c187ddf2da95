//! The same calls with the same results, again and again.

use serde::{Deserialize, Serialize};

use crate::{
    detect::{CallRecord, SignalKind},
    guard::{Finding, named, quoted, signal},
};

/// Equal calls in a row after which the model is told.
const N_EQUAL: usize = 3;
/// More of them after which the attempt ends.
const N_EQUAL_MORE: usize = 2;
/// The longest cycle of calls that is noticed.
const LONGEST_CYCLE: usize = 5;

/// Remembers which repetition the model was told about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RepetitionGuard {
    /// Calls before this one are no evidence any more: the model got over them.
    since_idx: usize,
    episode: Option<Episode>,
}

/// A repetition that the model was told about and has not left yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Episode {
    /// Number of calls that repeat; 1 where all are equal.
    period: usize,
    /// Number of calls when the model was told.
    told_at: usize,
}

impl RepetitionGuard {
    pub(super) fn check(&mut self, calls: &[CallRecord]) -> Option<Finding> {
        if let Some(episode) = self.episode {
            match (episode.told_at..calls.len()).find(|it| !repeats(calls, *it, episode.period)) {
                None => return episode.stop(calls),
                Some(other_idx) => {
                    self.since_idx = other_idx;
                    self.episode = None;
                }
            }
        }
        let fresh = calls.get(self.since_idx..).unwrap_or_default();
        let period = (1..=LONGEST_CYCLE).find(|period| has_cycle_at_end(fresh, *period))?;
        self.episode = Some(Episode { period, told_at: calls.len() });
        Some(tell(calls, period))
    }
}

impl Episode {
    fn stop(self, calls: &[CallRecord]) -> Option<Finding> {
        let n_more = calls.len() - self.told_at;
        let n_allowed = if self.period == 1 { N_EQUAL_MORE } else { self.period };
        (n_more >= n_allowed)
            .then(|| Finding::Stop(signal(SignalKind::DoomLoop, evidence(calls, self.period))))
    }
}

/// Returns the last call of the last stretch that repeats so often that a live attempt would have
/// been stopped, and what repeats.
pub(crate) fn loop_evidence(calls: &[CallRecord]) -> Option<(usize, String)> {
    (1..=calls.len()).rev().find_map(|n_calls| {
        let calls = calls.get(..n_calls)?;
        (1..=LONGEST_CYCLE).find_map(|period| {
            let n_needed = if period == 1 { N_EQUAL + N_EQUAL_MORE } else { 3 * period };
            let n_repeating = n_repeating(calls, period);
            (n_repeating >= n_needed).then(|| (n_calls - 1, evidence(calls, period)))
        })
    })
}

/// A call repeats when the one a period before it had the same name, arguments and result. With
/// the result in it, waiting for something by asking again is no repetition once it changes.
fn repeats(calls: &[CallRecord], call_idx: usize, period: usize) -> bool {
    let earlier = call_idx.checked_sub(period).and_then(|it| calls.get(it));
    match (earlier, calls.get(call_idx)) {
        (Some(earlier), Some(call)) => {
            earlier.tool == call.tool
                && earlier.arguments == call.arguments
                && earlier.output == call.output
        }
        _ => false,
    }
}

fn has_cycle_at_end(calls: &[CallRecord], period: usize) -> bool {
    let n_needed = if period == 1 { N_EQUAL } else { 2 * period };
    let Some(start_idx) = calls.len().checked_sub(n_needed) else { return false };
    (start_idx + period..calls.len()).all(|it| repeats(calls, it, period))
}

fn tell(calls: &[CallRecord], period: usize) -> Finding {
    let (names, shown) = (names(calls, period, named), names(calls, period, quoted));
    let what = if period == 1 {
        let n_calls = n_repeating(calls, period);
        format!("You called {names} {n_calls} times in a row with the same arguments")
    } else {
        format!("Your calls go in a circle ({names}), with the same arguments")
    };
    Finding::Tell {
        note: format!(
            "[guard] {what}, and got the same result each time. It will not change. Do something \
             else: other arguments, another tool, or say what is in the way."
        ),
        log: format!(
            "The model repeated itself ({shown}) and was told to go about it another way."
        ),
        signal: signal(SignalKind::DoomLoop, evidence(calls, period)),
    }
}

fn evidence(calls: &[CallRecord], period: usize) -> String {
    let (names, n_calls) = (names(calls, period, quoted), n_repeating(calls, period));
    if period == 1 {
        format!("It called {names} {n_calls} times in a row with the same arguments and result")
    } else {
        format!("Its last {n_calls} calls went in a circle, with the same results: {names}")
    }
}

fn names(calls: &[CallRecord], period: usize, name: fn(&str) -> String) -> String {
    let cycle = calls.get(calls.len().saturating_sub(period)..).unwrap_or_default();
    let names: Vec<String> = cycle.iter().map(|call| name(&call.tool)).collect();
    names.join(" → ")
}

/// Returns how many calls at the end belong to the repetition.
fn n_repeating(calls: &[CallRecord], period: usize) -> usize {
    period + (0..calls.len()).rev().take_while(|it| repeats(calls, *it, period)).count()
}
