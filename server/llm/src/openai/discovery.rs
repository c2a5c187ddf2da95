//! Asks a server which models it serves.

use std::time::Duration;

use agent::message::ModelFailure;
use futures::stream::StreamExt;
use reqwest::{Client, Response};
use serde_json::Value;
use tokio::time::timeout;

use crate::failure::{Addressee, FailedAttempt, ServerReport};

/// A list that takes longer is not worth waiting for: the call itself will tell what is wrong.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A list is read up to this many bytes.
const LONGEST_LIST: usize = 4 * 1024 * 1024;

/// Why no model was found.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoModelListed {
    /// The list could not be read.
    #[error(transparent)]
    Unreadable(#[from] reqwest::Error),
    /// The list is empty or has an unknown shape.
    #[error("the list of models names none")]
    Empty,
}

/// Returns the id of the first model that the server lists.
pub(crate) async fn first_listed_model(
    client: &Client,
    base_url: &str,
) -> Result<String, NoModelListed> {
    let request = client.get(format!("{base_url}/models")).timeout(TIMEOUT);
    let list: Value = request.send().await?.error_for_status()?.json().await?;
    let id = list.pointer("/data/0/id").and_then(Value::as_str).filter(|it| !it.is_empty());
    id.map(str::to_owned).ok_or(NoModelListed::Empty)
}

/// Returns the ids of all models that the server lists, within `limit`.
pub(crate) async fn listed_models(
    client: &Client,
    base_url: &str,
    addressee: &Addressee,
    limit: Duration,
) -> Result<Vec<String>, ModelFailure> {
    let listing = async {
        let sent = client.get(format!("{base_url}/models")).send().await;
        let response = sent.map_err(|error| addressee.unanswered(&error))?;
        let status = response.status();
        let body = read_body(response).await;
        if !status.is_success() {
            return Err(refused(addressee, status.as_u16(), &body));
        }
        let list: Option<Value> = serde_json::from_str(&body).ok();
        let data = list.as_ref().and_then(|list| list.get("data")).and_then(Value::as_array);
        let data = data.ok_or_else(|| addressee.wrong_address("lists no models"))?;
        let ids = data.iter().filter_map(|model| model.get("id").and_then(Value::as_str));
        Ok(ids.map(str::to_owned).collect())
    };
    match timeout(limit, listing).await {
        Ok(listed) => listed.map_err(|failed: FailedAttempt| failed.failure),
        Err(_) => Err(addressee.silent("list of models", limit, None).failure),
    }
}

fn refused(addressee: &Addressee, status: u16, body: &str) -> FailedAttempt {
    if matches!(status, 300..=399 | 404 | 405) {
        return addressee.wrong_address(&format!("lists no models ({status})"));
    }
    addressee.refused(&ServerReport::from_answer(status, body), None, "")
}

/// Returns what came of a body until it ended, broke off or became too long to be a list.
async fn read_body(response: Response) -> String {
    let mut body = Vec::new();
    let mut pieces = response.bytes_stream();
    while let Some(Ok(piece)) = pieces.next().await {
        body.extend_from_slice(&piece);
        if body.len() > LONGEST_LIST {
            break;
        }
    }
    String::from_utf8_lossy(&body).into_owned()
}
