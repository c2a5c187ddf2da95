//! How sessions begin and end.

use serde_json::{Value, json};

use crate::harness::{Client, ClientOptions};

async fn start() -> Client {
    Client::start(ClientOptions::default()).await
}

#[tokio::test]
async fn initialize_says_who_answers_and_what_it_can() {
    let mut client = Client::launch(&ClientOptions::default()).await;
    let result = client.initialize(&ClientOptions::default()).await;
    assert_eq!(result["serverInfo"]["name"], "preceptor");
    assert_eq!(result["serverInfo"]["version"], env!("CARGO_PKG_VERSION"));
    let sync = &result["capabilities"]["textDocumentSync"];
    assert_eq!(sync["change"], 2, "incremental");
    assert_eq!(sync["save"], json!({"includeText": false}));
    assert_eq!(result["capabilities"]["positionEncoding"], "utf-16");
    client.finish().await;
}

#[tokio::test]
async fn utf_8_is_chosen_if_it_is_offered() {
    let mut client = Client::launch(&ClientOptions::default()).await;
    let capabilities = json!({"general": {"positionEncodings": ["utf-16", "utf-8"]}});
    let options = ClientOptions { capabilities, ..ClientOptions::default() };
    let result = client.initialize(&options).await;
    assert_eq!(result["capabilities"]["positionEncoding"], "utf-8");
    client.finish().await;
}

#[tokio::test]
async fn shutdown_is_answered_whatever_its_parameters() {
    for params in [Some(Value::Null), Some(json!({})), None] {
        let mut client = start().await;
        let mut request = json!({"jsonrpc": "2.0", "id": 99, "method": "shutdown"});
        if let Some(params) = params {
            request["params"] = params;
        }
        client.send(&request).await;
        let answer = client.answer_to(99).await;
        assert_eq!(answer["result"], Value::Null);
        assert!(answer.get("error").is_none(), "{answer}");
        client.notify("exit", Value::Null).await;
        assert_eq!(client.exit_code().await, 0);
    }
}

#[tokio::test]
async fn exit_ends_the_session_with_the_input_open() {
    let mut client = start().await;
    client.request("shutdown", Value::Null).await;
    client.notify("exit", json!({})).await;
    assert_eq!(client.exit_code().await, 0);
}

#[tokio::test]
async fn exit_without_shutdown_is_an_error() {
    let mut client = start().await;
    client.notify("exit", Value::Null).await;
    assert_eq!(client.exit_code().await, 1);
}

#[tokio::test]
async fn messages_behind_exit_change_nothing() {
    let mut client = start().await;
    client.request("shutdown", Value::Null).await;
    client.notify("exit", Value::Null).await;
    let uri = client.uri("a/SKILL.md");
    client.open(&uri, "late").await;
    client.start_request("textDocument/hover", json!({})).await;
    assert_eq!(client.close_input().await, 0);
}

#[tokio::test]
async fn the_end_of_the_input_ends_the_session() {
    let mut client = start().await;
    assert_eq!(client.close_input().await, 1);

    let mut client = start().await;
    client.request("shutdown", Value::Null).await;
    assert_eq!(client.close_input().await, 0);
}

#[tokio::test]
async fn a_session_that_never_began_ends_with_its_input() {
    let mut client = Client::launch(&ClientOptions::default()).await;
    assert_eq!(client.close_input().await, 1);
}

#[tokio::test]
async fn a_client_that_reads_no_more_ends_the_session() {
    let mut client = start().await;
    client.close_output();
    let params = json!({
        "textDocument": {"uri": client.uri("a/SKILL.md")},
        "position": {"line": 0, "character": 0},
    });
    for _ in 0..3 {
        client.start_request("textDocument/hover", params.clone()).await;
    }
    assert_eq!(client.exit_code().await, 1);
}

#[tokio::test]
async fn requests_behind_shutdown_are_refused() {
    let mut client = start().await;
    client.request("shutdown", Value::Null).await;
    let uri = client.uri("a/SKILL.md");
    let params = json!({
        "textDocument": {"uri": uri},
        "position": {"line": 0, "character": 0},
    });
    let id = client.start_request("textDocument/hover", params).await;
    assert_eq!(client.answer_to(id).await["error"]["code"], -32600);
    client.notify("exit", Value::Null).await;
    assert_eq!(client.exit_code().await, 0);
}
