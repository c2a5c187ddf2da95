//! The queue behind the outbox: first in, first out, but a document's diagnostics keep one place.

use std::{
    collections::{HashMap, VecDeque},
    task::{Context, Poll, Waker},
};

use tokio::sync::oneshot;
use tower_lsp::{
    jsonrpc::{Id, Request},
    lsp_types::{
        PublishDiagnosticsParams, Url,
        notification::{Notification, PublishDiagnostics},
    },
};
use tracing::error;

/// What waits for the writer.
#[derive(Debug)]
pub(super) struct Queue {
    entries: VecDeque<Entry>,
    /// The latest publish of each document that has a place in `entries`.
    diagnostics: HashMap<Url, PublishDiagnosticsParams>,
    capacity: usize,
    is_open: bool,
    writer: Option<Waker>,
}

#[derive(Debug)]
enum Entry {
    Message(Request),
    Diagnostics(Url),
    /// Nothing to write: somebody waits until all before it has left.
    Mark(oneshot::Sender<()>),
}

impl Queue {
    /// Returns a closed queue for `capacity` messages; diagnostics do not count.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            diagnostics: HashMap::new(),
            capacity,
            is_open: false,
            writer: None,
        }
    }

    pub(super) fn open(&mut self) {
        self.is_open = true;
        self.wake();
    }

    /// Appends a message, or hands it back if there is no room.
    pub(super) fn try_push(&mut self, request: Request) -> Result<(), Request> {
        if self.n_messages() >= self.capacity {
            return Err(request);
        }
        self.entries.push_back(Entry::Message(request));
        self.wake();
        Ok(())
    }

    /// Tells the sender when all that waits now has left.
    pub(super) fn mark(&mut self, sender: oneshot::Sender<()>) {
        self.entries.push_back(Entry::Mark(sender));
        self.wake();
    }

    pub(super) fn publish(&mut self, params: PublishDiagnosticsParams) {
        let uri = params.uri.clone();
        if self.diagnostics.insert(uri.clone(), params).is_none() {
            self.entries.push_back(Entry::Diagnostics(uri));
            self.wake();
        }
    }

    /// Takes out the request with this id; `false` if it has left already.
    pub(super) fn remove(&mut self, id: &Id) -> bool {
        let place = self
            .entries
            .iter()
            .position(|entry| matches!(entry, Entry::Message(request) if request.id() == Some(id)));
        place.is_some_and(|idx| self.entries.remove(idx).is_some())
    }

    /// Returns the next message for the writer.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Request> {
        while self.is_open
            && let Some(entry) = self.entries.pop_front()
        {
            match entry {
                Entry::Message(request) => return Poll::Ready(request),
                Entry::Mark(sender) => {
                    // Who does not wait any more need not be told.
                    let _ = sender.send(());
                }
                Entry::Diagnostics(uri) => {
                    if let Some(request) = self.diagnostics.remove(&uri).and_then(publish_request) {
                        return Poll::Ready(request);
                    }
                }
            }
        }
        self.writer = Some(cx.waker().clone());
        Poll::Pending
    }

    fn n_messages(&self) -> usize {
        self.entries.len() - self.diagnostics.len()
    }

    fn wake(&mut self) {
        if self.is_open
            && let Some(writer) = self.writer.take()
        {
            writer.wake();
        }
    }
}

/// Diagnostics become JSON only when they leave: most publishes of a burst never do.
fn publish_request(params: PublishDiagnosticsParams) -> Option<Request> {
    match serde_json::to_value(params) {
        Ok(params) => Some(Request::build(PublishDiagnostics::METHOD).params(params).finish()),
        Err(error) => {
            error!(%error, "diagnostics cannot be written");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use tokio::sync::oneshot;
    use tower_lsp::{
        jsonrpc::Request,
        lsp_types::{PublishDiagnosticsParams, Url},
    };

    use super::Queue;

    fn drain(queue: &mut Queue) -> Vec<String> {
        let mut lines = Vec::new();
        while let Poll::Ready(request) = queue.poll_next(&mut Context::from_waker(Waker::noop())) {
            let version = request.params().and_then(|params| params.get("version").cloned());
            let version = version.map(|version| format!(" v{version}")).unwrap_or_default();
            lines.push(format!("{}{version}", request.method()));
        }
        lines
    }

    fn diagnostics(name: &str, version: i32) -> PublishDiagnosticsParams {
        let uri = Url::parse(&format!("file:///{name}/SKILL.md")).unwrap();
        PublishDiagnosticsParams::new(uri, Vec::new(), Some(version))
    }

    fn message(method: &'static str) -> Request {
        Request::build(method).finish()
    }

    #[test]
    fn nothing_leaves_a_closed_queue() {
        let mut queue = Queue::new(4);
        queue.try_push(message("a")).unwrap();
        assert!(drain(&mut queue).is_empty());
        queue.open();
        assert_eq!(drain(&mut queue), ["a"]);
    }

    #[test]
    fn the_latest_diagnostics_of_a_document_take_the_first_ones_place() {
        let mut queue = Queue::new(4);
        queue.open();
        queue.publish(diagnostics("a", 1));
        queue.try_push(message("event")).unwrap();
        queue.publish(diagnostics("b", 1));
        queue.publish(diagnostics("a", 2));
        let publish = "textDocument/publishDiagnostics";
        assert_eq!(
            drain(&mut queue),
            [format!("{publish} v2"), "event".to_owned(), format!("{publish} v1")]
        );
    }

    #[test]
    fn a_full_queue_hands_messages_back_but_takes_diagnostics() {
        let mut queue = Queue::new(1);
        queue.open();
        queue.try_push(message("first")).unwrap();
        assert_eq!(queue.try_push(message("second")).unwrap_err().method(), "second");
        queue.publish(diagnostics("a", 1));
        assert_eq!(drain(&mut queue).len(), 2);
        queue.try_push(message("second")).unwrap();
    }

    #[test]
    fn a_mark_is_told_once_all_before_it_has_left() {
        let mut queue = Queue::new(4);
        queue.open();
        queue.try_push(message("before")).unwrap();
        let (sender, mut receiver) = oneshot::channel();
        queue.mark(sender);
        queue.try_push(message("behind")).unwrap();
        let mut cx = Context::from_waker(Waker::noop());
        assert!(queue.poll_next(&mut cx).is_ready());
        assert!(receiver.try_recv().is_err(), "what was before it is just leaving");
        assert_eq!(drain(&mut queue), ["behind"]);
        assert_eq!(receiver.try_recv(), Ok(()));
    }

    #[test]
    fn a_request_that_waits_can_be_taken_back() {
        let mut queue = Queue::new(4);
        queue.open();
        queue.try_push(Request::build("ask").id(7).finish()).unwrap();
        assert!(queue.remove(&7.into()));
        assert!(!queue.remove(&7.into()));
        assert!(drain(&mut queue).is_empty());
    }
}
