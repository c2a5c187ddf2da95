//! Puts a reply together from the pieces in which a server sends it.
//!
//! Pieces are read as loose JSON on purpose: servers disagree about which fields may be missing,
//! null or of another type, and one odd field is no reason to lose an answer.

use agent::message::{FinishReason, ModelReply, ToolCall, Usage};
use serde_json::Value;

use crate::{model::Delta, openai::call_id::CallIds};

/// A reply that grows.
#[derive(Debug, Default)]
pub(crate) struct GrowingReply {
    content: String,
    thinking: String,
    calls: Vec<GrowingCall>,
    /// As the server wrote it.
    finish_reason: Option<String>,
    usage: Option<Usage>,
    saw_choice: bool,
}

#[derive(Debug, Default)]
struct GrowingCall {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
}

impl GrowingReply {
    /// Takes in one object of the stream, or the whole object of an answer that is no stream.
    /// Returns what there is to show.
    pub(crate) fn push(&mut self, piece: &Value) -> Vec<Delta> {
        if let Some(usage) = piece.get("usage").and_then(read_usage) {
            self.usage = Some(usage);
        }
        let Some(choice) = piece.pointer("/choices/0") else { return Vec::new() };
        self.saw_choice = true;
        if let Some(reason) = choice.get("finish_reason").and_then(Value::as_str) {
            self.finish_reason = Some(reason.to_owned());
        }
        let Some(delta) = choice.get("delta").or_else(|| choice.get("message")) else {
            return Vec::new();
        };
        for call in delta.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
            self.push_call(call);
        }
        // Some servers send the reasoning under both names.
        let thinking = ["reasoning_content", "reasoning"]
            .into_iter()
            .filter_map(|key| delta.get(key).and_then(Value::as_str))
            .find(|it| !it.is_empty());
        let text = delta.get("content").map(text_of).unwrap_or_default();
        let mut deltas = Vec::new();
        if let Some(thinking) = thinking {
            self.thinking.push_str(thinking);
            deltas.push(Delta::Thinking(thinking.to_owned()));
        }
        if !text.is_empty() {
            self.content.push_str(&text);
            deltas.push(Delta::Text(text));
        }
        deltas
    }

    /// Returns whether the model has written anything yet.
    pub(crate) fn has_begun(&self) -> bool {
        self.has_been_shown() || !self.calls.is_empty()
    }

    /// Returns whether a person may have seen a part of the reply.
    pub(crate) fn has_been_shown(&self) -> bool {
        !self.content.is_empty() || !self.thinking.is_empty()
    }

    /// Returns whether the server said that the reply is complete.
    pub(crate) fn is_finished(&self) -> bool {
        self.finish_reason.is_some()
    }

    /// Returns whether there was any answer, be it an empty one.
    pub(crate) fn saw_choice(&self) -> bool {
        self.saw_choice
    }

    /// Returns the complete reply.
    pub(crate) fn finish(self, mut ids: CallIds) -> ModelReply {
        let finish_reason = match self.finish_reason.as_deref() {
            Some("length" | "max_tokens") => FinishReason::Length,
            // Servers report "stop" with calls, and "tool_calls" without.
            _ if !self.calls.is_empty() => FinishReason::ToolCalls,
            Some("stop" | "eos" | "end_turn") => FinishReason::Stop,
            _ => FinishReason::Other,
        };
        let calls = self.calls.into_iter().map(|call| ToolCall {
            id: ids.assign(&call.id),
            name: call.name,
            arguments: call.arguments,
        });
        ModelReply {
            content: self.content,
            thinking: Some(self.thinking).filter(|it| !it.is_empty()),
            tool_calls: calls.collect(),
            finish_reason,
            usage: self.usage,
        }
    }

    fn push_call(&mut self, piece: &Value) {
        let index = piece.get("index").and_then(Value::as_u64);
        let id = piece.get("id").and_then(Value::as_str).unwrap_or_default();
        let function = piece.get("function").unwrap_or(piece);
        let name = function.get("name").and_then(Value::as_str).unwrap_or_default();
        let arguments = match function.get("arguments") {
            Some(Value::String(arguments)) => arguments.clone(),
            None | Some(Value::Null) => String::new(),
            // The native form of some servers, passed through by their gateways.
            Some(arguments) => arguments.to_string(),
        };
        let Some(call) = self.call_for(index, id, name, &arguments) else {
            self.calls.push(GrowingCall {
                index,
                id: id.to_owned(),
                name: name.to_owned(),
                arguments,
            });
            return;
        };
        if call.id.is_empty() {
            id.clone_into(&mut call.id);
        }
        if call.name != name {
            call.name.push_str(name);
        }
        call.arguments.push_str(&arguments);
    }

    /// Finds the call that a piece continues; `None` where it starts a new one.
    fn call_for(
        &mut self,
        index: Option<u64>,
        id: &str,
        name: &str,
        arguments: &str,
    ) -> Option<&mut GrowingCall> {
        let call = match index {
            Some(_) => self.calls.iter_mut().rev().find(|it| it.index == index),
            None if !id.is_empty() && self.calls.iter().any(|it| it.id == id) => {
                self.calls.iter_mut().rev().find(|it| it.id == id)
            }
            None => self.calls.last_mut(),
        }?;
        let has_other_id = !id.is_empty() && !call.id.is_empty() && call.id != id;
        // Parallel calls without ids at one index: the next begins when the last is whole.
        let begins_again = (id.is_empty() || call.id.is_empty())
            && !name.is_empty()
            && !arguments.is_empty()
            && serde_json::from_str::<Value>(&call.arguments).is_ok();
        (!has_other_id && !begins_again).then_some(call)
    }
}

/// Text is a string, or a list of parts of which those of type `text` count.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            parts.iter().filter_map(|it| it.get("text").and_then(Value::as_str)).collect()
        }
        _ => String::new(),
    }
}

/// Gateways report zeros where the server behind them reported nothing.
fn read_usage(usage: &Value) -> Option<Usage> {
    let tokens = |key| usage.get(key).and_then(Value::as_u64).unwrap_or_default();
    let usage = Usage {
        prompt_tokens: tokens("prompt_tokens"),
        completion_tokens: tokens("completion_tokens"),
    };
    (usage != Usage::default()).then_some(usage)
}

#[cfg(test)]
mod tests {
    use agent::message::{FinishReason, ModelReply};
    use expect_test::{Expect, expect};
    use serde_json::{Value, json};

    use super::GrowingReply;
    use crate::openai::call_id::CallIds;

    fn reply(pieces: &[Value]) -> ModelReply {
        let mut reply = GrowingReply::default();
        for piece in pieces {
            reply.push(piece);
        }
        reply.finish(CallIds::default())
    }

    /// Shows the calls that come of the given `tool_calls` lists, one a piece.
    #[track_caller]
    fn check_calls(pieces: &[Value], expected: &Expect) {
        let pieces: Vec<Value> = pieces
            .iter()
            .map(|it| json!({"choices": [{"index": 0, "delta": {"tool_calls": it}}]}))
            .collect();
        let calls = reply(&pieces).tool_calls.into_iter();
        let lines = calls.map(|it| format!("{} {}({})\n", it.id, it.name, it.arguments));
        expected.assert_eq(&lines.collect::<String>());
    }

    #[test]
    fn fragments_are_joined_by_index() {
        check_calls(
            &[
                json!([{"index": 0, "id": "A", "type": "function", "function": {"name": "bash", "arguments": ""}}]),
                json!([{"index": 1, "id": "B", "function": {"name": "read"}}]),
                json!([{"index": 0, "function": {"arguments": "{\"a\":"}}, {"index": 1, "function": {"arguments": "{}"}}]),
                json!([{"index": 0, "id": "", "function": {"arguments": "1}", "name": null}}]),
            ],
            &expect![[r#"
                A bash({"a":1})
                B read({})
            "#]],
        );
    }

    #[test]
    fn another_id_at_the_same_index_starts_another_call() {
        check_calls(
            &[
                json!([{"index": 0, "id": "A", "function": {"name": "bash", "arguments": "{}"}}]),
                json!([{"index": 0, "id": "B", "function": {"name": "bash", "arguments": "{\"b\":"}}]),
                json!([{"index": 0, "id": "B", "function": {"arguments": "2}"}}]),
            ],
            &expect![[r#"
                A bash({})
                B bash({"b":2})
            "#]],
        );
    }

    #[test]
    fn calls_without_index_and_id_are_told_apart() {
        check_calls(
            &[
                json!([{"function": {"name": "bash", "arguments": "{\"a\""}}]),
                json!([{"function": {"arguments": ":1}"}}]),
                json!([{"function": {"name": "bash", "arguments": "{\"a\":2}"}}]),
                json!([{"id": "C", "function": {"name": "read", "arguments": {"path": "x"}}}]),
            ],
            &expect![[r#"
                call_1 bash({"a":1})
                call_2 bash({"a":2})
                C read({"path":"x"})
            "#]],
        );
    }

    #[test]
    fn a_late_id_belongs_to_the_call_that_has_none() {
        check_calls(
            &[
                json!([{"index": 0, "function": {"name": "bash"}}]),
                json!([{"index": 0, "id": "A", "function": {"arguments": "{}"}}]),
            ],
            &expect![[r"
                A bash({})
            "]],
        );
    }

    #[test]
    fn a_repeated_name_is_not_doubled_but_a_split_one_is_joined() {
        check_calls(
            &[
                json!([{"index": 0, "id": "A", "function": {"name": "bash", "arguments": "{"}}]),
                json!([{"index": 0, "id": "A", "function": {"name": "bash", "arguments": "}"}}]),
                json!([{"index": 1, "id": "B", "function": {"name": "read_"}}]),
                json!([{"index": 1, "function": {"name": "file", "arguments": "{}"}}]),
            ],
            &expect![[r"
                A bash({})
                B read_file({})
            "]],
        );
    }

    #[test]
    fn equal_ids_of_two_calls_are_made_different() {
        check_calls(
            &[json!([
                {"index": 0, "id": "same", "function": {"name": "bash", "arguments": "{}"}},
                {"index": 1, "id": "same", "function": {"name": "bash", "arguments": "{}"}},
            ])],
            &expect![[r"
                same bash({})
                call_2 bash({})
            "]],
        );
    }

    #[test]
    fn malformed_arguments_stay_as_they_are() {
        check_calls(
            &[
                json!([{"index": 0, "id": "A", "function": {"name": "bash", "arguments": "{\"a\": tru"}}]),
            ],
            &expect![[r#"
                A bash({"a": tru)
            "#]],
        );
    }

    #[test]
    fn calls_decide_the_finish_reason_unless_the_limit_was_hit() {
        let reason = |reason: Value, calls: Value| {
            reply(&[
                json!({"choices": [{"delta": {"tool_calls": calls}, "finish_reason": reason}]}),
            ])
            .finish_reason
        };
        let call = json!([{"index": 0, "id": "A", "function": {"name": "bash"}}]);
        assert_eq!(reason(json!("stop"), call.clone()), FinishReason::ToolCalls);
        assert_eq!(reason(Value::Null, call.clone()), FinishReason::ToolCalls);
        assert_eq!(reason(json!("length"), call), FinishReason::Length);
        assert_eq!(reason(json!("stop"), Value::Null), FinishReason::Stop);
        assert_eq!(reason(json!("tool_calls"), json!([])), FinishReason::Other);
        assert_eq!(reason(Value::Null, Value::Null), FinishReason::Other);
    }

    #[test]
    fn reasoning_is_read_under_either_name_but_once() {
        let delta = |delta: Value| json!({"choices": [{"delta": delta}]});
        let reply = reply(&[
            delta(json!({"reasoning_content": "a", "reasoning": "a"})),
            delta(json!({"reasoning_content": "", "reasoning": "b"})),
            delta(
                json!({"reasoning": {"effort": "low"}, "content": [{"type": "text", "text": "c"}]}),
            ),
        ]);
        assert_eq!((reply.thinking.as_deref(), reply.content.as_str()), (Some("ab"), "c"));
    }

    #[test]
    fn usage_of_zeros_is_no_usage() {
        let usage = |prompt: u64| json!({"choices": [], "usage": {"prompt_tokens": prompt, "completion_tokens": 0}});
        assert_eq!(reply(&[usage(0)]).usage, None);
        assert_eq!(reply(&[usage(3), usage(0)]).usage.map(|it| it.prompt_tokens), Some(3));
    }
}
