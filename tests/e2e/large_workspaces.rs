//! Workspaces with more folders than the watch over git's files looks at.

use serde_json::json;

use crate::harness::{Agent, AgentOptions, bash, says, tool_results};

async fn start(files: Vec<(&'static str, String)>) -> Agent {
    Agent::start_with(AgentOptions {
        settings: json!({"approval": {"mode": "full"}}),
        files,
        watched_folders: Some(20),
        ..AgentOptions::default()
    })
    .await
}

async fn says_so(agent: &mut Agent) -> bool {
    let status = agent.execute("preceptor.status", json!({})).await;
    let gaps = status["sandbox"]["gaps"].as_array().unwrap();
    gaps.iter().any(|gap| gap.as_str().unwrap().contains("more folders in it than are watched"))
}

#[tokio::test]
async fn what_cannot_be_watched_is_a_gap_and_commands_ask() {
    let deep = "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/x/y/z.txt";
    let mut agent = start(vec![(deep, String::new())]).await;
    assert!(says_so(&mut agent).await);
    agent.student.then(bash("touch made")).then(says("Done."));
    let run_id = agent.ask().await;
    agent.event(&run_id, "approval_required").await;
    assert!(!agent.path("made").exists());
    agent.execute("preceptor.cancel", json!({"runId": run_id})).await;
    agent.turn_end(&run_id, 1).await;
    agent.finish().await;
}

#[tokio::test]
async fn a_workspace_that_outgrows_the_watch_asks_from_then_on() {
    let mut agent = start(Vec::new()).await;
    assert!(!says_so(&mut agent).await);
    let grow = "seq 30 | sed 's/^/f/' | xargs mkdir";
    agent.student.then(bash(grow)).then(bash("touch made")).then(says("Done."));
    let run_id = agent.ask().await;
    agent.event(&run_id, "approval_required").await;
    assert!(agent.path("f30").is_dir() && !agent.path("made").exists());
    assert!(says_so(&mut agent).await);
    let requests = agent.student.requests();
    let results = tool_results(requests.last().unwrap());
    assert!(results.iter().any(|it| it.contains("ends at 20 folders")), "{results:?}");
    agent.execute("preceptor.cancel", json!({"runId": run_id})).await;
    agent.turn_end(&run_id, 1).await;
    agent.finish().await;
}
