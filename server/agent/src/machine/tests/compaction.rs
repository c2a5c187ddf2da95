//! Conversations that do not fit.

use expect_test::expect;

use super::{assert_whole, calls, check, failure, machine, request, says, setup, student_alone};
use crate::{
    context::{Room, Rooms, estimate_messages},
    event::Event,
    machine::{Input, Machine, Purpose, Step},
    message::{FailureClass, Message, ModelReply, Origin, Usage},
    policy::{Mode, Policy},
    tool::ToolResult,
};

/// A machine whose student is served with a small window.
fn small() -> Machine {
    let room = Room { window: Some(4_000), reply: 500 };
    let mut setup = setup();
    setup.rooms = Rooms { student: room, teacher: Room::default() };
    setup.max_steps = Some(50);
    setup.teacher.enabled = false;
    Machine::new(setup, Policy { mode: Mode::Full, ..Policy::default() })
}

fn call(id: usize) -> Input {
    // Never the same call twice: that would be a repetition.
    calls(&[(&format!("c{id}"), "bash", &format!(r#"{{"command":"cat {id}"}}"#))])
}

fn result(id: usize, text: &str) -> Input {
    Input::ToolsFinished(vec![(format!("c{id}"), ToolResult::ok(text.to_owned()))])
}

/// Lets the student read on until something else than its next step is wanted.
fn read_until_full(machine: &mut Machine) -> Step {
    machine.advance(request("count the rows"));
    for id in 0..30 {
        machine.advance(call(id));
        let transition = machine.advance(result(id, &format!("{id}: {}", "row ".repeat(300))));
        assert_whole(&transition.step);
        match &transition.step {
            Step::CallModel { purpose: Purpose::Attempt, request, .. } => {
                assert!(estimate_messages(&request.messages) < 4_000);
            }
            _ => return transition.step,
        }
    }
    panic!("it never gets full");
}

fn messages_of(step: &Step) -> &[Message] {
    let Step::CallModel { request, .. } = step else { panic!("{step:?}") };
    &request.messages
}

fn compacted(events: &[crate::machine::Emitted]) -> Vec<(u64, u64)> {
    let sizes = events.iter().filter_map(|emitted| match &emitted.event {
        Event::Compacted { old_tokens, new_tokens } => Some((*old_tokens, *new_tokens)),
        _ => None,
    });
    sizes.collect()
}

#[test]
fn a_run_with_a_single_request_is_compacted_and_goes_on() {
    let mut machine = small();
    let step = read_until_full(&mut machine);
    let Step::CallModel { purpose: Purpose::Compact, request, .. } = &step else {
        panic!("{step:?}")
    };
    assert!(request.tools.is_empty());
    assert!(estimate_messages(&request.messages) < 3_600, "the call for notes has to fit too");
    let transition = machine.advance(says("Files 0 to 8 have rows."));
    let sizes = compacted(&transition.events);
    assert_eq!(sizes.len(), 1);
    assert!(sizes[0].1 < sizes[0].0, "{sizes:?}");
    assert_whole(&transition.step);
    let messages = messages_of(&transition.step);
    assert!(matches!(
        &messages[1],
        Message::User { origin: Origin::User, content } if content == "count the rows"
    ));
    let Message::User { origin: Origin::Summary, content } = &messages[2] else {
        panic!("{:?}", messages[2])
    };
    assert!(content.starts_with("[summary: ") && content.contains("Files 0 to 8 have rows."));
    assert!(matches!(messages[3], Message::Assistant { .. }), "the last steps stay");
}

#[test]
fn a_call_for_notes_that_fails_is_no_reason_to_stop() {
    for class in [FailureClass::ContextOverflow, FailureClass::Server, FailureClass::Network] {
        let mut machine = small();
        read_until_full(&mut machine);
        let transition = machine.advance(failure(class));
        let [_, _, Message::User { origin: Origin::Summary, content }, ..] =
            messages_of(&transition.step)
        else {
            panic!()
        };
        assert!(content.contains("Called bash") && content.contains("gave: 0: row"), "{content}");
        let has_told = transition.events.iter().any(|emitted| {
            matches!(&emitted.event, Event::ToolLog { log, .. } if log.contains("set the key"))
        });
        assert!(has_told, "{:?}", transition.events);
    }
}

#[test]
fn notes_without_words_are_made_without_the_model() {
    let mut machine = small();
    read_until_full(&mut machine);
    let transition = machine.advance(says("  "));
    assert!(format!("{:?}", messages_of(&transition.step)[2]).contains("Called bash"));
}

#[test]
fn compacting_is_cancelled_with_its_turn_and_changes_nothing() {
    let mut machine = small();
    read_until_full(&mut machine);
    let transition = machine.advance(Input::Cancelled { partial: String::new() });
    assert_eq!(transition.step, Step::Rest);
    let ends = transition.events.iter().filter(|it| it.event == Event::Interrupted {}).count();
    assert_eq!((ends, compacted(&transition.events).len()), (1, 0));
    assert!(
        machine
            .student
            .messages
            .iter()
            .all(|it| { !matches!(it, Message::User { origin: Origin::Summary, .. }) })
    );
}

#[test]
fn notes_longer_than_what_they_replace_are_cut() {
    let mut machine = small();
    read_until_full(&mut machine);
    let transition = machine.advance(says(&"word ".repeat(20_000)));
    let sizes = compacted(&transition.events);
    assert!(sizes[0].1 < sizes[0].0, "{sizes:?}");
}

#[test]
fn every_round_makes_it_smaller_or_is_the_last() {
    let mut machine = small();
    machine.advance(request(&"word ".repeat(4_000)));
    let mut n_rounds = 0;
    let mut last = u64::MAX;
    for id in 0..20 {
        let mut transition = machine.advance(call(id));
        while let Step::CallModel { purpose: Purpose::Compact, .. } = transition.step {
            transition = machine.advance(says("notes"));
        }
        transition = machine.advance(result(id, &"row ".repeat(2_000)));
        while let Step::CallModel { purpose: Purpose::Compact, .. } = transition.step {
            n_rounds += 1;
            transition = machine.advance(says("notes"));
            for (old, new) in compacted(&transition.events) {
                assert!(new < old, "{new} of {old}");
                last = new;
            }
        }
        // The request alone is too long: the call is tried all the same.
        assert!(matches!(transition.step, Step::CallModel { purpose: Purpose::Attempt, .. }));
    }
    assert!(n_rounds <= 20, "{n_rounds}");
    assert!(last > 4_000);
}

#[test]
fn a_request_that_does_not_fit_is_tried_twice_with_less_and_then_ends_the_turn() {
    let mut machine = Machine::new(
        {
            let mut setup = setup();
            setup.max_steps = Some(50);
            setup
        },
        Policy { mode: Mode::Full, ..Policy::default() },
    );
    machine.advance(request("count"));
    for id in 0..12 {
        machine.advance(call(id));
        machine.advance(result(id, &"row ".repeat(300)));
    }
    let n_steps = machine.student.n_steps;
    let mut n_overflows = 0;
    let mut transition = machine.advance(failure(FailureClass::ContextOverflow));
    loop {
        n_overflows += 1;
        while let Step::CallModel { purpose: Purpose::Compact, .. } = transition.step {
            transition = machine.advance(says("notes"));
        }
        if transition.step == Step::Rest {
            break;
        }
        transition = machine.advance(failure(FailureClass::ContextOverflow));
    }
    assert_eq!(n_overflows, 3, "the first and two with less");
    assert_eq!(machine.student.n_steps, n_steps + 2, "each counts as a step");
    let ends: Vec<_> = transition
        .events
        .iter()
        .filter_map(|it| match &it.event {
            Event::SessionTerminated { reason, error, .. } => {
                Some((reason.as_str(), error.as_str()))
            }
            Event::Error { .. } | Event::TurnComplete { .. } => panic!("two ends"),
            _ => None,
        })
        .collect();
    assert_eq!(ends, [("compaction_failed", "set the key")]);
}

#[test]
fn what_was_added_since_the_last_count_decides_too() {
    let mut machine = small();
    machine.advance(request("count"));
    let Input::Replied(reply) = call(0) else { panic!() };
    let usage = Usage { prompt_tokens: 1_900, completion_tokens: 100 };
    machine.advance(Input::Replied(ModelReply { usage: Some(usage), ..reply }));
    // The count alone would leave room.
    let transition = machine.advance(result(0, &"row ".repeat(2_000)));
    let sizes = compacted(&transition.events);
    assert!(sizes[0].0 > 4_000 && sizes[0].1 < 3_600, "{sizes:?}");
}

#[test]
fn a_person_can_have_the_history_shortened() {
    let long = "A long request. ".repeat(100);
    let machine = check(
        machine(Mode::Full),
        vec![
            Input::Compact,
            request(&long),
            says("Twelve."),
            request("and the columns?"),
            says("Four."),
            Input::Compact,
            says("There are 12 rows."),
            Input::Compact,
        ],
        &expect![[r#"
            student tool_log {"log":"There is nothing yet that a summary would make shorter.","tool":"system"}
            => rest
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
            student assistant_stream_end {}
            student turn_complete ["Twelve.","final"]
            => rest
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
            student assistant_stream_end {}
            student turn_complete ["Four.","final"]
            => rest
            student tool_log {"log":"Earlier messages are replaced by notes.","tool":"system"}
            => call student compact: 0 tools
            student compacted {"newTokens":1136,"oldTokens":1520}
            => rest
            student tool_log {"log":"There is nothing yet that a summary would make shorter.","tool":"system"}
            => rest
        "#]],
    );
    assert_eq!(machine.student.messages.len(), 4);
    assert_eq!(machine.requests, [[2]], "what was summarized cannot be taken back");
}

#[test]
fn shortening_between_turns_can_be_cancelled_and_is_no_turn() {
    let long = "A long request. ".repeat(100);
    check(
        machine(Mode::Full),
        vec![
            request(&long),
            says("Twelve."),
            request("and the columns?"),
            says("Four."),
            Input::Compact,
            Input::Cancelled { partial: String::new() },
            request("and now?"),
        ],
        &expect![[r#"
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
            student assistant_stream_end {}
            student turn_complete ["Twelve.","final"]
            => rest
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
            student assistant_stream_end {}
            student turn_complete ["Four.","final"]
            => rest
            student tool_log {"log":"Earlier messages are replaced by notes.","tool":"system"}
            => call student compact: 0 tools
            student tool_log {"log":"Compacting was cancelled; the history stays as it was.","tool":"system"}
            => rest
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
        "#]],
    );
}

#[test]
fn a_small_window_is_offered_fewer_tools() {
    let mut machine = small();
    let transition = machine.advance(request("count"));
    let Step::CallModel { request, .. } = &transition.step else { panic!() };
    assert!(request.tools.iter().all(|tool| tool.name != "search"));
}

#[test]
fn a_server_that_shows_how_little_it_takes_gets_fewer_tools() {
    let mut machine = student_alone(/*max_steps*/ 50);
    machine.advance(request("x"));
    for id in 0..3 {
        machine.advance(call(id));
        let step = machine.advance(result(id, &format!("{id}: {}", "row ".repeat(300)))).step;
        let Step::CallModel { request, .. } = &step else { panic!("{step:?}") };
        assert_eq!(request.tools.len(), 8);
    }
    let step = machine.advance(failure(FailureClass::ContextOverflow)).step;
    // Here that is enough: nothing of the conversation has to go.
    let Step::CallModel { purpose: Purpose::Attempt, request, .. } = step else {
        panic!("{step:?}")
    };
    assert!(request.messages.iter().any(|it| matches!(it, Message::Tool { .. })));
    let names: Vec<&str> = request.tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(names, ["bash", "edit_file", "read_file", "skills", "write_file"]);
}
