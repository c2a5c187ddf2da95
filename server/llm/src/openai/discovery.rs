//! Asks a server which models it serves.

use std::time::Duration;

use reqwest::Client;
use serde_json::Value;

/// A list that takes longer is not worth waiting for: the call itself will tell what is wrong.
const TIMEOUT: Duration = Duration::from_secs(10);

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
