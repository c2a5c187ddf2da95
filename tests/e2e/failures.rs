//! What is no failure of the student: errors of servers and settings, which end the turn with a
//! sentence that says what to do, and never bring the teacher in.

use serde_json::{Value, json};

use crate::{
    harness::{Agent, AgentOptions, bash, says},
    model_server::Reply,
};

/// Asks once, and asserts that the turn ends in an error whose sentence names `parts`, in the event
/// and on the line, and that nobody took over.
async fn check_operational(agent: &mut Agent, parts: &[&str]) {
    let run_id = agent.ask().await;
    let end = agent.turn_end(&run_id, 1).await;
    assert_eq!(end["type"], "error", "{end}");
    assert!(!end["data"]["class"].as_str().unwrap().is_empty(), "{end}");
    let sentence = end["data"]["error"].as_str().unwrap().to_owned();
    let notes = agent.notes();
    let diagnostic = agent.diagnostic(&notes, "turn/error").await;
    let hover = agent.hover(&notes, 2).await;
    for part in parts {
        assert!(sentence.contains(part), "`{part}` in {sentence}");
        assert!(hover.contains(part), "`{part}` in {hover}");
    }
    assert!(!diagnostic["message"].as_str().unwrap().is_empty());
    let kinds = agent.kinds(&run_id);
    assert!(!kinds.contains(&"teacher_takeover"), "{kinds:?}");
    assert!(agent.teacher.requests().is_empty());
}

fn student(key: &str, value: impl Into<Value>) -> AgentOptions {
    let settings = json!({"student": {key: value.into()}});
    AgentOptions { settings, ..AgentOptions::default() }
}

#[tokio::test]
async fn a_refused_key_names_the_variable() {
    let mut agent = Agent::start().await;
    agent.student.then(Reply::error(401, "invalid_request_error", "missing key"));
    check_operational(&mut agent, &["PRECEPTOR_TEST_STUDENT_KEY", "401"]).await;
    agent.finish().await;
}

#[tokio::test]
async fn an_unknown_model_names_the_setting() {
    let mut agent = Agent::start_with(student("model", "misspelt")).await;
    agent.student.then(Reply::error(404, "not_found_error", "model `misspelt` not found"));
    check_operational(&mut agent, &["student.model", "misspelt"]).await;
    agent.finish().await;
}

#[tokio::test]
async fn a_server_that_is_not_there_names_the_address_and_the_setting() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = closed.local_addr().unwrap().to_string();
    drop(closed);
    let settings = student("base_url", format!("http://{address}/v1"));
    let mut agent = Agent::start_with(settings).await;
    check_operational(&mut agent, &[&address, "student.base_url"]).await;
    agent.finish().await;
}

#[tokio::test]
async fn a_server_that_breaks_is_asked_again_and_named() {
    let mut agent = Agent::start().await;
    for _ in 0..3 {
        let broken = Reply::error(500, "server_error", "out of memory").header("retry-after", "0");
        agent.student.then(broken);
    }
    let address = agent.student.base_url().replace("/v1", "");
    check_operational(&mut agent, &["500", "out of memory", &address]).await;
    assert_eq!(agent.student.requests().len(), 3);
    agent.finish().await;
}

#[tokio::test]
async fn no_credit_is_no_failure_of_the_student() {
    let mut agent = Agent::start().await;
    let body = json!({"error": {
        "message": "You exceeded your current quota",
        "type": "insufficient_quota",
        "code": "insufficient_quota",
    }});
    agent.student.then(Reply::json(429, &body));
    check_operational(&mut agent, &["student.base_url"]).await;
    agent.finish().await;
}

#[tokio::test]
async fn a_script_that_is_not_there_is_named() {
    let settings = json!({"student": {"provider": "script", "script": "absent.toml"}});
    let options = AgentOptions { settings, ..AgentOptions::default() };
    let mut agent = Agent::start_with(options).await;
    check_operational(&mut agent, &["absent.toml"]).await;
    agent.finish().await;
}

#[tokio::test]
async fn no_model_at_all_names_the_setting() {
    let mut agent = Agent::start_with(student("base_url", "")).await;
    check_operational(&mut agent, &["student.base_url"]).await;
    agent.finish().await;
}

#[tokio::test]
async fn an_error_after_work_keeps_the_work_and_a_retry_or_going_on_builds_on_it() {
    for (action, n_asked) in [("Retry", 2), ("Go on", 1)] {
        let mut agent = Agent::start().await;
        agent.student.then(bash("echo kept > kept.txt"));
        agent.student.then(Reply::error(401, "invalid_request_error", "expired"));
        let run_id = agent.ask().await;
        assert_eq!(agent.turn_end(&run_id, 1).await["type"], "error");
        assert_eq!(agent.read("kept.txt"), "kept\n");
        agent.student.then(says("It is done."));
        let notes = agent.notes();
        agent.diagnostic(&notes, "turn/error").await;
        agent.act(&notes, 2, action).await;
        assert_eq!(agent.turn_end(&run_id, 2).await["type"], "turn_complete");
        let requests = agent.student.requests();
        let last = requests.last().unwrap();
        assert!(last.mentions("exit code: 0"), "the work is in the history");
        let words = last.messages().filter_map(|it| it["content"].as_str());
        let asked = words.filter(|it| it.contains("how many rows"));
        assert_eq!(asked.count(), n_asked, "{action}");
        agent.finish().await;
    }
}

#[tokio::test]
async fn a_teacher_that_cannot_be_asked_is_named_and_the_turn_ends() {
    let mut agent = Agent::start().await;
    agent.student.then(says("I was unable to count the rows."));
    agent.teacher.then(Reply::error(401, "invalid_request_error", "missing key"));
    let run_id = agent.ask().await;
    let failed = agent.event(&run_id, "escalation_failed").await;
    let reason = failed["data"]["reason"].as_str().unwrap();
    assert!(reason.contains("PRECEPTOR_TEST_TEACHER_KEY"), "{reason}");
    assert_eq!(failed["data"]["class"], "operational");
    agent.turn_end(&run_id, 1).await;
    let notes = agent.notes();
    let diagnostic = agent.diagnostic(&notes, "turn/escalation-failed").await;
    assert!(diagnostic["message"].as_str().unwrap().contains("PRECEPTOR_TEST_TEACHER_KEY"));
    agent.finish().await;
}
