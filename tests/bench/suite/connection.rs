//! LSP frames over a server's standard streams, with the time of arrival of each.
//!
//! Knows nothing of what the messages mean, but that requests of the server want an answer.

use std::time::Instant;

use anyhow::{Context, bail};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{ChildStdin, ChildStdout},
    sync::mpsc,
};
use tokio_util::task::AbortOnDropHandle;

/// Messages that may wait in either direction; when there are more, their sender waits.
const QUEUED_MESSAGES: usize = 4096;

/// A message of the server.
#[derive(Debug)]
pub(crate) struct Received {
    /// When its last byte was read.
    pub(crate) at: Instant,
    pub(crate) message: Value,
}

/// An editor's end of a connection. Requests of the server are answered at once, by themselves.
#[derive(Debug)]
pub(crate) struct Connection {
    outgoing: mpsc::Sender<Vec<u8>>,
    incoming: mpsc::Receiver<Received>,
    _reader: AbortOnDropHandle<()>,
    _writer: AbortOnDropHandle<()>,
}

impl Connection {
    pub(crate) fn new(stdin: ChildStdin, stdout: ChildStdout) -> Self {
        let (outgoing, to_write) = mpsc::channel(QUEUED_MESSAGES);
        let (read, incoming) = mpsc::channel(QUEUED_MESSAGES);
        let reader = tokio::spawn(receive_all(stdout, read, outgoing.clone()));
        let writer = tokio::spawn(send_all(stdin, to_write));
        Self {
            outgoing,
            incoming,
            _reader: AbortOnDropHandle::new(reader),
            _writer: AbortOnDropHandle::new(writer),
        }
    }

    /// Sends a frame and returns when that began.
    pub(crate) async fn send(&self, frame: Vec<u8>) -> anyhow::Result<Instant> {
        let started = Instant::now();
        self.outgoing.send(frame).await.ok().context("the server has ended")?;
        Ok(started)
    }

    /// Waits for the next message.
    pub(crate) async fn receive(&mut self) -> anyhow::Result<Received> {
        self.incoming.recv().await.context("the server has ended")
    }

    /// Forgets what has arrived and was not looked at.
    pub(crate) fn forget_arrived(&mut self) {
        while self.incoming.try_recv().is_ok() {}
    }
}

/// Returns the bytes of a message. Made before the clock starts: an editor's own work is not
/// measured.
pub(crate) fn frame(message: &Value) -> Vec<u8> {
    let body = message.to_string();
    format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

async fn send_all(mut stdin: ChildStdin, mut frames: mpsc::Receiver<Vec<u8>>) {
    while let Some(frame) = frames.recv().await {
        if stdin.write_all(&frame).await.is_err() || stdin.flush().await.is_err() {
            return;
        }
    }
}

async fn receive_all(
    stdout: ChildStdout,
    received: mpsc::Sender<Received>,
    answers: mpsc::Sender<Vec<u8>>,
) {
    let mut reader = BufReader::with_capacity(64 * 1024, stdout);
    while let Ok(body) = read(&mut reader).await {
        let at = Instant::now();
        let Ok(message @ Value::Object(_)) = serde_json::from_slice(&body) else { return };
        let sent = match answer(&message) {
            Some(answer) => answers.send(frame(&answer)).await.is_ok(),
            None => received.send(Received { at, message }).await.is_ok(),
        };
        if !sent {
            return;
        }
    }
}

async fn read(reader: &mut BufReader<ChildStdout>) -> anyhow::Result<Vec<u8>> {
    let mut n_bytes = None;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).await? == 0 {
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
    let mut body = vec![0; n_bytes.context("a message has no length")?];
    reader.read_exact(&mut body).await?;
    Ok(body)
}

/// Returns the answer to a request of the server: an editor without settings that agrees to
/// everything.
fn answer(message: &Value) -> Option<Value> {
    let id = message.get("id")?;
    let result = match message.get("method")?.as_str()? {
        "workspace/configuration" => {
            let items = message.pointer("/params/items").and_then(Value::as_array);
            Value::Array(vec![Value::Null; items.map_or(0, Vec::len)])
        }
        _ => Value::Null,
    };
    Some(json!({"jsonrpc": "2.0", "id": id, "result": result}))
}
