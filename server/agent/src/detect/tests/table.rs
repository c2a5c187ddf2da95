//! What counts as evidence and what does not, case by case.

use super::{call, check};
use crate::{
    detect::{CallRecord, Ending, Lack, SignalKind, Verdict, judge},
    tool::ResultKind,
};

/// A call of somebody else's tool, which says in words how it went.
fn says(tool: &str, arguments: &str, output: &str) -> CallRecord {
    let kind = ResultKind::Ok;
    CallRecord { output: output.to_owned(), ..call(tool, arguments, kind, None) }
}

/// A call of `bash`, with its status.
fn bash(command: &str, exit_code: i32, output: &str) -> CallRecord {
    let arguments = serde_json::json!({ "command": command }).to_string();
    let output = format!("exit code: {exit_code}\n{output}");
    CallRecord { output, ..call("bash", &arguments, ResultKind::Ok, Some(exit_code)) }
}

#[track_caller]
fn check_kind(calls: &[CallRecord], answer: &str, kind: SignalKind, part: &str) {
    let judgement = judge("", calls, &[], answer, Ending::Answer);
    assert_eq!(judgement.verdict, Verdict::Failure, "{judgement:?}");
    let reason = judgement.reason().unwrap();
    assert_eq!(reason.kind, kind, "{judgement:?}");
    assert!(reason.evidence.contains(part), "{judgement:?}");
}

// T7, T9, T10: what tools say in words, at the place where they say it.
#[test]
fn tools_say_that_they_failed() {
    for output in [
        "Unknown action 'swtich'. Valid: list, switch",
        "Failed to open the session",
        "Session 'notes' not found",
        "Invalid session id",
        "Error: no such session",
        "\n  \n  Failed to open the session",
        "{\"error\": \"no such session\"}",
        "{\"success\": false, \"message\": \"locked\"}",
        "KeyError: 'notes'",
    ] {
        let calls = [says("manage_session", "{\"action\":\"switch\"}", output)];
        check(&calls, "The session is open.", Verdict::Failure);
    }
}

// T8.
#[test]
fn an_attempt_without_calls_is_judged_by_its_answer() {
    check(&[], "There are 12 rows.", Verdict::Ok);
}

// T12, WT6: the status decides.
#[test]
fn a_status_speaks_also_where_the_output_says_nothing() {
    check_kind(&[bash("false", 1, "")], "Done.", SignalKind::ExitCode, "exit code 1");
    check_kind(&[bash("./a", 139, "")], "Done.", SignalKind::ExitCode, "139");
    let quiet = bash("make", 2, "gcc -c a.c\na.c:1: error: expected ';'\nmake: *** [a.o] Error 1");
    check_kind(&[quiet], "Built.", SignalKind::ExitCode, "make: *** [a.o] Error 1");
}

// T12.
#[test]
fn words_of_a_tool_are_not_those_of_the_answer() {
    check(&[], "The log says `Failed to start` in line 3.", Verdict::Ok);
    check(&[], "Failed to start: that is what line 3 of the log means.", Verdict::Ok);
    let calls =
        [bash("cat letter.txt", 0, "I can't find my keys. Could you tell me where they are?")];
    check(&calls, "The letter asks about keys.", Verdict::Ok);
}

// WT1, WT6: an error that is none.
#[test]
fn outputs_that_only_speak_of_errors_are_none() {
    for (command, output) in [
        ("grep -rn error .", "a.md:3: error: foo not found\nb.md:1: Failed to load"),
        ("./build", "0 errors: none\nBuild finished with 0 errors"),
        ("cat build.log", "Traceback (most recent call last):\nKeyError: 'rows'"),
        ("pytest | tail -1", "= 12 passed, 0 failed in 0.30s ="),
        ("cargo test 2>&1 | tail -3", "test result: ok. 12 passed; 0 failed"),
        ("curl -s example.com", "<p>The page was not found</p>\nerror: see below"),
    ] {
        check(&[bash(command, 0, output)], "That is what it says.", Verdict::Ok);
    }
    for output in [
        "{\"error\": \"0 errors\", \"rows\": 12}",
        "{\"errors\": [], \"error\": null}",
        "{\"results\": [], \"output\": \"Error: none\"}",
        "12 files; not found: none",
        "Result: the chapter 'Page not found' begins on page 12.",
    ] {
        let calls = [says("search_docs", "{}", output)];
        check(&calls, "Here is the chapter.", Verdict::Ok);
    }
}

// WT2.
#[test]
fn errors_behind_a_status_of_another_command_are_found() {
    for (command, output) in [
        (
            "cargo build 2>&1 | tail -4",
            "error[E0308]: mismatched types\nerror: could not compile `x`",
        ),
        ("pytest 2>&1 | tail -2", "FAILED test_a.py::test_rows\n= 1 failed in 0.30s ="),
        ("make test; echo done", "make: *** [all] Error 2\ndone"),
    ] {
        check_kind(
            &[bash(command, 0, output)],
            "Done.",
            SignalKind::ToolError,
            "reported an error",
        );
    }
    for (command, output) in [
        ("./count data.cvs | head", "./count: data.cvs: No such file or directory"),
        (
            "./count || true; echo",
            "Traceback (most recent call last):\n  File \"a\"\nKeyError: 'rows'",
        ),
        ("./a | tee log", "sh: 1: ./a: Permission denied"),
    ] {
        check(&[bash(command, 0, output)], "There are 12 rows.", Verdict::Unsure);
    }
    // Nothing was hidden: the command itself says that all is well.
    check(&[bash("./a", 0, "KeyError: 'rows'")], "It prints the error on purpose.", Verdict::Ok);
}

// T11, WT3.
#[test]
fn answers_give_up_in_many_words() {
    for answer in [
        "I don't have a tool to open it.",
        "I don\u{2019}t have tool access.",
        "I do not have a tool for that.",
        "I can't do that.",
        "I cannot find it.",
        "I can not find it.",
        "I couldn\u{2019}t find it.",
        "I can\u{2019}t figure this out.",
        "I'm not sure which one you mean.",
        "I\u{2019}m not sure how to go on.",
        "I am not sure what to do.",
        "I was unable to open the page.",
        "I was unable to measure the streets: there is no map of them.",
        "We haven\u{2019}t been able to translate it.",
        "Unable to find the session.",
        "FINAL ANSWER: Unable to determine",
        "As an AI, I can't send mails.",
        "I'm unable to switch to it.",
        "I WAS NOT ABLE TO COMPLETE THIS.",
        "I don\u{2019}t know how to solve this.",
        "Unfortunately, that is something that I cannot arrange for you.",
    ] {
        check(&[], answer, Verdict::Failure);
    }
    for answer in [
        "I could not find any other use of it.",
        "Could you tell me which file?",
        "COULD YOU SPECIFY THE FILE?",
        "could you clarify?",
        "That session doesn't exist.",
        "That session doesn\u{2019}t appear to be there.",
    ] {
        check(&[], answer, Verdict::Unsure);
    }
}

// WT4.
#[test]
fn answers_that_only_sound_like_giving_up_are_none() {
    for answer in [
        "The file doesn't exist yet, so I created it.",
        "Which of the two files do you mean, a.csv or b.csv?",
        "Both are there. Shall I delete a.csv or b.csv?",
        "The error \u{201c}I can\u{2019}t find it\u{201d} comes from line 3.",
        "> I'm unable to open it\n\nThat is the message of the ticket.",
        "~~~\nI can't do that\n~~~\nprints the script.",
        "If the build still fails, run `make clean` first.",
        "I fixed the crash. I could not run the slow tests here.",
    ] {
        check(&[], answer, Verdict::Ok);
    }
}

#[test]
fn what_a_model_only_thinks_is_no_answer() {
    check(&[], "<think>I can't find it. I give up? No.</think>There are 12 rows.", Verdict::Ok);
    check(&[], "I'm not sure which file.\n</think>\n\nThere are 12 rows.", Verdict::Ok);
    check_kind(&[], "<think>There may be 12 rows", SignalKind::EmptyAnswer, "no answer");
}

// WT5.
#[test]
fn what_was_made_good_later_is_recovered_from() {
    let failed = bash("./count data.csv", 127, "bash: ./count: command not found");
    let calls = [failed, bash("wc -l data.csv", 0, "13 data.csv")];
    let judgement = judge("", &calls, &[], "There are 12 rows.", Ending::Answer);
    assert_eq!(judgement.verdict, Verdict::Ok, "{judgement:?}");
    assert!(judgement.signals[0].recovered && judgement.reason().is_none());
    let calls = [
        bash("cargo test", 101, "error: test failed"),
        bash("sed -i s/a/b/ src/lib.rs", 0, ""),
        bash("cargo test", 0, "test result: ok"),
    ];
    check(&calls, "The tests pass.", Verdict::Ok);
}

#[test]
fn a_check_that_failed_stands_until_it_passes() {
    let test = || bash("cargo test", 101, "test result: FAILED. 1 passed; 2 failed");
    check(&[test(), bash("git diff", 0, "+x")], "It works.", Verdict::Failure);
    // Nobody knows whether the change helped.
    let calls = [test(), bash("sed -i s/a/b/ src/lib.rs", 0, "")];
    check(&calls, "It works now.", Verdict::Unsure);
    check(&[test()], "Done. That test failed before as well; it is unrelated.", Verdict::Unsure);
}

#[track_caller]
fn check_request(request: &str, calls: &[CallRecord], answer: &str, expected: Verdict) {
    let judgement = judge(request, calls, &[], answer, Ending::Answer);
    assert_eq!(judgement.verdict, expected, "{request} {judgement:?}");
}

// WT1, WT4: a failure that was asked about, or that the answer tells of, is no false claim.
#[test]
fn an_honest_report_of_a_failing_command_is_a_doubt_at_most() {
    let tests = bash("pytest -q", 1, "FAILED a.py::test_x\n1 failed, 5 passed");
    let asked = "Run the tests and tell me which of them fail.";
    let report = "One of six tests fails: `test_x`.";
    check_request(asked, std::slice::from_ref(&tests), report, Verdict::Ok);
    check_request("Fix x.", std::slice::from_ref(&tests), report, Verdict::Unsure);
    check_request("Fix x.", &[tests], "x is there now.", Verdict::Failure);
    let build = bash("make", 2, "make: *** [all] Error 2");
    let why = "The build fails because `foo.h` is missing.";
    check_request("Why does the build fail?", std::slice::from_ref(&build), why, Verdict::Unsure);
    check_request("Make it build.", &[build], "It builds.", Verdict::Failure);
    let refused = bash("./a -5", 2, "error: negative numbers are not allowed");
    let wanted = "Make ./a reject negative numbers.";
    check_request(wanted, std::slice::from_ref(&refused), "Done.", Verdict::Unsure);
    check_request("Run ./a with -5.", &[refused], "Done.", Verdict::Failure);
}

#[test]
fn a_failure_that_was_to_be_seen_is_the_answer() {
    let trace = "Traceback (most recent call last):\nIndexError: list index out of range";
    let crash = || bash("python crash.py", 1, trace);
    let asked = "Reproduce the crash of crash.py.";
    for answer in ["Reproduced: an IndexError in line 3.", "It crashes as described."] {
        check_request(asked, &[crash()], answer, Verdict::Ok);
    }
    check_request(asked, &[crash()], "I could not reproduce it.", Verdict::Failure);
    check_request(asked, &[crash()], "Done.", Verdict::Failure);
    let both = "Reproduce the crash of crash.py and fix it.";
    check_request(both, &[crash()], "It crashes as described.", Verdict::Unsure);
    let fails = || bash("./foo.sh", 1, "checking");
    for request in ["Does ./foo.sh pass?", "Check whether foo.sh passes."] {
        check_request(request, &[fails()], "No: it exits with 1.", Verdict::Ok);
        check_request(request, &[fails()], "Yes, it passes.", Verdict::Failure);
    }
    check_request("Make foo.sh pass.", &[fails()], "No: it exits with 1.", Verdict::Failure);
}

#[test]
fn commands_whose_status_is_no_failure() {
    for (command, exit_code, output) in [
        ("pytest -q && rm repro.py", 1, "rm: cannot remove 'repro.py': No such file or directory"),
        ("mkdir out", 1, "mkdir: cannot create directory 'out': File exists"),
        ("cd src && grep -c foo a.py", 1, "0"),
        ("ps aux | grep foo | grep -v grep", 1, ""),
    ] {
        check(&[bash(command, exit_code, output)], "It is done.", Verdict::Ok);
    }
    let gone = bash("ls build", 2, "ls: cannot access 'build': No such file or directory");
    check(&[gone], "build is deleted.", Verdict::Unsure);
    let denied = bash("rm a", 1, "rm: cannot remove 'a': Permission denied");
    check(&[denied], "a is deleted.", Verdict::Failure);
}

// X9.
#[test]
fn what_no_model_can_help_is_a_doubt_at_most() {
    let request = "Pull x with docker.";
    for (exit_code, output) in [
        (127, "bash: line 1: docker: command not found"),
        (127, "sh: 1: docker: not found"),
        (6, "curl: (6) Could not resolve host: example.com"),
    ] {
        let call = bash("docker pull x", exit_code, output);
        for answer in ["Done.", "I could not run it: docker is not installed."] {
            check_request(request, std::slice::from_ref(&call), answer, Verdict::Unsure);
        }
        let calls = [call, bash("podman pull x", 125, "Error: no such image")];
        check_request(request, &calls, "Done.", Verdict::Failure);
    }
    for (command, output, answer) in [
        (
            "aws s3 cp a s3://b",
            "An error occurred (ExpiredToken) when calling PutObject: The provided token has expired.",
            "The AWS token has expired; I was unable to upload.",
        ),
        (
            "npm i left-pad",
            "npm ERR! code E401\nnpm ERR! Incorrect or missing password.",
            "I was unable to install it: the registry refuses the login.",
        ),
        (
            "curl -sf https://example.com/api",
            "curl: (22) The requested URL returned error: 429",
            "I could not get an answer: the API answers 429 Too Many Requests.",
        ),
        (
            "git push",
            "git@example.com: Permission denied (publickey).\nfatal: Could not read from remote repository.",
            "I was unable to push.",
        ),
    ] {
        check_request("Do it.", &[bash(command, 1, output)], answer, Verdict::Unsure);
    }
    // What a program is told to expect, or what is refused on this machine, is no such cause.
    for (command, output) in [
        ("pytest -q", "E  assert 401 == 429\n1 failed"),
        ("./deploy.sh", "./deploy.sh: Permission denied"),
        (
            "curl -sf http://localhost:8080/items",
            "curl: (22) The requested URL returned error: 401",
        ),
    ] {
        let answer = "I was unable to do it.";
        check_request("Do it.", &[bash(command, 1, output)], answer, Verdict::Failure);
    }
}

// X9.
#[test]
fn a_missing_program_that_the_attempt_stops_at_is_operational() {
    let request = "How many rows has a.csv?";
    let lacks = |name: &str| bash(name, 127, &format!("bash: line 1: {name}: command not found"));
    let gave_up = "I could not determine the number of rows: csvcount is not installed.";
    let check = |calls: &[CallRecord], answer: &str, expected: Verdict, lack: Option<&str>| {
        let judgement = judge(request, calls, &[], answer, Ending::Answer);
        assert_eq!(judgement.verdict, expected, "{answer} {judgement:?}");
        let name = lack.map(|name| Lack::Program(name.to_owned()));
        assert_eq!(judgement.lack, name, "{answer} {judgement:?}");
    };
    for answer in [gave_up, "I could not determine it.", "csvcount isn\u{2019}t there; install it."]
    {
        check(&[lacks("csvcount")], answer, Verdict::Unsure, Some("csvcount"));
    }
    // Looking around after it, and trying others, is no other failure.
    let look = || bash("ls", 0, "a.csv");
    check(&[lacks("csvcount"), look()], gave_up, Verdict::Unsure, Some("csvcount"));
    let all = ["xsv", "qsv", "mlr", "csvcount"].map(lacks);
    check(&all, gave_up, Verdict::Unsure, Some("csvcount"));
    // A claim, silence, another failure, and giving up for another reason are.
    check(&[lacks("csvcount")], "There are 12 rows.", Verdict::Failure, None);
    check(&[lacks("csvcount")], "", Verdict::Failure, None);
    check(&[lacks("csvcount"), look()], "I could not determine it.", Verdict::Failure, None);
    let wrong = || bash("wc --rows a.csv", 1, "wc: unrecognized option '--rows'");
    check(&[lacks("csvcount"), wrong()], gave_up, Verdict::Failure, None);
    check(&[wrong(), lacks("csvcount")], gave_up, Verdict::Failure, None);
    let ended = judge(request, &[lacks("csvcount")], &[], "", Ending::MaxIterations);
    assert_eq!((ended.verdict, ended.lack), (Verdict::Failure, None));
}

#[test]
fn a_module_is_missing_where_it_is_to_be_installed() {
    let missing = |name: &str| {
        let output = format!("Traceback\nModuleNotFoundError: No module named '{name}'");
        bash("python sum.py", 1, &output)
    };
    let request = "Run sum.py and tell me the sum.";
    let to_install = "I could not run it: sum.py needs numpy, which is not installed.";
    check_request(request, &[missing("numpy")], to_install, Verdict::Unsure);
    check_request(request, &[missing("numpy")], "I could not run it.", Verdict::Failure);
    let own = "I could not run it: the module rows is not installed.";
    let look = bash("ls", 0, "rows.py\nsrc/sum.py");
    check_request(request, &[look, missing("rows")], own, Verdict::Failure);
    let other = "I could not run it: app.rows is not installed.";
    check_request(request, &[missing("app.rows")], other, Verdict::Failure);
}

#[test]
fn work_that_was_done_and_could_not_be_tried_is_none() {
    let edit = call("edit_file", "{}", ResultKind::Ok, None);
    let answer = "The header has the right length. I couldn't run the slow tests here.";
    check(&[edit], answer, Verdict::Ok);
    check(&[], answer, Verdict::Failure);
}

// WT7.
#[test]
fn evidence_is_short() {
    let calls = [says("send", "{}", &format!("Error: {}", "x".repeat(5_000)))];
    let judgement = judge("", &calls, &[], "Sent.", Ending::Answer);
    assert!(judgement.reason().unwrap().evidence.chars().count() <= 300);
}
