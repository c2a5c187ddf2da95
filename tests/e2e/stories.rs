//! Whole stories, for the clients that can least and for servers that come and go.

use std::fs;

use serde_json::{Value, json};

use crate::harness::{Agent, AgentOptions, Client, ClientOptions, SKILL, distilled, says};

const ASK_LINE: u64 = 2;

fn title_of<'a>(actions: &'a [Value], command: &str) -> &'a str {
    let action = actions.iter().find(|action| action["command"]["command"] == command);
    action.and_then(|action| action["title"].as_str()).unwrap_or_default()
}

#[tokio::test]
async fn a_client_without_any_capability_goes_the_whole_way_by_code_actions() {
    let mut agent =
        Agent::start_with(AgentOptions { is_bare: true, ..AgentOptions::default() }).await;
    agent.teach(&distilled().to_string());
    let notes = agent.notes();
    agent.act(&notes, ASK_LINE, "Ask Preceptor").await;
    agent.diagnostic(&notes, "turn/proposal").await;
    let message = agent.client.notification("window/showMessage").await;
    assert!(message["message"].as_str().unwrap().ends_with("the turn is over."), "{message}");
    let accepted = agent.act(&notes, ASK_LINE, "Accept skill").await;
    assert_eq!(accepted["uri"], agent.uri(SKILL));
    let message = agent.client.notification("window/showMessage").await;
    assert!(message["message"].as_str().unwrap().contains(SKILL), "{message}");
    agent.student.then(says("There are 2 rows."));
    agent.act(&notes, ASK_LINE, "Ask Preceptor").await;
    agent.student.wait_for_requests(2).await;
    assert!(agent.student.requests()[1].mentions("count-csv-rows"));
    agent.client.notification("window/showMessage").await;
    assert!(agent.client.events.is_empty());
    agent.finish().await;
}

#[tokio::test]
async fn a_proposal_waits_for_the_next_server() {
    let mut agent = Agent::start().await;
    let (run_id, proposal_id) = agent.proposed(&distilled()).await;
    let mut agent = agent.restart().await;
    let proposals = agent.execute("preceptor.proposals", json!({})).await;
    assert_eq!(proposals[0]["proposalId"], proposal_id.as_str());
    let uri = proposals[0]["uri"].as_str().unwrap().to_owned();
    let text = fs::read_to_string(uri.strip_prefix("file://").unwrap()).unwrap();
    agent.client.open(&uri, &text).await;
    let actions = agent.actions(&uri, 0).await;
    assert!(title_of(&actions, "preceptor.proposal.accept").contains("count-csv-rows"));
    let id = agent.start_action(&uri, 0, "Accept skill").await;
    let (request, _, text) = agent.creation().await;
    agent.apply(&request, SKILL, &text).await;
    agent.save_when_asked(SKILL, &text).await;
    assert!(agent.client.answer_to(id).await["error"].is_null());
    let events = agent.execute("preceptor.events", json!({"runId": run_id})).await;
    let kinds: Vec<&str> =
        events["events"].as_array().unwrap().iter().filter_map(|it| it["type"].as_str()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "skill_saved").count(), 1);
    assert!(kinds.ends_with(&["skill_saved", "proposal_resolved"]), "{kinds:?}");
    // What was accepted stays accepted.
    let mut agent = agent.restart().await;
    agent.student.then(says("There are 2 rows."));
    agent.ask_and_wait().await;
    assert!(agent.student.requests().last().unwrap().mentions("count-csv-rows"));
    agent.finish().await;
}

#[tokio::test]
async fn a_run_of_an_earlier_server_is_listed_shown_and_not_continued() {
    let mut agent = Agent::start().await;
    agent.student.then(says("There are 2 rows."));
    let run_id = agent.ask_and_wait().await;
    let mut agent = agent.restart().await;
    let runs = agent.execute("preceptor.runs", json!({})).await;
    assert_eq!(runs[0]["runId"], run_id.as_str());
    let events = agent.execute("preceptor.events", json!({"runId": run_id})).await;
    assert_eq!(events["events"][0]["type"], "run_started");
    let shown = agent.execute("preceptor.show", json!({"runId": run_id})).await;
    assert!(shown["uri"].as_str().unwrap().ends_with("transcript.md"));
    agent.finish().await;
}

#[tokio::test]
async fn a_script_plays_the_student() {
    let scenario = "[[reply]]\nstep = 0\ncalls = [{ name = \"read_file\", arguments = { path = \
                    \"data.csv\" } }]\n\n[[reply]]\nstep = 1\ntext = \"There are 2 rows.\"\n";
    let mut agent = Agent::start_with(AgentOptions {
        settings: json!({"student": {"provider": "script", "script": "student.toml"}}),
        files: vec![("student.toml", scenario.to_owned())],
        ..AgentOptions::default()
    })
    .await;
    let run_id = agent.ask().await;
    let end = agent.turn_end(&run_id, 1).await;
    assert_eq!(end["data"]["finalResponse"], "There are 2 rows.");
    agent.finish().await;
}

#[tokio::test]
async fn without_a_workspace_folder_runs_are_kept_in_the_state_folder() {
    let options = ClientOptions {
        initialization_options: json!({"student": {"base_url": ""}}),
        ..ClientOptions::default()
    };
    let mut client = Client::start(options).await;
    client.may_stay_unread = &["textDocument/publishDiagnostics", "window/showMessage"];
    let uri = client.uri("lonely.md");
    client.open(&uri, "@preceptor hello\n").await;
    let argument = json!({"prompt": "hello", "uri": uri});
    let params = json!({"command": "preceptor.run", "arguments": [argument]});
    let answer = client.request("workspace/executeCommand", params).await;
    let transcript = answer["transcriptUri"].as_str().unwrap();
    assert!(transcript.starts_with(&client.uri("state/")), "{transcript}");
    let told = client.notification("window/showMessage").await;
    assert!(told["message"].as_str().unwrap().contains("`student.base_url`"), "{told}");
    client.finish().await;
}
