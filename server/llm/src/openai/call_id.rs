//! Ids of tool calls: unique within a conversation, whatever the server does.

use std::collections::HashSet;

use agent::message::Message;

/// Gives out ids that no earlier call of the conversation has.
///
/// Some servers send no ids, and some start from the same one in every reply.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallIds {
    taken: HashSet<String>,
    calls: usize,
}

impl CallIds {
    /// Knows the ids that are in use in `messages`.
    pub(crate) fn after(messages: &[Message]) -> CallIds {
        let calls = messages.iter().flat_map(|message| match message {
            Message::Assistant { tool_calls, .. } => tool_calls.as_slice(),
            _ => &[],
        });
        let mut ids = CallIds::default();
        for call in calls {
            ids.calls += 1;
            ids.taken.insert(call.id.clone());
        }
        ids
    }

    /// Returns `wanted`, or an id of our own where that is empty or taken.
    pub(crate) fn assign(&mut self, wanted: &str) -> String {
        let mut id = wanted.to_owned();
        self.calls += 1;
        let mut n = self.calls;
        while id.is_empty() || self.taken.contains(&id) {
            id = format!("call_{n}");
            n += 1;
        }
        self.taken.insert(id.clone());
        id
    }
}

#[cfg(test)]
mod tests {
    use agent::message::{Message, ToolCall};

    use super::CallIds;

    #[test]
    fn ids_are_kept_unless_they_are_missing_or_taken() {
        let earlier = ToolCall { id: "call_0".into(), name: "a".into(), arguments: "{}".into() };
        let mut ids = CallIds::after(&[Message::Assistant {
            content: String::new(),
            thinking: None,
            tool_calls: vec![earlier],
        }]);
        let assigned: Vec<String> =
            ["call_0", "x", "", "x", "call_6", ""].into_iter().map(|it| ids.assign(it)).collect();
        assert_eq!(assigned, ["call_2", "x", "call_4", "call_5", "call_6", "call_7"]);
    }
}
