//! Calls that wait for a person.

use expect_test::expect;
use serde_json::json;

use super::{calls, check, decision, machine, request, results};
use crate::{
    machine::{ApprovalDecision, ApprovalScope, Input, Step},
    policy::Mode,
};

#[test]
fn commands_wait_for_a_person_and_a_refusal_reaches_the_model() {
    let machine = check(
        machine(Mode::Ask),
        vec![
            request("x"),
            calls(&[
                ("a", "bash", r#"{"command":"ls"}"#),
                ("b", "list_files", "{}"),
                ("c", "bash", r#"{"command":"rm x"}"#),
            ]),
            results(&[("b", 0)]),
            Input::Decided(vec![decision("a", true)]),
            Input::Decided(vec![decision("nobody", true), decision("c", false)]),
            results(&[("a", 0)]),
        ],
        &expect![[r#"
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
            student assistant_stream_end {}
            student tool_call ["a","bash",{"command":"ls"},null]
            student tool_call ["b","list_files",{},null]
            student tool_call ["c","bash",{"command":"rm x"},null]
            => run b
            student tool_output ["b",true,"exit code: 0"]
            student approval_required ["a","c"]
            => await approval
            student tool_state_change {"state":"approved","tool":"bash","toolCallId":"a"}
            => await approval
            student tool_state_change {"state":"rejected","tool":"bash","toolCallId":"c"}
            student tool_output ["c",false,"This call was declined, so it was not run. The person says: use awk"]
            student tool_state_change {"state":"running","tool":"bash","toolCallId":"a"}
            => run a
            student tool_output ["a",true,"exit code: 0"]
            => call student: 8 tools
        "#]],
    );
    assert!(!machine.awaits_approval());
}

#[test]
fn edited_arguments_are_what_ran_and_what_the_history_says() {
    let mut machine = machine(Mode::Ask);
    machine.advance(request("x"));
    machine.advance(calls(&[("a", "bash", r#"{"command":"rm -r x"}"#)]));
    let serde_json::Value::Object(arguments) = json!({"command": "ls x"}) else { unreachable!() };
    let decided = ApprovalDecision {
        arguments: Some(arguments),
        scope: ApprovalScope::Run,
        ..decision("a", true)
    };
    machine.advance(Input::Decided(vec![decided]));
    let transition = machine.advance(results(&[("a", 0)]));
    let Step::CallModel { request, .. } = transition.step else { unreachable!() };
    let history = serde_json::to_string(&request.messages).unwrap();
    assert!(history.contains("ls x") && !history.contains("rm -r"), "{history}");
    assert!(history.contains("edited the arguments"), "{history}");
    let again = machine.advance(calls(&[("b", "bash", r#"{"command":"ls x"}"#)]));
    assert!(matches!(again.step, Step::RunTools { .. }), "{:?}", again.step);
}

#[test]
fn a_new_request_leaves_pending_calls_behind() {
    check(
        machine(Mode::Ask),
        vec![request("x"), calls(&[("a", "bash", r#"{"command":"ls"}"#)]), request("rather y")],
        &expect![[r#"
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
            student assistant_stream_end {}
            student tool_call ["a","bash",{"command":"ls"},null]
            student approval_required ["a"]
            => await approval
            student tool_state_change {"state":"abandoned","tool":"bash","toolCallId":"a"}
            student tool_output ["a",false,"The person went on without deciding about this call."]
            student interrupted {}
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
        "#]],
    );
}

#[test]
fn a_call_that_was_allowed_is_not_told_to_be_undecided() {
    check(
        machine(Mode::Ask),
        vec![
            request("x"),
            calls(&[("a", "bash", r#"{"command":"ls"}"#), ("b", "bash", r#"{"command":"rm x"}"#)]),
            Input::Decided(vec![decision("a", true)]),
            request("rather y"),
        ],
        &expect![[r#"
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
            student assistant_stream_end {}
            student tool_call ["a","bash",{"command":"ls"},null]
            student tool_call ["b","bash",{"command":"rm x"},null]
            student approval_required ["a","b"]
            => await approval
            student tool_state_change {"state":"approved","tool":"bash","toolCallId":"a"}
            => await approval
            student tool_state_change {"state":"abandoned","tool":"bash","toolCallId":"a"}
            student tool_state_change {"state":"abandoned","tool":"bash","toolCallId":"b"}
            student tool_output ["a",false,"This call was allowed, but the person went on before it ran: another one was not decided about."]
            student tool_output ["b",false,"The person went on without deciding about this call."]
            student interrupted {}
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
        "#]],
    );
}
