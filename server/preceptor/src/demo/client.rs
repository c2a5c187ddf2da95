//! LSP frames over a server's streams, seen from the editor's side.
//!
//! Knows nothing of what the messages mean.

use anyhow::{Context, bail};
use serde_json::{Value, json};
use tokio::{
    io::{
        AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt,
        BufReader,
    },
    sync::mpsc,
};
use tokio_util::task::AbortOnDropHandle;

/// Messages that may wait to be looked at; when there are more, the server waits.
const QUEUED_MESSAGES: usize = 256;

/// Longest message that is read, in bytes: far above anything that the server sends.
const MAX_MESSAGE_BYTES: usize = 64 * 1024 * 1024;

/// The editor's end of a connection.
pub(super) struct Client {
    writer: Box<dyn AsyncWrite + Send + Unpin>,
    incoming: mpsc::Receiver<anyhow::Result<Incoming>>,
    last_id: i64,
    _reader: AbortOnDropHandle<()>,
}

/// What a server sends.
#[derive(Debug)]
pub(super) enum Incoming {
    /// Wants an answer.
    Request {
        /// Goes into the answer as it is.
        id: Value,
        method: String,
        params: Value,
    },
    /// Wants none.
    Notification { method: String, params: Value },
    /// Answers a request of ours.
    Answer {
        id: i64,
        /// The result, or the server's sentence about why there is none.
        outcome: Result<Value, String>,
    },
}

impl Client {
    /// Starts to read what the server sends.
    pub(super) fn new(
        reader: impl AsyncRead + Send + Unpin + 'static,
        writer: impl AsyncWrite + Send + Unpin + 'static,
    ) -> Self {
        let (sender, incoming) = mpsc::channel(QUEUED_MESSAGES);
        let task = tokio::spawn(async move {
            let mut reader = BufReader::new(reader);
            loop {
                let message = read(&mut reader).await;
                let is_last = message.is_err();
                if sender.send(message).await.is_err() || is_last {
                    return;
                }
            }
        });
        Self {
            writer: Box::new(writer),
            incoming,
            last_id: 0,
            _reader: AbortOnDropHandle::new(task),
        }
    }

    /// Sends a request and returns the number that its answer will carry.
    pub(super) async fn request(&mut self, method: &str, params: &Value) -> anyhow::Result<i64> {
        self.last_id += 1;
        let id = self.last_id;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))
            .await?;
        Ok(id)
    }

    /// Sends a notification.
    pub(super) async fn notify(&mut self, method: &str, params: &Value) -> anyhow::Result<()> {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params })).await
    }

    /// Answers a request of the server.
    pub(super) async fn answer(&mut self, id: &Value, result: &Value) -> anyhow::Result<()> {
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "result": result })).await
    }

    /// Answers a request of the server that this editor does not know.
    pub(super) async fn refuse(&mut self, id: &Value, method: &str) -> anyhow::Result<()> {
        let error = json!({ "code": -32601, "message": format!("{method} is not known here") });
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "error": error })).await
    }

    /// Returns the next message; fails when there are no more. Dropping the future loses nothing.
    pub(super) async fn receive(&mut self) -> anyhow::Result<Incoming> {
        self.incoming.recv().await.context("the server has ended")?
    }

    async fn send(&mut self, message: &Value) -> anyhow::Result<()> {
        let body = message.to_string();
        let frame = format!("Content-Length: {}\r\n\r\n{body}", body.len());
        let sent = async {
            self.writer.write_all(frame.as_bytes()).await?;
            self.writer.flush().await
        };
        sent.await.context("writing to the server")
    }
}

async fn read(reader: &mut (impl AsyncBufRead + Unpin)) -> anyhow::Result<Incoming> {
    let mut n_bytes = None;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).await.context("reading from the server")? == 0 {
            bail!("the server has ended");
        }
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("Content-Length") => {
                n_bytes = value.trim().parse().ok();
            }
            Some(_) => {}
            None => break,
        }
    }
    let n_bytes = n_bytes
        .filter(|n_bytes| *n_bytes <= MAX_MESSAGE_BYTES)
        .context("the server sent a message without a usable length")?;
    let mut body = vec![0; n_bytes];
    reader.read_exact(&mut body).await.context("reading from the server")?;
    let message = serde_json::from_slice(&body).context("the server sent something but JSON")?;
    Incoming::new(message)
}

impl Incoming {
    fn new(mut message: Value) -> anyhow::Result<Self> {
        let mut take = |key: &str| message.get_mut(key).map(Value::take);
        let (id, method, params) = (take("id"), take("method"), take("params"));
        let params = params.unwrap_or_default();
        match (id, method) {
            (Some(id), Some(Value::String(method))) => Ok(Self::Request { id, method, params }),
            (None, Some(Value::String(method))) => Ok(Self::Notification { method, params }),
            (Some(id), None) => {
                let id = id.as_i64().context("the server answered what was never asked")?;
                let outcome = match take("error") {
                    Some(error) => Err(sentence(&error)),
                    None => Ok(take("result").unwrap_or_default()),
                };
                Ok(Self::Answer { id, outcome })
            }
            _ => bail!("the server sent JSON that is no message"),
        }
    }
}

fn sentence(error: &Value) -> String {
    match error.get("message").and_then(Value::as_str) {
        Some(message) => message.to_owned(),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use expect_test::{Expect, expect};

    use super::read;

    async fn check(bytes: &str, expected: Expect) {
        let shown = match read(&mut Cursor::new(bytes)).await {
            Ok(incoming) => format!("{incoming:?}"),
            Err(error) => format!("{error:#}"),
        };
        expected.assert_eq(&shown);
    }

    fn frame(body: &str) -> String {
        format!("Content-Type: x\r\ncontent-length: {}\r\n\r\n{body}", body.len())
    }

    #[tokio::test]
    async fn the_three_kinds_of_messages_are_told_apart() {
        check(
            &frame(r#"{"id": "a", "method": "m", "params": [1]}"#),
            expect![[r#"Request { id: String("a"), method: "m", params: Array [Number(1)] }"#]],
        )
        .await;
        check(
            &frame(r#"{"method": "m"}"#),
            expect![[r#"Notification { method: "m", params: Null }"#]],
        )
        .await;
        check(
            &frame(r#"{"id": 3, "result": null}"#),
            expect!["Answer { id: 3, outcome: Ok(Null) }"],
        )
        .await;
        check(
            &frame(r#"{"id": 3, "error": {"code": 1, "message": "no"}}"#),
            expect![[r#"Answer { id: 3, outcome: Err("no") }"#]],
        )
        .await;
    }

    #[tokio::test]
    async fn what_is_no_message_is_said() {
        check("", expect!["the server has ended"]).await;
        check("X: 1\r\n\r\n{}", expect!["the server sent a message without a usable length"]).await;
        check(&frame("{}"), expect!["the server sent JSON that is no message"]).await;
        check(
            &frame("{"),
            expect![
                "the server sent something but JSON: EOF while parsing an object at line 1 column 1"
            ],
        )
        .await;
    }
}
