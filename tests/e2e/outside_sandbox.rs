//! Commands that the real sandbox stopped, and a person who may let them run outside of it.

use serde_json::{Value, json};

use crate::harness::{Agent, AgentOptions, actions_titled, bash, says, tool_results};

const ASK: &str = "preceptor/requestPermission";
const MESSAGE: &str = "window/showMessageRequest";
const ASK_LINE: u64 = 2;

/// Git's settings are a part of the workspace that commands do not change.
const STOPPED: &str = "echo '[user]' >> .git/config";

/// An agent in the mode that never asks; `None` where this machine has no layer for such a file.
async fn start(capabilities: Value, settings: Value) -> Option<Agent> {
    let files = vec![
        (".git/HEAD", "ref: refs/heads/main\n".to_owned()),
        (".git/config", "[core]\n".to_owned()),
    ];
    let options = AgentOptions { settings, capabilities, files, ..AgentOptions::default() };
    let mut agent = Agent::start_with(options).await;
    let status = agent.execute("preceptor.status", json!({})).await;
    let layers = status["sandbox"]["layers"].as_array().unwrap();
    if layers.contains(&json!("mount_namespace")) {
        return Some(agent);
    }
    assert!(std::env::var_os("CI").is_none(), "the mount name space is missing: {status}");
    agent.finish().await;
    None
}

fn config(agent: &Agent) -> String {
    agent.read(".git/config")
}

#[tokio::test]
async fn a_permission_names_the_layer_and_what_was_stopped_and_a_yes_lets_it_out_once() {
    let capabilities = json!({"experimental": {"preceptor": {"permissions": true}}});
    let Some(mut agent) = start(capabilities, json!({"approval": {"mode": "full"}})).await else {
        return;
    };
    agent.student.then(bash(STOPPED)).then(bash(STOPPED)).then(says("Done."));
    let run_id = agent.ask().await;
    let request = agent.client.server_request(ASK).await;
    let file = agent.path("").canonicalize().unwrap().join(".git/config");
    let what =
        format!("`{}` is a part of the workspace that commands do not change", file.display());
    assert_eq!(request["params"]["title"], "Run a command outside the sandbox");
    assert_eq!(request["params"]["outsideSandbox"], true);
    assert_eq!(request["params"]["arguments"], json!({"command": STOPPED}));
    assert_eq!(
        request["params"]["reason"],
        format!(
            "The student wants it. The sandbox stopped it: {what} (the mount name space). If you \
             allow it, it runs once more, with nothing that confines it. Risk: writes."
        )
    );
    let event = agent.event(&run_id, "approval_required").await;
    assert_eq!(event["data"]["tools"][0]["outsideSandbox"], true);
    assert_eq!(
        event["data"]["tools"][0]["stoppedBy"],
        json!([{"layer": "the mount name space", "what": what}])
    );
    assert_eq!(config(&agent), "[core]\n");
    agent.client.answer(&request, json!({"optionId": "allow_once"})).await;
    // Once is once.
    let request = agent.client.server_request(ASK).await;
    assert_eq!(config(&agent), "[core]\n[user]\n");
    agent
        .client
        .answer(&request, json!({"optionId": "reject", "feedback": "once is enough"}))
        .await;
    agent.turn_end(&run_id, 1).await;
    assert_eq!(config(&agent), "[core]\n[user]\n");
    let requests = agent.student.requests();
    let results = tool_results(requests.last().unwrap());
    let [first, second] = results.as_slice() else { panic!("one result a call: {results:?}") };
    assert!(first.contains("outside of it") && first.contains("exit code: 0"), "{first}");
    assert!(second.contains("exit code: 1") && second.contains("[sandbox: "), "{second}");
    assert!(second.contains("once is enough"), "{second}");
    let events = agent.execute("preceptor.events", json!({"runId": run_id})).await;
    let outputs = events["events"].as_array().unwrap().iter();
    assert_eq!(outputs.filter(|it| it["type"] == "tool_output").count(), 2);
    let transcript = agent.read(&format!(".preceptor/runs/{run_id}/transcript.md"));
    assert!(
        transcript.contains("The sandbox stopped `echo '[user]' >> .git/config`"),
        "{transcript}"
    );
    agent.finish().await;
}

#[tokio::test]
async fn a_message_and_the_document_offer_it_too() {
    let capabilities = json!({"window": {"showMessage": {}}});
    let Some(mut agent) = start(capabilities, json!({"approval": {"mode": "full"}})).await else {
        return;
    };
    agent.student.then(bash(STOPPED)).then(says("Done."));
    let run_id = agent.ask().await;
    let request = agent.client.server_request(MESSAGE).await;
    let message = request["params"]["message"].as_str().unwrap();
    let start = format!("Run a command outside the sandbox: {STOPPED}\n");
    assert!(message.starts_with(&start) && message.contains("(the mount name space)"), "{message}");
    let notes = agent.notes();
    let diagnostic = agent.diagnostic(&notes, "turn/approval").await;
    let text = diagnostic["message"].as_str().unwrap();
    assert!(
        text.starts_with("Waits for your approval to run outside the sandbox (risk: writes): "),
        "{text}"
    );
    assert!(text.contains("the mount name space"), "{text}");
    let actions = agent.actions(&notes, ASK_LINE).await;
    let approve = actions_titled(&actions, "Approve");
    let title = approve[0]["title"].as_str().unwrap();
    assert!(title.ends_with("` outside the sandbox (risk: writes)"), "{title}");
    let argument = approve[0]["command"]["arguments"][0].clone();
    agent.execute("preceptor.approve", argument).await;
    let cancelled = agent.client.notification("$/cancelRequest").await;
    assert_eq!(cancelled["id"], request["id"]);
    agent.turn_end(&run_id, 1).await;
    assert_eq!(config(&agent), "[core]\n[user]\n");
    agent.finish().await;
}

#[tokio::test]
async fn the_question_waits_for_the_next_server() {
    let Some(mut agent) = start(Value::Null, json!({"approval": {"mode": "full"}})).await else {
        return;
    };
    agent.student.then(bash(STOPPED)).then(says("Done."));
    let run_id = agent.ask().await;
    let asked = agent.event(&run_id, "approval_required").await;
    let mut agent = agent.restart().await;
    agent.execute("preceptor.resume", json!({"runId": run_id})).await;
    let again = agent.event(&run_id, "approval_required").await;
    assert_eq!(again["data"], asked["data"]);
    assert_eq!(config(&agent), "[core]\n");
    // Whoever clicks twice on what was asked before does not let it out.
    let mut decision =
        json!({"toolCallId": asked["data"]["tools"][0]["toolCallId"], "approved": true});
    let approve = json!({"runId": run_id, "decisions": [decision]});
    let error = agent.refusal("preceptor.approve", approve).await;
    assert_eq!(error["code"], -32602, "{error}");
    decision["outsideSandbox"] = json!(true);
    let approve = json!({"runId": run_id, "decisions": [decision]});
    agent.execute("preceptor.approve", approve).await;
    agent.turn_end(&run_id, 1).await;
    assert_eq!(config(&agent), "[core]\n[user]\n");
    agent.finish().await;
}

#[tokio::test]
async fn always_is_kept_apart_from_what_may_run_inside() {
    let capabilities = json!({"experimental": {"preceptor": {"permissions": true}}});
    let Some(mut agent) = start(capabilities, json!({"approval": {"mode": "full"}})).await else {
        return;
    };
    agent.student.then(bash(STOPPED)).then(says("Done."));
    let first = agent.ask().await;
    let request = agent.client.server_request(ASK).await;
    agent.client.answer(&request, json!({"optionId": "allow_always"})).await;
    agent.turn_end(&first, 1).await;
    agent.student.then(bash(STOPPED)).then(says("Again."));
    let second = agent.ask().await;
    agent.turn_end(&second, 1).await;
    assert_eq!(config(&agent), "[core]\n[user]\n[user]\n");
    let status = agent.execute("preceptor.status", json!({})).await;
    assert_eq!(
        status["alwaysAllowed"],
        json!([{"tool": "bash", "target": STOPPED, "outsideSandbox": true}])
    );
    agent.finish().await;
}

#[tokio::test]
async fn a_rule_lets_it_out_or_keeps_it_in_without_asking() {
    for (decision, expected) in [("allow", "[core]\n[user]\n"), ("deny", "[core]\n")] {
        let when = json!({"command": "echo *"});
        let rule =
            json!({"tool": "bash", "when": when, "outside_sandbox": true, "decision": decision});
        let file = json!({"tool": "write_file", "outside_sandbox": true, "decision": decision});
        let approval = json!({"mode": "full", "rules": [rule, file]});
        let settings = json!({"approval": approval});
        let Some(mut agent) = start(Value::Null, settings).await else { return };
        agent.student.then(bash(STOPPED)).then(says("Done."));
        let run_id = agent.ask().await;
        agent.turn_end(&run_id, 1).await;
        assert_eq!(config(&agent), expected, "{decision}");
        agent.finish().await;
    }
}

#[tokio::test]
async fn what_the_person_was_promised_is_not_offered() {
    let Some(mut agent) =
        start(Value::Null, json!({"approval": {"mode": "full"}, "teacher": {"enabled": false}}))
            .await
    else {
        return;
    };
    agent.write("preceptor.toml", "lint.fail_on = \"error\"\n");
    agent.student.then(bash("echo 'sandbox.mode = \"off\"' >> preceptor.toml")).then(says("Done."));
    let run_id = agent.ask().await;
    agent.turn_end(&run_id, 1).await;
    assert_eq!(agent.read("preceptor.toml"), "lint.fail_on = \"error\"\n");
    let requests = agent.student.requests();
    let results = tool_results(requests.last().unwrap());
    assert!(results[0].contains("(the mount name space)]"), "{results:?}");
    agent.finish().await;
}
