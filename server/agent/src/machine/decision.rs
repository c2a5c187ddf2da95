//! A person's word about a call that waits.

use serde_json::{Map, Value};

use super::{Machine, State, spending};
use crate::{event::PendingTool, tool::PreparedCall};

/// What a person decided about one call.
#[derive(Debug, Clone, PartialEq)]
pub struct ApprovalDecision {
    /// Which call.
    pub tool_call_id: String,
    /// Whether it may run.
    pub approved: bool,
    /// Arguments to run with instead.
    pub arguments: Option<Map<String, Value>>,
    /// Words for the model.
    pub feedback: Option<String>,
    /// How far it reaches.
    pub scope: ApprovalScope,
    /// Whether a yes means that a call that the sandbox stopped runs outside of it. A yes without
    /// that was meant for the question before, and decides nothing.
    pub outside_sandbox: bool,
}

/// How far an approval reaches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ApprovalScope {
    /// This call.
    #[default]
    Once,
    /// The same call until the run ends.
    Run,
    /// The same call in this workspace until it is revoked.
    Always,
}

impl Machine {
    /// Returns the calls that wait for a person, in call order.
    pub fn pending_calls(&self) -> Vec<&PreparedCall> {
        match &self.state {
            State::Awaiting(_, batch) => batch.pending(),
            State::Pricing(_, _, call) | State::Offering(call) => vec![call],
            _ => Vec::new(),
        }
    }

    /// Returns the calls that wait for a person, as they are shown.
    pub fn pending_tools(&self) -> Vec<PendingTool> {
        match &self.state {
            State::Awaiting(_, batch) => batch.pending_tools(),
            State::Pricing(_, _, call) | State::Offering(call) => vec![spending::plain_tool(call)],
            _ => Vec::new(),
        }
    }
}
