//! What calls cost, where a person sees it, and what happens when it would be too much.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    configuration::{command, shell},
    harness::{Agent, AgentOptions, bash, calls, says},
    model_server::{Event, ModelServer, ev_finish, ev_text, ev_usage},
};

/// An answer that used 500 tokens: at [`prices`], half a dollar.
fn for_half_a_dollar(text: &str) -> Vec<Event> {
    vec![ev_text(text), ev_finish("stop"), ev_usage(9, 500)]
}

/// A thousand tokens written cost a dollar; tokens read cost nothing.
fn prices() -> Value {
    json!({"served-model": {"input": 0.0, "output": 1_000.0}})
}

/// Replies have 1000 tokens at most: each call may cost a dollar.
async fn agent(budget: Value, teacher: Value) -> Agent {
    let mut settings = json!({
        "student": {"model": "served-model", "max_tokens": 1_000},
        "teacher": {"max_tokens": 1_000},
        "budget": budget,
    });
    for (key, value) in teacher.as_object().unwrap() {
        settings["teacher"][key] = value.clone();
    }
    Agent::start_with(AgentOptions { settings, ..AgentOptions::default() }).await
}

fn data<'a>(agent: &'a Agent, kind: &str) -> Vec<&'a Value> {
    let events = agent.client.events.iter();
    events.filter(|event| event["type"] == kind).map(|event| &event["data"]).collect()
}

async fn spent(agent: &mut Agent) -> Value {
    agent.execute("preceptor.status", json!({})).await["spentUsd"].take()
}

#[tokio::test]
async fn what_a_call_costs_is_shown_and_kept_for_the_day() {
    let mut agent = agent(json!({"prices": prices()}), json!({"enabled": false})).await;
    agent.student.then(for_half_a_dollar("There are 2 rows."));
    let run_id = agent.ask_and_wait().await;
    assert_eq!(data(&agent, "llm_call")[0]["costUsd"], 0.5);
    let books = |scope: &str, spent: f64, reserved: f64, cap: f64| json!({"scope": scope, "spentUsd": spent, "reservedUsd": reserved, "capUsd": cap});
    assert_eq!(
        data(&agent, "budget"),
        [
            &books("call", 0.0, 1.0, 5.0),
            &books("run", 0.5, 0.0, 5.0),
            &books("day", 0.5, 0.0, 50.0)
        ]
    );
    let transcript = agent.read(&format!(".preceptor/runs/{run_id}/transcript.md"));
    assert!(transcript.contains("*A call of `served-model` for $0.50.*"), "{transcript}");
    let runs = agent.execute("preceptor.runs", json!({})).await;
    assert_eq!(runs[0]["costUsd"], 0.5, "{runs}");
    assert_eq!(spent(&mut agent).await, 0.5);
    let mut agent = agent.restart().await;
    assert_eq!(spent(&mut agent).await, 0.5);
    agent.finish().await;
}

#[tokio::test]
async fn a_run_that_may_not_spend_more_says_so_where_it_was_asked() {
    let budget = json!({"prices": prices(), "run_usd": 1.2});
    let mut agent = agent(budget, json!({"enabled": false})).await;
    agent.student.then(for_half_a_dollar("There are 2 rows."));
    let run_id = agent.ask_and_wait().await;
    agent.execute("preceptor.followUp", json!({"runId": run_id, "prompt": "Really?"})).await;
    let end = agent.turn_end(&run_id, 2).await;
    assert_eq!((&end["type"], &end["data"]["class"]), (&json!("error"), &json!("budget")));
    let sentence = end["data"]["error"].as_str().unwrap();
    assert!(
        sentence.contains("of the $1.20 that one run may cost $0.70 is left")
            && sentence.contains("raise `budget.run_usd`"),
        "{sentence}"
    );
    let notes = agent.notes();
    agent.diagnostic(&notes, "turn/error").await;
    assert_eq!(agent.student.requests().len(), 1, "the second call was never made");
    assert_eq!(spent(&mut agent).await, 0.5);
    agent.finish().await;
}

#[tokio::test]
async fn a_takeover_that_may_not_spend_more_is_stopped_and_keeps_what_it_found() {
    let budget = json!({"prices": {"big": {"input": 0.0, "output": 1_000.0}}});
    let teacher = json!({"model": "big", "max_cost_usd": 1.2});
    let mut agent = agent(budget, teacher).await;
    agent.student.then(says("I give up."));
    let mut look = bash("cat data.csv");
    look.insert(0, ev_text("Let me see."));
    look.push(ev_usage(9, 1_000));
    agent.teacher.then(look);
    let run_id = agent.ask().await;
    let failed = agent.event(&run_id, "escalation_failed").await;
    let sentence = failed["data"]["reason"].as_str().unwrap();
    assert!(
        sentence.contains("of the $1.20 that one takeover may cost $0.20 is left")
            && sentence.contains("Raise `teacher.max_cost_usd`"),
        "{sentence}"
    );
    let end = agent.turn_end(&run_id, 1).await;
    assert_eq!(end["data"]["finalResponse"], "Let me see.");
    assert_eq!(agent.teacher.requests().len(), 1);
    agent.finish().await;
}

#[tokio::test]
async fn the_day_has_the_runs_of_all_servers_in_it() {
    let budget = json!({"prices": prices(), "day_usd": 1.2});
    let mut agent = agent(budget, json!({"enabled": false})).await;
    agent.student.then(for_half_a_dollar("There are 2 rows."));
    agent.ask_and_wait().await;
    let mut agent = agent.restart().await;
    let run_id = agent.ask().await;
    let end = agent.turn_end(&run_id, 1).await;
    let sentence = end["data"]["error"].as_str().unwrap();
    assert!(
        sentence.contains("of the $1.20 that one day may cost $0.70 is left")
            && sentence.contains("raise `budget.day_usd`"),
        "{sentence}"
    );
    assert_eq!(agent.student.requests().len(), 1);
    agent.finish().await;
}

#[tokio::test]
async fn a_cancelled_call_is_paid_for_as_far_as_it_came() {
    let budget = json!({"prices": {"served-model": {"input": 1_000.0, "output": 0.0}}});
    let mut agent = agent(budget, json!({"enabled": false})).await;
    agent.student.then(vec![ev_text("One "), Event::Hang]);
    let run_id = agent.ask().await;
    agent.event(&run_id, "assistant_chunk").await;
    agent.execute("preceptor.cancel", json!({"runId": run_id})).await;
    agent.turn_end(&run_id, 1).await;
    let call = data(&agent, "llm_call")[0].clone();
    assert_eq!(call["finishReason"], "cancelled");
    assert!(call["costUsd"].as_f64().unwrap() > 0.0, "{call}");
    assert_eq!(spent(&mut agent).await, call["costUsd"]);
    agent.finish().await;
}

#[tokio::test]
async fn a_model_without_a_price_is_called_when_a_person_says_so() {
    // Its address does not read as one of this machine: whoever answers there may send a bill.
    let stranger = ModelServer::start().await;
    let base_url = stranger.base_url().replace("127.0.0.1", "[::ffff:127.0.0.1]");
    let teacher = json!({"model": "big", "base_url": base_url});
    let mut agent = agent(json!({"unknown_price": "ask"}), teacher).await;
    agent.student.then(says("I give up."));
    stranger.then(says("There are 2 rows.")).then(says("NO_SKILL"));
    let run_id = agent.ask().await;
    let asked = agent.event(&run_id, "approval_required").await;
    let call = &asked["data"]["tools"][0];
    assert_eq!((&call["tool"], &call["arguments"]["model"]), (&json!("model_call"), &json!("big")));
    assert!(call["arguments"]["price"].as_str().unwrap().contains("`budget.prices.\"big\"`"));
    assert!(stranger.requests().is_empty());
    let notes = agent.notes();
    let diagnostic = agent.diagnostic(&notes, "turn/approval").await;
    let message = diagnostic["message"].as_str().unwrap();
    assert!(message.ends_with("calls of big, whose price nobody knows"), "{message}");
    let decisions =
        json!([{"toolCallId": call["toolCallId"], "approved": true, "scope": "always"}]);
    agent.execute("preceptor.approve", json!({"runId": run_id, "decisions": decisions})).await;
    let end = agent.turn_end(&run_id, 1).await;
    assert_eq!(end["data"]["finalResponse"], "There are 2 rows.");
    agent.event(&run_id, "skill_save_failed").await;
    let costs: Vec<&Value> = data(&agent, "llm_call").iter().map(|it| &it["costUsd"]).collect();
    assert_eq!(costs, [&json!(0.0), &Value::Null, &Value::Null]);

    // Always is always: a later run does not ask.
    let allowed = agent.execute("preceptor.status", json!({})).await["alwaysAllowed"].take();
    assert_eq!(allowed, json!([{"tool": "model_call", "target": "big"}]));
    agent.student.then(says("I give up."));
    stranger.then(says("There are 2 rows.")).then(says("NO_SKILL"));
    let run_id = agent.ask_and_wait().await;
    agent.event(&run_id, "skill_save_failed").await;
    agent.finish().await;
}

#[tokio::test]
async fn what_a_tool_costs_is_booked_for_the_day_and_asked_about_again_when_less_is_left() {
    let mut agent = Agent::start_with(AgentOptions {
        settings: json!({
            "approval": {"mode": "ask"},
            "budget": {"run_usd": 0.5},
            "billable": [{"tool": "bash", "usd_per_call": 0.3}],
        }),
        capabilities: json!({"experimental": {"preceptor": {"permissions": true}}}),
        ..AgentOptions::default()
    })
    .await;
    let two =
        [("bash", json!({"command": "touch one"})), ("bash", json!({"command": "touch two"}))];
    agent.student.then(calls(two)).then(says("Done."));
    let run_id = agent.ask().await;
    let allow = json!({"optionId": "allow_once"});
    for (command, left, is_over) in
        [("touch one", 0.5, false), ("touch two", 0.5, false), ("touch two", 0.2, true)]
    {
        let request = agent.client.server_request("preceptor/requestPermission").await;
        let params = &request["params"];
        assert_eq!(params["arguments"], json!({"command": command}));
        assert_eq!(params["estimatedCostUsd"], 0.3);
        assert_eq!(params["remainingCapUsd"], left, "{params}");
        let reason = params["reason"].as_str().unwrap();
        assert_eq!(reason.contains("exceeds the $0.20"), is_over, "{reason}");
        assert!(!agent.path("two").exists());
        agent.client.answer(&request, allow.clone()).await;
    }
    agent.turn_end(&run_id, 1).await;
    assert!(agent.path("one").exists() && agent.path("two").exists());
    assert_eq!(spent(&mut agent).await, 0.6);
    let mut agent = agent.restart().await;
    assert_eq!(spent(&mut agent).await, 0.6, "the day keeps it");
    agent.finish().await;
}

#[tokio::test]
async fn a_student_that_cannot_be_called_is_an_error_and_no_question_about_its_price() {
    let settings = json!({"student": {"base_url": ""}, "teacher": {"enabled": false}});
    let mut agent = Agent::start_with(AgentOptions { settings, ..AgentOptions::default() }).await;
    let run_id = agent.ask().await;
    let end = agent.turn_end(&run_id, 1).await;
    assert_eq!(end["type"], "error");
    assert!(end["data"]["error"].as_str().unwrap().contains("`student.base_url`"), "{end}");
    agent.finish().await;
}

/// A folder for runs in a shell, where each call may cost a dollar.
fn folder(student: &ModelServer, day_usd: f64) -> TempDir {
    let dir = TempDir::new().unwrap();
    fs::create_dir_all(dir.path().join("work")).unwrap();
    fs::create_dir_all(dir.path().join("config/preceptor")).unwrap();
    let settings = format!(
        "[student]\nbase_url = \"{}\"\nmodel = \"served-model\"\ncontext_window = 32768\n\
         max_tokens = 1000\n\
         [budget]\nday_usd = {day_usd}\n\
         [budget.prices.served-model]\ninput = 0.0\noutput = 1000.0\n",
        student.base_url()
    );
    fs::write(dir.path().join("config/preceptor/config.toml"), settings).unwrap();
    dir
}

#[tokio::test]
async fn a_run_in_a_terminal_ends_with_what_it_cost() {
    let student = ModelServer::start().await;
    let dir = folder(&student, /*day_usd*/ 1.2);
    student.then(for_half_a_dollar("Two."));
    let (code, stdout, stderr) = shell(dir.path(), &["run", "count the rows"]).await;
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.ends_with("\ncost: $0.50\n"), "{stdout}");
    let (code, stdout, stderr) = shell(dir.path(), &["run", "count them again"]).await;
    assert_eq!(code, 1, "{stdout}");
    assert!(stderr.contains("raise `budget.day_usd`"), "{stderr}");
    assert!(!stdout.contains("cost:"), "{stdout}");
}

#[tokio::test]
async fn what_another_process_reserved_is_not_there_to_spend_even_after_it_was_killed() {
    let student = ModelServer::start().await;
    let dir = folder(&student, /*day_usd*/ 1.2);
    student.then(vec![ev_text("One "), Event::Hang]);
    let mut other = command(dir.path(), &["run", "count the rows"]).spawn().unwrap();
    student.wait_for_requests(1).await;
    let refused = async || {
        let (code, _, stderr) = shell(dir.path(), &["run", "count them too"]).await;
        assert_eq!(code, 1, "{stderr}");
        assert!(stderr.contains("of the $1.20 that one day may cost $0.20 is left"), "{stderr}");
    };
    refused().await;
    other.kill().await.unwrap();
    refused().await;
    assert_eq!(student.requests().len(), 1);
}
