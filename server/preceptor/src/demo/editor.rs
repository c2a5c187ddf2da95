//! A tiny editor: it has documents, shows what a language server says about them, and does what
//! the server asks for.
//!
//! It does only what any editor with LSP does, so that whatever works here works there. It never
//! touches a file outside its workspace.

use std::{
    collections::{BTreeMap, VecDeque},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, anyhow, bail, ensure};
use runtime::uri;
use serde::Deserialize;
use serde_json::{Value, json};
use skill::PositionEncoding;
use tokio::{
    fs,
    time::{Instant, timeout_at},
};

use crate::demo::{
    client::{Client, Incoming},
    protocol::{Action, Diagnostic, Event, capabilities, path_from_uri, text},
    workspace_edit::{EditStep, changed, steps},
};

/// How long the server may take for anything.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// `MessageType.Error` of the protocol.
const ERROR: u64 = 1;

/// An editor with one workspace folder and one server.
pub(super) struct Editor {
    client: Client,
    workspace: PathBuf,
    encoding: PositionEncoding,
    documents: BTreeMap<PathBuf, Document>,
    published: BTreeMap<PathBuf, Published>,
    events: VecDeque<Event>,
    answers: BTreeMap<i64, Result<Value, String>>,
    /// The last error that the server had shown to the person.
    complaint: Option<String>,
}

/// An open document.
#[derive(Debug)]
struct Document {
    text: String,
    version: i64,
}

/// The server's last word on a document.
#[derive(Debug, Default)]
struct Published {
    version: Option<i64>,
    diagnostics: Vec<Diagnostic>,
}

impl Editor {
    /// Opens a workspace with the server at the other end of `client`.
    pub(super) async fn start(
        client: Client,
        workspace: &Path,
        settings: &Value,
    ) -> anyhow::Result<Self> {
        let mut editor = Self {
            client,
            workspace: workspace.to_owned(),
            encoding: PositionEncoding::Utf16,
            documents: BTreeMap::new(),
            published: BTreeMap::new(),
            events: VecDeque::new(),
            answers: BTreeMap::new(),
            complaint: None,
        };
        let folder = uri::from_path(workspace);
        let result = editor
            .request(
                "initialize",
                &json!({
                    "processId": std::process::id(),
                    "clientInfo": { "name": "preceptor demo", "version": env!("CARGO_PKG_VERSION") },
                    "rootUri": folder,
                    "workspaceFolders": [{ "uri": folder, "name": "demo" }],
                    "capabilities": capabilities(),
                    "initializationOptions": settings,
                }),
            )
            .await?;
        if text(&result, "/capabilities/positionEncoding") == "utf-8" {
            editor.encoding = PositionEncoding::Utf8;
        }
        editor.client.notify("initialized", &json!({})).await?;
        Ok(editor)
    }

    /// Opens a file of the workspace in a buffer, unless it is open.
    pub(super) async fn open(&mut self, path: &Path) -> anyhow::Result<()> {
        if self.documents.contains_key(path) {
            return Ok(());
        }
        let text = fs::read_to_string(path).await.context("opening a file")?;
        let document = json!({
            "uri": uri::from_path(path),
            "languageId": "markdown",
            "version": 1,
            "text": text,
        });
        self.documents.insert(path.to_owned(), Document { text, version: 1 });
        self.client.notify("textDocument/didOpen", &json!({ "textDocument": document })).await
    }

    /// Puts text at the end of an open document, and saves it.
    pub(super) async fn append(&mut self, path: &Path, addition: &str) -> anyhow::Result<()> {
        let text = format!("{}{addition}", self.text(path));
        self.replace(path, text).await?;
        self.save(path).await
    }

    /// Returns the text of an open document; empty if it is not open.
    pub(super) fn text(&self, path: &Path) -> &str {
        self.documents.get(path).map_or("", |document| &document.text)
    }

    /// Waits until the server has judged an open document as it is now.
    pub(super) async fn judged(&mut self, path: &Path) -> anyhow::Result<Vec<Diagnostic>> {
        let version = self.documents.get(path).map(|document| document.version);
        let what = format!("word on version {} of the document", version.unwrap_or_default());
        self.wait_for(&what, |editor| {
            let published = editor.published.get(path)?;
            (published.version == version).then(|| published.diagnostics.clone())
        })
        .await
    }

    /// Waits for a diagnostic with this code on this line, counted from zero.
    pub(super) async fn diagnostic(
        &mut self,
        path: &Path,
        line: u64,
        code: &str,
    ) -> anyhow::Result<Diagnostic> {
        self.wait_for(&format!("diagnostic `{code}`"), |editor| {
            let published = editor.published.get(path)?;
            let mut diagnostics = published.diagnostics.iter();
            diagnostics.find(|it| it.line == line && it.code == code).cloned()
        })
        .await
    }

    /// Asks for the code actions on a line, counted from zero.
    pub(super) async fn actions(&mut self, path: &Path, line: u64) -> anyhow::Result<Vec<Action>> {
        let diagnostics: Vec<&Value> = self
            .published
            .get(path)
            .map(|published| published.diagnostics.iter().filter(|it| it.line == line))
            .into_iter()
            .flatten()
            .map(|diagnostic| &diagnostic.wire)
            .collect();
        let params = json!({
            "textDocument": { "uri": uri::from_path(path) },
            "range": {
                "start": { "line": line, "character": 0 },
                "end": { "line": line + 1, "character": 0 },
            },
            "context": { "diagnostics": diagnostics, "triggerKind": 1 },
        });
        let answer = self.request("textDocument/codeAction", &params).await?;
        Ok(answer.as_array().into_iter().flatten().map(Action::new).collect())
    }

    /// Does what a code action says and returns what its command answers.
    pub(super) async fn perform(&mut self, action: &Action) -> anyhow::Result<Value> {
        if let Some(edit) = &action.edit {
            self.apply(edit).await?;
        }
        if action.command.is_empty() {
            return Ok(Value::Null);
        }
        let params = json!({ "command": action.command, "arguments": action.arguments });
        self.request("workspace/executeCommand", &params).await
    }

    /// Waits for the next event of a run.
    pub(super) async fn event(&mut self, run_id: &str) -> anyhow::Result<Event> {
        self.wait_for("next event of the run", |editor| {
            let idx = editor.events.iter().position(|event| event.run_id == run_id)?;
            editor.events.remove(idx)
        })
        .await
    }

    /// Ends the session in good order.
    pub(super) async fn close(mut self) -> anyhow::Result<()> {
        self.request("shutdown", &Value::Null).await?;
        self.client.notify("exit", &Value::Null).await
    }

    async fn request(&mut self, method: &str, params: &Value) -> anyhow::Result<Value> {
        let id = self.client.request(method, params).await?;
        let what = format!("answer to {method}");
        let outcome = self.wait_for(&what, |editor| editor.answers.remove(&id)).await?;
        outcome.map_err(|sentence| anyhow!("the server refused {method}: {sentence}"))
    }

    /// Handles messages until `look` finds what it looks for.
    async fn wait_for<T>(
        &mut self,
        what: &str,
        mut look: impl FnMut(&mut Self) -> Option<T>,
    ) -> anyhow::Result<T> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = look(self) {
                return Ok(found);
            }
            match timeout_at(deadline, self.client.receive()).await {
                Ok(message) => self.handle(message?).await?,
                Err(_) => {
                    let complaint = self.complaint.as_ref();
                    let complaint = complaint.map(|it| format!(" (the server said: {it})"));
                    let complaint = complaint.unwrap_or_default();
                    bail!("no {what} came within {} s{complaint}", PATIENCE.as_secs())
                }
            }
        }
    }

    async fn handle(&mut self, message: Incoming) -> anyhow::Result<()> {
        match message {
            Incoming::Answer { id, outcome } => {
                self.answers.insert(id, outcome);
            }
            Incoming::Notification { method, params } => self.note(&method, params),
            Incoming::Request { id, method, params } => match method.as_str() {
                "workspace/applyEdit" => {
                    let applied = self.apply(params.get("edit").unwrap_or(&Value::Null)).await;
                    let result = match applied {
                        Ok(()) => json!({ "applied": true }),
                        Err(error) => {
                            json!({ "applied": false, "failureReason": format!("{error:#}") })
                        }
                    };
                    self.client.answer(&id, &result).await?;
                }
                "preceptor/save" => {
                    let saved = match self.path(text(&params, "/uri")) {
                        Ok(path) => self.save(&path).await.is_ok(),
                        Err(_) => false,
                    };
                    self.client.answer(&id, &json!({ "saved": saved })).await?;
                }
                "window/workDoneProgress/create" | "client/registerCapability" => {
                    self.client.answer(&id, &Value::Null).await?;
                }
                _ => self.client.refuse(&id, &method).await?,
            },
        }
        Ok(())
    }

    fn note(&mut self, method: &str, params: Value) {
        match method {
            "textDocument/publishDiagnostics" => {
                let Ok(path) = self.path(text(&params, "/uri")) else { return };
                let diagnostics = params.get("diagnostics").and_then(Value::as_array);
                let diagnostics = diagnostics.into_iter().flatten();
                let published = Published {
                    version: params.get("version").and_then(Value::as_i64),
                    diagnostics: diagnostics.map(Diagnostic::new).collect(),
                };
                self.published.insert(path, published);
            }
            "preceptor/event" => match Event::deserialize(params) {
                Ok(event) => self.events.push_back(event),
                Err(error) => self.complaint = Some(format!("an event without {error}")),
            },
            "window/showMessage" if params.get("type").and_then(Value::as_u64) == Some(ERROR) => {
                self.complaint = Some(text(&params, "/message").to_owned());
            }
            _ => {}
        }
    }

    /// Does what an edit says: new files are made on disk, text goes into buffers.
    async fn apply(&mut self, edit: &Value) -> anyhow::Result<()> {
        for step in steps(edit)? {
            match step {
                EditStep::Create { uri, overwrite, ignore_if_exists } => {
                    self.create(&uri, overwrite, ignore_if_exists).await?;
                }
                EditStep::Change { uri, version, changes } => {
                    let path = self.path(&uri)?;
                    self.open(&path).await?;
                    let document = self.documents.get(&path).context("the document is gone")?;
                    ensure!(
                        version.is_none_or(|version| version == document.version),
                        "the document has changed since"
                    );
                    let text = changed(&document.text, &changes, self.encoding)?;
                    self.replace(&path, text).await?;
                }
            }
        }
        Ok(())
    }

    async fn create(
        &mut self,
        uri: &str,
        overwrite: bool,
        ignore_if_exists: bool,
    ) -> anyhow::Result<()> {
        let path = self.path(uri)?;
        let folder = path.parent().context("a file without a folder")?;
        fs::create_dir_all(folder).await.context("creating a folder")?;
        let mut options = fs::OpenOptions::new();
        options.write(true);
        if overwrite {
            options.create(true).truncate(true);
        } else {
            options.create_new(true);
        }
        match options.open(&path).await {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && ignore_if_exists => {}
            opened => {
                opened.context("creating a file")?;
            }
        }
        Ok(())
    }

    async fn replace(&mut self, path: &Path, text: String) -> anyhow::Result<()> {
        let document = self.documents.get_mut(path).context("the document is not open")?;
        document.version += 1;
        text.clone_into(&mut document.text);
        let params = json!({
            "textDocument": { "uri": uri::from_path(path), "version": document.version },
            "contentChanges": [{ "text": text }],
        });
        self.client.notify("textDocument/didChange", &params).await
    }

    /// Writes an open document to its file.
    pub(super) async fn save(&mut self, path: &Path) -> anyhow::Result<()> {
        let document = self.documents.get(path).context("the document is not open")?;
        fs::write(path, &document.text).await.context("saving a document")?;
        let params = json!({ "textDocument": { "uri": uri::from_path(path) } });
        self.client.notify("textDocument/didSave", &params).await
    }

    /// Returns the path of a `file:` address inside the workspace.
    pub(super) fn path(&self, uri: &str) -> anyhow::Result<PathBuf> {
        let path = path_from_uri(uri).with_context(|| format!("`{uri}` is no file's address"))?;
        let is_inside = path.starts_with(&self.workspace)
            && !path.components().any(|part| part.as_os_str() == "..");
        ensure!(is_inside, "{} is not in the workspace", path.display());
        Ok(path)
    }
}
