//! Turns that go wrong: what the model is told, what the person sees, and how the turn ends.

use serde_json::{Value, json};

use crate::{
    harness::{Agent, AgentOptions, bash, calls, codes, says},
    model_server::{Reply, ev_call, ev_finish},
};

async fn student_alone(settings: Value) -> Agent {
    let mut settings = settings;
    settings["teacher"] = json!({"enabled": false});
    Agent::start_with(AgentOptions { settings, ..AgentOptions::default() }).await
}

/// Returns the `data` of the run's events of a kind.
fn data<'a>(agent: &'a Agent, kind: &str) -> Vec<&'a Value> {
    let events = agent.client.events.iter();
    events.filter(|event| event["type"] == kind).map(|event| &event["data"]).collect()
}

#[tokio::test]
async fn a_turn_that_runs_out_of_steps_says_so_and_can_go_on() {
    let mut agent = student_alone(json!({"agent": {"max_iterations": 1}})).await;
    agent.student.then(bash("wc -l data.csv"));
    let run_id = agent.ask_and_wait().await;
    assert_eq!(data(&agent, "turn_complete")[0]["stopReason"], "max_iterations");
    let log = data(&agent, "tool_log")[0]["log"].as_str().unwrap();
    assert!(log.contains("ran out of steps") && log.contains("go on"), "{log}");
    let notes = agent.notes();
    agent.diagnostic(&notes, "turn/failed").await;
    agent.student.then(says("There are 2 rows."));
    let answer = agent.act(&notes, 2, "Go on").await;
    assert_eq!(answer["turn"], 2);
    agent.turn_end(&run_id, 2).await;
    let requests = agent.student.requests();
    assert!(requests[1].mentions("exit code: 0"), "the work of the first turn is in the history");
    agent.no_diagnostics(&notes).await;
    agent.finish().await;
}

#[tokio::test]
async fn a_student_that_repeats_itself_is_told_and_then_stopped() {
    let mut agent = student_alone(json!({})).await;
    for _ in 0..5 {
        agent.student.then(bash("cat data.csv"));
    }
    agent.ask_and_wait().await;
    assert_eq!(data(&agent, "turn_complete")[0]["stopReason"], "doom_loop");
    let requests = agent.student.requests();
    let told = |n: usize| requests[n].mentions("[guard]");
    assert_eq!((0..5).map(told).collect::<Vec<_>>(), [false, false, false, true, true]);
    let signals = data(&agent, "signal");
    assert_eq!(signals.len(), 1, "{signals:?}");
    assert_eq!(
        (&signals[0]["kind"], &signals[0]["recovered"]),
        (&json!("doom_loop"), &json!(false))
    );
    let notes = agent.notes();
    let diagnostic = agent.diagnostic(&notes, "turn/failed").await;
    assert!(diagnostic["message"].as_str().unwrap().contains("5 times in a row"), "{diagnostic}");
    agent.finish().await;
}

#[tokio::test]
async fn a_student_that_goes_round_in_circles_is_a_warning_on_the_line_while_it_does() {
    let mut agent = student_alone(json!({})).await;
    for _ in 0..3 {
        agent.student.then(bash("cat data.csv"));
    }
    agent.student.then(Reply::Silence);
    let run_id = agent.ask().await;
    let notes = agent.notes();
    let diagnostic = agent.diagnostic(&notes, "turn/repeating").await;
    let message = diagnostic["message"].as_str().unwrap();
    assert!(message.contains("`bash` 3 times in a row"), "{message}");
    assert!(agent.hover(&notes, 2).await.contains("the turn stops"));
    agent.act(&notes, 2, "Stop the run").await;
    agent.turn_end(&run_id, 1).await;
    // What was stopped can be gone on with.
    let diagnostics =
        agent.diagnostics_when(&notes, "stopped", |all| codes(all) == ["turn/interrupted"]).await;
    assert_eq!(diagnostics.len(), 1);
    agent.student.then(says("There are 2 rows."));
    assert_eq!(agent.act(&notes, 2, "Go on").await, json!({"turn": 2}));
    agent.turn_end(&run_id, 2).await;
    agent.no_diagnostics(&notes).await;
    agent.finish().await;
}

#[tokio::test]
async fn a_call_that_was_cut_is_no_malformed_one_and_the_person_reads_why_it_did_not_run() {
    let mut agent = student_alone(json!({})).await;
    let half = r#"{"path": "long.txt", "content": "and so on"#;
    agent.student.then(vec![ev_call("call_1", "write_file", half), ev_finish("length")]);
    agent.student.then(says("There are 2 rows."));
    let run_id = agent.ask_and_wait().await;
    let log = data(&agent, "tool_log")[0]["log"].as_str().unwrap();
    assert!(log.contains("`student.max_tokens`") && log.contains("write_file"), "{log}");
    let output = data(&agent, "tool_output")[0]["output"].as_str().unwrap();
    assert!(output.contains("cut at the token limit"), "{output}");
    assert_eq!(data(&agent, "signal")[0]["kind"], "truncated");
    let transcript = agent.read(&format!(".preceptor/runs/{run_id}/transcript.md"));
    assert!(transcript.contains("`student.max_tokens`"), "{transcript}");
    agent.finish().await;
}

#[tokio::test]
async fn a_stopped_student_is_followed_by_the_teacher() {
    let mut agent = Agent::start().await;
    for n in 0..4 {
        let id = format!("call_{n}");
        agent.student.then(vec![ev_call(&id, "bash", "{\"command\": "), ev_finish("tool_calls")]);
    }
    agent.teacher.then(says("There are 2 rows."));
    agent.teacher.then(says("NO_SKILL"));
    let run_id = agent.ask().await;
    let takeover = agent.event(&run_id, "teacher_takeover").await;
    let kinds: Vec<&Value> =
        takeover["data"]["signals"].as_array().unwrap().iter().map(|it| &it["kind"]).collect();
    assert!(kinds.iter().all(|kind| *kind == "malformed_arguments"), "{kinds:?}");
    agent.event(&run_id, "skill_save_failed").await;
    agent.finish().await;
}

#[tokio::test]
async fn a_plan_is_shown_and_an_open_one_is_brought_up() {
    let plan = |status: &str| {
        let item = json!({"id": "1", "content": "Count the rows", "status": status});
        calls([("plan", json!({ "items": [item] }))])
    };
    let mut agent = student_alone(json!({"approval": {"mode": "ask"}})).await;
    agent
        .student
        .then(plan("in_progress"))
        .then(says("There are 2 rows."))
        .then(plan("completed"))
        .then(says("There are 2 rows."));
    let run_id = agent.ask_and_wait().await;
    let updates = data(&agent, "plan_update");
    let statuses: Vec<&Value> = updates.iter().map(|it| &it["plan"][0]["status"]).collect();
    assert_eq!(statuses, ["in_progress", "completed"]);
    assert!(agent.student.requests()[2].mentions("Open (your own list"));
    assert_eq!(data(&agent, "turn_complete").len(), 1);
    let transcript = agent.read(&format!(".preceptor/runs/{run_id}/transcript.md"));
    assert!(transcript.contains("- [x] Count the rows\n"), "{transcript}");
    agent.finish().await;
}
