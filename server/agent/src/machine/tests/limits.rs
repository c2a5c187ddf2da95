//! A takeover that may not go on: its last step, and what becomes of it.

use super::{
    Input, Machine, Step, calls, replies, request, results, says, setup,
    spending::{PRICE, budget, drive, spender, used},
};
use crate::{
    event::Event,
    ledger::{Balance, Money, Rate, Scope},
    machine::{Transition, limits::says_not_done},
    message::{FinishReason, Message},
    policy::{Mode, Policy},
};

/// The teacher has three steps and has taken two.
fn before_the_last_step() -> (Machine, Transition) {
    let mut setup = setup();
    setup.teacher.max_steps = 3;
    let mut machine = Machine::new(setup, Policy { mode: Mode::Full, ..Policy::default() });
    let inputs = [
        request("x"),
        says("I give up."),
        look("a"),
        results(&[("a", 0)]),
        look("b"),
        results(&[("b", 0)]),
    ];
    let last = inputs.into_iter().map(|input| machine.advance(input)).last().unwrap();
    (machine, last)
}

fn look(id: &str) -> Input {
    calls(&[(id, "bash", &format!(r#"{{"command":"cat {id}"}}"#))])
}

fn is_told(transition: &Transition) -> bool {
    let Step::CallModel { request, .. } = &transition.step else { return false };
    matches!(
        request.messages.last(),
        Some(Message::User { content, .. }) if content.contains("This is your last step")
    )
}

fn reason(transition: &Transition) -> Option<(String, String)> {
    transition.events.iter().find_map(|it| match &it.event {
        Event::EscalationFailed { reason, class } => Some((class.clone(), reason.clone())),
        _ => None,
    })
}

fn end(transition: &Transition) -> Option<(Option<String>, String)> {
    transition.events.iter().find_map(|it| match &it.event {
        Event::TurnComplete { final_response, stop_reason, .. } => {
            Some((final_response.clone(), stop_reason.clone()))
        }
        _ => None,
    })
}

#[test]
fn the_teacher_is_told_before_its_last_step_and_an_answer_then_is_as_good_as_any() {
    let (mut machine, last) = before_the_last_step();
    assert!(is_told(&last));
    let Step::CallModel { request, .. } = &last.step else { unreachable!() };
    assert!(request.tools.is_empty(), "no call of it is run: {:?}", request.tools);
    let ended = machine.advance(says("Twelve."));
    assert_eq!(end(&ended), Some((Some("Twelve.".to_owned()), "final".to_owned())));
    assert!(matches!(ended.step, Step::CallModel { .. }), "the lesson follows");
}

#[test]
fn what_an_unfinished_takeover_found_is_the_answer_and_no_lesson() {
    let (mut machine, _) = before_the_last_step();
    let found = "NOT DONE: the rows are in b, count them.";
    let ended = machine.advance(says(found));
    assert_eq!(end(&ended), Some((Some(found.to_owned()), "max_iterations".to_owned())));
    let (class, reason) = reason(&ended).unwrap();
    assert_eq!(class, "limit");
    assert!(reason.contains("`teacher.max_turns`"), "{reason}");
    assert_eq!(ended.step, Step::Rest);
    // A follow-up builds on it.
    let Step::CallModel { request, .. } = machine.advance(request("go on")).step else {
        unreachable!()
    };
    let is_found =
        |it: &Message| matches!(it, Message::Assistant { content, .. } if content == found);
    assert!(request.messages.iter().any(is_found));
}

#[test]
fn a_teacher_that_says_not_done_has_failed_at_any_step() {
    for answer in [
        "NOT DONE: x is missing.",
        "**NOT DONE**: nobody is logged in.",
        "Not done yet, but here is the plan.",
        "not done: the file is missing",
    ] {
        let mut machine = super::machine(Mode::Full);
        for input in [request("x"), says("I was unable to count the rows.")] {
            machine.advance(input);
        }
        let ended = machine.advance(says(answer));
        let expected = ("failure".to_owned(), format!("The teacher failed too: {answer}"));
        assert_eq!(reason(&ended), Some(expected));
        assert_eq!(end(&ended), Some((Some(answer.to_owned()), "final".to_owned())));
        assert_eq!(ended.step, Step::Rest, "no lesson follows");
    }
}

#[test]
fn what_waits_for_an_answer_teaches_nothing() {
    for (answer, part) in [
        ("Could you tell me which of the two tables you mean?", "asks something back"),
        ("There are two tables. Which one shall I take?", "asks something back"),
    ] {
        let mut machine = super::machine(Mode::Full);
        for input in [request("x"), says("I give up.")] {
            machine.advance(input);
        }
        let ended = machine.advance(says(answer));
        assert_eq!(ended.step, Step::Rest, "{answer}");
        assert_eq!(end(&ended).unwrap().0.as_deref(), Some(answer));
        let is_told = |event: &Event| matches!(event, Event::SkillSaveFailed { reason } if reason.contains(part));
        assert!(ended.events.iter().any(|it| is_told(&it.event)), "{:?}", ended.events);
    }
}

#[test]
fn calls_of_the_last_step_are_refused_and_have_their_result() {
    let (mut machine, _) = before_the_last_step();
    let wants = [("c", "bash", r#"{"command":"cat c"}"#)];
    let ended = machine.advance(replies("So far: 12 in b.", &wants, FinishReason::ToolCalls));
    let outputs = ended.events.iter().filter(|it| {
        matches!(&it.event, Event::ToolOutput { tool_call_id, success: false, .. }
            if tool_call_id == "c")
    });
    assert_eq!(outputs.count(), 1);
    assert_eq!(end(&ended).unwrap().0.as_deref(), Some("So far: 12 in b."));
    assert_eq!(ended.step, Step::Rest);
}

#[test]
fn money_for_one_more_step_is_spent_on_an_answer() {
    // Each step may cost ten cents: a third one would fit, one after that would not.
    let mut machine = spender(budget(0.35, 5.0), Rate::Free, PRICE);
    let told = [request("x"), says("I give up."), used(look("a"), 80), results(&[("a", 0)])]
        .map(|input| is_told(&drive(&mut machine, input).1));
    assert_eq!(told, [false; 4]);
    drive(&mut machine, used(look("b"), 80));
    let (_, last) = drive(&mut machine, results(&[("b", 0)]));
    assert!(is_told(&last));
    let (_, ended) = drive(&mut machine, used(says("NOT DONE, but it is in b."), 80));
    let answer = "NOT DONE, but it is in b.".to_owned();
    assert_eq!(end(&ended), Some((Some(answer), "budget".to_owned())));
    assert!(reason(&ended).unwrap().1.contains("`teacher.max_cost_usd`"));
}

#[test]
fn money_of_the_day_counts_as_it_is_spent() {
    let mut machine = spender(budget(5.0, 5.0), Rate::Free, PRICE);
    machine.set_day(Balance {
        scope: Scope::Day,
        spent_usd: Money::default(),
        reserved_usd: Money::default(),
        cap_usd: Money::from_usd(0.15),
    });
    for input in [request("x"), says("I give up."), used(look("a"), 80)] {
        drive(&mut machine, input);
    }
    let (_, last) = drive(&mut machine, results(&[("a", 0)]));
    assert!(is_told(&last), "{:?}", last.events);
}

#[test]
fn what_is_left_of_the_money_pays_a_shorter_answer() {
    // The first step costs more than half of it, so another one of full length would not fit.
    let mut machine = spender(budget(0.15, 5.0), Rate::Free, PRICE);
    for input in [request("x"), says("I give up."), used(look("a"), 80)] {
        drive(&mut machine, input);
    }
    let (_, last) = drive(&mut machine, results(&[("a", 0)]));
    assert!(is_told(&last), "{:?}", last.events);
    let Step::CallModel { request, .. } = &last.step else { unreachable!() };
    assert_eq!(request.max_tokens, Some(70));
    let (_, ended) = drive(&mut machine, used(says("NOT DONE, but it is in b."), 60));
    assert_eq!(end(&ended).unwrap().0.as_deref(), Some("NOT DONE, but it is in b."));
}

#[test]
fn words_that_only_begin_alike_are_an_answer() {
    for answer in
        ["Not done by hand: a script does it.", "Notes: done.", "Done, not to be repeated."]
    {
        assert!(!says_not_done(answer), "{answer}");
    }
}

// WD5: A step is one reply, and a reply has so many calls.
#[test]
fn of_one_reply_only_so_many_calls_are_run() {
    let mut machine = super::machine(Mode::Full);
    machine.advance(request("x"));
    let ids: Vec<String> = (0..40).map(|n| format!("c{n}")).collect();
    let reply: Vec<(&str, &str, &str)> =
        ids.iter().map(|id| (id.as_str(), "list_files", "{}")).collect();
    let running = machine.advance(calls(&reply));
    let Step::RunTools { calls, .. } = &running.step else { panic!("{:?}", running.step) };
    assert_eq!(calls.len(), 32);
    let refused = running.events.iter().filter(|it| {
        matches!(&it.event, Event::ToolOutput { output, success: false, .. } if output.contains("32 calls"))
    });
    assert_eq!(refused.count(), 8);
    let done: Vec<(&str, i32)> = ids.iter().take(32).map(|id| (id.as_str(), 0)).collect();
    let next = machine.advance(results(&done));
    let Step::CallModel { request, .. } = next.step else { panic!("{:?}", next.step) };
    let n_results = request.messages.iter().filter(|it| matches!(it, Message::Tool { .. })).count();
    assert_eq!(n_results, 40, "each call has its result");
}
