//! Reads recorded messages leniently: what every writer of the chat format has in common.
//!
//! Agents without tool calls in the format put the action into the text and the observation into a
//! user message; those are told apart by how such observations begin.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

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
    /// The tool's name; `shell` where the recording names none.
    pub(super) tool: String,
    /// The arguments' text.
    pub(super) arguments: String,
    /// What the model read.
    pub(super) output: String,
    /// The message that has the result.
    pub(super) result_idx: usize,
}

/// A call that ends the work by its name.
#[derive(Debug)]
pub(super) struct LastCall {
    /// The tool's name.
    pub(super) tool: String,
    /// The message that has the call.
    pub(super) call_idx: usize,
    /// The answer among its arguments.
    pub(super) answer: Option<String>,
    /// Whether its arguments say that the task is not completed.
    pub(super) says_it_is_not_done: bool,
}

/// A conversation, read.
#[derive(Debug, Default)]
pub(super) struct Recording {
    /// The messages that could be read, each with its index.
    pub(super) entries: Vec<(usize, Entry)>,
    /// The calls that have a result, in the order of their results.
    pub(super) calls: Vec<RecordedCall>,
    /// The call that the recording ends with, with or without a result.
    last_call: Option<(usize, String, String)>,
    /// The end of the last messages that no model wrote.
    last_report: Option<(usize, String)>,
}

/// A call that has no result yet.
#[derive(Debug)]
struct Waiting {
    id: String,
    tool: String,
    arguments: String,
}

impl Recording {
    pub(super) fn read(messages: &[Value]) -> Self {
        let mut recording = Self::default();
        let mut waiting: Vec<Waiting> = Vec::new();
        for (idx, message) in messages.iter().enumerate() {
            let text = text_of(message.get("content"));
            match role_of(message) {
                Some(Role::Assistant) => {
                    let mut calls = calls_of(message);
                    if calls.is_empty() {
                        calls.extend(call_in_text(&text, messages.get(idx + 1)));
                    }
                    let has_calls = !calls.is_empty();
                    if let Some(call) = calls.last() {
                        recording.last_call =
                            Some((idx, call.tool.clone(), call.arguments.clone()));
                    }
                    waiting.extend(calls);
                    let entry = if has_calls { Entry::Called } else { Entry::Said(text) };
                    recording.entries.push((idx, entry));
                }
                Some(Role::Tool) => recording.take_result(idx, message, text, &mut waiting),
                Some(Role::User) if is_observation(&text) => {
                    recording.take_result(idx, message, text, &mut waiting);
                }
                Some(Role::User) => {
                    recording.last_report = Some((idx, text.clone()));
                    recording.entries.push((idx, Entry::Asked(text)));
                }
                None => {}
            }
        }
        recording
    }

    fn take_result(
        &mut self,
        idx: usize,
        message: &Value,
        output: String,
        waiting: &mut Vec<Waiting>,
    ) {
        let id = message.get("tool_call_id").and_then(Value::as_str).unwrap_or_default();
        let place = waiting.iter().position(|it| !id.is_empty() && it.id == id);
        // Results without an id come in the order of their calls.
        let place = place.or_else(|| (!waiting.is_empty()).then_some(0));
        let (tool, arguments) = match place {
            Some(place) => {
                let call = waiting.remove(place);
                (call.tool, call.arguments)
            }
            None => {
                let name = message.get("name").and_then(Value::as_str).unwrap_or("shell");
                (name.to_owned(), String::new())
            }
        };
        self.last_report = Some((idx, output.clone()));
        self.calls.push(RecordedCall { tool, arguments, output, result_idx: idx });
        self.entries.push((idx, Entry::Result));
    }

    /// Returns how often the model was asked.
    pub(super) fn n_steps(&self) -> usize {
        self.entries
            .iter()
            .filter(|(_, entry)| matches!(entry, Entry::Said(_) | Entry::Called))
            .count()
    }

    /// Returns whether the last word is the model's, or a person's who has nothing more to ask.
    pub(super) fn ends_by_itself(&self) -> bool {
        match self.entries.last() {
            Some((_, Entry::Said(_) | Entry::Asked(_))) => true,
            Some((_, Entry::Called | Entry::Result)) => {
                self.finish().is_some() || self.handover().is_some()
            }
            None => false,
        }
    }

    /// Returns the model's last words, with the index of their message.
    pub(super) fn last_answer(&self) -> Option<(usize, &str)> {
        self.entries.iter().rev().find_map(|(idx, entry)| match entry {
            Entry::Said(text) => Some((*idx, text.as_str())),
            _ => None,
        })
    }

    /// Returns the index of the last message in which a person says something.
    pub(super) fn last_words_of_user(&self) -> Option<usize> {
        self.entries.iter().rev().find_map(|(idx, entry)| match entry {
            Entry::Asked(text) if !is_closing(text) => Some(*idx),
            _ => None,
        })
    }

    /// Returns the call at the end with which the model said that it is done.
    pub(super) fn finish(&self) -> Option<LastCall> {
        self.call_at_end(|tool, arguments| {
            FINISHING.contains(&tool) || matches_opt(&FINISHING_COMMAND, arguments)
        })
    }

    /// Returns the call at the end with which the model gave the task to somebody else.
    pub(super) fn handover(&self) -> Option<LastCall> {
        self.call_at_end(|tool, _| matches_opt(&HANDOVER, tool))
    }

    fn call_at_end(&self, is_meant: impl Fn(&str, &str) -> bool) -> Option<LastCall> {
        let (call_idx, tool, arguments) = self.last_call.as_ref()?;
        let name = tool.to_lowercase();
        // Nothing may come after it but its result and the end of the talk.
        let is_at_end = self.entries.iter().all(|(idx, entry)| {
            idx <= call_idx
                || match entry {
                    Entry::Result => true,
                    Entry::Asked(text) => is_closing(text),
                    Entry::Said(_) => matches_opt(&HANDOVER, &name) || HANDS_BACK.contains(&&*name),
                    Entry::Called => false,
                }
        });
        if !is_at_end || !is_meant(&name, arguments) {
            return None;
        }
        let arguments: Value = serde_json::from_str(arguments).unwrap_or_default();
        let answer = ["message", "answer", "result", "final_answer", "output", "text", "summary"]
            .iter()
            .find_map(|key| arguments.get(key).and_then(Value::as_str))
            .map(str::to_owned);
        let completed = ["task_completed", "completed", "success", "status"]
            .iter()
            .find_map(|key| arguments.get(key));
        let says_it_is_not_done = match completed {
            Some(Value::Bool(is_done)) => !is_done,
            Some(Value::String(word)) => {
                ["false", "partial", "no", "failed", "failure", "infeasible"]
                    .contains(&word.to_lowercase().as_str())
            }
            _ => false,
        };
        Some(LastCall { tool: tool.clone(), call_idx: *call_idx, answer, says_it_is_not_done })
    }

    /// Returns what the agent's own program said at the end about a limit.
    pub(super) fn limit_reached(&self) -> Option<(usize, String)> {
        let (idx, text) = self.last_report.as_ref()?;
        if self.entries.iter().any(|(other, entry)| other > idx && matches!(entry, Entry::Said(_)))
        {
            return None;
        }
        let regex = LIMIT.as_ref()?;
        let line = text.lines().rev().take(3).find(|line| regex.is_match(line))?;
        Some((*idx, line.trim().to_owned()))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    User,
    Assistant,
    Tool,
}

fn role_of(message: &Value) -> Option<Role> {
    match message.get("role").and_then(Value::as_str)? {
        "user" | "human" => Some(Role::User),
        "assistant" | "ai" | "model" => Some(Role::Assistant),
        "tool" | "function" | "observation" | "environment" | "ipython" => Some(Role::Tool),
        _ => None,
    }
}

/// Returns the text of a content: a string, or the text parts of a list.
fn text_of(content: Option<&Value>) -> String {
    match content {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            let texts: Vec<&str> = parts
                .iter()
                .filter_map(|part| part.as_str().or_else(|| part.get("text")?.as_str()))
                .collect();
            texts.join("\n")
        }
        Some(Value::Object(_)) => content.map(ToString::to_string).unwrap_or_default(),
        _ => String::new(),
    }
}

fn calls_of(message: &Value) -> Vec<Waiting> {
    let listed = message.get("tool_calls").and_then(Value::as_array);
    let single = message.get("function_call").filter(|it| it.is_object());
    let functions = listed
        .into_iter()
        .flatten()
        .map(|call| (call.get("id"), call.get("function").unwrap_or(call)))
        .chain(single.map(|call| (None, call)));
    functions
        .filter_map(|(id, function)| {
            let arguments = match function.get("arguments") {
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
                None => String::new(),
            };
            Some(Waiting {
                id: id.and_then(Value::as_str).unwrap_or_default().to_owned(),
                tool: function.get("name")?.as_str()?.to_owned(),
                arguments,
            })
        })
        .collect()
}

/// Returns the action that a text has, if the next message is its observation.
fn call_in_text(text: &str, next: Option<&Value>) -> Option<Waiting> {
    let observation = text_of(next?.get("content"));
    let is_action = match role_of(next?)? {
        Role::Tool => true,
        Role::User => is_observation(&observation),
        Role::Assistant => false,
    };
    is_action.then(|| {
        let block = ACTION.as_ref().and_then(|regex| regex.captures_iter(text).last());
        let action = block.and_then(|it| it.get(1)).map_or(text, |it| it.as_str());
        Waiting { id: String::new(), tool: "shell".to_owned(), arguments: action.trim().to_owned() }
    })
}

fn is_observation(text: &str) -> bool {
    matches_opt(&OBSERVATION, text)
}

/// Whether a person's message only ends the talk.
fn is_closing(text: &str) -> bool {
    matches_opt(&CLOSING, text)
}

fn matches_opt(regex: &LazyLock<Option<Regex>>, text: &str) -> bool {
    regex.as_ref().is_some_and(|regex| regex.is_match(text))
}

/// Tools whose call says that the work is done.
const FINISHING: [&str; 16] = [
    "finish",
    "submit",
    "done",
    "complete",
    "completed",
    "complete_task",
    "task_complete",
    "task_done",
    "attempt_completion",
    "final_answer",
    "answer",
    "submit_answer",
    "exit",
    "stop",
    "terminate",
    "end_conversation",
];

/// Of those, the ones after which the model may still say a word.
const HANDS_BACK: [&str; 4] = ["finish", "complete_task", "task_complete", "submit_answer"];

/// A shell command that hands the work in.
static FINISHING_COMMAND: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"^\s*(?:\{"\w+"\s*:\s*")?submit\b|COMPLETE_TASK_AND_SUBMIT|MINI_SWE_AGENT_FINAL_OUTPUT"#,
    )
    .ok()
});

static HANDOVER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?:transfer|hand_?over|escalate|handoff)\w*(?:human|agent|support|operator|person)",
    )
    .ok()
});

static LIMIT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b(?:reached|exceeded|hit|ran out of)\b.{0,40}\b(?:max(?:imum)?|limit|budget|steps|iterations|turns)\b",
        r"|\bexit_(?:cost|context|error|format|api|forfeit)\b|\bautosubmi|\bAgentStuckInLoop",
        r"|\bcontext (?:length|window)\b.{0,20}\bexceeded\b",
    ))
    .ok()
});

static OBSERVATION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)^\s*(?:<returncode>|observation\s*:|execution result of \[|<tool_response>|",
        r"<function_results?>|<observation>|\[tool result|tool output:|tool result:|",
        r"command output:|code execution output)",
    ))
    .ok()
});

static ACTION: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?s)```[\w-]*\n(.*?)```").ok());

static CLOSING: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^\s*(?:###\w+###|terminate|stop|exit|quit|bye)\s*[.!]?\s*$|###(?:STOP|TRANSFER)###",
    )
    .ok()
});
