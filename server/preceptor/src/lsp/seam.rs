//! The seam between the transport and the handlers: a service around tower-lsp's.
//!
//! tower-lsp polls handlers, reads and writes in one task, runs only the first poll of a handler
//! in order of arrival, and ends with the first panic. The seam polls every handler once as soon
//! as its message arrives, so that synchronous prologues run in order of arrival; what is still
//! pending then goes to a task of its own, which is aborted with the session. Messages that
//! clients write in more ways than tower-lsp reads are put right on the way in.
//!
//! The seam knows no handler and no document.

use std::{
    any::Any,
    panic::AssertUnwindSafe,
    task::{Context, Poll, Waker},
    time::Duration,
};

use futures::{
    FutureExt,
    future::{self, BoxFuture},
};
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;
use tower::Service;
use tower_lsp::jsonrpc::{Error, Request, Response};
use tracing::{Instrument, debug, error, info_span};

use crate::lsp::{client_process, normalize::normalize, signals::Signals};

/// A prologue that takes longer than this is logged: it delays every other message. Only for those
/// who look for it, since a busy machine does that to any prologue.
const SLOW_PROLOGUE: Duration = Duration::from_millis(10);

/// The service that the transport drives; `S` is tower-lsp's service.
#[derive(Debug)]
pub(super) struct Seam<S> {
    inner: S,
    signals: Signals,
}

impl<S> Seam<S> {
    /// Wraps a service; the session's end is reported through `signals`.
    pub(super) fn new(inner: S, signals: Signals) -> Self {
        Self { inner, signals }
    }
}

impl<S> Service<Request> for Seam<S>
where
    S: Service<Request, Response = Option<Response>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Option<Response>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Option<Response>, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if self.signals.has_exited() {
            return future::ok(None).boxed();
        }
        if request.method() == "exit" {
            // Not passed on: tower-lsp's own exit blocks the reader for good at the next message.
            self.signals.exit();
            return future::ok(None).boxed();
        }
        let request = normalize(request);
        if request.method() == "initialize"
            && let Some(id) = client_process_id(&request)
        {
            client_process::watch(&self.signals, id);
        }

        let method = request.method().to_owned();
        let id = request.id().cloned();
        let span = match &id {
            Some(id) => info_span!("request", %method, %id),
            None => info_span!("notification", %method),
        };
        let shut_down = (method == "shutdown").then(|| self.signals.clone());
        let handler = AssertUnwindSafe(self.inner.call(request)).catch_unwind();
        let handled_method = method.clone();
        let mut handled = async move {
            let answer = match handler.await {
                Ok(answer) => answer?,
                Err(panic) => {
                    let message = panic_message(panic.as_ref());
                    error!(method = handled_method, message, "a handler panicked");
                    id.map(|id| Response::from_error(id, handler_failed(&handled_method)))
                }
            };
            if let (Some(signals), Some(response)) = (shut_down, &answer)
                && response.is_ok()
            {
                signals.shut_down();
            }
            Ok(answer)
        }
        .instrument(span)
        .boxed();

        let started = Instant::now();
        // The waker may do nothing: a future that is still pending is polled again by its task.
        let polled = handled.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        let elapsed = started.elapsed();
        if elapsed > SLOW_PROLOGUE {
            debug!(method, ?elapsed, "slow prologue");
        }
        match polled {
            Poll::Ready(answer) => future::ready(answer).boxed(),
            Poll::Pending => {
                // Owned by the response's future, which lives and ends with the session.
                let task = AbortOnDropHandle::new(tokio::spawn(handled));
                async move {
                    task.await.unwrap_or_else(|error| {
                        error!(%error, "a handler's task was lost");
                        Ok(None)
                    })
                }
                .boxed()
            }
        }
    }
}

/// The process to watch: positive and in the range of the system's ids.
fn client_process_id(request: &Request) -> Option<i32> {
    let id = request.params()?.get("processId")?.as_i64()?;
    i32::try_from(id).ok().filter(|id| *id > 0)
}

fn handler_failed(method: &str) -> Error {
    let mut error = Error::internal_error();
    error.message = format!(
        "`{method}` failed inside the server; this is a bug in preceptor, see the server's log"
    )
    .into();
    error
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
