//! A model server that answers from a script and checks what it is asked.
//!
//! It speaks the OpenAI-compatible chat API on a port of this machine. Replies come from rules
//! ([`ModelServer::when`]), which answer as often as they match, and from a queue
//! ([`ModelServer::then`]), each entry of which answers one request that no rule matches. Every
//! request is recorded and checked against the rules that all servers have in common; a violation
//! or a request without a reply fails the test when the server is dropped.
//!
//! Include this file with `#[path]` from a crate that says `#![cfg(test)]`; it needs axum, futures,
//! `serde_json` and tokio (with `net`) among its dependencies for development. A crate that uses
//! only a part of it puts `#[expect(dead_code, unused_imports, reason = "…")]` on the module.

use std::{
    collections::VecDeque,
    convert::Infallible,
    panic,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle, time::sleep};

#[path = "model_server/script.rs"]
mod script;
#[path = "model_server/sending.rs"]
mod sending;
#[path = "model_server/strictness.rs"]
mod strictness;

pub(crate) use self::script::{
    Event, Reply, ev_call, ev_delta, ev_error, ev_finish, ev_text, ev_thinking, ev_usage,
};
use self::{
    sending::{Sending, sending},
    strictness::violations,
};

/// How long [`ModelServer::wait_for_requests`] and its like wait before they fail the test.
const PATIENCE: Duration = Duration::from_secs(10);

/// A chat request that arrived.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Request {
    /// Returns whether any message says `text`.
    pub(crate) fn mentions(&self, text: &str) -> bool {
        self.messages().any(|it| it["content"].as_str().is_some_and(|it| it.contains(text)))
    }

    /// Returns the messages, first to last.
    pub(crate) fn messages(&self) -> impl DoubleEndedIterator<Item = &Value> {
        self.body["messages"].as_array().into_iter().flatten()
    }

    /// Returns the names of the offered tools.
    pub(crate) fn tools(&self) -> Vec<&str> {
        let tools = self.body["tools"].as_array().into_iter().flatten();
        tools.filter_map(|it| it["function"]["name"].as_str()).collect()
    }

    /// Returns a header's value, empty where it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default()
    }
}

/// The server. Dropping it stops it and fails the test if something was wrong.
pub(crate) struct ModelServer {
    address: String,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

type Predicate = Box<dyn Fn(&Request) -> bool + Send>;

#[derive(Default)]
pub(crate) struct Shared {
    script: Mutex<Script>,
    /// Streams whose client left before they ended.
    departures: AtomicUsize,
}

#[derive(Default)]
struct Script {
    rules: Vec<(Predicate, Reply)>,
    queue: VecDeque<Reply>,
    models: Option<Reply>,
    n_model_lists: usize,
    requests: Vec<Request>,
    faults: Vec<String>,
}

impl ModelServer {
    /// Starts a server on a free port of this machine. It lists the model `served-model`.
    pub(crate) async fn start() -> ModelServer {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound port").to_string();
        let shared = Arc::new(Shared::default());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("serving never fails");
        });
        let server = ModelServer { address, shared, serving };
        server.lists(Reply::json(200, &json!({"data": [{"id": "served-model"}]})));
        server
    }

    /// Returns the address to configure.
    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Sets the answer to the question which models are served.
    pub(crate) fn lists(&self, reply: Reply) -> &ModelServer {
        self.shared.script().models = Some(reply);
        self
    }

    /// Answers every request for which `predicate` holds, unless an earlier rule does.
    pub(crate) fn when(
        &self,
        predicate: impl Fn(&Request) -> bool + Send + 'static,
        reply: impl Into<Reply>,
    ) -> &ModelServer {
        self.shared.script().rules.push((Box::new(predicate), reply.into()));
        self
    }

    /// Answers the next request that no rule matches and no earlier call of this did.
    pub(crate) fn then(&self, reply: impl Into<Reply>) -> &ModelServer {
        self.shared.script().queue.push_back(reply.into());
        self
    }

    /// Returns the chat requests so far, also those that got an error.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.script().requests.clone()
    }

    /// Returns how often the models were listed.
    pub(crate) fn n_model_lists(&self) -> usize {
        self.shared.script().n_model_lists
    }

    /// Returns what has been wrong so far, and forgets it.
    pub(crate) fn take_faults(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.script().faults)
    }

    /// Waits until `count` chat requests have arrived.
    pub(crate) async fn wait_for_requests(&self, count: usize) {
        self.wait_for("requests", count, || self.shared.script().requests.len()).await;
    }

    /// Waits until `count` clients have left before their answer was complete.
    pub(crate) async fn wait_for_departures(&self, count: usize) {
        self.wait_for("departures", count, || self.shared.departures.load(Ordering::Relaxed)).await;
    }

    async fn wait_for(&self, what: &str, count: usize, seen: impl Fn() -> usize) {
        let mut waited = Duration::ZERO;
        let step = Duration::from_millis(5);
        while seen() < count {
            assert!(waited < PATIENCE, "{} of {count} {what} after {PATIENCE:?}", seen());
            sleep(step).await;
            waited += step;
        }
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        self.serving.abort();
        let faults = self.take_faults();
        // A test that fails already must not abort the process.
        if !thread::panicking() {
            assert!(faults.is_empty(), "the model server was used wrongly:\n{}", faults.join("\n"));
        }
    }
}

impl Shared {
    fn note_departure(&self) {
        self.departures.fetch_add(1, Ordering::Relaxed);
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records the request and chooses the answer.
    fn reply_to(&self, request: Request) -> Reply {
        let mut script = self.script();
        let number = script.requests.len() + 1;
        let violations = violations(&request.body);
        script.faults.extend(violations.into_iter().map(|it| format!("request {number}: {it}")));
        let by_rule =
            script.rules.iter().find(|(it, _)| it(&request)).map(|(_, reply)| reply.clone());
        let reply = by_rule.or_else(|| script.queue.pop_front()).unwrap_or_else(|| {
            let last = request.messages().next_back().cloned().unwrap_or_default();
            script.faults.push(format!("request {number}: no reply is left; it ends in {last}"));
            Reply::error(400, "invalid_request_error", "no reply is left in the script")
        });
        script.requests.push(request);
        reply
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let reply = match (method.as_str(), uri.path()) {
        ("GET", "/v1/models") => {
            let mut script = shared.script();
            script.n_model_lists += 1;
            script.models.clone().unwrap_or(Reply::Reset)
        }
        ("POST", "/v1/chat/completions") => match serde_json::from_slice(&body) {
            Ok(body) => shared.reply_to(Request { headers, body }),
            Err(error) => Reply::error(400, "invalid_request_error", &error.to_string()),
        },
        _ => Reply::json(404, &json!({"detail": "Not Found"})),
    };
    match reply {
        Reply::Stream(events) => {
            let body = Body::from_stream(sending(shared, &events));
            ([(CONTENT_TYPE, "text/event-stream")], body).into_response()
        }
        Reply::Whole { status, headers, body } => {
            let status = StatusCode::from_u16(status).expect("a status of the script");
            let mut response = (status, body).into_response();
            response.headers_mut().remove(CONTENT_TYPE);
            for (name, value) in headers {
                let value = value.parse().expect("a header of the script");
                response.headers_mut().insert(name, value);
            }
            response
        }
        // Ends the task that serves this connection, without the words of a panic.
        Reply::Reset => panic::resume_unwind(Box::new("the script resets the connection")),
        Reply::Silence => {
            let _sending = Sending::nothing(shared);
            match std::future::pending::<Infallible>().await {}
        }
    }
}
