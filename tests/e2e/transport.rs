//! What the transport promises to every handler, shown with a backend made for the purpose.

use std::{
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use preceptor::lsp::{
    documents::Documents,
    outbox::{Outbox, RequestError},
    tasks::Tasks,
};
use serde_json::{Value, json};
use tower_lsp::{
    LanguageServer, LspService,
    jsonrpc::Result,
    lsp_types::{
        ConfigurationParams, DidChangeTextDocumentParams, DidOpenTextDocumentParams, Hover,
        HoverContents, HoverParams, InitializeParams, InitializeResult, InitializedParams,
        LogMessageParams, MarkedString, MessageType, notification::LogMessage,
        request::WorkspaceConfiguration,
    },
};
use tracing::{Level, Subscriber, info_span, subscriber};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt},
    registry,
};

use crate::harness::{Client, ClientOptions, PATIENCE};

/// More than the outbox holds.
const MANY_EVENTS: i64 = 3000;

struct Probe {
    documents: Documents,
    outbox: Outbox,
    tasks: Tasks,
}

#[tower_lsp::async_trait]
impl LanguageServer for Probe {
    async fn initialize(&self, _: InitializeParams) -> Result<InitializeResult> {
        Ok(InitializeResult::default())
    }

    async fn initialized(&self, _: InitializedParams) {
        self.outbox.open();
    }

    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        self.documents.open(params.text_document);
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        self.documents.change(&params.text_document, params.content_changes);
        // Whatever a handler does after its prologue must not hold the next message up.
        tokio::task::yield_now().await;
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        let uri = params.text_document_position_params.text_document.uri;
        let snapshot = self.documents.get(&uri);
        tokio::task::yield_now().await;
        Ok(snapshot.map(|snapshot| Hover {
            contents: HoverContents::Scalar(MarkedString::String(snapshot.text().to_string())),
            range: None,
        }))
    }
}

#[expect(clippy::unused_async, reason = "methods are registered as async functions")]
impl Probe {
    async fn echo(&self, params: Value) -> Result<Value> {
        Ok(params)
    }

    async fn never(&self, _: Value) -> Result<Value> {
        std::future::pending().await
    }

    /// What a busy machine does to any prologue.
    async fn block(&self, _: Value) -> Result<Value> {
        thread::sleep(Duration::from_millis(50));
        Ok(Value::Null)
    }

    async fn panic_at_once(&self, _: Value) -> Result<Value> {
        panic!("a probe panics at once");
    }

    async fn panic_later(&self, _: Value) -> Result<Value> {
        tokio::task::yield_now().await;
        panic!("a probe panics later");
    }

    async fn panic_in_notification(&self, _: Value) {
        panic!("a probe panics in a notification");
    }

    /// What no handler may do; the transport has to survive it all the same.
    async fn ask_in_handler(&self, _: Value) -> Result<Value> {
        let params = ConfigurationParams { items: Vec::new() };
        let answer = self.outbox.request::<WorkspaceConfiguration>(&params, PATIENCE).await;
        Ok(json!(answer.map_err(|error| error.to_string())))
    }

    async fn ask_with_deadline(&self, params: Value) -> Result<Value> {
        let timeout = Duration::from_millis(params["milliseconds"].as_u64().unwrap());
        let params = ConfigurationParams { items: Vec::new() };
        let answer = self.outbox.request::<WorkspaceConfiguration>(&params, timeout).await;
        Ok(json!(matches!(answer, Err(RequestError::Timeout { .. }))))
    }

    async fn send_many(&self, _: Value) {
        let outbox = self.outbox.clone();
        self.tasks.spawn(info_span!("many"), async move {
            for n in 0..MANY_EVENTS {
                let params = LogMessageParams { typ: MessageType::LOG, message: n.to_string() };
                outbox.notify::<LogMessage>(&params).await;
            }
        });
    }
}

async fn start() -> Client {
    let mut client = Client::probe(|outbox, tasks| {
        let probe = Probe { documents: Documents::default(), outbox, tasks };
        let (service, _) = LspService::build(|_| probe)
            .custom_method("probe/echo", Probe::echo)
            .custom_method("probe/never", Probe::never)
            .custom_method("probe/block", Probe::block)
            .custom_method("probe/panicAtOnce", Probe::panic_at_once)
            .custom_method("probe/panicLater", Probe::panic_later)
            .custom_method("probe/panicInNotification", Probe::panic_in_notification)
            .custom_method("probe/askInHandler", Probe::ask_in_handler)
            .custom_method("probe/askWithDeadline", Probe::ask_with_deadline)
            .custom_method("probe/sendMany", Probe::send_many)
            .finish();
        service
    });
    client.initialize(&ClientOptions::default()).await;
    client
}

// Several threads, as in the binary: a single one keeps tasks in order by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_hover_sees_exactly_the_changes_before_it() {
    let mut client = start().await;
    let uri = client.uri("notes.md");
    client.open(&uri, "").await;
    let mut hovers = Vec::new();
    for n in 0..400_i32 {
        let start = json!({"line": 0, "character": 0});
        let change = json!([{"range": {"start": start, "end": start}, "text": "x"}]);
        client.change(&uri, n + 2, change).await;
        let params = json!({"textDocument": {"uri": uri}, "position": start});
        hovers.push(client.start_request("textDocument/hover", params).await);
    }
    for (idx, hover) in hovers.into_iter().enumerate() {
        let answer = client.answer_to(hover).await;
        assert_eq!(answer["result"]["contents"], "x".repeat(idx + 1));
    }
    client.finish().await;
}

#[tokio::test]
async fn pending_requests_block_neither_cancel_nor_cheap_requests() {
    let mut client = start().await;
    let mut stuck = Vec::new();
    for _ in 0..300 {
        stuck.push(client.start_request("probe/never", json!({})).await);
    }
    assert_eq!(client.request("probe/echo", json!({"n": 1})).await, json!({"n": 1}));
    for id in stuck {
        client.notify("$/cancelRequest", json!({"id": id})).await;
        // The protocol's code for a cancelled request.
        assert_eq!(client.answer_to(id).await["error"]["code"], -32800);
    }
    client.finish().await;
}

#[tokio::test]
async fn a_session_ends_with_requests_pending() {
    let mut client = start().await;
    client.start_request("probe/never", json!({})).await;
    client.finish().await;
}

#[tokio::test]
async fn a_panic_is_one_failed_request_and_nothing_else() {
    let mut client = start().await;
    for method in ["probe/panicAtOnce", "probe/panicLater"] {
        let id = client.start_request(method, json!({})).await;
        let error = client.answer_to(id).await["error"].take();
        assert_eq!(error["code"], -32603);
        assert!(error["message"].as_str().unwrap().contains(method), "{error}");
    }
    client.notify("probe/panicInNotification", json!({})).await;
    assert_eq!(client.request("probe/echo", json!([2])).await, json!([2]));
    client.finish().await;
}

#[tokio::test]
async fn handlers_that_wait_for_the_client_do_not_stop_the_reader() {
    let mut client = start().await;
    let uri = client.uri("notes.md");
    client.open(&uri, "").await;
    let mut asking = Vec::new();
    for _ in 0..8 {
        asking.push(client.start_request("probe/askInHandler", json!({})).await);
    }
    for n in 0..300 {
        client.change(&uri, n + 2, json!([{"text": "y"}])).await;
    }
    let mut questions = Vec::new();
    for _ in 0..8 {
        questions.push(client.server_request("workspace/configuration").await);
    }
    for question in questions {
        client.answer(&question, json!([1])).await;
    }
    for id in asking {
        assert_eq!(client.answer_to(id).await["result"], json!({"Ok": [1]}));
    }
    client.finish().await;
}

#[tokio::test]
async fn a_request_that_is_not_answered_in_time_is_withdrawn_and_a_late_answer_ignored() {
    let mut client = start().await;
    let params = json!({"milliseconds": 20});
    let asking = client.start_request("probe/askWithDeadline", params).await;
    let question = client.server_request("workspace/configuration").await;
    let cancel = client.notification("$/cancelRequest").await;
    assert_eq!(cancel["id"], question["id"]);
    assert_eq!(client.answer_to(asking).await["result"], true);
    client.answer(&question, json!([])).await;
    assert_eq!(client.request("probe/echo", json!("alive")).await, "alive");
    client.finish().await;
}

#[tokio::test]
async fn a_cancelled_handler_withdraws_what_it_asked_the_client() {
    let mut client = start().await;
    let asking = client.start_request("probe/askInHandler", json!({})).await;
    let question = client.server_request("workspace/configuration").await;
    client.notify("$/cancelRequest", json!({"id": asking})).await;
    let cancel = client.notification("$/cancelRequest").await;
    assert_eq!(cancel["id"], question["id"]);
    assert_eq!(client.answer_to(asking).await["error"]["code"], -32800);
    client.finish().await;
}

#[tokio::test]
async fn a_flood_of_numbered_messages_arrives_whole_and_in_order() {
    let mut client = start().await;
    client.notify("probe/sendMany", json!({})).await;
    for n in 0..MANY_EVENTS {
        let params = client.notification("window/logMessage").await;
        assert_eq!(params["message"], n.to_string());
    }
    client.finish().await;
}

#[tokio::test]
async fn messages_wait_for_initialized() {
    let mut client = Client::probe(|outbox, tasks| {
        outbox.show_message(MessageType::INFO, "early");
        LspService::new(|_| Probe { documents: Documents::default(), outbox, tasks }).0
    });
    let params = json!({"capabilities": {}});
    let id = client.start_request("initialize", params).await;
    let first = client.wait_for("any message", |_| true).await;
    assert_eq!(first["id"], id, "nothing comes before the answer to initialize");
    // Some clients send no parameters here.
    client.send(&json!({"jsonrpc": "2.0", "method": "initialized"})).await;
    assert_eq!(client.notification("window/showMessage").await["message"], "early");
    client.finish().await;
}

/// The levels of all that is logged.
#[derive(Clone, Default)]
struct Levels(Arc<Mutex<Vec<Level>>>);

impl<S: Subscriber> Layer<S> for Levels {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target().starts_with("preceptor") {
            self.0.lock().unwrap().push(*event.metadata().level());
        }
    }
}

// On one thread, where the log of the test is that of the server.
#[tokio::test]
async fn a_slow_prologue_is_no_warning() {
    let levels = Levels::default();
    let _logging = subscriber::set_default(registry().with(levels.clone()));
    let mut client = start().await;
    client.request("probe/block", Value::Null).await;
    client.finish().await;
    let levels = levels.0.lock().unwrap();
    assert!(levels.iter().all(|it| *it > Level::WARN), "{levels:?}");
}
