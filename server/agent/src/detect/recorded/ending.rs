//! How a recorded conversation ended: with a word of the model's, with a call that says so, or at
//! a limit that the program around it names.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::{
    matches,
    messages::{Entry, Recording},
};
use crate::detect::SignalKind;

/// What a recording says about its end beside its messages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordedEnd {
    /// How the program around the agent says that it ended, such as `submitted` or `exit_cost`.
    pub status: Option<String>,
    /// The change that was handed in; blank: none.
    pub patch: Option<String>,
}

/// A call that ends the work by its name.
#[derive(Debug)]
pub(super) struct LastCall {
    /// The tool's name.
    pub(super) tool: String,
    /// The message that has the call.
    pub(super) call_idx: usize,
    /// The answer among its arguments.
    pub(super) answer: Option<String>,
    /// Whether its arguments say that the task is not completed.
    pub(super) says_it_is_not_done: bool,
}

/// Returns what a status says went wrong; `None`: it ended as it should, or nothing is known.
pub(super) fn fault_of(status: &str) -> Option<SignalKind> {
    if !matches(&BAD_STATUS, status) {
        return None;
    }
    let status = status.to_lowercase();
    let is_loop = status.contains("loop") || status.contains("stuck");
    Some(if is_loop { SignalKind::DoomLoop } else { SignalKind::MaxIterations })
}

impl Recording {
    /// Returns whether the last word is the model's, or a person's who has nothing more to ask.
    pub(super) fn ends_by_itself(&self) -> bool {
        match self.entries.last() {
            Some((_, Entry::Said(_) | Entry::Asked(_))) => true,
            Some((_, Entry::Called | Entry::Result)) => {
                self.finish().is_some() || self.handover().is_some()
            }
            None => false,
        }
    }

    /// Returns whether a person ended a talk in which they had answered before.
    pub(super) fn is_closed_by_person(&self) -> bool {
        matches!(self.entries.last(), Some((_, Entry::Asked(text))) if is_closing(text))
    }

    /// Returns the call at the end with which the model said that it is done.
    pub(super) fn finish(&self) -> Option<LastCall> {
        self.call_at_end(|tool, arguments| {
            let name = tool.rsplit("__").next().unwrap_or(tool);
            FINISHING.contains(&name) || matches(&FINISHING_COMMAND, arguments)
        })
    }

    /// Returns the call at the end with which the model gave the task to somebody else.
    pub(super) fn handover(&self) -> Option<LastCall> {
        self.call_at_end(|tool, _| matches(&HANDOVER, tool))
    }

    /// Returns the model's answer: what it ended with, or its last words.
    pub(super) fn answer(&self) -> String {
        let finish = self.finish().and_then(|it| it.answer);
        finish.or_else(|| self.last_answer().map(|(_, it)| it.to_owned())).unwrap_or_default()
    }

    fn call_at_end(&self, is_meant: impl Fn(&str, &str) -> bool) -> Option<LastCall> {
        let (call_idx, call) = self.last_call.as_ref()?;
        let name = call.tool.to_lowercase();
        // Nothing may come after it but its result and the end of the talk.
        let is_at_end = self.entries.iter().all(|(idx, entry)| {
            idx <= call_idx
                || match entry {
                    Entry::Result => true,
                    Entry::Asked(text) => is_closing(text),
                    Entry::Said(text) if text.trim().is_empty() => true,
                    Entry::Said(_) => matches(&HANDOVER, &name) || HANDS_BACK.contains(&&*name),
                    Entry::Called => false,
                }
        });
        if !is_at_end || !is_meant(&name, &call.arguments) {
            return None;
        }
        let arguments: Value = serde_json::from_str(&call.arguments).unwrap_or_default();
        let answer = ["message", "answer", "result", "final_answer", "output", "text", "summary"]
            .iter()
            .find_map(|key| arguments.get(key).and_then(Value::as_str))
            .map(str::to_owned);
        let completed = ["task_completed", "completed", "success", "status"]
            .iter()
            .find_map(|key| arguments.get(key));
        let says_it_is_not_done = match completed {
            Some(Value::Bool(is_done)) => !is_done,
            Some(Value::String(word)) => {
                ["false", "partial", "no", "failed", "failure", "infeasible"]
                    .contains(&word.to_lowercase().as_str())
            }
            _ => false,
        };
        let tool = call.tool.clone();
        Some(LastCall { tool, call_idx: *call_idx, answer, says_it_is_not_done })
    }

    /// Returns what the program around the agent said at the end about a limit.
    pub(super) fn limit_reached(&self) -> Option<(usize, SignalKind, String)> {
        if let Some((idx, status)) = &self.exit {
            let says_limit = matches(&LIMIT, status) || matches(&EXIT, status);
            let of_words = says_limit.then_some(SignalKind::MaxIterations);
            if let Some(kind) = fault_of(status).or(of_words) {
                return Some((*idx, kind, status.trim().to_owned()));
            }
        }
        let said = self.entries.last().and_then(|(idx, entry)| match entry {
            Entry::Said(text) if matches(&EXIT, text) => Some((*idx, text.as_str())),
            _ => None,
        });
        let report = self.last_report.as_ref().filter(|(idx, _)| {
            !self.entries.iter().any(|(other, entry)| {
                other > idx && matches!(entry, Entry::Said(_) | Entry::Called)
            })
        });
        let (idx, text) = said.or(report.map(|(idx, text)| (*idx, text.as_str())))?;
        let is_limit = |line: &&str| matches(&LIMIT, line) || matches(&EXIT, line);
        let line = text.lines().rev().take(3).find(is_limit)?;
        Some((idx, SignalKind::MaxIterations, line.trim().to_owned()))
    }
}

/// Whether a person's message only ends the talk.
pub(super) fn is_closing(text: &str) -> bool {
    matches(&CLOSING, text)
}

/// Tools whose call says that the work is done.
const FINISHING: [&str; 18] = [
    "finish",
    "submit",
    "done",
    "complete",
    "completed",
    "complete_task",
    "task_complete",
    "task_done",
    "mark_task_complete",
    "attempt_completion",
    "final_answer",
    "answer",
    "submit_answer",
    "exit",
    "stop",
    "terminate",
    "end_conversation",
    "send_msg_to_user",
];

/// Of those, the ones after which the model may still say a word.
const HANDS_BACK: [&str; 4] = ["finish", "complete_task", "task_complete", "submit_answer"];

/// A shell command that hands the work in.
static FINISHING_COMMAND: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?m)^\s*(?:\{"\w+"\s*:\s*")?submit\b|COMPLETE_TASK_AND_SUBMIT|MINI_SWE_AGENT_FINAL_OUTPUT"#,
    )
    .ok()
});

static HANDOVER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?:transfer|hand_?over|escalate|handoff)\w*(?:human|agent|support|operator|person)",
    )
    .ok()
});

static LIMIT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b(?:reached|exceeded|hit|ran out of)\b.{0,40}\b(?:max(?:imum)?|limit|budget|steps|iterations|turns)\b",
        r"|\b(?:max(?:imum)?|limit|budget|steps|iterations|turns)\b.{0,40}\b(?:reached|exceeded)\b",
        r"|\bexit_(?:cost|context|error|format|api|forfeit|command_timeout|total_execution_time)\b",
        r"|\bautosubmi|\bAgentStuckInLoop|\b(?:Limits|Time)Exceeded\b",
        r"|\bcontext (?:length|window)\b.{0,20}\bexceeded\b",
    ))
    .ok()
});

/// What the program around an agent puts in the model's place when it ends the work.
static EXIT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^\s*(?:exit(?:ed|ing)? (?:due to|because)\b|exited \()").ok()
});

static BAD_STATUS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)exit_|limit|max_?(?:steps|turns|iter)|context|time_?out|time_?exceeded|budget|stuck",
        r"|loop|early_exit|forfeit|too_many|error|abort|killed|incomplete|^length$|malformed",
    ))
    .ok()
});

static CLOSING: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^\s*(?:###[\w-]+###|terminate|stop|exit|quit|bye)\s*[.!]?\s*$|###(?:STOP|TRANSFER|OUT-OF-SCOPE)###",
    )
    .ok()
});

#[cfg(test)]
mod tests {
    use super::fault_of;
    use crate::detect::SignalKind;

    #[test]
    fn statuses_say_whether_the_agent_was_stopped() {
        for status in ["submitted", "Submitted", "finished", "user_stop", "agent_stop", "final"] {
            assert_eq!(fault_of(status), None, "{status}");
        }
        for status in [
            "submitted (exit_context)",
            "exit_cost",
            "LimitsExceeded",
            "max_steps",
            "max_iterations",
            "early_exit",
            "too_many_errors",
            "context_window",
            "TimeExceeded",
        ] {
            assert_eq!(fault_of(status), Some(SignalKind::MaxIterations), "{status}");
        }
        assert_eq!(fault_of("AgentStuckInLoopError"), Some(SignalKind::DoomLoop));
        assert_eq!(fault_of("doom_loop"), Some(SignalKind::DoomLoop));
    }
}
