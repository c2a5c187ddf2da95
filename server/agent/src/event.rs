//! What a run tells the world: one variant for each event of the protocol.
//!
//! The names and fields are the public interface; they serialize to `{"type": …, "data": {…}}`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    detect::{CallRecord, Signal},
    ledger::{Balance, Money},
    machine::Actor,
    message::{Message, Usage},
    plan::Plan,
    policy::Grant,
    tool::Denial,
};

/// One event, or one journal-only record of state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Event {
    /// The run exists; always the journal's first record.
    RunStarted {
        /// First line of the request.
        title: String,
        /// Absolute path of the folder that the tools work in.
        workspace: String,
        /// The student's name.
        student: String,
        /// The teacher's name, where one is configured and enabled.
        #[serde(skip_serializing_if = "Option::is_none")]
        teacher_model: Option<String>,
    },
    /// The tools are up.
    Ready {
        /// A sentence for a person.
        message: String,
        /// How many tools are offered.
        tool_count: usize,
    },
    /// A turn has begun, or a slow phase of it.
    Processing {
        /// A sentence for a person.
        message: String,
    },
    /// A piece of a model's visible text.
    AssistantChunk {
        /// The piece.
        content: String,
    },
    /// A model's whole visible text, of a server that does not stream.
    AssistantMessage {
        /// The text.
        content: String,
    },
    /// The stream of one model call has ended.
    AssistantStreamEnd {},
    /// A piece of a model's reasoning.
    ThinkingChunk {
        /// The piece.
        content: String,
    },
    /// A model wants a tool.
    ToolCall {
        /// The name that the model gave.
        tool: String,
        /// The arguments; `{}` when they cannot be read.
        arguments: Map<String, Value>,
        /// Pairs the call with its output.
        tool_call_id: String,
        /// The arguments' text, when it cannot be read as a JSON object.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        raw: Option<String>,
    },
    /// A call has its result.
    ToolOutput {
        /// The tool's name.
        tool: String,
        /// Pairs the output with its call.
        tool_call_id: String,
        /// What the model reads.
        output: String,
        /// Whether the tool did what it was asked to.
        success: bool,
        /// Of a command.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exit_code: Option<i32>,
    },
    /// Something worth showing about a tool or the loop itself.
    ToolLog {
        /// The tool, or `system`.
        tool: String,
        /// A sentence for a person.
        log: String,
    },
    /// A call that was approved, refused, cancelled or left behind.
    ToolStateChange {
        /// Pairs the change with its call.
        tool_call_id: String,
        /// The tool's name.
        tool: String,
        /// What became of it.
        state: ToolState,
    },
    /// Calls wait for a person.
    ApprovalRequired {
        /// The calls, in call order.
        tools: Vec<PendingTool>,
        /// How many there are.
        count: usize,
        /// What stands in the way of the first call that would run otherwise.
        #[serde(flatten)]
        first_blocked: ToolBilling,
    },
    /// A tool changed a file.
    FileChanged {
        /// The file's address.
        uri: String,
        /// Names the state before the change.
        checkpoint: String,
        /// Lines added.
        added: usize,
        /// Lines removed.
        removed: usize,
    },
    /// The model noted what is to do.
    PlanUpdate {
        /// The whole list.
        plan: Plan,
    },
    /// A model call has ended.
    LlmCall {
        /// The model's name.
        model: String,
        /// Milliseconds from request to end.
        latency_ms: u64,
        /// Milliseconds until the first piece arrived.
        #[serde(skip_serializing_if = "Option::is_none")]
        ttft_ms: Option<u64>,
        /// Why the model stopped; `error` or `cancelled` where the call ended without a reply.
        finish_reason: String,
        /// US dollars; `null` where the price is unknown.
        cost_usd: Option<Money>,
        /// What the call was for: `main`, `teacher`, `distill`, `compaction` or
        /// `evaluation`.
        kind: String,
        /// As reported by the server.
        #[serde(skip_serializing_if = "Option::is_none")]
        usage: Option<Usage>,
    },
    /// What a call may cost before it is made; what a takeover, the run and the day have spent
    /// after it.
    Budget(Balance),
    /// One piece of evidence that the turn fails.
    Signal(Signal),
    /// The teacher goes on where the student failed.
    TeacherTakeover {
        /// The teacher's name.
        teacher_model: String,
        /// Why the student failed, at most 300 characters.
        student_failure: String,
        /// The evidence.
        signals: Vec<Signal>,
    },
    /// The teacher did not get the turn done either.
    EscalationFailed {
        /// A sentence for a person.
        reason: String,
        /// `operational` or `failure`.
        class: String,
    },
    /// A skill waits for a person.
    SkillProposed {
        /// Names the proposal.
        proposal_id: String,
        /// `skill`.
        kind: String,
        /// The skill's name.
        name: String,
        /// One word.
        category: String,
        /// The proposal's document.
        uri: String,
        /// The skill that it could update instead, because that says nearly the same.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target: Option<String>,
        /// `low`, `medium` or `high`, fixed by the server.
        risk: String,
        /// What the linter found in it.
        findings: Vec<Finding>,
        /// Whether the student was seen to use it.
        verification: Verification,
    },
    /// The student was seen to manage with a skill, or not to, or tries it now.
    Verification {
        /// The proposal that it is about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proposal_id: Option<String>,
        /// The skill's document, where it is no proposal's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        uri: Option<String>,
        /// `pending`, or what came of it: see [`Verification::outcome`].
        outcome: String,
        /// A sentence for a person.
        reason: String,
        /// The replay with the skill.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replay_run_id: Option<String>,
    },
    /// The editor confirmed the accepted skill.
    SkillSaved {
        /// Names the proposal.
        proposal_id: String,
        /// The name that it was saved under.
        name: String,
        /// One word.
        category: String,
        /// The skill's document.
        uri: String,
    },
    /// The takeover taught nothing that can be saved.
    SkillSaveFailed {
        /// A sentence for a person.
        reason: String,
    },
    /// A person decided about a proposal.
    ProposalResolved {
        /// Names the proposal.
        proposal_id: String,
        /// `accepted`, `rejected`, `superseded` or `rolled_back`.
        outcome: String,
    },
    /// Earlier messages were replaced by a summary, or cut.
    Compacted {
        /// The conversation's size before, in tokens (estimated).
        old_tokens: u64,
        /// Its size after, in tokens (estimated).
        new_tokens: u64,
    },
    /// The last request and all that followed from it are gone.
    UndoComplete {
        /// How many messages were taken out of the history.
        removed: usize,
    },
    /// The conversation does not fit the window any more and nothing in it may go.
    SessionTerminated {
        /// `compaction_failed`.
        reason: String,
        /// Tokens of the request that did not fit (estimated).
        context_usage: u64,
        /// Tokens that a request may have.
        context_threshold: u64,
        /// What the server said, at most 300 characters.
        error: String,
        /// What happened and what to do about it.
        user_message: String,
    },
    /// The turn ended with an answer, or at a limit.
    TurnComplete {
        /// Messages in the run's history.
        history_size: usize,
        /// The last visible text; `null` where there is none.
        final_response: Option<String>,
        /// [`crate::detect::Ending::name`].
        stop_reason: String,
    },
    /// A person stopped the turn.
    Interrupted {},
    /// The turn ended for a reason outside the model's abilities.
    Error {
        /// What happened and what to do about it.
        error: String,
        /// See [`crate::message::FailureClass`].
        class: String,
    },
    /// Journal only: what a fold of the journal needs and no client is shown.
    State(StateRecord),
}

/// What became of a call that did not just run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolState {
    /// A person allowed it.
    Approved,
    /// A person or a rule refused it.
    Rejected,
    /// An approved call has started.
    Running,
    /// The turn was cancelled.
    Cancelled,
    /// The person went on without deciding.
    Abandoned,
}

/// A call that waits for a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PendingTool {
    /// The tool's name.
    pub tool: String,
    /// Its arguments.
    pub arguments: Map<String, Value>,
    /// Pairs the call with its output.
    pub tool_call_id: String,
    /// Of a call that costs money.
    #[serde(flatten)]
    pub billing: ToolBilling,
    /// Why it is asked about where that is not for its cost: a clause for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_because: Option<String>,
    /// Whether nothing would confine it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outside_sandbox: bool,
    /// What the sandbox kept it from. It has run then, and would run once more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stopped_by: Vec<Denial>,
    /// Of an edit: what it would change, as a unified diff against the file as it is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
}

/// What a call costs, and why it is asked about although it would run otherwise.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolBilling {
    /// Whether it would run without asking, but for its cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_approval_blocked: Option<bool>,
    /// What stands in the way, a sentence for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block_reason: Option<String>,
    /// US dollars that it costs at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated_cost_usd: Option<f64>,
    /// US dollars that may still be spent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining_cap_usd: Option<f64>,
}

impl Event {
    /// Builds the event that asks a person about calls.
    pub fn approval_required(tools: Vec<PendingTool>) -> Self {
        let blocked = tools.iter().find(|it| it.billing.auto_approval_blocked == Some(true));
        let first_blocked = blocked.map(|it| it.billing.clone()).unwrap_or_default();
        Self::ApprovalRequired { count: tools.len(), tools, first_blocked }
    }
}

/// A lint finding in a proposal, as data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule's code.
    pub code: String,
    /// `error`, `warning`, `info` or `hint`.
    pub severity: String,
    /// The sentence.
    pub message: String,
    /// 1-based line in the proposal's document.
    pub line: usize,
}

/// Whether the student was seen to use a skill.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verification {
    /// `pending`, `verified`, `not_verified`, `inconclusive` or `off`.
    pub outcome: String,
    /// A sentence for a person.
    pub reason: String,
    /// The replay with the skill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// Requests that only succeed with the skill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repairs: Option<usize>,
    /// Requests that only fail with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regressions: Option<usize>,
}

impl Verification {
    /// The student has not tried the skill, for this reason.
    pub fn off(reason: &str) -> Self {
        Self { outcome: "off".to_owned(), reason: reason.to_owned(), ..Self::default() }
    }

    /// Whoever tried the skill was ended before the student was done.
    pub fn interrupted() -> Self {
        let reason =
            "The replay was interrupted: its process ended before it did. Verify it again.";
        let (outcome, reason) = ("inconclusive".to_owned(), reason.to_owned());
        Self { outcome, reason, ..Self::default() }
    }

    /// The student is about to try the skill.
    pub fn pending() -> Self {
        let reason = "The student tries the request again with it.".to_owned();
        Self { outcome: "pending".to_owned(), reason, ..Self::default() }
    }
}

/// Records that are journalled and never sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum StateRecord {
    /// A person's message starts a turn.
    Request {
        /// The text.
        prompt: String,
        /// The document and the line (0-based) that it was asked from.
        #[serde(skip_serializing_if = "Option::is_none")]
        origin: Option<RequestOrigin>,
        /// Whether it only goes on with the request before it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        goes_on: bool,
    },
    /// Messages that were added to an attempt's history. A system message takes the place of the
    /// one before it.
    Messages {
        /// Whose history.
        #[serde(default)]
        actor: Actor,
        /// The messages, in order.
        messages: Vec<Message>,
    },
    /// An attempt's whole history, after it was rewritten.
    History {
        /// Whose.
        actor: Actor,
        /// The messages, in order.
        messages: Vec<Message>,
    },
    /// Calls that got their results, as the verdict will see them.
    Calls {
        /// Whose.
        actor: Actor,
        /// The calls, in order.
        calls: Vec<CallRecord>,
    },
    /// The agent at a point from which it can go on, without histories and skills: those are in
    /// other records.
    Machine {
        /// The serialized value.
        machine: Value,
    },
    /// The last request was taken back.
    Undone {
        /// The turns that worked on it.
        turns: Vec<u32>,
        /// How many messages the student's history has left.
        n_messages: usize,
    },
    /// A person allowed this in the workspace until it is revoked.
    AlwaysAllowed {
        /// What it covers.
        grant: Grant,
    },
    /// Arguments that a person changed at approval: these ran.
    EditedArguments {
        /// The call.
        tool_call_id: String,
        /// The arguments.
        arguments: Map<String, Value>,
    },
    /// A model was told that it repeats itself.
    Repeating {
        /// What was seen.
        evidence: String,
    },
    /// What the teacher is, or would be, told beside the student's history.
    TeachersView {
        /// What for.
        part: ViewPart,
        /// The messages, in order.
        messages: Vec<Message>,
    },
    /// How the student's attempt was judged, and what followed from it.
    Verdict {
        /// `ok`, `unsure` or `failure`.
        verdict: String,
        /// From 0 to 1.
        confidence: f64,
        /// Why the teacher did not come in, where the verdict is a failure, or would be one if
        /// something that no model can bring had not been missing.
        #[serde(skip_serializing_if = "Option::is_none")]
        gate: Option<String>,
        /// The gate's name, see [`crate::gate::Gate::name`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gate_name: Option<String>,
    },
    /// The skills that the prompt names.
    SkillsOffered {
        /// Their names.
        names: Vec<String>,
        /// How many there are beside them, which the tool `skills` lists.
        #[serde(default, skip_serializing_if = "is_zero")]
        n_others: usize,
    },
}

/// What the teacher is told something for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ViewPart {
    /// To take over: what it would be told, where it did not.
    Takeover,
    /// To write a skill.
    Lesson,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// Where a request was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestOrigin {
    /// The document.
    pub uri: String,
    /// 0-based.
    pub line: u32,
    /// The document's path, relative to the workspace folder where it is below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}
