//! What every provider looks like from outside.

use std::time::Duration;

use agent::message::{FailureClass, ModelFailure, ModelReply, ModelRequest};
use futures::future::BoxFuture;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// A piece of news about a call that is still going on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delta {
    /// More of the visible text.
    Text(String),
    /// The whole visible text, of a server that does not stream.
    Whole(String),
    /// More of the reasoning text.
    Thinking(String),
    /// An attempt failed; the next one starts after a wait that begins now.
    Retrying {
        /// Number of the coming attempt; the first attempt of a call is 1, so this is at least 2.
        attempt: u32,
        /// How long the wait is.
        delay: Duration,
        /// Why the last attempt failed, in a few words for a person.
        reason: String,
    },
    /// The server refused the form of the request; the same request goes out at once in another.
    Rephrasing {
        /// What is done differently from now on; completes "sent again …".
        change: &'static str,
    },
}

/// A model that can be called.
///
/// Calls on one model may overlap; they share nothing but what the provider learned about its
/// server.
pub trait Model: Send + Sync {
    /// Returns the name under which the server knows the model, as far as it is known yet.
    fn name(&self) -> &str;

    /// Calls the model once and returns its whole reply.
    ///
    /// Pieces of the reply go to `deltas` as they arrive. A full channel holds the call up until
    /// there is room; a closed one does not disturb it. Cancelling ends the call at its next
    /// suspension with [`FailureClass::Cancelled`] and drops the connection, so that the server
    /// stops generating.
    fn call(
        &self,
        request: ModelRequest,
        deltas: mpsc::Sender<Delta>,
        cancel: CancellationToken,
    ) -> BoxFuture<'_, Result<ModelReply, ModelFailure>>;
}

/// Which of the configured endpoints a model stands behind. It decides which settings the
/// sentences of a failure name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The small self-hosted model.
    Student,
    /// The model that takes over.
    Teacher,
}

impl Role {
    /// Returns the name of the table that configures the endpoint.
    pub fn settings_table(self) -> &'static str {
        match self {
            Role::Student => "student",
            Role::Teacher => "teacher",
        }
    }
}

/// Runs a call until it ends or `cancel` fires, whichever is first.
pub(crate) async fn until_cancelled(
    cancel: &CancellationToken,
    call: impl Future<Output = Result<ModelReply, ModelFailure>>,
) -> Result<ModelReply, ModelFailure> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(ModelFailure {
            class: FailureClass::Cancelled,
            message: "The model call was cancelled.".to_owned(),
        }),
        outcome = call => outcome,
    }
}

/// Hands `delta` on. That nobody listens any more is no reason to end a call that may be paid for.
pub(crate) async fn hand_on(deltas: &mpsc::Sender<Delta>, delta: Delta) {
    if deltas.send(delta).await.is_err() {
        tracing::trace!("nobody listens to the deltas of this call");
    }
}
