//! What a person does with a run beside asking: going on after a restart, taking back, shortening.

use serde_json::{Value, json};

use crate::{
    harness::{ASK_LINE, Agent, AgentOptions, actions_titled, bash, calls, says, tool_results},
    model_server::Reply,
};

#[tokio::test]
async fn a_call_that_waits_for_a_person_waits_again_after_a_restart() {
    let settings = json!({"approval": {"mode": "ask"}});
    let mut agent = Agent::start_with(AgentOptions { settings, ..AgentOptions::default() }).await;
    agent.student.then(bash("echo once >> made")).then(says("Done."));
    let run_id = agent.ask().await;
    let asked = agent.event(&run_id, "approval_required").await;
    let before = agent.read(&format!(".preceptor/runs/{run_id}/transcript.md"));
    let mut agent = agent.restart().await;
    // Nobody has to go on with it by hand.
    let again = agent.event(&run_id, "approval_required").await;
    assert_eq!(again["data"], asked["data"]);
    assert_eq!(
        agent.execute("preceptor.resume", json!({"runId": run_id})).await,
        json!({"turn": 1})
    );
    let notes = agent.notes();
    agent.diagnostic(&notes, "turn/approval").await;
    let actions = agent.actions(&notes, ASK_LINE).await;
    assert_eq!(actions_titled(&actions, "Approve").len(), 2, "{actions:?}");
    let lenses = agent.lenses(&notes).await;
    assert!(lenses.iter().any(|it| it["command"]["command"] == "preceptor.cancel"), "{lenses:?}");
    let transcript = agent.uri(&format!(".preceptor/runs/{run_id}/transcript.md"));
    let placed = agent.diagnostic(&transcript, "turn/approval").await;
    let heading = before.lines().position(|it| it == "## Turn 1").unwrap();
    assert_eq!(placed["range"]["start"]["line"], heading);
    assert_eq!(agent.execute("preceptor.runs", json!({})).await[0]["status"], "waiting");
    let decision = json!({"toolCallId": asked["data"]["tools"][0]["toolCallId"], "approved": true});
    let approve = json!({"runId": run_id, "decisions": [decision]});
    assert_eq!(agent.execute("preceptor.approve", approve).await, json!({"accepted": 1}));
    assert_eq!(agent.turn_end(&run_id, 1).await["type"], "turn_complete");
    assert_eq!(agent.read("made"), "once\n");
    let requests = agent.student.requests();
    assert_eq!(tool_results(requests.last().unwrap()).len(), 1);
    let after = agent.read(&format!(".preceptor/runs/{run_id}/transcript.md"));
    assert!(after.starts_with(&before), "{after}");
    assert!(after.contains("- result of **bash** `echo once >> made`"), "{after}");
    agent.finish().await;
}

#[tokio::test]
async fn a_transcript_that_a_crash_cut_short_is_whole_again_when_the_run_goes_on() {
    let mut agent = Agent::start().await;
    agent.student.then(bash("wc -l data.csv")).then(says("There are 2 rows."));
    let run_id = agent.ask_and_wait().await;
    let path = format!(".preceptor/runs/{run_id}/transcript.md");
    let whole = agent.read(&path);
    let mut agent = agent.restart().await;
    agent.write(&path, &whole[..whole.len() / 2]);
    agent.student.then(says("And 2 columns."));
    let follow_up = json!({"runId": run_id, "prompt": "and columns?"});
    agent.execute("preceptor.followUp", follow_up).await;
    agent.turn_end(&run_id, 2).await;
    let transcript = agent.read(&path);
    let more = transcript.strip_prefix(&whole).expect("it begins as before");
    assert!(more.contains("And 2 columns."), "{more}");
    agent.finish().await;
}

#[tokio::test]
async fn a_run_that_was_not_broken_off_is_not_resumed() {
    let mut agent = Agent::start().await;
    agent.student.then(says("There are 2 rows."));
    let run_id = agent.ask_and_wait().await;
    let mut agent = agent.restart().await;
    let error = agent.refusal("preceptor.resume", json!({"runId": run_id})).await;
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("nothing of this run was broken off"), "{message}");

    agent.student.then(Reply::error(401, "invalid_request_error", "no key"));
    agent.execute("preceptor.followUp", json!({"runId": run_id, "prompt": "columns?"})).await;
    agent.turn_end(&run_id, 2).await;
    agent.student.then(says("2 columns."));
    let resumed = agent.execute("preceptor.resume", json!({"runId": run_id})).await;
    assert_eq!(resumed, json!({"turn": 3}));
    agent.turn_end(&run_id, 3).await;
    agent.finish().await;
}

#[tokio::test]
async fn a_request_that_is_retried_after_an_error_is_asked_once() {
    let mut agent = Agent::start().await;
    agent.student.then(Reply::error(401, "invalid_request_error", "no key"));
    let run_id = agent.ask_and_wait().await;
    agent.student.then(says("There are 2 rows."));
    assert_eq!(
        agent.execute("preceptor.retry", json!({"runId": run_id})).await,
        json!({"turn": 2})
    );
    agent.turn_end(&run_id, 2).await;
    let requests = agent.student.requests();
    let last = requests.last().unwrap();
    let asked: Vec<&str> = last.messages().filter_map(|it| it["content"].as_str()).collect();
    let n_times = asked.iter().map(|it| it.matches("how many rows").count()).sum::<usize>();
    assert_eq!(n_times, 1, "{asked:?}");
    agent.finish().await;
}

#[tokio::test]
async fn a_run_of_an_earlier_session_is_followed_up_with_its_history() {
    let mut agent = Agent::start().await;
    agent.student.then(says("There are 2 rows."));
    let run_id = agent.ask_and_wait().await;
    let mut agent = agent.restart().await;
    agent.student.then(says("And 2 columns."));
    let follow_up = json!({"runId": run_id, "prompt": "and columns?"});
    assert_eq!(agent.execute("preceptor.followUp", follow_up).await["turn"], 2);
    assert_eq!(agent.turn_end(&run_id, 2).await["type"], "turn_complete");
    assert!(agent.student.requests().last().unwrap().mentions("There are 2 rows."));
    agent.finish().await;
}

#[tokio::test]
async fn a_journal_that_was_brought_along_opens_no_other_folder() {
    let mut agent = Agent::start().await;
    agent.student.then(says("There are 2 rows."));
    let run_id = agent.ask_and_wait().await;
    let agent = agent.restart().await;
    let journal = agent.path(&format!(".preceptor/runs/{run_id}/journal.jsonl"));
    let text = std::fs::read_to_string(&journal).unwrap();
    let own = agent.path("").canonicalize().unwrap().display().to_string();
    std::fs::write(&journal, text.replace(own.trim_end_matches('/'), "/")).unwrap();
    let mut agent = agent;
    let error = agent.refusal("preceptor.resume", json!({"runId": run_id})).await;
    assert!(error["message"].as_str().unwrap().contains("not the folder that it is kept in"));
    agent.finish().await;
}

#[tokio::test]
async fn taking_a_request_back_takes_its_files_and_diagnostics_back() {
    let settings = json!({"teacher": {"enabled": false}});
    let mut agent = Agent::start_with(AgentOptions { settings, ..AgentOptions::default() }).await;
    agent
        .student
        .then(calls([("write_file", json!({"path": "made.txt", "content": "x"}))]))
        .then(bash("exit 3"))
        .then(says("I could not do that."));
    let run_id = agent.ask_and_wait().await;
    let notes = agent.notes();
    agent.diagnostic(&notes, "turn/failed").await;
    assert!(agent.path("made.txt").exists());
    let answer = agent.execute("preceptor.undo", json!({"runId": run_id})).await;
    assert_eq!(answer["restoredFiles"], json!(["made.txt"]));
    assert_eq!(agent.event(&run_id, "undo_complete").await["data"]["removed"], 6);
    assert_eq!(answer["removedMessages"], 6);
    assert!(!agent.path("made.txt").exists());
    agent.no_diagnostics(&notes).await;

    agent.student.then(says("There are 2 rows."));
    agent.execute("preceptor.followUp", json!({"runId": run_id, "prompt": "again"})).await;
    agent.turn_end(&run_id, 2).await;
    assert!(!agent.student.requests().last().unwrap().mentions("I could not do that."));
    agent.finish().await;
}

#[tokio::test]
async fn a_history_is_shortened_on_demand_and_the_next_request_has_the_notes() {
    let mut agent = Agent::start().await;
    let long = "There are 2 rows. ".repeat(100);
    agent.student.then(says(&long)).then(says("And 2 columns."));
    let run_id = agent.ask_and_wait().await;
    agent.execute("preceptor.followUp", json!({"runId": run_id, "prompt": "columns?"})).await;
    agent.turn_end(&run_id, 2).await;
    agent.student.then(says("Rows were counted: 2."));
    assert_eq!(agent.execute("preceptor.compact", json!({"runId": run_id})).await, json!({}));
    let data = agent.event(&run_id, "compacted").await["data"].clone();
    assert!(data["newTokens"].as_u64() < data["oldTokens"].as_u64(), "{data}");
    agent.student.then(says("Nothing else."));
    agent.execute("preceptor.followUp", json!({"runId": run_id, "prompt": "else?"})).await;
    agent.turn_end(&run_id, 3).await;
    let requests = agent.student.requests();
    let last = requests.last().unwrap();
    assert!(last.mentions("Rows were counted: 2.") && !last.mentions(&long));
    agent.finish().await;
}

#[tokio::test]
async fn a_run_that_is_not_there_cannot_be_gone_on_with() {
    let mut agent = Agent::start_with(AgentOptions::default()).await;
    for command in ["resume", "undo", "compact", "retry"] {
        let command = format!("preceptor.{command}");
        let error = agent.refusal(&command, json!({"runId": "nothing"})).await;
        assert_eq!(error["code"], -32_602, "{command}");
        let wrong = agent.refusal(&command, json!({"run": Value::Null})).await;
        assert!(wrong["message"].as_str().unwrap().contains("runId"), "{wrong}");
    }
    agent.finish().await;
}
