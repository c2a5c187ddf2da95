//! Transcripts of the machine: a script of inputs, the events and steps that it answers with.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use serde_json::json;

use super::{
    Actor, ApprovalDecision, ApprovalScope, Input, Machine, ProposedSkill, Purpose, Setup, Step,
    Transition,
};
use crate::{
    context::Rooms,
    event::{Event, Verification},
    gate::{TakeoverMode, TeacherPolicy},
    message::{FailureClass, FinishReason, Message, ModelFailure, ModelReply, ToolCall, ToolSpec},
    policy::{Mode, Policy},
    tool::{BUILT_IN_TOOLS, BuiltInTool, ResultKind, ToolResult},
    trace::Redaction,
};

mod approving;
mod billable;
mod compaction;
mod escalation;
mod evaluation;
mod gates;
mod guarding;
mod learning;
mod limits;
mod planted;
mod restore;
mod sandbox;
mod skills;
mod spending;
mod undo;

fn tools() -> Vec<ToolSpec> {
    BUILT_IN_TOOLS.into_iter().map(BuiltInTool::spec).collect()
}

fn setup() -> Setup {
    Setup {
        workspace: "/w".to_owned(),
        is_chat: false,
        tools: tools(),
        max_steps: Some(4),
        teacher: TeacherPolicy {
            enabled: true,
            model: "big".to_owned(),
            mode: TakeoverMode::Takeover,
            self_hosted_only: false,
            per_run: 3,
            cooldown_s: 0,
            max_steps: 4,
            judges_unclear: false,
        },
        student_is_self_hosted: true,
        nonce: "n0nce".to_owned(),
        rooms: Rooms::default(),
        budget: spending::budget(/*takeover_usd*/ 5.0, /*run_usd*/ 5.0),
        redaction: Redaction::default(),
    }
}

fn machine(mode: Mode) -> Machine {
    Machine::new(setup(), Policy { mode, ..Policy::default() })
}

/// No teacher, and everything may run.
fn student_alone(max_steps: u32) -> Machine {
    let mut setup = setup();
    setup.teacher.enabled = false;
    setup.max_steps = Some(max_steps);
    Machine::new(setup, Policy { mode: Mode::Full, ..Policy::default() })
}

fn request(prompt: &str) -> Input {
    Input::Request {
        prompt: prompt.to_owned(),
        origin: None,
        skills: Vec::new(),
        notes: Vec::new(),
    }
}

fn says(content: &str) -> Input {
    replies(content, &[], FinishReason::Stop)
}

fn calls(calls: &[(&str, &str, &str)]) -> Input {
    replies("", calls, FinishReason::ToolCalls)
}

fn replies(content: &str, calls: &[(&str, &str, &str)], finish_reason: FinishReason) -> Input {
    let tool_calls = calls
        .iter()
        .map(|(id, name, arguments)| ToolCall {
            id: (*id).to_owned(),
            name: (*name).to_owned(),
            arguments: (*arguments).to_owned(),
        })
        .collect();
    Input::Replied(ModelReply {
        content: content.to_owned(),
        thinking: None,
        tool_calls,
        finish_reason,
        usage: None,
    })
}

fn results(results: &[(&str, i32)]) -> Input {
    Input::ToolsFinished(
        results
            .iter()
            .map(|(id, exit_code)| {
                let mut result = ToolResult::ok(format!("exit code: {exit_code}"));
                result.exit_code = Some(*exit_code);
                ((*id).to_owned(), result)
            })
            .collect(),
    )
}

fn failure(class: FailureClass) -> Input {
    Input::CallFailed {
        failure: ModelFailure { class, message: "set the key".to_owned() },
        partial: "half".to_owned(),
    }
}

fn decision(id: &str, approved: bool) -> ApprovalDecision {
    ApprovalDecision {
        tool_call_id: id.to_owned(),
        approved,
        arguments: None,
        feedback: Some("use awk".to_owned()),
        scope: ApprovalScope::Once,
        outside_sandbox: false,
    }
}

const SKILL: &str = r#"{"name": "count-rows", "description": "Counts.", "procedure": ["Run wc."]}"#;

fn proposed() -> Input {
    Input::Proposed(Ok(ProposedSkill {
        proposal_id: "p1".to_owned(),
        name: "count-rows".to_owned(),
        category: "general".to_owned(),
        uri: "file:///p1".to_owned(),
        target: None,
        risk: "low".to_owned(),
        findings: Vec::new(),
        verification: Verification::off(""),
    }))
}

fn render(transition: &Transition, out: &mut String) {
    for emitted in &transition.events {
        if matches!(emitted.event, Event::State(_)) {
            continue;
        }
        let value = serde_json::to_value(&emitted.event).unwrap();
        let who = if emitted.teacher { "teacher" } else { "student" };
        let data = match &emitted.event {
            Event::TurnComplete { final_response, stop_reason, .. } => {
                json!([final_response, stop_reason])
            }
            Event::ToolOutput { tool_call_id, output, success, .. } => {
                json!([tool_call_id, success, output.lines().next()])
            }
            Event::ToolCall { tool_call_id, tool, arguments, raw } => {
                json!([tool_call_id, tool, arguments, raw])
            }
            Event::ApprovalRequired { tools, .. } => {
                json!(tools.iter().map(|tool| &tool.tool_call_id).collect::<Vec<_>>())
            }
            Event::Signal(signal) => json!([signal.kind, signal.recovered]),
            Event::TeacherTakeover { student_failure, .. } => json!(student_failure),
            Event::SkillProposed { name, .. } => json!(name),
            _ => value["data"].clone(),
        };
        writeln!(out, "{who} {} {data}", value["type"].as_str().unwrap()).unwrap();
    }
    let step = match &transition.step {
        Step::CallModel { actor, purpose, request } => {
            let actor = if *actor == Actor::Teacher { "teacher" } else { "student" };
            let purpose = match purpose {
                Purpose::Attempt => "",
                Purpose::Distill => " distill",
                Purpose::Compact => " compact",
                Purpose::Evaluate => " evaluate",
            };
            format!("call {actor}{purpose}: {} tools", request.tools.len())
        }
        Step::RunTools { calls, .. } => {
            format!(
                "run {}",
                calls.iter().map(|call| call.id.as_str()).collect::<Vec<_>>().join(" ")
            )
        }
        Step::AwaitApproval => "await approval".to_owned(),
        Step::CheckDraft(skill) => format!("check {}", skill.name),
        Step::Propose(skill) => format!("propose {}", skill.name),
        Step::RestoreFiles { turns } => format!("restore files of {turns:?}"),
        Step::RollBack { turns } => format!("roll back {turns:?}"),
        Step::Rest => "rest".to_owned(),
    };
    writeln!(out, "=> {step}").unwrap();
}

/// Every request to a model has exactly one result for each call, right after it.
#[track_caller]
fn assert_whole(step: &Step) {
    let Step::CallModel { request, .. } = step else { return };
    let mut open: Vec<&str> = Vec::new();
    for message in &request.messages {
        match message {
            Message::Tool { call_id, .. } => {
                assert_eq!(open.first(), Some(&call_id.as_str()), "{:#?}", request.messages);
                open.remove(0);
            }
            Message::Assistant { tool_calls, .. } => {
                assert!(open.is_empty(), "{:#?}", request.messages);
                open = tool_calls.iter().map(|call| call.id.as_str()).collect();
            }
            _ => assert!(open.is_empty(), "{:#?}", request.messages),
        }
    }
    assert!(open.is_empty(), "{:#?}", request.messages);
}

#[track_caller]
fn check(mut machine: Machine, inputs: Vec<Input>, expected: &Expect) -> Machine {
    let mut out = String::new();
    for input in inputs {
        // A machine that went through its serialized form goes on the same way.
        let text = serde_json::to_string(&machine).unwrap();
        machine = serde_json::from_str(&text).unwrap();
        let transition = machine.advance(input);
        assert_whole(&transition.step);
        render(&transition, &mut out);
    }
    expected.assert_eq(&out);
    machine
}

#[test]
fn a_student_that_manages_is_left_alone() {
    check(
        machine(Mode::Full),
        vec![
            request("how many rows?"),
            calls(&[("a", "bash", r#"{"command":"wc -l x"}"#)]),
            results(&[("a", 0)]),
            says("Twelve."),
        ],
        &expect![[r#"
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
            student assistant_stream_end {}
            student tool_call ["a","bash",{"command":"wc -l x"},null]
            => run a
            student tool_output ["a",true,"exit code: 0"]
            => call student: 8 tools
            student assistant_stream_end {}
            student turn_complete ["Twelve.","final"]
            => rest
        "#]],
    );
}

#[test]
fn a_failed_student_is_followed_by_the_teacher_and_a_proposal() {
    check(
        machine(Mode::Full),
        vec![
            request("how many rows?"),
            calls(&[("a", "bash", r#"{"command":"count x"}"#)]),
            results(&[("a", 127)]),
            says("I can't count them."),
            calls(&[("a", "bash", r#"{"command":"wc -l x"}"#)]),
            results(&[("call_1_2", 0)]),
            says("Twelve."),
            says(SKILL),
            Input::DraftChecked(Vec::new()),
            proposed(),
        ],
        &expect![[r#"
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
            student assistant_stream_end {}
            student tool_call ["a","bash",{"command":"count x"},null]
            => run a
            student tool_output ["a",false,"exit code: 127"]
            => call student: 8 tools
            student assistant_stream_end {}
            student signal ["exit_code",false]
            student signal ["give_up",false]
            teacher teacher_takeover "I can't count them."
            => call teacher: 8 tools
            teacher assistant_stream_end {}
            teacher tool_call ["call_1_2","bash",{"command":"wc -l x"},null]
            => run call_1_2
            teacher tool_output ["call_1_2",true,"exit code: 0"]
            => call teacher: 8 tools
            teacher assistant_stream_end {}
            teacher turn_complete ["Twelve.","final"]
            teacher processing {"message":"The teacher writes down what worked."}
            => call teacher distill: 0 tools
            => check count-rows
            => propose count-rows
            teacher skill_proposed "count-rows"
            => rest
        "#]],
    );
}

#[test]
fn a_teacher_that_fails_too_teaches_nothing() {
    check(
        machine(Mode::Full),
        vec![request("x"), says("I give up."), says("I cannot do that either.")],
        &expect![[r#"
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
            student assistant_stream_end {}
            student signal ["give_up",false]
            teacher teacher_takeover "I give up."
            => call teacher: 8 tools
            teacher assistant_stream_end {}
            teacher signal ["give_up",false]
            teacher escalation_failed {"class":"failure","reason":"The teacher failed too: I cannot do that either."}
            teacher turn_complete ["I cannot do that either.","final"]
            => rest
        "#]],
    );
}

#[test]
fn operational_errors_never_escalate() {
    check(
        machine(Mode::Full),
        vec![request("x"), failure(FailureClass::Auth)],
        &expect![[r#"
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
            student assistant_stream_end {}
            student error {"class":"auth","error":"set the key"}
            => rest
        "#]],
    );
    check(
        machine(Mode::Full),
        vec![request("x"), says("I give up."), failure(FailureClass::Network)],
        &expect![[r#"
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
            student assistant_stream_end {}
            student signal ["give_up",false]
            teacher teacher_takeover "I give up."
            => call teacher: 8 tools
            teacher assistant_stream_end {}
            teacher escalation_failed {"class":"operational","reason":"set the key"}
            teacher turn_complete ["I give up.","final"]
            => rest
        "#]],
    );
}

#[test]
fn what_no_model_can_help_ends_the_turn_as_an_error() {
    let blocked = ToolResult::not_run(ResultKind::Blocked, "The disk is full: make room.");
    check(
        machine(Mode::Full),
        vec![
            request("x"),
            calls(&[("a", "write_file", r#"{"path":"x","content":""}"#)]),
            Input::ToolsFinished(vec![("a".to_owned(), blocked)]),
            says("I could not do it."),
        ],
        &expect![[r#"
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
            student assistant_stream_end {}
            student tool_call ["a","write_file",{"content":"","path":"x"},null]
            => run a
            student tool_output ["a",false,"The disk is full: make room."]
            => call student: 8 tools
            student assistant_stream_end {}
            student error {"class":"blocked","error":"The disk is full: make room."}
            => rest
        "#]],
    );
}

#[test]
fn every_call_has_one_result_whatever_is_wrong_with_it() {
    check(
        machine(Mode::Full),
        vec![
            request("x"),
            calls(&[
                ("a", "count_rows", "{}"),
                ("b", "bash", "[1]"),
                ("c", "bash", r#"{"command":"ls"}"#),
                ("c", "list_files", ""),
            ]),
            results(&[("c", 0)]),
        ],
        &expect![[r#"
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
            student assistant_stream_end {}
            student tool_call ["a","count_rows",{},null]
            student tool_call ["b","bash",{},"[1]"]
            student tool_call ["c","bash",{"command":"ls"},null]
            student tool_call ["call_1_4","list_files",{},null]
            student tool_output ["a",false,"There is no tool named `count_rows`. The tools are: bash, edit_file, list_files, plan, read_file, search, skills, write_file."]
            student tool_output ["b",false,"The call of `bash` was not run: its arguments are a list, not an object. Call it again with one JSON object as its arguments."]
            => run c call_1_4
            student tool_output ["c",true,"exit code: 0"]
            student tool_output ["call_1_4",false,"The tool ended without a result."]
            => call student: 8 tools
        "#]],
    );
}

#[test]
fn calls_of_a_reply_that_was_cut_are_not_run() {
    check(
        machine(Mode::Full),
        vec![
            request("x"),
            replies("", &[("a", "bash", r#"{"command":"ls"}"#)], FinishReason::Length),
        ],
        &expect![[r#"
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
            student assistant_stream_end {}
            student tool_call ["a","bash",{"command":"ls"},null]
            student tool_log {"log":"The reply was cut at the token limit (`student.max_tokens`), so its calls were not run: bash.","tool":"system"}
            student tool_output ["a",false,"The reply was cut at the token limit, so this call was not run. Make it smaller: several short edits, or less text in one call."]
            => call student: 8 tools
        "#]],
    );
}

#[test]
fn cancelling_a_running_call_keeps_its_output_and_calls_no_model() {
    let mut stopped = ToolResult::ok("one line");
    stopped.kind = ResultKind::Cancelled;
    check(
        machine(Mode::Edits),
        vec![
            request("x"),
            calls(&[
                ("a", "read_file", r#"{"path":"a"}"#),
                ("b", "search", r#"{"pattern":"b"}"#),
                ("c", "bash", r#"{"command":"ls"}"#),
            ]),
            Input::ToolsFinished(vec![
                ("a".to_owned(), ToolResult::ok("whole")),
                ("b".to_owned(), stopped),
            ]),
        ],
        &expect![[r#"
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
            student assistant_stream_end {}
            student tool_call ["a","read_file",{"path":"a"},null]
            student tool_call ["b","search",{"pattern":"b"},null]
            student tool_call ["c","bash",{"command":"ls"},null]
            => run a b
            student tool_state_change {"state":"cancelled","tool":"search","toolCallId":"b"}
            student tool_state_change {"state":"cancelled","tool":"bash","toolCallId":"c"}
            student tool_output ["a",true,"whole"]
            student tool_output ["b",false,"one line"]
            student tool_output ["c",false,"The person cancelled the turn before this call had a result."]
            student interrupted {}
            => rest
        "#]],
    );
}

#[test]
fn a_request_that_is_asked_again_before_it_was_answered_is_read_once() {
    let mut machine = machine(Mode::Full);
    let refused = || Input::CallFailed {
        failure: ModelFailure { class: FailureClass::Auth, message: "set the key".to_owned() },
        partial: String::new(),
    };
    let asked = |step: &Step| {
        let Step::CallModel { request, .. } = step else { panic!("{step:?}") };
        let asked = request.messages.iter().filter_map(|message| match message {
            Message::User { content, .. } => Some(content.clone()),
            _ => None,
        });
        asked.collect::<Vec<_>>()
    };
    let mut journal = Vec::new();
    for input in [request("first"), says("Done."), request("count"), refused()] {
        journal.extend(machine.advance(input).events);
    }
    let again = machine.advance(request("count"));
    assert_eq!(asked(&again.step), ["first", "count"]);
    journal.extend(again.events);
    journal.extend(machine.advance(refused()).events);
    // Another request is one of its own, and so is the same after an answer.
    assert_eq!(asked(&machine.clone().advance(request("sort")).step), ["first", "count", "sort"]);
    let (mut restored, _) = Machine::restore(setup(), Policy::default(), Vec::new(), &journal, &[]);
    for machine in [&mut machine, &mut restored] {
        assert_eq!(machine.advance(Input::Undo).step, Step::RestoreFiles { turns: vec![2, 3] });
        machine.advance(Input::FilesRestored { notes: Vec::new() });
        assert_eq!(machine.advance(Input::Undo).step, Step::RestoreFiles { turns: vec![1] });
    }
}

#[test]
fn cancelling_closes_what_is_open() {
    for input in [
        says("never mind"),
        calls(&[("a", "bash", r#"{"command":"ls"}"#)]),
        calls(&[("a", "write_file", r#"{"path":"x","content":""}"#)]),
    ] {
        let mut machine = machine(Mode::Edits);
        machine.advance(request("x"));
        if !matches!(&input, Input::Replied(reply) if reply.tool_calls.is_empty()) {
            machine.advance(input);
        }
        let transition = machine.advance(Input::Cancelled { partial: "half an".to_owned() });
        assert_eq!(transition.step, Step::Rest);
        assert_eq!(transition.events.last().unwrap().event, Event::Interrupted {});
        assert_whole(&machine.advance(request("go on")).step);
    }
}

#[test]
fn the_limit_of_steps_ends_a_turn_with_its_reason() {
    let mut setup = setup();
    setup.teacher.enabled = false;
    setup.max_steps = Some(1);
    let machine = Machine::new(setup, Policy { mode: Mode::Full, ..Policy::default() });
    check(
        machine,
        vec![
            request("x"),
            replies("Let me look.", &[("a", "list_files", "{}")], FinishReason::ToolCalls),
            results(&[("a", 0)]),
        ],
        &expect![[r#"
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
            student assistant_stream_end {}
            student tool_call ["a","list_files",{},null]
            => run a
            student tool_output ["a",true,"exit code: 0"]
            student signal ["max_iterations",false]
            student tool_log {"log":"The turn stopped because it ran out of steps. Ask it to go on, and it has as many again.","tool":"system"}
            student turn_complete ["Let me look.","max_iterations"]
            => rest
        "#]],
    );
}

#[test]
fn late_inputs_change_nothing() {
    let mut machine = machine(Mode::Full);
    let before = machine.clone();
    for input in [says("hello"), results(&[("a", 0)]), Input::Decided(Vec::new()), proposed()] {
        let transition = machine.advance(input);
        assert_eq!((transition.events.len(), transition.step), (0, Step::Rest));
    }
    assert_eq!(machine, before);
}
