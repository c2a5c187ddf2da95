//! This server's own methods, and what lsp-types lacks of the protocol's.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tower_lsp::lsp_types::{Url, notification::Notification, request::Request};

/// `preceptor/event`: what happens in a run, to clients that announced it.
#[derive(Debug)]
pub(crate) enum RunEvent {}

impl Notification for RunEvent {
    type Params = Value;
    const METHOD: &'static str = "preceptor/event";
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
