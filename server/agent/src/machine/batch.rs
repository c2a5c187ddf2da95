//! The calls of one reply, from announcement to result.

mod call;

use serde::{Deserialize, Serialize};

use crate::{
    detect::CallRecord,
    event::{Event, PendingTool, ToolState},
    ledger::Money,
    machine::{
        ApprovalDecision, Out,
        batch::call::{BatchCall, after_stop, denied},
    },
    message::{Message, ToolCall},
    plan::Plan,
    policy::{Cost, Decision},
    tool::{BuiltInTool, PreparedCall, ResultKind, ToolResult, parse_arguments, prepare},
};

pub(super) use crate::machine::batch::call::Rules;

/// The calls of one reply, in call order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Batch {
    calls: Vec<BatchCall>,
}

/// What became of a decision.
pub(super) enum Decided {
    /// The call may run, with these arguments.
    Approved(PreparedCall),
    /// It will not run.
    Declined,
    /// It costs more than is left by now, which the person was not told: they decide again.
    CostsMore,
    /// No such call waits.
    Unknown,
}

/// How far a call has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Progress {
    /// It may run.
    Ready,
    /// A person has to decide.
    Pending,
    /// It runs.
    Running,
    /// It has its result.
    Done(ToolResult),
    /// The turn was cancelled first.
    Cancelled,
    /// The person went on without deciding.
    Abandoned,
}

/// What the model is told of a call that waited only for others of its reply.
const ALLOWED: &str = "This call was allowed, but the person went on before it ran: another one was not decided about.";

/// What the model is told of a call that the sandbox stopped and that was to be asked about, or
/// run, once more.
const UNDECIDED_OUTSIDE: &str = "The person did not say whether this may run outside the sandbox.";
const ALLOWED_OUTSIDE: &str = "This was allowed to run outside the sandbox, but the person went on before it did: another call was not decided about.";
const CANCELLED_OUTSIDE: &str =
    "The person cancelled the turn before this had run outside the sandbox.";

/// Calls of one reply that are run. A limit of steps would be none if a step could hold any number.
const MAX_CALLS: usize = 32;

fn too_many() -> ToolResult {
    ToolResult::not_run(
        ResultKind::Malformed,
        format!(
            "The call was not run: of one reply {MAX_CALLS} calls are run at most. Look at their \
             results first, then make the calls that are still needed."
        ),
    )
}

fn cut() -> ToolResult {
    ToolResult::not_run(
        ResultKind::Cut,
        "The reply was cut at the token limit, so this call was not run. Make it smaller: several \
         short edits, or less text in one call.",
    )
}

impl Batch {
    /// Gives each call the same result, without any of them having run.
    pub(super) fn refused(calls: Vec<ToolCall>, result: &ToolResult) -> Self {
        let calls = calls.into_iter().map(|call| BatchCall {
            call,
            prepared: None,
            progress: Progress::Done(result.clone()),
            was_edited: false,
            was_approved: false,
            was_shown: false,
            stopped: None,
            judgment: None,
        });
        Self { calls: calls.collect() }
    }

    /// Checks each call and asks the policy about those that can run. Of a reply that was cut at
    /// the token limit no call is run: its arguments may be the half of what was meant.
    pub(super) fn new(calls: Vec<ToolCall>, rules: Rules<'_>, was_cut: bool) -> Self {
        let mut reserved_usd = 0.0;
        let calls = calls
            .into_iter()
            .enumerate()
            .map(|(call_idx, call)| {
                let mut judgment = None;
                let prepared = prepare(&call, rules.offered);
                let (prepared, progress) = match prepared {
                    _ if call_idx >= MAX_CALLS => (None, Progress::Done(too_many())),
                    Ok(mut prepared) if !was_cut => {
                        prepared.outside_sandbox = rules.leaving(&prepared) == Decision::Allow;
                        let judged = rules.judge(&prepared, reserved_usd);
                        let progress = match judged.decision {
                            Decision::Allow => Progress::Ready,
                            Decision::Ask => Progress::Pending,
                            Decision::Deny => Progress::Done(denied(&judged)),
                        };
                        judgment = Some(judged);
                        (Some(prepared), progress)
                    }
                    // What cannot be read of a reply that was cut is the half of something.
                    Err(result) if !was_cut || result.kind != ResultKind::Malformed => {
                        (None, Progress::Done(result))
                    }
                    Ok(_) | Err(_) => (None, Progress::Done(cut())),
                };
                let call = BatchCall {
                    call,
                    prepared,
                    progress,
                    was_edited: false,
                    was_approved: false,
                    was_shown: false,
                    stopped: None,
                    judgment,
                };
                if call.progress == Progress::Ready {
                    reserved_usd += call.cost_usd();
                }
                call
            })
            .collect();
        Self { calls }
    }

    /// Emits one `tool_call` for each call.
    pub(super) fn announce(&self, out: &mut Out) {
        for BatchCall { call, prepared, .. } in &self.calls {
            let parsed = parse_arguments(&call.arguments);
            let raw = parsed.is_err().then(|| call.arguments.clone());
            let arguments = match prepared {
                Some(prepared) => prepared.arguments.clone(),
                None => parsed.unwrap_or_default(),
            };
            out.emit(Event::ToolCall {
                tool: call.name.clone(),
                arguments,
                tool_call_id: call.id.clone(),
                raw,
            });
        }
    }

    /// Returns the tools of calls that were not run because the reply was cut, each once.
    pub(super) fn cut_tools(&self) -> Vec<&str> {
        let mut tools: Vec<&str> = Vec::new();
        for call in &self.calls {
            let is_cut = matches!(&call.progress, Progress::Done(it) if it.kind == ResultKind::Cut);
            if is_cut && !tools.contains(&call.call.name.as_str()) {
                tools.push(&call.call.name);
            }
        }
        tools
    }

    /// Emits `tool_output` for results that were not shown yet.
    pub(super) fn show_results(&mut self, out: &mut Out) {
        for call in &mut self.calls {
            if let Progress::Done(result) = &call.progress
                && !call.was_shown
            {
                call.was_shown = true;
                out.emit(Event::ToolOutput {
                    tool: call.call.name.clone(),
                    tool_call_id: call.call.id.clone(),
                    output: result.output.clone(),
                    success: result.is_success(),
                    exit_code: result.exit_code,
                });
            }
        }
    }

    /// Answers the calls of `plan` that may run, which the machine does itself; returns the plan
    /// that counts from now on.
    pub(super) fn take_plans(&mut self, out: &mut Out) -> Option<Plan> {
        let mut newest = None;
        for call in &mut self.calls {
            let Some(prepared) =
                call.prepared.as_ref().filter(|_| call.progress == Progress::Ready)
            else {
                continue;
            };
            if BuiltInTool::from_name(&prepared.tool) != Some(BuiltInTool::Plan) {
                continue;
            }
            let result = match Plan::parse(&prepared.arguments) {
                Ok(plan) => {
                    out.emit(Event::PlanUpdate { plan: plan.clone() });
                    let receipt = plan.receipt();
                    newest = Some(plan);
                    ToolResult::ok(receipt)
                }
                Err(what) => ToolResult::not_run(
                    ResultKind::Malformed,
                    format!("The plan was not noted: {what}. The plan before it still counts."),
                ),
            };
            call.progress = Progress::Done(result);
        }
        newest
    }

    /// Marks ready calls as running and returns them; says so of those that were approved.
    pub(super) fn start_ready(&mut self, out: &mut Out) -> Vec<PreparedCall> {
        let mut ready = Vec::new();
        for call in &mut self.calls {
            if call.progress == Progress::Ready
                && let Some(prepared) = call.prepared.clone()
            {
                if call.was_approved {
                    out.emit(call.changed_to(ToolState::Running));
                }
                ready.push(prepared);
                call.progress = Progress::Running;
            }
        }
        ready
    }

    /// Returns the calls that wait for a person.
    pub(super) fn pending(&self) -> Vec<&PreparedCall> {
        self.calls
            .iter()
            .filter(|call| call.progress == Progress::Pending)
            .filter_map(|call| call.prepared.as_ref())
            .collect()
    }

    /// Returns the event that asks a person.
    pub(super) fn approval_required(&self) -> Event {
        Event::approval_required(self.pending_tools())
    }

    /// Returns the calls that wait for a person, as they are shown.
    pub(super) fn pending_tools(&self) -> Vec<PendingTool> {
        let pending = self.calls.iter().filter(|call| call.progress == Progress::Pending);
        let tools = pending.filter_map(|call| {
            Some(PendingTool {
                tool: call.call.name.clone(),
                arguments: call.prepared.as_ref()?.arguments.clone(),
                tool_call_id: call.call.id.clone(),
                billing: call.billing(),
                asked_because: call.asked_because(),
                outside_sandbox: call.is_outside(),
                stopped_by: call
                    .stopped
                    .as_ref()
                    .map(|result| result.stopped_by.clone())
                    .unwrap_or_default(),
                diff: None,
            })
        });
        tools.collect()
    }

    /// Returns what the calls under way cost at most, as far as is known.
    pub(super) fn running_cost(&self) -> Money {
        let running = self.calls.iter().filter(|call| call.progress == Progress::Running);
        running.map(|call| Money::from_usd(call.cost_usd())).sum()
    }

    /// Returns what calls cost at most that were approved and did not start, in US dollars.
    fn reserved_usd(&self) -> f64 {
        let ready = self.calls.iter().filter(|call| call.progress == Progress::Ready);
        ready.map(BatchCall::cost_usd).sum()
    }

    /// Applies one decision. Edited arguments are checked like those of a model, but that a person
    /// wrote them is approval enough. What is left of the budget is looked at once more: a person
    /// may spend more than that only if they were told.
    pub(super) fn decide(
        &mut self,
        decision: ApprovalDecision,
        rules: Rules<'_>,
        out: &mut Out,
    ) -> Decided {
        let reserved_usd = self.reserved_usd();
        let is_meant = |call: &&mut BatchCall| {
            call.call.id == decision.tool_call_id
                && call.progress == Progress::Pending
                && (!decision.approved || decision.outside_sandbox || call.stopped.is_none())
        };
        let Some(call) = self.calls.iter_mut().find(is_meant) else {
            return Decided::Unknown;
        };
        if !decision.approved {
            out.emit(call.changed_to(ToolState::Rejected));
            call.progress = Progress::Done(call.refused(decision.feedback));
            return Decided::Declined;
        }
        if let Some(arguments) = decision.arguments {
            call.edit(arguments, rules, out);
        }
        if let Some(prepared) = &call.prepared
            && call.progress == Progress::Pending
        {
            let judged = rules.judge(prepared, reserved_usd);
            let told = call.judgment.as_ref().and_then(|it| it.block_reason.as_ref());
            let is_news = judged.cost.as_ref().is_some_and(Cost::exceeds_cap)
                && judged.block_reason.as_ref() != told;
            call.judgment = Some(judged);
            if is_news {
                return Decided::CostsMore;
            }
            call.progress = Progress::Ready;
        }
        out.emit(call.changed_to(ToolState::Approved));
        call.was_approved = true;
        match call.prepared.clone() {
            Some(prepared) if call.progress == Progress::Ready => Decided::Approved(prepared),
            _ => Decided::Declined,
        }
    }

    /// Lets the calls run that a grant for the run covers as well.
    pub(super) fn apply_grants(&mut self, rules: Rules<'_>, out: &mut Out) {
        let mut reserved_usd = self.reserved_usd();
        for call in &mut self.calls {
            let Some(prepared) =
                call.prepared.as_mut().filter(|_| call.progress == Progress::Pending)
            else {
                continue;
            };
            let may_leave = rules.leaving(prepared) == Decision::Allow;
            let is_covered = rules.judge(prepared, reserved_usd).decision == Decision::Allow;
            // What the person was not asked to let out stays inside.
            if is_covered && (may_leave || call.stopped.is_none()) {
                prepared.outside_sandbox = may_leave;
                reserved_usd += call.cost_usd();
                out.emit(call.changed_to(ToolState::Approved));
                call.was_approved = true;
                call.progress = Progress::Ready;
            }
        }
    }

    /// Returns the calls that a person allowed and that did not start.
    pub(super) fn allowed(&self) -> Vec<PreparedCall> {
        let ready = self.calls.iter().filter(|call| call.progress == Progress::Ready);
        ready.filter_map(|call| call.prepared.clone()).collect()
    }

    /// Lets a person decide once more about calls that were approved and have not run: what was
    /// decided before a restart was decided about a file that others can write. Those that are
    /// still `allowed`, just as they are, stay so.
    pub(super) fn ask_again(&mut self, allowed: &[PreparedCall]) {
        for call in &mut self.calls {
            let is_allowed = call.prepared.as_ref().is_some_and(|call| allowed.contains(call));
            if call.progress == Progress::Ready && !is_allowed {
                call.progress = Progress::Pending;
                call.was_approved = false;
            }
        }
    }

    /// Takes the results of running calls; those that the sandbox stopped may have to wait again.
    /// Of those that the person stopped, says so.
    pub(super) fn finish(
        &mut self,
        results: Vec<(String, ToolResult)>,
        rules: Rules<'_>,
        out: &mut Out,
    ) {
        for (id, result) in results {
            let running = self
                .calls
                .iter_mut()
                .find(|call| call.call.id == id && call.progress == Progress::Running);
            if let Some(call) = running {
                if result.kind == ResultKind::Cancelled {
                    out.emit(call.changed_to(ToolState::Cancelled));
                }
                call.take(result, rules);
            }
        }
        for call in &mut self.calls {
            if call.progress == Progress::Running {
                call.progress =
                    Progress::Done(ToolResult::failed("The tool ended without a result."));
            }
        }
    }

    /// Returns whether the person stopped a call while it ran.
    pub(super) fn was_cancelled(&self) -> bool {
        let mut calls = self.calls.iter();
        calls.any(
            |call| matches!(&call.progress, Progress::Done(it) if it.kind == ResultKind::Cancelled),
        )
    }

    /// Gives every call without a result one that says why.
    pub(super) fn close(&mut self, how: &Progress, out: &mut Out) {
        let (state, text) = if *how == Progress::Abandoned {
            (ToolState::Abandoned, "The person went on without deciding about this call.")
        } else {
            (ToolState::Cancelled, "The person cancelled the turn before this call had a result.")
        };
        for call in &mut self.calls {
            if !matches!(call.progress, Progress::Done(_)) {
                out.emit(call.changed_to(state));
                let is_asked = call.progress == Progress::Pending;
                let is_abandoned = *how == Progress::Abandoned;
                let text = if is_abandoned && !is_asked { ALLOWED } else { text };
                // What it did in the sandbox, it has done.
                call.progress = Progress::Done(match call.stopped.take() {
                    Some(result) => {
                        let sentence = match (is_asked, is_abandoned) {
                            (true, _) => UNDECIDED_OUTSIDE,
                            (false, true) => ALLOWED_OUTSIDE,
                            (false, false) => CANCELLED_OUTSIDE,
                        };
                        after_stop(result, ResultKind::Cancelled, sentence)
                    }
                    None => ToolResult::not_run(ResultKind::Cancelled, text),
                });
            }
        }
    }

    /// Returns the arguments that ran instead of those that the model gave, by call.
    pub(super) fn edited_arguments(&self) -> Vec<(String, String)> {
        self.calls
            .iter()
            .filter(|call| call.was_edited)
            .filter_map(|call| {
                let arguments = serde_json::to_string(&call.prepared.as_ref()?.arguments).ok()?;
                Some((call.call.id.clone(), arguments))
            })
            .collect()
    }

    /// Returns the results for the history and for detection, in call order.
    pub(super) fn into_results(self) -> (Vec<Message>, Vec<CallRecord>) {
        self.calls
            .into_iter()
            .map(|BatchCall { call, progress, prepared, .. }| {
                let result = match progress {
                    Progress::Done(result) => result,
                    _ => ToolResult::failed("The tool ended without a result."),
                };
                let arguments = prepared
                    .and_then(|prepared| serde_json::to_string(&prepared.arguments).ok())
                    .unwrap_or(call.arguments);
                let message = Message::Tool {
                    call_id: call.id,
                    name: call.name.clone(),
                    content: result.output.clone(),
                };
                let record = CallRecord {
                    tool: call.name,
                    arguments,
                    output: result.output,
                    kind: result.kind,
                    exit_code: result.exit_code,
                    changed_files: result.changed_files,
                    kept_files: result.kept_files,
                };
                (message, record)
            })
            .unzip()
    }
}
