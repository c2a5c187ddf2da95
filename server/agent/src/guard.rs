//! What keeps a weak model from going round in circles: told once, then stopped.
//!
//! Guards look at the calls that an attempt has made and remember what they said. A guard speaks
//! once for the same evidence; it stops the attempt only on calls that came after it spoke.

mod malformed;
mod repetition;

use serde::{Deserialize, Serialize};

pub(crate) use crate::guard::repetition::loop_evidence;
use crate::{
    clip::clip,
    detect::{CallRecord, Signal, SignalKind},
    guard::{malformed::MalformedGuard, repetition::RepetitionGuard},
    tool::BuiltInTool,
};

/// The guards of one attempt.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Guards {
    repetition: RepetitionGuard,
    malformed: MalformedGuard,
}

/// What a guard makes of the calls so far.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Finding {
    /// The model is told, and may go on.
    Tell {
        /// The words for the model.
        note: String,
        /// A sentence for a person.
        log: String,
        /// The evidence; the model may still get over it.
        signal: Signal,
    },
    /// The model was told and went on the same way: the attempt ends.
    Stop(Signal),
}

impl Guards {
    /// Looks at the calls of an attempt, in order; to be asked after each batch of them.
    pub(crate) fn check(&mut self, calls: &[CallRecord]) -> Option<Finding> {
        let malformed = self.malformed.check(calls);
        // Calls that cannot be read are that guard's business, equal or not.
        if malformed.is_some() || self.malformed.is_on_it() {
            return malformed;
        }
        self.repetition.check(calls)
    }
}

/// Longest name of a tool that a person is told, in characters: a model may have made it up.
const NAME_CHARS: usize = 60;

/// Returns a tool's name as it may stand in a note to a model. A name that it made up may come out
/// of a result and say anything, so it is not repeated.
fn named(tool: &str) -> String {
    BuiltInTool::from_name(tool)
        .map_or_else(|| "a tool that does not exist".to_owned(), |it| format!("`{}`", it.name()))
}

/// Returns a tool's name as a person is told it.
fn quoted(tool: &str) -> String {
    let name = tool.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("`{}`", clip(&name, NAME_CHARS))
}

fn signal(kind: SignalKind, evidence: String) -> Signal {
    let confidence = match kind {
        SignalKind::DoomLoop => 0.9,
        _ => 0.6,
    };
    Signal { kind, evidence, confidence, recovered: false }
}

#[cfg(test)]
mod tests;
