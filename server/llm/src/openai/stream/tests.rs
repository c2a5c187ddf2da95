//! Streams cut into pieces at every byte, and streams that end in every way.

use std::{collections::VecDeque, convert::Infallible, time::Duration};

use agent::message::{FailureClass, FinishReason, ModelReply};
use futures::stream;
use sse_stream::SseByteStream;
use tokio::sync::mpsc;

use super::{Patience, read};
use crate::{
    failure::{Addressee, FailedAttempt},
    model::{Delta, Role},
    openai::{call_id::CallIds, exchange::Exchange},
    redact::Redactor,
    retry::Hope,
};

/// A stream with everything in it: a comment, a named event, both line ends, text of several bytes
/// a character, reasoning, two calls, and usage after the finish reason.
const STREAM: &str = concat!(
    ": processing\n\n",
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":null}}]}\n\n",
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"hm…\"}}]}\r\n\r\n",
    "event: message\n",
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Größe 🦀\"}}]}\n\n",
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"A\",",
    "\"function\":{\"name\":\"bash\",\"arguments\":\"{\\\"c\"}}]}}]}\n\n",
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,",
    "\"function\":{\"arguments\":\"\\\":\\\"ä\\\"}\"}},{\"index\":1,\"id\":\"B\",",
    "\"function\":{\"name\":\"read\",\"arguments\":\"{}\"}}]}}]}\n\n",
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\n",
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":9}}\n\n",
    "data: [DONE]\n\n",
);

fn read_pieces<'p>(
    pieces: impl IntoIterator<Item = &'p [u8]>,
) -> (Result<ModelReply, FailedAttempt>, Vec<Delta>) {
    let pieces: Vec<Result<VecDeque<u8>, Infallible>> =
        pieces.into_iter().map(|it| Ok(it.iter().copied().collect())).collect();
    let addressee = Addressee {
        role: Role::Student,
        base_url: "http://gpu/v1".to_owned(),
        listens_on: "http://gpu".to_owned(),
        api_key_env: "KEY".to_owned(),
        has_key: false,
        redactor: Redactor::default(),
    };
    let (deltas, mut received) = mpsc::channel(100);
    let exchange = Exchange {
        addressee: &addressee,
        model: "tiny",
        patience: Patience { first_token: None, idle: Duration::from_secs(60) },
        deltas: &deltas,
        call_ids: CallIds::default(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let events = SseByteStream::new(stream::iter(pieces));
    let outcome = runtime.block_on(read(exchange, events));
    drop(deltas);
    let deltas = std::iter::from_fn(|| received.try_recv().ok()).collect();
    (outcome, deltas)
}

fn read_text(text: &str) -> Result<ModelReply, FailedAttempt> {
    read_pieces([text.as_bytes()]).0
}

#[test]
fn a_stream_reads_the_same_however_it_is_cut() {
    let (whole, deltas) = read_pieces([STREAM.as_bytes()]);
    let whole = whole.unwrap();
    assert_eq!(whole.content, "Größe 🦀");
    assert_eq!(whole.thinking.as_deref(), Some("hm…"));
    assert_eq!(whole.finish_reason, FinishReason::ToolCalls);
    let calls: Vec<String> = whole
        .tool_calls
        .iter()
        .map(|it| format!("{} {} {}", it.id, it.name, it.arguments))
        .collect();
    assert_eq!(calls, [r#"A bash {"c":"ä"}"#, "B read {}"]);
    assert_eq!(whole.usage.map(|it| (it.prompt_tokens, it.completion_tokens)), Some((7, 9)));
    assert_eq!(deltas, [Delta::Thinking("hm…".into()), Delta::Text("Größe 🦀".into())]);

    for cut in 1..STREAM.len() {
        let (head, tail) = STREAM.as_bytes().split_at(cut);
        let (reply, deltas_of_pieces) = read_pieces([head, tail]);
        assert_eq!((reply.as_ref(), &deltas_of_pieces), (Ok(&whole), &deltas), "cut at byte {cut}");
    }
    let (reply, _) = read_pieces(STREAM.as_bytes().chunks(1));
    assert_eq!(reply, Ok(whole));
}

#[test]
fn a_stream_that_ends_anywhere_is_whole_or_a_broken_connection() {
    let finished = STREAM.find("\"tool_calls\"}]}\n\n").unwrap() + "\"tool_calls\"}]}\n\n".len();
    for end in 0..STREAM.len() {
        let (outcome, deltas) = read_pieces([&STREAM.as_bytes()[..end]]);
        match outcome {
            Ok(reply) => {
                assert!(end >= finished, "a reply at byte {end}");
                assert_eq!(reply.finish_reason, FinishReason::ToolCalls);
            }
            Err(failed) => {
                assert!(end < finished, "{failed:?} at byte {end}");
                assert_eq!(failed.failure.class, FailureClass::Network);
                assert_eq!(failed.hope == Hope::None, !deltas.is_empty(), "at byte {end}");
            }
        }
    }
}

#[test]
fn an_error_within_a_stream_is_a_failure() {
    let failed = read_text(
        "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n\
         data: {\"error\":{\"message\":\"upstream went away\",\"code\":\"500\"}}\n\n",
    )
    .unwrap_err();
    assert_eq!(failed.failure.class, FailureClass::Server);
    assert_eq!(
        failed.failure.message,
        "The model server at http://gpu failed (HTTP 500). It says: upstream went away. Its log says more; try again when it is well."
    );
    assert_eq!(failed.hope, Hope::Transient(None));
}

#[test]
fn an_error_event_counts_whatever_its_shape() {
    let failed = read_text("event: error\ndata: {\"message\":\"out of memory\"}\n\n").unwrap_err();
    assert_eq!(failed.failure.class, FailureClass::Server);
    assert_eq!(failed.reason, "the server reported an error: out of memory.");
}

#[test]
fn an_error_that_is_null_is_none() {
    let reply = read_text(
        "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"error\":null}\n\ndata: [DONE]\n\n",
    );
    assert_eq!(reply.unwrap().content, "a");
}

#[test]
fn what_is_neither_json_nor_utf8_is_not_understood() {
    let failed = read_text("data: {oops\n\n").unwrap_err();
    assert_eq!(
        failed.failure.message,
        "The model server at http://gpu answered with a stream that is not JSON: does `student.base_url` name an OpenAI-compatible address, usually one that ends in /v1?"
    );
    let (outcome, _) = read_pieces([&b"data: \xff\xfe\n\n"[..]]);
    assert_eq!(outcome.unwrap_err().failure.class, FailureClass::Protocol);
}

#[test]
fn a_stream_that_ends_without_any_answer_is_not_understood() {
    let failed = read_text("data: [DONE]\n\n").unwrap_err();
    assert_eq!(failed.failure.class, FailureClass::Protocol);
}

#[test]
fn a_reply_may_be_empty() {
    let reply = read_text("data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n");
    assert_eq!(reply.unwrap().finish_reason, FinishReason::Stop);
}
