//! Verdicts on recorded conversations.

use serde_json::{Value, json};

use super::{RecordedEnd, RecordedJudgement};
use crate::detect::{SignalKind, Verdict};

mod dialects;
mod failures;
mod successes;

fn judge_recorded(messages: &[Value]) -> RecordedJudgement {
    super::judge_recorded(messages, &RecordedEnd::default())
}

/// Builds a conversation: `user:`, `says:`, `call:` (tool, arguments) and `result:` lines.
fn conversation(lines: &[&str]) -> Vec<Value> {
    let mut n_calls = 0;
    lines
        .iter()
        .map(|line| {
            let (role, text) = line.split_once(": ").expect("a role and a text");
            match role {
                "user" => json!({"role": "user", "content": text}),
                "says" => json!({"role": "assistant", "content": text}),
                "call" => {
                    n_calls += 1;
                    let (name, arguments) = text.split_once(' ').unwrap_or((text, "{}"));
                    let function = json!({"name": name, "arguments": arguments});
                    let call = json!({"id": format!("c{n_calls}"), "type": "function", "function": function});
                    json!({"role": "assistant", "content": null, "tool_calls": [call]})
                }
                "result" => {
                    json!({"role": "tool", "tool_call_id": format!("c{n_calls}"), "content": text})
                }
                other => panic!("unknown role {other}"),
            }
        })
        .collect()
}

#[track_caller]
fn check(lines: &[&str], expected: Verdict) {
    let judged = judge_recorded(&conversation(lines));
    assert_eq!(judged.judgement.verdict, expected, "{judged:#?}");
    assert_eq!(judged.judgement.signals.len(), judged.message_indices.len());
}

#[track_caller]
fn check_not_failed(lines: &[&str]) {
    let judged = judge_recorded(&conversation(lines));
    assert_ne!(judged.judgement.verdict, Verdict::Failure, "{judged:#?}");
}

/// Asserts that the verdict is a failure, for the evidence of a kind above all.
#[track_caller]
fn check_failed(lines: &[&str], kind: SignalKind) {
    let judged = judge_recorded(&conversation(lines));
    assert_eq!(judged.judgement.verdict, Verdict::Failure, "{judged:#?}");
    assert_eq!(judged.judgement.reason().map(|it| it.kind), Some(kind), "{judged:#?}");
}

#[test]
fn work_that_was_done_is_none_whatever_words_its_outputs_have() {
    check(
        &[
            "user: where is foo defined?",
            "call: bash {\"command\":\"grep -rn foo .\"}",
            "result: a.md:3: error: foo not found\nb.md:9: Failed to load foo",
            "says: Two logs mention it; nothing defines it.",
        ],
        Verdict::Ok,
    );
    check(
        &[
            "user: run the tests",
            "call: bash {\"command\":\"make test\"}",
            "result: 12 tests, 0 errors: all passed",
            "says: All tests pass. The page says \"I can't find it\" on purpose.",
        ],
        Verdict::Ok,
    );
}

#[test]
fn an_error_that_was_made_good_is_none() {
    check(
        &[
            "user: count the rows",
            "call: bash {\"command\":\"./count\"}",
            "result: sh: 1: ./count: No such file or directory",
            "call: bash {\"command\":\"wc -l data.csv\"}",
            "result: 13 data.csv",
            "says: 12 rows.",
        ],
        Verdict::Ok,
    );
    check(
        &[
            "user: change my order",
            "call: find_user_id_by_email {\"email\":\"a@example.com\"}",
            "result: Error: user not found",
            "call: find_user_id_by_name {\"name\":\"Ann\"}",
            "result: ann_1",
            "call: modify_order {\"id\":\"1\"}",
            "result: {\"status\":\"modified\"}",
            "says: It is changed.",
        ],
        Verdict::Ok,
    );
}

#[test]
fn an_error_that_stands_at_the_end_is_a_failure() {
    check(
        &[
            "user: build it",
            "call: bash {\"command\":\"cargo build\"}",
            "result: error[E0308]: mismatched types\nerror: could not compile `x`\nexit code: 101",
            "says: Done.",
        ],
        Verdict::Failure,
    );
    check(
        &[
            "user: cancel my order",
            "call: cancel_order {\"id\":\"1\"}",
            "result: Error: order cannot be cancelled",
            "says: Your order is cancelled.",
        ],
        Verdict::Failure,
    );
}

#[test]
fn giving_up_is_a_failure_with_either_apostrophe_and_asking_is_none() {
    check(&["user: where?", "says: I can\u{2019}t find the file."], Verdict::Failure);
    check(&["user: where?", "says: I couldn't find the file."], Verdict::Failure);
    check(&["user: which?", "says: Could you tell me which of the two?"], Verdict::Unsure);
    check(
        &[
            "user: which?",
            "says: Could you tell me which of the two?",
            "user: the first",
            "says: It has 12 rows.",
        ],
        Verdict::Ok,
    );
}

#[test]
fn work_that_is_cut_off_is_one_after_many_steps_and_unclear_after_few() {
    let mut lines = vec!["user: fix it"];
    let names: Vec<String> =
        (0..20).map(|idx| format!("call: bash {{\"command\":\"./step {idx}\"}}")).collect();
    for name in &names {
        lines.extend([name.as_str(), "result: done"]);
    }
    check(&lines, Verdict::Failure);
    check(&lines[..7], Verdict::Unsure);
    lines.extend(["call: finish {\"message\":\"It is fixed.\"}"]);
    check(&lines, Verdict::Ok);
    lines.pop();
    lines.push("call: finish {\"message\":\"Half of it.\",\"task_completed\":\"false\"}");
    check(&lines, Verdict::Failure);
}

#[test]
fn a_limit_that_the_agents_program_names_is_one() {
    check(
        &[
            "user: fix it",
            "call: bash {\"command\":\"./step\"}",
            "result: Exited (autosubmitted): exit_cost",
        ],
        Verdict::Failure,
    );
}

#[test]
fn calls_in_a_circle_are_one_unless_it_got_out() {
    let round = ["call: look {\"at\":\"a\"}", "result: nothing"];
    let mut lines = vec!["user: look"];
    for _ in 0..5 {
        lines.extend(round);
    }
    lines.push("says: I looked.");
    check(&lines, Verdict::Failure);
    lines.pop();
    lines.extend(["call: look {\"at\":\"b\"}", "result: a lamp", "says: There is a lamp."]);
    check(&lines, Verdict::Ok);
}

#[test]
fn what_the_person_says_at_the_end_counts() {
    check(
        &["user: fix it", "says: Fixed.", "user: It still doesn't work, that's wrong."],
        Verdict::Failure,
    );
    check(
        &[
            "user: fix it",
            "says: Fixed.",
            "user: It still doesn't work.",
            "says: Now it does.",
            "user: Great, thanks!",
        ],
        Verdict::Ok,
    );
}

#[test]
fn a_handover_is_unclear_alone_and_a_failure_with_an_error_before_it() {
    let lines = [
        "user: cancel my flight",
        "call: cancel_flight {\"id\":\"1\"}",
        "result: Error: not allowed",
        "call: transfer_to_human_agents {\"summary\":\"x\"}",
        "result: Transfer successful",
        "user: ###STOP###",
    ];
    check(&lines, Verdict::Failure);
    check(&[lines[0], lines[3], lines[4]], Verdict::Unsure);
}

#[test]
fn actions_and_observations_in_plain_text_are_read_too() {
    let messages = [
        json!({"role": "system", "content": "You can run commands."}),
        json!({"role": "user", "content": "build it"}),
        json!({"role": "assistant", "content": "```bash\nmake\n```"}),
        json!({"role": "user", "content": "<returncode>2</returncode>\n<output>\n</output>"}),
        json!({"role": "assistant", "content": "It is built."}),
    ];
    let judged = judge_recorded(&messages);
    assert_eq!(judged.judgement.verdict, Verdict::Failure, "{judged:#?}");
    assert_eq!(judged.judgement.signals[0].kind, SignalKind::ExitCode);
    assert_eq!(judged.message_indices, [3]);
}

#[test]
fn what_is_no_message_is_passed_over() {
    let messages = [
        json!(null),
        json!("text"),
        json!({"role": 7}),
        json!({"role": "user", "content": [{"type": "text", "text": "hi"}, {"type": "image"}]}),
        json!({"role": "tool", "content": {"error": "no such file"}}),
        json!({"role": "assistant", "tool_calls": [{"id": 3}, null, {"function": {"name": 1}}]}),
        json!({"role": "assistant", "content": [{"text": "Hello."}]}),
    ];
    let judged = judge_recorded(&messages);
    assert_eq!(judged.judgement.signals.len(), 1, "{judged:#?}");
    assert_eq!(judge_recorded(&[]).judgement.verdict, Verdict::Ok);
}

// X9: as in a live attempt.
#[test]
fn what_no_model_can_bring_is_a_doubt_at_most() {
    let lacks = [
        "user: How many rows has a.csv?",
        "call: bash {\"command\":\"csvcount a.csv\"}",
        "result: exit code: 127\nbash: line 1: csvcount: command not found",
    ];
    let answer = "says: I was unable to count the rows: csvcount is not installed.";
    check(&[&lacks[..], &[answer]].concat(), Verdict::Unsure);
    let wrong = [
        "call: bash {\"command\":\"count --rows a.csv\"}",
        "result: exit code: 2\ncount: unrecognized option '--rows'",
    ];
    for lines in [[&lacks[..], &wrong, &[answer]].concat(), [&lacks[..], &["says: 12."]].concat()] {
        check(&lines, Verdict::Failure);
    }
}

/// An agent of text blocks that fixes something, checks it and hands it in.
fn hands_in(thought: &str, output: &str, last: &str) -> Vec<Value> {
    let system = "Your response must contain exactly ONE bash code block with ONE command.";
    let ask = "<pr_description>\nload() hangs where there is nothing.\n</pr_description>";
    let step = |thought: &str, command: &str| json!({"role": "assistant", "content": format!("THOUGHT: {thought}\n\n```bash\n{command}\n```")});
    let result = |code: u8, output: &str| {
        let content = format!("<returncode>{code}</returncode>\n<output>\n{output}\n</output>");
        json!({"role": "user", "content": content})
    };
    vec![
        json!({"role": "system", "content": system}),
        json!({"role": "user", "content": ask}),
        step("Fix.", "sed -i s/a/b/ load.py"),
        result(0, ""),
        step(thought, "python -c 'import load; load.load(None)'"),
        result(1, &format!("Traceback (most recent call last):\n  File \"<string>\"\n{output}")),
        step(last, "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT && git diff"),
    ]
}

#[test]
fn an_error_that_was_wanted_is_no_failure() {
    let refused = "ValueError: nothing to load";
    for (thought, output, last, expected) in [
        ("Check.", refused, "It raises a ValueError instead of hanging, as expected.", Verdict::Ok),
        (
            "Check.",
            "load.LoadError: x",
            "Nothing is now refused: it now raises LoadError.",
            Verdict::Ok,
        ),
        ("Verify that nothing is rejected.", refused, "Submitting.", Verdict::Ok),
        ("Check.", refused, "Submitting.", Verdict::Failure),
        ("It should be rejected.", refused, "Hmm, that is wrong. Submit anyway.", Verdict::Failure),
        ("It should be rejected.", "NameError: name 'x'", "As expected.", Verdict::Failure),
        ("Check.", "AssertionError: accepted", "It fails as before.", Verdict::Failure),
    ] {
        let judged = judge_recorded(&hands_in(thought, output, last));
        assert_eq!(judged.judgement.verdict, expected, "{thought} {last} {judged:#?}");
    }
}
