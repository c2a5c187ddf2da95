//! What became of a request, at the line where it was asked: diagnostics, actions, lenses, hover.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    harness::{Agent, AgentOptions, actions_titled, bash, codes, distilled, says, with_code},
    model_server::{Event, Reply, ev_text},
};

const ERROR: i64 = 1;
const WARNING: i64 = 2;
const INFORMATION: i64 = 3;
const HINT: i64 = 4;

const ASK_LINE: u64 = 2;

/// A failed request without a teacher; `None` of its diagnostics is about a takeover.
async fn failed_request() -> (Agent, String) {
    let mut agent = Agent::start_with(without_teacher()).await;
    agent.student.then(says("I was unable to count the rows."));
    let run_id = agent.ask_and_wait().await;
    (agent, run_id)
}

fn without_teacher() -> AgentOptions {
    AgentOptions { settings: json!({"teacher": {"enabled": false}}), ..AgentOptions::default() }
}

#[track_caller]
fn check_diagnostic(diagnostic: &Value, severity: i64, run_id: &str) {
    assert_eq!(diagnostic["source"], "preceptor", "{diagnostic}");
    assert_eq!(diagnostic["severity"], severity, "{diagnostic}");
    assert_eq!(diagnostic["range"]["start"]["line"], ASK_LINE, "{diagnostic}");
    assert_eq!(diagnostic["range"]["end"]["line"], ASK_LINE, "{diagnostic}");
    assert_eq!(diagnostic["data"]["runId"], run_id, "{diagnostic}");
    assert_eq!(diagnostic["data"]["turn"], 1, "{diagnostic}");
}

#[tokio::test]
async fn failure_takeover_and_proposal_stand_on_the_requests_line_and_in_the_transcript() {
    let mut agent = Agent::start().await;
    agent.teach(&distilled().to_string());
    let run_id = agent.ask().await;
    let is_whole = |it: &[Value]| codes(it) == ["turn/failed", "turn/proposal", "turn/takeover"];
    let notes = agent.notes();
    let diagnostics = agent.diagnostics_when(&notes, "all three", is_whole).await;
    check_diagnostic(&with_code(&diagnostics, "turn/failed"), WARNING, &run_id);
    check_diagnostic(&with_code(&diagnostics, "turn/takeover"), INFORMATION, &run_id);
    let proposal = with_code(&diagnostics, "turn/proposal");
    check_diagnostic(&proposal, INFORMATION, &run_id);
    assert!(proposal["message"].as_str().unwrap().contains("count-csv-rows"), "{proposal}");
    let transcript = agent.uri(&format!(".preceptor/runs/{run_id}/transcript.md"));
    let in_transcript = agent.diagnostics_when(&transcript, "all three", is_whole).await;
    let line = in_transcript[0]["range"]["start"]["line"].as_u64().unwrap();
    let text = agent.read(&format!(".preceptor/runs/{run_id}/transcript.md"));
    let heading = text.lines().nth(usize::try_from(line).unwrap()).unwrap();
    assert!(heading.starts_with('#'), "the turn's heading: {heading}");
    for diagnostic in &in_transcript {
        assert_eq!(diagnostic["range"]["start"]["line"], line);
        assert_eq!(diagnostic["data"]["runId"], run_id.as_str());
    }
    agent.finish().await;
}

#[tokio::test]
async fn an_operational_error_is_an_error_on_the_line() {
    let mut agent = Agent::start().await;
    agent.student.then(Reply::error(401, "invalid_request_error", "no key"));
    let run_id = agent.ask_and_wait().await;
    let notes = agent.notes();
    let diagnostic = agent.diagnostic(&notes, "turn/error").await;
    check_diagnostic(&diagnostic, ERROR, &run_id);
    agent.finish().await;
}

#[tokio::test]
async fn a_stopped_request_is_a_hint_on_the_line() {
    let mut agent = Agent::start().await;
    agent.student.then(Reply::Silence);
    let run_id = agent.ask().await;
    agent.student.wait_for_requests(1).await;
    assert_eq!(
        agent.execute("preceptor.cancel", json!({"runId": run_id})).await,
        json!({"cancelled": true})
    );
    let notes = agent.notes();
    let diagnostic = agent.diagnostic(&notes, "turn/interrupted").await;
    check_diagnostic(&diagnostic, HINT, &run_id);
    agent.finish().await;
}

#[tokio::test]
async fn a_call_that_waits_is_a_warning_on_the_line() {
    let options =
        AgentOptions { settings: json!({"approval": {"mode": "ask"}}), ..AgentOptions::default() };
    let mut agent = Agent::start_with(options).await;
    agent.student.then(bash("touch made.txt")).then(says("I leave it."));
    let run_id = agent.ask().await;
    let notes = agent.notes();
    let diagnostic = agent.diagnostic(&notes, "turn/approval").await;
    check_diagnostic(&diagnostic, WARNING, &run_id);
    assert!(diagnostic["message"].as_str().unwrap().contains("touch made.txt"), "{diagnostic}");
    agent.act(&notes, ASK_LINE, "Reject").await;
    agent.turn_end(&run_id, 1).await;
    agent.finish().await;
}

#[tokio::test]
async fn a_takeover_that_fails_too_is_an_error_on_the_line() {
    let mut agent = Agent::start().await;
    agent.student.then(says("I was unable to count the rows."));
    agent.teacher.then(says("I was unable to count the rows."));
    let run_id = agent.ask().await;
    let failed = agent.event(&run_id, "escalation_failed").await;
    assert!(!failed["data"]["reason"].as_str().unwrap().is_empty());
    let notes = agent.notes();
    let diagnostic = agent.diagnostic(&notes, "turn/escalation-failed").await;
    check_diagnostic(&diagnostic, ERROR, &run_id);
    agent.turn_end(&run_id, 1).await;
    agent.finish().await;
}

#[tokio::test]
async fn a_lesson_that_is_none_is_a_hint_on_the_line() {
    let mut agent = Agent::start().await;
    agent.teach("NO_SKILL");
    let run_id = agent.ask().await;
    let notes = agent.notes();
    let diagnostic = agent.diagnostic(&notes, "turn/no-skill").await;
    check_diagnostic(&diagnostic, HINT, &run_id);
    agent.finish().await;
}

#[tokio::test]
async fn a_success_leaves_nothing_on_the_line() {
    let mut agent = Agent::start_with(without_teacher()).await;
    agent.student.then(bash("cat data.cvs")).then(bash("cat data.csv")).then(says("2 rows."));
    agent.ask_and_wait().await;
    let notes = agent.notes();
    assert!(agent.hover(&notes, ASK_LINE).await.is_empty());
    agent.finish().await;
}

#[tokio::test]
async fn diagnostics_move_along_with_their_line() {
    let mut agent = Agent::start_with(without_teacher()).await;
    let slow = vec![
        ev_text("I was "),
        Event::Pause(Duration::from_millis(300)),
        ev_text("unable to count."),
    ];
    agent.student.then(slow);
    let run_id = agent.ask().await;
    agent.event(&run_id, "assistant_chunk").await;
    let notes = agent.notes();
    let above = |text: &str| {
        let start = json!({"line": 0, "character": 0});
        json!([{"range": {"start": start, "end": start}, "text": text}])
    };
    agent.client.change(&notes, 2, above("one\ntwo\n")).await;
    agent.turn_end(&run_id, 1).await;
    let diagnostic = agent.diagnostic(&notes, "turn/failed").await;
    assert_eq!(diagnostic["range"]["start"]["line"], ASK_LINE + 2);
    agent.client.change(&notes, 3, above("three\n")).await;
    let actions = agent.actions(&notes, ASK_LINE + 3).await;
    assert_eq!(actions_titled(&actions, "Retry").len(), 1, "{actions:#?}");
    let actions = agent.actions(&notes, ASK_LINE).await;
    assert_eq!(actions_titled(&actions, "Retry").len(), 0, "{actions:#?}");
    agent.finish().await;
}

#[tokio::test]
async fn a_document_that_is_opened_again_shows_what_still_holds() {
    let (mut agent, _) = failed_request().await;
    let notes = agent.notes();
    agent.diagnostic(&notes, "turn/failed").await;
    let text = agent.read("notes.md");
    agent.client.notify("textDocument/didClose", json!({"textDocument": {"uri": notes}})).await;
    agent.client.open(&notes, &text).await;
    let diagnostic = agent.diagnostic(&notes, "turn/failed").await;
    assert_eq!(diagnostic["range"]["start"]["line"], ASK_LINE);
    agent.act(&notes, ASK_LINE, "Dismiss").await;
    agent.no_diagnostics(&notes).await;
    agent.finish().await;
}

#[tokio::test]
async fn a_request_in_a_skill_stands_beside_the_findings() {
    let mut agent = Agent::start_with(without_teacher()).await;
    let uri = agent.uri("demo/SKILL.md");
    let text = "---\nname: demo\n---\n\n<!-- @preceptor describe this skill -->\n";
    agent.client.open(&uri, text).await;
    agent.diagnostic(&uri, "description/missing").await;
    agent.student.then(says("I give up."));
    agent.act(&uri, /*line*/ 4, "describe this skill").await;
    let diagnostics = agent
        .diagnostics_when(&uri, "both", |it| {
            codes(it).contains(&"turn/failed") && codes(it).contains(&"description/missing")
        })
        .await;
    assert_eq!(with_code(&diagnostics, "turn/failed")["range"]["start"]["line"], 4);
    let typed = text.replace("name: demo", "name: demo-two");
    agent.client.change(&uri, 2, json!([{"text": typed}])).await;
    let diagnostics = agent.client.diagnostics(&uri, 2).await;
    with_code(diagnostics.as_array().unwrap(), "turn/failed");
    agent.finish().await;
}

#[tokio::test]
async fn ranges_count_in_the_clients_units() {
    let mut agent = Agent::start().await;
    let uri = agent.uri("crab.md");
    agent.client.open(&uri, "\u{1F980} @preceptor hi\r\n").await;
    let lenses = agent.lenses(&uri).await;
    let utf_16 = "\u{1F980} @preceptor hi".encode_utf16().count();
    assert_eq!(lenses[0]["range"]["end"], json!({"line": 0, "character": utf_16}));
    agent.finish().await;
}

#[tokio::test]
async fn a_request_under_way_can_be_stopped_at_its_line_and_not_asked_twice() {
    let mut agent = Agent::start().await;
    agent.student.then(Reply::Silence);
    let run_id = agent.ask().await;
    agent.student.wait_for_requests(1).await;
    let notes = agent.notes();
    let lenses = agent.lenses(&notes).await;
    let commands: Vec<&Value> = lenses.iter().map(|it| &it["command"]["command"]).collect();
    assert_eq!(commands, ["preceptor.cancel"]);
    assert_eq!(lenses[0]["range"]["start"]["line"], ASK_LINE);
    agent.execute("preceptor.cancel", lenses[0]["command"]["arguments"][0].clone()).await;
    assert_eq!(agent.turn_end(&run_id, 1).await["type"], "interrupted");
    agent.diagnostic(&notes, "turn/interrupted").await;
    let lenses = agent.lenses(&notes).await;
    assert_eq!(lenses[0]["command"]["command"], "preceptor.run");
    agent.finish().await;
}

#[tokio::test]
async fn a_failure_can_be_retried_shown_and_dismissed_by_its_range() {
    let (mut agent, run_id) = failed_request().await;
    let notes = agent.notes();
    agent.diagnostic(&notes, "turn/failed").await;
    let shown = agent.act(&notes, ASK_LINE, "Show the transcript").await;
    assert_eq!(shown["uri"], agent.uri(&format!(".preceptor/runs/{run_id}/transcript.md")));
    agent.student.then(says("I was unable to count the rows, again."));
    let retried = agent.act(&notes, ASK_LINE, "Retry").await;
    assert_eq!(retried, json!({"turn": 2}));
    agent.turn_end(&run_id, 2).await;
    agent
        .diagnostics_when(&notes, "the second failure", |it| {
            it.iter().any(|diagnostic| diagnostic["data"]["turn"] == 2)
        })
        .await;
    agent.execute("preceptor.dismiss", json!({"runId": run_id})).await;
    agent.no_diagnostics(&notes).await;
    assert!(agent.hover(&notes, ASK_LINE).await.is_empty());
    agent.finish().await;
}

#[tokio::test]
async fn the_action_dismisses() {
    let (mut agent, _) = failed_request().await;
    let notes = agent.notes();
    agent.diagnostic(&notes, "turn/failed").await;
    agent.act(&notes, ASK_LINE, "Dismiss").await;
    agent.no_diagnostics(&notes).await;
    agent.finish().await;
}

#[tokio::test]
async fn a_later_turn_that_succeeds_clears_the_line() {
    let (mut agent, run_id) = failed_request().await;
    let notes = agent.notes();
    agent.diagnostic(&notes, "turn/failed").await;
    agent.student.then(says("There are 2 rows."));
    agent.act(&notes, ASK_LINE, "Retry").await;
    agent.turn_end(&run_id, 2).await;
    agent.no_diagnostics(&notes).await;
    agent.finish().await;
}

#[tokio::test]
async fn a_new_run_on_the_line_supersedes_what_the_last_one_said() {
    let (mut agent, first) = failed_request().await;
    let notes = agent.notes();
    agent.diagnostic(&notes, "turn/failed").await;
    agent.student.then(says("I was unable to count the rows."));
    let second = agent.ask_and_wait().await;
    assert_ne!(first, second);
    let diagnostics = agent
        .diagnostics_when(&notes, "the second run's", |it| {
            it.iter().any(|diagnostic| diagnostic["data"]["runId"] == second.as_str())
        })
        .await;
    assert_eq!(codes(&diagnostics), ["turn/failed"]);
    agent.finish().await;
}

#[tokio::test]
async fn an_ask_line_has_a_lens_and_an_action_that_run_it() {
    let mut agent = Agent::start().await;
    let uri = agent.uri("main.rs");
    agent.client.open(&uri, "fn main() {}\n\n// @preceptor why does this hang?\n").await;
    let lenses = agent.lenses(&uri).await;
    assert_eq!(lenses.len(), 1, "{lenses:#?}");
    assert_eq!(lenses[0]["range"]["start"]["line"], ASK_LINE);
    assert_eq!(lenses[0]["command"]["command"], "preceptor.run");
    let argument = &lenses[0]["command"]["arguments"][0];
    assert_eq!(argument["prompt"], "why does this hang?");
    assert_eq!(argument["uri"], uri);
    assert!(agent.actions(&uri, 0).await.is_empty());
    agent.student.then(says("It waits for the lock that it holds."));
    let answer = agent.act(&uri, ASK_LINE, "why does this hang?").await;
    let run_id = answer["runId"].as_str().unwrap().to_owned();
    agent.turn_end(&run_id, 1).await;
    let requests = agent.student.requests();
    assert!(requests[0].mentions("why does this hang?"));
    agent.finish().await;
}

#[tokio::test]
async fn the_trigger_is_a_setting() {
    let mut agent = Agent::start_with(AgentOptions {
        settings: json!({"agent": {"trigger": "@ask"}}),
        ..AgentOptions::default()
    })
    .await;
    let notes = agent.notes();
    assert!(agent.lenses(&notes).await.is_empty());
    let uri = agent.uri("other.md");
    agent.client.open(&uri, "@ask who are you?\n").await;
    let lenses = agent.lenses(&uri).await;
    assert_eq!(lenses[0]["command"]["arguments"][0]["prompt"], "who are you?");
    agent.finish().await;
}

#[tokio::test]
async fn a_client_that_shows_documents_is_asked_to_show_the_transcript() {
    let mut agent = Agent::start_with(AgentOptions {
        capabilities: json!({"window": {"showDocument": {"support": true}}}),
        ..without_teacher()
    })
    .await;
    agent.student.then(says("There are 2 rows."));
    let run_id = agent.ask_and_wait().await;
    let answer = agent.execute("preceptor.show", json!({"runId": run_id})).await;
    let request = agent.client.server_request("window/showDocument").await;
    assert_eq!(request["params"]["uri"], answer["uri"]);
    agent.client.answer(&request, json!({"success": true})).await;
    agent.finish().await;
}
