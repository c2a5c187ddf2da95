//! Everything that goes to the client, except answers, leaves through the outbox.
//!
//! It stands in for tower-lsp's `Client`, whose channel holds one message, whose requests cannot
//! be withdrawn, and which panics when an answer arrives after its future was dropped. The outbox
//! is the transport's loopback itself: the writer takes the next message when it can write one, so
//! that whatever waits can still be replaced or withdrawn.
//!
//! - Diagnostics: the latest publish of a document wins, in the place of the one that it replaces.
//! - Notifications with a sequence number are neither merged nor dropped: whoever sends one waits
//!   for room, in a task of its own.
//! - Requests have a deadline. One that is given up (deadline passed, or its future dropped) is
//!   taken out of the queue, or withdrawn with `$/cancelRequest`; a late answer is ignored.
//!
//! Nothing leaves before [`Outbox::open`]: a client need not understand messages that arrive
//! before its `initialize` is answered. No handler may await anything here.

mod loopback;
mod queue;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::{Notify, oneshot};
use tower_lsp::{
    jsonrpc::{Error, Id, Request, Response},
    lsp_types::{
        MessageType, PublishDiagnosticsParams, ShowMessageParams,
        notification::{Notification, ShowMessage},
        request::Request as ClientRequest,
    },
};
use tracing::{error, warn};

pub use crate::lsp::outbox::loopback::{Answers, Loopback, Outgoing};
use crate::lsp::outbox::queue::Queue;

/// Messages that may wait, besides the diagnostics: one publish for each document.
const CAPACITY: usize = 1024;

/// Why a request to the client has no result.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The client did not answer in time; the request was withdrawn.
    #[error("the editor did not answer `{method}` within {} seconds", timeout.as_secs())]
    Timeout {
        /// The request's method.
        method: &'static str,
        /// How long it was waited for.
        timeout: Duration,
    },
    /// The client answered with an error.
    #[error("the editor refused `{method}`: {error}")]
    Refused {
        /// The request's method.
        method: &'static str,
        /// The client's words.
        error: Error,
    },
    /// The client's answer has another shape than the protocol says.
    #[error("the editor's answer to `{method}` cannot be read: {error}")]
    Unreadable {
        /// The request's method.
        method: &'static str,
        /// What is wrong with it.
        error: serde_json::Error,
    },
    /// The parameters cannot be written as JSON.
    #[error("`{method}` cannot be sent: {error}")]
    Unwritable {
        /// The request's method.
        method: &'static str,
        /// What is wrong with them.
        error: serde_json::Error,
    },
    /// The session ended.
    #[error("the session ended before the editor answered `{method}`")]
    Closed {
        /// The request's method.
        method: &'static str,
    },
}

/// A handle on the outbox. Clones share one queue.
#[derive(Debug, Clone)]
pub struct Outbox {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    queue: Mutex<Queue>,
    /// Wakes those who wait for room.
    room: Notify,
    awaited: Mutex<HashMap<Id, oneshot::Sender<Response>>>,
    next_id: AtomicI64,
}

impl Default for Outbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Outbox {
    /// Returns an empty outbox that is not open yet.
    pub fn new() -> Self {
        Self {
            shared: Arc::new(Shared {
                queue: Mutex::new(Queue::new(CAPACITY)),
                room: Notify::new(),
                awaited: Mutex::default(),
                next_id: AtomicI64::new(1),
            }),
        }
    }

    /// Returns the two ends that the transport drives. One transport only: a second one would
    /// take its share of the messages.
    pub fn loopback(&self) -> Loopback {
        Loopback::new(self.clone())
    }

    /// Lets messages leave; those that waited go first.
    pub fn open(&self) {
        self.queue().open();
    }

    /// Publishes diagnostics; a publish of the same document that still waits is replaced.
    pub fn publish(&self, params: PublishDiagnosticsParams) {
        self.queue().publish(params);
    }

    /// Shows a message to the person. It is logged and dropped when the client reads nothing any
    /// more and the outbox is full.
    pub fn show_message(&self, typ: MessageType, message: impl Into<String>) {
        let params = ShowMessageParams { typ, message: message.into() };
        self.try_notify::<ShowMessage>(&params);
    }

    /// Sends a notification that may be lost: `false` and a log line if there is no room.
    pub fn try_notify<N>(&self, params: &N::Params) -> bool
    where
        N: Notification,
    {
        let Some(request) = notification::<N>(params) else {
            return false;
        };
        let is_queued = self.queue().try_push(request).is_ok();
        if !is_queued {
            warn!(method = N::METHOD, "the client reads nothing; a message was dropped");
        }
        is_queued
    }

    /// Sends a notification that must not be lost, in the order of the calls; waits for room.
    ///
    /// For owned tasks only: a client that stops reading holds the caller up, which is how a run
    /// is slowed down to what its viewer takes.
    pub async fn notify<N>(&self, params: &N::Params)
    where
        N: Notification,
    {
        if let Some(request) = notification::<N>(params) {
            self.push(request).await;
        }
    }

    /// Asks the client and waits for its answer, at most `timeout`, waiting for room included.
    ///
    /// For owned tasks only, never in a handler. Dropping the future withdraws the request.
    ///
    /// # Errors
    /// See [`RequestError`]; `Timeout` is the ordinary one, some clients never answer.
    pub async fn request<R>(
        &self,
        params: &R::Params,
        timeout: Duration,
    ) -> Result<R::Result, RequestError>
    where
        R: ClientRequest,
    {
        let method = R::METHOD;
        let params =
            to_value(params).map_err(|error| RequestError::Unwritable { method, error })?;
        let id = Id::Number(self.shared.next_id.fetch_add(1, Ordering::Relaxed));
        let request = Request::build(method).id(id.clone()).params(params).finish();
        let (sender, receiver) = oneshot::channel();
        self.awaited().insert(id.clone(), sender);
        let _withdrawal = Withdrawal { outbox: self, id };
        let answer = tokio::time::timeout(timeout, async {
            self.push(request).await;
            receiver.await
        })
        .await
        .map_err(|_| RequestError::Timeout { method, timeout })?
        .map_err(|_| RequestError::Closed { method })?;
        let (_, result) = answer.into_parts();
        let value = result.map_err(|error| RequestError::Refused { method, error })?;
        serde_json::from_value(value).map_err(|error| RequestError::Unreadable { method, error })
    }

    /// Waits until all that was sent before is with the writer: what is answered from then on
    /// reaches the client later.
    pub async fn flushed(&self) {
        let (sender, receiver) = oneshot::channel();
        self.queue().mark(sender);
        // Without a writer there is nobody to tell.
        let _ = receiver.await;
    }

    async fn push(&self, request: Request) {
        let mut request = request;
        loop {
            let has_room = self.shared.room.notified();
            let pushed = self.queue().try_push(request);
            match pushed {
                Ok(()) => return,
                Err(refused) => request = refused,
            }
            has_room.await;
        }
    }

    /// Hands an answer of the client to the one who waits for it.
    fn answer(&self, response: Response) {
        let waiting = self.awaited().remove(response.id());
        // No one waits for what was withdrawn.
        if let Some(sender) = waiting {
            let _ = sender.send(response);
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn awaited(&self) -> MutexGuard<'_, HashMap<Id, oneshot::Sender<Response>>> {
        self.shared.awaited.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Withdraws a request when the one who waits for it goes away.
struct Withdrawal<'a> {
    outbox: &'a Outbox,
    id: Id,
}

impl Drop for Withdrawal<'_> {
    fn drop(&mut self) {
        if self.outbox.awaited().remove(&self.id).is_none() {
            return;
        }
        let mut queue = self.outbox.queue();
        if !queue.remove(&self.id) {
            let cancel =
                Request::build("$/cancelRequest").params(json!({ "id": self.id })).finish();
            if queue.try_push(cancel).is_err() {
                warn!(id = %self.id, "no room to withdraw a request");
            }
        }
    }
}

fn notification<N>(params: &N::Params) -> Option<Request>
where
    N: Notification,
{
    match to_value(params) {
        Ok(params) => Some(Request::build(N::METHOD).params(params).finish()),
        Err(error) => {
            error!(method = N::METHOD, %error, "a notification cannot be written");
            None
        }
    }
}

fn to_value(params: &impl Serialize) -> Result<Value, serde_json::Error> {
    serde_json::to_value(params)
}
