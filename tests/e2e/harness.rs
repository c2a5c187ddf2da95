//! A client for tests: real frames, every message kept, nothing from this machine.
//!
//! A test reads what it expects with `wait_for` and its kin, and ends with `finish`, which shuts
//! the server down and fails if there is a message that nobody read.

mod agent;
mod editor;
mod edits;
mod frames;
mod journals;
mod models;

use std::{collections::VecDeque, path::Path, sync::Arc, time::Duration};

use preceptor::lsp::{Options, outbox::Outbox, serve, tasks::Tasks, transport};
use runtime::sandbox::Sandbox;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncWrite, BufReader, DuplexStream},
    sync::mpsc,
    task::JoinHandle,
};
use tower_lsp::{LanguageServer, LspService};

pub(crate) use self::{
    agent::{ASK_LINE, Agent, AgentOptions, actions_titled, codes, with_code},
    editor::SKILL,
    edits::applied,
    models::{TEACHER, bash, calls, distilled, says, tool_results},
};

/// How long anything may take before a test fails; generous, for machines that are busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Bytes in flight between client and server.
const PIPE: usize = 64 * 1024;

/// What the client says and has when it starts.
#[derive(Debug, Default)]
pub(crate) struct ClientOptions {
    /// `capabilities` of `initialize`.
    pub(crate) capabilities: Value,
    /// `initializationOptions`.
    pub(crate) initialization_options: Value,
    /// `processId`.
    pub(crate) process_id: Option<u32>,
    /// What `workspace/configuration` answers for the section.
    pub(crate) configuration: Value,
    /// The user's `config.toml`.
    pub(crate) user_config: Option<String>,
    /// The workspace folder, as a path in the test's folder; it is made.
    pub(crate) workspace: Option<&'static str>,
    /// How many folders of a workspace the watch over git's files looks at, if not as many as usual.
    pub(crate) watched_folders: Option<usize>,
    /// The folder of a server that ran before; else it is a new one.
    pub(crate) dir: Option<Arc<TempDir>>,
}

/// A client and the server that it talks to.
pub(crate) struct Client {
    writer: Option<Box<dyn AsyncWrite + Send + Unpin>>,
    incoming: mpsc::UnboundedReceiver<Value>,
    reader: JoinHandle<()>,
    /// What arrived and was not read by the test; `place` is its number in order of arrival.
    unread: VecDeque<Value>,
    n_received: u64,
    server: JoinHandle<u8>,
    next_id: i64,
    /// What `workspace/configuration` answers; may change as the test goes. `None`: the test
    /// answers by itself.
    pub(crate) configuration: Option<Value>,
    /// Whether registrations are answered without the test's doing.
    pub(crate) answers_registrations: bool,
    /// Methods whose messages may be left unread: a test of one stream is none of the others.
    pub(crate) may_stay_unread: &'static [&'static str],
    /// The events of all runs, in order of arrival.
    pub(crate) events: Vec<Value>,
    is_finished: bool,
    dir: Arc<TempDir>,
}

impl Client {
    /// Starts the real server and initializes it.
    pub(crate) async fn start(options: ClientOptions) -> Self {
        let mut client = Self::launch(&options).await;
        client.initialize(&options).await;
        client
    }

    /// Starts the real server.
    pub(crate) async fn launch(options: &ClientOptions) -> Self {
        let dir = options.dir.clone().unwrap_or_else(|| Arc::new(TempDir::new().unwrap()));
        if let Some(text) = &options.user_config {
            tokio::fs::write(dir.path().join("config.toml"), text).await.unwrap();
        }
        if let Some(workspace) = options.workspace {
            tokio::fs::create_dir_all(dir.path().join(workspace)).await.unwrap();
        }
        let sandbox = Sandbox::with_program(env!("CARGO_BIN_EXE_preceptor").into());
        let server_options = Options {
            user_config: Some(dir.path().join("config.toml")),
            state_dir: Some(dir.path().join("state")),
            sandbox: match options.watched_folders {
                Some(max_folders) => sandbox.watching(max_folders),
                None => sandbox,
            },
            ..Options::default()
        };
        let mut client =
            Self::over_pipes(dir, |stdin, stdout| serve(stdin, stdout, server_options));
        client.configuration = Some(options.configuration.clone());
        client
    }

    /// Starts another backend behind the same transport, without initializing it.
    pub(crate) fn probe<B>(
        service: impl FnOnce(Outbox, Tasks) -> LspService<B> + Send + 'static,
    ) -> Self
    where
        B: LanguageServer,
    {
        Self::over_pipes(Arc::new(TempDir::new().unwrap()), |stdin, stdout| async move {
            let tasks = Tasks::default();
            let options = transport::TransportOptions::default();
            transport::run(stdin, stdout, options, tasks.clone(), |it| service(it, tasks)).await
        })
    }

    fn over_pipes<F>(dir: Arc<TempDir>, serve: impl FnOnce(DuplexStream, DuplexStream) -> F) -> Self
    where
        F: Future<Output = u8> + Send + 'static,
    {
        let (writer, stdin) = tokio::io::duplex(PIPE);
        let (stdout, reader) = tokio::io::duplex(PIPE);
        let server = tokio::spawn(serve(stdin, stdout));
        Self::over_streams(dir, writer, reader, server)
    }

    /// Talks to a server over any streams; `server` ends with its exit code.
    pub(crate) fn over(
        dir: TempDir,
        writer: impl AsyncWrite + Send + Unpin + 'static,
        reader: impl AsyncRead + Send + Unpin + 'static,
        server: JoinHandle<u8>,
    ) -> Self {
        Self::over_streams(Arc::new(dir), writer, reader, server)
    }

    fn over_streams(
        dir: Arc<TempDir>,
        writer: impl AsyncWrite + Send + Unpin + 'static,
        reader: impl AsyncRead + Send + Unpin + 'static,
        server: JoinHandle<u8>,
    ) -> Self {
        let (sender, incoming) = mpsc::unbounded_channel();
        let reader = tokio::spawn(async move {
            let mut reader = BufReader::new(reader);
            while let Some(message) = frames::read(&mut reader).await {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        Self {
            writer: Some(Box::new(writer)),
            incoming,
            reader,
            unread: VecDeque::new(),
            n_received: 0,
            server,
            next_id: 1,
            configuration: None,
            answers_registrations: true,
            may_stay_unread: &[],
            events: Vec::new(),
            is_finished: false,
            dir,
        }
    }

    /// Keeps the folder for a server that comes after this one.
    pub(crate) fn keep_dir(&self) -> Arc<TempDir> {
        Arc::clone(&self.dir)
    }

    /// The folder that holds everything of this test.
    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The address of a file in the test's folder; it need not exist.
    pub(crate) fn uri(&self, path: &str) -> String {
        format!("file://{}/{path}", self.dir().display())
    }

    /// Sends `initialize` and `initialized`, and returns the server's result.
    pub(crate) async fn initialize(&mut self, options: &ClientOptions) -> Value {
        let capabilities =
            if options.capabilities.is_null() { json!({}) } else { options.capabilities.clone() };
        let folders = options
            .workspace
            .map(|name| json!([{ "uri": self.uri(name), "name": name }]))
            .unwrap_or_default();
        let params = json!({
            "processId": options.process_id,
            "rootUri": null,
            "workspaceFolders": folders,
            "capabilities": capabilities,
            "initializationOptions": options.initialization_options,
        });
        let result = self.request("initialize", params).await;
        self.notify("initialized", json!({})).await;
        result
    }

    /// Sends a message as it is.
    pub(crate) async fn send(&mut self, message: &Value) {
        frames::write(self.writer.as_mut().expect("the writer is open"), message).await;
    }

    /// Sends a notification.
    pub(crate) async fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params})).await;
    }

    /// Sends a request and returns its id.
    pub(crate) async fn start_request(&mut self, method: &str, params: Value) -> i64 {
        let id = self.next_id;
        self.next_id += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})).await;
        id
    }

    /// Waits for the answer to a request: the whole message.
    pub(crate) async fn answer_to(&mut self, id: i64) -> Value {
        self.wait_for("an answer", |it| it["id"] == id && it.get("method").is_none()).await
    }

    /// Sends a request and returns its result.
    #[track_caller]
    pub(crate) fn request(&mut self, method: &str, params: Value) -> impl Future<Output = Value> {
        let caller = std::panic::Location::caller();
        async move {
            let id = self.start_request(method, params).await;
            let mut answer = self.answer_to(id).await;
            assert!(answer.get("error").is_none(), "{caller}: {method} failed: {answer}");
            answer["result"].take()
        }
    }

    /// Waits for a request of the server and returns it.
    pub(crate) async fn server_request(&mut self, method: &str) -> Value {
        self.wait_for(method, |it| it["method"] == method && it.get("id").is_some()).await
    }

    /// Answers a request of the server.
    pub(crate) async fn answer(&mut self, request: &Value, result: Value) {
        self.send(&json!({"jsonrpc": "2.0", "id": request["id"], "result": result})).await;
    }

    /// Waits for a notification of the server and returns its parameters.
    pub(crate) async fn notification(&mut self, method: &str) -> Value {
        self.wait_for(method, |it| it["method"] == method).await["params"].take()
    }

    /// Waits for a publish of one version of a document and returns its diagnostics. Publishes
    /// before it count as read: the server may leave any of them out.
    pub(crate) async fn diagnostics(
        &mut self,
        uri: &str,
        version: impl Into<Option<i32>>,
    ) -> Value {
        let version = version.into().map_or(Value::Null, Value::from);
        let is_publish = |it: &Value| {
            it["method"] == "textDocument/publishDiagnostics" && it["params"]["uri"] == uri
        };
        let mut publish = self
            .wait_for("diagnostics", |it| is_publish(it) && it["params"]["version"] == version)
            .await;
        let place = publish["place"].as_u64();
        self.unread.retain(|it| !is_publish(it) || it["place"].as_u64() > place);
        publish["params"]["diagnostics"].take()
    }

    /// Waits for a message, the first that fits, and takes it out of the unread ones.
    pub(crate) async fn wait_for(
        &mut self,
        what: &str,
        mut fits: impl FnMut(&Value) -> bool,
    ) -> Value {
        let mut idx = 0;
        loop {
            while idx < self.unread.len() {
                if fits(&self.unread[idx]) {
                    return self.unread.remove(idx).expect("the index is in range");
                }
                idx += 1;
            }
            match tokio::time::timeout(PATIENCE, self.incoming.recv()).await {
                Ok(Some(message)) => self.receive(message).await,
                Ok(None) => {
                    panic!("the server ended; waited for {what}; unread: {:#?}", self.unread)
                }
                Err(elapsed) => panic!("{elapsed}: {what}; unread: {:#?}", self.unread),
            }
        }
    }

    /// Keeps a message, or answers it if it is one that every client answers.
    async fn receive(&mut self, mut message: Value) {
        let is_request = message.get("id").is_some();
        match (message["method"].as_str(), &self.configuration) {
            (Some("client/registerCapability" | "client/unregisterCapability"), _)
                if is_request && self.answers_registrations =>
            {
                self.answer(&message, Value::Null).await;
            }
            (Some("workspace/configuration"), Some(configuration)) if is_request => {
                assert_eq!(message["params"]["items"], json!([{"section": "preceptor"}]));
                let result = json!([configuration]);
                self.answer(&message, result).await;
            }
            _ => {
                if message["method"] == "preceptor/event" {
                    let event = &message["params"];
                    journals::assert_is_written(self.dir.path(), event);
                    self.events.push(event.clone());
                }
                self.n_received += 1;
                message["place"] = Value::from(self.n_received);
                self.unread.push_back(message);
            }
        }
    }

    /// Opens a document.
    pub(crate) async fn open(&mut self, uri: &str, text: &str) {
        let document = json!({"uri": uri, "languageId": "markdown", "version": 1, "text": text});
        self.notify("textDocument/didOpen", json!({"textDocument": document})).await;
    }

    /// Changes a document; a change is `{range?, text}`.
    pub(crate) async fn change(&mut self, uri: &str, version: i32, changes: Value) {
        let params = json!({
            "textDocument": {"uri": uri, "version": version},
            "contentChanges": changes,
        });
        self.notify("textDocument/didChange", params).await;
    }

    /// Stops reading for good: the server cannot write any more.
    pub(crate) fn close_output(&mut self) {
        self.reader.abort();
    }

    /// Closes the client's side and returns the exit code.
    pub(crate) async fn close_input(&mut self) -> u8 {
        self.writer = None;
        self.exit_code().await
    }

    /// Waits until the server has ended, with the input still open, and returns its exit code.
    pub(crate) async fn exit_code(&mut self) -> u8 {
        self.is_finished = true;
        tokio::time::timeout(PATIENCE, &mut self.server)
            .await
            .expect("the server ends")
            .expect("the server does not panic")
    }

    /// Shuts the server down in good order.
    pub(crate) async fn finish(mut self) {
        self.request("shutdown", Value::Null).await;
        self.send(&json!({"jsonrpc": "2.0", "method": "exit"})).await;
        assert_eq!(self.exit_code().await, 0);
        while let Some(message) = self.incoming.recv().await {
            self.receive(message).await;
        }
        journals::assert_are_in_order(self.dir.path(), &self.events);
        let may_stay = self.may_stay_unread;
        self.unread.retain(|it| !it["method"].as_str().is_some_and(|it| may_stay.contains(&it)));
        assert!(self.unread.is_empty(), "messages that nobody expected: {:#?}", self.unread);
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        assert!(
            self.is_finished || std::thread::panicking(),
            "a test ends with `finish`, or waits for the server's end itself"
        );
    }
}
