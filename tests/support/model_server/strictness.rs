//! What strict servers and chat templates refuse.

use std::collections::HashSet;

use serde_json::{Value, json};

/// Checks what strict servers and chat templates demand of every request.
pub(crate) fn violations(body: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    if body["stream"] != json!(true) {
        faults.push("it does not ask for a stream".to_owned());
    }
    let limits = ["max_tokens", "max_completion_tokens"];
    if !limits.iter().any(|it| body[it].as_u64().is_some_and(|it| it > 0)) {
        faults.push("it does not limit the reply".to_owned());
    }
    let messages: Vec<&Value> = body["messages"].as_array().into_iter().flatten().collect();
    let role = |idx: usize| messages.get(idx).and_then(|it| it["role"].as_str()).unwrap_or("none");
    if role(0) != "system" {
        faults.push(format!("the first message is not of the system but of: {}", role(0)));
    }
    let mut open: HashSet<&str> = HashSet::new();
    for (idx, message) in messages.iter().enumerate() {
        let place = format!("message {idx}");
        if role(idx) == "tool" {
            let id = message["tool_call_id"].as_str().unwrap_or_default();
            if !open.remove(id) {
                faults.push(format!(
                    "{place} is a result of `{id}`, which no call before it waits for"
                ));
            }
            continue;
        }
        if !open.is_empty() {
            faults.push(format!("{place} comes before the results of {open:?}"));
            open.clear();
        }
        match role(idx) {
            "system" if idx > 0 => faults.push(format!("{place} is another system message")),
            "user" if idx > 0 && role(idx - 1) == "user" => {
                faults.push(format!("{place} follows another message of the user"));
            }
            "assistant" => {
                for call in message["tool_calls"].as_array().into_iter().flatten() {
                    let id = call["id"].as_str().unwrap_or_default();
                    if id.is_empty() || !open.insert(id) {
                        faults.push(format!(
                            "{place} has the call id `{id}`, which is none or not its own"
                        ));
                    }
                }
            }
            "system" | "user" => {}
            other => faults.push(format!("{place} is of an unknown role: {other}")),
        }
    }
    if !open.is_empty() {
        faults.push(format!("the results of {open:?} are missing"));
    }
    faults
}
