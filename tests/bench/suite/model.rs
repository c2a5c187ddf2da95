//! A model server that says one long thing, as fast as it is read, or calls a command that floods its
//! output where it is offered tools.
//!
//! It speaks as much HTTP as one client needs: each connection gets one answer and is closed.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::Context;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};
use tokio_util::task::AbortOnDropHandle;

/// What each chunk says.
const WORD: &str = "another word, ";

/// What a model that is offered tools runs; it ends by being stopped.
const FLOOD: &str = "yes 'one more line of output'";

/// The server; it ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Model {
    address: SocketAddr,
    n_chunks: usize,
    last_writing: Arc<Mutex<Option<Duration>>>,
    _serving: AbortOnDropHandle<()>,
}

impl Model {
    /// Starts a server on a free port of this machine, whose replies have `n_chunks` chunks.
    pub(crate) async fn start(n_chunks: usize) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("finding a free port")?;
        let address = listener.local_addr()?;
        let last_writing = Arc::new(Mutex::new(None));
        let noted = Arc::clone(&last_writing);
        let serving = AbortOnDropHandle::new(tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                // Requests come one after the other, and a client that leaves is no concern.
                if let Ok(Some(took)) = answer(connection, n_chunks).await {
                    *noted.lock().unwrap_or_else(PoisonError::into_inner) = Some(took);
                }
            }
        }));
        Ok(Self { address, n_chunks, last_writing, _serving: serving })
    }

    /// Starts a server whose replies have no end.
    pub(crate) async fn start_endless() -> anyhow::Result<Self> {
        Self::start(usize::MAX).await
    }

    /// Returns the settings of a student that is this model and may do everything.
    pub(crate) fn settings(&self) -> Value {
        let base_url = format!("http://{}/v1", self.address);
        json!({
            "student": {"base_url": base_url, "model": "bench", "context_window": 32_768},
            "budget": {"unknown_price": "allow"},
            "approval": {"mode": "full"},
        })
    }

    /// Returns the length of the text of a reply.
    pub(crate) fn n_bytes(&self) -> usize {
        self.n_chunks * WORD.len()
    }

    /// Returns how long the last reply took from the request's arrival until all was handed to
    /// the system: what would pass without any server in between.
    pub(crate) fn last_writing(&self) -> Option<Duration> {
        *self.last_writing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answer(connection: TcpStream, n_chunks: usize) -> io::Result<Option<Duration>> {
    connection.set_nodelay(true)?;
    let mut connection = BufReader::new(connection);
    let (request, n_bytes) = head(&mut connection).await?;
    let mut body = vec![0; n_bytes];
    connection.read_exact(&mut body).await?;
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let connection = connection.get_mut();
    if !request.starts_with("POST /v1/chat/completions ") {
        let response = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        connection.write_all(response.as_bytes()).await?;
        return Ok(None);
    }
    let chunk = event(&json!({"choices": [{"index": 0, "delta": {"content": WORD}}]}));
    let end = event(&json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}));
    let started = Instant::now();
    let response =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
    connection.write_all(response.as_bytes()).await?;
    if body.get("tools").is_some() {
        connection.write_all(event(&flood()).as_bytes()).await?;
    } else {
        for _ in 0..n_chunks {
            // One write each: as model servers do, who have the words one by one.
            connection.write_all(chunk.as_bytes()).await?;
        }
        connection.write_all(end.as_bytes()).await?;
    }
    connection.write_all(b"data: [DONE]\n\n").await?;
    connection.shutdown().await?;
    Ok(Some(started.elapsed()))
}

fn flood() -> Value {
    let function = json!({"name": "bash", "arguments": json!({"command": FLOOD}).to_string()});
    let call = json!({"index": 0, "id": "call_1", "type": "function", "function": function});
    json!({"choices": [{
        "index": 0, "delta": {"tool_calls": [call]}, "finish_reason": "tool_calls",
    }]})
}

/// Returns the first line of a request and the length of its body.
async fn head(connection: &mut BufReader<TcpStream>) -> io::Result<(String, usize)> {
    let mut request = String::new();
    connection.read_line(&mut request).await?;
    let mut n_bytes = 0;
    loop {
        let mut line = String::new();
        if connection.read_line(&mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("Content-Length") => {
                n_bytes = value.trim().parse().map_err(io::Error::other)?;
            }
            Some(_) => {}
            None => return Ok((request, n_bytes)),
        }
    }
}

fn event(data: &Value) -> String {
    format!("data: {data}\n\n")
}
