//! Machines that are built again from their journal, cut off anywhere.

use std::collections::BTreeSet;

use super::{
    assert_whole, calls, decision, machine, proposed, replies, request, results, sandbox::stopped,
    says, setup,
};
use crate::{
    context::NO_RESULT,
    event::{Event, StateRecord},
    machine::{ApprovalScope, Emitted, Input, Machine, State, Step},
    message::{FinishReason, Message},
    policy::{Mode, Policy},
};

const EDIT: &str = r#"{"path":"a","content":"b"}"#;
const LOOK: &str = r#"{"command":"wc -l x"}"#;
const SKILL: &str = r#"{"name": "count-rows", "description": "Counts.", "procedure": ["Run wc."]}"#;

/// Everything that a run can go through, with approvals on the way.
fn story() -> Vec<Input> {
    let mut edited = decision("e", true);
    edited.arguments = serde_json::from_str(r#"{"path":"a","content":"c"}"#).ok();
    edited.scope = ApprovalScope::Run;
    let mut outside = decision("s", true);
    outside.outside_sandbox = true;
    vec![
        request("count the rows"),
        calls(&[("a", "bash", LOOK), ("b", "bash", LOOK), ("r", "read_file", r#"{"path":"x"}"#)]),
        results(&[("r", 0)]),
        Input::Decided(vec![decision("a", true)]),
        Input::Decided(vec![decision("b", false)]),
        results(&[("a", 0)]),
        calls(&[("s", "bash", r#"{"command":"curl x"}"#)]),
        Input::Decided(vec![decision("s", true)]),
        stopped("s"),
        Input::Decided(vec![outside]),
        results(&[("s", 0)]),
        says("Twelve."),
        request("write them down"),
        calls(&[("e", "write_file", EDIT)]),
        Input::Decided(vec![edited]),
        results(&[("e", 0)]),
        replies("Half of", &[], FinishReason::Length),
        says("ignored: the turn is over or the teacher has it"),
        calls(&[("t", "bash", LOOK)]),
        Input::Decided(vec![decision("t", true)]),
        results(&[("t", 1)]),
        says("I can't do that."),
        says("Written."),
        says(SKILL),
        proposed(),
        Input::Compact,
        Input::Undo,
        Input::FilesRestored { notes: Vec::new() },
        request("and again"),
        says("Yes."),
    ]
}

/// Plays the story; returns the journal, and where each input's events begin with the machine
/// before it.
fn play() -> (Vec<Emitted>, Vec<(usize, Machine)>) {
    let mut machine = machine(Mode::Ask);
    let mut journal = Vec::new();
    let mut before = Vec::new();
    for input in story() {
        before.push((journal.len(), machine.clone()));
        let transition = machine.advance(input);
        assert_whole(&transition.step);
        journal.extend(transition.events);
    }
    before.push((journal.len(), machine));
    (journal, before)
}

fn restore(journal: &[Emitted]) -> (Machine, Vec<Emitted>, Step) {
    let policy = Policy { mode: Mode::Ask, ..Policy::default() };
    let (machine, transition) = Machine::restore(setup(), policy, Vec::new(), journal, &[]);
    (machine, transition.events, transition.step)
}

#[test]
fn a_machine_that_waits_for_a_person_is_the_same_after_a_restart() {
    let (journal, before) = play();
    let mut n_waiting = 0;
    for (length, mut machine) in before {
        let waits = machine.awaits_approval();
        if length == 0 || !(waits || machine.is_resting()) {
            continue;
        }
        let (restored, events, step) = restore(&journal[..length]);
        assert_eq!(step == Step::AwaitApproval, waits, "after {length} records");
        let asks = events.iter().filter(|it| matches!(it.event, Event::ApprovalRequired { .. }));
        assert_eq!((asks.count(), events.len()), (usize::from(waits), usize::from(waits)));
        machine.policy.allowed_in_run.clear();
        // Whoever goes on tells the model of the skills that are there then.
        machine.listed = None;
        if let State::Awaiting(_, batch) = &mut machine.state {
            batch.ask_again(&[]);
        }
        assert_eq!(restored, machine, "after {length} records");
        n_waiting += usize::from(waits);
    }
    assert!(n_waiting >= 3, "{n_waiting}");
}

#[test]
fn wherever_the_journal_breaks_off_every_turn_and_call_ends_once() {
    let (journal, _) = play();
    for length in 0..=journal.len() {
        let (mut restored, events, step) = restore(&journal[..length]);
        let mut whole = journal[..length].to_vec();
        whole.extend(events);
        if step == Step::AwaitApproval {
            let closed = restored.advance(Input::Cancelled { partial: String::new() });
            whole.extend(closed.events);
        }
        assert!(restored.is_resting(), "cut at {length}");
        assert_one_end_each(&whole, length);
        // A second restart finds nothing to close.
        let (again, events, _) = restore(&whole);
        assert_eq!(events, [], "cut at {length}");
        assert_eq!(again.student.messages, restored.student.messages, "cut at {length}");
        // The history is whole for the next request.
        assert_whole(&restored.advance(request("go on")).step);
    }
}

fn assert_one_end_each(journal: &[Emitted], length: usize) {
    let mut open = BTreeSet::new();
    let (mut n_begun, mut n_ended) = (0, 0);
    for emitted in journal {
        match &emitted.event {
            Event::State(StateRecord::Request { .. }) => n_begun += 1,
            Event::TurnComplete { .. } | Event::Interrupted {} | Event::Error { .. } => {
                n_ended += 1;
            }
            Event::ToolCall { tool_call_id, .. } => assert!(open.insert(tool_call_id.clone())),
            Event::ToolOutput { tool_call_id, .. } => {
                assert!(open.remove(tool_call_id), "cut at {length}: {tool_call_id} ends twice");
            }
            _ => {}
        }
    }
    assert_eq!((n_begun, open), (n_ended, BTreeSet::new()), "cut at {length}");
}

#[test]
fn a_call_that_ran_when_it_broke_off_is_not_run_again() {
    let mut machine = machine(Mode::Ask);
    let mut journal = machine.advance(request("count")).events;
    journal.extend(machine.advance(calls(&[("a", "bash", LOOK)])).events);
    let running = machine.advance(Input::Decided(vec![decision("a", true)]));
    assert!(matches!(running.step, Step::RunTools { .. }));
    journal.extend(running.events);
    let (restored, events, step) = restore(&journal);
    assert_eq!(step, Step::Rest);
    let outputs: Vec<_> = events
        .iter()
        .filter_map(|it| match &it.event {
            Event::ToolOutput { output, success, .. } => Some((output.as_str(), *success)),
            _ => None,
        })
        .collect();
    assert_eq!(outputs, [(NO_RESULT, false)]);
    assert!(matches!(
        restored.student.messages.last(),
        Some(Message::Tool { content, .. }) if content == NO_RESULT
    ));
}

#[test]
fn text_that_was_shown_when_it_broke_off_is_kept() {
    let mut machine = machine(Mode::Ask);
    let mut journal = machine.advance(request("count")).events;
    for piece in ["There are ", "twelve"] {
        let event = Event::AssistantChunk { content: piece.to_owned() };
        journal.push(Emitted { turn: 1, teacher: false, event });
    }
    let (restored, events, _) = restore(&journal);
    let Some(Message::Assistant { content, .. }) = restored.student.messages.last() else {
        panic!()
    };
    assert_eq!(content, "There are twelve");
    assert!(events.iter().any(|it| it.event == Event::Interrupted {}));
}

#[test]
fn work_that_was_broken_off_goes_on_in_a_turn_of_its_own() {
    let mut machine = machine(Mode::Full);
    let mut journal = machine.advance(request("count")).events;
    journal.extend(machine.advance(calls(&[("a", "bash", LOOK)])).events);
    let (mut restored, _, _) = restore(&journal);
    let resumed = restored.advance(Input::Resume { skills: Vec::new(), notes: Vec::new() });
    assert_eq!(restored.turn(), 2);
    assert_eq!(restored.request(), "count", "a teacher is told what was asked");
    assert_whole(&resumed.step);
}

#[test]
fn what_a_person_allowed_for_the_run_is_asked_again_after_a_restart() {
    let mut machine = machine(Mode::Ask);
    let mut journal = machine.advance(request("count")).events;
    let mut for_run = decision("a", true);
    for_run.scope = ApprovalScope::Run;
    for input in [
        calls(&[("a", "bash", LOOK)]),
        Input::Decided(vec![for_run]),
        results(&[("a", 0)]),
        says("Twelve."),
    ] {
        journal.extend(machine.advance(input).events);
    }
    let (mut restored, _, _) = restore(&journal);
    restored.advance(request("again"));
    let again = restored.advance(calls(&[("b", "bash", LOOK)]));
    assert_eq!(again.step, Step::AwaitApproval);
}

#[test]
fn a_call_that_was_approved_beside_one_that_waits_is_asked_about_again() {
    let mut machine = machine(Mode::Ask);
    let mut journal = machine.advance(request("count")).events;
    let two = calls(&[("a", "bash", LOOK), ("b", "bash", LOOK)]);
    journal.extend(machine.advance(two).events);
    journal.extend(machine.advance(Input::Decided(vec![decision("a", true)])).events);
    let (mut restored, _, _) = restore(&journal);
    let decided = restored.advance(Input::Decided(vec![decision("b", true)]));
    assert_eq!(decided.step, Step::AwaitApproval);
    let decided = restored.advance(Input::Decided(vec![decision("a", false)]));
    let Step::RunTools { calls, .. } = decided.step else { panic!() };
    assert_eq!(calls.len(), 1);
}

#[test]
fn what_a_person_is_known_to_have_allowed_is_not_asked_about_again() {
    let mut machine = machine(Mode::Ask);
    let mut journal = machine.advance(request("count")).events;
    let two = calls(&[("a", "bash", LOOK), ("b", "bash", LOOK)]);
    journal.extend(machine.advance(two).events);
    journal.extend(machine.advance(Input::Decided(vec![decision("a", true)])).events);
    let allowed = machine.allowed_calls();
    assert_eq!(allowed.len(), 1);
    let policy = || Policy { mode: Mode::Ask, ..Policy::default() };
    let (mut restored, first) = Machine::restore(setup(), policy(), Vec::new(), &journal, &allowed);
    let Some(Event::ApprovalRequired { tools, .. }) = first.events.last().map(|it| &it.event)
    else {
        panic!()
    };
    assert_eq!(tools.iter().map(|it| it.tool_call_id.as_str()).collect::<Vec<_>>(), ["b"]);
    let decided = restored.advance(Input::Decided(vec![decision("b", false)]));
    let Step::RunTools { calls, .. } = decided.step else { panic!() };
    assert_eq!(calls, allowed);
    // The journal lies where others write: another command by that name was not allowed.
    let mut other = allowed;
    other[0].arguments.insert("command".to_owned(), "rm -rf x".into());
    let (restored, _) = Machine::restore(setup(), policy(), Vec::new(), &journal, &other);
    assert_eq!(restored.pending_tools().len(), 2);
}
