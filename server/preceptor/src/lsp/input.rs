//! The client's input, with its end made visible.
//!
//! tower-lsp's transport goes on after the end of its input until the last handler is done, which
//! may be never; the session has to end when the input does.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, ReadBuf};

use crate::lsp::signals::Signals;

/// Reads from `inner` and reports its end.
#[derive(Debug)]
pub(super) struct Input<R> {
    inner: R,
    signals: Signals,
}

impl<R> Input<R> {
    pub(super) fn new(inner: R, signals: Signals) -> Self {
        Self { inner, signals }
    }
}

impl<R> AsyncRead for Input<R>
where
    R: AsyncRead + Unpin,
{
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let n_filled = buffer.filled().len();
        let has_room = buffer.remaining() > 0;
        let polled = Pin::new(&mut self.inner).poll_read(cx, buffer);
        match &polled {
            Poll::Ready(Ok(())) if has_room && buffer.filled().len() == n_filled => {
                self.signals.end_of_input();
            }
            Poll::Ready(Err(_)) => self.signals.end_of_input(),
            _ => {}
        }
        polled
    }
}
