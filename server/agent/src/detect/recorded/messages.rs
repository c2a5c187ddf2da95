//! Recorded messages as a conversation: who said what, which calls were made and what came of each.

use serde_json::Value;

use super::{
    content::{self, Call, CallResult, Content, Role},
    ending::is_closing,
    text_actions::{fenced, is_observation, is_text_agent, marked, response},
};

/// One message, as far as the verdict needs it.
#[derive(Debug)]
pub(super) enum Entry {
    /// A person's words.
    Asked(String),
    /// The model's words, without a call beside them.
    Said(String),
    /// The model called tools.
    Called,
    /// What a tool answered.
    Result,
}

/// A call and what came of it.
#[derive(Debug)]
pub(super) struct RecordedCall {
    /// The tool's name; `shell` where the recording names none, `action` where it is none either.
    pub(super) tool: String,
    /// The arguments' text.
    pub(super) arguments: String,
    /// What the model read.
    pub(super) output: String,
    /// Whether the recording marks the result as failed.
    pub(super) is_error: bool,
    /// The message that has the result.
    pub(super) result_idx: usize,
}

/// A conversation, read.
#[derive(Debug, Default)]
pub(super) struct Recording {
    /// The messages that could be read, each with its index.
    pub(super) entries: Vec<(usize, Entry)>,
    /// The calls that have a result, in the order of their results.
    pub(super) calls: Vec<RecordedCall>,
    /// The call that the recording ends with, with or without a result, and its message.
    pub(super) last_call: Option<(usize, Call)>,
    /// The last message that no model wrote.
    pub(super) last_report: Option<(usize, String)>,
    /// What the model said, beside calls and without them, by the index of the message.
    said: Vec<(usize, String)>,
    /// What the program around the agent says about the end.
    pub(super) exit: Option<(usize, String)>,
}

impl Recording {
    pub(super) fn read(messages: &[Value]) -> Self {
        let contents: Vec<Option<Content>> = messages.iter().map(content::read).collect();
        let is_textual = is_text_agent(&contents);
        let mut recording = Self::default();
        let mut waiting: Vec<Call> = Vec::new();
        let mut contents = contents.into_iter().enumerate().peekable();
        while let Some((idx, content)) = contents.next() {
            let Some(content) = content else { continue };
            match content.role {
                Role::Assistant => {
                    let next = contents.peek().and_then(|(_, next)| next.as_ref());
                    let calls = calls_of(&content, next, is_textual);
                    if let Some(call) = calls.last() {
                        recording.last_call = Some((idx, call.clone()));
                    }
                    let has_calls = !calls.is_empty();
                    recording.said.push((idx, content.text.clone()));
                    waiting.extend(calls);
                    let said = || response(&content.text).unwrap_or(content.text);
                    let entry = if has_calls { Entry::Called } else { Entry::Said(said()) };
                    recording.entries.push((idx, entry));
                }
                Role::Tool | Role::User if !content.results.is_empty() => {
                    for result in content.results {
                        recording.take_result(idx, result, &mut waiting);
                    }
                }
                Role::Tool => {}
                Role::User
                    if is_observation(&content.text) && recording.n_steps() > 0
                        || is_textual && recording.has_answered() && !is_closing(&content.text) =>
                {
                    let result = CallResult {
                        id: String::new(),
                        tool: None,
                        output: content.text,
                        is_error: false,
                    };
                    recording.take_result(idx, result, &mut waiting);
                }
                Role::User => {
                    recording.last_report = Some((idx, content.text.clone()));
                    recording.entries.push((idx, Entry::Asked(content.text)));
                }
                Role::Exit => recording.exit = Some((idx, content.text)),
            }
        }
        recording
    }

    fn take_result(&mut self, idx: usize, result: CallResult, waiting: &mut Vec<Call>) {
        let CallResult { id, tool, output, is_error } = result;
        let place = waiting.iter().position(|it| !id.is_empty() && it.id == id);
        // Results without an id come in the order of their calls.
        let place = place.or_else(|| (!waiting.is_empty()).then_some(0));
        let (tool, arguments) = match place {
            Some(place) => {
                let call = waiting.remove(place);
                (call.tool, call.arguments)
            }
            None => (tool.unwrap_or_else(|| "shell".to_owned()), String::new()),
        };
        self.last_report = Some((idx, output.clone()));
        self.calls.push(RecordedCall { tool, arguments, output, is_error, result_idx: idx });
        self.entries.push((idx, Entry::Result));
    }

    /// Returns what the model said last before a message.
    pub(super) fn said_before(&self, message_idx: usize) -> Option<&str> {
        let mut said = self.said.iter().rev();
        said.find(|(idx, _)| *idx < message_idx).map(|(_, text)| text.as_str())
    }

    /// Returns what the model said first after a message.
    pub(super) fn said_after(&self, message_idx: usize) -> Option<&str> {
        let mut said = self.said.iter();
        said.find(|(idx, _)| *idx > message_idx).map(|(_, text)| text.as_str())
    }

    fn has_answered(&self) -> bool {
        matches!(self.entries.last(), Some((_, Entry::Said(_) | Entry::Called)))
    }

    /// Returns how often the model was asked.
    pub(super) fn n_steps(&self) -> usize {
        self.entries
            .iter()
            .filter(|(_, entry)| matches!(entry, Entry::Said(_) | Entry::Called))
            .count()
    }

    /// Returns how often the model said its last words in a row, and the message that has them.
    pub(super) fn same_words_at_end(&self) -> Option<(usize, usize)> {
        let mut said = self.entries.iter().rev().filter_map(|(idx, entry)| match entry {
            Entry::Said(text) => Some((*idx, text.trim())),
            _ => None,
        });
        let (message_idx, last) = said.next().filter(|(_, text)| !text.is_empty())?;
        Some((message_idx, 1 + said.take_while(|(_, text)| *text == last).count()))
    }

    /// Returns what the person asked first.
    pub(super) fn request(&self) -> &str {
        let asked = self.entries.iter().find_map(|(_, entry)| match entry {
            Entry::Asked(text) => Some(text.as_str()),
            _ => None,
        });
        asked.unwrap_or_default()
    }

    /// Returns what the person asked last before a message.
    pub(super) fn request_before(&self, message_idx: usize) -> &str {
        let mut earlier = self.entries.iter().rev().filter(|(idx, _)| *idx < message_idx);
        let asked = earlier.find_map(|(_, entry)| match entry {
            Entry::Asked(text) => Some(text.as_str()),
            _ => None,
        });
        asked.unwrap_or_default()
    }

    /// Returns the model's last words, with the index of their message.
    pub(super) fn last_answer(&self) -> Option<(usize, &str)> {
        self.entries.iter().rev().find_map(|(idx, entry)| match entry {
            Entry::Said(text) => Some((*idx, text.as_str())),
            _ => None,
        })
    }

    /// Returns the index of the last message in which a person says something, if the model did
    /// not go on after it.
    pub(super) fn last_words_of_user(&self) -> Option<usize> {
        let mut last = self.entries.iter().rev();
        last.find_map(|(idx, entry)| match entry {
            Entry::Asked(text) if is_closing(text) => None,
            Entry::Asked(_) => Some(Some(*idx)),
            _ => Some(None),
        })
        .flatten()
    }
}

/// Returns the calls of a message of the model's, in its fields or in its text.
fn calls_of(content: &Content, next: Option<&Content>, is_textual: bool) -> Vec<Call> {
    if !content.calls.is_empty() {
        return content.calls.clone();
    }
    let marked = marked(&content.text);
    if !marked.is_empty() {
        return marked;
    }
    let has_result = next.is_some_and(|next| match next.role {
        Role::Tool => true,
        Role::User => !next.results.is_empty() || is_observation(&next.text),
        Role::Assistant | Role::Exit => false,
    });
    match fenced(&content.text) {
        Some(call) if is_textual || has_result => vec![call],
        None if has_result => {
            let tool = content::ACTION.to_owned();
            vec![Call { tool, ..content::shell_call(&content.text) }]
        }
        _ => Vec::new(),
    }
}
