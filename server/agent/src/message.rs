//! Messages between the agent and a model, independent of any provider's wire format.

use serde::{Deserialize, Serialize};

/// Who put a user message into the history.
///
/// Guard notes and hints travel as user messages because strict chat templates accept nothing
/// else there; the origin keeps them apart from what a person wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A person wrote it.
    User,
    /// A guard of the loop wrote it.
    Guard,
    /// It hands the task from the student to the teacher.
    TeacherNote,
    /// It stands for messages that were compacted.
    Summary,
}

/// A tool call as the model wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Pairs the call with its result; unique within a run.
    pub id: String,
    /// The tool's name, not yet checked against the offered set.
    pub name: String,
    /// The arguments' JSON text, unparsed: it may be malformed.
    pub arguments: String,
}

/// One entry of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum Message {
    /// Instructions that stand before the conversation.
    System {
        /// The text.
        content: String,
    },
    /// A person's words, or a note that travels like them.
    User {
        /// The text.
        content: String,
        /// Who wrote it.
        origin: Origin,
    },
    /// A model's turn.
    Assistant {
        /// The visible text; may be empty beside tool calls.
        content: String,
        /// The reasoning text, kept apart from the answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        thinking: Option<String>,
        /// The calls, in the order in which the model made them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<ToolCall>,
    },
    /// The result of one tool call.
    Tool {
        /// [`ToolCall::id`] of the call.
        call_id: String,
        /// The tool's name.
        name: String,
        /// The result as the model reads it.
        content: String,
    },
}

/// A tool as it is offered to a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    /// The name that a call uses.
    pub name: String,
    /// What it does and when to use it.
    pub description: String,
    /// JSON Schema of the arguments; always of type `object`.
    pub parameters: serde_json::Value,
}

/// Everything that one model call needs besides the endpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelRequest {
    /// The conversation, system message first.
    pub messages: Vec<Message>,
    /// The offered tools, sorted by name so that the prompt's prefix stays the same.
    pub tools: Vec<ToolSpec>,
    /// Upper bound for the reply, in tokens; `None` leaves the endpoint's setting.
    pub max_tokens: Option<u32>,
}

/// Why a model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// It was done.
    Stop,
    /// It waits for results of tools.
    ToolCalls,
    /// It ran into the token limit.
    Length,
    /// The server gave another reason, or none.
    Other,
}

/// Tokens that a call used, as reported by the server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Tokens read.
    pub prompt_tokens: u64,
    /// Tokens written.
    pub completion_tokens: u64,
}

/// A model's whole reply, after its stream has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelReply {
    /// The visible text.
    pub content: String,
    /// The reasoning text, where the server separates it.
    pub thinking: Option<String>,
    /// The calls, in order.
    pub tool_calls: Vec<ToolCall>,
    /// Why the model stopped.
    pub finish_reason: FinishReason,
    /// `None` where the server reported none.
    pub usage: Option<Usage>,
}

/// What kind of trouble ended a model call. All of these are operational: they say nothing about
/// whether the model is able to do the task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// No endpoint or model is configured, or the configuration cannot work.
    Configuration,
    /// The key is missing, wrong or not allowed to use the model.
    Auth,
    /// The account has no credit left.
    Quota,
    /// Too many requests, after all retries.
    RateLimit,
    /// The server cannot be reached, or the connection broke.
    Network,
    /// The server knows no such model.
    ModelMissing,
    /// The conversation does not fit the served context window.
    ContextOverflow,
    /// The server failed.
    Server,
    /// The server refused the request.
    BadRequest,
    /// The server's answer could not be understood.
    Protocol,
    /// Somebody cancelled the call.
    Cancelled,
    /// The call was not made: it might cost more than it may, or nobody knows what it costs.
    Budget,
}

/// A model call that ended without a reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct ModelFailure {
    /// What kind of trouble it was.
    pub class: FailureClass,
    /// One or two sentences for a person: what happened, and what to do about it.
    pub message: String,
}
