//! The text of a scenario → replies and their conditions.

use std::{num::NonZeroUsize, time::Duration};

use agent::message::{FailureClass, FinishReason};
use regex::Regex;
use serde::Deserialize;

use crate::failure::ServerReport;

/// Length of a streamed piece where a reply does not say, in characters.
const CHUNK_CHARS: usize = 12;

/// A list of replies, of which the first that fits is given.
#[derive(Debug)]
pub(crate) struct Scenario {
    replies: Vec<Reply>,
}

/// A reply and its conditions.
#[derive(Debug)]
pub(crate) struct Reply {
    conditions: Conditions,
    pub(crate) answer: Answer,
    /// Length of a streamed piece.
    pub(crate) chunk_chars: NonZeroUsize,
    /// Wait after each piece.
    pub(crate) delay: Duration,
}

#[derive(Debug)]
struct Conditions {
    prompt: Option<Regex>,
    unless: Option<Regex>,
    step: Option<usize>,
    tools: Option<bool>,
}

/// What a reply consists of.
#[derive(Debug)]
pub(crate) enum Answer {
    Content(Content),
    Failure { class: FailureClass, status: u16, message: String },
}

#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) text: String,
    pub(crate) thinking: Option<String>,
    pub(crate) calls: Vec<Call>,
    pub(crate) finish: Option<FinishReason>,
}

#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) arguments: String,
}

/// What a request looks like to the conditions.
#[derive(Debug)]
pub(crate) struct Situation {
    /// The text of all messages, joined with line breaks.
    pub(crate) text: String,
    /// Number of the model's turns since the task was given or handed over.
    pub(crate) step: usize,
    pub(crate) offers_tools: bool,
}

/// Why a scenario cannot be played. Completes "cannot be played: …".
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ScenarioError {
    #[error("line {line}, column {column}: {message}")]
    Syntax { line: usize, column: usize, message: String },
    #[error("`{key}` of reply {reply} is no regular expression")]
    Pattern { reply: usize, key: &'static str },
    #[error("reply {reply} has an error beside text, thinking, calls or finish")]
    ErrorBesideContent { reply: usize },
    #[error("reply {reply} has neither text, thinking, calls nor an error")]
    Nothing { reply: usize },
    #[error("call `{name}` of reply {reply} has both arguments and raw_arguments")]
    TwoArguments { reply: usize, name: String },
}

impl Scenario {
    /// Parses a scenario. Keys that have no meaning are refused: they would be a condition or an
    /// answer that somebody relies on.
    pub(crate) fn parse(text: &str) -> Result<Scenario, ScenarioError> {
        let wire: WireScenario =
            toml::from_str(text).map_err(|error| syntax_error(text, &error))?;
        let replies = (1..).zip(wire.reply).map(|(number, reply)| Reply::from_wire(number, reply));
        Ok(Scenario { replies: replies.collect::<Result<_, _>>()? })
    }

    /// Returns the first reply whose conditions all hold.
    pub(crate) fn reply_to(&self, situation: &Situation) -> Option<&Reply> {
        self.replies.iter().find(|it| it.conditions.hold(situation))
    }
}

impl Conditions {
    fn hold(&self, situation: &Situation) -> bool {
        self.prompt.as_ref().is_none_or(|it| it.is_match(&situation.text))
            && self.unless.as_ref().is_none_or(|it| !it.is_match(&situation.text))
            && self.step.is_none_or(|it| it == situation.step)
            && self.tools.is_none_or(|it| it == situation.offers_tools)
    }
}

impl Reply {
    fn from_wire(number: usize, wire: WireReply) -> Result<Reply, ScenarioError> {
        let pattern = |key, pattern: Option<String>| {
            let compiled = pattern.map(|it| Regex::new(&it)).transpose();
            compiled.map_err(|_| ScenarioError::Pattern { reply: number, key })
        };
        let has_content = wire.text.is_some()
            || wire.thinking.is_some()
            || wire.calls.is_some()
            || wire.finish.is_some();
        let answer = match wire.error {
            Some(_) if has_content => {
                return Err(ScenarioError::ErrorBesideContent { reply: number });
            }
            Some(error) => {
                let report = ServerReport {
                    status: Some(error.status),
                    labels: error.code.into_iter().collect(),
                    words: error.message.clone(),
                    is_web_page: false,
                };
                Answer::Failure {
                    class: report.class(),
                    status: error.status,
                    message: error.message,
                }
            }
            None if !has_content => return Err(ScenarioError::Nothing { reply: number }),
            None => {
                let calls = wire.calls.unwrap_or_default().into_iter();
                Answer::Content(Content {
                    text: wire.text.unwrap_or_default(),
                    thinking: wire.thinking,
                    calls: calls.map(|it| Call::from_wire(number, it)).collect::<Result<_, _>>()?,
                    finish: wire.finish,
                })
            }
        };
        Ok(Reply {
            conditions: Conditions {
                prompt: pattern("prompt", wire.prompt)?,
                unless: pattern("unless", wire.unless)?,
                step: wire.step,
                tools: wire.tools,
            },
            answer,
            chunk_chars: wire
                .chunk_chars
                .or(NonZeroUsize::new(CHUNK_CHARS))
                .unwrap_or(NonZeroUsize::MIN),
            delay: Duration::from_millis(wire.delay_ms),
        })
    }
}

impl Call {
    fn from_wire(reply: usize, wire: WireCall) -> Result<Call, ScenarioError> {
        let arguments = match (wire.arguments, wire.raw_arguments) {
            (Some(_), Some(_)) => {
                return Err(ScenarioError::TwoArguments { reply, name: wire.name });
            }
            (Some(arguments), None) => serde_json::Value::Object(arguments).to_string(),
            (None, Some(raw)) => raw,
            (None, None) => "{}".to_owned(),
        };
        Ok(Call { name: wire.name, arguments })
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireScenario {
    reply: Vec<WireReply>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireReply {
    prompt: Option<String>,
    unless: Option<String>,
    step: Option<usize>,
    tools: Option<bool>,
    text: Option<String>,
    thinking: Option<String>,
    calls: Option<Vec<WireCall>>,
    finish: Option<FinishReason>,
    error: Option<WireError>,
    chunk_chars: Option<NonZeroUsize>,
    #[serde(default)]
    delay_ms: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireCall {
    name: String,
    arguments: Option<serde_json::Map<String, serde_json::Value>>,
    raw_arguments: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireError {
    status: u16,
    message: String,
    code: Option<String>,
}

fn syntax_error(text: &str, error: &toml::de::Error) -> ScenarioError {
    let start = error.span().map_or(0, |it| it.start);
    let before = text.get(..start).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |it| it + 1);
    ScenarioError::Syntax {
        line: before.matches('\n').count() + 1,
        column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
        message: error.message().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::{Answer, Scenario, Situation};

    #[track_caller]
    fn check_refused(text: &str, expected: &Expect) {
        expected.assert_eq(&Scenario::parse(text).unwrap_err().to_string());
    }

    fn reply_to(scenario: &str, text: &str, step: usize, offers_tools: bool) -> Option<String> {
        let scenario = Scenario::parse(scenario).unwrap();
        let situation = Situation { text: text.to_owned(), step, offers_tools };
        scenario.reply_to(&situation).map(|reply| match &reply.answer {
            Answer::Content(content) => content.text.clone(),
            Answer::Failure { class, .. } => format!("{class:?}"),
        })
    }

    #[test]
    fn unknown_keys_are_refused_where_they_stand() {
        check_refused(
            "[[reply]]\ntext = \"a\"\nsteps = 1\n",
            &expect![
                "line 3, column 1: unknown field `steps`, expected one of `prompt`, `unless`, `step`, `tools`, `text`, `thinking`, `calls`, `finish`, `error`, `chunk_chars`, `delay_ms`"
            ],
        );
        check_refused(
            "[[reply]]\ncalls = [ { name = \"bash\", args = {} } ]",
            &expect![
                "line 2, column 28: unknown field `args`, expected one of `name`, `arguments`, `raw_arguments`"
            ],
        );
    }

    #[test]
    fn replies_that_make_no_sense_are_refused() {
        check_refused(
            "[[reply]]\ntext = ",
            &expect!["line 2, column 8: string values must be quoted, expected literal string"],
        );
        check_refused(
            "[[reply]]\nstep = 1",
            &expect!["reply 1 has neither text, thinking, calls nor an error"],
        );
        check_refused(
            "[[reply]]\ntext = 'a'\n[[reply]]\nprompt = '('\ntext = 'b'",
            &expect!["`prompt` of reply 2 is no regular expression"],
        );
        check_refused(
            "[[reply]]\ntext = 'a'\nerror = { status = 500, message = 'b' }",
            &expect!["reply 1 has an error beside text, thinking, calls or finish"],
        );
        check_refused(
            "[[reply]]\ncalls = [ { name = 'a', arguments = {}, raw_arguments = '' } ]",
            &expect!["call `a` of reply 1 has both arguments and raw_arguments"],
        );
        check_refused(
            "[[reply]]\ntext = 'a'\nchunk_chars = 0",
            &expect!["line 3, column 15: invalid value: integer `0`, expected a nonzero usize"],
        );
    }

    #[test]
    fn the_first_reply_whose_conditions_all_hold_wins() {
        let scenario = r"
            [[reply]]
            prompt = 'count'
            unless = 'counting-rows'
            step = 0
            tools = true
            text = 'narrow'

            [[reply]]
            prompt = 'count'
            tools = true
            text = 'wide'

            [[reply]]
            tools = false
            error = { status = 429, message = 'later' }
        ";
        assert_eq!(reply_to(scenario, "count", 0, true).as_deref(), Some("narrow"));
        assert_eq!(reply_to(scenario, "count", 1, true).as_deref(), Some("wide"));
        assert_eq!(reply_to(scenario, "count counting-rows", 0, true).as_deref(), Some("wide"));
        assert_eq!(reply_to(scenario, "count", 0, false).as_deref(), Some("RateLimit"));
        assert_eq!(reply_to(scenario, "other", 0, true), None);
    }
}
