//! What fits into a served window, and which part of a conversation gives way when it does not.
//!
//! Pure arithmetic over messages. Figures are tokens and estimates unless a name says otherwise:
//! no tokenizer is loaded, and what the server reported about the last call comes first.

use serde::{Deserialize, Serialize};

use crate::{
    clip::clip_middle,
    message::{Message, ModelRequest, Origin, ToolSpec, Usage},
};

mod notes;

pub use crate::context::notes::{digest, summary_messages, with_mark};

/// What a message costs beside its text: role and separators.
const MESSAGE_TOKENS: u64 = 6;

/// Windows below this get fewer tools, with shorter descriptions, in tokens.
const SMALL_WINDOW: u32 = 8_192;

/// Tools that small windows do without: `bash` does the same.
const LEFT_OUT_OF_SMALL_WINDOWS: [&str; 3] = ["list_files", "plan", "search"];

/// What a model's server takes and what its replies may need.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// The served window, in tokens; `None`: unknown.
    pub window: Option<u32>,
    /// What is kept free for a reply, in tokens.
    pub reply: u32,
}

impl Room {
    /// Returns how many tokens a request may have: nine tenths of the window, and no less free
    /// than a reply needs, as long as that leaves three quarters of it.
    pub fn limit(self) -> Option<u64> {
        let window = u64::from(self.window?);
        let free = (window / 10).max(u64::from(self.reply).min(window / 4));
        Some(window - free)
    }
}

/// The rooms of both models.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rooms {
    /// The student's.
    pub student: Room,
    /// The teacher's.
    pub teacher: Room,
}

/// What is known about the size of one conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fill {
    /// Tokens that the server counted, and how many messages they were.
    reported: Option<(u64, usize)>,
    /// What the server showed that it does not take.
    learned_limit: Option<u64>,
    /// Calls of this turn that did not fit.
    pub(crate) n_overflows: u32,
}

impl Fill {
    /// Takes what the server counted for a conversation that has `messages` now, the reply among
    /// them. A count far below the estimate is that of a server that silently cut the request.
    pub(crate) fn report(&mut self, usage: Option<Usage>, messages: &[Message]) {
        let counted = usage.map_or(0, |usage| usage.prompt_tokens + usage.completion_tokens);
        let is_plausible = counted * 2 > estimate_messages(messages);
        self.reported = is_plausible.then_some((counted, messages.len()));
    }

    /// Forgets what was counted: the conversation was rewritten.
    pub(crate) fn forget(&mut self) {
        self.reported = None;
    }

    /// Takes a new size of the conversation, which was rewritten and has `n_messages` now: what the
    /// server counted before says more than an estimate of all of it.
    pub(crate) fn resize(&mut self, size: u64, n_messages: usize) {
        self.reported = self.reported.map(|_| (size, n_messages));
    }

    /// Returns the size of a request, whatever was added since the server counted included.
    pub fn size(&self, messages: &[Message], tools: &[ToolSpec]) -> u64 {
        match self.reported {
            Some((counted, n_messages)) if n_messages <= messages.len() => {
                counted + estimate_messages(messages.get(n_messages..).unwrap_or_default())
            }
            _ => estimate_messages(messages) + estimate_tools(tools),
        }
    }

    /// Notes that a request of this size did not fit.
    pub(crate) fn overflowed(&mut self, size: u64) {
        self.n_overflows += 1;
        self.learned_limit = Some((size - size / 4).min(self.learned_limit.unwrap_or(u64::MAX)));
    }

    /// Returns the window, in tokens, that the server showed it does not go beyond.
    pub(crate) fn learned_window(&self) -> Option<u32> {
        self.learned_limit.map(|limit| u32::try_from(limit).unwrap_or(u32::MAX))
    }

    /// Returns how many tokens a request may have; `None`: nobody knows.
    pub fn limit(&self, room: Room) -> Option<u64> {
        match (self.learned_limit, room.limit()) {
            (Some(learned), Some(limit)) => Some(learned.min(limit)),
            (learned, limit) => learned.or(limit),
        }
    }
}

/// Returns the estimated tokens of a text. Code and other languages than English have fewer
/// letters in a token than English prose; the estimate lies between.
pub fn estimate(text: &str) -> u64 {
    (text.len() as u64 * 2).div_ceil(7)
}

/// Returns the estimated tokens of messages.
pub fn estimate_messages(messages: &[Message]) -> u64 {
    messages.iter().map(estimate_message).sum()
}

/// Returns the estimated tokens of a whole request.
pub fn estimate_request(request: &ModelRequest) -> u64 {
    estimate_messages(&request.messages) + estimate_tools(&request.tools)
}

fn estimate_message(message: &Message) -> u64 {
    let text = match message {
        Message::System { content }
        | Message::User { content, .. }
        | Message::Tool { content, .. } => estimate(content),
        // Reasoning is not sent back.
        Message::Assistant { content, tool_calls, .. } => {
            let calls = tool_calls
                .iter()
                .map(|call| MESSAGE_TOKENS + estimate(&call.name) + estimate(&call.arguments));
            estimate(content) + calls.sum::<u64>()
        }
    };
    MESSAGE_TOKENS + text
}

fn estimate_tools(tools: &[ToolSpec]) -> u64 {
    let size = |tool: &ToolSpec| {
        estimate(&tool.name) + estimate(&tool.description) + estimate(&tool.parameters.to_string())
    };
    tools.iter().map(size).sum()
}

/// Returns the tools for a window: a small one gets those that nothing else stands for, without
/// the descriptions of their arguments.
pub fn tools_for(tools: &[ToolSpec], window: Option<u32>) -> Vec<ToolSpec> {
    if window.is_none_or(|window| window >= SMALL_WINDOW) {
        return tools.to_vec();
    }
    let has_bash = tools.iter().any(|tool| tool.name == "bash");
    tools
        .iter()
        .filter(|tool| !(has_bash && LEFT_OUT_OF_SMALL_WINDOWS.contains(&tool.name.as_str())))
        .cloned()
        .map(|mut tool| {
            let properties = tool.parameters.pointer_mut("/properties");
            for (_, property) in properties.and_then(|it| it.as_object_mut()).into_iter().flatten()
            {
                if let Some(property) = property.as_object_mut() {
                    property.remove("description");
                }
            }
            tool
        })
        .collect()
}

/// How a conversation gets smaller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Relief {
    /// These messages are replaced by one summary: from the first index up to the second.
    Summarize {
        /// The first that goes.
        from: usize,
        /// The first behind them that stays.
        to: usize,
    },
    /// Single messages are cut: longer ones than this, in characters.
    Clip {
        /// The length that they are cut to.
        chars: usize,
    },
}

/// Returns the next thing to do to get a conversation below `limit`; `None` when nothing is left
/// that may go. The system prompt and the message at `request` always stay whole.
///
/// First everything before the last request becomes a summary, then the work on it up to its last
/// steps, then long results are cut. A conversation with a single request has the last two.
pub fn relief(messages: &[Message], request: usize, limit: u64) -> Option<Relief> {
    let start = usize::from(matches!(messages.first(), Some(Message::System { .. })));
    let worth = (limit / 50).min(256);
    let pays = |from: usize, to: usize| {
        let range = messages.get(from..to).unwrap_or_default();
        let fresh = range.iter().filter(|message| !is_summary(message));
        fresh.map(estimate_message).sum::<u64>() > worth
    };
    if pays(start, request) {
        return Some(Relief::Summarize { from: start, to: request });
    }
    let tail = tail_start(messages, limit / 4);
    if request < tail && pays(request + 1, tail) {
        return Some(Relief::Summarize { from: request + 1, to: tail });
    }
    let chars = usize::try_from(limit / 8).unwrap_or(usize::MAX).saturating_mul(3).max(200);
    let is_long = |message: &Message| clipped(message, chars).is_some();
    messages.iter().any(is_long).then_some(Relief::Clip { chars })
}

/// Returns a message that was cut, if it may be and is longer. Calls and words of a person stay.
pub(crate) fn clipped(message: &Message, chars: usize) -> Option<Message> {
    let cut = |content: &str| {
        // The mark in the middle makes it a little longer than asked for.
        (content.chars().count() > chars + 100).then(|| clip_middle(content, chars))
    };
    match message {
        Message::Tool { call_id, name, content } => cut(content).map(|content| Message::Tool {
            call_id: call_id.clone(),
            name: name.clone(),
            content,
        }),
        Message::Assistant { content, thinking, tool_calls } => {
            cut(content).map(|content| Message::Assistant {
                content,
                thinking: thinking.clone(),
                tool_calls: tool_calls.clone(),
            })
        }
        Message::User { content, origin: Origin::Summary } => {
            cut(content).map(|content| Message::User { content, origin: Origin::Summary })
        }
        Message::User { .. } | Message::System { .. } => None,
    }
}

fn is_summary(message: &Message) -> bool {
    matches!(message, Message::User { origin: Origin::Summary, .. })
}

/// Returns where the last steps begin that together have at most `tokens`, one at least; a step is
/// a reply with all of its results.
fn tail_start(messages: &[Message], tokens: u64) -> usize {
    let mut start = messages.len();
    let mut size = 0;
    for (idx, message) in messages.iter().enumerate().rev() {
        size += estimate_message(message);
        let is_boundary = !matches!(message, Message::Tool { .. });
        if is_boundary {
            if size > tokens && start < messages.len() {
                break;
            }
            start = idx;
        }
    }
    start
}

/// Gives every call the one result that it needs right behind its reply, and takes results away
/// that belong to no call: what a crash can leave behind.
pub fn repair(messages: &mut Vec<Message>) {
    let mut whole: Vec<Message> = Vec::with_capacity(messages.len());
    let mut open: Vec<(String, String)> = Vec::new();
    for message in messages.drain(..) {
        if let Message::Tool { call_id, .. } = &message {
            if let Some(idx) = open.iter().position(|(id, _)| id == call_id) {
                open.remove(idx);
                whole.push(message);
            }
            continue;
        }
        close_open(&mut open, &mut whole);
        if let Message::Assistant { tool_calls, .. } = &message {
            open = tool_calls.iter().map(|call| (call.id.clone(), call.name.clone())).collect();
        }
        whole.push(message);
    }
    close_open(&mut open, &mut whole);
    *messages = whole;
}

/// What a call is told whose end nobody saw.
pub(crate) const NO_RESULT: &str = "Preceptor ended before this call had a result. It may have \
                                    taken effect: look before you rely on either.";

fn close_open(open: &mut Vec<(String, String)>, whole: &mut Vec<Message>) {
    whole.extend(open.drain(..).map(|(call_id, name)| Message::Tool {
        call_id,
        name,
        content: NO_RESULT.to_owned(),
    }));
}

#[cfg(test)]
mod tests;
