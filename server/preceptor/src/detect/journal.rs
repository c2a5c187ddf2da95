//! Preceptor's own journals as recorded conversations.

use agent::detect::RecordedEnd;
use serde_json::{Value, json};

use crate::detect::conversations::Conversation;

/// Returns whether a line is a record of a journal.
pub(super) fn is_record(value: &Value) -> bool {
    ["seq", "type", "data"].iter().all(|key| value.get(*key).is_some())
}

/// Reads the records of one run.
pub(super) fn conversation(records: impl IntoIterator<Item = Value>) -> Conversation {
    let mut fold = Fold::default();
    for record in records {
        let kind = record.get("type").and_then(Value::as_str).unwrap_or_default();
        if let Some(data) = record.get("data") {
            fold.take(kind, data);
        }
    }
    fold.end_reply();
    let end = RecordedEnd { status: fold.status, patch: None };
    Conversation { messages: fold.messages, end }
}

#[derive(Debug, Default)]
struct Fold {
    messages: Vec<Value>,
    /// The reply that is being put together.
    text: String,
    calls: Vec<Value>,
    /// How the last turn ended, where that is known.
    status: Option<String>,
}

impl Fold {
    fn take(&mut self, kind: &str, data: &Value) {
        let text = |key: &str| data.get(key).and_then(Value::as_str).unwrap_or_default();
        match kind {
            "state" if text("kind") == "request" => {
                self.end_reply();
                self.status = None;
                self.messages.push(json!({ "role": "user", "content": text("prompt") }));
            }
            "assistant_chunk" | "assistant_message" => {
                // A reply that has calls is over.
                if !self.calls.is_empty() {
                    self.end_reply();
                }
                self.text.push_str(text("content"));
            }
            "tool_call" => {
                let arguments = match text("raw") {
                    "" => data.get("arguments").map(Value::to_string).unwrap_or_default(),
                    raw => raw.to_owned(),
                };
                let function = json!({ "name": text("tool"), "arguments": arguments });
                self.calls.push(json!({ "id": text("toolCallId"), "function": function }));
            }
            "tool_output" => {
                self.end_reply();
                // The output of a command names its status.
                let is_error = data.get("success") == Some(&Value::Bool(false))
                    && data.get("exitCode").is_none_or(Value::is_null);
                self.messages.push(json!({
                    "role": "tool",
                    "tool_call_id": text("toolCallId"),
                    "name": text("tool"),
                    "content": text("output"),
                    "is_error": is_error,
                }));
            }
            "teacher_takeover" => self.end_reply(),
            "turn_complete" => {
                self.end_reply();
                self.status = Some(text("stopReason").to_owned());
            }
            "interrupted" | "error" => self.end_reply(),
            _ => {}
        }
    }

    fn end_reply(&mut self) {
        let (text, calls) = (std::mem::take(&mut self.text), std::mem::take(&mut self.calls));
        if !text.is_empty() || !calls.is_empty() {
            self.messages
                .push(json!({ "role": "assistant", "content": text, "tool_calls": calls }));
        }
    }
}
