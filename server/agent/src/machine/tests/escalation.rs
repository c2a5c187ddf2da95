//! How the teacher comes in: at once, after a question, with a skill only, by hand.

use expect_test::expect;
use serde_json::{Value, json};

use super::{
    ApprovalScope, Input, Machine, SKILL, Step, calls, check, decision, machine, proposed, request,
    results, says, setup,
};
use crate::{
    event::{Event, StateRecord},
    gate::TakeoverMode,
    machine::{ApprovalDecision, Escalation, ROLL_BACK, TAKEOVER, Transition},
    message::{Message, ModelRequest, Origin},
    policy::{Mode, Policy},
    tool::ToolResult,
};

fn with_mode(mode: TakeoverMode) -> Machine {
    let mut setup = setup();
    setup.teacher.mode = mode;
    Machine::new(setup, Policy { mode: Mode::Full, ..Policy::default() })
}

fn escalate(escalation: Escalation) -> Input {
    Input::Escalate { escalation, skills: Vec::new() }
}

/// The student changes a file and gives up.
fn failing_edit() -> [Input; 4] {
    [
        request("x"),
        calls(&[("a", "write_file", r#"{"path":"a.txt","content":"1"}"#)]),
        results(&[("a", 0)]),
        says("I give up."),
    ]
}

fn advance(machine: &mut Machine, inputs: impl IntoIterator<Item = Input>) -> Transition {
    inputs.into_iter().map(|input| machine.advance(input)).last().unwrap()
}

#[track_caller]
fn model_request(transition: &Transition) -> &ModelRequest {
    match &transition.step {
        Step::CallModel { request, .. } => request,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn note(transition: &Transition) -> &str {
    match model_request(transition).messages.last() {
        Some(Message::User { content, .. }) => content,
        other => panic!("{other:?}"),
    }
}

fn gates(transition: &Transition) -> Vec<String> {
    let gates = transition.events.iter().filter_map(|it| match &it.event {
        Event::State(StateRecord::Verdict { gate, .. }) => gate.clone(),
        _ => None,
    });
    gates.collect()
}

#[test]
fn in_the_mode_ask_the_turn_waits_until_a_person_lets_the_teacher_in() {
    let machine = check(
        with_mode(TakeoverMode::Ask),
        vec![
            request("x"),
            says("I give up."),
            Input::Decided(vec![decision("takeover_1", true)]),
            says("Twelve."),
        ],
        &expect![[r#"
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
            student assistant_stream_end {}
            student signal ["give_up",false]
            teacher approval_required ["takeover_1"]
            => await approval
            teacher tool_state_change {"state":"approved","tool":"takeover","toolCallId":"takeover_1"}
            teacher teacher_takeover "I give up."
            => call teacher: 8 tools
            teacher assistant_stream_end {}
            teacher turn_complete ["Twelve.","final"]
            teacher processing {"message":"The teacher writes down what worked."}
            => call teacher distill: 0 tools
        "#]],
    );
    assert!(!machine.may_take_over);
}

#[test]
fn a_declined_takeover_leaves_the_students_answer() {
    let mut machine = with_mode(TakeoverMode::Ask);
    let asked = advance(&mut machine, [request("x"), says("I give up.")]);
    assert!(gates(&asked)[0].contains("waits for your word"));
    assert!(machine.awaits_approval());
    let tools = machine.pending_tools();
    assert_eq!(tools[0].tool, TAKEOVER);
    assert_eq!(tools[0].arguments["model"], "big");
    assert_eq!(tools[0].arguments.get(ROLL_BACK), None);
    let declined = machine.advance(Input::Decided(vec![decision("takeover_1", false)]));
    assert_eq!(gates(&declined), ["You declined the takeover: use awk."]);
    let Some(Event::TurnComplete { final_response, .. }) =
        declined.events.last().map(|it| &it.event)
    else {
        panic!("{:?}", declined.events)
    };
    assert_eq!(final_response.as_deref(), Some("I give up."));
    assert_eq!(declined.step, Step::Rest);
}

#[test]
fn a_yes_for_the_run_is_asked_for_once() {
    let mut machine = with_mode(TakeoverMode::Ask);
    let yes = ApprovalDecision { scope: ApprovalScope::Run, ..decision("takeover_1", true) };
    let first =
        advance(&mut machine, [request("x"), says("I give up."), Input::Decided(vec![yes])]);
    assert!(matches!(first.step, Step::CallModel { .. }));
    let inputs = [says("Twelve."), says("NO_SKILL"), request("y"), says("I give up.")];
    let second = advance(&mut machine, inputs);
    assert!(matches!(second.step, Step::CallModel { .. }), "{:?}", second.step);
}

#[test]
fn the_teacher_is_told_which_files_changed_and_they_can_be_put_back_first() {
    let mut machine = with_mode(TakeoverMode::Ask);
    advance(&mut machine, failing_edit());
    let arguments = machine.pending_tools()[0].arguments.clone();
    assert_eq!(arguments["changedFiles"], json!(["a.txt"]));
    let mut kept = machine.clone();
    let kept = kept.advance(Input::Decided(vec![decision("takeover_1", true)]));
    assert!(note(&kept).contains("- a.txt"), "{}", note(&kept));
    assert!(note(&kept).contains("as it left them"));

    let mut edited = arguments;
    edited.insert(ROLL_BACK.to_owned(), Value::Bool(true));
    let yes = ApprovalDecision { arguments: Some(edited), ..decision("takeover_1", true) };
    let restoring = machine.advance(Input::Decided(vec![yes]));
    assert_eq!(restoring.step, Step::RollBack { turns: vec![1] });
    let notes = vec!["As before: a.txt.".to_owned()];
    let taken_over = machine.advance(Input::RolledBack { notes, left: Vec::new() });
    assert!(note(&taken_over).contains("hold again what they held before"));
    assert!(
        matches!(&taken_over.events[0].event, Event::ToolLog { log, .. } if log.contains("a.txt"))
    );
}

#[test]
fn files_that_commands_changed_are_told_and_not_put_back() {
    let mut machine = with_mode(TakeoverMode::Ask);
    let wrote = ToolResult {
        exit_code: Some(0),
        changed_files: vec!["out.csv".to_owned()],
        ..ToolResult::ok("exit code: 0")
    };
    let inputs = [
        request("x"),
        calls(&[("a", "bash", r#"{"command":"./convert"}"#)]),
        Input::ToolsFinished(vec![("a".to_owned(), wrote)]),
        says("I give up."),
    ];
    advance(&mut machine, inputs);
    let arguments = &machine.pending_tools()[0].arguments;
    assert_eq!(arguments["changedByCommands"], json!(["out.csv"]));
    assert!(!arguments.contains_key(ROLL_BACK) && !arguments.contains_key("changedFiles"));
    let taken_over = machine.advance(Input::Decided(vec![decision("takeover_1", true)]));
    assert!(note(&taken_over).contains("Commands that it ran changed these files"));
    assert!(note(&taken_over).contains("- out.csv"), "{}", note(&taken_over));
}

#[test]
fn of_files_that_commands_changed_those_are_put_back_whose_content_is_kept() {
    let mut machine = with_mode(TakeoverMode::Ask);
    let paths = |paths: &[&str]| paths.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    let wrote = ToolResult {
        exit_code: Some(0),
        changed_files: paths(&["kept.csv", "late.csv", "lost.bin"]),
        kept_files: paths(&["kept.csv", "late.csv"]),
        ..ToolResult::ok("exit code: 0")
    };
    let inputs = [
        request("x"),
        calls(&[("a", "bash", r#"{"command":"./convert"}"#)]),
        Input::ToolsFinished(vec![("a".to_owned(), wrote)]),
        says("I give up."),
    ];
    advance(&mut machine, inputs);
    let mut arguments = machine.pending_tools()[0].arguments.clone();
    assert_eq!(arguments["changedFiles"], json!(["kept.csv", "late.csv"]));
    assert_eq!(arguments["changedByCommands"], json!(["lost.bin"]));
    arguments.insert(ROLL_BACK.to_owned(), Value::Bool(true));
    let yes = ApprovalDecision { arguments: Some(arguments), ..decision("takeover_1", true) };
    let restoring = machine.advance(Input::Decided(vec![yes]));
    assert_eq!(restoring.step, Step::RollBack { turns: vec![1] });
    let (notes, left) = (Vec::new(), paths(&["late.csv"]));
    let taken_over = machine.advance(Input::RolledBack { notes, left });
    let logs: Vec<&str> = taken_over
        .events
        .iter()
        .filter_map(|it| match &it.event {
            Event::ToolLog { log, .. } => Some(log.as_str()),
            _ => None,
        })
        .collect();
    assert!(logs.len() == 1 && logs[0].contains("lost.bin"), "{logs:?}");
    let note = note(&taken_over);
    let (back, rest) = note.split_once("Commands that it ran").unwrap();
    assert!(back.contains("- kept.csv") && !back.contains("late.csv"), "{note}");
    assert!(rest.contains("- late.csv") && rest.contains("- lost.bin"), "{note}");
}

#[test]
fn a_person_who_asks_for_the_teacher_can_have_files_put_back_first() {
    let mut setup = setup();
    setup.teacher.per_run = 0;
    let mut machine = Machine::new(setup, Policy { mode: Mode::Full, ..Policy::default() });
    advance(&mut machine, failing_edit());
    let restoring = machine.advance(escalate(Escalation::TakeoverAfterRollBack));
    assert_eq!(restoring.step, Step::RollBack { turns: vec![1] });
    let taken_over = machine.advance(Input::RolledBack { notes: Vec::new(), left: Vec::new() });
    assert!(note(&taken_over).contains("hold again what they held before"));
    assert_eq!(machine.turn(), 2);
}

#[test]
fn a_new_request_or_a_stop_leaves_the_question_behind() {
    for input in [request("y"), Input::Cancelled { partial: String::new() }] {
        let mut machine = with_mode(TakeoverMode::Ask);
        advance(&mut machine, [request("x"), says("I give up.")]);
        let transition = machine.advance(input);
        assert!(transition.events.iter().any(|it| it.event == Event::Interrupted {}));
        assert!(!machine.awaits_approval());
    }
}

#[test]
fn in_the_mode_propose_the_turn_ends_and_a_skill_is_written_without_a_takeover() {
    let mut machine = with_mode(TakeoverMode::Propose);
    let proposing = advance(&mut machine, [request("x"), says("I give up.")]);
    let kinds: Vec<bool> = proposing
        .events
        .iter()
        .map(|it| matches!(it.event, Event::TeacherTakeover { .. }))
        .collect();
    assert!(!kinds.contains(&true));
    assert!(gates(&proposing)[0].contains("a skill only"));
    assert!(proposing.events.iter().any(|it| matches!(it.event, Event::TurnComplete { .. })));
    assert!(note(&proposing).contains("You have not run anything yourself"));
    assert!(model_request(&proposing).tools.is_empty());
    let inputs = [says(SKILL), Input::DraftChecked(Vec::new()), proposed()];
    let done = advance(&mut machine, inputs);
    assert!(done.events.iter().any(|it| matches!(it.event, Event::SkillProposed { .. })));
}

#[test]
fn a_person_has_the_teacher_take_over_in_a_turn_of_its_own() {
    let mut setup = setup();
    setup.teacher.per_run = 0;
    let mut machine = Machine::new(setup, Policy { mode: Mode::Full, ..Policy::default() });
    let closed = advance(&mut machine, failing_edit());
    assert_eq!((closed.step, machine.turn()), (Step::Rest, 1));
    let taken_over = machine.advance(escalate(Escalation::Takeover));
    assert_eq!(machine.turn(), 2);
    assert!(note(&taken_over).starts_with("x\n\n[teacher-takeover]"), "{}", note(&taken_over));
    assert!(note(&taken_over).contains("- a.txt"));
    assert!(taken_over.events.iter().skip(2).all(|it| it.teacher && it.turn == 2));
    let distilling = machine.advance(says("Twelve."));
    assert!(note(&distilling).contains("THE SMALLER MODEL'S ATTEMPT, WHICH FAILED"));
    assert!(note(&distilling).contains(r#"write_file {"content":"1","path":"a.txt"}"#));
}

#[test]
fn a_person_may_doubt_an_answer_that_looked_fine() {
    let mut machine = machine(Mode::Full);
    advance(&mut machine, [request("x"), says("Eleven.")]);
    let taken_over = machine.advance(escalate(Escalation::Takeover));
    assert!(note(&taken_over).contains("the person says that it did not get this done"));
}

#[test]
fn a_person_asks_for_a_skill_and_the_turn_stays_as_it_ended() {
    let mut machine = machine(Mode::Full);
    machine.setup.teacher.per_run = 0;
    advance(&mut machine, [request("x"), says("I give up.")]);
    let proposing = machine.advance(escalate(Escalation::Propose));
    assert_eq!(machine.turn(), 1);
    assert!(note(&proposing).contains("You have not run anything yourself"));
    let ended = proposing.events.iter().any(|it| matches!(it.event, Event::TurnComplete { .. }));
    assert!(!ended);
}

#[test]
fn what_the_teacher_worked_out_can_be_distilled_once_more() {
    let mut machine = machine(Mode::Full);
    let inputs = [request("x"), says("I give up."), says("Twelve."), says("no json"), says("none")];
    advance(&mut machine, inputs);
    let again = machine.advance(escalate(Escalation::Propose));
    assert!(note(&again).contains("YOUR ATTEMPT, WHICH WORKED"));
}

#[test]
fn the_teacher_stays_out_where_nothing_was_asked_or_it_is_off() {
    let mut off = with_mode(TakeoverMode::Off);
    advance(&mut off, [request("x"), says("I give up.")]);
    for mut machine in [machine(Mode::Full), off] {
        let turn = machine.turn();
        let transition = machine.advance(escalate(Escalation::Takeover));
        assert_eq!((transition.step, machine.turn()), (Step::Rest, turn + 1));
        assert!(matches!(&transition.events.last().unwrap().event, Event::Error { .. }));
        let transition = machine.advance(escalate(Escalation::Propose));
        assert_eq!(transition.step, Step::Rest);
        let refused = |it: &Event| matches!(it, Event::SkillSaveFailed { .. });
        assert!(refused(&transition.events.last().unwrap().event));
    }
}

#[test]
fn a_teacher_never_calls_another_one() {
    let mut machine = machine(Mode::Full);
    let ended = advance(&mut machine, [request("x"), says("I give up."), says("I give up too.")]);
    assert_eq!(ended.step, Step::Rest);
    assert!(!ended.events.iter().any(|it| matches!(it.event, Event::TeacherTakeover { .. })));
}

// WD8: The teacher has the student's guards.
#[test]
fn a_teacher_that_goes_round_in_circles_is_stopped() {
    let mut setup = setup();
    setup.teacher.max_steps = 20;
    let mut machine = Machine::new(setup, Policy { mode: Mode::Full, ..Policy::default() });
    advance(&mut machine, [request("x"), says("I give up.")]);
    let mut last = None;
    for id in ["a", "b", "c", "d", "e"] {
        machine.advance(calls(&[(id, "list_files", "{}")]));
        last = Some(machine.advance(results(&[(id, 0)])));
    }
    let last = last.unwrap();
    assert_eq!(last.step, Step::Rest);
    let is_it =
        |it: &Event| matches!(it, Event::EscalationFailed { class, .. } if class == "failure");
    assert!(last.events.iter().any(|it| is_it(&it.event)), "{:?}", last.events);
}

// T44, WT19, X19: What guards say in the person's place is no request.
#[test]
fn the_request_is_the_persons_also_after_notes_of_guards() {
    let mut machine = machine(Mode::Full);
    let inputs = [request("count the rows"), says("Let me read the file."), says("I give up.")];
    let taken_over = advance(&mut machine, inputs);
    let messages = &model_request(&taken_over).messages;
    let is_of_guard = |it: &Message| matches!(it, Message::User { origin: Origin::Guard, .. });
    assert!(messages.iter().any(is_of_guard), "{messages:?}");
    assert!(note(&taken_over).starts_with("count the rows\n\n[teacher-takeover]"));
}

// T72.
#[test]
fn what_the_teacher_thinks_is_no_part_of_its_answer_or_lesson() {
    let mut machine = machine(Mode::Full);
    advance(&mut machine, [request("x"), says("I give up.")]);
    let Input::Replied(mut reply) = says("Twelve.") else { unreachable!() };
    reply.thinking = Some("SECRET THOUGHT".to_owned());
    let distilling = machine.advance(Input::Replied(reply));
    assert!(note(&distilling).contains("Final answer: Twelve."), "{}", note(&distilling));
    assert!(!note(&distilling).contains("SECRET THOUGHT"));
    let complete = distilling.events.iter().find_map(|it| match &it.event {
        Event::TurnComplete { final_response, .. } => final_response.clone(),
        _ => None,
    });
    assert_eq!(complete.as_deref(), Some("Twelve."));
}

#[test]
fn a_teacher_that_waits_for_an_approval_is_not_distilled_until_it_went_on() {
    let mut machine = machine(Mode::Ask);
    let waiting = advance(
        &mut machine,
        [request("x"), says("I give up."), calls(&[("b", "bash", r#"{"command":"rm -r build"}"#)])],
    );
    assert_eq!(waiting.step, Step::AwaitApproval);
    let ended =
        |it: &Transition| it.events.iter().any(|it| matches!(it.event, Event::TurnComplete { .. }));
    assert!(!ended(&waiting));
    let mut abandoned = machine.clone();
    let other = abandoned.advance(request("y"));
    assert!(!model_request(&other).messages.iter().any(
        |it| matches!(it, Message::User { content, .. } if content.contains("WHAT TO WRITE"))
    ));
    let running = machine.advance(Input::Decided(vec![decision("b", true)]));
    assert!(matches!(running.step, Step::RunTools { .. }));
    let answered = advance(&mut machine, [results(&[("b", 0)]), says("Removed.")]);
    assert!(ended(&answered));
    assert!(note(&answered).contains("YOUR ATTEMPT, WHICH WORKED"));
}

#[test]
fn closed_gates_complete_the_turn() {
    let mut setup = setup();
    setup.teacher.per_run = 1;
    let machine = Machine::new(setup, Policy { mode: Mode::Full, ..Policy::default() });
    check(
        machine,
        vec![
            request("x"),
            says("I give up."),
            says("Done."),
            says("NO_SKILL"),
            request("y"),
            says("I give up."),
        ],
        &expect![[r#"
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
            student assistant_stream_end {}
            student signal ["give_up",false]
            teacher teacher_takeover "I give up."
            => call teacher: 8 tools
            teacher assistant_stream_end {}
            teacher turn_complete ["Done.","final"]
            teacher processing {"message":"The teacher writes down what worked."}
            => call teacher distill: 0 tools
            teacher skill_save_failed {"reason":"the teacher says that no general procedure would help here (NO_SKILL)"}
            => rest
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
            student assistant_stream_end {}
            student signal ["give_up",false]
            student turn_complete ["I give up.","final"]
            => rest
        "#]],
    );
}

#[test]
fn a_file_that_was_left_is_not_said_to_be_put_back_however_it_was_named() {
    let mut machine = with_mode(TakeoverMode::Ask);
    let inputs = [
        request("x"),
        calls(&[("a", "write_file", r#"{"path":"sub/../a.txt","content":"1"}"#)]),
        results(&[("a", 0)]),
        says("I give up."),
    ];
    advance(&mut machine, inputs);
    let mut arguments = machine.pending_tools()[0].arguments.clone();
    arguments.insert(ROLL_BACK.to_owned(), Value::Bool(true));
    let yes = ApprovalDecision { arguments: Some(arguments), ..decision("takeover_1", true) };
    machine.advance(Input::Decided(vec![yes]));
    let (notes, left) = (Vec::new(), vec!["a.txt".to_owned()]);
    let taken_over = machine.advance(Input::RolledBack { notes, left });
    assert!(!note(&taken_over).contains("hold again"), "{}", note(&taken_over));
    assert!(note(&taken_over).contains("It edited these files"), "{}", note(&taken_over));
}
