//! Where settings come from, and what happens to those that cannot be used.

use serde_json::{Value, json};

use crate::harness::{Client, ClientOptions};

const INVALID: &str =
    "---\nname: De mo\ndescription: Counts rows. Use when rows are counted.\n---\n";

const ERROR: i64 = 1;
const WARNING: i64 = 2;
const INFORMATION: i64 = 3;
const HINT: i64 = 4;

fn level(level: &str) -> Value {
    json!({"lint": {"rules": {"name/invalid": level}}})
}

fn pulling() -> Value {
    json!({"workspace": {
        "configuration": true,
        "didChangeConfiguration": {"dynamicRegistration": true},
    }})
}

/// Waits until the one finding has a severity; `None`: until there is no finding.
async fn wait_for_severity(client: &mut Client, uri: &str, severity: Option<i64>) {
    let expected = severity.map_or(Value::Null, Value::from);
    loop {
        let diagnostics = client.diagnostics(uri, 1).await;
        if diagnostics[0]["severity"] == expected {
            return;
        }
    }
}

async fn open_invalid(client: &mut Client) -> String {
    let uri = client.uri("demo/SKILL.md");
    client.open(&uri, INVALID).await;
    uri
}

#[tokio::test]
async fn the_users_file_is_below_the_editors_settings() {
    let user_config = "[lint.rules]\n\"name/invalid\" = \"hint\"\n".to_owned();
    let options =
        ClientOptions { user_config: Some(user_config.clone()), ..ClientOptions::default() };
    let mut client = Client::start(options).await;
    let uri = open_invalid(&mut client).await;
    assert_eq!(client.diagnostics(&uri, 1).await[0]["severity"], HINT);
    client.finish().await;

    let mut client = Client::start(ClientOptions {
        user_config: Some(user_config),
        capabilities: json!({"workspace": {"configuration": true}}),
        configuration: level("warning"),
        ..ClientOptions::default()
    })
    .await;
    let uri = open_invalid(&mut client).await;
    assert_eq!(client.diagnostics(&uri, 1).await[0]["severity"], WARNING);
    client.finish().await;
}

#[tokio::test]
async fn initialization_options_hold_from_the_first_lint() {
    let options =
        ClientOptions { initialization_options: level("info"), ..ClientOptions::default() };
    let mut client = Client::start(options).await;
    let uri = open_invalid(&mut client).await;
    assert_eq!(client.diagnostics(&uri, 1).await[0]["severity"], INFORMATION);
    client.finish().await;
}

#[tokio::test]
async fn pushed_settings_apply_to_open_documents() {
    let mut client = Client::start(ClientOptions::default()).await;
    let uri = open_invalid(&mut client).await;
    wait_for_severity(&mut client, &uri, Some(ERROR)).await;
    let push = |value: Value| json!({"settings": {"preceptor": value, "other": 1}});
    client.notify("workspace/didChangeConfiguration", push(level("off"))).await;
    wait_for_severity(&mut client, &uri, None).await;
    client.notify("workspace/didChangeConfiguration", push(level("warning"))).await;
    wait_for_severity(&mut client, &uri, Some(WARNING)).await;
    client.notify("workspace/didChangeConfiguration", json!({"settings": {"other": 1}})).await;
    wait_for_severity(&mut client, &uri, Some(ERROR)).await;
    client.finish().await;
}

#[tokio::test]
async fn a_change_without_settings_is_a_reason_to_pull_them() {
    let options = ClientOptions {
        capabilities: pulling(),
        configuration: level("warning"),
        ..ClientOptions::default()
    };
    let mut client = Client::start(options).await;
    let uri = open_invalid(&mut client).await;
    wait_for_severity(&mut client, &uri, Some(WARNING)).await;
    client.configuration = Some(level("hint"));
    client.notify("workspace/didChangeConfiguration", json!({"settings": null})).await;
    wait_for_severity(&mut client, &uri, Some(HINT)).await;
    client.finish().await;
}

#[tokio::test]
async fn a_change_that_says_nothing_lints_nothing_again() {
    let mut client = Client::start(ClientOptions::default()).await;
    let uri = open_invalid(&mut client).await;
    client.diagnostics(&uri, 1).await;
    let params = json!({"settings": {"preceptor": {"agent": {"trigger": "@p"}}}});
    client.notify("workspace/didChangeConfiguration", params).await;
    // `finish` fails if there is another publish.
    client.finish().await;
}

#[tokio::test]
async fn settings_with_a_mistake_are_reported_once_and_the_last_good_ones_stay() {
    let mut client = Client::start(ClientOptions::default()).await;
    let uri = open_invalid(&mut client).await;
    wait_for_severity(&mut client, &uri, Some(ERROR)).await;
    let push = |value: Value| json!({"settings": {"preceptor": value}});
    client.notify("workspace/didChangeConfiguration", push(level("warning"))).await;
    wait_for_severity(&mut client, &uri, Some(WARNING)).await;
    for _ in 0..2 {
        client.notify("workspace/didChangeConfiguration", push(level("loud"))).await;
    }
    let message = client.notification("window/showMessage").await;
    assert_eq!(message["type"], 1, "an error");
    let text = message["message"].as_str().unwrap();
    for part in ["editor settings", "lint.rules.name/invalid", "loud"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    client.change(&uri, 2, json!([{"text": INVALID}])).await;
    assert_eq!(client.diagnostics(&uri, 2).await[0]["severity"], WARNING);
    client.finish().await;
}

#[tokio::test]
async fn a_users_file_with_a_mistake_is_named() {
    let user_config = Some("[lint\n".to_owned());
    let mut client = Client::start(ClientOptions { user_config, ..ClientOptions::default() }).await;
    let text = client.notification("window/showMessage").await["message"].take();
    assert!(text.as_str().unwrap().contains("config.toml"), "{text}");
    let uri = open_invalid(&mut client).await;
    assert_eq!(client.diagnostics(&uri, 1).await[0]["severity"], ERROR);
    client.finish().await;
}
