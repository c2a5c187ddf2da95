//! What calls may cost before they are made, and what becomes of a turn that may not go on.

use expect_test::{Expect, expect};

use super::{calls, decision, failure, proposed, render, replies, request, results, says, setup};
use crate::{
    event::{Event, StateRecord},
    ledger::{Caps, Money, Price, Rate, Scope, UnknownPrice},
    machine::{
        ApprovalScope, Bill, Budget, CallEnd, Emitted, Input, Machine, Rated, Rates, Setup, Step,
        Transition,
    },
    message::{FailureClass, FinishReason, Usage},
    policy::{Mode, Policy},
};

/// Asks about unknown prices.
pub(super) fn budget(takeover_usd: f64, run_usd: f64) -> Budget {
    let caps = Caps { takeover: Money::from_usd(takeover_usd), run: Money::from_usd(run_usd) };
    Budget { caps, unknown_price: UnknownPrice::Ask }
}

/// A thousand tokens written cost a dollar; tokens read cost nothing.
pub(super) const PRICE: Rate = Rate::Known(Price { input: 0.0, output: 1_000.0 });

/// A machine with these rates; replies have at most 100 tokens, so each may cost ten cents.
pub(super) fn spender(budget: Budget, student: Rate, teacher: Rate) -> Machine {
    let mut setup = Setup { budget, ..setup() };
    (setup.rooms.student.reply, setup.rooms.teacher.reply) = (100, 100);
    let mut machine = Machine::new(setup, Policy { mode: Mode::Full, ..Policy::default() });
    machine.set_rates(Rates {
        student: Rated { model: "small".to_owned(), rate: student },
        teacher: Rated { model: "big".to_owned(), rate: teacher },
        ..Rates::default()
    });
    machine
}

/// Lets a reply have used so many tokens.
pub(super) fn used(input: Input, completion_tokens: u64) -> Input {
    let Input::Replied(mut reply) = input else { unreachable!() };
    reply.usage = Some(Usage { prompt_tokens: 7, completion_tokens });
    Input::Replied(reply)
}

/// Does what a driver does: settles a call, then hands its outcome on.
pub(super) fn drive(machine: &mut Machine, input: Input) -> (Bill, Transition) {
    let bill = match &input {
        Input::Replied(reply) => machine.settle(CallEnd::Replied(reply)),
        Input::CallFailed { failure, .. } => {
            machine.settle(CallEnd::Broken { class: failure.class, received: 40 })
        }
        _ => Bill { cost: None, events: Vec::new() },
    };
    (bill, machine.advance(input))
}

#[track_caller]
fn check(mut machine: Machine, inputs: Vec<Input>, expected: &Expect) -> Machine {
    let mut out = String::new();
    for input in inputs {
        let text = serde_json::to_string(&machine).unwrap();
        machine = serde_json::from_str(&text).unwrap();
        let (bill, mut transition) = drive(&mut machine, input);
        transition.events.splice(0..0, bill.events);
        render(&transition, &mut out);
    }
    expected.assert_eq(&out);
    machine
}

#[test]
fn a_call_is_reserved_at_its_worst_and_settled_with_what_it_used() {
    let machine = check(
        spender(budget(5.0, 5.0), PRICE, PRICE),
        vec![request("x"), used(says("Twelve."), 20)],
        &expect![[r#"
            student processing {"message":"The student reads the request."}
            student budget {"capUsd":5.0,"reservedUsd":0.1,"scope":"call","spentUsd":0.0}
            => call student: 8 tools
            student budget {"capUsd":5.0,"reservedUsd":0.0,"scope":"run","spentUsd":0.02}
            student assistant_stream_end {}
            student turn_complete ["Twelve.","final"]
            => rest
        "#]],
    );
    assert_eq!(machine.spent(), Money::from_usd(0.02));
}

#[test]
fn a_run_that_may_not_spend_more_ends_its_turn_and_says_why() {
    let tool = || calls(&[("a", "bash", r#"{"command":"wc -l x"}"#)]);
    check(
        spender(budget(5.0, 0.15), PRICE, PRICE),
        vec![request("x"), used(tool(), 80), results(&[("a", 0)]), request("go on")],
        &expect![[r#"
            student processing {"message":"The student reads the request."}
            student budget {"capUsd":0.15,"reservedUsd":0.1,"scope":"call","spentUsd":0.0}
            => call student: 8 tools
            student budget {"capUsd":0.15,"reservedUsd":0.0,"scope":"run","spentUsd":0.08}
            student assistant_stream_end {}
            student tool_call ["a","bash",{"command":"wc -l x"},null]
            => run a
            student tool_output ["a",true,"exit code: 0"]
            student assistant_stream_end {}
            student error {"class":"budget","error":"The next call may cost up to $0.10, and of the $0.15 that one run may cost $0.07 is left. Ask for the rest in a new run, or raise `budget.run_usd`; runs that begin after that have more."}
            => rest
            student processing {"message":"The student reads the request."}
            student assistant_stream_end {}
            student error {"class":"budget","error":"The next call may cost up to $0.10, and of the $0.15 that one run may cost $0.07 is left. Ask for the rest in a new run, or raise `budget.run_usd`; runs that begin after that have more."}
            => rest
        "#]],
    );
}

#[test]
fn a_takeover_that_may_not_spend_more_ends_with_what_it_found() {
    let look = replies(
        "It is in the log.",
        &[("a", "bash", r#"{"command":"cat log"}"#)],
        FinishReason::ToolCalls,
    );
    check(
        spender(budget(0.12, 5.0), Rate::Free, PRICE),
        vec![request("x"), says("I give up."), used(look, 100), results(&[("a", 0)])],
        &expect![[r#"
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
            student assistant_stream_end {}
            student signal ["give_up",false]
            teacher teacher_takeover "I give up."
            teacher budget {"capUsd":0.12,"reservedUsd":0.1,"scope":"call","spentUsd":0.0}
            => call teacher: 8 tools
            teacher budget {"capUsd":0.12,"reservedUsd":0.0,"scope":"takeover","spentUsd":0.1}
            teacher budget {"capUsd":5.0,"reservedUsd":0.0,"scope":"run","spentUsd":0.1}
            teacher assistant_stream_end {}
            teacher tool_call ["a","bash",{"command":"cat log"},null]
            => run a
            teacher tool_output ["a",true,"exit code: 0"]
            teacher assistant_stream_end {}
            teacher escalation_failed {"class":"operational","reason":"The next call may cost up to $0.10, and of the $0.12 that one takeover may cost $0.02 is left. Raise `teacher.max_cost_usd`; takeovers of runs that begin after that have more."}
            teacher turn_complete ["It is in the log.","final"]
            => rest
        "#]],
    );
}

#[test]
fn a_takeover_that_would_not_fit_does_not_begin() {
    let mut machine = spender(budget(0.05, 5.0), Rate::Free, PRICE);
    machine.advance(request("x"));
    let (_, transition) = drive(&mut machine, says("I give up."));
    let gate = transition.events.iter().find_map(|it| match &it.event {
        Event::State(StateRecord::Verdict { gate, .. }) => gate.clone(),
        _ => None,
    });
    assert_eq!(
        gate.as_deref(),
        Some(
            "No teacher took over. The next call may cost up to $0.10, and of the $0.05 that one \
             takeover may cost $0.05 is left. Raise `teacher.max_cost_usd`; takeovers of runs that \
             begin after that have more."
        )
    );
    assert_eq!(transition.step, Step::Rest);
    assert!(matches!(transition.events.last().unwrap().event, Event::TurnComplete { .. }));
}

#[test]
fn each_takeover_has_its_whole_cap_and_all_count_for_the_run() {
    let mut machine = spender(budget(0.1, 5.0), Rate::Free, PRICE);
    for prompt in ["x", "y"] {
        for input in [request(prompt), says("I give up."), used(says("I can't do that."), 100)] {
            drive(&mut machine, input);
        }
    }
    assert_eq!(machine.spent(), Money::from_usd(0.2));
}

#[test]
fn what_the_teacher_learnt_is_not_written_down_without_money() {
    let transition = [request("x"), says("I give up."), used(says("Twelve."), 100)];
    let mut machine = spender(budget(0.15, 5.0), Rate::Free, PRICE);
    let last = transition.map(|input| drive(&mut machine, input).1).into_iter().last().unwrap();
    assert_eq!(last.step, Step::Rest);
    let events = last.events.iter().map(|it| &it.event);
    let reasons: Vec<&Event> = events.filter(|it| is_end(it)).collect();
    let [Event::TurnComplete { final_response, .. }, Event::SkillSaveFailed { reason }] =
        reasons.as_slice()
    else {
        panic!("{reasons:?}")
    };
    assert_eq!(final_response.as_deref(), Some("Twelve."));
    assert!(reason.contains("`teacher.max_cost_usd`"), "{reason}");
}

fn is_end(event: &Event) -> bool {
    matches!(event, Event::TurnComplete { .. } | Event::SkillSaveFailed { .. })
}

#[test]
fn a_model_on_a_machine_of_ones_own_has_no_books() {
    let mut machine = spender(budget(0.0, 0.0), Rate::Free, Rate::Free);
    machine.advance(request("x"));
    assert!(machine.reserved().is_zero());
    let (bill, transition) = drive(&mut machine, used(says("Twelve."), 20));
    assert_eq!(bill, Bill { cost: Some(Money::default()), events: Vec::new() });
    assert!(!transition.events.iter().any(|it| matches!(it.event, Event::Budget(_))));
}

#[test]
fn a_call_that_broke_off_costs_what_had_arrived() {
    let mut machine = spender(budget(5.0, 5.0), PRICE, PRICE);
    machine.advance(request("x"));
    assert_eq!(machine.reserved(), Money::from_usd(0.1));
    let (bill, _) = drive(&mut machine, failure(FailureClass::Network));
    assert_eq!(bill.cost, Some(Money::from_usd(0.04)));
    assert!(machine.reserved().is_zero());
    machine.advance(request("x"));
    let (bill, _) = drive(&mut machine, failure(FailureClass::Auth));
    assert_eq!(bill.cost, Some(Money::default()));
    assert_eq!(machine.spent(), Money::from_usd(0.04));
}

#[test]
fn a_call_that_nobody_settled_counts_with_its_worst_case_unless_it_was_never_made() {
    let mut machine = spender(budget(5.0, 5.0), PRICE, PRICE);
    machine.advance(request("x"));
    machine.advance(Input::Cancelled { partial: String::new() });
    assert!(machine.spent().is_zero());
    machine.advance(request("x"));
    machine.advance(Input::Decided(vec![decision("late", true)]));
    assert_eq!(machine.reserved(), Money::from_usd(0.1));
    machine.advance(says("Twelve."));
    assert_eq!(machine.spent(), Money::from_usd(0.1));
}

#[test]
fn a_name_that_the_call_made_known_is_billed_with_it() {
    let mut machine = spender(budget(5.0, 5.0), Rate::Free, Rate::Free);
    machine.advance(request("x"));
    machine.set_rates(Rates {
        student: Rated { model: "served".to_owned(), rate: PRICE },
        ..Rates::default()
    });
    let (bill, _) = drive(&mut machine, used(says("Twelve."), 20));
    assert_eq!(bill.cost, Some(Money::from_usd(0.02)));
    assert_eq!(machine.spent(), Money::from_usd(0.02));
}

#[test]
fn an_unknown_price_is_asked_about_once_a_turn() {
    let tool = || calls(&[("a", "bash", r#"{"command":"wc -l x"}"#)]);
    check(
        spender(budget(5.0, 5.0), Rate::Free, Rate::Unknown),
        vec![
            request("x"),
            says("I give up."),
            Input::Decided(vec![decision("else", true)]),
            Input::Decided(vec![decision("model_call_1_1", true)]),
            tool(),
            results(&[("a", 0)]),
            says("I can't do that."),
            request("again"),
            says("I give up."),
            Input::Decided(vec![decision("model_call_2_2", false)]),
        ],
        &expect![[r#"
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
            student assistant_stream_end {}
            student signal ["give_up",false]
            teacher teacher_takeover "I give up."
            teacher approval_required ["model_call_1_1"]
            => await approval
            => await approval
            teacher tool_state_change {"state":"approved","tool":"model_call","toolCallId":"model_call_1_1"}
            => call teacher: 8 tools
            teacher assistant_stream_end {}
            teacher tool_call ["a","bash",{"command":"wc -l x"},null]
            => run a
            teacher tool_output ["a",true,"exit code: 0"]
            => call teacher: 8 tools
            teacher assistant_stream_end {}
            teacher signal ["give_up",false]
            teacher escalation_failed {"class":"failure","reason":"The teacher failed too: I can't do that."}
            teacher turn_complete ["I can't do that.","final"]
            => rest
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
            student assistant_stream_end {}
            student signal ["give_up",false]
            teacher teacher_takeover "I give up."
            teacher approval_required ["model_call_2_2"]
            => await approval
            teacher tool_state_change {"state":"rejected","tool":"model_call","toolCallId":"model_call_2_2"}
            teacher assistant_stream_end {}
            teacher escalation_failed {"class":"operational","reason":"You did not allow calls of `big` without knowing its price: set it in `budget.prices.\"big\"` (0 and 0 if it is free), or set `budget.unknown_price` to \"allow\"."}
            teacher turn_complete ["I give up.","final"]
            => rest
        "#]],
    );
}

#[test]
fn a_price_may_be_unknown_for_the_rest_of_the_run() {
    let mut machine = spender(budget(5.0, 5.0), Rate::Unknown, Rate::Free);
    let transition = machine.advance(request("x"));
    assert_eq!(transition.step, Step::AwaitApproval);
    assert!(machine.awaits_approval());
    assert_eq!(machine.pending_calls()[0].arguments["model"], "small");
    let mut decision = decision("model_call_1_1", true);
    decision.scope = ApprovalScope::Run;
    machine.advance(Input::Decided(vec![decision]));
    let (bill, _) = drive(&mut machine, used(says("Twelve."), 20));
    assert_eq!(bill, Bill { cost: None, events: Vec::new() });
    let transition = machine.advance(request("again"));
    assert!(matches!(transition.step, Step::CallModel { .. }), "{:?}", transition.step);
}

#[test]
fn an_unknown_price_is_allowed_or_refused_as_set() {
    for (unknown_price, goes_on) in [(UnknownPrice::Allow, true), (UnknownPrice::Deny, false)] {
        let budget = Budget { unknown_price, ..budget(5.0, 5.0) };
        let mut machine = spender(budget, Rate::Unknown, Rate::Free);
        let transition = machine.advance(request("x"));
        assert_eq!(matches!(transition.step, Step::CallModel { .. }), goes_on);
        let error = transition.events.iter().find_map(|it| match &it.event {
            Event::Error { error, class } if class == "budget" => Some(error.as_str()),
            _ => None,
        });
        let words = r#"`small` was not called, because nobody knows what it costs: set it in `budget.prices."small"` (0 and 0 if it is free), or set `budget.unknown_price` to "allow"."#;
        assert_eq!(error, (!goes_on).then_some(words));
    }
}

#[test]
fn a_question_about_a_price_ends_with_its_turn() {
    for (input, state) in [
        (Input::Cancelled { partial: String::new() }, "cancelled"),
        (request("something else"), "abandoned"),
    ] {
        let mut machine = spender(budget(5.0, 5.0), Rate::Unknown, Rate::Free);
        machine.advance(request("x"));
        let transition = machine.advance(input);
        let mut out = String::new();
        render(&transition, &mut out);
        assert!(out.contains(&format!(r#"{{"state":"{state}""#)), "{out}");
        assert!(out.contains("student interrupted {}"), "{out}");
    }
}

#[test]
fn a_summary_without_a_price_is_made_without_a_model() {
    let mut machine = spender(budget(5.0, 5.0), Rate::Free, Rate::Free);
    for n in 0..4 {
        let (_, end) = drive(&mut machine, request(&format!("{n} {}", "word ".repeat(400))));
        assert!(matches!(end.step, Step::CallModel { .. }));
        drive(&mut machine, says("Done."));
    }
    machine.set_rates(Rates {
        student: Rated { model: "small".to_owned(), rate: Rate::Unknown },
        ..Rates::default()
    });
    let transition = machine.advance(Input::Compact);
    assert_eq!(transition.step, Step::Rest);
    assert!(transition.events.iter().any(|it| matches!(it.event, Event::Compacted { .. })));
}

/// Plays inputs and returns the journal.
fn journal(machine: &mut Machine, inputs: Vec<Input>) -> Vec<Emitted> {
    let mut journal: Vec<Emitted> = machine.snapshot().into_iter().collect();
    for input in inputs {
        let (bill, transition) = drive(machine, input);
        journal.extend(bill.events);
        journal.extend(transition.events);
    }
    journal
}

#[test]
fn a_restored_run_has_spent_what_it_spent_before() {
    let mut first = spender(budget(5.0, 5.0), PRICE, PRICE);
    let mut events = journal(&mut first, vec![request("x"), used(says("Twelve."), 20)]);
    let restored = |events: &[Emitted]| {
        let setup = Setup { budget: budget(5.0, 5.0), ..setup() };
        Machine::restore(setup, Policy::default(), Vec::new(), events, &[]).0.spent()
    };
    assert_eq!(restored(&events), Money::from_usd(0.02));
    // Of a call that was under way nobody knows what it cost.
    events.extend(first.advance(request("y")).events);
    assert_eq!(restored(&events), Money::from_usd(0.12));
}

#[test]
fn a_question_about_a_price_waits_through_a_restart() {
    let budget = budget(5.0, 5.0);
    let mut first = spender(budget, Rate::Free, Rate::Unknown);
    let events = journal(&mut first, vec![request("x"), says("I give up.")]);
    let setup = Setup { budget, ..setup() };
    let (mut machine, transition) =
        Machine::restore(setup, Policy::default(), Vec::new(), &events, &[]);
    assert_eq!(transition.step, Step::AwaitApproval);
    assert!(machine.awaits_approval());
    let transition = machine.advance(Input::Decided(vec![decision("model_call_1_1", true)]));
    let Step::CallModel { request, .. } = transition.step else { panic!("{transition:?}") };
    assert!(request.messages.len() > 2, "{:?}", request.messages);
}

#[test]
fn allowing_a_price_does_not_outlive_the_process() {
    let budget = budget(5.0, 5.0);
    let mut first = spender(budget, Rate::Unknown, Rate::Free);
    let mut allowed = decision("model_call_1_1", true);
    allowed.scope = ApprovalScope::Run;
    let inputs = vec![request("x"), Input::Decided(vec![allowed]), says("Twelve.")];
    let events = journal(&mut first, inputs);
    let setup = Setup { budget, ..setup() };
    let (mut machine, _) = Machine::restore(setup, Policy::default(), Vec::new(), &events, &[]);
    machine.set_rates(Rates {
        student: Rated { model: "small".to_owned(), rate: Rate::Unknown },
        ..Rates::default()
    });
    assert_eq!(machine.advance(request("again")).step, Step::AwaitApproval);
}

#[test]
fn the_narrowest_books_come_first() {
    let mut machine = spender(budget(5.0, 5.0), Rate::Free, PRICE);
    let inputs = vec![
        request("x"),
        says("I give up."),
        used(says("Twelve."), 10),
        used(says(super::SKILL), 10),
        proposed(),
    ];
    let scopes: Vec<Scope> = journal(&mut machine, inputs)
        .iter()
        .filter_map(|it| match &it.event {
            Event::Budget(balance) => Some(balance.scope),
            _ => None,
        })
        .collect();
    let call = [Scope::Call, Scope::Takeover, Scope::Run];
    assert_eq!(scopes, [call, call].concat());
}

#[test]
fn what_a_run_has_cost_is_told_at_five_dollars_and_at_each_double_of_it() {
    let mut machine = spender(budget(1_000.0, 1_000.0), PRICE, PRICE);
    let mut told = Vec::new();
    for dollars in [4, 1, 4, 1, 35] {
        machine.advance(request("x"));
        let (bill, _) = drive(&mut machine, used(says("Done."), dollars * 1_000));
        told.push(bill.events.into_iter().find_map(|it| match it.event {
            Event::ToolLog { log, .. } => Some(log),
            _ => None,
        }));
    }
    let cost = |usd: &str| Some(format!("This run has cost {usd} so far."));
    assert_eq!(told, [None, cost("$5.00"), None, cost("$10.00"), cost("$45.00")]);
}

#[test]
fn a_model_without_a_price_can_be_allowed_for_good() {
    let mut machine = spender(budget(5.0, 5.0), Rate::Unknown, Rate::Unknown);
    machine.advance(request("x"));
    let mut always = decision("model_call_1_1", true);
    always.scope = ApprovalScope::Always;
    let transition = machine.advance(Input::Decided(vec![always]));
    let kept = transition.events.iter().find_map(|it| match &it.event {
        Event::State(StateRecord::AlwaysAllowed { grant }) => Some(grant.clone()),
        _ => None,
    });
    let kept = kept.unwrap();
    assert_eq!((kept.tool.as_str(), kept.target.as_str()), ("model_call", "small"));
    // It holds for later runs too, and for that model only.
    let mut other = spender(budget(5.0, 5.0), Rate::Unknown, Rate::Unknown);
    other.set_always_allowed([kept].into());
    assert!(matches!(other.advance(request("x")).step, Step::CallModel { .. }));
    assert_eq!(drive(&mut other, says("I give up.")).1.step, Step::AwaitApproval);
}
