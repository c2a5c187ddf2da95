//! The state folder: who may look into it, and two servers that share it.

use std::{fs, sync::Arc};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    harness::{Client, ClientOptions, says},
    model_server::ModelServer,
};

async fn start(dir: &Arc<TempDir>) -> Client {
    let options = ClientOptions {
        capabilities: json!({"experimental": {"preceptor": {"events": true}}}),
        workspace: Some("work"),
        dir: Some(Arc::clone(dir)),
        ..ClientOptions::default()
    };
    let mut client = Client::start(options).await;
    client.may_stay_unread = &["preceptor/event"];
    client
}

async fn execute(client: &mut Client, command: &str, argument: Value) -> Value {
    let params = json!({"command": command, "arguments": [argument]});
    client.request("workspace/executeCommand", params).await
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_may_enter_the_state_folder_whatever_the_umask_left_open() {
    use std::os::unix::fs::PermissionsExt;

    let dir = Arc::new(TempDir::new().unwrap());
    let state = dir.path().join("state");
    fs::create_dir(&state).unwrap();
    fs::set_permissions(&state, fs::Permissions::from_mode(0o777)).unwrap();
    let client = start(&dir).await;
    assert_eq!(state.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    client.finish().await;
}

#[tokio::test]
async fn what_one_server_is_told_about_trust_another_sees_when_the_record_changes() {
    let dir = Arc::new(TempDir::new().unwrap());
    fs::create_dir(dir.path().join("work")).unwrap();
    fs::write(dir.path().join("work/preceptor.toml"), "[approval]\nmode = \"full\"\n").unwrap();
    let (mut one, mut other) = (start(&dir).await, start(&dir).await);
    let file = one.uri("work/preceptor.toml");
    for client in [&mut one, &mut other] {
        assert_eq!(client.diagnostics(&file, None).await[0]["code"], "config/untrusted");
    }
    let answer = execute(&mut other, "preceptor.trust", json!({"trusted": true})).await;
    assert_eq!(answer, json!({"trusted": true}));
    assert_eq!(other.diagnostics(&file, None).await, json!([]));

    let record = fs::read_dir(dir.path().join("state/trust")).unwrap().next().unwrap().unwrap();
    let path = format!("state/trust/{}", record.file_name().display());
    let changes = json!([{"uri": one.uri(&path), "type": 1}]);
    one.notify("workspace/didChangeWatchedFiles", json!({ "changes": changes })).await;
    assert_eq!(one.diagnostics(&file, None).await, json!([]));
    one.finish().await;
    other.finish().await;
}

#[tokio::test]
async fn two_servers_keep_the_same_request_in_two_runs_and_both_list_them() {
    let student = ModelServer::start().await;
    student.then(says("Two rows.")).then(says("Two rows."));
    let dir = Arc::new(TempDir::new().unwrap());
    let settings = format!("[student]\nbase_url = \"{}\"\nmodel = \"m\"\n", student.base_url());
    fs::write(dir.path().join("config.toml"), settings).unwrap();
    let (mut one, mut other) = (start(&dir).await, start(&dir).await);
    let mut ids = Vec::new();
    for client in [&mut one, &mut other] {
        let answer = execute(client, "preceptor.run", json!({"prompt": "count"})).await;
        ids.push(answer["runId"].as_str().unwrap().to_owned());
    }
    for (client, id) in [&mut one, &mut other].into_iter().zip(&ids) {
        let is_end = |it: &Value| {
            it["params"]["type"] == "turn_complete" && it["params"]["runId"] == id.as_str()
        };
        client.wait_for("turn_complete", is_end).await;
    }
    assert_ne!(ids.first(), ids.last());
    ids.sort_by(|a, b| b.cmp(a));
    for client in [&mut one, &mut other] {
        let runs = execute(client, "preceptor.runs", json!({})).await;
        let listed: Vec<&str> =
            runs.as_array().unwrap().iter().map(|it| it["runId"].as_str().unwrap()).collect();
        assert_eq!(listed, ids);
    }
    one.finish().await;
    other.finish().await;
}
