//! The gates before the teacher: each one closed, and named wherever a person may look.

use serde_json::{Value, json};

use crate::{
    harness::{ASK_LINE, Agent, AgentOptions, TEACHER, bash, codes, says},
    model_server::Reply,
};

/// The student's last words.
const GIVES_UP: &str = "I was unable to count the rows.";

async fn agent(settings: Value) -> Agent {
    Agent::start_with(AgentOptions { settings, ..AgentOptions::default() }).await
}

/// Asserts that no teacher came in for the run's last turn, and that its diagnostic, its hover,
/// the status, the journal and the transcript name the gate and the setting.
async fn check_closed(agent: &mut Agent, run_id: &str, turn: u32, gate: &str, setting: &str) {
    let notes = agent.notes();
    let is_it = |it: &Value| it["code"] == "turn/failed" && it["data"]["turn"] == turn;
    let shown = agent.diagnostics_when(&notes, "the failure", |all| all.iter().any(is_it)).await;
    let diagnostic = shown.iter().find(|it| is_it(it)).unwrap();
    assert!(diagnostic["message"].as_str().unwrap().contains(setting), "{diagnostic}");
    assert_eq!(diagnostic["data"]["gateName"], gate);
    let hover = agent.hover(&notes, ASK_LINE).await;
    assert!(hover.contains(setting) && hover.contains(gate), "`{setting}` in {hover}");
    let status = agent.execute("preceptor.status", json!({})).await;
    let stopped = &status["teacher"]["lastStopped"];
    assert_eq!((&stopped["gate"], &stopped["turn"]), (&json!(gate), &json!(turn)), "{status}");
    assert_eq!(stopped["runId"], run_id);
    let journal = agent.read(&format!(".preceptor/runs/{run_id}/journal.jsonl"));
    assert!(journal.contains(&format!("\"gateName\":\"{gate}\"")), "{journal}");
    let transcript = agent.read(&format!(".preceptor/runs/{run_id}/transcript.md"));
    assert!(transcript.contains("**The student failed.** No teacher took over"), "{transcript}");
    assert!(transcript.contains(setting), "{transcript}");
}

/// Lets the student fail with some settings.
async fn check_gate(settings: Value, gate: &str, setting: &str) {
    let mut agent = agent(settings).await;
    agent.student.then(says(GIVES_UP));
    let run_id = agent.ask_and_wait().await;
    check_closed(&mut agent, &run_id, 1, gate, setting).await;
    assert!(!agent.kinds(&run_id).contains(&"teacher_takeover"));
    assert!(agent.teacher.requests().is_empty());
    agent.finish().await;
}

/// Lets the teacher come in once, and the student fail again.
async fn check_second(settings: Value, words: &str, gate: &str, setting: &str) {
    let mut agent = agent(settings).await;
    agent.teach("NO_SKILL");
    let run_id = agent.ask().await;
    agent.event(&run_id, "skill_save_failed").await;
    agent.student.then(says(words));
    let follow_up = json!({"runId": run_id, "prompt": "How many rows has data.csv?"});
    let answer = agent.execute("preceptor.followUp", follow_up).await;
    assert_eq!((&answer["turn"], &answer["runId"]), (&json!(2), &json!(run_id)));
    agent.turn_end(&run_id, 2).await;
    check_closed(&mut agent, &run_id, 2, gate, setting).await;
    assert_eq!(agent.teacher.requests().len(), 3);
    agent.finish().await;
}

#[tokio::test]
async fn a_teacher_that_is_switched_off_stays_out() {
    check_gate(json!({"teacher": {"enabled": false}}), "disabled", "teacher.enabled").await;
}

#[tokio::test]
async fn a_teacher_without_a_model_stays_out() {
    check_gate(json!({"teacher": {"model": " "}}), "no_model", "teacher.model").await;
}

#[tokio::test]
async fn a_mode_without_takeovers_is_named() {
    check_gate(json!({"teacher": {"mode": "off"}}), "mode", "teacher.mode").await;
}

#[tokio::test]
async fn a_student_in_a_cloud_is_out_of_scope() {
    // The scenario answers in the cloud's place: nothing is sent anywhere.
    let settings = json!({
        "student": {
            "provider": "script", "script": "scenario.toml",
            "base_url": "https://eu.api.openai.com/v1",
        },
        "teacher": {"scope": "self_hosted_only"},
    });
    let scenario = format!("[[reply]]\ntext = \"{GIVES_UP}\"\n");
    let mut agent = Agent::start_with(AgentOptions {
        settings,
        files: vec![("scenario.toml", scenario)],
        ..AgentOptions::default()
    })
    .await;
    let run_id = agent.ask_and_wait().await;
    check_closed(&mut agent, &run_id, 1, "scope", "teacher.scope").await;
    let status = agent.execute("preceptor.status", json!({})).await;
    assert_eq!(status["teacher"]["closedGate"]["gate"], "scope");
    assert!(agent.teacher.requests().is_empty());
    agent.finish().await;
}

#[tokio::test]
async fn a_run_has_a_limit_of_takeovers() {
    let settings = json!({"teacher": {"per_run": 1, "cooldown_s": 0}});
    check_second(settings, "I was unable to do it.", "per_run", "teacher.per_run").await;
}

#[tokio::test]
async fn two_takeovers_have_a_rest_between_them() {
    let settings = json!({"teacher": {"cooldown_s": 3600}});
    check_second(settings, "I give up.", "cooldown", "teacher.cooldown_s").await;
}

#[tokio::test]
async fn the_same_failure_has_one_takeover() {
    for words in [GIVES_UP, "I could not do that, sorry."] {
        let settings = json!({"teacher": {"cooldown_s": 0}});
        check_second(settings, words, "same_failure", "same failure").await;
    }
}

#[tokio::test]
async fn another_failure_has_another_takeover() {
    check_another("I do not have a tool for percentages.").await;
}

#[tokio::test]
async fn the_same_words_at_another_request_have_another_takeover() {
    check_another(GIVES_UP).await;
}

/// Lets the teacher come in, and come in once more for another request.
async fn check_another(words: &str) {
    let mut agent = agent(json!({"teacher": {"cooldown_s": 0}})).await;
    agent.teach("NO_SKILL");
    let run_id = agent.ask().await;
    agent.event(&run_id, "skill_save_failed").await;
    agent.student.then(says(words));
    agent.teacher.then(says("100 %.")).then(says("NO_SKILL"));
    let follow_up = json!({"runId": run_id, "prompt": "and in percent?"});
    agent.execute("preceptor.followUp", follow_up).await;
    agent.turn_end(&run_id, 2).await;
    agent.event(&run_id, "skill_save_failed").await;
    assert_eq!(agent.kinds(&run_id).iter().filter(|it| **it == "teacher_takeover").count(), 2);
    agent.finish().await;
}

#[tokio::test]
async fn a_takeover_that_does_not_fit_the_budget_is_not_begun() {
    let price = json!({TEACHER: {"input": 1000.0, "output": 1000.0}});
    for (budget, setting) in [
        (json!({"run_usd": 0.01, "prices": price}), "budget.run_usd"),
        (json!({"day_usd": 0.01, "prices": price}), "budget.day_usd"),
    ] {
        let mut settings = json!({"teacher": {"max_cost_usd": 1000.0}, "budget": budget});
        if setting == "budget.day_usd" {
            settings["budget"]["run_usd"] = json!(1000.0);
        }
        check_gate(settings, "budget", setting).await;
    }
    let settings = json!({
        "teacher": {"max_cost_usd": 0.01},
        "budget": {"run_usd": 1000.0, "day_usd": 1000.0, "prices": price},
    });
    check_gate(settings, "budget", "teacher.max_cost_usd").await;
}

// Operational errors: A person has to mend something, and a stronger model could not.
#[tokio::test]
async fn an_operational_error_never_escalates() {
    for (status, kind) in [(401, "invalid_request_error"), (402, "insufficient_quota")] {
        let mut agent = agent(json!({})).await;
        agent.student.then(Reply::error(status, kind, "no"));
        let run_id = agent.ask_and_wait().await;
        let kinds = agent.kinds(&run_id);
        assert!(kinds.contains(&"error") && !kinds.contains(&"teacher_takeover"), "{kinds:?}");
        assert!(!kinds.contains(&"signal"), "{kinds:?}");
        assert!(agent.teacher.requests().is_empty());
        agent.finish().await;
    }
}

/// Lets the student end with words that are unclear, and a model be asked about them.
async fn ask_about_it(reply: impl Into<Option<&str>>) -> (Agent, String) {
    let mut agent = agent(json!({"teacher": {"tier2": {"enabled": true}}})).await;
    agent.student.then(says("Could you tell me which file?"));
    match reply.into() {
        Some(word) => agent.student.then(says(word)),
        None => agent.student.then(Reply::error(401, "invalid_request_error", "no")),
    };
    agent.teacher.then(says("There are 2 rows.")).then(says("NO_SKILL"));
    let run_id = agent.ask_and_wait().await;
    let requests = agent.student.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests[1].mentions("UNTRUSTED_TRACE") && requests[1].mentions("Could you tell me"));
    assert!(requests[1].tools().is_empty());
    (agent, run_id)
}

#[tokio::test]
async fn a_model_that_is_asked_about_an_unclear_turn_decides_it() {
    let (mut agent, run_id) = ask_about_it("failure").await;
    agent.event(&run_id, "skill_save_failed").await;
    assert!(agent.kinds(&run_id).contains(&"teacher_takeover"));
    let kinds = agent.client.events.iter().filter(|it| it["type"] == "llm_call");
    assert!(kinds.into_iter().any(|it| it["data"]["kind"] == "evaluation"));
    agent.finish().await;
}

#[tokio::test]
async fn an_error_of_the_model_that_is_asked_is_no_failure_of_the_turn() {
    for reply in [Some("ok"), Some("Perhaps."), None] {
        let (agent, run_id) = ask_about_it(reply).await;
        let kinds = agent.kinds(&run_id);
        assert!(kinds.contains(&"turn_complete"), "{kinds:?}");
        assert!(!kinds.contains(&"teacher_takeover"), "{kinds:?}");
        assert!(agent.teacher.requests().is_empty());
        agent.finish().await;
    }
}

// X10: Unsure about a turn means a hint and no takeover.
#[tokio::test]
async fn an_unclear_turn_has_a_hint_and_no_teacher_until_a_person_asks() {
    let mut agent = agent(json!({})).await;
    agent.student.then(says("Could you tell me which file?"));
    let run_id = agent.ask_and_wait().await;
    let notes = agent.notes();
    let is_it = |all: &[Value]| codes(all) == ["turn/unsure"];
    let shown = agent.diagnostics_when(&notes, "a hint", is_it).await;
    assert_eq!(shown[0]["severity"], 4, "{shown:?}");
    assert!(shown[0]["message"].as_str().unwrap().contains("which file"), "{shown:?}");
    let hover = agent.hover(&notes, ASK_LINE).await;
    assert!(hover.contains("What speaks against the student's answer"), "{hover}");
    assert!(agent.teacher.requests().is_empty());
    agent.teacher.then(says("There are 2 rows.")).then(says("NO_SKILL"));
    agent.act(&notes, ASK_LINE, "Let the teacher take over").await;
    agent.event(&run_id, "skill_save_failed").await;
    let is_over = |all: &[Value]| codes(all) == ["turn/no-skill", "turn/takeover"];
    agent.diagnostics_when(&notes, "the takeover", is_over).await;
    agent.finish().await;
}

// X9: what is missing is named, and a person may send for the teacher all the same.
#[tokio::test]
async fn a_missing_program_brings_no_teacher_until_a_person_asks() {
    let mut agent = agent(json!({"approval": {"mode": "full"}})).await;
    agent.student.then(bash("no-such-counter data.csv"));
    agent.student.then(says("I was unable to count the rows: no-such-counter is not installed."));
    let run_id = agent.ask_and_wait().await;
    let notes = agent.notes();
    let is_it = |all: &[Value]| codes(all) == ["turn/unsure"];
    let shown = agent.diagnostics_when(&notes, "what is missing", is_it).await;
    let what = "`no-such-counter` is not installed";
    assert_eq!(shown[0]["severity"], 2, "{shown:?}");
    assert!(shown[0]["message"].as_str().unwrap().contains(what), "{shown:?}");
    let hover = agent.hover(&notes, ASK_LINE).await;
    assert!(hover.contains(what) && hover.contains("gate `operational`"), "{hover}");
    let status = agent.execute("preceptor.status", json!({})).await;
    assert_eq!(status["teacher"]["lastStopped"]["gate"], "operational", "{status}");
    let transcript = agent.read(&format!(".preceptor/runs/{run_id}/transcript.md"));
    assert!(transcript.contains("**The student could not go on.** No teacher"), "{transcript}");
    assert!(agent.teacher.requests().is_empty());
    agent.teacher.then(says("There are 2 rows.")).then(says("NO_SKILL"));
    agent.act(&notes, ASK_LINE, "Let the teacher take over").await;
    agent.event(&run_id, "skill_save_failed").await;
    agent.finish().await;
}

// A doubt about one turn is settled by the next one that is none.
#[tokio::test]
async fn a_hint_goes_with_a_turn_that_is_clear() {
    let mut agent = agent(json!({})).await;
    agent.student.then(says("Could you tell me which file?")).then(says("There are 2 rows."));
    let run_id = agent.ask_and_wait().await;
    let notes = agent.notes();
    agent.diagnostics_when(&notes, "a hint", |all| codes(all) == ["turn/unsure"]).await;
    agent.execute("preceptor.followUp", json!({"runId": run_id, "prompt": "data.csv"})).await;
    agent.turn_end(&run_id, 2).await;
    agent.diagnostics_when(&notes, "nothing", <[Value]>::is_empty).await;
    agent.finish().await;
}
