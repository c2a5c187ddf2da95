//! What a call would do, for the person who is asked about it.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::{
    clip::clip_middle,
    event::PendingTool,
    machine::{MODEL_CALL, TAKEOVER},
    shell::{self, Risk},
    tool::{Access, BuiltInTool},
};

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

/// Returns the gravest thing that a call would do, in a word; of one that costs money, that it does
/// as well.
pub fn risk(call: &PendingTool) -> String {
    let is_paid = call.billing.estimated_cost_usd.is_some_and(|usd| usd > 0.0)
        || call.billing.block_reason.is_some()
        || matches!(call.tool.as_str(), MODEL_CALL | TAKEOVER);
    let risk = match (call.arguments.get("command"), BuiltInTool::from_name(&call.tool)) {
        (Some(Value::String(command)), _) => Some(shell::read(command).risk()),
        (_, Some(tool)) => Some(match tool.access() {
            Access::Read => Risk::Reads,
            Access::Edit => Risk::Writes,
            Access::Execute => Risk::Runs,
        }),
        (_, None) => None,
    };
    match (risk, is_paid) {
        (Some(risk), true) => format!("{}, {}", risk.word(), Risk::Costs.word()),
        (Some(risk), false) => risk.word().to_owned(),
        (None, true) => Risk::Costs.word().to_owned(),
        (None, false) => Risk::Unclear.word().to_owned(),
    }
}

/// Returns why a call is asked about and what it costs, as sentences; empty where nobody said.
pub fn reason(call: &PendingTool) -> String {
    let billing = &call.billing;
    let because = call.asked_because.as_deref().map(|clause| {
        let mut characters = clause.chars();
        let first: String = characters.next().into_iter().flat_map(char::to_uppercase).collect();
        format!("{first}{}.", characters.as_str())
    });
    let why = billing.block_reason.clone().or(because);
    [why, cost(call)].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Returns what a call costs, as a sentence, unless it is asked about for just that.
pub fn cost(call: &PendingTool) -> Option<String> {
    let usd = call.billing.estimated_cost_usd.filter(|usd| *usd > 0.0)?;
    match call.billing.remaining_cap_usd {
        Some(left) if usd > left => None,
        Some(left) => Some(format!("It costs up to ${usd:.2}; ${left:.2} is left.")),
        None => Some(format!("It costs up to ${usd:.2}.")),
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

    use super::{preview, reason, risk, summary};
    use crate::event::{PendingTool, ToolBilling};

    fn pending(tool: &str, call: Value, billing: ToolBilling) -> PendingTool {
        PendingTool {
            tool: tool.to_owned(),
            arguments: arguments(call),
            tool_call_id: "c".to_owned(),
            billing,
            asked_because: Some("a rule in `approval.rules` asks".to_owned()),
            outside_sandbox: false,
            stopped_by: Vec::new(),
            diff: None,
        }
    }

    #[test]
    fn a_price_hides_neither_the_risk_nor_the_reason() {
        let paid = |usd: f64, left: f64, reason: Option<&str>| ToolBilling {
            block_reason: reason.map(str::to_owned),
            estimated_cost_usd: Some(usd),
            remaining_cap_usd: Some(left),
            ..ToolBilling::default()
        };
        let deletes = || json!({"command": "rm -rf src"});
        let free = pending("bash", deletes(), ToolBilling::default());
        assert_eq!(
            (risk(&free).as_str(), reason(&free).as_str()),
            ("deletes", "A rule in `approval.rules` asks.",)
        );
        let within = pending("bash", deletes(), paid(0.4, 1.0, None));
        assert_eq!(
            (risk(&within).as_str(), reason(&within).as_str()),
            (
                "deletes, costs money",
                "A rule in `approval.rules` asks. It costs up to $0.40; $1.00 is left.",
            )
        );
        let beyond = pending("bash", deletes(), paid(9.0, 5.0, Some("It exceeds the cap.")));
        assert_eq!(reason(&beyond), "It exceeds the cap.");
        let job = pending("hf_jobs", json!({"operation": "run"}), paid(1.0, 5.0, None));
        assert_eq!(risk(&job), "costs money");
    }

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
