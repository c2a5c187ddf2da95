//! One model call: its stream, merged into events, and its outcome as an input.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use agent::{
    event::Event,
    machine::{Actor, Input, Purpose},
    message::{FinishReason, ModelFailure, ModelReply, ModelRequest, Usage},
};
use llm::{Delta, Model};
use tokio::{
    sync::mpsc,
    time::{Instant as TokioInstant, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{Driver, is_cancelled};
use crate::{config::Price, journal::JournalError};

/// The first piece of a text is recorded at once, then at most one piece in this time.
const MERGE: Duration = Duration::from_millis(50);
/// Keys are not longer than this, in bytes.
const KEY_BYTES: usize = 256;
/// Pieces that may wait between the wire and the journal.
const QUEUED_DELTAS: usize = 256;

impl Driver {
    pub(super) async fn call_model(
        &mut self,
        actor: Actor,
        purpose: Purpose,
        request: ModelRequest,
        cancel: &CancellationToken,
    ) -> Result<Input, JournalError> {
        let model = match actor {
            Actor::Student => &self.parts.models.student,
            Actor::Teacher => &self.parts.models.teacher,
        };
        let model: Arc<dyn Model> = match model {
            Ok(model) => Arc::clone(model),
            Err(failure) => {
                return Ok(Input::CallFailed { failure: failure.clone(), partial: String::new() });
            }
        };
        // What a distillation or a summary says is for us; only what became of it is shown.
        let is_shown = purpose == Purpose::Attempt;
        let started = Instant::now();
        let (sender, mut deltas) = mpsc::channel(QUEUED_DELTAS);
        let span = tracing::info_span!("model", name = model.name());
        let call_cancel = cancel.child_token();
        let call = model.call(request, sender, call_cancel.clone()).instrument(span);
        let limit = match purpose {
            Purpose::Attempt | Purpose::Compact => None,
            Purpose::Distill => {
                Some(Duration::from_secs(self.parts.config.teacher.timeout_s.max(1)))
            }
        };
        let mut stream = Stream {
            turn: self.parts.machine.turn(),
            teacher: actor == Actor::Teacher,
            is_shown,
            driver: self,
            waiting: None,
            next_flush: TokioInstant::now(),
            first_piece: None,
            text: String::new(),
        };
        tokio::pin!(call);
        let outcome = loop {
            let deadline = stream.waiting.is_some().then_some(stream.next_flush);
            tokio::select! {
                biased;
                Some(delta) = deltas.recv() => stream.push(delta, started).await?,
                () = flush_time(deadline), if deadline.is_some() => stream.flush_words().await?,
                outcome = with_limit(limit, &mut call, started) => break outcome,
            }
        };
        call_cancel.cancel();
        while let Ok(delta) = deltas.try_recv() {
            stream.push(delta, started).await?;
        }
        stream.flush().await?;
        let (partial, first_piece) = (stream.text, stream.first_piece);
        match outcome {
            Ok(reply) => {
                self.record_call(actor, purpose, model.name(), &reply, started, first_piece)
                    .await?;
                Ok(Input::Replied(reply))
            }
            Err(failure) if is_cancelled(failure.class) && cancel.is_cancelled() => {
                Ok(Input::Cancelled { partial })
            }
            Err(failure) => Ok(Input::CallFailed { failure, partial }),
        }
    }

    async fn record_call(
        &self,
        actor: Actor,
        purpose: Purpose,
        model: &str,
        reply: &ModelReply,
        started: Instant,
        first_piece: Option<Duration>,
    ) -> Result<(), JournalError> {
        let kind = match (purpose, actor) {
            (Purpose::Distill, _) => "distill",
            (Purpose::Compact, _) => "compaction",
            (Purpose::Attempt, Actor::Teacher) => "teacher",
            (Purpose::Attempt, Actor::Student) => "main",
        };
        let finish_reason = match reply.finish_reason {
            FinishReason::Stop => "stop",
            FinishReason::ToolCalls => "tool_calls",
            FinishReason::Length => "length",
            FinishReason::Other => "other",
        };
        let price = self.parts.config.budget.prices.get(model);
        let event = Event::LlmCall {
            model: model.to_owned(),
            latency_ms: milliseconds(started.elapsed()),
            ttft_ms: first_piece.map(milliseconds),
            finish_reason: finish_reason.to_owned(),
            cost_usd: price.zip(reply.usage).map(|(price, usage)| cost_usd(*price, usage)),
            kind: kind.to_owned(),
            usage: reply.usage,
        };
        let teacher = actor == Actor::Teacher;
        self.parts.recorder.record(self.parts.machine.turn(), teacher, event).await?;
        Ok(())
    }
}

struct Stream<'a> {
    driver: &'a Driver,
    turn: u32,
    teacher: bool,
    is_shown: bool,
    waiting: Option<Delta>,
    next_flush: TokioInstant,
    first_piece: Option<Duration>,
    /// The visible text so far, for what is kept when the call breaks off.
    text: String,
}

impl Stream<'_> {
    async fn push(&mut self, delta: Delta, started: Instant) -> Result<(), JournalError> {
        if matches!(delta, Delta::Text(_) | Delta::Thinking(_)) {
            self.first_piece.get_or_insert_with(|| started.elapsed());
        }
        let is_news = matches!(delta, Delta::Retrying { .. } | Delta::Rephrasing { .. });
        if !self.is_shown && !is_news {
            return Ok(());
        }
        match (&mut self.waiting, delta) {
            (_, Delta::Retrying { attempt, delay, reason }) => {
                self.flush().await?;
                let log = format!(
                    "{}: trying again in {} s (attempt {attempt})",
                    reason.trim_end_matches('.'),
                    delay.as_secs_f64().ceil()
                );
                self.record(Event::ToolLog { tool: "system".to_owned(), log }).await?;
            }
            (_, Delta::Rephrasing { change }) => {
                self.flush().await?;
                let log = format!(
                    "The model server refused the form of the request; it is sent again {change}."
                );
                self.record(Event::ToolLog { tool: "system".to_owned(), log }).await?;
            }
            (Some(Delta::Text(waiting)), Delta::Text(more)) => {
                self.text.push_str(&more);
                waiting.push_str(&more);
            }
            (Some(Delta::Thinking(waiting)), Delta::Thinking(more)) => waiting.push_str(&more),
            (_, delta) => {
                self.flush().await?;
                if let Delta::Text(text) = &delta {
                    self.text.push_str(text);
                }
                self.waiting = Some(delta);
            }
        }
        if TokioInstant::now() >= self.next_flush {
            self.flush_words().await?;
        }
        Ok(())
    }

    /// Records what waits, but for a last word that may not be whole: half of a key would not be
    /// recognized as one.
    async fn flush_words(&mut self) -> Result<(), JournalError> {
        let (text, is_thinking) = match &self.waiting {
            Some(Delta::Text(text)) => (text.as_str(), false),
            Some(Delta::Thinking(text)) => (text.as_str(), true),
            _ => return Ok(()),
        };
        let (whole, rest) = text.split_at(text.len() - unfinished_word(text));
        if whole.is_empty() {
            self.next_flush = TokioInstant::now() + MERGE;
            return Ok(());
        }
        let (whole, rest) = (whole.to_owned(), rest.to_owned());
        let delta = |text| if is_thinking { Delta::Thinking(text) } else { Delta::Text(text) };
        self.waiting = Some(delta(whole));
        self.flush().await?;
        self.waiting = (!rest.is_empty()).then(|| delta(rest));
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), JournalError> {
        let Some(delta) = self.waiting.take() else { return Ok(()) };
        self.next_flush = TokioInstant::now() + MERGE;
        match delta {
            Delta::Text(content) if !content.is_empty() => {
                self.record(Event::AssistantChunk { content }).await
            }
            Delta::Thinking(content) if !content.is_empty() => {
                self.record(Event::ThinkingChunk { content }).await
            }
            _ => Ok(()),
        }
    }

    async fn record(&self, event: Event) -> Result<(), JournalError> {
        self.driver.parts.recorder.record(self.turn, self.teacher, event).await.map(|_| ())
    }
}

/// Returns the length in bytes of the last word if it may go on and be a secret: printable ASCII
/// without white space, no longer than keys are.
fn unfinished_word(text: &str) -> usize {
    let n_bytes = text.bytes().rev().take_while(u8::is_ascii_graphic).count();
    if n_bytes > KEY_BYTES { 0 } else { n_bytes }
}

async fn flush_time(deadline: Option<TokioInstant>) {
    if let Some(deadline) = deadline {
        sleep_until(deadline).await;
    }
}

async fn with_limit<F>(
    limit: Option<Duration>,
    call: &mut F,
    started: Instant,
) -> Result<ModelReply, ModelFailure>
where
    F: Future<Output = Result<ModelReply, ModelFailure>> + Unpin,
{
    let Some(limit) = limit else { return call.await };
    match timeout(limit.saturating_sub(started.elapsed()), call).await {
        Ok(outcome) => outcome,
        Err(_) => Err(ModelFailure {
            class: agent::message::FailureClass::Server,
            message: format!(
                "The teacher's answer took longer than {} s (`teacher.timeout_s`).",
                limit.as_secs()
            ),
        }),
    }
}

/// Prices are US dollars per million tokens. Token counts are far below the size at which a
/// float loses whole numbers.
#[expect(clippy::cast_precision_loss, reason = "token counts are below 2^52")]
fn cost_usd(price: Price, usage: Usage) -> f64 {
    (usage.prompt_tokens as f64 * price.input + usage.completion_tokens as f64 * price.output)
        / 1_000_000.0
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
