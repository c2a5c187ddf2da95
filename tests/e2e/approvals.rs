//! Calls that wait for a person: what waits, what a decision does, what is never a yes.

use serde_json::{Value, json};

use crate::harness::{Agent, AgentOptions, actions_titled, bash, calls, says, tool_results};

const ASK_LINE: u64 = 2;

async fn start(approval: Value) -> Agent {
    Agent::start_with(AgentOptions {
        settings: json!({"approval": approval}),
        ..AgentOptions::default()
    })
    .await
}

/// Runs the ask line until it waits, and returns the run's id and the ids of the calls.
async fn waiting(agent: &mut Agent) -> (String, Vec<String>) {
    let run_id = agent.ask().await;
    let event = agent.event(&run_id, "approval_required").await;
    let tools = event["data"]["tools"].as_array().unwrap();
    assert_eq!(event["data"]["count"], tools.len());
    let ids = tools.iter().map(|it| it["toolCallId"].as_str().unwrap().to_owned()).collect();
    (run_id, ids)
}

fn approve(run_id: &str, decisions: &Value) -> Value {
    json!({"runId": run_id, "decisions": decisions})
}

#[tokio::test]
async fn commands_and_writes_ask_and_reading_runs() {
    let mut agent = start(json!({"mode": "ask"})).await;
    agent
        .student
        .then(calls([
            ("read_file", json!({"path": "data.csv"})),
            ("bash", json!({"command": "touch by-command"})),
            ("write_file", json!({"path": "by-tool", "content": "x"})),
        ]))
        .then(says("Done."));
    let (run_id, ids) = waiting(&mut agent).await;
    assert_eq!(ids.len(), 2);
    assert!(!agent.path("by-command").exists() && !agent.path("by-tool").exists());
    let decisions: Vec<Value> =
        ids.iter().map(|id| json!({"toolCallId": id, "approved": true})).collect();
    let answer = agent.execute("preceptor.approve", approve(&run_id, &json!(decisions))).await;
    assert_eq!(answer.as_object().unwrap().len(), 1);
    assert!(!answer["accepted"].is_null(), "{answer}");
    agent.turn_end(&run_id, 1).await;
    assert!(agent.path("by-command").exists() && agent.path("by-tool").exists());
    let notes = agent.notes();
    agent
        .diagnostics_when(&notes, "nothing waits", |it| {
            it.iter().all(|diagnostic| diagnostic["code"] != "turn/approval")
        })
        .await;
    agent.finish().await;
}

#[tokio::test]
async fn edits_run_in_their_mode_and_commands_still_ask() {
    let mut agent = start(json!({"mode": "edits"})).await;
    agent
        .student
        .then(calls([("write_file", json!({"path": "by-tool", "content": "x"}))]))
        .then(bash("touch by-command"))
        .then(says("Then not."));
    let (run_id, ids) = waiting(&mut agent).await;
    assert!(agent.path("by-tool").exists());
    let decisions = json!([{"toolCallId": ids[0], "approved": false}]);
    agent.execute("preceptor.approve", approve(&run_id, &decisions)).await;
    agent.turn_end(&run_id, 1).await;
    assert!(!agent.path("by-command").exists());
    agent.finish().await;
}

#[tokio::test]
async fn rules_come_before_the_mode() {
    let mut agent = start(json!({
        "mode": "full",
        "rules": [
            {"tool": "bash", "when": {"command": "rm *"}, "decision": "deny"},
            {"tool": "bash", "when": {"command": "touch asked*"}, "decision": "ask"},
        ],
    }))
    .await;
    agent
        .student
        .then(calls([
            ("bash", json!({"command": "rm data.csv"})),
            ("bash", json!({"command": "touch free"})),
            ("bash", json!({"command": "touch asked"})),
        ]))
        .then(says("I see."));
    let (run_id, ids) = waiting(&mut agent).await;
    assert_eq!(ids.len(), 1);
    let decisions = json!([{"toolCallId": ids[0], "approved": false}]);
    agent.execute("preceptor.approve", approve(&run_id, &decisions)).await;
    agent.turn_end(&run_id, 1).await;
    assert!(agent.path("data.csv").exists() && agent.path("free").exists());
    assert!(!agent.path("asked").exists());
    agent.finish().await;
}

#[tokio::test]
async fn a_part_of_the_decisions_leaves_the_others_waiting() {
    let mut agent = start(json!({"mode": "ask"})).await;
    let two =
        [("bash", json!({"command": "touch one"})), ("bash", json!({"command": "touch two"}))];
    agent.student.then(calls(two)).then(says("Done."));
    let (run_id, ids) = waiting(&mut agent).await;
    let notes = agent.notes();
    agent
        .diagnostics_when(&notes, "both wait", |it| {
            it.iter().filter(|diagnostic| diagnostic["code"] == "turn/approval").count() == 2
        })
        .await;
    let decisions = json!([{"toolCallId": ids[0], "approved": true}]);
    agent.execute("preceptor.approve", approve(&run_id, &decisions)).await;
    agent
        .diagnostics_when(&notes, "one waits", |it| {
            it.iter().filter(|diagnostic| diagnostic["code"] == "turn/approval").count() == 1
        })
        .await;
    assert!(!agent.path("two").exists());
    assert_eq!(agent.student.requests().len(), 1);
    let decisions = json!([{"toolCallId": ids[1], "approved": true}]);
    agent.execute("preceptor.approve", approve(&run_id, &decisions)).await;
    agent.turn_end(&run_id, 1).await;
    assert!(agent.path("one").exists() && agent.path("two").exists());
    agent.finish().await;
}

#[tokio::test]
async fn a_refusal_with_feedback_is_told_to_the_model() {
    let mut agent = start(json!({"mode": "ask"})).await;
    agent.student.then(bash("touch made")).then(says("Then I do it otherwise."));
    let (run_id, ids) = waiting(&mut agent).await;
    let decisions =
        json!([{"toolCallId": ids[0], "approved": false, "feedback": "use the other folder"}]);
    agent.execute("preceptor.approve", approve(&run_id, &decisions)).await;
    assert_eq!(agent.turn_end(&run_id, 1).await["type"], "turn_complete");
    let requests = agent.student.requests();
    assert!(tool_results(&requests[1])[0].contains("use the other folder"));
    assert!(!agent.path("made").exists());
    let change = agent.event(&run_id, "tool_state_change").await;
    assert_eq!(change["data"]["state"], "rejected");
    // Somebody's no is no failure of the student.
    assert!(agent.teacher.requests().is_empty());
    agent.finish().await;
}

#[tokio::test]
async fn other_arguments_may_be_approved_than_were_asked_for() {
    let mut agent = start(json!({"mode": "ask"})).await;
    agent.student.then(bash("touch asked")).then(says("Done."));
    let (run_id, ids) = waiting(&mut agent).await;
    let decisions = json!([{
        "toolCallId": ids[0],
        "approved": true,
        "arguments": {"command": "touch approved"},
    }]);
    agent.execute("preceptor.approve", approve(&run_id, &decisions)).await;
    agent.turn_end(&run_id, 1).await;
    assert!(agent.path("approved").exists() && !agent.path("asked").exists());
    let shown = agent.execute("preceptor.show", json!({"runId": run_id})).await;
    let path = shown["uri"].as_str().unwrap().strip_prefix("file://").unwrap().to_owned();
    let transcript = std::fs::read_to_string(path).unwrap();
    assert!(transcript.contains("*You changed it to:* **bash** `touch approved`"), "{transcript}");
    assert!(transcript.contains("*You approved:* **bash** `touch approved`"), "{transcript}");
    agent.finish().await;
}

#[tokio::test]
async fn arguments_that_the_tool_does_not_take_decide_nothing() {
    let mut agent = start(json!({"mode": "ask"})).await;
    agent.student.then(bash("touch asked")).then(says("Done."));
    let (run_id, ids) = waiting(&mut agent).await;
    for arguments in [
        json!({"command": "touch approved", "cmd": "touch other"}),
        json!({"command": 3}),
        json!({}),
    ] {
        let decision = json!([{"toolCallId": ids[0], "approved": true, "arguments": arguments}]);
        let error = agent.refusal("preceptor.approve", approve(&run_id, &decision)).await;
        assert_eq!(error["code"], -32602, "{error}");
    }
    let feedback = "not\u{7} \u{1b}[31mthat\u{0}";
    let decision = json!([{"toolCallId": ids[0], "approved": false, "feedback": feedback}]);
    agent.execute("preceptor.approve", approve(&run_id, &decision)).await;
    agent.turn_end(&run_id, 1).await;
    assert!(!agent.path("approved").exists() && !agent.path("asked").exists());
    let requests = agent.student.requests();
    let results = tool_results(requests.last().unwrap());
    assert!(results[0].ends_with("The person says: not [31mthat"), "{results:?}");
    agent.finish().await;
}

#[tokio::test]
async fn what_is_always_allowed_says_how_it_is_taken_back() {
    let mut agent = start(json!({"mode": "ask"})).await;
    agent.student.then(bash("touch 'a b'")).then(says("Done."));
    let (run_id, ids) = waiting(&mut agent).await;
    let decision = json!([{"toolCallId": ids[0], "approved": true, "scope": "always"}]);
    agent.execute("preceptor.approve", approve(&run_id, &decision)).await;
    let told = agent.event(&run_id, "tool_log").await;
    assert_eq!(
        told["data"]["log"],
        r"In this folder `bash` 'touch '\''a b'\''' is always allowed from now on; `preceptor trust --forget 'touch '\''a b'\'''` takes that back."
    );
    agent.turn_end(&run_id, 1).await;
    agent.finish().await;
}

#[tokio::test]
async fn approved_for_this_run_is_not_asked_again_in_it() {
    let mut agent = start(json!({"mode": "ask"})).await;
    let command = "echo x >> made";
    agent.student.then(bash(command)).then(bash(command)).then(says("Done."));
    let run_id = agent.ask().await;
    let notes = agent.notes();
    agent.diagnostic(&notes, "turn/approval").await;
    agent.act(&notes, ASK_LINE, "for this run").await;
    agent.turn_end(&run_id, 1).await;
    assert_eq!(agent.read("made"), "x\nx\n");
    agent.student.then(bash(command)).then(says("Then not."));
    let (second, ids) = waiting(&mut agent).await;
    let decisions = json!([{"toolCallId": ids[0], "approved": false}]);
    agent.execute("preceptor.approve", approve(&second, &decisions)).await;
    agent.turn_end(&second, 1).await;
    assert_eq!(agent.read("made"), "x\nx\n");
    agent.finish().await;
}

#[tokio::test]
async fn actions_approve_and_reject_without_any_diagnostics_in_the_request() {
    let mut agent = start(json!({"mode": "ask"})).await;
    agent.student.then(bash("touch made")).then(says("Done."));
    let run_id = agent.ask().await;
    let notes = agent.notes();
    agent.diagnostic(&notes, "turn/approval").await;
    let actions = agent.actions(&notes, ASK_LINE).await;
    assert_eq!(actions_titled(&actions, "Approve").len(), 2, "{actions:#?}");
    assert_eq!(actions_titled(&actions, "Reject").len(), 1, "{actions:#?}");
    assert!(agent.actions(&notes, 0).await.is_empty());
    let approve = actions_titled(&actions, "Approve")[0].clone();
    assert!(approve["title"].as_str().unwrap().contains("touch made"), "{approve}");
    let argument = approve["command"]["arguments"][0].clone();
    agent.execute("preceptor.approve", argument.clone()).await;
    agent.turn_end(&run_id, 1).await;
    assert!(agent.path("made").exists());
    let error = agent.refusal("preceptor.approve", argument).await;
    assert_eq!(error["code"], -32602, "a late decision: {error}");
    agent.finish().await;
}

#[tokio::test]
async fn what_would_hide_in_a_command_is_spelled_out_in_the_document() {
    let mut agent = start(json!({"mode": "ask"})).await;
    agent.student.then(bash("touch \u{202e}made")).then(says("Then not."));
    let run_id = agent.ask().await;
    let notes = agent.notes();
    let diagnostic = agent.diagnostic(&notes, "turn/approval").await;
    let actions = agent.actions(&notes, ASK_LINE).await;
    let position = json!({"line": ASK_LINE, "character": 1});
    let hover = json!({"textDocument": {"uri": notes}, "position": position});
    let hover = agent.client.request("textDocument/hover", hover).await;
    for shown in [&diagnostic["message"], &actions[0]["title"], &hover["contents"]["value"]] {
        let shown = shown.as_str().unwrap();
        assert!(shown.contains("touch \\u{202e}made"), "{shown}");
    }
    agent.act(&notes, ASK_LINE, "Reject").await;
    agent.turn_end(&run_id, 1).await;
    agent.finish().await;
}

#[tokio::test]
async fn a_decision_about_another_call_is_refused_and_nothing_runs() {
    let mut agent = start(json!({"mode": "ask"})).await;
    agent.student.then(bash("touch made")).then(says("Then not."));
    let (run_id, ids) = waiting(&mut agent).await;
    let other = json!([{"toolCallId": "another", "approved": true}]);
    let error = agent.refusal("preceptor.approve", approve(&run_id, &other)).await;
    assert_eq!(error["code"], -32602, "{error}");
    let error = agent.refusal("preceptor.approve", approve(&run_id, &json!([]))).await;
    assert_eq!(error["code"], -32602, "{error}");
    assert!(error["message"].as_str().unwrap().contains("it is empty"), "{error}");
    assert!(!agent.path("made").exists());
    let decisions = json!([{"toolCallId": ids[0], "approved": false}]);
    agent.execute("preceptor.approve", approve(&run_id, &decisions)).await;
    agent.turn_end(&run_id, 1).await;
    agent.finish().await;
}

#[tokio::test]
async fn the_teachers_calls_ask_too() {
    let mut agent = start(json!({"mode": "ask"})).await;
    agent.student.then(says("I was unable to count the rows."));
    agent.teacher.then(bash("touch made")).then(says("Then I stop there."));
    agent.teacher.then(says("NO_SKILL"));
    let run_id = agent.ask().await;
    let event = agent.event(&run_id, "approval_required").await;
    assert_eq!(event["teacher"], true);
    let notes = agent.notes();
    agent.diagnostic(&notes, "turn/approval").await;
    agent.act(&notes, ASK_LINE, "Reject").await;
    agent.turn_end(&run_id, 1).await;
    assert!(!agent.path("made").exists());
    agent.finish().await;
}

#[tokio::test]
async fn no_answer_is_never_a_yes() {
    let mut agent = start(json!({"mode": "ask"})).await;
    agent.student.then(bash("touch made"));
    waiting(&mut agent).await;
    let made = agent.path("made");
    agent.finish().await;
    assert!(!made.exists());
}

#[tokio::test]
async fn a_new_request_leaves_behind_what_waits() {
    let mut agent = start(json!({"mode": "ask"})).await;
    agent.student.then(bash("touch made")).then(says("It is an empty folder."));
    let (run_id, _) = waiting(&mut agent).await;
    let follow_up = json!({"runId": run_id, "prompt": "Leave that: what is in the folder?"});
    assert_eq!(agent.execute("preceptor.followUp", follow_up).await["turn"], 2);
    let change = agent.event(&run_id, "tool_state_change").await;
    assert_eq!(change["data"]["state"], "abandoned");
    assert_eq!(agent.turn_end(&run_id, 2).await["type"], "turn_complete");
    assert!(!agent.path("made").exists());
    let requests = agent.student.requests();
    assert_eq!(tool_results(&requests[1]).len(), 1, "the call has its one result");
    assert!(requests[1].mentions("what is in the folder?"));
    agent.finish().await;
}
