//! A call that waits for a person, in words: the same in editors and in a terminal.

use std::fmt::Write as _;

use agent::{
    event::PendingTool,
    machine::{MODEL_CALL, TAKEOVER},
    preview::{change, reason, risk},
    tool::BuiltInTool,
};
use serde_json::Value;

/// Characters of an argument that is shown, unless it is a command: those are shown whole.
const ARGUMENT_CHARS: usize = 1_000;

/// Returns the whole question for a terminal: what, how risky, what it costs.
pub(crate) fn in_a_terminal(call: &PendingTool) -> String {
    let mut out = format!("{}: {}\n", title(call), in_words(call));
    let _ = write!(out, "  risk: {}", risk(call));
    let reason = reason(call);
    if !reason.is_empty() {
        let _ = write!(out, "\n  {}", visible(&reason));
    }
    if let Some(sentence) = stopped(call) {
        let _ = write!(out, "\n  {sentence}");
    }
    out
}

/// Returns what stopped the call that asks to run once more outside the sandbox, as sentences;
/// `None` where nothing did.
pub(crate) fn stopped(call: &PendingTool) -> Option<String> {
    let by: Vec<String> =
        call.stopped_by.iter().map(|it| format!("{} ({})", visible(&it.what), it.layer)).collect();
    (!by.is_empty()).then(|| {
        format!(
            "The sandbox stopped it: {}. If you allow it, it runs once more, with nothing that \
             confines it.",
            by.join("; ")
        )
    })
}

/// Returns what kind of thing is asked about, in a few words.
pub(crate) fn title(call: &PendingTool) -> String {
    match BuiltInTool::from_name(&call.tool) {
        Some(BuiltInTool::Bash) if call.outside_sandbox => {
            "Run a command outside the sandbox".to_owned()
        }
        Some(BuiltInTool::Bash) => "Run a command".to_owned(),
        Some(BuiltInTool::WriteFile) => "Write a file".to_owned(),
        Some(BuiltInTool::EditFile) => "Edit a file".to_owned(),
        None if call.tool == MODEL_CALL => "Call a model without a known price".to_owned(),
        None if call.tool == TAKEOVER => "Let the teacher take over".to_owned(),
        _ => format!("Run the tool `{}`", call.tool),
    }
}

/// Returns the call as a person reads it: the command or the path first and in full, other
/// arguments up to a length.
pub(crate) fn in_words(call: &PendingTool) -> String {
    let mut lines = Vec::with_capacity(call.arguments.len());
    if let Some(command) = call.arguments.get("command") {
        lines.push(visible(&text(command)));
    }
    if let Some(path) = call.arguments.get("path") {
        lines.push(visible(&text(path)));
    }
    let diff = change(call);
    for (name, value) in &call.arguments {
        let is_in_diff = matches!(name.as_str(), "content" | "old" | "new") && diff.is_some();
        if matches!(name.as_str(), "command" | "path") || is_in_diff {
            continue;
        }
        let value = text(value);
        let n_chars = value.chars().count();
        let mut line = format!("{name}: {}", visible(&agent::clip::clip(&value, ARGUMENT_CHARS)));
        if n_chars > ARGUMENT_CHARS {
            let _ = write!(line, " [{n_chars} characters]");
        }
        lines.push(line);
    }
    lines.extend(diff.map(|diff| visible(&diff)));
    lines.join("\n")
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Spells out characters that would hide or reorder others.
pub(crate) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        let is_plain = matches!(character, '\n' | '\t') || !is_deceptive(character);
        if is_plain {
            out.push(character);
        } else {
            out.extend(character.escape_unicode());
        }
    }
    out
}

fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use agent::event::{PendingTool, ToolBilling};
    use expect_test::{Expect, expect};
    use serde_json::{Value, json};

    use super::{in_a_terminal, in_words, title};

    fn shown(tool: &str, arguments: Value) -> String {
        let Value::Object(arguments) = arguments else { unreachable!() };
        let call = PendingTool {
            tool: tool.to_owned(),
            arguments,
            tool_call_id: "call_1".to_owned(),
            billing: ToolBilling::default(),
            asked_because: None,
            outside_sandbox: false,
            stopped_by: Vec::new(),
            diff: None,
        };
        format!("{}: {}", title(&call), in_words(&call))
    }

    #[track_caller]
    fn check(tool: &str, arguments: Value, expected: &Expect) {
        expected.assert_eq(&shown(tool, arguments));
    }

    #[test]
    fn a_command_is_shown_whole_and_what_would_hide_in_it_is_spelled_out() {
        let long = format!("echo {} && rm -r x", "a".repeat(2_000));
        assert_eq!(
            shown("bash", json!({"command": long, "timeout_s": 3})),
            format!("Run a command: {long}\ntimeout_s: 3")
        );
        check(
            "bash",
            json!({"command": "echo \u{202e}txt\u{1b}[8m\n\tls"}),
            &expect![[r"
                Run a command: echo \u{202e}txt\u{1b}[8m
                	ls"]],
        );
    }

    #[test]
    fn other_arguments_are_cut_and_say_so() {
        check(
            "write_file",
            json!({"path": "a.txt", "content": "b"}),
            &expect![["Write a file: a.txt\n+b"]],
        );
        let call = |content: String| shown("files__put", json!({ "text": content }));
        assert!(call("x".repeat(1_001)).ends_with("x… [1001 characters]"));
        assert!(call("x".repeat(1_000)).ends_with('x'));
    }

    #[test]
    fn a_terminal_is_told_the_risk_and_the_diff_and_nothing_in_it_moves_the_cursor() {
        let question = |tool: &str, arguments: Value| {
            let Value::Object(arguments) = arguments else { unreachable!() };
            in_a_terminal(&PendingTool {
                tool: tool.to_owned(),
                arguments,
                tool_call_id: "call_1".to_owned(),
                billing: ToolBilling::default(),
                asked_because: None,
                outside_sandbox: false,
                stopped_by: Vec::new(),
                diff: None,
            })
        };
        expect![[r"
            Run a command: ls \u{1b}[2Jx; rm -r y
              risk: unclear"]]
        .assert_eq(&question("bash", json!({"command": "ls \u{1b}[2Jx; rm -r y"})));
        expect![[r"
            Edit a file: a.txt
            -one
            +two\u{202e}
              risk: writes"]]
        .assert_eq(&question(
            "edit_file",
            json!({"path": "a.txt", "old": "one", "new": "two\u{202e}"}),
        ));
    }
}
