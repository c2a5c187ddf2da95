//! Which skills a model hears of, and what a person sees of that.

use serde_json::json;

use crate::harness::{Agent, AgentOptions, calls, says};

/// A trusted folder with more skills than a small window has room for.
async fn start() -> Agent {
    let settings = json!({"student": {"context_window": 16_384}, "teacher": {"enabled": false}});
    let mut agent = Agent::start_with(AgentOptions { settings, ..AgentOptions::default() }).await;
    let skill = |name: &str, description: &str| {
        let text =
            format!("---\nname: {name}\ndescription: {description}\n---\n\nBody of {name}.\n");
        agent.write(&format!(".agents/skills/{name}/SKILL.md"), &text);
    };
    for n in 0..300 {
        skill(&format!("filler-{n:03}"), "Does something for the project.");
    }
    skill("zip-rows", "Counts the rows of a table, also of a zipped one.");
    skill("rotate-logs", "Rotates log files when the disk is full.");
    agent.execute("preceptor.trust", json!({"trusted": true})).await;
    agent
}

#[tokio::test]
async fn the_skill_that_suits_the_request_is_named_among_hundreds_and_read_on_demand() {
    let mut agent = start().await;
    let view = json!({"action": "view", "name": "zip-rows"});
    agent.student.then(calls([("skills", view)])).then(says("2 rows."));
    let run_id = agent.ask_and_wait().await;
    let requests = agent.student.requests();
    assert!(requests[0].mentions("- zip-rows: Counts the rows of a table"));
    assert!(!requests[0].mentions("Body of zip-rows.") && !requests[0].mentions("rotate-logs"));
    assert!(requests[0].mentions("more are not named here"));
    assert!(requests[1].mentions("Body of zip-rows."));
    let transcript = agent.read(&format!(".preceptor/runs/{run_id}/transcript.md"));
    assert!(transcript.contains("*Skills offered: zip-rows, filler-000, "), "{transcript}");
    assert!(transcript.contains(" others.*") && transcript.contains("**skills**"), "{transcript}");
    agent.finish().await;
}

#[tokio::test]
async fn a_skill_that_a_run_used_is_named_before_others_that_suit_as_little() {
    let mut agent = start().await;
    let view = json!({"action": "view", "name": "filler-299"});
    agent.student.then(calls([("skills", view)])).then(says("2 rows."));
    agent.ask_and_wait().await;
    agent.student.then(says("2 rows."));
    agent.ask_and_wait().await;
    let requests = agent.student.requests();
    assert!(!requests[0].mentions("filler-299"));
    assert!(requests.last().unwrap().mentions("- filler-299: "));
    agent.finish().await;
}

#[tokio::test]
async fn skills_that_nobody_trusted_are_not_offered_and_the_person_reads_so_once() {
    let settings = json!({"teacher": {"enabled": false}});
    let mut agent = Agent::start_with(AgentOptions { settings, ..AgentOptions::default() }).await;
    let text = "---\nname: zip-rows\ndescription: Counts rows.\n---\n\nBody.\n";
    agent.write(".agents/skills/zip-rows/SKILL.md", text);
    agent.student.then(says("2 rows.")).then(says("And 2 columns."));
    let run_id = agent.ask_and_wait().await;
    agent.execute("preceptor.followUp", json!({"runId": run_id, "prompt": "columns?"})).await;
    agent.turn_end(&run_id, 2).await;
    assert!(agent.student.requests().iter().all(|it| !it.mentions("zip-rows")));
    let transcript = agent.read(&format!(".preceptor/runs/{run_id}/transcript.md"));
    let told = "1 skill of this folder is not offered to the student";
    assert_eq!(transcript.matches(told).count(), 1, "{transcript}");

    agent.execute("preceptor.trust", json!({"trusted": true})).await;
    agent.student.then(says("2 rows."));
    let run_id = agent.ask_and_wait().await;
    assert!(agent.student.requests().last().unwrap().mentions("zip-rows"));
    let transcript = agent.read(&format!(".preceptor/runs/{run_id}/transcript.md"));
    assert!(!transcript.contains("not offered"), "{transcript}");
    agent.finish().await;
}
