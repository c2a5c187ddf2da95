//! How a recorded call ended, read from what the model read.
//!
//! Where the recording has an exit status, that decides, whatever words the output has. Without
//! one, only the places count in which programs report: the beginning, a field of a JSON object,
//! the last lines of a command that did not just show a file.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

use crate::{
    clip::clip,
    detect::{
        SignalKind,
        command::{asks_a_question, was_so_already},
        matches,
        recorded::messages::RecordedCall,
    },
};

/// Lines at the beginning of an output in which a status is looked for.
const HEAD_LINES: usize = 2;
/// Lines at its end; harnesses add up to five of their own.
const TAIL_LINES: usize = 8;
/// Longest line quoted, in characters.
const LINE_CHARS: usize = 200;

/// How a call ended.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::detect) enum Outcome {
    /// Nothing speaks against it.
    Done,
    /// It failed.
    Failed {
        /// What kind of failure it is.
        kind: SignalKind,
        /// The line that says so.
        evidence: String,
        /// Whether a status or the tool itself says so, and not only words of its output.
        is_sure: bool,
    },
    /// It says neither: a command still runs, a limit of time was reached.
    Unclear,
}

/// Reads how a call ended.
pub(super) fn read(call: &RecordedCall) -> Outcome {
    let outcome = read_output(&call.tool, &call.arguments, &call.output);
    // Where there is a status, what it means stands.
    if call.is_error && outcome == Outcome::Done && exit_code(&call.output).is_none() {
        let line = call.output.lines().find(|line| !line.trim().is_empty());
        return failed(SignalKind::ToolError, line.unwrap_or("it is marked as failed"), true);
    }
    outcome
}

/// Reads how a call ended from what it printed; `arguments` is the text of its arguments.
pub(in crate::detect) fn read_output(tool: &str, arguments: &str, output: &str) -> Outcome {
    match exit_code(output) {
        Some(0) => return Outcome::Done,
        Some(1) if asks_a_question(arguments) => return Outcome::Done,
        Some(_) if was_so_already(arguments, output) => return Outcome::Done,
        // What harnesses report of a command that has not ended, and of one that was interrupted.
        Some(-1 | 130) => return Outcome::Unclear,
        Some(code) => {
            let line = error_line(output).unwrap_or_default();
            let evidence = format!("exit code {code} {line}");
            return failed(SignalKind::ExitCode, &evidence, true);
        }
        None => {}
    }
    if let Ok(Value::Object(object)) = serde_json::from_str::<Value>(output) {
        return match error_field(&object) {
            Some(error) => failed(SignalKind::ToolError, &error, true),
            None => Outcome::Done,
        };
    }
    let first = output.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
    if matches(&UNKNOWN_TOOL, first) {
        return failed(SignalKind::UnknownTool, first, true);
    }
    if matches(&MALFORMED, first) {
        return failed(SignalKind::MalformedArguments, first, true);
    }
    // What a command shows of a file is not about the command, but for a complaint that is all.
    let is_about_itself = !is_command(tool) || !shows_something(arguments);
    if is_about_itself && matches(&BEGINS_WITH_ERROR, first) && !matches(&NO_ERROR, first) {
        return failed(SignalKind::ToolError, first, true);
    }
    let n_lines = output.trim().lines().count();
    if !is_command(tool) && n_lines == 1 && first.len() < LINE_CHARS && matches(&NOT_THERE, first) {
        return failed(SignalKind::ToolError, first, false);
    }
    match error_line(output) {
        Some(line)
            if is_command(tool)
                && (is_about_itself || matches(&NO_FILE, output) && n_lines == 1) =>
        {
            failed(SignalKind::ToolError, line, false)
        }
        _ => Outcome::Done,
    }
}

/// Returns whether a call can only look at things, by the names of its tool and its command.
pub(in crate::detect) fn only_looks(tool: &str, arguments: &str) -> bool {
    if is_command(tool) {
        return shows_something(arguments);
    }
    let (_, sub) = aim(tool, arguments);
    let name = tool.rsplit("__").next().unwrap_or_default().to_lowercase();
    let verb = sub.unwrap_or(name);
    let verb = verb.split(['_', '-', '.']).next().unwrap_or_default();
    LOOKING.contains(&verb)
}

/// Returns whether `later` is after what `failed` was after: the same tool, or another one that
/// looks for the same kind of thing.
pub(super) fn same_aim(failed: &RecordedCall, later: &RecordedCall) -> bool {
    if aim(&failed.tool, &failed.arguments) == aim(&later.tool, &later.arguments) {
        return true;
    }
    let looks = |call: &RecordedCall| only_looks(&call.tool, &call.arguments);
    let verb = |call: &RecordedCall| {
        call.tool.to_lowercase().split(['_', '-', '.']).next().map(str::to_owned)
    };
    looks(failed) && looks(later) && verb(failed) == verb(later)
}

/// The tool, and what a tool of several commands was told to do.
fn aim<'a>(tool: &'a str, arguments: &str) -> (&'a str, Option<String>) {
    if is_command(tool) {
        return (tool, None);
    }
    let arguments: Value = serde_json::from_str(arguments).unwrap_or_default();
    let sub = ["command", "action", "operation"]
        .iter()
        .find_map(|key| arguments.get(key).and_then(Value::as_str))
        .filter(|word| word.len() < 30 && !word.contains(char::is_whitespace));
    (tool, sub.map(str::to_lowercase))
}

fn failed(kind: SignalKind, evidence: &str, is_sure: bool) -> Outcome {
    Outcome::Failed { kind, evidence: clip(evidence.trim(), LINE_CHARS), is_sure }
}

/// Returns the last status that an output names where statuses are named.
fn exit_code(output: &str) -> Option<i32> {
    let regex = EXIT_CODE.as_ref()?;
    let at_end = output.lines().rev().take(TAIL_LINES);
    at_end.chain(output.lines().take(HEAD_LINES)).find_map(|line| {
        let captures = regex.captures(line)?;
        captures.iter().skip(1).flatten().next()?.as_str().parse().ok()
    })
}

/// Returns what an object says went wrong.
fn error_field(object: &Map<String, Value>) -> Option<String> {
    for key in ["error", "errors", "error_message", "stderr_error", "exception"] {
        match object.get(key) {
            Some(Value::String(text)) if !text.trim().is_empty() && !matches(&NO_ERROR, text) => {
                return Some(text.clone());
            }
            Some(Value::Object(error)) if !error.is_empty() => {
                let message = error.get("message").and_then(Value::as_str);
                return Some(message.unwrap_or("it answered with an error").to_owned());
            }
            Some(Value::Array(errors)) if !errors.is_empty() => {
                let first = errors.first().map(ToString::to_string);
                return first.map(|it| it.trim_matches('"').to_owned());
            }
            Some(Value::Bool(true)) => return Some(describe(object)),
            _ => {}
        }
    }
    let is_true = |key: &str| object.get(key) == Some(&Value::Bool(true));
    let is_false = |key: &str| object.get(key) == Some(&Value::Bool(false));
    let has_failed = is_true("isError")
        || is_true("is_error")
        || is_false("success")
        || is_false("ok")
        || matches!(
            object.get("status").and_then(Value::as_str),
            Some("error" | "failed" | "failure")
        );
    has_failed.then(|| describe(object))
}

fn describe(object: &Map<String, Value>) -> String {
    ["message", "detail", "reason", "content", "output"]
        .iter()
        .find_map(|key| object.get(*key).and_then(Value::as_str))
        .unwrap_or("it answered with an error")
        .to_owned()
}

/// Returns the line at an output's end with which a program says that it failed.
pub(in crate::detect) fn error_line(output: &str) -> Option<&str> {
    let tail = output.lines().rev().take(TAIL_LINES);
    let mut lines = tail.map(str::trim).filter(|line| !matches(&NO_ERROR, line));
    lines.find(|line| matches(&ERROR_LINE, line))
}

/// Whether a command consists of several, of which only the last one's status is known.
pub(in crate::detect) fn hides_a_status(arguments: &str) -> bool {
    matches(&SEVERAL, arguments) && !matches(&STRICT, arguments)
}

/// Whether a tool runs commands, by its name.
pub(in crate::detect) fn is_command(tool: &str) -> bool {
    let name = tool.to_lowercase();
    ["bash", "shell", "terminal", "command", "execute", "exec", "python", "ipython", "run_"]
        .iter()
        .any(|part| name.contains(part))
}

/// Whether a command only shows what is there, so that its output is not about itself.
fn shows_something(arguments: &str) -> bool {
    matches(&SHOWS, arguments)
}

/// First words of names of tools that change nothing.
const LOOKING: [&str; 27] = [
    "get",
    "find",
    "list",
    "search",
    "lookup",
    "look",
    "read",
    "view",
    "fetch",
    "query",
    "check",
    "calculate",
    "think",
    "show",
    "open",
    "describe",
    "retrieve",
    "browse",
    "scroll",
    "goto",
    "ls",
    "cat",
    "grep",
    "glob",
    "web",
    "verify",
    "inspect",
];

static SEVERAL: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[|;]|\\n").ok());

static STRICT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\bpipefail\b|\bset -\w*e").ok());

static EXIT_CODE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?i)\b(?:exit(?:ed)?[ _-]?(?:with[ _])?(?:status|code)|return[ _]?code|exitcode)\b["'>]*\s*(?::|=|>|is|was)?\s*(-?\d{1,3})\b"#,
        r"|\bnon-zero exit status (\d{1,3})\b",
    ))
    .ok()
});

static BEGINS_WITH_ERROR: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)^(?:\[\w+\]\s*)?(?:<?error\b\W|error$|errors? (?:while|when|in|occurred|executing|running)|",
        r"\w*(?:Error|Exception):|failed to\b|failure:|fatal:|invalid\b|traceback \(most|",
        r"unknown action\b|no replacement was performed|permission denied\b|access denied\b|",
        r"(?:could not|couldn't|cannot|can't|unable to) \w+|tool (?:call )?(?:error|failed)\b)",
    ))
    .ok()
});

static UNKNOWN_TOOL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^\W*(?:error:?\s*)?(?:(?:unknown|no such|undefined) (?:tool|function)|there is no tool|(?:tool|function) \S+ (?:not found|does not exist|is not (?:available|defined|a valid)))")
        .ok()
});

static MALFORMED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^\W*(?:error:?\s*)?(?:(?:invalid|malformed|failed to parse|could not parse|missing required) (?:json|(?:tool |function )?arguments?|parameters?)\b)|^\W*your (?:output|response|last output) was not formatted|\bexactly one action\b|^\W*no (?:valid )?(?:tool|function) calls? (?:was |were )?found")
        .ok()
});

/// What looks like an error and says that there was none.
static NO_ERROR: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:0|no|zero|without) (?:errors?|failures?|failed)\b|\berrors?:\s*(?:0|none|null|false|\[\])\b|\b0 failed\b|\berrors? (?:fixed|resolved)\b",
    )
    .ok()
});

static ERROR_LINE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^(?:[A-Za-z_][\w.]*)?(?:Error|Exception)(?::|$)|^error(?:\[E\d+\])?:|^fatal: |^npm ERR!|",
        r"(?:No such file or directory|Permission denied|command not found|Is a directory)\W*$|",
        r"^=+ .*\b[1-9]\d* (?:failed|errors?)\b.*=+$|^FAILED\b|^test result: FAILED|^make: \*\*\* |",
        r"^Segmentation fault|^panic: |^Killed$",
    ))
    .ok()
});

/// A whole answer that only says that something is not there; "not found: none" does not.
static NOT_THERE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^[^:;,]*\b(?:(?:was |is |were )?not found|(?:does not|doesn't) exist)\W*$|\bnot found in (?:the )?\w+\W*$").ok()
});

static NO_FILE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?:No such file or directory|Permission denied)\W*$").ok());

static SHOWS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?:^|"(?:command|cmd|code)"\s*:\s*")\s*(?:cd [^&;|"]*&&\s*)?(?:cat|ls|head|tail|less|grep|egrep|rg|find|sed -n|awk|git (?:log|show|diff|status|grep|blame)|tree|wc|stat|nl|echo)\b[^&;]*$"#)
        .ok()
});

#[cfg(test)]
mod tests {
    use super::{Outcome, read_output};

    #[track_caller]
    fn check_failed(tool: &str, arguments: &str, output: &str) {
        let outcome = read_output(tool, arguments, output);
        assert!(matches!(outcome, Outcome::Failed { .. }), "{outcome:?}: {output}");
    }

    #[track_caller]
    fn check_done(tool: &str, arguments: &str, output: &str) {
        assert_eq!(read_output(tool, arguments, output), Outcome::Done, "{output}");
    }

    #[test]
    fn statuses_decide_whatever_the_words_are() {
        for output in [
            "error: not found in 3 files\n[exit code: 0]",
            "Failed to start\n<returncode>0</returncode>",
            "Error: x\n\n[The command completed with exit code 0.]\n[Current directory: /w]",
            "{\"exit_code\": 0, \"output\": \"Traceback (most recent call last)\"}",
        ] {
            check_done("bash", "{}", output);
        }
        for output in [
            "all is well\n[The command completed with exit code 1.]\n[Current directory: /w]",
            "<returncode>2</returncode>\n<output>\n</output>",
            "exit code: 101\nwarning: unused",
            "Command 'make' returned non-zero exit status 2.",
        ] {
            check_failed("bash", "{\"command\":\"make\"}", output);
        }
        check_done("bash", "{\"command\":\"grep -rn foo .\"}", "exit code: 1");
    }

    #[test]
    fn tools_say_that_they_failed_at_the_beginning_or_in_a_field() {
        for output in [
            "Error: user not found",
            "  \n  ERROR:\nNo replacement was performed",
            "Failed to open the session",
            "Invalid id",
            "KeyError: 'rows'",
            "Session 12 not found.",
            "Unknown action 'swtich'. Valid: list, switch",
            "Traceback (most recent call last):\n  File \"x\"\nKeyError: 'a'",
            "{\"error\": \"no such order\"}",
            "{\"success\": false, \"message\": \"it is locked\"}",
            "{\"error\": {\"message\": \"quota\"}}",
        ] {
            check_failed("cancel_order", "{}", output);
        }
        for output in [
            "{\"error\": \"0 errors\"}",
            "{\"error\": null, \"rows\": []}",
            "{\"errors\": []}",
            "12 rows; not found: none",
            "The log has one line: error: disk full",
            "Errors: 0",
        ] {
            check_done("cancel_order", "{}", output);
        }
    }

    #[test]
    fn commands_without_a_status_say_it_at_their_end() {
        for output in [
            "Traceback (most recent call last):\n  File \"a.py\", line 1\nKeyError: 'rows'",
            "   Compiling x\nerror: could not compile `x` (lib) due to 1 previous error",
            "cat: data.csv: No such file or directory",
            "sh: 1: jq: command not found",
            "= 2 failed, 10 passed in 0.30s =",
        ] {
            check_failed("bash", "{\"command\":\"./run\"}", output);
        }
        check_failed("bash", "{\"command\":\"cat a\"}", "cat: a: No such file or directory");
        check_done("bash", "{\"command\":\"cat build.log\"}", "error: could not compile");
        check_done("bash", "{\"command\":\"./run\"}", "= 0 failed, 10 passed in 0.30s =");
        check_done("search", "{}", "docs/a.md:3: cat: data.csv: No such file or directory");
    }
}
