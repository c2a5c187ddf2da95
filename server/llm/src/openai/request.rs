//! Conversation → request body.
//!
//! Equal conversations give equal bytes, so that a server's prefix cache holds from step to step.

use agent::{
    message::{Message, ModelRequest, ToolCall, ToolSpec},
    trace::within_its_message,
};
use serde_json::{Value, json};

use crate::openai::{OpenAiEndpoint, dialect::Dialect};

/// Returns the body of the request.
pub(crate) fn body(
    request: &ModelRequest,
    model: &str,
    endpoint: &OpenAiEndpoint,
    dialect: &Dialect,
) -> Value {
    let mut body = json!({
        "model": model,
        "messages": messages(&request.messages),
        "stream": true,
    });
    let mut set = |key: &str, value: Value| {
        if let Some(object) = body.as_object_mut() {
            object.insert(key.to_owned(), value);
        }
    };
    set(dialect.max_tokens_key(), json!(request.max_tokens.unwrap_or(endpoint.max_tokens)));
    if dialect.has_stream_options() {
        set("stream_options", json!({"include_usage": true}));
    }
    if let Some(effort) = &endpoint.reasoning_effort {
        set("reasoning_effort", json!(effort));
    }
    // An empty list is refused by some servers.
    if !request.tools.is_empty() {
        set("tools", request.tools.iter().map(tool).collect());
        set("tool_choice", json!("auto"));
    }
    body
}

/// Strict chat templates want one system message, at the start, and roles that alternate.
fn messages(messages: &[Message]) -> Vec<Value> {
    let system: Vec<&str> = messages
        .iter()
        .filter_map(|message| match message {
            Message::System { content } => Some(content.as_str()),
            _ => None,
        })
        .collect();
    let mut wire = Vec::with_capacity(messages.len());
    if !system.is_empty() {
        wire.push(json!({"role": "system", "content": system.join("\n\n")}));
    }
    let mut said_by_user: Vec<&str> = Vec::new();
    for message in messages {
        let next = match message {
            Message::System { .. } => continue,
            Message::User { content, .. } => {
                said_by_user.push(content);
                continue;
            }
            // A turn in which the model said nothing; some servers refuse an empty text.
            Message::Assistant { content, tool_calls, .. }
                if content.trim().is_empty() && tool_calls.is_empty() =>
            {
                continue;
            }
            Message::Assistant { content, tool_calls, .. } => assistant(content, tool_calls),
            Message::Tool { call_id, content, .. } => {
                let content = within_its_message(content);
                json!({"role": "tool", "tool_call_id": call_id, "content": content})
            }
        };
        push_user(&mut wire, &mut said_by_user);
        wire.push(next);
    }
    push_user(&mut wire, &mut said_by_user);
    wire
}

fn push_user(wire: &mut Vec<Value>, said_by_user: &mut Vec<&str>) {
    if !said_by_user.is_empty() {
        wire.push(json!({"role": "user", "content": said_by_user.join("\n\n")}));
        said_by_user.clear();
    }
}

fn assistant(content: &str, tool_calls: &[ToolCall]) -> Value {
    if tool_calls.is_empty() {
        return json!({"role": "assistant", "content": content});
    }
    let calls: Vec<Value> = tool_calls
        .iter()
        .map(|call| {
            json!({
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            })
        })
        .collect();
    // Beside calls, gateways to other APIs refuse an empty text but take a missing one.
    let content = if content.is_empty() { Value::Null } else { json!(content) };
    json!({"role": "assistant", "content": content, "tool_calls": calls})
}

fn tool(tool: &ToolSpec) -> Value {
    json!({
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.parameters,
        },
    })
}

#[cfg(test)]
mod tests {
    use agent::message::{Message, Origin, ToolCall};
    use expect_test::expect;

    use super::messages;

    fn user(content: &str, origin: Origin) -> Message {
        Message::User { content: content.to_owned(), origin }
    }

    fn system(content: &str) -> Message {
        Message::System { content: content.to_owned() }
    }

    fn assistant(content: &str, calls: &[(&str, &str)]) -> Message {
        let call = |&(id, arguments): &(&str, &str)| ToolCall {
            id: id.to_owned(),
            name: "bash".to_owned(),
            arguments: arguments.to_owned(),
        };
        Message::Assistant {
            content: content.to_owned(),
            thinking: Some("not sent".to_owned()),
            tool_calls: calls.iter().map(call).collect(),
        }
    }

    fn tool(call_id: &str) -> Message {
        Message::Tool {
            call_id: call_id.to_owned(),
            name: "bash".to_owned(),
            content: "ok".to_owned(),
        }
    }

    #[test]
    fn a_conversation_fits_strict_templates() {
        let wire = messages(&[
            system("You work."),
            user("Do it.", Origin::User),
            assistant("", &[("a", "{}"), ("b", "{broken")]),
            tool("a"),
            tool("b"),
            assistant("Done.", &[]),
            user("Really?", Origin::Guard),
            assistant(" ", &[]),
            system("Take over."),
            user("Go on.", Origin::TeacherNote),
            assistant("Let me look.", &[("c", "{}")]),
        ]);
        let lines: Vec<String> = wire.iter().map(ToString::to_string).collect();
        expect![[r#"
            {"content":"You work.\n\nTake over.","role":"system"}
            {"content":"Do it.","role":"user"}
            {"content":null,"role":"assistant","tool_calls":[{"function":{"arguments":"{}","name":"bash"},"id":"a","type":"function"},{"function":{"arguments":"{broken","name":"bash"},"id":"b","type":"function"}]}
            {"content":"ok","role":"tool","tool_call_id":"a"}
            {"content":"ok","role":"tool","tool_call_id":"b"}
            {"content":"Done.","role":"assistant"}
            {"content":"Really?\n\nGo on.","role":"user"}
            {"content":"Let me look.","role":"assistant","tool_calls":[{"function":{"arguments":"{}","name":"bash"},"id":"c","type":"function"}]}"#]]
        .assert_eq(&lines.join("\n"));
    }
}
