//! `preceptor detect`: the first tier's verdict on conversations that somebody recorded.

use std::{
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use agent::detect::{RecordedJudgement, SignalKind, Verdict, judge_recorded};
use anyhow::Context;
use serde::Serialize;
use serde_json::Value;

/// Exit code: a file, or a part of it, could not be judged.
const EXIT_FAILED: u8 = 2;

/// Judges the conversations of the files, `-` being standard input, one line of JSON each, in their
/// order; returns the exit code. What cannot be read is named on `stderr`, and the rest is judged.
///
/// # Errors
/// If `stdout` cannot be written.
pub(crate) fn run(
    files: &[PathBuf],
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> anyhow::Result<u8> {
    let mut code = 0;
    for file in files {
        let shown =
            if is_stdin(file) { "standard input".to_owned() } else { file.display().to_string() };
        let conversations = match load(file) {
            Ok(bytes) => conversations(&String::from_utf8_lossy(&bytes)),
            Err(error) => vec![Err(error.to_string())],
        };
        for conversation in conversations {
            match conversation {
                Ok(messages) => {
                    let line = line(&judge_recorded(&messages)).context("writing the verdict")?;
                    match writeln!(stdout, "{line}") {
                        // Whoever reads has seen enough.
                        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(code),
                        written => written.context("writing to stdout")?,
                    }
                }
                Err(problem) => {
                    code = EXIT_FAILED;
                    // With stderr gone there is nobody left to tell.
                    let _ = writeln!(stderr, "error: {shown}: {problem}");
                }
            }
        }
    }
    Ok(code)
}

fn is_stdin(file: &Path) -> bool {
    file.as_os_str() == "-"
}

#[expect(clippy::disallowed_methods, reason = "the command line reads the files it is given")]
fn load(file: &Path) -> io::Result<Vec<u8>> {
    if is_stdin(file) {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    std::fs::read(file)
}

/// Takes a text apart into conversations: one JSON value, or one on each line.
fn conversations(text: &str) -> Vec<Result<Vec<Value>, String>> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return vec![Err("it is empty: a conversation is `{\"messages\": […]}`".to_owned())];
    }
    let whole = match serde_json::from_str::<Value>(text) {
        Ok(value) => return of_value(value, ""),
        Err(error) => error,
    };
    let lines: Vec<(usize, &str)> =
        text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).collect();
    let values: Vec<(usize, Result<Value, serde_json::Error>)> =
        lines.iter().map(|(idx, line)| (*idx, serde_json::from_str(line))).collect();
    if values.iter().all(|(_, value)| value.is_err()) {
        return vec![Err(format!("it is neither JSON nor JSON Lines ({whole})"))];
    }
    // A message a line is one conversation.
    let is_message = |value: &Value| value.get("role").is_some();
    if values.iter().all(|(_, value)| value.as_ref().is_ok_and(is_message)) {
        return vec![Ok(values.into_iter().filter_map(|(_, value)| value.ok()).collect())];
    }
    values
        .into_iter()
        .flat_map(|(idx, value)| {
            let place = format!("line {}: ", idx + 1);
            match value {
                Ok(value) => of_value(value, &place),
                Err(error) => vec![Err(format!("{place}this is no JSON ({error})"))],
            }
        })
        .collect()
}

/// Returns the conversations of a value: an object with messages, a list of such, or of messages.
fn of_value(value: Value, place: &str) -> Vec<Result<Vec<Value>, String>> {
    match value {
        Value::Object(mut object) => match object.remove("messages") {
            Some(Value::Array(messages)) => vec![Ok(messages)],
            _ => vec![Err(format!("{place}there is no list `messages` in this object"))],
        },
        Value::Array(values) => {
            let is_message = |value: &Value| value.get("role").is_some();
            if !values.is_empty() && values.iter().all(is_message) {
                return vec![Ok(values)];
            }
            let place = |idx: usize| format!("{place}conversation {}: ", idx + 1);
            let of_each = values.into_iter().enumerate();
            of_each.flat_map(|(idx, value)| of_value(value, &place(idx))).collect()
        }
        _ => vec![Err(format!("{place}a conversation is an object with a list `messages`"))],
    }
}

/// One line of the report.
#[derive(Debug, Serialize)]
struct Line<'a> {
    verdict: Verdict,
    confidence: f64,
    signals: Vec<LineSignal<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LineSignal<'a> {
    kind: SignalKind,
    evidence: &'a str,
    message_index: usize,
    recovered: bool,
}

fn line(judged: &RecordedJudgement) -> serde_json::Result<String> {
    let judgement = &judged.judgement;
    let signals = judgement.signals.iter().zip(&judged.message_indices);
    serde_json::to_string(&Line {
        verdict: judgement.verdict,
        // To three places: more would claim more than there is.
        confidence: (judgement.confidence * 1000.0).round() / 1000.0,
        signals: signals
            .map(|(signal, message_idx)| LineSignal {
                kind: signal.kind,
                evidence: &signal.evidence,
                message_index: *message_idx,
                recovered: signal.recovered,
            })
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::{conversations, line};

    #[track_caller]
    fn check(text: &str, expected: &Expect) {
        let lines: Vec<String> = conversations(text)
            .into_iter()
            .map(|conversation| match conversation {
                Ok(messages) => line(&agent::detect::judge_recorded(&messages)).unwrap() + "\n",
                Err(problem) => format!("error: {problem}\n"),
            })
            .collect();
        expected.assert_eq(&lines.concat());
    }

    #[test]
    fn objects_lists_and_lines_hold_conversations() {
        let ok = r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "Hello."}]}"#;
        let expected = expect![[r#"
            {"verdict":"ok","confidence":0.0,"signals":[]}
        "#]];
        check(ok, &expected);
        check(&format!("[{ok}]"), &expected);
        check(&format!("\u{feff}{ok}\n\n"), &expected);
        check(
            "{\"role\": \"user\", \"content\": \"hi\"}\n{\"role\": \"assistant\", \"content\": \"I can't do that.\"}",
            &expect![[r#"
                {"verdict":"failure","confidence":0.7,"signals":[{"kind":"give_up","evidence":"I can't do that.","messageIndex":1,"recovered":false}]}
            "#]],
        );
        check(
            &format!("{ok}\n{{broken\n{ok}"),
            &expect![[r#"
                {"verdict":"ok","confidence":0.0,"signals":[]}
                error: line 2: this is no JSON (key must be a string at line 1 column 2)
                {"verdict":"ok","confidence":0.0,"signals":[]}
            "#]],
        );
    }

    #[test]
    fn what_is_none_gets_a_sentence() {
        check(
            "",
            &expect![[r#"
            error: it is empty: a conversation is `{"messages": […]}`
        "#]],
        );
        check(
            "hello",
            &expect![[r"
            error: it is neither JSON nor JSON Lines (expected value at line 1 column 1)
        "]],
        );
        check(
            "[1, {}]",
            &expect![[r"
            error: conversation 1: a conversation is an object with a list `messages`
            error: conversation 2: there is no list `messages` in this object
        "]],
        );
        check(
            "{\"messages\": 1}",
            &expect![[r"
            error: there is no list `messages` in this object
        "]],
        );
    }
}
