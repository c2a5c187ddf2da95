//! The session's own tasks: everything that outlives the handler that started it.

use std::{future::Future, panic::AssertUnwindSafe};

use futures::FutureExt;
use tokio_util::{
    sync::CancellationToken,
    task::{AbortOnDropHandle, TaskTracker},
};
use tracing::{Instrument, Span, error};

/// Owns tasks and ends them with the session. Clones share one set.
#[derive(Debug, Clone, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    end: CancellationToken,
}

impl Tasks {
    /// Starts a task that is dropped at its next await when the session ends.
    pub fn spawn<F>(&self, span: Span, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let end = self.end.clone();
        self.tracker.spawn(async move {
            end.run_until_cancelled(guarded(task).instrument(span)).await;
        });
    }

    /// Starts a task that also ends when the returned handle is dropped.
    #[must_use = "the task is aborted when its handle is dropped"]
    pub fn spawn_owned<F>(&self, span: Span, task: F) -> AbortOnDropHandle<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let end = self.end.clone();
        AbortOnDropHandle::new(self.tracker.spawn(async move {
            end.run_until_cancelled(guarded(task).instrument(span)).await;
        }))
    }

    /// Does something that may take a moment when the session ends, which waits for it.
    pub fn at_end(&self, work: impl FnOnce() + Send + 'static) {
        let end = self.end.clone();
        self.tracker.spawn(async move {
            end.cancelled().await;
            if let Err(error) = tokio::task::spawn_blocking(work).await {
                error!(%error, "the session did not end in order");
            }
        });
    }

    /// Tells whether the session is over.
    pub fn is_ended(&self) -> bool {
        self.end.is_cancelled()
    }

    /// Tells all tasks that the session is over.
    pub fn end(&self) {
        self.tracker.close();
        self.end.cancel();
    }

    /// Waits until all tasks are done; only after [`Tasks::end`].
    pub async fn ended(&self) {
        self.tracker.wait().await;
    }
}

/// A panic ends one task, is logged, and nothing else.
async fn guarded(task: impl Future<Output = ()>) {
    if AssertUnwindSafe(task).catch_unwind().await.is_err() {
        error!("a task panicked");
    }
}
