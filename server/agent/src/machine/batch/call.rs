//! One call: how it is judged, what its result is, and whether it may leave the sandbox.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Progress;
use crate::{
    clip::clip_middle,
    event::{Event, StateRecord, ToolBilling, ToolState},
    machine::Out,
    message::{ToolCall, ToolSpec},
    policy::{Decision, Judgment, Policy},
    tool::{PreparedCall, RAN_OUTSIDE, ResultKind, ToolResult, prepare},
};

/// Characters of a result that reach the history. The built-in tools stay below it by themselves;
/// this holds whatever else answers.
const RESULT_CHARS: usize = 64_000;

/// What calls are checked against.
#[derive(Clone, Copy)]
pub(in crate::machine) struct Rules<'a> {
    pub(in crate::machine) offered: &'a [ToolSpec],
    pub(in crate::machine) policy: &'a Policy,
    pub(in crate::machine) workspace: &'a str,
    /// What may be spent on all calls of the reply that did not start yet, in US dollars.
    pub(in crate::machine) left_usd: f64,
}

/// One call of a reply.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct BatchCall {
    pub(super) call: ToolCall,
    /// `None` when the call cannot be run.
    pub(super) prepared: Option<PreparedCall>,
    pub(super) progress: Progress,
    pub(super) was_edited: bool,
    pub(super) was_approved: bool,
    pub(super) was_shown: bool,
    /// Its result in the sandbox, which stopped it: it may run once more.
    #[serde(default)]
    pub(super) stopped: Option<ToolResult>,
    /// How it was judged last; `None` when it cannot be run.
    #[serde(default)]
    pub(super) judgment: Option<Judgment>,
}

impl Rules<'_> {
    /// Judges a call; other calls of the same reply have `reserved_usd` of what is left.
    pub(super) fn judge(&self, call: &PreparedCall, reserved_usd: f64) -> Judgment {
        self.policy.judge(call, self.workspace, self.left_usd - reserved_usd)
    }

    /// Decides whether nothing may confine a call.
    pub(super) fn leaving(&self, call: &PreparedCall) -> Decision {
        self.policy.leaving(call, self.workspace)
    }
}

impl BatchCall {
    /// Returns what it costs at most, in US dollars; nothing where that is not known.
    pub(super) fn cost_usd(&self) -> f64 {
        let cost = self.judgment.as_ref().and_then(|it| it.cost.as_ref());
        cost.and_then(|cost| cost.estimated_usd).unwrap_or_default()
    }

    pub(super) fn billing(&self) -> ToolBilling {
        let Some(Judgment { cost: Some(cost), block_reason, .. }) = &self.judgment else {
            return ToolBilling::default();
        };
        ToolBilling {
            auto_approval_blocked: block_reason.is_some().then_some(true),
            block_reason: block_reason.clone(),
            estimated_cost_usd: cost.estimated_usd,
            remaining_cap_usd: Some(cost.remaining_usd),
        }
    }

    /// Returns why it is asked about where that is neither for its cost nor because the sandbox
    /// stopped it.
    pub(super) fn asked_because(&self) -> Option<String> {
        let judgment = self.judgment.as_ref().filter(|_| self.stopped.is_none());
        judgment.and_then(|it| it.asked_because.clone())
    }

    /// Returns whether it runs, or would run, where nothing confines it.
    pub(super) fn is_outside(&self) -> bool {
        self.prepared.as_ref().is_some_and(|prepared| prepared.outside_sandbox)
    }

    /// Takes the result of a run. One that the sandbox stopped runs once more if the person lets
    /// it; their rules may have said so, or that they do not want to be asked.
    pub(super) fn take(&mut self, mut result: ToolResult, rules: Rules<'_>) {
        if result.output.chars().count() > RESULT_CHARS {
            result.output = clip_middle(&result.output, RESULT_CHARS);
        }
        if self.stopped.take().is_some() {
            // At the end: what the command itself said comes first also where it is shortened.
            result.output.truncate(result.output.trim_end().len());
            result.output.push_str(RAN_OUTSIDE);
        }
        if self.was_edited {
            result.output = format!(
                "[The person edited the arguments; this is the result of the edited call.]\n{}",
                result.output
            );
        }
        let is_stopped = !self.is_outside() && !result.stopped_by.is_empty();
        let Some(prepared) = self.prepared.as_mut().filter(|_| is_stopped) else {
            self.progress = Progress::Done(result);
            return;
        };
        self.progress = match rules.leaving(prepared) {
            Decision::Deny => Progress::Done(after_stop(
                result,
                ResultKind::Declined,
                "A rule of this person keeps this command in the sandbox.",
            )),
            decision => {
                self.stopped = Some(result);
                prepared.outside_sandbox = true;
                self.was_approved = false;
                if decision == Decision::Allow { Progress::Ready } else { Progress::Pending }
            }
        };
    }

    /// Returns the result of a call that the person did not let run (once more).
    pub(super) fn refused(&mut self, feedback: Option<String>) -> ToolResult {
        let is_text = |it: &char| !it.is_control() || matches!(it, '\n' | '\t');
        let feedback = feedback
            .map(|feedback| feedback.chars().filter(is_text).collect::<String>().trim().to_owned())
            .filter(|feedback| !feedback.is_empty())
            .map(|feedback| format!(" The person says: {feedback}"))
            .unwrap_or_default();
        match self.stopped.take() {
            Some(result) => after_stop(
                result,
                ResultKind::Declined,
                &format!("The person did not let this run outside the sandbox.{feedback}"),
            ),
            None => ToolResult::not_run(
                ResultKind::Declined,
                format!("This call was declined, so it was not run.{feedback}"),
            ),
        }
    }

    pub(super) fn changed_to(&self, state: ToolState) -> Event {
        Event::ToolStateChange {
            tool_call_id: self.call.id.clone(),
            tool: self.call.name.clone(),
            state,
        }
    }

    /// Replaces the arguments by a person's; what they must not be, they are not.
    pub(super) fn edit(&mut self, arguments: Map<String, Value>, rules: Rules<'_>, out: &mut Out) {
        let text = Value::Object(arguments.clone()).to_string();
        if self.prepared.as_ref().is_some_and(|prepared| prepared.arguments == arguments) {
            return;
        }
        out.emit(Event::State(StateRecord::EditedArguments {
            tool_call_id: self.call.id.clone(),
            arguments,
        }));
        self.was_edited = true;
        match prepare(&ToolCall { arguments: text, ..self.call.clone() }, rules.offered) {
            Ok(mut prepared) => {
                prepared.outside_sandbox = match rules.leaving(&prepared) {
                    Decision::Allow => true,
                    Decision::Ask => self.stopped.is_some(),
                    Decision::Deny => false,
                };
                let judged = rules.judge(&prepared, /*reserved_usd*/ 0.0);
                if judged.decision == Decision::Deny {
                    self.progress = Progress::Done(self.after_first(denied(&judged)));
                }
                self.prepared = Some(prepared);
            }
            Err(result) => self.progress = Progress::Done(self.after_first(result)),
        }
    }

    /// Returns the result of a call that does not run, behind what it did in the sandbox if it has
    /// run there.
    fn after_first(&mut self, result: ToolResult) -> ToolResult {
        match self.stopped.take() {
            Some(first) => after_stop(first, result.kind, &result.output),
            None => result,
        }
    }
}

/// Returns the result of a call that the sandbox stopped, with what became of it then.
pub(super) fn after_stop(result: ToolResult, kind: ResultKind, sentence: &str) -> ToolResult {
    let output = format!("{}\n[{sentence}]", result.output.trim_end());
    ToolResult { output, kind, ..result }
}

/// Returns the result of a call that the policy refuses: by a rule, or for its cost.
pub(super) fn denied(judgment: &Judgment) -> ToolResult {
    let reason = judgment.block_reason.as_deref();
    let reason = reason.unwrap_or("A rule of this person's approval policy refuses this call.");
    ToolResult::not_run(
        ResultKind::Declined,
        format!("{reason} Do it another way, or say what is needed."),
    )
}
