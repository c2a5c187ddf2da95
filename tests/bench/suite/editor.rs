//! An editor that times what it asks of a server.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, anyhow, bail};
use serde_json::{Value, json};
use tokio::process::Child;
use tower_lsp::lsp_types::Url;

use crate::suite::{
    arguments::NamedCommand,
    connection::{Connection, Received, frame},
    typing_place::TypingPlace,
};

/// A running server and the editor's side of the conversation.
#[derive(Debug)]
pub(crate) struct Editor {
    connection: Connection,
    process: Child,
    /// The process that was started; a server's own children do not count.
    pub(crate) process_id: u32,
    /// What the server said it can.
    pub(crate) capabilities: Value,
    /// From the start of the process to the answer of `initialize`.
    pub(crate) start: Duration,
    bound: Duration,
    last_id: i64,
}

/// A document that the server knows.
#[derive(Debug)]
pub(crate) struct OpenDocument {
    /// The document's address.
    pub(crate) uri: String,
    /// What the server found in the current version.
    pub(crate) diagnostics: Vec<Value>,
    text: String,
    version: i64,
    typing: TypingPlace,
}

/// A server's answer to a request.
#[derive(Debug)]
struct Answer {
    sent: Instant,
    at: Instant,
    result: Value,
}

impl Editor {
    /// Starts a server and initializes it. The folder `dir` is its workspace.
    pub(crate) async fn start(
        command: &NamedCommand,
        dir: &Path,
        bound: Duration,
        initialization_options: Value,
    ) -> anyhow::Result<Self> {
        let root = uri(dir)?;
        let started = Instant::now();
        let mut process = command.spawn(dir, &[])?;
        let stdin = process.stdin.take().context("the server has no standard input")?;
        let stdout = process.stdout.take().context("the server has no standard output")?;
        let process_id = process.id().context("the server has ended")?;
        let mut editor = Self {
            connection: Connection::new(stdin, stdout),
            process,
            process_id,
            capabilities: Value::Null,
            start: Duration::ZERO,
            bound,
            last_id: 0,
        };
        let params = json!({
            "processId": std::process::id(),
            "rootUri": root,
            "workspaceFolders": [{"uri": root, "name": "bench"}],
            "capabilities": capabilities(),
            "initializationOptions": initialization_options,
        });
        let mut initialized = editor.exchange("initialize", &params).await?;
        editor.start = initialized.at.duration_since(started);
        editor.capabilities = taken(&mut initialized.result, "/capabilities");
        editor.notify("initialized", &json!({})).await?;
        Ok(editor)
    }

    /// Sends a request and returns how long the answer took, and the result.
    pub(crate) async fn request(
        &mut self,
        method: &str,
        params: &Value,
    ) -> anyhow::Result<(Duration, Value)> {
        let answer = self.exchange(method, params).await?;
        Ok((answer.at.duration_since(answer.sent), answer.result))
    }

    /// Sends a request whose answer the caller looks for, and returns when, and its number.
    pub(crate) async fn send_request(
        &mut self,
        method: &str,
        params: &Value,
    ) -> anyhow::Result<(Instant, i64)> {
        self.last_id += 1;
        let id = self.last_id;
        let mut message = json!({"jsonrpc": "2.0", "id": id, "method": method});
        if !params.is_null() {
            message["params"] = params.clone();
        }
        let message = frame(&message);
        self.connection.forget_arrived();
        Ok((self.connection.send(message).await?, id))
    }

    /// Opens a document and returns how long its diagnostics took.
    pub(crate) async fn open(
        &mut self,
        path: &Path,
        text: String,
    ) -> anyhow::Result<(Duration, OpenDocument)> {
        let mut document = OpenDocument {
            uri: uri(path)?.into(),
            diagnostics: Vec::new(),
            typing: TypingPlace::find(&text).context("the text has no place to type at")?,
            text,
            version: 1,
        };
        let params = json!({"textDocument": {
            "uri": document.uri,
            "languageId": "markdown",
            "version": document.version,
            "text": document.text,
        }});
        let took = self.tell("textDocument/didOpen", &params, &mut document).await?;
        Ok((took, document))
    }

    /// Types one character in the middle of a document and returns how long the diagnostics of
    /// that version took. A server gets what it asked for: the change or the whole text.
    pub(crate) async fn type_character(
        &mut self,
        document: &mut OpenDocument,
    ) -> anyhow::Result<Duration> {
        let typing = &mut document.typing;
        let place = json!({"line": typing.line, "character": typing.column});
        document.text.insert(typing.offset, 'x');
        typing.offset += 1;
        typing.column += 1;
        document.version += 1;
        let change = if self.wants_whole_texts() {
            json!({"text": document.text})
        } else {
            json!({"range": {"start": place, "end": place}, "text": "x"})
        };
        let params = json!({
            "textDocument": {"uri": document.uri, "version": document.version},
            "contentChanges": [change],
        });
        self.tell("textDocument/didChange", &params, document).await
    }

    /// Closes a document.
    pub(crate) async fn close(&mut self, document: OpenDocument) -> anyhow::Result<()> {
        let params = json!({"textDocument": {"uri": document.uri}});
        self.notify("textDocument/didClose", &params).await
    }

    /// Waits for a message of the server that `pick` takes.
    pub(crate) async fn wait_for<T>(
        &mut self,
        what: &str,
        mut pick: impl FnMut(&mut Received) -> Option<T>,
    ) -> anyhow::Result<T> {
        let bound = self.bound;
        let found = async {
            loop {
                let mut received = self.connection.receive().await?;
                if let Some(found) = pick(&mut received) {
                    return Ok(found);
                }
            }
        };
        match tokio::time::timeout(bound, found).await {
            Ok(found) => found,
            Err(_) => Err(anyhow!("no {what} within {} s", bound.as_secs_f64())),
        }
    }

    /// Ends the process without asking, and waits until it is gone.
    pub(crate) async fn kill(mut self) -> anyhow::Result<()> {
        self.process.kill().await.context("ending the server")
    }

    /// Shuts the server down and returns how long it took until the process was gone, with its
    /// input still open.
    pub(crate) async fn stop(mut self) -> anyhow::Result<Duration> {
        let started = Instant::now();
        self.exchange("shutdown", &Value::Null).await?;
        self.notify("exit", &Value::Null).await?;
        let Ok(ended) = tokio::time::timeout(self.bound, self.process.wait()).await else {
            bail!("the process is still there {} s after exit", self.bound.as_secs_f64());
        };
        let status = ended.context("waiting for the server's end")?;
        let took = started.elapsed();
        if !status.success() {
            bail!("the server ended with {status}");
        }
        Ok(took)
    }

    async fn exchange(&mut self, method: &str, params: &Value) -> anyhow::Result<Answer> {
        let (sent, id) = self.send_request(method, params).await?;
        let what = format!("answer to {method}");
        let answered = self.wait_for(&what, |received| {
            (received.message["id"] == id).then(|| (received.at, received.message.take()))
        });
        let (at, mut answer) = answered.await?;
        match answer.get("error") {
            Some(error) => bail!("{method} failed: {error}"),
            None => Ok(Answer { sent, at, result: taken(&mut answer, "/result") }),
        }
    }

    async fn notify(&self, method: &str, params: &Value) -> anyhow::Result<()> {
        let mut message = json!({"jsonrpc": "2.0", "method": method});
        if !params.is_null() {
            message["params"] = params.clone();
        }
        self.connection.send(frame(&message)).await?;
        Ok(())
    }

    /// Sends a version of a document and waits for its diagnostics. Servers that publish without
    /// a version are believed.
    async fn tell(
        &mut self,
        method: &str,
        params: &Value,
        document: &mut OpenDocument,
    ) -> anyhow::Result<Duration> {
        let message = frame(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
        self.connection.forget_arrived();
        let sent = self.connection.send(message).await?;
        let published = self.wait_for("diagnostics", |received| {
            let params = &received.message["params"];
            let version = params["version"].as_i64();
            let is_wanted =
                params["uri"] == document.uri && version.is_none_or(|it| it == document.version);
            is_wanted.then(|| (received.at, taken(&mut received.message, "/params/diagnostics")))
        });
        let (at, mut diagnostics) = published.await?;
        document.diagnostics = diagnostics.as_array_mut().map(std::mem::take).unwrap_or_default();
        Ok(at.duration_since(sent))
    }

    fn wants_whole_texts(&self) -> bool {
        let sync = &self.capabilities["textDocumentSync"];
        sync.as_i64().or_else(|| sync["change"].as_i64()) == Some(1)
    }
}

/// Returns the address of a skill of the workspace; it need not be on disk.
pub(crate) fn skill_path(dir: &Path, name: &str) -> PathBuf {
    dir.join(name).join("SKILL.md")
}

/// Takes a part out of a message; null where there is none.
fn taken(message: &mut Value, pointer: &str) -> Value {
    message.pointer_mut(pointer).map(Value::take).unwrap_or_default()
}

fn uri(path: &Path) -> anyhow::Result<Url> {
    Url::from_file_path(path).ok().context("the path of a document has no address")
}

fn capabilities() -> Value {
    json!({
        "general": {"positionEncodings": ["utf-16"]},
        "textDocument": {
            "synchronization": {"didSave": true},
            "publishDiagnostics": {"versionSupport": true, "relatedInformation": true},
            "hover": {"contentFormat": ["markdown", "plaintext"]},
            "codeAction": {
                "codeActionLiteralSupport": {
                    "codeActionKind": {"valueSet": ["quickfix", "source", "source.fixAll"]},
                },
                "dataSupport": true,
                "resolveSupport": {"properties": ["edit"]},
            },
        },
        "workspace": {"configuration": true, "workspaceFolders": true},
        "experimental": {"preceptor": {"events": true}},
    })
}
