//! The one place where these tests make and call models.

use std::{sync::Arc, time::Duration};

use agent::message::{
    FailureClass, Message, ModelFailure, ModelReply, ModelRequest, Origin, ToolSpec,
};
use llm::{ApiKey, Delta, Model, OpenAiEndpoint, RetryPolicy, Role};
use serde_json::json;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Longer than any test may take.
pub(crate) const FOREVER: Duration = Duration::from_secs(600);

pub(crate) fn endpoint(base_url: &str) -> OpenAiEndpoint {
    OpenAiEndpoint {
        role: Role::Student,
        base_url: base_url.to_owned(),
        model: "tiny".to_owned(),
        api_key: ApiKey::new("verysecretkey"),
        api_key_env: "STUDENT_KEY".to_owned(),
        max_tokens: 512,
        reasoning_effort: None,
        first_token_timeout: None,
        idle_timeout: FOREVER,
        retry: no_retries(),
    }
}

pub(crate) fn no_retries() -> RetryPolicy {
    RetryPolicy {
        transient: Vec::new(),
        rate_limit: Vec::new(),
        unreachable: Vec::new(),
        longest: FOREVER,
    }
}

pub(crate) fn model(base_url: &str) -> Arc<dyn Model> {
    llm::openai(endpoint(base_url)).unwrap()
}

pub(crate) fn system(text: &str) -> Message {
    Message::System { content: text.to_owned() }
}

pub(crate) fn user(text: &str) -> Message {
    Message::User { content: text.to_owned(), origin: Origin::User }
}

pub(crate) fn request(messages: Vec<Message>) -> ModelRequest {
    ModelRequest { messages, tools: Vec::new(), max_tokens: None }
}

/// A request that any server takes.
pub(crate) fn ask() -> ModelRequest {
    request(vec![system("You work."), user("Count the rows.")])
}

pub(crate) fn with_tools(mut request: ModelRequest) -> ModelRequest {
    request.tools = vec![ToolSpec {
        name: "bash".to_owned(),
        description: "Runs a command.".to_owned(),
        parameters: json!({"type": "object", "properties": {"command": {"type": "string"}}}),
    }];
    request
}

/// Calls the model to its end and returns what it said, as a whole and in pieces.
pub(crate) async fn call(
    model: &Arc<dyn Model>,
    request: ModelRequest,
) -> (Result<ModelReply, ModelFailure>, Vec<Delta>) {
    let (sender, mut receiver) = mpsc::channel(4);
    let calling = model.call(request, sender, CancellationToken::new());
    let listening = async {
        let mut deltas = Vec::new();
        while let Some(delta) = receiver.recv().await {
            deltas.push(delta);
        }
        deltas
    };
    tokio::join!(calling, listening)
}

/// Calls the model and returns how it failed.
pub(crate) async fn failure(model: &Arc<dyn Model>) -> (FailureClass, String) {
    let (outcome, _) = call(model, ask()).await;
    let failure = outcome.unwrap_err();
    (failure.class, failure.message)
}

/// The text of the deltas, all kinds joined.
pub(crate) fn shown(deltas: &[Delta]) -> String {
    let texts = deltas.iter().map(|delta| match delta {
        Delta::Text(text) => text.clone(),
        Delta::Whole(text) => format!("[{text}]"),
        Delta::Thinking(text) => format!("({text})"),
        Delta::Retrying { attempt, reason, .. } => format!("[attempt {attempt} after {reason}]"),
        Delta::Rephrasing { change } => format!("[sent again {change}]"),
    });
    texts.collect()
}
