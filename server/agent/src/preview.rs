//! What a call would do, for the person who is asked about it.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::{clip::clip_middle, event::PendingTool};

/// Longest preview, in characters.
const PREVIEW_CHARS: usize = 4_000;

/// Returns a call on one line: what tells it from others of its tool, else its arguments.
pub fn summary(arguments: &Map<String, Value>) -> String {
    let text = |name: &str| arguments.get(name).and_then(Value::as_str);
    let has_only =
        |names: &[&str]| arguments.keys().all(|argument| names.contains(&argument.as_str()));
    if let Some(command) = text("command") {
        return command.to_owned();
    }
    if let Some(pattern) = text("pattern").filter(|_| has_only(&["pattern", "path", "glob"])) {
        let place = [text("path"), text("glob")].into_iter().flatten().collect::<Vec<_>>();
        let place =
            if place.is_empty() { String::new() } else { format!(" in {}", place.join(" ")) };
        return format!("{pattern}{place}");
    }
    if let Some(path) = text("path") {
        return format!("{path}{}", lines(arguments));
    }
    match arguments.get("items") {
        Some(Value::Array(items)) if has_only(&["items"]) => match items.len() {
            1 => return "1 item".to_owned(),
            n_items => return format!("{n_items} items"),
        },
        _ => {}
    }
    if text("action").is_some() && has_only(&["action", "name", "file"]) {
        let words = ["action", "name", "file"].into_iter().filter_map(text);
        return words.collect::<Vec<_>>().join(" ");
    }
    Value::Object(arguments.clone()).to_string()
}

/// Returns which lines of a file are asked for, where that is not all of it.
fn lines(arguments: &Map<String, Value>) -> String {
    let number = |name: &str| arguments.get(name).and_then(Value::as_u64);
    match (number("offset"), number("limit")) {
        (None | Some(0 | 1), None) => String::new(),
        (Some(offset), None) => format!(" from line {offset}"),
        (offset, Some(limit)) => {
            let first = offset.unwrap_or(1).max(1);
            format!(" lines {first}–{}", first.saturating_add(limit.max(1)) - 1)
        }
    }
}

/// Returns what a call that waits would change, in the manner of a diff: against the file where that
/// is known. `None` for calls that change no text.
pub fn change(call: &PendingTool) -> Option<String> {
    call.diff.clone().or_else(|| preview(&call.arguments))
}

/// Returns the text that a call would put in and take out, in the manner of a diff; `None` for
/// calls that change no text.
pub fn preview(arguments: &Map<String, Value>) -> Option<String> {
    let text = |name: &str| arguments.get(name).and_then(Value::as_str);
    let mut diff = String::new();
    match (text("content"), text("old"), text("new")) {
        (Some(content), _, _) => push_lines(&mut diff, '+', content),
        (None, Some(old), Some(new)) => {
            push_lines(&mut diff, '-', old);
            push_lines(&mut diff, '+', new);
        }
        _ => return None,
    }
    Some(clip_middle(diff.trim_end(), PREVIEW_CHARS))
}

fn push_lines(diff: &mut String, mark: char, text: &str) {
    for line in text.lines() {
        let _ = writeln!(diff, "{mark}{line}");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::{preview, summary};

    fn arguments(value: Value) -> Map<String, Value> {
        let Value::Object(map) = value else { unreachable!() };
        map
    }

    #[test]
    fn edits_show_what_goes_and_what_comes() {
        let edit = arguments(json!({"path": "a", "old": "one\ntwo", "new": "2"}));
        assert_eq!(preview(&edit).as_deref(), Some("-one\n-two\n+2"));
        assert_eq!(summary(&edit), "a");
        let write = arguments(json!({"path": "a", "content": "x\ny\n"}));
        assert_eq!(preview(&write).as_deref(), Some("+x\n+y"));
        assert_eq!(preview(&arguments(json!({"command": "ls"}))), None);
    }

    #[test]
    fn a_call_is_told_from_others_of_its_tool() {
        for (call, expected) in [
            (json!({"command": "ls -l", "timeout_s": 3}), "ls -l"),
            (json!({"path": "a.csv"}), "a.csv"),
            (json!({"path": "a.csv", "offset": 11, "limit": 40}), "a.csv lines 11–50"),
            (json!({"path": "a.csv", "limit": 1}), "a.csv lines 1–1"),
            (json!({"path": "a.csv", "offset": 11}), "a.csv from line 11"),
            (json!({"pattern": "fn main"}), "fn main"),
            (json!({"pattern": "fn main", "path": "src", "glob": "*.rs"}), "fn main in src *.rs"),
            (json!({"items": [{"id": "1"}, {"id": "2"}]}), "2 items"),
            (json!({"action": "view", "name": "count-rows"}), "view count-rows"),
            (json!({"action": "drop", "table": "x"}), r#"{"action":"drop","table":"x"}"#),
            (json!({"depth": 3}), r#"{"depth":3}"#),
        ] {
            assert_eq!(summary(&arguments(call)), expected);
        }
    }
}
