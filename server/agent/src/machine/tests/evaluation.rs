//! Attempts that are unclear, and what a model says of them.

use super::{
    Event, FailureClass, Input, Machine, Mode, Policy, Purpose, Step, request, says, setup,
};
use crate::{
    detect::SignalKind,
    event::StateRecord,
    gate::TakeoverMode,
    machine::{Escalation, Transition},
    message::ModelFailure,
    tool::ToolResult,
};

/// Asks back: neither an answer nor a failure.
const UNCLEAR: &str = "Could you tell me which of the two?";

fn machine(is_enabled: bool) -> Machine {
    let mut setup = setup();
    setup.teacher.judges_unclear = is_enabled;
    Machine::new(setup, Policy { mode: Mode::Full, ..Policy::default() })
}

fn verdict(transition: &Transition) -> Option<&str> {
    transition.events.iter().find_map(|it| match &it.event {
        Event::State(StateRecord::Verdict { verdict, .. }) => Some(verdict.as_str()),
        _ => None,
    })
}

#[track_caller]
fn check(outcome: Input, expected: &str) -> Transition {
    let mut machine = machine(true);
    machine.advance(request("count the rows"));
    let asked = machine.advance(says(UNCLEAR));
    let Step::CallModel { purpose: Purpose::Evaluate, request, .. } = &asked.step else {
        panic!("{asked:?}")
    };
    assert!(request.tools.is_empty());
    assert_eq!(verdict(&asked), None);
    let transition = machine.advance(outcome);
    assert_eq!(verdict(&transition), Some(expected), "{transition:?}");
    transition
}

// T6, T70, WT21.
#[test]
fn a_model_decides_what_is_unclear() {
    let failed = check(says("failure"), "failure");
    let is_signal = |it: &Event| matches!(it, Event::Signal(signal) if signal.kind == SignalKind::SelfEvaluation);
    assert!(failed.events.iter().any(|it| is_signal(&it.event)), "{failed:?}");
    assert!(failed.events.iter().any(|it| matches!(it.event, Event::TeacherTakeover { .. })));
    check(says("<think>ok? It claims too much.</think>\n\nfailure"), "failure");
    let done = check(says("ok"), "ok");
    assert_eq!(done.step, Step::Rest);
}

#[test]
fn no_answer_leaves_it_unclear_and_is_never_a_failure() {
    let failure = |class| {
        let failure = ModelFailure { class, message: "no".to_owned() };
        Input::CallFailed { failure, partial: String::new() }
    };
    for outcome in [
        failure(FailureClass::Network),
        failure(FailureClass::Server),
        failure(FailureClass::Budget),
        says("It looks like a failure to me."),
        says(""),
    ] {
        let transition = check(outcome, "unsure");
        assert_eq!(transition.step, Step::Rest);
        let ends = |it: &Event| matches!(it, Event::TurnComplete { .. });
        assert!(transition.events.iter().any(|it| ends(&it.event)), "{transition:?}");
    }
    let cancelled = check(Input::Cancelled { partial: String::new() }, "unsure");
    assert!(matches!(cancelled.events.last().unwrap().event, Event::Interrupted {}));
}

#[test]
fn nobody_is_asked_about_what_is_clear_or_where_no_teacher_may_come() {
    for answer in ["There are 12 rows.", "I give up."] {
        let mut machine = machine(true);
        machine.advance(request("x"));
        let transition = machine.advance(says(answer));
        assert!(verdict(&transition).is_some(), "{transition:?}");
    }
    let mut off = machine(false);
    off.advance(request("x"));
    assert_eq!(verdict(&off.advance(says(UNCLEAR))), Some("unsure"));
    let mut setup = setup();
    setup.teacher.judges_unclear = true;
    setup.teacher.mode = TakeoverMode::Off;
    let mut closed = Machine::new(setup, Policy::default());
    closed.advance(request("x"));
    assert_eq!(verdict(&closed.advance(says(UNCLEAR))), Some("unsure"));
}

// X9: a second opinion must not bring the teacher in for what no model can help.
#[test]
fn nobody_is_asked_where_a_program_is_missing() {
    let mut machine = machine(true);
    machine.advance(request("build the image with docker"));
    machine.advance(super::calls(&[("c1", "bash", r#"{"command":"docker build ."}"#)]));
    let mut missing = ToolResult::ok("exit code: 127\nbash: line 1: docker: command not found");
    missing.exit_code = Some(127);
    machine.advance(Input::ToolsFinished(vec![("c1".to_owned(), missing)]));
    let transition = machine.advance(says("I could not build it: docker is not installed."));
    assert_eq!(verdict(&transition), Some("unsure"), "{transition:?}");
    assert_eq!(transition.step, Step::Rest);
    let gate = transition.events.iter().find_map(|it| match &it.event {
        Event::State(StateRecord::Verdict { gate, gate_name, .. }) => {
            gate.clone().zip(gate_name.clone())
        }
        _ => None,
    });
    let (gate, name) = gate.unwrap();
    assert_eq!(name, "operational");
    assert_eq!(
        gate,
        "No teacher took over: `docker` is not installed, and it would lack it as well. Install \
         it, or ask for another way."
    );
    // A person may send for it all the same.
    let escalation = Input::Escalate { escalation: Escalation::Takeover, skills: Vec::new() };
    let by_hand = machine.advance(escalation);
    let came_in = |it: &Event| matches!(it, Event::TeacherTakeover { .. });
    assert!(by_hand.events.iter().any(|it| came_in(&it.event)), "{by_hand:?}");
}
