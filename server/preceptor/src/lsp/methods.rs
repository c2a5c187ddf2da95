//! This server's own methods, and what lsp-types lacks of the protocol's.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tower_lsp::lsp_types::{Url, notification::Notification, request::Request};

/// `preceptor/event`: what happens in a run, to clients that announced it.
#[derive(Debug)]
pub(crate) enum RunEvent {}

impl Notification for RunEvent {
    type Params = Value;
    const METHOD: &'static str = "preceptor/event";
}

/// `$/progress` with a part of an answer, which lsp-types lacks: `{token, value}`.
#[derive(Debug)]
pub(crate) enum PartialResult {}

impl Notification for PartialResult {
    type Params = Value;
    const METHOD: &'static str = "$/progress";
}

/// `preceptor/save`: asks the client to save a document.
#[derive(Debug)]
pub(crate) enum Save {}

impl Request for Save {
    type Params = SaveParams;
    type Result = SaveResult;
    const METHOD: &'static str = "preceptor/save";
}

/// What [`Save`] asks for.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SaveParams {
    /// The document.
    pub(crate) uri: Url,
}

/// The client's answer to [`Save`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SaveResult {
    /// Whether the file has the buffer's text now.
    pub(crate) saved: bool,
}

/// `preceptor/requestPermission`: asks the person whether a call may run.
#[derive(Debug)]
pub(crate) enum RequestPermission {}

impl Request for RequestPermission {
    type Params = PermissionParams;
    /// `None`: nobody decided.
    type Result = Option<PermissionAnswer>;
    const METHOD: &'static str = "preceptor/requestPermission";
}

/// The call that [`RequestPermission`] is about.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PermissionParams {
    /// The run.
    pub(crate) run_id: String,
    /// The call.
    pub(crate) tool_call_id: String,
    /// The tool's name.
    pub(crate) tool: String,
    /// What kind of thing the call does, in a few words.
    pub(crate) title: String,
    /// The arguments, as they would run.
    pub(crate) arguments: Map<String, Value>,
    /// Who wants it and why it is asked about, as a sentence.
    pub(crate) reason: String,
    /// Whether nothing would confine it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) outside_sandbox: bool,
    /// US dollars that it costs at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) estimated_cost_usd: Option<f64>,
    /// US dollars that may still be spent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) remaining_cap_usd: Option<f64>,
    /// Of an edit: the file, and what it would become.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) change: Option<PlannedChange>,
    /// What can be answered.
    pub(crate) options: Vec<PermissionOption>,
}

/// What an edit would make of a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PlannedChange {
    /// The file's address.
    pub(crate) uri: String,
    /// Whether there is no such file yet.
    pub(crate) is_new: bool,
    /// Its whole text after the change.
    pub(crate) text: String,
    /// The change as a unified diff.
    pub(crate) diff: String,
}

/// One possible answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PermissionOption {
    /// `allow_once`, `allow_run`, `allow_always` or `reject`.
    pub(crate) id: String,
    /// Its button.
    pub(crate) title: String,
}

/// The client's answer to [`RequestPermission`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PermissionAnswer {
    /// The id of the option that was chosen.
    pub(crate) option_id: String,
    /// The arguments that shall run instead.
    pub(crate) arguments: Option<Map<String, Value>>,
    /// What the model shall be told.
    pub(crate) feedback: Option<String>,
}
