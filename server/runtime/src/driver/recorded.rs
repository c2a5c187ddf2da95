//! In a replay: calls that would have effects outside of the copy, answered with what the same call
//! of the teacher came to.

use agent::{
    event::Event,
    machine::{Actor, ApprovalDecision, ApprovalScope},
    tool::PreparedCall,
    verification::{ANSWERED, OutwardCall, outward},
};
use tokio_util::sync::CancellationToken;

use super::Driver;
use crate::{journal::JournalError, tools::ToolOutcome};

impl Driver {
    /// Returns the decisions that let every call through that waits, to be answered; `None` if it
    /// is no replay, or there is nothing to answer one of them with: then a person has to say.
    pub(super) fn decisions_to_answer(&mut self) -> Option<Vec<ApprovalDecision>> {
        let recorded = self.parts.recorded.as_ref()?;
        let pending = self.parts.machine.pending_tools();
        let is_answered =
            pending.iter().all(|it| recorded.answer(&it.tool, &it.arguments).is_some());
        if pending.is_empty() || !is_answered {
            return None;
        }
        self.answered.extend(pending.iter().map(|call| call.tool_call_id.clone()));
        let decision = |call: agent::event::PendingTool| ApprovalDecision {
            tool_call_id: call.tool_call_id,
            approved: true,
            arguments: None,
            feedback: None,
            scope: ApprovalScope::Once,
            outside_sandbox: false,
        };
        Some(pending.into_iter().map(decision).collect())
    }

    /// Performs calls. Of a replay, those are answered that were let through for that, those that
    /// the sandbox stopped, and those that reach out of the copy: not all of them say that they
    /// did not get there.
    pub(super) async fn perform_calls(
        &self,
        actor: Actor,
        calls: &[PreparedCall],
        cancel: &CancellationToken,
    ) -> Result<Vec<ToolOutcome>, JournalError> {
        let turn = self.parts.machine.turn();
        let toolbox = &self.parts.toolbox;
        let Some(recorded) = &self.parts.recorded else {
            return Ok(toolbox.run_all(calls, turn, cancel).await);
        };
        let (answered, run): (Vec<_>, Vec<_>) = calls.iter().cloned().partition(|call| {
            let talks = || match outward(&call.tool, &call.arguments) {
                Some(OutwardCall::Alone | OutwardCall::AmongOthers) => {
                    recorded.answer(&call.tool, &call.arguments).is_some()
                }
                Some(
                    OutwardCall::Perhaps
                    | OutwardCall::Repository
                    | OutwardCall::RepositoryAmongOthers,
                )
                | None => false,
            };
            self.answered.contains(&call.id) || talks()
        });
        let mut outcomes = toolbox.run_all(&run, turn, cancel).await;
        outcomes.extend(answered.iter().filter_map(|call| {
            let result = recorded.answer(&call.tool, &call.arguments)?;
            Some(ToolOutcome { id: call.id.clone(), result, change: None })
        }));
        for outcome in &mut outcomes {
            let Some(call) = calls.iter().find(|call| call.id == outcome.id) else { continue };
            let is_answered = answered.iter().any(|it| it.id == call.id);
            let has_failed = outcome.result.exit_code.is_some_and(|code| code != 0)
                && matches!(
                    outward(&call.tool, &call.arguments),
                    Some(OutwardCall::Perhaps | OutwardCall::Repository)
                );
            if !is_answered && !has_failed && outcome.result.stopped_by.is_empty() {
                continue;
            }
            let Some(result) = recorded.answer(&call.tool, &call.arguments) else { continue };
            if has_failed && result.exit_code != Some(0) {
                continue;
            }
            outcome.result = result;
            let (tool, log) = (call.tool.clone(), ANSWERED.to_owned());
            let event = Event::ToolLog { tool, log };
            self.parts.recorder.record(turn, actor == Actor::Teacher, event).await?;
        }
        Ok(outcomes)
    }
}
