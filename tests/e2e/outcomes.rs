//! Each way in which a failed turn can go on, as one table: what stands in the transcript, which
//! diagnostics are at the line that asked, and an action of theirs that does what it says.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{
    harness::{ASK_LINE, Agent, AgentOptions, TEACHER, bash, codes, distilled, says},
    interruption::{ENDLESS, eventually, is_alive, running},
    model_server::{Event, ModelServer, ev_text, ev_usage},
};

/// How long a stop may take: ten times the second that is promised, for machines that are busy.
const STOP: Duration = Duration::from_secs(10);

/// What a person sees of an outcome, and what they can do about it.
struct Outcome<'a> {
    /// What the transcript says.
    told: &'a [&'a str],
    /// The diagnostics at the line that asked.
    shown: &'a [&'a str],
    /// Part of the title of an action there.
    action: &'a str,
    /// The event that the action brings about.
    effect: &'a str,
    /// The diagnostics after that.
    left: &'a [&'a str],
}

/// Starts with a student that gives up.
async fn failing(settings: Value) -> Agent {
    let agent = Agent::start_with(AgentOptions { settings, ..AgentOptions::default() }).await;
    agent.student.then(says("I was unable to count the rows."));
    agent
}

async fn check(mut agent: Agent, run_id: &str, outcome: Outcome<'_>) {
    let notes = agent.notes();
    let what = outcome.shown.join(", ");
    agent.diagnostics_when(&notes, &what, |it| codes(it) == outcome.shown).await;
    let transcript = format!(".preceptor/runs/{run_id}/transcript.md");
    let text = agent.read(&transcript);
    for part in outcome.told {
        assert!(text.contains(part), "`{part}` in {text}");
    }
    let n_before = agent.kinds(run_id).iter().filter(|it| **it == outcome.effect).count();
    assert_eq!(n_before, 0, "`{}` is brought about by the action", outcome.effect);
    agent.act(&notes, ASK_LINE, outcome.action).await;
    agent.event(run_id, outcome.effect).await;
    let what = outcome.left.join(", ");
    agent.diagnostics_when(&notes, &what, |it| codes(it) == outcome.left).await;
    agent.finish().await;
}

#[tokio::test]
async fn a_takeover_that_taught_something() {
    let mut agent = failing(json!({})).await;
    agent.teacher.then(bash("wc -l < data.csv")).then(says("2 rows."));
    agent.teacher.then(says(&distilled().to_string()));
    let run_id = agent.ask().await;
    agent.event(&run_id, "skill_proposed").await;
    let outcome = Outcome {
        told: &["The teacher takes over: `teacher-model`", "complete, by the teacher", "proposed:"],
        shown: &["turn/failed", "turn/proposal", "turn/takeover"],
        action: "Reject skill `count-csv-rows`",
        effect: "proposal_resolved",
        left: &["turn/failed", "turn/takeover"],
    };
    check(agent, &run_id, outcome).await;
}

#[tokio::test]
async fn a_takeover_that_is_asked_for() {
    let mut agent = failing(json!({"teacher": {"mode": "ask"}})).await;
    agent.teacher.then(says("2 rows.")).then(says("NO_SKILL"));
    let run_id = agent.ask().await;
    agent.event(&run_id, "approval_required").await;
    let outcome = Outcome {
        told: &["**The student failed.**", "*The takeover by the teacher waits"],
        shown: &["turn/approval", "turn/failed"],
        action: "Let the teacher take over",
        effect: "skill_save_failed",
        left: &["turn/failed", "turn/no-skill", "turn/takeover"],
    };
    check(agent, &run_id, outcome).await;
}

#[tokio::test]
async fn a_takeover_that_was_allowed_leaves_no_word_of_a_gate() {
    let mut agent = failing(json!({"teacher": {"mode": "ask"}})).await;
    agent.teacher.then(says("2 rows.")).then(says("NO_SKILL"));
    let run_id = agent.ask().await;
    agent.event(&run_id, "approval_required").await;
    let notes = agent.notes();
    let waits = |all: &[Value]| codes(all) == ["turn/approval", "turn/failed"];
    agent.diagnostics_when(&notes, "the question", waits).await;
    agent.act(&notes, ASK_LINE, "Let the teacher take over").await;
    agent.event(&run_id, "skill_save_failed").await;
    let ended = |all: &[Value]| codes(all) == ["turn/failed", "turn/no-skill", "turn/takeover"];
    for diagnostic in agent.diagnostics_when(&notes, "the takeover", ended).await {
        assert!(!diagnostic.to_string().contains("No teacher took over"), "{diagnostic}");
    }
    let hover = agent.hover(&notes, ASK_LINE).await;
    assert!(!hover.contains("No teacher took over"), "{hover}");
    agent.finish().await;
}

#[tokio::test]
async fn a_takeover_that_is_declined() {
    let mut agent = failing(json!({"teacher": {"mode": "ask"}})).await;
    let run_id = agent.ask().await;
    agent.event(&run_id, "approval_required").await;
    let notes = agent.notes();
    agent.act(&notes, ASK_LINE, "Reject the takeover").await;
    agent.turn_end(&run_id, 1).await;
    agent.teacher.then(says(&distilled().to_string()));
    let outcome = Outcome {
        told: &["**The student failed.** You declined the takeover."],
        shown: &["turn/failed"],
        action: "Ask the teacher for a skill",
        effect: "skill_proposed",
        left: &["turn/failed", "turn/proposal"],
    };
    check(agent, &run_id, outcome).await;
}

#[tokio::test]
async fn a_teacher_that_fails_too() {
    let mut agent = failing(json!({})).await;
    agent.teacher.then(says("I was unable to count the rows either."));
    let run_id = agent.ask_and_wait().await;
    agent.teacher.then(says("2 rows.")).then(says("NO_SKILL"));
    let outcome = Outcome {
        told: &["The teacher failed too: I was unable to count the rows either."],
        shown: &["turn/escalation-failed", "turn/failed", "turn/takeover"],
        action: "Let the teacher take over",
        effect: "skill_save_failed",
        left: &["turn/no-skill", "turn/takeover"],
    };
    check(agent, &run_id, outcome).await;
}

#[tokio::test]
async fn a_teacher_that_says_in_a_word_that_it_is_not_done_has_failed() {
    let mut agent = failing(json!({})).await;
    agent.teacher.then(says("NOT DONE: data.csv is missing."));
    let run_id = agent.ask_and_wait().await;
    assert_eq!(agent.event(&run_id, "escalation_failed").await["data"]["class"], "failure");
    let runs = agent.execute("preceptor.runs", json!({})).await;
    assert_eq!(runs[0]["status"], "failed", "{runs}");
    assert!(!agent.kinds(&run_id).contains(&"skill_proposed"));
    assert_eq!(agent.teacher.requests().len(), 1, "nothing is distilled");
    agent.teacher.then(says("2 rows.")).then(says("NO_SKILL"));
    let outcome = Outcome {
        told: &["The teacher failed too: NOT DONE: data.csv is missing."],
        shown: &["turn/escalation-failed", "turn/failed", "turn/takeover"],
        action: "Let the teacher take over",
        effect: "skill_save_failed",
        left: &["turn/no-skill", "turn/takeover"],
    };
    check(agent, &run_id, outcome).await;
}

#[tokio::test]
async fn a_teacher_over_its_budget() {
    let mut agent = failing(json!({
        "budget": {"prices": {TEACHER: {"input": 0.0, "output": 1000.0}}, "run_usd": 100.0},
        "teacher": {"max_cost_usd": 0.25, "max_tokens": 100},
    }))
    .await;
    let mut look = bash("ls");
    look.push(ev_usage(10, 90));
    agent.teacher.then(look).then(says("NOT DONE: the rows are in data.csv."));
    let run_id = agent.ask_and_wait().await;
    agent.student.then(says("There are 2 rows."));
    let notes = agent.notes();
    let shown = ["turn/escalation-failed", "turn/failed", "turn/takeover"];
    agent.diagnostics_when(&notes, "over budget", |it| codes(it) == shown).await;
    let text = agent.read(&format!(".preceptor/runs/{run_id}/transcript.md"));
    for part in ["`teacher.max_cost_usd`", "NOT DONE: the rows are in data.csv."] {
        assert!(text.contains(part), "`{part}` in {text}");
    }
    agent.act(&notes, ASK_LINE, "Retry").await;
    agent.turn_end(&run_id, 2).await;
    agent.no_diagnostics(&notes).await;
    agent.finish().await;
}

#[tokio::test]
async fn a_teacher_that_is_stopped_stops_within_a_second_and_goes_on_when_told() {
    let mut agent = failing(json!({})).await;
    agent.teacher.then(vec![ev_text("I shall look. "), Event::Hang]);
    let run_id = agent.ask().await;
    agent.teacher.wait_for_requests(1).await;
    let stopped_at = Instant::now();
    agent.execute("preceptor.cancel", json!({"runId": run_id})).await;
    agent.event(&run_id, "interrupted").await;
    agent.teacher.wait_for_departures(1).await;
    assert!(stopped_at.elapsed() < STOP, "{:?}", stopped_at.elapsed());
    agent.student.then(says("There are 2 rows."));
    let outcome = Outcome {
        told: &["The teacher takes over: `teacher-model`", "*Turn 1 was stopped.*"],
        shown: &["turn/failed", "turn/interrupted", "turn/takeover"],
        action: "Go on",
        effect: "turn_complete",
        left: &[],
    };
    check(agent, &run_id, outcome).await;
}

#[tokio::test]
async fn a_command_of_the_teachers_is_stopped_with_it() {
    let mut agent = failing(json!({})).await;
    agent.teacher.then(bash(ENDLESS));
    let run_id = agent.ask().await;
    let name = running(&agent.path("endless")).await;
    let stopped_at = Instant::now();
    agent.execute("preceptor.cancel", json!({"runId": run_id})).await;
    let end = agent.turn_end(&run_id, 1).await;
    assert_eq!((&end["type"], &end["teacher"]), (&json!("interrupted"), &json!(true)));
    assert!(stopped_at.elapsed() < STOP, "{:?}", stopped_at.elapsed());
    eventually("the process is gone", || !is_alive(&name)).await;
    assert_eq!(agent.teacher.requests().len(), 1, "no call follows a stop");
    agent.finish().await;
}

#[tokio::test]
async fn a_gate_that_keeps_the_teacher_out() {
    let mut agent = failing(json!({"teacher": {"per_run": 0}})).await;
    let run_id = agent.ask_and_wait().await;
    agent.teacher.then(says(&distilled().to_string()));
    let outcome = Outcome {
        told: &["**The student failed.** No teacher took over", "`teacher.per_run`"],
        shown: &["turn/failed"],
        action: "Ask the teacher for a skill",
        effect: "skill_proposed",
        left: &["turn/failed", "turn/proposal"],
    };
    check(agent, &run_id, outcome).await;
}

// D35, X4: What nobody knows the price of may cost anything.
#[tokio::test]
async fn a_teacher_without_a_price_stays_out_where_that_is_set() {
    // Its address does not read as one of this machine: whoever answers there may send a bill.
    let stranger = ModelServer::start().await;
    let base_url = stranger.base_url().replace("127.0.0.1", "[::ffff:127.0.0.1]");
    let mut agent = failing(json!({
        "budget": {"unknown_price": "deny"},
        "teacher": {"model": "big", "base_url": base_url},
    }))
    .await;
    let run_id = agent.ask_and_wait().await;
    let notes = agent.notes();
    let diagnostic = agent.diagnostic(&notes, "turn/failed").await;
    assert_eq!(diagnostic["data"]["gateName"], "budget", "{diagnostic}");
    let message = diagnostic["message"].as_str().unwrap();
    assert!(message.contains("`budget.unknown_price`"), "{message}");
    assert!(!agent.kinds(&run_id).contains(&"approval_required"));
    assert!(stranger.requests().is_empty());
    agent.finish().await;
}
