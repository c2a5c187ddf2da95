//! Approvals that the client is asked for: one question at a time, and only a clear answer counts.

use serde_json::{Value, json};

use crate::harness::{Agent, AgentOptions, bash, calls, says, tool_results};

const ASK: &str = "preceptor/requestPermission";
const MESSAGE: &str = "window/showMessageRequest";
const CANCEL: &str = "$/cancelRequest";

async fn start(capabilities: Value) -> Agent {
    Agent::start_with(AgentOptions {
        settings: json!({"approval": {"mode": "ask"}}),
        capabilities,
        ..AgentOptions::default()
    })
    .await
}

async fn that_takes_permissions() -> Agent {
    // Where both are announced, the product's own request comes first.
    start(json!({
        "window": {"showMessage": {}},
        "experimental": {"preceptor": {"permissions": true}},
    }))
    .await
}

async fn that_shows_messages() -> Agent {
    start(json!({"window": {"showMessage": {}}})).await
}

async fn waits_in_the_document(agent: &mut Agent, n_calls: usize) {
    let notes = agent.notes();
    agent
        .diagnostics_when(&notes, "calls wait", |it| {
            it.iter().filter(|diagnostic| diagnostic["code"] == "turn/approval").count() == n_calls
        })
        .await;
}

async fn decide(agent: &mut Agent, run_id: &str, call: &Value, approved: bool) {
    let decisions = json!([{"toolCallId": call, "approved": approved}]);
    agent.execute("preceptor.approve", json!({"runId": run_id, "decisions": decisions})).await;
}

#[tokio::test]
async fn a_permission_is_asked_for_with_all_that_a_person_has_to_know() {
    let mut agent = that_takes_permissions().await;
    agent.student.then(bash("touch made")).then(says("Done."));
    let run_id = agent.ask().await;
    let request = agent.client.server_request(ASK).await;
    assert_eq!(
        request["params"],
        json!({
            "runId": run_id,
            "toolCallId": request["params"]["toolCallId"],
            "tool": "bash",
            "title": "Run a command",
            "arguments": {"command": "touch made"},
            "reason": "The student wants it, and `approval.mode` is \"ask\". Risk: writes.",
            "options": [
                {"id": "allow_once", "title": "Approve"},
                {"id": "allow_run", "title": "Approve for this run"},
                {"id": "allow_always", "title": "Always approve here"},
                {"id": "reject", "title": "Reject"},
            ],
        })
    );
    waits_in_the_document(&mut agent, 1).await;
    assert!(!agent.path("made").exists());
    agent.client.answer(&request, json!({"optionId": "allow_once"})).await;
    agent.turn_end(&run_id, 1).await;
    assert!(agent.path("made").exists());
    waits_in_the_document(&mut agent, 0).await;
    agent.finish().await;
}

#[tokio::test]
async fn an_edit_is_asked_about_with_its_diff_in_each_way() {
    let read = ("read_file", json!({"path": "data.csv"}));
    let edit = ("edit_file", json!({"path": "data.csv", "old": "1,2", "new": "1,2 \u{202e}x"}));
    let diff = "@@ -1,3 +1,3 @@\n a,b\n-1,2\n+1,2 \u{202e}x\n 3,4";
    let mut agent = that_takes_permissions().await;
    agent.student.then(calls([read.clone()])).then(calls([edit.clone()])).then(says("Done."));
    let run_id = agent.ask().await;
    let request = agent.client.server_request(ASK).await;
    assert_eq!(
        request["params"]["change"],
        json!({
            "uri": agent.uri("data.csv"),
            "isNew": false,
            "text": "a,b\n1,2 \u{202e}x\n3,4\n",
            "diff": diff,
        })
    );
    let event = agent.event(&run_id, "approval_required").await;
    assert_eq!(event["data"]["tools"][0]["diff"], diff);
    let notes = agent.notes();
    let hover = json!({"textDocument": {"uri": notes}, "position": {"line": 2, "character": 1}});
    let hover = agent.client.request("textDocument/hover", hover).await.to_string();
    assert!(hover.contains("@@ -1,3 +1,3 @@"), "{hover}");
    agent.client.answer(&request, json!({"optionId": "allow_once"})).await;
    agent.turn_end(&run_id, 1).await;
    assert_eq!(agent.read("data.csv"), "a,b\n1,2 \u{202e}x\n3,4\n");
    agent.finish().await;

    let mut agent = that_shows_messages().await;
    agent.student.then(calls([read])).then(calls([edit])).then(says("Done."));
    let run_id = agent.ask().await;
    let request = agent.client.server_request(MESSAGE).await;
    let message = request["params"]["message"].as_str().unwrap();
    let start = "Edit a file: data.csv\n@@ -1,3 +1,3 @@\n a,b\n-1,2\n+1,2 \\u{202e}x\n 3,4\n";
    assert!(message.starts_with(start), "{message}");
    agent.client.answer(&request, json!({"title": "Reject"})).await;
    agent.turn_end(&run_id, 1).await;
    assert_eq!(agent.read("data.csv"), "a,b\n1,2\n3,4\n");
    agent.finish().await;
}

#[tokio::test]
async fn calls_are_asked_about_one_after_the_other() {
    let mut agent = that_takes_permissions().await;
    let two =
        [("bash", json!({"command": "touch one"})), ("bash", json!({"command": "touch two"}))];
    agent.student.then(calls(two)).then(says("Done."));
    let run_id = agent.ask().await;
    let first = agent.client.server_request(ASK).await;
    assert_eq!(first["params"]["arguments"], json!({"command": "touch one"}));
    let answer = json!({"optionId": "reject", "feedback": "not that one"});
    agent.client.answer(&first, answer).await;
    let second = agent.client.server_request(ASK).await;
    assert_eq!(second["params"]["arguments"], json!({"command": "touch two"}));
    let answer = json!({"optionId": "allow_once", "arguments": {"command": "touch three"}});
    agent.client.answer(&second, answer).await;
    agent.turn_end(&run_id, 1).await;
    assert!(!agent.path("one").exists() && !agent.path("two").exists());
    assert!(agent.path("three").exists());
    assert!(tool_results(&agent.student.requests()[1])[0].contains("not that one"));
    agent.finish().await;
}

#[tokio::test]
async fn what_is_allowed_for_the_run_is_asked_once() {
    let mut agent = that_takes_permissions().await;
    let command = "echo x >> made";
    agent.student.then(bash(command)).then(bash(command)).then(says("Done."));
    let run_id = agent.ask().await;
    let request = agent.client.server_request(ASK).await;
    agent.client.answer(&request, json!({"optionId": "allow_run"})).await;
    agent.turn_end(&run_id, 1).await;
    assert_eq!(agent.read("made"), "x\nx\n");
    agent.finish().await;
}

#[tokio::test]
async fn what_is_always_allowed_is_not_asked_in_later_runs_and_the_status_names_it() {
    let mut agent = that_takes_permissions().await;
    let command = "echo x >> made";
    agent.student.then(bash(command)).then(says("Done.")).then(bash(command)).then(says("Again."));
    let first = agent.ask().await;
    let request = agent.client.server_request(ASK).await;
    agent.client.answer(&request, json!({"optionId": "allow_always"})).await;
    agent.turn_end(&first, 1).await;
    let second = agent.ask().await;
    agent.turn_end(&second, 1).await;
    assert_eq!(agent.read("made"), "x\nx\n");
    let status = agent.execute("preceptor.status", json!({})).await;
    assert_eq!(status["alwaysAllowed"], json!([{"tool": "bash", "target": command}]));
    agent.finish().await;
}

#[tokio::test]
async fn a_question_is_taken_back_when_the_document_answers_and_a_late_yes_is_ignored() {
    for (capabilities, method, late) in [
        (
            json!({"experimental": {"preceptor": {"permissions": true}}}),
            ASK,
            json!({"optionId": "allow_run"}),
        ),
        (json!({"window": {"showMessage": {}}}), MESSAGE, json!({"title": "Approve"})),
    ] {
        let mut agent = start(capabilities).await;
        agent.student.then(bash("touch made")).then(says("Then not."));
        let run_id = agent.ask().await;
        let event = agent.event(&run_id, "approval_required").await;
        let request = agent.client.server_request(method).await;
        decide(&mut agent, &run_id, &event["data"]["tools"][0]["toolCallId"], false).await;
        let cancelled = agent.client.notification(CANCEL).await;
        assert_eq!(cancelled["id"], request["id"]);
        agent.client.answer(&request, late).await;
        agent.turn_end(&run_id, 1).await;
        assert!(!agent.path("made").exists());
        agent.finish().await;
    }
}

#[tokio::test]
async fn only_an_option_that_was_offered_decides() {
    for answer in [
        json!(null),
        json!({"optionId": "allow_forever"}),
        json!({"optionId": ""}),
        json!({"approved": true}),
        json!(true),
    ] {
        let mut agent = that_takes_permissions().await;
        let two =
            [("bash", json!({"command": "touch one"})), ("bash", json!({"command": "touch two"}))];
        agent.student.then(calls(two)).then(says("Then not."));
        let run_id = agent.ask().await;
        let event = agent.event(&run_id, "approval_required").await;
        let request = agent.client.server_request(ASK).await;
        agent.client.answer(&request, answer.clone()).await;
        // The next call is asked about, and the first goes on waiting.
        let second = agent.client.server_request(ASK).await;
        assert_eq!(second["params"]["arguments"], json!({"command": "touch two"}), "{answer}");
        waits_in_the_document(&mut agent, 2).await;
        agent.client.answer(&second, json!({"optionId": "reject"})).await;
        waits_in_the_document(&mut agent, 1).await;
        assert!(!agent.path("one").exists(), "{answer}");
        decide(&mut agent, &run_id, &event["data"]["tools"][0]["toolCallId"], true).await;
        agent.turn_end(&run_id, 1).await;
        assert!(agent.path("one").exists() && !agent.path("two").exists(), "{answer}");
        agent.finish().await;
    }
}

#[tokio::test]
async fn an_error_decides_nothing() {
    let mut agent = that_takes_permissions().await;
    agent.student.then(bash("touch made")).then(says("Then not."));
    let run_id = agent.ask().await;
    let event = agent.event(&run_id, "approval_required").await;
    let request = agent.client.server_request(ASK).await;
    let error = json!({"code": -32601, "message": "no such method"});
    agent.client.send(&json!({"jsonrpc": "2.0", "id": request["id"], "error": error})).await;
    waits_in_the_document(&mut agent, 1).await;
    assert!(!agent.path("made").exists());
    decide(&mut agent, &run_id, &event["data"]["tools"][0]["toolCallId"], false).await;
    agent.turn_end(&run_id, 1).await;
    agent.finish().await;
}

#[tokio::test]
async fn a_message_says_the_command_in_full_and_its_actions_decide() {
    for (title, runs) in [("Approve", true), ("Approve for this run", true), ("Reject", false)] {
        let mut agent = that_shows_messages().await;
        let command = format!("touch made # {}", "x".repeat(500));
        agent.student.then(bash(&command)).then(says("Done."));
        let run_id = agent.ask().await;
        let request = agent.client.server_request(MESSAGE).await;
        let message = request["params"]["message"].as_str().unwrap();
        assert!(message.starts_with(&format!("Run a command: {command}\n")), "{message}");
        let actions = request["params"]["actions"].as_array().unwrap();
        let titles: Vec<&str> = actions.iter().filter_map(|it| it["title"].as_str()).collect();
        assert_eq!(titles, ["Approve", "Approve for this run", "Always approve here", "Reject"]);
        agent.client.answer(&request, json!({"title": title})).await;
        agent.turn_end(&run_id, 1).await;
        assert_eq!(agent.path("made").exists(), runs, "{title}");
        agent.finish().await;
    }
}

#[tokio::test]
async fn a_message_that_is_closed_leaves_the_call_waiting() {
    let mut agent = that_shows_messages().await;
    agent.student.then(bash("touch made")).then(says("Done."));
    let run_id = agent.ask().await;
    let event = agent.event(&run_id, "approval_required").await;
    let request = agent.client.server_request(MESSAGE).await;
    agent.client.answer(&request, Value::Null).await;
    waits_in_the_document(&mut agent, 1).await;
    assert!(!agent.path("made").exists());
    decide(&mut agent, &run_id, &event["data"]["tools"][0]["toolCallId"], true).await;
    agent.turn_end(&run_id, 1).await;
    assert!(agent.path("made").exists());
    agent.finish().await;
}

#[tokio::test]
async fn a_question_ends_with_its_turn() {
    let mut agent = that_takes_permissions().await;
    agent.student.then(bash("touch made"));
    let run_id = agent.ask().await;
    let request = agent.client.server_request(ASK).await;
    assert_eq!(
        agent.execute("preceptor.cancel", json!({"runId": run_id})).await,
        json!({"cancelled": true})
    );
    let cancelled = agent.client.notification(CANCEL).await;
    assert_eq!(cancelled["id"], request["id"]);
    assert_eq!(agent.turn_end(&run_id, 1).await["type"], "interrupted");
    assert!(!agent.path("made").exists());
    agent.finish().await;
}

#[tokio::test]
async fn the_next_server_asks_about_what_is_left_and_keeps_what_was_decided() {
    let mut agent = that_takes_permissions().await;
    let two = [("bash", json!({"command": "touch 1"})), ("bash", json!({"command": "touch 2"}))];
    agent.student.then(calls(two)).then(says("Done."));
    let run_id = agent.ask().await;
    let first = agent.client.server_request(ASK).await;
    agent.client.answer(&first, json!({"optionId": "allow_once"})).await;
    let second = agent.client.server_request(ASK).await;
    assert_eq!(second["params"]["arguments"], json!({"command": "touch 2"}));
    assert!(!agent.path("1").exists(), "the calls of a reply run together");
    agent.client.may_stay_unread = &["preceptor/event", "textDocument/publishDiagnostics", CANCEL];
    let mut agent = agent.restart().await;
    let again = agent.client.server_request(ASK).await;
    assert_eq!(again["params"], second["params"]);
    waits_in_the_document(&mut agent, 1).await;
    agent.client.answer(&again, json!({"optionId": "allow_once"})).await;
    agent.turn_end(&run_id, 1).await;
    assert!(agent.path("1").exists() && agent.path("2").exists());
    let requests = agent.student.requests();
    assert_eq!(tool_results(requests.last().unwrap()).len(), 2);
    // What was decided is nobody's question any more.
    let mut agent = agent.restart().await;
    assert_eq!(agent.execute("preceptor.runs", json!({})).await[0]["status"], "completed");
    agent.finish().await;
}
