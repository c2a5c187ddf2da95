//! How far approvals reach, and that nobody spends more by them than they were told.

use serde_json::json;

use super::{calls, decision, request, results, setup, spending::budget};
use crate::{
    event::{Event, PendingTool, StateRecord},
    ledger::Money,
    machine::{ApprovalDecision, ApprovalScope, Input, Machine, Setup, Step, Transition},
    message::ToolSpec,
    policy::{Billable, Grant, Mode, Policy, Price},
};

/// Each call of `train` costs `usd`, of one dollar.
fn trainer(mode: Mode, usd: f64) -> Machine {
    let mut setup = Setup { budget: budget(/*takeover_usd*/ 1.0, /*run_usd*/ 1.0), ..setup() };
    setup.tools.push(ToolSpec {
        name: "train".to_owned(),
        description: String::new(),
        parameters: json!({"type": "object"}),
    });
    let price = Some(Price::PerCall(usd));
    let billable = vec![Billable { tool: "train".to_owned(), price }];
    let mut machine = Machine::new(setup, Policy { mode, billable, ..Policy::default() });
    machine.advance(request("x"));
    machine
}

fn approve(ids: &[&str], scope: ApprovalScope) -> Input {
    let decide = |id: &&str| ApprovalDecision { scope, ..decision(id, true) };
    Input::Decided(ids.iter().map(decide).collect())
}

fn asked(transition: &Transition) -> Vec<PendingTool> {
    let mut events = transition.events.iter().rev();
    let asked = events.find_map(|emitted| match &emitted.event {
        Event::ApprovalRequired { tools, .. } => Some(tools.clone()),
        _ => None,
    });
    asked.unwrap_or_default()
}

fn started(transition: &Transition) -> Vec<&str> {
    let Step::RunTools { calls, .. } = &transition.step else { return Vec::new() };
    calls.iter().map(|call| call.id.as_str()).collect()
}

#[test]
fn calls_of_one_reply_share_what_is_left() {
    let mut machine = trainer(Mode::Full, 0.4);
    let three = [("a", "train", "{}"), ("b", "train", "{}"), ("c", "train", "{}")];
    let transition = machine.advance(calls(&three));
    assert_eq!(started(&transition), ["a", "b"]);
    assert_eq!(machine.spent(), Money::from_usd(0.8), "it counts before they run");
    let asked = asked(&machine.advance(results(&[("a", 0), ("b", 0)])));
    assert_eq!(asked.len(), 1);
    assert_eq!(
        serde_json::to_value(&asked[0]).unwrap(),
        json!({
            "tool": "train",
            "arguments": {},
            "toolCallId": "c",
            "autoApprovalBlocked": true,
            "blockReason":
                "Its estimated cost of $0.40 exceeds the $0.20 that `budget` leaves.",
            "estimatedCostUsd": 0.4,
            "remainingCapUsd": 0.2,
        })
    );
    assert_eq!(machine.pending_tools(), asked);
}

#[test]
fn the_question_says_at_its_head_what_blocks_the_first_blocked_call() {
    let mut machine = trainer(Mode::Ask, 2.0);
    let two = [("a", "bash", r#"{"command":"ls"}"#), ("b", "train", "{}")];
    let transition = machine.advance(calls(&two));
    let event = &transition.events.last().unwrap().event;
    let data = &serde_json::to_value(event).unwrap()["data"];
    assert_eq!((&data["count"], &data["autoApprovalBlocked"]), (&json!(2), &json!(true)));
    assert_eq!(data["estimatedCostUsd"], json!(2.0));
    assert!(data["tools"][0].get("blockReason").is_none());
    let again: Event = serde_json::from_value(serde_json::to_value(event).unwrap()).unwrap();
    assert_eq!(again, *event);
}

#[test]
fn what_is_left_is_looked_at_again_when_a_person_approves() {
    let mut machine = trainer(Mode::Ask, 0.6);
    let transition = machine.advance(calls(&[("a", "train", "{}"), ("b", "train", "{}")]));
    assert!(asked(&transition).iter().all(|it| it.billing.block_reason.is_none()));
    let transition = machine.advance(approve(&["a", "b"], ApprovalScope::Once));
    assert_eq!(transition.step, Step::AwaitApproval);
    let again = asked(&transition);
    assert_eq!(again.len(), 1);
    assert_eq!(again[0].tool_call_id, "b");
    assert!(again[0].billing.block_reason.as_ref().unwrap().contains("$0.40"), "{again:?}");
    // Who approves it now was told.
    let transition = machine.advance(approve(&["b"], ApprovalScope::Once));
    assert_eq!(started(&transition), ["a", "b"]);
    assert_eq!(machine.spent(), Money::from_usd(1.2));
}

#[test]
fn what_waits_keeps_its_cost_in_a_restart() {
    let mut machine = trainer(Mode::Ask, 0.6);
    machine.advance(calls(&[("a", "train", "{}"), ("b", "train", "{}")]));
    let text = serde_json::to_string(&machine).unwrap();
    let restored: Machine = serde_json::from_str(&text).unwrap();
    assert_eq!(restored.pending_tools(), machine.pending_tools());
    assert_eq!(restored.pending_tools()[1].billing.estimated_cost_usd, Some(0.6));
}

#[test]
fn what_is_always_allowed_is_told_and_covers_the_same_call() {
    let mut machine = trainer(Mode::Ask, 0.0);
    machine.advance(calls(&[
        ("a", "bash", r#"{"command":"ls x"}"#),
        ("b", "bash", r#"{"command":"ls x"}"#),
        ("c", "bash", r#"{"command":"ls y"}"#),
    ]));
    let transition = machine.advance(approve(&["a"], ApprovalScope::Always));
    let told = transition.events.iter().find_map(|emitted| match &emitted.event {
        Event::State(StateRecord::AlwaysAllowed { grant }) => Some(grant.clone()),
        _ => None,
    });
    let grant =
        Grant { tool: "bash".to_owned(), target: "ls x".to_owned(), outside_sandbox: false };
    assert_eq!(told, Some(grant));
    let pending: Vec<String> =
        machine.pending_tools().into_iter().map(|it| it.tool_call_id).collect();
    assert_eq!(pending, ["c"]);
    // Taken back, it counts no more.
    machine.advance(approve(&["c"], ApprovalScope::Once));
    machine.set_always_allowed([].into());
    machine.advance(results(&[("a", 0), ("b", 0), ("c", 0)]));
    let transition = machine.advance(calls(&[("d", "bash", r#"{"command":"ls x"}"#)]));
    assert_eq!(transition.step, Step::AwaitApproval);
}

#[test]
fn arguments_that_are_no_object_are_told_to_the_model_and_wait_for_nobody() {
    for arguments in ["\"foo\"", "[1]", "3", "{"] {
        let mut machine = trainer(Mode::Ask, 0.5);
        let transition = machine.advance(calls(&[("a", "train", arguments)]));
        assert!(matches!(transition.step, Step::CallModel { .. }), "{arguments}");
        assert_eq!(machine.spent(), Money::default());
    }
}
