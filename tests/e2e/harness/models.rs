//! What models answer, in the words of the tests.

use serde_json::{Value, json};

use crate::model_server::{Event, Request, ev_call, ev_finish, ev_text};

/// The teacher's model, as it is configured.
pub(crate) const TEACHER: &str = "teacher-model";

/// Returns a reply that is a final answer.
pub(crate) fn says(text: &str) -> Vec<Event> {
    vec![ev_text(text), ev_finish("stop")]
}

/// Returns a reply that calls tools, each with its arguments; the ids are `call_1` and so on.
pub(crate) fn calls<const N: usize>(calls: [(&str, Value); N]) -> Vec<Event> {
    let calls = (1..).zip(calls).map(|(number, (tool, arguments))| {
        ev_call(&format!("call_{number}"), tool, &arguments.to_string())
    });
    calls.chain([ev_finish("tool_calls")]).collect()
}

/// Returns a reply that runs one command.
pub(crate) fn bash(command: &str) -> Vec<Event> {
    calls([("bash", json!({ "command": command }))])
}

/// Returns what a teacher distills, as an object to change.
pub(crate) fn distilled() -> Value {
    json!({
        "action": "add",
        "name": "count-csv-rows",
        "description": "Counts the data rows of a CSV file.",
        "when_to_use": "the user asks how many rows or records a CSV file has",
        "procedure": ["List the folder with `list_files`.", "Run `tail -n +2 FILE | wc -l`."],
        "pitfalls": ["A name typed from memory may not exist."],
        "verification": ["The number is one less than `wc -l FILE` prints."],
        "category": "data",
    })
}

/// Returns the tool results that a request carries, first to last.
pub(crate) fn tool_results(request: &Request) -> Vec<&str> {
    let results = request.messages().filter(|message| message["role"] == "tool");
    results.filter_map(|message| message["content"].as_str()).collect()
}
