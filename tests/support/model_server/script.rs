//! What a script consists of: replies, and the events of a streamed one.

use std::time::Duration;

use serde_json::{Value, json};

/// One step of a streamed reply.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    /// An object of the stream.
    Chunk(Value),
    /// A tool call; its index follows from the calls before it.
    Call { id: String, name: String, arguments: String },
    /// Bytes that are sent as they are.
    Raw(Vec<u8>),
    /// A pause.
    Pause(Duration),
    /// The end of the connection, without the end of the answer.
    Drop,
    /// The end of the stream, without the closing mark.
    End,
    /// Silence until the client leaves.
    Hang,
}

/// Returns a piece of visible text.
pub(crate) fn ev_text(text: &str) -> Event {
    ev_delta(&json!({"content": text}))
}

/// Returns a piece of reasoning.
pub(crate) fn ev_thinking(text: &str) -> Event {
    ev_delta(&json!({"reasoning_content": text}))
}

/// Returns a whole tool call, which arrives in several pieces. An empty `id` is left out.
pub(crate) fn ev_call(id: &str, name: &str, arguments: &str) -> Event {
    Event::Call { id: id.to_owned(), name: name.to_owned(), arguments: arguments.to_owned() }
}

/// Returns the end of the model's turn.
pub(crate) fn ev_finish(reason: &str) -> Event {
    Event::Chunk(json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}))
}

/// Returns the count of tokens.
pub(crate) fn ev_usage(prompt: u64, completion: u64) -> Event {
    let usage = json!({
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    });
    Event::Chunk(json!({"choices": [], "usage": usage}))
}

/// Returns a `delta` of any shape.
pub(crate) fn ev_delta(delta: &Value) -> Event {
    Event::Chunk(json!({"choices": [{"index": 0, "delta": delta}]}))
}

/// Returns an error report within the stream.
pub(crate) fn ev_error(message: &str, code: &str) -> Event {
    Event::Chunk(json!({"error": {"message": message, "type": null, "code": code}}))
}

/// An answer to one request.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// Status 200 and a stream; the closing mark is added unless the events end otherwise.
    Stream(Vec<Event>),
    /// A whole body.
    Whole { status: u16, headers: Vec<(&'static str, String)>, body: String },
    /// The connection closes before a byte was sent.
    Reset,
    /// Nothing is sent until the client leaves.
    Silence,
}

impl Reply {
    /// Returns an error answer in the customary shape.
    pub(crate) fn error(status: u16, kind: &str, message: &str) -> Reply {
        Reply::json(status, &json!({"error": {"message": message, "type": kind, "code": null}}))
    }

    /// Returns an answer that is JSON.
    pub(crate) fn json(status: u16, body: &Value) -> Reply {
        Reply::Whole { status, headers: Vec::new(), body: body.to_string() }
            .header("content-type", "application/json")
    }

    /// Adds a header to an answer that is no stream.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Reply {
        match &mut self {
            Reply::Whole { headers, .. } => headers.push((name, value.to_owned())),
            Reply::Stream(_) | Reply::Reset | Reply::Silence => {
                panic!("only a whole answer takes headers")
            }
        }
        self
    }
}

impl From<Vec<Event>> for Reply {
    fn from(events: Vec<Event>) -> Reply {
        Reply::Stream(events)
    }
}
