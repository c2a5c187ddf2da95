//! What a call would do, for the person who is asked about it.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::clip::clip_middle;

/// Longest preview, in characters.
const PREVIEW_CHARS: usize = 4_000;

/// Returns a call on one line: its command or path, else its arguments.
pub fn summary(arguments: &Map<String, Value>) -> String {
    match arguments.get("command").or_else(|| arguments.get("path")) {
        Some(Value::String(text)) => text.clone(),
        _ => Value::Object(arguments.clone()).to_string(),
    }
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
        assert_eq!(summary(&arguments(json!({"depth": 3}))), r#"{"depth":3}"#);
    }
}
