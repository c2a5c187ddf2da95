//! The agent behind the wire: a workspace with an ask line, a student, a teacher and a client.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};

use super::{Client, ClientOptions, journals};
use crate::model_server::ModelServer;

/// The document with the ask line.
const NOTES: &str = "# Notes\n\n@preceptor how many rows has data.csv?\n\nThe end.\n";

/// The line of the request in that document.
pub(crate) const ASK_LINE: u64 = 2;

/// What is different from the usual.
#[derive(Debug, Default)]
pub(crate) struct AgentOptions {
    /// Merged into the settings.
    pub(crate) settings: Value,
    /// Merged into the client's capabilities.
    pub(crate) capabilities: Value,
    /// More files of the workspace.
    pub(crate) files: Vec<(&'static str, String)>,
    /// [`ClientOptions::watched_folders`].
    pub(crate) watched_folders: Option<usize>,
    /// Whether the client announces no capability at all.
    pub(crate) is_bare: bool,
}

/// The client, its workspace and the two models. Everything is allowed without asking, the teacher
/// takes over, and the client takes events, applies edits and saves.
pub(crate) struct Agent {
    pub(crate) client: Client,
    pub(crate) student: ModelServer,
    pub(crate) teacher: ModelServer,
    client_options: ClientOptions,
}

impl Agent {
    /// Starts everything as usual.
    pub(crate) async fn start() -> Self {
        Self::start_with(AgentOptions::default()).await
    }

    /// Starts everything; the document with the ask line is open.
    pub(crate) async fn start_with(options: AgentOptions) -> Self {
        let student = ModelServer::start().await;
        let teacher = ModelServer::start().await;
        let mut client_options = ClientOptions {
            capabilities: merged(capabilities(), &options.capabilities),
            initialization_options: merged(settings(&student, &teacher), &options.settings),
            workspace: Some("work"),
            watched_folders: options.watched_folders,
            ..ClientOptions::default()
        };
        if options.is_bare {
            client_options.capabilities = Value::Null;
        }
        let client = Client::launch(&client_options).await;
        let mut agent = Self { client, student, teacher, client_options };
        let usual = [("notes.md", NOTES.to_owned()), ("data.csv", "a,b\n1,2\n3,4\n".to_owned())];
        for (path, text) in usual.into_iter().chain(options.files) {
            agent.write(path, &text);
        }
        agent.begin().await;
        agent
    }

    /// Shuts the server down and starts another one on what it left behind.
    pub(crate) async fn restart(self) -> Self {
        self.restart_after(|| {}).await
    }

    /// The same, with something done while no server runs.
    pub(crate) async fn restart_after(self, meanwhile: impl FnOnce()) -> Self {
        let Self { client, student, teacher, mut client_options } = self;
        client_options.dir = Some(client.keep_dir());
        client.finish().await;
        meanwhile();
        let client = Client::launch(&client_options).await;
        let mut agent = Self { client, student, teacher, client_options };
        agent.begin().await;
        agent
    }

    async fn begin(&mut self) {
        self.client.may_stay_unread = &["preceptor/event", "textDocument/publishDiagnostics"];
        self.client.initialize(&self.client_options).await;
        let notes = self.notes();
        self.client.open(&notes, NOTES).await;
    }

    /// The path of a file of the workspace.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.client.dir().join("work").join(path)
    }

    /// The address of a file of the workspace.
    pub(crate) fn uri(&self, path: &str) -> String {
        self.client.uri(&format!("work/{path}"))
    }

    /// The address of the document with the ask line.
    pub(crate) fn notes(&self) -> String {
        self.uri("notes.md")
    }

    /// Writes a file of the workspace.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Reads a file of the workspace.
    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// Executes a command and returns its answer.
    pub(crate) async fn execute(&mut self, command: &str, argument: Value) -> Value {
        let params = json!({"command": command, "arguments": [argument]});
        self.client.request("workspace/executeCommand", params).await
    }

    /// Sends a command and returns the request's id.
    pub(crate) async fn start_command(&mut self, command: &str, argument: Value) -> i64 {
        let params = json!({"command": command, "arguments": [argument]});
        self.client.start_request("workspace/executeCommand", params).await
    }

    /// Executes a command that is refused, and returns the error.
    pub(crate) async fn refusal(&mut self, command: &str, argument: Value) -> Value {
        let id = self.start_command(command, argument).await;
        let mut answer = self.client.answer_to(id).await;
        assert!(answer.get("result").is_none(), "{command} is refused: {answer}");
        answer["error"].take()
    }

    /// Runs the request of the ask line and returns the run's id.
    pub(crate) async fn ask(&mut self) -> String {
        let argument = json!({
            "prompt": "how many rows has data.csv?",
            "uri": self.notes(),
            "range": line_range(ASK_LINE),
        });
        let answer = self.execute("preceptor.run", argument).await;
        answer["runId"].as_str().expect("a run has an id").to_owned()
    }

    /// Runs the request of the ask line to the end of its turn.
    pub(crate) async fn ask_and_wait(&mut self) -> String {
        let run_id = self.ask().await;
        self.turn_end(&run_id, 1).await;
        run_id
    }

    /// Waits for an event of a run and returns it whole.
    pub(crate) async fn event(&mut self, run_id: &str, kind: &str) -> Value {
        let mut message = self
            .client
            .wait_for(kind, |it| {
                let event = &it["params"];
                it["method"] == "preceptor/event"
                    && event["runId"] == run_id
                    && event["type"] == kind
            })
            .await;
        message["params"].take()
    }

    /// Waits for the end of a turn and returns that event. If the turn broke off, the person is told
    /// so in a message.
    pub(crate) async fn turn_end(&mut self, run_id: &str, turn: u64) -> Value {
        let mut message = self
            .client
            .wait_for("the turn's end", |it| {
                let event = &it["params"];
                it["method"] == "preceptor/event"
                    && event["runId"] == run_id
                    && event["turn"] == turn
                    && event["type"].as_str().is_some_and(|it| journals::ENDS.contains(&it))
            })
            .await;
        let end = message["params"].take();
        let sentence = match end["type"].as_str() {
            Some("error") => &end["data"]["error"],
            Some("session_terminated") => &end["data"]["userMessage"],
            _ => return end,
        };
        let told = self.client.notification("window/showMessage").await;
        let message = told["message"].as_str().unwrap();
        assert!(message.ends_with(sentence.as_str().unwrap()), "{told}");
        end
    }

    /// Returns the kinds of a run's events so far, without the pieces of texts.
    pub(crate) fn kinds(&self, run_id: &str) -> Vec<&str> {
        let events = self.client.events.iter().filter(|event| event["runId"] == run_id);
        events.filter_map(|event| event["type"].as_str()).collect()
    }

    /// Waits until the diagnostics of a document are as wanted, and returns them.
    pub(crate) async fn diagnostics_when(
        &mut self,
        uri: &str,
        what: &str,
        is_wanted: impl Fn(&[Value]) -> bool,
    ) -> Vec<Value> {
        loop {
            let mut publish = self
                .client
                .wait_for(what, |it| {
                    it["method"] == "textDocument/publishDiagnostics" && it["params"]["uri"] == uri
                })
                .await;
            if let Value::Array(diagnostics) = publish["params"]["diagnostics"].take()
                && is_wanted(&diagnostics)
            {
                return diagnostics;
            }
        }
    }

    /// Waits until a document has a diagnostic with a code, and returns that one.
    pub(crate) async fn diagnostic(&mut self, uri: &str, code: &str) -> Value {
        let diagnostics = self
            .diagnostics_when(uri, code, |it| {
                it.iter().any(|diagnostic| diagnostic["code"] == code)
            })
            .await;
        with_code(&diagnostics, code)
    }

    /// Waits until a document has no diagnostic.
    pub(crate) async fn no_diagnostics(&mut self, uri: &str) {
        self.diagnostics_when(uri, "no diagnostics", <[Value]>::is_empty).await;
    }

    /// Asks for the code actions of a line, as a client does that sends no diagnostics along.
    pub(crate) async fn actions(&mut self, uri: &str, line: u64) -> Vec<Value> {
        let params = json!({
            "textDocument": {"uri": uri},
            "range": line_range(line),
            "context": {"diagnostics": []},
        });
        list(self.client.request("textDocument/codeAction", params).await)
    }

    /// Executes the one action whose title holds some words, as a client does.
    pub(crate) async fn act(&mut self, uri: &str, line: u64, title: &str) -> Value {
        let id = self.start_action(uri, line, title).await;
        let mut answer = self.client.answer_to(id).await;
        assert!(answer.get("error").is_none(), "{title} failed: {answer}");
        answer["result"].take()
    }

    /// Sends the command of the one action whose title holds some words.
    pub(crate) async fn start_action(&mut self, uri: &str, line: u64, title: &str) -> i64 {
        let actions = self.actions(uri, line).await;
        let fitting = actions_titled(&actions, title);
        let [action] = fitting.as_slice() else {
            panic!("one action is titled `{title}` in {actions:#?}")
        };
        let params = json!({
            "command": action["command"]["command"],
            "arguments": action["command"]["arguments"],
        });
        self.client.start_request("workspace/executeCommand", params).await
    }

    /// Asks for the code lenses of a document.
    pub(crate) async fn lenses(&mut self, uri: &str) -> Vec<Value> {
        let params = json!({"textDocument": {"uri": uri}});
        list(self.client.request("textDocument/codeLens", params).await)
    }

    /// Asks for the hover of a line and returns its text; empty where there is none.
    pub(crate) async fn hover(&mut self, uri: &str, line: u64) -> String {
        let params = json!({
            "textDocument": {"uri": uri},
            "position": {"line": line, "character": 0},
        });
        let hover = self.client.request("textDocument/hover", params).await;
        hover["contents"]["value"].as_str().unwrap_or_default().to_owned()
    }

    /// Makes the student give up, and the teacher solve it and distill `lesson`.
    pub(crate) fn teach(&self, lesson: &str) {
        self.student.then(super::says("I was unable to count the rows."));
        self.teacher
            .then(super::bash("tail -n +2 data.csv | wc -l"))
            .then(super::says("There are 2 rows."))
            .then(super::says(lesson));
    }

    /// Shuts everything down in good order; the models fail the test if they were used wrongly.
    pub(crate) async fn finish(self) {
        self.client.finish().await;
    }
}

/// Returns the range of a whole line of the ask line's document.
pub(crate) fn line_range(line: u64) -> Value {
    json!({"start": {"line": line, "character": 0}, "end": {"line": line, "character": 10}})
}

/// Returns the codes of diagnostics, sorted.
pub(crate) fn codes(diagnostics: &[Value]) -> Vec<&str> {
    let mut codes: Vec<&str> = diagnostics.iter().filter_map(|it| it["code"].as_str()).collect();
    codes.sort_unstable();
    codes
}

/// Returns the one diagnostic with a code.
#[track_caller]
pub(crate) fn with_code(diagnostics: &[Value], code: &str) -> Value {
    let mut found = diagnostics.iter().filter(|diagnostic| diagnostic["code"] == code);
    match (found.next(), found.next()) {
        (Some(diagnostic), None) => diagnostic.clone(),
        _ => panic!("one diagnostic is `{code}` in {diagnostics:#?}"),
    }
}

/// Returns the actions whose titles hold some words.
pub(crate) fn actions_titled<'a>(actions: &'a [Value], title: &str) -> Vec<&'a Value> {
    let titled = |action: &&Value| action["title"].as_str().is_some_and(|it| it.contains(title));
    actions.iter().filter(titled).collect()
}

fn capabilities() -> Value {
    json!({
        "workspace": {
            "applyEdit": true,
            "workspaceEdit": {"documentChanges": true, "resourceOperations": ["create"]},
        },
        "experimental": {"preceptor": {"events": true, "save": true}},
    })
}

fn settings(student: &ModelServer, teacher: &ModelServer) -> Value {
    json!({
        "student": {
            "base_url": student.base_url(),
            "model": "served-model",
            "context_window": 32_768,
            "api_key_env": "PRECEPTOR_TEST_STUDENT_KEY",
        },
        "teacher": {
            "enabled": true,
            "base_url": teacher.base_url(),
            "model": super::TEACHER,
            "context_window": 32_768,
            "api_key_env": "PRECEPTOR_TEST_TEACHER_KEY",
        },
        "approval": {"mode": "full"},
        "budget": {"unknown_price": "allow"},
        // Models here answer what they are told to, once.
        "verify": {"enabled": false},
    })
}

/// Lays one value over another: objects key by key, everything else as a whole.
fn merged(base: Value, over: &Value) -> Value {
    match (base, over) {
        (base, Value::Null) => base,
        (Value::Object(mut base), Value::Object(over)) => {
            for (key, over) in over {
                let below = base.remove(key).unwrap_or_default();
                base.insert(key.clone(), merged(below, over));
            }
            Value::Object(base)
        }
        (_, over) => over.clone(),
    }
}

fn list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(values) => values,
        other => panic!("a list is expected: {other}"),
    }
}
