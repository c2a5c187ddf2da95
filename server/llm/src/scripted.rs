//! A model that answers from a scenario: for demonstrations and tests, without any server.
//!
//! Matching is stateless. A reply is chosen by what the request says and by how many steps the
//! task has had, never by what was asked before, so that a request that is sent again gets the
//! same answer.

use std::{sync::Arc, time::Duration};

use agent::message::{
    FailureClass, FinishReason, Message, ModelFailure, ModelReply, ModelRequest, Origin, ToolCall,
    Usage,
};
use futures::future::{BoxFuture, FutureExt};
use tokio::{sync::mpsc, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::{
    model::{Delta, Model, hand_on, until_cancelled},
    scripted::scenario::{Answer, Reply, Scenario, Situation},
};

mod scenario;

/// Estimated length of a token.
const CHARS_PER_TOKEN: usize = 4;

/// Returns a model with the given name that answers from `scenario_text`, which is TOML.
///
/// `origin` says in failures where the scenario comes from, for example the path of its file.
/// Fails with [`FailureClass::Configuration`] where the scenario cannot be understood.
pub fn scripted(
    name: &str,
    scenario_text: &str,
    origin: &str,
) -> Result<Arc<dyn Model>, ModelFailure> {
    let scenario = Scenario::parse(scenario_text).map_err(|error| ModelFailure {
        class: FailureClass::Configuration,
        message: format!("The scenario {origin} cannot be played: {error}."),
    })?;
    Ok(Arc::new(ScriptedModel { name: name.to_owned(), origin: origin.to_owned(), scenario }))
}

struct ScriptedModel {
    name: String,
    origin: String,
    scenario: Scenario,
}

impl ScriptedModel {
    async fn play(
        &self,
        request: &ModelRequest,
        deltas: &mpsc::Sender<Delta>,
    ) -> Result<ModelReply, ModelFailure> {
        let situation = situation(request);
        let Some(reply) = self.scenario.reply_to(&situation) else {
            let tools = if situation.offers_tools { "with" } else { "without" };
            return Err(ModelFailure {
                class: FailureClass::Protocol,
                message: format!(
                    "The scenario {} has no reply to step {} of this request ({tools} tools).",
                    self.origin, situation.step
                ),
            });
        };
        let content = match &reply.answer {
            Answer::Failure { class, status, message } => {
                return Err(ModelFailure {
                    class: *class,
                    message: format!("{message} (HTTP {status} of the scenario {})", self.origin),
                });
            }
            Answer::Content(content) => content,
        };
        stream(reply, content.thinking.as_deref(), deltas, Delta::Thinking).await;
        stream(reply, Some(&content.text), deltas, Delta::Text).await;

        let first_call = 1 + earlier_calls(request);
        let tool_calls: Vec<ToolCall> = (first_call..)
            .zip(&content.calls)
            .map(|(n, call)| ToolCall {
                id: format!("call_{n}"),
                name: call.name.clone(),
                arguments: call.arguments.clone(),
            })
            .collect();
        let finish_reason = content.finish.unwrap_or(if tool_calls.is_empty() {
            FinishReason::Stop
        } else {
            FinishReason::ToolCalls
        });
        let written = content.text.chars().count()
            + content.thinking.as_deref().map_or(0, |it| it.chars().count())
            + content.calls.iter().map(|it| it.arguments.chars().count()).sum::<usize>();
        Ok(ModelReply {
            content: content.text.clone(),
            thinking: content.thinking.clone(),
            tool_calls,
            finish_reason,
            usage: Some(Usage {
                prompt_tokens: estimated_tokens(situation.text.chars().count()),
                completion_tokens: estimated_tokens(written),
            }),
        })
    }
}

impl Model for ScriptedModel {
    fn name(&self) -> &str {
        &self.name
    }

    fn call(
        &self,
        request: ModelRequest,
        deltas: mpsc::Sender<Delta>,
        cancel: CancellationToken,
    ) -> BoxFuture<'_, Result<ModelReply, ModelFailure>> {
        let span = tracing::debug_span!("model", name = self.name);
        async move { until_cancelled(&cancel, self.play(&request, &deltas)).await }
            .instrument(span)
            .boxed()
    }
}

async fn stream(
    reply: &Reply,
    text: Option<&str>,
    deltas: &mpsc::Sender<Delta>,
    to_delta: fn(String) -> Delta,
) {
    let chars: Vec<char> = text.unwrap_or_default().chars().collect();
    for piece in chars.chunks(reply.chunk_chars.get()) {
        hand_on(deltas, to_delta(piece.iter().collect())).await;
        if reply.delay > Duration::ZERO {
            sleep(reply.delay).await;
        }
    }
}

fn situation(request: &ModelRequest) -> Situation {
    let texts = request.messages.iter().map(|message| match message {
        Message::System { content }
        | Message::User { content, .. }
        | Message::Assistant { content, .. }
        | Message::Tool { content, .. } => content.as_str(),
    });
    let since_task = request.messages.iter().rev().take_while(|message| {
        !matches!(message, Message::User { origin: Origin::User | Origin::TeacherNote, .. })
    });
    Situation {
        text: texts.collect::<Vec<_>>().join("\n"),
        step: since_task.filter(|it| matches!(it, Message::Assistant { .. })).count(),
        offers_tools: !request.tools.is_empty(),
    }
}

fn earlier_calls(request: &ModelRequest) -> usize {
    let calls = request.messages.iter().map(|message| match message {
        Message::Assistant { tool_calls, .. } => tool_calls.len(),
        _ => 0,
    });
    calls.sum()
}

fn estimated_tokens(chars: usize) -> u64 {
    u64::try_from(chars.div_ceil(CHARS_PER_TOKEN)).unwrap_or(u64::MAX)
}
