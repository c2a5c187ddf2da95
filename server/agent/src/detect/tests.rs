//! Verdicts on small attempts.

mod table;

use super::{CallRecord, Ending, SignalKind, Verdict, judge, obstacle};
use crate::tool::ResultKind;

fn call(tool: &str, arguments: &str, kind: ResultKind, exit_code: Option<i32>) -> CallRecord {
    CallRecord {
        tool: tool.to_owned(),
        arguments: arguments.to_owned(),
        output: "some output".to_owned(),
        kind,
        exit_code,
        changed_files: Vec::new(),
        kept_files: Vec::new(),
    }
}

#[track_caller]
fn check(calls: &[CallRecord], answer: &str, expected: Verdict) {
    let judgement = judge("", calls, &[], answer, Ending::Answer);
    assert_eq!(judgement.verdict, expected, "{judgement:?}");
}

#[test]
fn a_failed_command_at_the_end_is_a_failure() {
    let calls = [call("bash", r#"{"command":"cargo build"}"#, ResultKind::Ok, Some(101))];
    check(&calls, "Done.", Verdict::Failure);
}

#[test]
fn a_failed_command_that_a_later_one_made_good_is_none() {
    let calls = [
        call("bash", r#"{"command":"make"}"#, ResultKind::Ok, Some(2)),
        call("bash", r#"{"command":"make all"}"#, ResultKind::Ok, Some(0)),
    ];
    check(&calls, "It builds now.", Verdict::Ok);
}

#[test]
fn a_search_without_hits_is_no_failure() {
    let calls = [call("bash", r#"{"command":"grep -r foo ."}"#, ResultKind::Ok, Some(1))];
    check(&calls, "Nothing uses foo.", Verdict::Ok);
}

#[test]
fn words_in_the_output_are_no_evidence() {
    let mut record = call("bash", r#"{"command":"cat log"}"#, ResultKind::Ok, Some(0));
    record.output = "error: not found\nFailed to start".to_owned();
    check(&[record], "The log shows two old errors.", Verdict::Ok);
}

#[test]
fn unknown_tools_and_tool_errors_are_failures_until_made_good() {
    check(
        &[call("count_rows", "{}", ResultKind::UnknownTool, None)],
        "There are 12 rows.",
        Verdict::Failure,
    );
    check(
        &[
            call("count_rows", "{}", ResultKind::UnknownTool, None),
            call("bash", "{}", ResultKind::Ok, Some(0)),
        ],
        "There are 12 rows.",
        Verdict::Ok,
    );
    check(
        &[call("read_file", "{}", ResultKind::Failed, None)],
        "There are 12 rows.",
        Verdict::Failure,
    );
}

#[test]
fn giving_up_is_a_failure_with_either_apostrophe() {
    for answer in [
        "I can't find the file.",
        "I can\u{2019}t find the file.",
        "Sorry, but I could not determine the count.",
        "I don't have a tool for that.",
        "I'm not sure how to count rows.",
        "I was unable to read the table.",
    ] {
        check(&[], answer, Verdict::Failure);
    }
}

#[test]
fn quoted_text_and_code_do_not_give_up() {
    for answer in [
        "The page says \"I can't find the file\", which is its own message.",
        "It prints `I cannot do that` on purpose.",
        "```\nI can't find it\n```\nThat is the output of the test.",
        "> I can't find it\n\nThat is what the issue says; it is fixed.",
        "The file doesn't exist yet, so I created it.",
        "It says 'I was unable to connect to the panel' and nothing else.",
        "The log of the 15\" monitor says \"I was unable to connect to the panel\" and nothing else.",
        "„Ich konnte es nicht öffnen\" is \"I was unable to open it\" in English.",
    ] {
        check(&[], answer, Verdict::Ok);
    }
}

#[test]
fn apostrophes_inches_and_stray_marks_hide_no_giving_up() {
    for answer in [
        "The users' table: I was unable to open the users' table.",
        "In the '90s section I couldn't find the readers' list.",
        "Of the 15\" one I was unable to read the label, nor of the 17\" one.",
        "It says \"no\" now, and I was unable to open \"it.",
    ] {
        check(&[], answer, Verdict::Failure);
    }
}

#[test]
fn asking_back_is_unclear_and_an_empty_answer_a_failure() {
    check(&[], "Could you tell me which of the two files?", Verdict::Unsure);
    for answer in [
        "I'm not sure which one you mean: a.csv or b.csv?",
        "I am not sure which file it is. Do you mean a.csv or b.csv?",
        "I'm not sure which file you mean. Please tell me which one to count.",
    ] {
        check(&[], answer, Verdict::Unsure);
    }
    check(&[], "I can't find the file. Does it exist?", Verdict::Failure);
    check(&[], "  ", Verdict::Failure);
}

#[test]
fn what_is_not_there_is_unclear_alone_and_none_where_something_was_done_about_it() {
    check(&[], "That session doesn\u{2019}t exist.", Verdict::Unsure);
    check(&[], "The file doesn't seem to have a header, so I added one.", Verdict::Ok);
    check(&[], "The folder did not exist. I created it.", Verdict::Ok);
}

#[test]
fn a_person_who_declines_is_no_failure_of_the_model() {
    for answer in ["I stopped there.", "I could not do it."] {
        check(&[call("bash", "{}", ResultKind::Declined, None)], answer, Verdict::Ok);
    }
}

#[test]
fn what_blocks_a_call_is_no_failure_but_an_obstacle() {
    let blocked = call("edit_file", "{}", ResultKind::Blocked, None);
    check(std::slice::from_ref(&blocked), "Make it writable.", Verdict::Ok);
    assert_eq!(obstacle(std::slice::from_ref(&blocked)), Some("some output"));
    let worked = call("edit_file", "{}", ResultKind::Ok, None);
    assert_eq!(obstacle(&[blocked, worked]), None);
}

#[test]
fn running_out_of_steps_is_a_failure() {
    assert_eq!(judge("", &[], &[], "", Ending::MaxIterations).verdict, Verdict::Failure);
    assert_eq!(judge("", &[], &[], "half an ans", Ending::Length).verdict, Verdict::Failure);
}

fn malformed(tool: &str, what: &str) -> CallRecord {
    let call = call(tool, "{}", ResultKind::Malformed, None);
    let advice = "Call it again with one JSON object as its arguments.";
    CallRecord { output: format!("The call of `{tool}` was not run: {what}. {advice}"), ..call }
}

#[test]
fn calls_that_could_not_be_run_are_made_good_by_any_call_that_worked() {
    let slip = || malformed("bash", "its arguments are no JSON");
    let worked = call("read_file", r#"{"path":"data.csv"}"#, ResultKind::Ok, None);
    check(&[slip(), slip(), worked.clone()], "There are 12 rows.", Verdict::Ok);
    check(&[worked, slip()], "There are 12 rows.", Verdict::Unsure);
    check(&[slip()], "There are 12 rows.", Verdict::Unsure);
    check(&[slip()], "", Verdict::Failure);
    check(&[slip(), slip()], "There are 12 rows.", Verdict::Unsure);
    check(&[slip(), slip(), slip()], "There are 12 rows.", Verdict::Unsure);
    check(&[slip(), slip()], "", Verdict::Failure);
}

#[test]
fn what_is_wrong_with_a_call_is_said_as_it_is() {
    for (what, said) in [
        ("the argument `command` is missing", "the argument `command` is missing."),
        ("its arguments are a list, not an object", "a list, not an object."),
    ] {
        let judgement = judge("", &[malformed("bash", what)], &[], "I give up.", Ending::Answer);
        let signal = &judgement.signals[0];
        assert_eq!(signal.kind, SignalKind::MalformedArguments);
        assert!(signal.evidence.ends_with(said), "{signal:?}");
        assert!(!signal.evidence.contains("JSON"), "{signal:?}");
    }
}

#[test]
fn an_answer_only_asks_where_nothing_else_is_said_or_done() {
    for (answer, has_worked, asks) in [
        ("Which file do you mean?", true, true),
        ("Which one?\nThis one or that?", true, true),
        ("There are two. Which one do you mean?", false, true),
        ("There are 2 rows. Shall I count the columns, too?", true, false),
        ("There are 2 rows.", false, false),
        ("It asks \"which file?\"", false, false),
    ] {
        assert_eq!(super::only_asks(answer, has_worked), asks, "{answer}");
    }
}
