//! Taking requests back.

use expect_test::expect;

use super::{calls, check, machine, request, results, says};
use crate::{
    machine::Input,
    message::{Message, Origin},
    policy::Mode,
};

fn restored() -> Input {
    Input::FilesRestored { notes: Vec::new() }
}

#[test]
fn a_whole_request_is_taken_back_with_the_notes_that_followed_it() {
    let machine = check(
        machine(Mode::Full),
        vec![
            request("count the rows"),
            says("Twelve."),
            request("and the columns?"),
            calls(&[("a", "bash", r#"{"command":"count x"}"#)]),
            results(&[("a", 127)]),
            // The teacher takes over, so that its note and answer are in the history.
            says("I can't count them."),
            says("Four."),
            says("NO_SKILL"),
            Input::Undo,
            Input::FilesRestored { notes: vec!["`x` was changed since".to_owned()] },
            Input::Undo,
            restored(),
            Input::Undo,
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
            teacher turn_complete ["Four.","final"]
            teacher processing {"message":"The teacher writes down what worked."}
            => call teacher distill: 0 tools
            teacher skill_save_failed {"reason":"the teacher says that no general procedure would help here (NO_SKILL)"}
            => rest
            => restore files of [2]
            student tool_log {"log":"`x` was changed since","tool":"system"}
            student undo_complete {"removed":6}
            => rest
            => restore files of [1]
            student undo_complete {"removed":2}
            => rest
            student undo_complete {"removed":0}
            => rest
        "#]],
    );
    assert_eq!(machine.student.messages.len(), 1, "the system prompt stays");
    assert!(machine.requests.is_empty());
}

#[test]
fn the_turns_that_went_on_with_a_request_go_with_it() {
    let machine = check(
        machine(Mode::Full),
        vec![
            request("count the rows"),
            calls(&[("a", "bash", r#"{"command":"wc -l x"}"#)]),
            Input::Cancelled { partial: String::new() },
            Input::Resume { skills: Vec::new(), notes: Vec::new() },
            says("Twelve."),
            Input::Undo,
            restored(),
        ],
        &expect![[r#"
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
            student assistant_stream_end {}
            student tool_call ["a","bash",{"command":"wc -l x"},null]
            => run a
            student tool_state_change {"state":"cancelled","tool":"bash","toolCallId":"a"}
            student tool_output ["a",false,"The person cancelled the turn before this call had a result."]
            student interrupted {}
            => rest
            student processing {"message":"The student goes on."}
            => call student: 8 tools
            student assistant_stream_end {}
            student turn_complete ["Twelve.","final"]
            => rest
            => restore files of [1, 2]
            student undo_complete {"removed":5}
            => rest
        "#]],
    );
    let is_asked = |it: &Message| matches!(it, Message::User { origin: Origin::User, .. });
    assert!(!machine.student.messages.iter().any(is_asked));
}

#[test]
fn nothing_is_taken_back_while_a_turn_waits() {
    let machine = check(
        machine(Mode::Ask),
        vec![
            request("count the rows"),
            calls(&[("a", "bash", r#"{"command":"wc -l x"}"#)]),
            Input::Undo,
            Input::Compact,
        ],
        &expect![[r#"
            student processing {"message":"The student reads the request."}
            => call student: 8 tools
            student assistant_stream_end {}
            student tool_call ["a","bash",{"command":"wc -l x"},null]
            student approval_required ["a"]
            => await approval
            => await approval
            => await approval
        "#]],
    );
    assert!(machine.awaits_approval());
}
