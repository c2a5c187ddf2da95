//! The same work in the dialects of many writers.

use serde_json::{Value, json};

use super::judge_recorded;
use crate::detect::{SignalKind, Verdict};

#[track_caller]
fn check(messages: &[Value], expected: Verdict, kinds: &[SignalKind]) {
    let judged = judge_recorded(messages);
    assert_eq!(judged.judgement.verdict, expected, "{judged:#?}");
    let found: Vec<SignalKind> = judged.judgement.signals.iter().map(|it| it.kind).collect();
    assert_eq!(found, kinds, "{judged:#?}");
}

/// A failed build and a claim, with the failed result in the writer's way.
fn build(call: Value, result: Value) -> [Value; 4] {
    let asked = json!({"role": "user", "content": "build it"});
    [asked, call, result, json!({"role": "assistant", "content": "It is built."})]
}

#[test]
fn blocks_of_content_have_calls_and_results() {
    let call = json!({"role": "assistant", "content": [
        {"type": "text", "text": "I build it."},
        {"type": "tool_use", "id": "t1", "name": "bash", "input": {"command": "make"}},
    ]});
    let result = json!({"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "no rule"}], "is_error": true},
    ]});
    check(&build(call.clone(), result), Verdict::Failure, &[SignalKind::ToolError]);
    let result = json!({"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "t1", "content": "built"},
    ]});
    check(&build(call, result), Verdict::Ok, &[]);
}

#[test]
fn functions_in_tags_are_calls() {
    let call = json!({"role": "assistant", "content":
        "I build it.\n<function=execute_bash>\n<parameter=command>make</parameter>\n</function>"});
    let result = json!({"role": "user", "content":
        "EXECUTION RESULT of [execute_bash]:\nno rule\n[The command completed with exit code 2.]"});
    check(&build(call.clone(), result), Verdict::Failure, &[SignalKind::ExitCode]);
    let done = json!({"role": "user", "content":
        "EXECUTION RESULT of [execute_bash]:\n[The command completed with exit code 0.]"});
    let finish = json!({"role": "assistant", "content": "<function=finish>\n</function>"});
    let asked = json!({"role": "user", "content": "build it"});
    check(&[asked, call, done, finish], Verdict::Ok, &[]);
}

#[test]
fn a_person_and_a_model_may_have_other_names() {
    check(
        &[
            json!({"from": "system", "value": "You have tools."}),
            json!({"from": "human", "value": "build it"}),
            json!({"from": "function_call", "value": "{\"name\": \"bash\", \"arguments\": {\"command\": \"make\"}}"}),
            json!({"from": "observation", "value": "exit code: 2"}),
            json!({"from": "gpt", "value": "It is built."}),
        ],
        Verdict::Failure,
        &[SignalKind::ExitCode],
    );
}

#[test]
fn an_agent_that_writes_its_commands_reads_what_came_of_them() {
    let shell = |output: &str| json!({"role": "user", "text": format!("{output}\n(Open file: n/a)\n(Current directory: /r)\nbash-$")});
    let says =
        |command: &str| json!({"role": "ai", "text": format!("I go on.\n```\n{command}\n```")});
    let asked = json!({"role": "user", "text": "Fix the issue. You have a shell and these commands: open, edit, submit."});
    let work = [
        asked,
        says("open a.py"),
        shell("[File: a.py (1 lines total)]\n1:x = 1"),
        says("edit 1:1\nx = 2\nend_of_edit"),
        shell("File updated."),
        says("python a.py"),
        shell("2"),
    ];
    let submitted = [&work[..], &[says("submit")]].concat();
    check(&submitted, Verdict::Ok, &[]);
    let exited =
        [&work[..], &[json!({"role": "ai", "text": "Exit due to context window"})]].concat();
    check(&exited, Verdict::Failure, &[SignalKind::MaxIterations]);
}

#[test]
fn a_text_agent_is_known_without_any_mark_of_its_observations() {
    let says =
        |command: &str| json!({"role": "assistant", "content": format!("```bash\n{command}\n```")});
    let user = |text: &str| json!({"role": "user", "content": text});
    check(
        &[
            user("You are in a terminal; write one command each time. Count the rows."),
            says("wc -l data.cvs"),
            user("wc: data.cvs: No such file or directory"),
            says("wc -l data.csv"),
            user("That is wrong, it says: 12 data.csv"),
            says("echo 12 > answer.txt"),
            user(""),
            says("echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"),
        ],
        Verdict::Ok,
        &[SignalKind::ToolError],
    );
}

#[test]
fn examples_before_the_work_are_not_its_own() {
    check(
        &[
            json!({"role": "user", "content": "an example", "is_demo": true}),
            json!({"role": "assistant", "content": "I can't do that.", "is_demo": true}),
            json!({"role": "user", "content": "build it"}),
            json!({"role": "assistant", "content": "I do.", "action": "make"}),
            json!({"role": "user", "content": "built", "message_type": "observation"}),
            json!({"role": "assistant", "content": "It is built."}),
        ],
        Verdict::Ok,
        &[],
    );
}

#[test]
fn a_terminal_with_lists_of_commands() {
    let says = |keys: &str, is_done: bool| {
        let body =
            json!({"analysis": "x", "commands": [{"keystrokes": keys}], "task_complete": is_done});
        json!({"role": "assistant", "content": body.to_string()})
    };
    let screen = json!({"role": "user", "content": "New Terminal Output:\n$ make\nbuilt"});
    let asked = json!({"role": "user", "content": "Build it in this terminal."});
    let work = [asked, says("make\n", false), screen];
    check(&[&work[..], &[says("", true)]].concat(), Verdict::Ok, &[]);
    check(&work, Verdict::Unsure, &[SignalKind::MaxIterations]);
}

#[test]
fn replies_of_the_wrong_form_are_malformed_calls() {
    let user = |text: &str| json!({"role": "user", "content": text});
    let says = |text: &str| json!({"role": "assistant", "content": text});
    let judged = judge_recorded(&[
        user("You have a shell. Write one command in a fence."),
        says("```\nls\n```"),
        user("a.py"),
        says("```\ncat a.py\n```"),
        user("x"),
        says("```\nls -a\n```"),
        user("a.py"),
        says("```\nls -l\n```"),
        user("a.py"),
        says("I am done, I think."),
        user("Your output was not formatted correctly. Please always provide EXACTLY ONE action."),
    ]);
    let kinds: Vec<SignalKind> = judged.judgement.signals.iter().map(|it| it.kind).collect();
    assert!(kinds.contains(&SignalKind::MalformedArguments), "{judged:#?}");
    assert_eq!(judged.judgement.verdict, Verdict::Failure, "{judged:#?}");
}
