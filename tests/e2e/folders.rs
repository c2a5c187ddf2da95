//! Workspace folders that are opened and closed while the server runs.

use std::{fs, path::Path, sync::Arc};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Agent, AgentOptions, Client, ClientOptions, bash, distilled, says};

const INVALID: &str =
    "---\nname: De mo\ndescription: Counts rows. Use when rows are counted.\n---\n";

const UNTRUSTED: &str = "[lint.rules]\n\"name/invalid\" = \"hint\"\n[approval]\nmode = \"full\"\n";

fn write(dir: &Path, path: &str, text: &str) {
    let path = dir.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

async fn change(client: &mut Client, added: &[&str], removed: &[&str]) {
    let named = |names: &[&str]| -> Value {
        names.iter().map(|name| json!({"uri": client.uri(name), "name": name})).collect()
    };
    let event = json!({"added": named(added), "removed": named(removed)});
    client.notify("workspace/didChangeWorkspaceFolders", json!({ "event": event })).await;
}

#[tokio::test]
async fn a_folder_that_is_opened_brings_its_settings_and_one_that_is_closed_takes_them_along() {
    let dir = Arc::new(TempDir::new().unwrap());
    write(dir.path(), "late/preceptor.toml", UNTRUSTED);
    let options =
        ClientOptions { dir: Some(dir), workspace: Some("work"), ..ClientOptions::default() };
    let mut client = Client::launch(&options).await;
    let result = client.initialize(&options).await;
    let offered = &result["capabilities"]["workspace"]["workspaceFolders"];
    assert_eq!(*offered, json!({"supported": true, "changeNotifications": true}));
    let skill = client.uri("late/demo/SKILL.md");
    client.open(&skill, INVALID).await;
    assert_eq!(client.diagnostics(&skill, 1).await[0]["severity"], 1);

    change(&mut client, &["late"], &[]).await;
    let file = client.uri("late/preceptor.toml");
    assert_eq!(client.diagnostics(&file, None).await[0]["code"], "config/untrusted");
    while client.diagnostics(&skill, 1).await[0]["severity"] != 4 {}

    change(&mut client, &[], &["late"]).await;
    assert_eq!(client.diagnostics(&file, None).await, json!([]));
    while client.diagnostics(&skill, 1).await[0]["severity"] != 1 {}
    client.may_stay_unread = &["textDocument/publishDiagnostics"];
    client.finish().await;
}

#[tokio::test]
async fn files_are_watched_anew_when_folders_change() {
    let capabilities =
        json!({"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": true}}});
    let options = ClientOptions { capabilities, ..ClientOptions::default() };
    let mut client = Client::launch(&options).await;
    client.answers_registrations = false;
    client.initialize(&options).await;
    let first = client.server_request("client/registerCapability").await;
    client.answer(&first, Value::Null).await;
    change(&mut client, &["late"], &[]).await;
    let withdrawn = client.server_request("client/unregisterCapability").await;
    let id = &first["params"]["registrations"][0]["id"];
    assert_eq!(withdrawn["params"]["unregisterations"][0]["id"], *id);
    client.answer(&withdrawn, Value::Null).await;
    let second = client.server_request("client/registerCapability").await;
    assert_eq!(second["params"], first["params"]);
    client.answer(&second, Value::Null).await;
    client.finish().await;
}

#[tokio::test]
async fn runs_and_skills_are_those_of_the_folder_that_is_open_now() {
    let mut agent = Agent::start().await;
    let text = INVALID.replace("De mo", "count-rows");
    write(agent.client.dir(), "late/preceptor.toml", UNTRUSTED);
    write(agent.client.dir(), "late/.agents/skills/count-rows/SKILL.md", &text);
    change(&mut agent.client, &["late"], &["work"]).await;
    agent.execute("preceptor.trust", json!({"trusted": true})).await;
    agent.student.then(bash("pwd > here")).then(says("Done."));
    let answer = agent.execute("preceptor.run", json!({"prompt": "say where you are"})).await;
    let run_id = answer["runId"].as_str().unwrap();
    agent.turn_end(run_id, 1).await;
    let late = agent.client.dir().join("late");
    assert!(late.join("here").exists() && late.join(".preceptor/runs").join(run_id).exists());
    assert!(agent.student.requests()[0].mentions("count-rows"), "the folder's skill is offered");
    agent.finish().await;
}

#[tokio::test]
async fn a_run_goes_on_to_its_end_in_a_folder_that_was_closed() {
    let options =
        AgentOptions { settings: json!({"approval": {"mode": "ask"}}), ..AgentOptions::default() };
    let mut agent = Agent::start_with(options).await;
    agent.student.then(bash("touch by-command")).then(says("There are 2 rows."));
    let run_id = agent.ask().await;
    let asked = agent.event(&run_id, "approval_required").await;
    change(&mut agent.client, &["elsewhere"], &["work"]).await;
    let id = asked["data"]["tools"][0]["toolCallId"].clone();
    let decisions = json!([{"toolCallId": id, "approved": true}]);
    agent.execute("preceptor.approve", json!({"runId": run_id, "decisions": decisions})).await;
    let end = agent.turn_end(&run_id, 1).await;
    assert_eq!(end["data"]["finalResponse"], "There are 2 rows.");
    assert!(agent.path("by-command").exists());
    agent.finish().await;
}

#[tokio::test]
async fn a_proposal_of_a_run_in_a_closed_folder_is_still_decided_about() {
    let mut agent = Agent::start().await;
    agent.teach(&distilled().to_string());
    let run_id = agent.ask().await;
    let proposed = agent.event(&run_id, "skill_proposed").await;
    change(&mut agent.client, &[], &["work"]).await;
    let argument = json!({"proposalId": proposed["data"]["proposalId"]});
    agent.execute("preceptor.proposal.reject", argument).await;
    agent.finish().await;
}

const ALPHA: &str = "---\r\nname: alpha-one\r\ndescription: Counts. Use when rows are counted.\r\n---\r\n# Größe\r\n\r\n😀 Run /beta-one.\r\n";

const BETA: &str = "---\nname: beta-one\ndescription: Größe of beta. Use when rows are summed.\n---\n# Beta\n\n😀 First /alpha-one.\n";

fn at(uri: &str, line: u32, character: u32) -> Value {
    json!({"textDocument": {"uri": uri}, "position": {"line": line, "character": character}})
}

#[tokio::test]
async fn a_skill_of_another_workspace_folder_is_told_of_and_offered() {
    let options = ClientOptions { workspace: Some("work"), ..ClientOptions::default() };
    let mut client = Client::start(options).await;
    client.may_stay_unread = &["textDocument/publishDiagnostics"];
    write(client.dir(), "late/.claude/skills/beta-one/SKILL.md", BETA);
    let skill = client.uri("work/.claude/skills/alpha-one/SKILL.md");
    client.open(&skill, ALPHA).await;
    change(&mut client, &["late"], &[]).await;
    let hover = client.request("textDocument/hover", at(&skill, 6, 9)).await;
    let told = hover["contents"]["value"].as_str().unwrap();
    assert!(told.contains("Größe of beta"), "{told}");
    let offered = client.request("textDocument/completion", at(&skill, 6, 8)).await;
    assert_eq!(offered["items"][0]["label"], "/beta-one", "{offered:#}");
    client.finish().await;
}

#[tokio::test]
async fn a_skill_without_a_workspace_knows_those_beside_it() {
    let capabilities = json!({"workspace": {"workspaceEdit": {
        "documentChanges": true, "resourceOperations": ["rename"],
    }}});
    let options = ClientOptions { capabilities, ..ClientOptions::default() };
    let mut client = Client::start(options).await;
    client.may_stay_unread = &["textDocument/publishDiagnostics"];
    write(client.dir(), "lone/skills/alpha-one/SKILL.md", ALPHA);
    write(client.dir(), "lone/skills/beta-one/SKILL.md", BETA);
    let uri = |name: &str| client.uri(&format!("lone/skills/{name}/SKILL.md"));
    let (alpha, beta) = (uri("alpha-one"), uri("beta-one"));
    client.open(&alpha, ALPHA).await;
    let found = client.request("textDocument/definition", at(&alpha, 6, 9)).await;
    assert_eq!(found[0]["uri"], beta, "{found}");
    let mut params = at(&alpha, 1, 8);
    params["newName"] = json!("alpha-two");
    let edit = client.request("textDocument/rename", params).await;
    let changes = edit["documentChanges"].as_array().unwrap();
    let change = changes.iter().find(|it| it["textDocument"]["uri"] == beta).unwrap();
    assert_eq!(change["edits"][0]["range"]["start"], json!({"line": 6, "character": 10}));
    client.finish().await;
}
