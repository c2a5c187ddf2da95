//! Reads a reply from a stream of server-sent events.

use std::time::Duration;

use agent::message::ModelReply;
use futures::stream::{Stream, StreamExt};
use serde_json::Value;
use sse_stream::Sse;
use tokio::{
    sync::mpsc,
    time::{Instant, timeout, timeout_at},
};

use crate::{
    failure::{Addressee, FailedAttempt, ServerReport},
    model::{Delta, hand_on},
    openai::{exchange::Exchange, reply::GrowingReply},
    retry::Hope,
};

/// How long to wait for a server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// When the first token must have come, and the limit that this moment follows from.
    pub(crate) first_token: Option<(Instant, Duration)>,
    /// The longest pause afterwards.
    pub(crate) idle: Duration,
}

impl Patience {
    /// Waits for something that comes before the first token. `what` completes "sent no …".
    pub(crate) async fn before_first_token<T>(
        self,
        addressee: &Addressee,
        what: &str,
        coming: impl Future<Output = T>,
    ) -> Result<T, FailedAttempt> {
        match self.first_token {
            None => Ok(coming.await),
            Some((deadline, limit)) => timeout_at(deadline, coming)
                .await
                .map_err(|_| addressee.silent(what, limit, Some("first_token_timeout_s"))),
        }
    }

    /// Waits for something that comes after the first token.
    pub(crate) async fn afterwards<T>(
        self,
        addressee: &Addressee,
        what: &str,
        coming: impl Future<Output = T>,
    ) -> Result<T, FailedAttempt> {
        let silent = |_| addressee.silent(what, self.idle, Some("idle_timeout_s"));
        timeout(self.idle, coming).await.map_err(silent)
    }
}

/// Reads events until the reply is complete.
pub(crate) async fn read<S>(exchange: Exchange<'_>, events: S) -> Result<ModelReply, FailedAttempt>
where
    S: Stream<Item = Result<Sse, sse_stream::Error>> + Unpin,
{
    let mut reply = GrowingReply::default();
    match read_events(&exchange, events, &mut reply).await {
        Ok(()) => Ok(reply.finish(exchange.call_ids)),
        Err(mut failed) => {
            // Another attempt would show the same words again.
            if reply.has_been_shown() {
                failed.hope = Hope::None;
            }
            Err(failed)
        }
    }
}

/// Takes in one object and hands on what there is to show.
pub(crate) async fn take_in(piece: &Value, reply: &mut GrowingReply, deltas: &mpsc::Sender<Delta>) {
    for delta in reply.push(piece) {
        hand_on(deltas, delta).await;
    }
}

async fn read_events<S>(
    exchange: &Exchange<'_>,
    mut events: S,
    reply: &mut GrowingReply,
) -> Result<(), FailedAttempt>
where
    S: Stream<Item = Result<Sse, sse_stream::Error>> + Unpin,
{
    let Exchange { addressee, patience, model, deltas, .. } = exchange;
    loop {
        let next = events.next();
        let event = if reply.has_begun() {
            patience.afterwards(addressee, "more of its answer", next).await?
        } else {
            patience.before_first_token(addressee, "first token", next).await?
        };
        let event = match event {
            Some(Ok(event)) => event,
            // What follows the finish reason is only the usage.
            Some(Err(_)) | None if reply.is_finished() => return Ok(()),
            Some(Err(sse_stream::Error::Utf8Parse(_))) => {
                return Err(addressee.not_understood("a stream that is not UTF-8"));
            }
            Some(Err(_)) | None if reply.saw_choice() => {
                return Err(addressee.broken_off("in the middle of an answer"));
            }
            Some(Err(_)) | None => return Err(addressee.broken_off("before an answer came")),
        };
        let data = event.data.as_deref().unwrap_or_default().trim();
        if data == "[DONE]" {
            break;
        }
        if data.is_empty() {
            continue;
        }
        let Ok(piece) = serde_json::from_str::<Value>(data) else {
            return Err(addressee.not_understood("a stream that is not JSON"));
        };
        let is_error = event.event.as_deref() == Some("error")
            || piece.get("error").is_some_and(|it| !it.is_null());
        if is_error {
            let report = ServerReport::from_value(&piece);
            return Err(addressee.refused(&report, None, model));
        }
        take_in(&piece, reply, deltas).await;
    }
    if reply.saw_choice() {
        Ok(())
    } else {
        Err(addressee.not_understood("a stream without an answer"))
    }
}

#[cfg(test)]
mod tests;
