//! One request and its answer.

use std::time::Duration;

use agent::message::ModelReply;
use futures::stream::StreamExt;
use reqwest::{RequestBuilder, Response, header::CONTENT_TYPE};
use serde_json::Value;
use sse_stream::SseByteStream;
use tokio::{sync::mpsc, time::timeout};

use crate::{
    failure::{Addressee, FailedAttempt, ServerReport},
    model::{Delta, hand_on},
    openai::{
        call_id::CallIds,
        reply::GrowingReply,
        stream::{self, Patience},
    },
    retry::asked_wait,
};

/// An error's report is read up to this many bytes.
const LONGEST_REPORT: usize = 64 * 1024;

/// An answer that is no stream is read up to this many bytes.
const LONGEST_ANSWER: usize = 16 * 1024 * 1024;

/// How long an error's report may take; what has come by then is used.
const REPORT_TIMEOUT: Duration = Duration::from_secs(10);

/// What one attempt needs to read its answer.
#[derive(Debug, Clone)]
pub(crate) struct Exchange<'a> {
    pub(crate) addressee: &'a Addressee,
    pub(crate) model: &'a str,
    pub(crate) patience: Patience,
    pub(crate) deltas: &'a mpsc::Sender<Delta>,
    pub(crate) call_ids: CallIds,
}

impl Exchange<'_> {
    /// Sends the request and returns the head of the answer.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Response, FailedAttempt> {
        let sent = self.patience.before_first_token(self.addressee, "answer", request.send());
        sent.await?.map_err(|error| self.addressee.unanswered(&error))
    }

    /// Reads a good answer, as a stream or, where the server does not stream, as a whole.
    pub(crate) async fn read(self, response: Response) -> Result<ModelReply, FailedAttempt> {
        let content_type = response.headers().get(CONTENT_TYPE);
        let content_type = content_type.and_then(|it| it.to_str().ok()).unwrap_or_default();
        if content_type.starts_with("text/html") {
            return Err(self.addressee.wrong_address("answers with a web page"));
        }
        if content_type.starts_with("application/json") {
            return self.read_whole(response).await;
        }
        stream::read(self, SseByteStream::new(response.bytes_stream())).await
    }

    /// Reads what a server has to say about an error, and the wait that it asks for.
    pub(crate) async fn read_refusal(
        &self,
        response: Response,
    ) -> (ServerReport, Option<Duration>) {
        let asked_wait = asked_wait(response.headers());
        let status = response.status().as_u16();
        let mut body = Vec::new();
        let mut pieces = response.bytes_stream();
        let reading = async {
            while let Some(Ok(piece)) = pieces.next().await {
                body.extend_from_slice(&piece);
                if body.len() > LONGEST_REPORT {
                    break;
                }
            }
        };
        if timeout(REPORT_TIMEOUT, reading).await.is_err() {
            tracing::debug!(status, "the report of an error did not end in time");
        }
        (ServerReport::from_answer(status, &String::from_utf8_lossy(&body)), asked_wait)
    }

    async fn read_whole(self, response: Response) -> Result<ModelReply, FailedAttempt> {
        let Exchange { addressee, patience, .. } = self;
        let mut body = Vec::new();
        let mut pieces = response.bytes_stream();
        loop {
            // A server that does not stream may send its head long before the body.
            let next = pieces.next();
            let piece = if body.is_empty() {
                patience.before_first_token(addressee, "answer", next).await?
            } else {
                patience.afterwards(addressee, "more of its answer", next).await?
            };
            match piece {
                None => break,
                Some(Err(_)) => return Err(addressee.broken_off("in the middle of an answer")),
                Some(Ok(piece)) => body.extend_from_slice(&piece),
            }
            if body.len() > LONGEST_ANSWER {
                return Err(addressee.not_understood("more than anybody can read"));
            }
        }
        let Ok(answer) = serde_json::from_slice::<Value>(&body) else {
            return Err(addressee.not_understood("something that is not JSON"));
        };
        if answer.get("error").is_some_and(|it| !it.is_null()) {
            let report = ServerReport::from_value(&answer);
            return Err(addressee.refused(&report, None, self.model));
        }
        let mut reply = GrowingReply::default();
        for delta in reply.push(&answer) {
            let delta = match delta {
                Delta::Text(text) => Delta::Whole(text),
                delta => delta,
            };
            hand_on(self.deltas, delta).await;
        }
        if reply.saw_choice() {
            Ok(reply.finish(self.call_ids))
        } else {
            Err(addressee.not_understood("JSON without an answer"))
        }
    }
}
