//! What ends a session, shared by the seam (which sees the messages) and the transport (which
//! owns the session's life).

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};

use tokio_util::sync::CancellationToken;

/// A handle on the session's end. Clones share one state.
#[derive(Debug, Clone, Default)]
pub(super) struct Signals {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    exit: CancellationToken,
    end_of_input: CancellationToken,
    shut_down: AtomicBool,
    client_process: OnceLock<i32>,
}

impl Signals {
    /// Notes that the client sent `exit`.
    pub(super) fn exit(&self) {
        self.inner.exit.cancel();
    }

    /// Waits for `exit`.
    pub(super) async fn exited(&self) {
        self.inner.exit.cancelled().await;
    }

    /// Says whether `exit` has arrived; whatever arrives later is ignored.
    pub(super) fn has_exited(&self) -> bool {
        self.inner.exit.is_cancelled()
    }

    /// Notes that nothing can be read from the client any more.
    pub(super) fn end_of_input(&self) {
        self.inner.end_of_input.cancel();
    }

    /// Waits for the end of the client's input.
    pub(super) async fn input_ended(&self) {
        self.inner.end_of_input.cancelled().await;
    }

    /// Notes that `shutdown` was answered, so that the end that follows is an orderly one.
    pub(super) fn shut_down(&self) {
        self.inner.shut_down.store(true, Ordering::SeqCst);
    }

    /// Says whether `shutdown` was answered.
    pub(super) fn is_shut_down(&self) -> bool {
        self.inner.shut_down.load(Ordering::SeqCst)
    }

    /// Notes the client's process id; the first one stays.
    pub(super) fn set_client_process(&self, id: i32) {
        // A second `initialize` is refused, so its process id has no meaning.
        let _ = self.inner.client_process.set(id);
    }

    /// Returns the client's process id once `initialize` named one.
    pub(super) fn client_process(&self) -> Option<i32> {
        self.inner.client_process.get().copied()
    }
}
