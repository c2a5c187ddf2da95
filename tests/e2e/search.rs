//! `search` through the wire: it runs without asking and sees what is in the editor.

use serde_json::json;

use crate::harness::{Agent, AgentOptions, calls, says, tool_results};

#[tokio::test]
async fn searching_asks_nobody_and_sees_buffers_that_are_not_saved() {
    let mut agent = Agent::start_with(AgentOptions {
        settings: json!({"approval": {"mode": "ask"}}),
        files: vec![("plan.md", "the old word\n".to_owned())],
        ..AgentOptions::default()
    })
    .await;
    let plan = agent.uri("plan.md");
    agent.client.open(&plan, "the old word\n").await;
    agent.client.change(&plan, 2, json!([{"text": "first\nthe new word\n"}])).await;
    agent
        .student
        .then(calls([("search", json!({"pattern": r"^the \w+ word$"}))]))
        .then(says("It is in the plan."));
    agent.ask_and_wait().await;
    let requests = agent.student.requests();
    assert_eq!(tool_results(&requests[1]), ["plan.md:2: the new word"]);
    assert!(agent.teacher.requests().is_empty());
    agent.finish().await;
}
