//! The transport's two ends of the outbox: messages to write, answers that were read.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use futures::{Sink, Stream};
use tower_lsp::jsonrpc::{Request, Response};

use crate::lsp::outbox::Outbox;

/// Both ends, as the transport takes them.
#[derive(Debug)]
pub struct Loopback {
    outbox: Outbox,
}

impl Loopback {
    pub(super) fn new(outbox: Outbox) -> Self {
        Self { outbox }
    }
}

impl tower_lsp::Loopback for Loopback {
    type RequestStream = Outgoing;
    type ResponseSink = Answers;

    fn split(self) -> (Outgoing, Answers) {
        (Outgoing { outbox: self.outbox.clone() }, Answers { outbox: self.outbox })
    }
}

/// The messages to write, one whenever the writer can take it. It never ends by itself.
#[derive(Debug)]
pub struct Outgoing {
    outbox: Outbox,
}

impl Stream for Outgoing {
    type Item = Request;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Request>> {
        let next = self.outbox.queue().poll_next(cx);
        if next.is_ready() {
            self.outbox.shared.room.notify_one();
        }
        next.map(Some)
    }
}

/// The client's answers.
#[derive(Debug)]
pub struct Answers {
    outbox: Outbox,
}

impl Sink<Response> for Answers {
    type Error = Infallible;

    fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, response: Response) -> Result<(), Infallible> {
        self.outbox.answer(response);
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }
}
