//! The OpenAI-compatible chat API, as self-hosted servers and gateways speak it.
//!
//! A call is a loop of attempts: one request, one stream that is read to its end, and a judgement
//! whether a failure is worth another attempt. Every attempt has a connection of its own: dropping
//! its response closes it, which is the only way in which most servers learn that nobody waits.

use std::{net::IpAddr, sync::Arc, time::Duration};

use agent::message::{ModelFailure, ModelReply, ModelRequest};
use futures::future::{BoxFuture, FutureExt};
use reqwest::{
    Client, ClientBuilder, Url,
    header::{AUTHORIZATION, HeaderMap, HeaderValue},
    redirect,
};
use tokio::{
    sync::{OnceCell, mpsc},
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::{
    failure::{Addressee, FailedAttempt},
    key::ApiKey,
    model::{Delta, Model, Role, hand_on, until_cancelled},
    openai::dialect::Dialect,
    redact::Redactor,
    retry::RetryPolicy,
};

mod call_id;
mod dialect;
mod discovery;
mod exchange;
mod reply;
mod request;
mod stream;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The name that is sent where none is configured and the server does not list its models.
const NAMELESS_MODEL: &str = "default";

/// Where a model is served, and how to talk to it.
#[derive(Debug, Clone)]
pub struct OpenAiEndpoint {
    /// Decides which settings a failure's sentence names.
    pub role: Role,
    /// Address below which `chat/completions` and `models` are found; usually ends in `/v1`.
    pub base_url: String,
    /// The model's name. Empty: the first one that the server lists.
    pub model: String,
    /// Sent as a bearer token.
    pub api_key: Option<ApiKey>,
    /// Name of the environment variable that the key was, or should be, read from.
    pub api_key_env: String,
    /// Upper bound for a reply, in tokens, unless a request names its own. Always sent: some
    /// servers go on without end after a client has left.
    pub max_tokens: u32,
    /// How hard the model shall think, in the server's words; not sent where `None`.
    pub reasoning_effort: Option<String>,
    /// How long the server may take until the first token. `None` sets no limit: a slow machine
    /// may need many minutes to read a long prompt.
    pub first_token_timeout: Option<Duration>,
    /// How long the stream may pause after the first token.
    pub idle_timeout: Duration,
    /// The waits between attempts.
    pub retry: RetryPolicy,
}

/// Returns the model behind `endpoint`. Nothing is sent before the first call.
///
/// Fails with [`agent::message::FailureClass::Configuration`] where no request could ever be made:
/// the address is none, or the key cannot be put into a header.
pub fn openai(endpoint: OpenAiEndpoint) -> Result<Arc<dyn Model>, ModelFailure> {
    Ok(Arc::new(OpenAiModel::new(endpoint)?))
}

/// Asks the server behind `endpoint` which models it has; an answer shows that it runs and takes
/// the key. Nothing is tried twice, and no model is called.
///
/// # Errors
/// A failure with its sentence, also when there is no answer within `limit`.
pub async fn models(
    endpoint: OpenAiEndpoint,
    limit: Duration,
) -> Result<Vec<String>, ModelFailure> {
    let OpenAiModel { client, base_url, addressee, .. } = OpenAiModel::new(endpoint)?;
    discovery::listed_models(&client, &base_url, &addressee, limit).await
}

struct OpenAiModel {
    endpoint: OpenAiEndpoint,
    client: Client,
    /// Without a slash at the end.
    base_url: String,
    addressee: Addressee,
    listed_model: OnceCell<String>,
    dialect: Dialect,
}

impl OpenAiModel {
    fn new(endpoint: OpenAiEndpoint) -> Result<OpenAiModel, ModelFailure> {
        let base_url = endpoint.base_url.trim().trim_end_matches('/').to_owned();
        let url = Url::parse(&base_url).ok();
        let addressee = addressee(&endpoint, &base_url, url.as_ref());
        let unusable = |cause: &str| addressee.unusable(cause).failure;

        let url = url
            .filter(|it| matches!(it.scheme(), "http" | "https") && it.has_host())
            .ok_or_else(|| unusable("it is not an address such as http://127.0.0.1:8080/v1"))?;
        let mut headers = HeaderMap::new();
        if let Some(key) = &endpoint.api_key {
            let mut value =
                HeaderValue::from_str(&format!("Bearer {}", key.expose())).map_err(|_| {
                    let variable = &endpoint.api_key_env;
                    unusable(&format!(
                        "the key in {variable} has characters that no header may have"
                    ))
                })?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let client = client_for(&url)
            .default_headers(headers)
            .build()
            .map_err(|error| addressee.unanswered(&error).failure)?;
        Ok(OpenAiModel {
            endpoint,
            client,
            base_url,
            addressee,
            listed_model: OnceCell::new(),
            dialect: Dialect::default(),
        })
    }

    async fn served_model(&self) -> &str {
        if !self.endpoint.model.is_empty() {
            return &self.endpoint.model;
        }
        let found = self
            .listed_model
            .get_or_try_init(|| discovery::first_listed_model(&self.client, &self.base_url));
        match found.await {
            Ok(model) => model,
            // Not remembered: the server may only just be starting.
            Err(reason) => {
                tracing::debug!(%reason, "the server lists no model");
                NAMELESS_MODEL
            }
        }
    }

    async fn attempts(
        &self,
        request: &ModelRequest,
        deltas: &mpsc::Sender<Delta>,
    ) -> Result<ModelReply, ModelFailure> {
        let model = self.served_model().await;
        let mut attempt = 1;
        loop {
            let failed = match self.attempt(model, request, deltas).await {
                Ok(reply) => return Ok(reply),
                Err(failed) => failed,
            };
            let FailedAttempt { failure, hope, reason } = failed;
            tracing::debug!(attempt, class = ?failure.class, ?hope, "attempt failed");
            let Some(delay) = self.endpoint.retry.delay_after(attempt, hope) else {
                return Err(after_attempts(failure, attempt));
            };
            attempt += 1;
            hand_on(deltas, Delta::Retrying { attempt, delay, reason }).await;
            sleep(delay).await;
        }
    }

    async fn attempt(
        &self,
        model: &str,
        request: &ModelRequest,
        deltas: &mpsc::Sender<Delta>,
    ) -> Result<ModelReply, FailedAttempt> {
        let patience = stream::Patience {
            first_token: self.endpoint.first_token_timeout.map(|it| (Instant::now() + it, it)),
            idle: self.endpoint.idle_timeout,
        };
        let exchange = exchange::Exchange {
            addressee: &self.addressee,
            model,
            patience,
            deltas,
            call_ids: call_id::CallIds::after(&request.messages),
        };
        loop {
            let body = request::body(request, model, &self.endpoint, &self.dialect);
            let sending =
                self.client.post(format!("{}/chat/completions", self.base_url)).json(&body);
            let response = exchange.send(sending).await?;
            if response.status().is_success() {
                return exchange.read(response).await;
            }
            let (report, asked_wait) = exchange.read_refusal(response).await;
            // Each lesson is learned once, so this ends.
            let Some(change) = self.dialect.learn(&report) else {
                return Err(self.addressee.refused(&report, asked_wait, model));
            };
            hand_on(deltas, Delta::Rephrasing { change }).await;
        }
    }
}

impl Model for OpenAiModel {
    fn name(&self) -> &str {
        match self.endpoint.model.as_str() {
            "" => self.listed_model.get().map_or(NAMELESS_MODEL, String::as_str),
            configured => configured,
        }
    }

    fn call(
        &self,
        request: ModelRequest,
        deltas: mpsc::Sender<Delta>,
        cancel: CancellationToken,
    ) -> BoxFuture<'_, Result<ModelReply, ModelFailure>> {
        let span = tracing::debug_span!("model", name = self.name());
        async move { until_cancelled(&cancel, self.attempts(&request, &deltas)).await }
            .instrument(span)
            .boxed()
    }
}

/// Prepares a client without a pool, without a limit for the whole call, and without redirects,
/// which would turn the request into one without a body.
fn client_for(url: &Url) -> ClientBuilder {
    let client = Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_max_idle_per_host(0)
        .redirect(redirect::Policy::none());
    // A proxy could not reach what listens on this machine only.
    let client = if is_loopback(url) { client.no_proxy() } else { client };
    // Reading the system's certificates takes time, and fails where there are none.
    if url.scheme() == "http" { client.tls_certs_only([]) } else { client }
}

fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        host == "localhost"
            || host.ends_with(".localhost")
            || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|it| it.is_loopback())
    })
}

fn addressee(endpoint: &OpenAiEndpoint, base_url: &str, url: Option<&Url>) -> Addressee {
    let mut secrets: Vec<String> =
        endpoint.api_key.iter().map(|it| it.expose().to_owned()).collect();
    let (base_url, listens_on) = match url {
        Some(url) => {
            secrets.extend(url.password().map(str::to_owned));
            let mut shown = url.clone();
            // Fails only for addresses that cannot have credentials.
            let _ = shown.set_password(None);
            let _ = shown.set_username("");
            let listens_on = shown.origin().ascii_serialization();
            (shown.as_str().trim_end_matches('/').to_owned(), listens_on)
        }
        None => (base_url.to_owned(), base_url.to_owned()),
    };
    Addressee {
        role: endpoint.role,
        base_url,
        listens_on,
        api_key_env: endpoint.api_key_env.clone(),
        has_key: endpoint.api_key.is_some(),
        redactor: Redactor::new(secrets),
    }
}

fn after_attempts(failure: ModelFailure, attempts: u32) -> ModelFailure {
    if attempts < 2 {
        return failure;
    }
    let ModelFailure { class, message } = failure;
    ModelFailure { class, message: format!("{message} It was tried {attempts} times.") }
}
