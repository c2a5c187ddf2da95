//! Attempts that go wrong, and what the machine does about them.

use expect_test::expect;
use serde_json::json;

use super::{
    calls, check, decision, machine, replies, request, results, says, setup, student_alone,
};
use crate::{
    detect::SignalKind,
    event::{Event, StateRecord},
    machine::{Input, Machine, Step},
    message::{FinishReason, Message, Origin},
    policy::{Mode, Policy},
    tool::{ResultKind, ToolResult},
};

fn plan(id: &str, statuses: &[&str]) -> Input {
    let items: Vec<_> = (1..)
        .zip(statuses)
        .map(|(n, status)| json!({"id": n.to_string(), "content": format!("step {n}"), "status": status}))
        .collect();
    calls(&[(id, "plan", &json!({ "items": items }).to_string())])
}

fn list(id: &str) -> Input {
    calls(&[(id, "list_files", "{}")])
}

/// Returns what the guards told the model, in order.
fn told(step: &Step) -> Vec<&str> {
    let Step::CallModel { request, .. } = step else { return Vec::new() };
    let notes = request.messages.iter().filter_map(|message| match message {
        Message::User { content, origin: Origin::Guard } => Some(content.as_str()),
        _ => None,
    });
    notes.collect()
}

/// Plays the inputs to the student alone and returns the last step.
fn play(inputs: Vec<Input>) -> Step {
    let mut machine = student_alone(/*max_steps*/ 20);
    let mut step = Step::Rest;
    for input in inputs {
        step = machine.advance(input).step;
    }
    step
}

#[test]
fn a_repetition_is_told_once_then_the_turn_stops_with_its_reason() {
    let mut inputs = vec![request("x")];
    for id in ["a", "b", "c", "d", "e"] {
        inputs.extend([list(id), results(&[(id, 0)])]);
    }
    check(
        student_alone(/*max_steps*/ 20),
        inputs,
        &expect![[r#"
        student processing {"message":"The student reads the request."}
        => call student: 8 tools
        student assistant_stream_end {}
        student tool_call ["a","list_files",{},null]
        => run a
        student tool_output ["a",true,"exit code: 0"]
        => call student: 8 tools
        student assistant_stream_end {}
        student tool_call ["b","list_files",{},null]
        => run b
        student tool_output ["b",true,"exit code: 0"]
        => call student: 8 tools
        student assistant_stream_end {}
        student tool_call ["c","list_files",{},null]
        => run c
        student tool_output ["c",true,"exit code: 0"]
        student tool_log {"log":"The model repeated itself (`list_files`) and was told to go about it another way.","tool":"system"}
        => call student: 8 tools
        student assistant_stream_end {}
        student tool_call ["d","list_files",{},null]
        => run d
        student tool_output ["d",true,"exit code: 0"]
        => call student: 8 tools
        student assistant_stream_end {}
        student tool_call ["e","list_files",{},null]
        => run e
        student tool_output ["e",true,"exit code: 0"]
        student signal ["doom_loop",false]
        student turn_complete [null,"doom_loop"]
        => rest
    "#]],
    );
}

#[test]
fn a_repetition_that_was_left_is_no_failure() {
    let mut machine = student_alone(/*max_steps*/ 20);
    machine.advance(request("x"));
    for id in ["a", "b", "c"] {
        machine.advance(list(id));
        machine.advance(results(&[(id, 0)]));
    }
    let transition = machine.advance(says("There are two files."));
    let signals: Vec<_> = transition
        .events
        .iter()
        .filter_map(|emitted| match &emitted.event {
            Event::Signal(signal) => Some((signal.kind, signal.recovered)),
            _ => None,
        })
        .collect();
    assert_eq!(signals, [(SignalKind::DoomLoop, true)]);
    assert!(matches!(
        &transition.events.last().unwrap().event,
        Event::TurnComplete { stop_reason, .. } if stop_reason == "final"
    ));
}

#[test]
fn a_stopped_repetition_calls_the_teacher() {
    let mut setup = setup();
    setup.max_steps = Some(20);
    let mut machine = Machine::new(setup, Policy { mode: Mode::Full, ..Policy::default() });
    machine.advance(request("x"));
    let mut events = Vec::new();
    for id in ["a", "b", "c", "d", "e"] {
        machine.advance(list(id));
        events = machine.advance(results(&[(id, 0)])).events;
    }
    assert!(
        events.iter().any(|it| matches!(&it.event, Event::TeacherTakeover { .. })),
        "{events:?}"
    );
}

#[test]
fn malformed_arguments_are_told_at_two_and_end_the_turn_at_four() {
    let malformed = |id: &str| calls(&[(id, "bash", r#"{"command": "#)]);
    check(
        student_alone(/*max_steps*/ 20),
        vec![request("x"), malformed("a"), malformed("b"), malformed("c"), malformed("d")],
        &expect![[r#"
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
            student assistant_stream_end {}
            student tool_call ["a","bash",{},"{\"command\": "]
            student tool_output ["a",false,"The call of `bash` was not run: its arguments are no JSON (EOF while parsing a value at line 1 column 12). Call it again with one JSON object as its arguments."]
            => call student: 8 tools
            student assistant_stream_end {}
            student tool_call ["b","bash",{},"{\"command\": "]
            student tool_output ["b",false,"The call of `bash` was not run: its arguments are no JSON (EOF while parsing a value at line 1 column 12). Call it again with one JSON object as its arguments."]
            student tool_log {"log":"The arguments of 2 calls of `bash` could not be used; the model was told to go about it another way.","tool":"system"}
            => call student: 8 tools
            student assistant_stream_end {}
            student tool_call ["c","bash",{},"{\"command\": "]
            student tool_output ["c",false,"The call of `bash` was not run: its arguments are no JSON (EOF while parsing a value at line 1 column 12). Call it again with one JSON object as its arguments."]
            => call student: 8 tools
            student assistant_stream_end {}
            student tool_call ["d","bash",{},"{\"command\": "]
            student tool_output ["d",false,"The call of `bash` was not run: its arguments are no JSON (EOF while parsing a value at line 1 column 12). Call it again with one JSON object as its arguments."]
            student signal ["malformed_arguments",false]
            student signal ["malformed_arguments",false]
            student signal ["malformed_arguments",false]
            student signal ["malformed_arguments",false]
            student signal ["malformed_arguments",false]
            student turn_complete [null,"malformed_arguments"]
            => rest
        "#]],
    );
}

#[test]
fn arguments_that_no_server_could_read_stay_out_of_the_history() {
    let step = play(vec![
        request("x"),
        calls(&[("a", "bash", "{\"command\": "), ("b", "bash", "[1]"), ("c", "list_files", "")]),
        results(&[("c", 0)]),
    ]);
    let Step::CallModel { request, .. } = step else { unreachable!() };
    let arguments: Vec<&str> = request
        .messages
        .iter()
        .filter_map(|message| match message {
            Message::Assistant { tool_calls, .. } => Some(tool_calls),
            _ => None,
        })
        .flatten()
        .map(|call| call.arguments.as_str())
        .collect();
    assert_eq!(arguments, ["{}", "{}", "{}"]);
}

#[test]
fn rounds_without_a_result_do_not_repeat_what_a_guard_said() {
    let step = play(vec![
        request("x"),
        calls(&[("a", "bash", "{"), ("b", "bash", "{")]),
        says(""),
        calls(&[("c", "bash", "{")]),
    ]);
    assert_eq!(told(&step).len(), 2, "{step:?}");
    assert!(told(&step)[0].contains("could not be run"), "{step:?}");
    assert!(told(&step)[1].contains("empty"), "{step:?}");
}

#[test]
fn an_empty_answer_is_asked_for_once() {
    check(
        student_alone(/*max_steps*/ 20),
        vec![request("x"), says(" \n"), says("")],
        &expect![[r#"
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
            student assistant_stream_end {}
            student tool_log {"log":"The model gave no answer and was asked again.","tool":"system"}
            => call student: 8 tools
            student assistant_stream_end {}
            student signal ["empty_answer",false]
            student turn_complete [null,"final"]
            => rest
        "#]],
    );
    check(
        student_alone(/*max_steps*/ 20),
        vec![request("x"), says(""), says("Twelve.")],
        &expect![[r#"
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
            student assistant_stream_end {}
            student tool_log {"log":"The model gave no answer and was asked again.","tool":"system"}
            => call student: 8 tools
            student assistant_stream_end {}
            student signal ["empty_answer",true]
            student turn_complete ["Twelve.","final"]
            => rest
        "#]],
    );
}

#[test]
fn thinking_that_was_cut_before_an_answer_is_asked_for_once() {
    let cut = || replies("", &[], FinishReason::Length);
    let step = play(vec![request("x"), cut()]);
    assert!(told(&step)[0].contains("cut at the token limit before"), "{step:?}");
    assert_eq!(play(vec![request("x"), cut(), cut()]), Step::Rest);
}

#[test]
fn a_text_that_was_cut_is_no_final_answer() {
    check(
        student_alone(/*max_steps*/ 20),
        vec![request("x"), replies("There are twel", &[], FinishReason::Length)],
        &expect![[r#"
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
            student assistant_stream_end {}
            student signal ["truncated",false]
            student turn_complete ["There are twel","length"]
            => rest
        "#]],
    );
}

#[test]
fn calls_that_were_cut_are_a_truncation_and_no_malformed_arguments() {
    let mut machine = student_alone(/*max_steps*/ 2);
    machine.advance(request("x"));
    let cut = |id| replies("", &[(id, "bash", r#"{"command":"ls"}"#)], FinishReason::Length);
    machine.advance(cut("a"));
    let transition = machine.advance(cut("b"));
    assert_eq!(told(&transition.step), [""; 0]);
    let kinds: Vec<_> = transition
        .events
        .iter()
        .filter_map(|emitted| match &emitted.event {
            Event::Signal(signal) => Some(signal.kind),
            _ => None,
        })
        .collect();
    assert_eq!(kinds, [SignalKind::Truncated, SignalKind::Truncated, SignalKind::MaxIterations]);
}

#[test]
fn an_announced_step_is_asked_for_once() {
    check(
        student_alone(/*max_steps*/ 20),
        vec![request("x"), says("Let me read the file."), says("I will now read the file.")],
        &expect![[r#"
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
            student assistant_stream_end {}
            student tool_log {"log":"The model announced a step and did not take it; it was told to.","tool":"system"}
            => call student: 8 tools
            student assistant_stream_end {}
            student signal ["announced_not_done",false]
            student turn_complete ["I will now read the file.","final"]
            => rest
        "#]],
    );
    check(
        student_alone(/*max_steps*/ 20),
        vec![
            request("x"),
            says("Let me list the rows: I'll open the file."),
            list("a"),
            results(&[("a", 0)]),
            says("Twelve."),
        ],
        &expect![[r#"
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
            student assistant_stream_end {}
            student tool_log {"log":"The model announced a step and did not take it; it was told to.","tool":"system"}
            => call student: 8 tools
            student assistant_stream_end {}
            student tool_call ["a","list_files",{},null]
            => run a
            student tool_output ["a",true,"exit code: 0"]
            => call student: 8 tools
            student assistant_stream_end {}
            student signal ["announced_not_done",true]
            student turn_complete ["Twelve.","final"]
            => rest
        "#]],
    );
}

#[test]
fn a_chat_may_announce_what_it_likes() {
    let mut setup = setup();
    (setup.is_chat, setup.tools) = (true, Vec::new());
    let mut machine = Machine::new(setup, Policy::default());
    machine.advance(request("x"));
    assert_eq!(machine.advance(says("Let me check.")).step, Step::Rest);
}

#[test]
fn the_plan_is_shown_and_kept_by_the_machine() {
    let mut machine = student_alone(/*max_steps*/ 20);
    machine.advance(request("x"));
    let transition = machine.advance(plan("a", &["completed", "in_progress", "pending"]));
    assert!(matches!(transition.step, Step::CallModel { .. }), "{:?}", transition.step);
    let shown = transition.events.iter().find_map(|emitted| match &emitted.event {
        event @ Event::PlanUpdate { .. } => Some(serde_json::to_value(event).unwrap()),
        _ => None,
    });
    assert_eq!(
        shown.unwrap(),
        json!({"type": "plan_update", "data": {"plan": [
            {"id": "1", "content": "step 1", "status": "completed"},
            {"id": "2", "content": "step 2", "status": "in_progress"},
            {"id": "3", "content": "step 3", "status": "pending"},
        ]}})
    );
}

#[test]
fn a_plan_that_is_wrong_changes_nothing_and_other_calls_run() {
    check(
        student_alone(/*max_steps*/ 20),
        vec![
            request("x"),
            calls(&[
                ("a", "list_files", "{}"),
                ("b", "plan", r#"{"items": [{"id": "1", "content": "look", "status": "done"}]}"#),
                ("c", "plan", r#"{"items": {}}"#),
            ]),
            results(&[("a", 0)]),
        ],
        &expect![[r#"
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
            student assistant_stream_end {}
            student tool_call ["a","list_files",{},null]
            student tool_call ["b","plan",{"items":[{"content":"look","id":"1","status":"done"}]},null]
            student tool_call ["c","plan",{"items":{}},null]
            student tool_output ["b",false,"The plan was not noted: the `status` of item 1 has to be pending, in_progress or completed. The plan before it still counts."]
            student tool_output ["c",false,"The call of `plan` was not run: the argument `items` has to be of type array. Call it again with one JSON object as its arguments."]
            => run a
            student tool_output ["a",true,"exit code: 0"]
            student tool_log {"log":"The arguments of 2 calls of `plan` could not be used; the model was told to go about it another way.","tool":"system"}
            => call student: 8 tools
        "#]],
    );
}

#[test]
fn an_answer_with_an_open_plan_is_sent_back_twice() {
    check(
        student_alone(/*max_steps*/ 20),
        vec![
            request("x"),
            plan("a", &["completed", "pending"]),
            says("Done."),
            says("Done."),
            says("Done."),
        ],
        &expect![[r#"
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
            student assistant_stream_end {}
            student tool_call ["a","plan",{"items":[{"content":"step 1","id":"1","status":"completed"},{"content":"step 2","id":"2","status":"pending"}]},null]
            student plan_update {"plan":[{"content":"step 1","id":"1","status":"completed"},{"content":"step 2","id":"2","status":"pending"}]}
            student tool_output ["a",true,"The plan is noted: 1 of 2 items are completed."]
            => call student: 8 tools
            student assistant_stream_end {}
            student tool_log {"log":"The model answered before its plan was done; it was told to go on.","tool":"system"}
            => call student: 8 tools
            student assistant_stream_end {}
            student tool_log {"log":"The model answered before its plan was done; it was told to go on.","tool":"system"}
            => call student: 8 tools
            student assistant_stream_end {}
            student signal ["unfinished_plan",false]
            student turn_complete ["Done.","final"]
            => rest
        "#]],
    );
}

#[test]
fn a_plan_that_gets_done_is_no_evidence_of_failure() {
    let mut machine = student_alone(/*max_steps*/ 20);
    let mut events = Vec::new();
    for input in [
        request("x"),
        plan("a", &["pending"]),
        says("Done."),
        plan("b", &["completed"]),
        says("Done."),
    ] {
        events = machine.advance(input).events;
    }
    let signal = events.iter().find_map(|emitted| match &emitted.event {
        Event::Signal(signal) => Some((signal.kind, signal.recovered)),
        _ => None,
    });
    assert_eq!(signal, Some((SignalKind::UnfinishedPlan, true)));
}

#[test]
fn an_open_plan_is_no_reason_to_overrule_a_person_or_a_question() {
    for answer in ["I give up.", "Could you tell me which file?"] {
        let step = play(vec![request("x"), plan("a", &["pending"]), says(answer)]);
        assert_eq!(step, Step::Rest, "{answer}");
    }
    let mut setup = setup();
    setup.teacher.enabled = false;
    let mut machine = Machine::new(setup, Policy::default());
    machine.advance(request("x"));
    machine.advance(plan("a", &["pending"]));
    machine.advance(calls(&[("b", "bash", r#"{"command":"rm x"}"#)]));
    machine.advance(Input::Decided(vec![decision("b", false)]));
    assert_eq!(machine.advance(says("Let me try another way.")).step, Step::Rest);
}

#[test]
fn the_plan_of_an_earlier_turn_holds_nothing_back() {
    let step = play(vec![
        request("x"),
        plan("a", &["pending"]),
        says("I give up."),
        request("y"),
        says("Done."),
    ]);
    assert_eq!(step, Step::Rest);
}

#[test]
fn the_last_step_is_never_spent_on_a_reminder() {
    let mut machine = student_alone(/*max_steps*/ 1);
    machine.advance(request("x"));
    let transition = machine.advance(says("Let me read the file."));
    assert!(matches!(
        &transition.events.last().unwrap().event,
        Event::TurnComplete { stop_reason, final_response: Some(answer), .. }
            if stop_reason == "final" && answer == "Let me read the file."
    ));
}

#[test]
fn no_result_is_longer_than_a_history_can_take() {
    let mut machine = machine(Mode::Full);
    machine.advance(request("x"));
    machine.advance(list("a"));
    let flood = ToolResult::ok("flood ".repeat(1_000_000));
    let transition = machine.advance(Input::ToolsFinished(vec![("a".to_owned(), flood)]));
    let Step::CallModel { request, .. } = transition.step else { unreachable!() };
    let Some(Message::Tool { content, .. }) = request.messages.last() else { unreachable!() };
    assert!(content.chars().count() < 65_000 && content.contains("of 6000000 characters left out"));
}

#[test]
fn results_stand_in_call_order_whatever_order_they_came_in() {
    let mut machine = machine(Mode::Full);
    machine.advance(request("x"));
    machine.advance(calls(&[
        ("a", "list_files", "{}"),
        ("b", "nobody", "{}"),
        ("c", "read_file", r#"{"path":"x"}"#),
    ]));
    let failed = ToolResult::not_run(ResultKind::Failed, "no");
    let finished = vec![("c".to_owned(), ToolResult::ok("yes")), ("a".to_owned(), failed)];
    let transition = machine.advance(Input::ToolsFinished(finished));
    let Step::CallModel { request, .. } = transition.step else { unreachable!() };
    let results: Vec<&str> = request
        .messages
        .iter()
        .filter_map(|message| match message {
            Message::Tool { call_id, .. } => Some(call_id.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(results, ["a", "b", "c"]);
}

#[test]
fn without_a_limit_a_turn_has_all_the_steps_it_takes() {
    let mut setup = setup();
    setup.max_steps = None;
    let mut machine = Machine::new(setup, Policy { mode: Mode::Full, ..Policy::default() });
    machine.advance(request("count"));
    for n in 0..400 {
        let (id, arguments) = (format!("c{n}"), format!(r#"{{"command":"step {n}"}}"#));
        let step = machine.advance(calls(&[(&id, "bash", &arguments)])).step;
        assert!(matches!(step, Step::RunTools { .. }), "{n}: {step:?}");
        let step = machine.advance(results(&[(&id, 0)])).step;
        assert!(matches!(step, Step::CallModel { .. }), "{n}: {step:?}");
    }
}

#[test]
fn a_call_that_was_cut_is_told_to_be_so_and_ends_the_turn_at_four() {
    let cut = |id: &str| {
        replies("", &[(id, "write_file", r#"{"path": "x", "content": "aa"#)], FinishReason::Length)
    };
    check(
        student_alone(/*max_steps*/ 20),
        vec![request("x"), cut("a"), cut("b"), cut("c"), cut("d")],
        &expect![[r#"
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
            student assistant_stream_end {}
            student tool_call ["a","write_file",{},"{\"path\": \"x\", \"content\": \"aa"]
            student tool_log {"log":"The reply was cut at the token limit (`student.max_tokens`), so its calls were not run: write_file.","tool":"system"}
            student tool_output ["a",false,"The reply was cut at the token limit, so this call was not run. Make it smaller: several short edits, or less text in one call."]
            => call student: 8 tools
            student assistant_stream_end {}
            student tool_call ["b","write_file",{},"{\"path\": \"x\", \"content\": \"aa"]
            student tool_log {"log":"The reply was cut at the token limit (`student.max_tokens`), so its calls were not run: write_file.","tool":"system"}
            student tool_output ["b",false,"The reply was cut at the token limit, so this call was not run. Make it smaller: several short edits, or less text in one call."]
            student tool_log {"log":"2 calls of `write_file` were cut at the token limit; the model was told to write less at once.","tool":"system"}
            => call student: 8 tools
            student assistant_stream_end {}
            student tool_call ["c","write_file",{},"{\"path\": \"x\", \"content\": \"aa"]
            student tool_log {"log":"The reply was cut at the token limit (`student.max_tokens`), so its calls were not run: write_file.","tool":"system"}
            student tool_output ["c",false,"The reply was cut at the token limit, so this call was not run. Make it smaller: several short edits, or less text in one call."]
            => call student: 8 tools
            student assistant_stream_end {}
            student tool_call ["d","write_file",{},"{\"path\": \"x\", \"content\": \"aa"]
            student tool_log {"log":"The reply was cut at the token limit (`student.max_tokens`), so its calls were not run: write_file.","tool":"system"}
            student tool_output ["d",false,"The reply was cut at the token limit, so this call was not run. Make it smaller: several short edits, or less text in one call."]
            student signal ["truncated",false]
            student signal ["truncated",false]
            student signal ["truncated",false]
            student signal ["truncated",false]
            student signal ["truncated",false]
            student signal ["truncated",false]
            student turn_complete [null,"length"]
            => rest
        "#]],
    );
}

#[test]
fn a_repetition_is_journalled_when_the_model_is_told() {
    let mut machine = student_alone(/*max_steps*/ 20);
    machine.advance(request("x"));
    let mut told = Vec::new();
    for id in ["a", "b", "c", "d"] {
        machine.advance(list(id));
        for emitted in machine.advance(results(&[(id, 0)])).events {
            if let Event::State(StateRecord::Repeating { evidence }) = emitted.event {
                told.push((id, evidence));
            }
        }
    }
    let evidence = "It called `list_files` 3 times in a row with the same arguments and result";
    assert_eq!(told, [("c", evidence.to_owned())]);
}
