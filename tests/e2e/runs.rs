//! A request from its command to its last event, with what is written about it on the way.
//!
//! What holds for the events of every run (numbers, pairs, one end a turn, the journal first) is
//! asserted by the harness in every test.

use std::fs;

use serde_json::{Value, json};

use crate::{
    harness::{Agent, AgentOptions, TEACHER, bash, calls, distilled, says, tool_results},
    model_server::{Reply, ev_call, ev_finish, ev_text},
};

#[tokio::test]
async fn a_run_answers_with_its_id_its_turn_and_its_transcript() {
    let mut agent = Agent::start().await;
    agent.student.then(says("There are 2 rows."));
    let answer = agent.execute("preceptor.run", json!({"prompt": "Count rows, please"})).await;
    let keys: Vec<&str> = answer.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["runId", "transcriptUri", "turn"]);
    assert_eq!(answer["turn"], 1);
    let run_id = answer["runId"].as_str().unwrap();
    // UTC time and a slug.
    let (time, slug) = run_id.split_at("2026-11-21-093012".len());
    assert!(time.chars().all(|it| it.is_ascii_digit() || it == '-'), "{run_id}");
    assert_eq!(slug, "-count-rows-please");
    assert_eq!(
        answer["transcriptUri"],
        agent.uri(&format!(".preceptor/runs/{run_id}/transcript.md"))
    );
    agent.turn_end(run_id, 1).await;
    agent.finish().await;
}

#[tokio::test]
async fn a_takeover_is_told_in_order_and_its_turn_ends_before_the_proposal() {
    let mut agent = Agent::start().await;
    agent.teach(&distilled().to_string());
    let run_id = agent.ask().await;
    let proposed = agent.event(&run_id, "skill_proposed").await;
    assert_eq!(proposed["turn"], 1);
    assert_eq!(proposed["data"]["kind"], "skill");
    assert_eq!(proposed["data"]["name"], "count-csv-rows");
    assert_eq!(proposed["data"]["category"], "data");
    let kinds = agent.kinds(&run_id);
    let place = |kind: &str| {
        kinds.iter().position(|it| *it == kind).unwrap_or_else(|| panic!("{kind}: {kinds:?}"))
    };
    let order = ["run_started", "signal", "teacher_takeover", "turn_complete", "skill_proposed"];
    let places: Vec<usize> = order.iter().map(|kind| place(kind)).collect();
    assert!(places.is_sorted(), "{kinds:?}");
    assert_eq!(kinds.iter().filter(|it| **it == "turn_complete").count(), 1);
    let takeover = agent.event(&run_id, "teacher_takeover").await;
    assert_eq!(takeover["data"]["teacherModel"], TEACHER);
    assert!(!takeover["data"]["studentFailure"].as_str().unwrap().is_empty());
    assert_eq!(takeover["data"]["signals"][0]["recovered"], false);
    let complete = agent.event(&run_id, "turn_complete").await;
    assert_eq!(complete["data"]["finalResponse"], "There are 2 rows.");
    agent.finish().await;
}

#[tokio::test]
async fn a_turn_that_recovered_is_no_failure() {
    let mut agent = Agent::start().await;
    agent
        .student
        .then(bash("wc -l data.cvs"))
        .then(bash("wc -l data.csv"))
        .then(says("There are 2 rows."));
    let run_id = agent.ask_and_wait().await;
    assert!(!agent.kinds(&run_id).contains(&"teacher_takeover"));
    assert!(agent.teacher.requests().is_empty());
    agent.finish().await;
}

#[tokio::test]
async fn every_call_gives_one_output_also_unknown_and_malformed_ones() {
    let mut agent = Agent::start_with(AgentOptions {
        settings: json!({"teacher": {"enabled": false}}),
        ..AgentOptions::default()
    })
    .await;
    agent
        .student
        .then(vec![
            ev_call("call_1", "count_rows", "{}"),
            ev_call("call_2", "bash", "{\"command\": "),
            ev_finish("tool_calls"),
        ])
        .then(calls([("read_file", json!({"path": "data.csv"}))]))
        .then(says("There are 2 rows."));
    agent.ask_and_wait().await;
    let outputs: Vec<&Value> =
        agent.client.events.iter().filter(|event| event["type"] == "tool_output").collect();
    let successes: Vec<&Value> = outputs.iter().map(|it| &it["data"]["success"]).collect();
    assert_eq!(successes, [false, false, true]);
    let malformed = agent
        .client
        .events
        .iter()
        .find(|event| event["type"] == "tool_call" && event["data"]["tool"] == "bash")
        .unwrap();
    assert_eq!(malformed["data"]["arguments"], json!({}));
    assert_eq!(malformed["data"]["raw"], "{\"command\": ");
    agent.finish().await;
}

#[tokio::test]
async fn a_command_names_its_exit_code_also_when_it_is_zero() {
    let mut agent = Agent::start().await;
    agent.student.then(bash("true")).then(bash("exit 3")).then(bash("true")).then(says("Done."));
    agent.ask_and_wait().await;
    let outputs: Vec<Value> = agent
        .client
        .events
        .iter()
        .filter(|event| event["type"] == "tool_output")
        .map(|event| event["data"]["exitCode"].clone())
        .collect();
    assert_eq!(outputs, [0, 3, 0]);
    let requests = agent.student.requests();
    let results = tool_results(requests.last().unwrap());
    assert!(results[0].contains('0') && results[1].contains('3'), "{results:?}");
    agent.finish().await;
}

#[tokio::test]
async fn the_transcript_tells_the_request_the_calls_and_the_answer() {
    let mut agent = Agent::start().await;
    agent.teach(&distilled().to_string());
    let run_id = agent.ask().await;
    agent.event(&run_id, "skill_proposed").await;
    // The journal comes first; the transcript is written as the run goes.
    let path = agent.path(&format!(".preceptor/runs/{run_id}/transcript.md"));
    let transcript = fs::read_to_string(path).unwrap();
    for part in [
        "how many rows has data.csv?",
        "I was unable to count the rows.",
        TEACHER,
        "tail -n +2 data.csv | wc -l",
        "There are 2 rows.",
        "count-csv-rows",
    ] {
        assert!(transcript.contains(part), "`{part}` in {transcript}");
    }
    agent.finish().await;
}

#[tokio::test]
async fn text_is_streamed_while_it_is_written() {
    let mut agent = Agent::start().await;
    agent.student.then(vec![ev_text("There are "), ev_text("2 rows."), ev_finish("stop")]);
    let run_id = agent.ask_and_wait().await;
    let text: String = agent
        .client
        .events
        .iter()
        .filter(|event| event["type"] == "assistant_chunk")
        .filter_map(|event| event["data"]["content"].as_str())
        .collect();
    assert_eq!(text, "There are 2 rows.");
    assert!(agent.kinds(&run_id).contains(&"assistant_stream_end"));
    agent.finish().await;
}

#[tokio::test]
async fn a_late_client_reads_the_same_events_in_pages() {
    let mut agent = Agent::start().await;
    agent.student.then(bash("true")).then(says("Done."));
    let run_id = agent.ask_and_wait().await;
    let all = agent.execute("preceptor.events", json!({"runId": run_id})).await;
    assert_eq!(all["more"], false);
    assert_eq!(all["events"], json!(agent.client.events));
    let page = agent.execute("preceptor.events", json!({"runId": run_id, "limit": 2})).await;
    assert_eq!(page["more"], true);
    assert_eq!(page["events"], json!(agent.client.events[..2]));
    let after = page["events"][1]["seq"].clone();
    let rest = agent.execute("preceptor.events", json!({"runId": run_id, "after": after})).await;
    assert_eq!(rest["events"], json!(agent.client.events[2..]));
    agent.finish().await;
}

#[tokio::test]
async fn runs_are_listed_with_what_became_of_them() {
    let mut agent = Agent::start().await;
    agent.student.then(says("There are 2 rows."));
    let first = agent.ask_and_wait().await;
    agent.teach("NO_SKILL");
    let second = agent.ask().await;
    agent.event(&second, "skill_save_failed").await;
    let runs = agent.execute("preceptor.runs", json!({})).await;
    let ids: Vec<&str> =
        runs.as_array().unwrap().iter().filter_map(|run| run["runId"].as_str()).collect();
    assert!(ids.contains(&first.as_str()) && ids.contains(&second.as_str()), "{ids:?}");
    for run in runs.as_array().unwrap() {
        assert_eq!(run["title"], "how many rows has data.csv?");
        assert_eq!(run["turns"], 1);
        assert_eq!(run["teacher"], run["runId"] == second.as_str());
        for key in ["status", "startedAt", "updatedAt", "transcriptUri"] {
            assert!(run[key].is_string(), "{key} in {run}");
        }
    }
    let one = agent.execute("preceptor.runs", json!({"limit": 1})).await;
    assert_eq!(one.as_array().unwrap().len(), 1);
    agent.finish().await;
}

#[tokio::test]
async fn a_server_that_does_not_stream_gives_a_message_instead_of_chunks() {
    let mut agent = Agent::start().await;
    let message = json!({"role": "assistant", "content": "There are 2 rows."});
    let choice = json!({"index": 0, "message": message, "finish_reason": "stop"});
    agent.student.then(Reply::json(200, &json!({"choices": [choice]})));
    let run_id = agent.ask_and_wait().await;
    let kinds = agent.kinds(&run_id);
    assert!(kinds.contains(&"assistant_message") && !kinds.contains(&"assistant_chunk"));
    let transcript = agent.read(&format!(".preceptor/runs/{run_id}/transcript.md"));
    assert!(transcript.contains("\n\nThere are 2 rows.\n\n"), "{transcript}");
    agent.finish().await;
}

#[tokio::test]
async fn a_client_without_events_gets_none() {
    let mut agent = Agent::start_with(AgentOptions {
        capabilities: json!({"experimental": {"preceptor": {"events": false}}}),
        ..AgentOptions::default()
    })
    .await;
    agent.teach(&distilled().to_string());
    agent.ask().await;
    let notes = agent.notes();
    agent.diagnostic(&notes, "turn/proposal").await;
    // Nor does it see a progress: a message says that the turn is over.
    let told = agent.client.notification("window/showMessage").await;
    let message = told["message"].as_str().unwrap();
    assert!(message.ends_with("how many rows has data.csv?\u{201d}: the turn is over."), "{told}");
    assert!(agent.client.events.is_empty());
    agent.finish().await;
}
