//! The server as a process of its own: standard streams, exit codes, a client that is gone.

use std::process::Stdio;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::harness::{Client, ClientOptions};

fn start() -> Client {
    start_with(&[])
}

/// Starts `preceptor lsp` with nothing of this machine's user.
fn start_with(arguments: &[&str]) -> Client {
    let dir = TempDir::new().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_preceptor"))
        .arg("lsp")
        .args(arguments)
        .env("HOME", dir.path())
        .env("XDG_CONFIG_HOME", dir.path().join("config"))
        .env("XDG_STATE_HOME", dir.path().join("state"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let stdin = child.stdin.take().unwrap();
    let stdout = child.stdout.take().unwrap();
    Client::over(dir, stdin, stdout, tokio::spawn(exit_code(child)))
}

async fn exit_code(mut child: Child) -> u8 {
    let status = child.wait().await.unwrap();
    status.code().and_then(|code| u8::try_from(code).ok()).expect("the server was not killed")
}

#[tokio::test]
async fn the_process_ends_with_exit_while_its_input_is_open() {
    let mut client = start();
    client.initialize(&ClientOptions::default()).await;
    client.request("shutdown", Value::Null).await;
    client.notify("exit", Value::Null).await;
    assert_eq!(client.exit_code().await, 0);
}

#[tokio::test]
async fn the_process_ends_with_its_input() {
    let mut client = start();
    client.initialize(&ClientOptions::default()).await;
    assert_eq!(client.close_input().await, 1);
}

#[tokio::test]
async fn a_skill_is_linted_over_standard_streams() {
    let mut client = start();
    client.initialize(&ClientOptions::default()).await;
    let uri = client.uri("demo/SKILL.md");
    client.open(&uri, "---\nname: demo\n---\n").await;
    let diagnostics = client.diagnostics(&uri, 1).await;
    assert_eq!(diagnostics[0]["code"], "description/missing");
    client.finish().await;
}

#[cfg(unix)]
#[tokio::test]
async fn the_process_ends_when_its_client_is_gone() {
    let mut editor = Command::new("sleep").arg("600").kill_on_drop(true).spawn().unwrap();
    let mut client = start();
    let options = ClientOptions { process_id: editor.id(), ..ClientOptions::default() };
    client.initialize(&options).await;
    assert_eq!(client.request("textDocument/hover", hover_nowhere()).await, Value::Null);
    editor.kill().await.unwrap();
    assert_eq!(client.exit_code().await, 1);
}

fn hover_nowhere() -> Value {
    json!({
        "textDocument": {"uri": "file:///nowhere.md"},
        "position": {"line": 0, "character": 0},
    })
}

#[tokio::test]
async fn a_configuration_that_is_named_and_not_there_is_reported_and_stops_nothing() {
    let mut client = start_with(&["--config", "/no/such/config.toml"]);
    client.initialize(&ClientOptions::default()).await;
    let message = client.notification("window/showMessage").await;
    let text = message["message"].as_str().unwrap();
    assert!(text.starts_with("there is no file /no/such/config.toml: check --config"), "{text}");
    client.finish().await;
}
