//! The verdict on a conversation that somebody recorded, whatever agent had it.
//!
//! A live attempt knows how each of its calls ended; a recording only has what the model read. So
//! results are read for how they ended first ([`outcome`]), and what follows weighs that like tier
//! 1 does: an error counts until something later made good for it, and words within an output that
//! came about without one never do. Knows nothing of files and of who asks.

mod messages;
mod outcome;
mod words;

use serde_json::Value;

use self::{
    messages::{Entry, Recording},
    outcome::Outcome,
};
use crate::{
    clip::clip,
    detect::{
        CallRecord, EVIDENCE_CHARS, Ending, Judgement, Signal, SignalKind, answer_signal, weigh,
    },
    guard::loop_evidence,
    tool::ResultKind,
};

/// Model calls from which on a recording without an end was cut at a limit, and not just by
/// whoever recorded it.
const N_STEPS_OF_A_LIMIT: usize = 15;
/// Finished calls from which on the part of failed ones says something.
const N_CALLS_OF_A_RATE: usize = 4;

/// The verdict on a recorded conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedJudgement {
    /// The verdict with its evidence.
    pub judgement: Judgement,
    /// For each signal, in the same order: the index of the message that shows it.
    pub message_indices: Vec<usize>,
}

/// Judges a conversation in the chat format of `OpenAI`: objects with `role`, `content`,
/// `tool_calls`, `tool_call_id` and `name`. What cannot be read as a message is passed over, as are
/// unknown roles and keys.
pub fn judge_recorded(messages: &[Value]) -> RecordedJudgement {
    let recording = Recording::read(messages);
    let mut evidence = Evidence::default();
    evidence.of_calls(&recording);
    evidence.of_repetition(&recording);
    evidence.of_words(&recording);
    evidence.of_ending(&recording, messages.len());
    evidence.found.sort_by_key(|(message_idx, _)| *message_idx);
    let (message_indices, signals) = evidence.found.into_iter().unzip();
    RecordedJudgement { judgement: weigh(signals), message_indices }
}

#[derive(Debug, Default)]
struct Evidence {
    /// Signals, each with the index of its message.
    found: Vec<(usize, Signal)>,
}

impl Evidence {
    fn add(&mut self, message_idx: usize, kind: SignalKind, evidence: &str, confidence: f64) {
        self.push(message_idx, kind, evidence, confidence, false);
    }

    fn push(
        &mut self,
        message_idx: usize,
        kind: SignalKind,
        evidence: &str,
        confidence: f64,
        recovered: bool,
    ) {
        let evidence = clip(evidence.trim(), EVIDENCE_CHARS);
        self.found.push((message_idx, Signal { kind, evidence, confidence, recovered }));
    }

    /// Errors, and whether something later made good for them.
    fn of_calls(&mut self, recording: &Recording) {
        let calls = &recording.calls;
        let outcomes: Vec<Outcome> =
            calls.iter().map(|it| outcome::read(&it.tool, &it.arguments, &it.output)).collect();
        let is_done = |idx: usize| matches!(outcomes.get(idx), Some(Outcome::Done));
        let mut n_failed = 0_usize;
        for (idx, (call, outcome)) in calls.iter().zip(&outcomes).enumerate() {
            let Outcome::Failed { kind, evidence, is_sure } = outcome else { continue };
            n_failed += 1;
            let mut later = calls.iter().enumerate().skip(idx + 1).filter(|(it, _)| is_done(*it));
            let recovered = later.clone().any(|(_, it)| outcome::same_aim(call, it));
            let changes_something = !outcome::only_looks(call);
            let went_on = later.any(|(_, it)| !outcome::only_looks(it));
            let confidence = match (*is_sure && changes_something, went_on) {
                (true, false) => 0.6,
                (true, true) => 0.4,
                (false, false) => 0.3,
                (false, true) => 0.15,
            };
            let evidence = format!("`{}`: {evidence}", call.tool);
            self.push(call.result_idx, *kind, &evidence, confidence, recovered);
        }
        // Half of all calls, whatever became of each.
        if let Some(last) = calls.last()
            && calls.len() >= N_CALLS_OF_A_RATE
            && n_failed * 2 >= calls.len()
        {
            let evidence = format!("{n_failed} of {} calls failed", calls.len());
            self.add(last.result_idx, SignalKind::ManyErrors, &evidence, 0.4);
        }
    }

    /// The same calls with the same results.
    fn of_repetition(&mut self, recording: &Recording) {
        let records: Vec<CallRecord> = recording
            .calls
            .iter()
            .map(|call| CallRecord {
                tool: call.tool.clone(),
                arguments: call.arguments.clone(),
                output: call.output.clone(),
                kind: ResultKind::Ok,
                exit_code: None,
            })
            .collect();
        let Some((call_idx, evidence)) = loop_evidence(&records) else { return };
        let Some(call) = recording.calls.get(call_idx) else { return };
        // Whoever did something else afterwards, and came to an end, got out of it.
        let recovered = call_idx + 1 < records.len() && recording.ends_by_itself();
        self.push(call.result_idx, SignalKind::DoomLoop, &evidence, 0.7, recovered);
    }

    /// What the person says of the work, and the model of itself.
    fn of_words(&mut self, recording: &Recording) {
        let mut admitted = Vec::new();
        let last_of_user = recording.last_words_of_user();
        for (message_idx, entry) in &recording.entries {
            match entry {
                Entry::Said(text) => {
                    admitted.extend(words::admission(text).map(|it| (*message_idx, it)));
                }
                Entry::Asked(text) => {
                    let Some(complaint) = words::complaint(text) else { continue };
                    let is_last = last_of_user == Some(*message_idx);
                    let confidence = if is_last { 0.6 } else { 0.2 };
                    self.push(
                        *message_idx,
                        SignalKind::Corrected,
                        &complaint,
                        confidence,
                        // What it did after that was not complained about.
                        !is_last,
                    );
                }
                Entry::Called | Entry::Result => {}
            }
        }
        if let Some((message_idx, sentence)) = admitted.last() {
            let confidence = if admitted.len() > 1 { 0.4 } else { 0.2 };
            self.add(*message_idx, SignalKind::Corrected, sentence, confidence);
        }
    }

    fn of_ending(&mut self, recording: &Recording, n_messages: usize) {
        let last_idx = n_messages.saturating_sub(1);
        if let Some((message_idx, limit)) = recording.limit_reached() {
            self.add(message_idx, SignalKind::MaxIterations, &limit, 0.8);
            return;
        }
        if let Some(handover) = recording.handover() {
            let evidence = format!("It handed the task over with `{}`", handover.tool);
            self.add(handover.call_idx, SignalKind::HandedOver, &evidence, 0.4);
            return;
        }
        if let Some(finish) = recording.finish() {
            if finish.says_it_is_not_done {
                let evidence = format!("It ended with `{}`: not completed", finish.tool);
                self.add(finish.call_idx, SignalKind::GiveUp, &evidence, 0.6);
            } else if let Some(signal) =
                finish.answer.as_deref().and_then(|it| answer_signal(it, Ending::Answer))
                && signal.kind != SignalKind::EmptyAnswer
            {
                self.found.push((finish.call_idx, signal));
            }
            return;
        }
        if recording.ends_by_itself() {
            if let Some((message_idx, answer)) = recording.last_answer()
                && let Some(signal) = answer_signal(answer, Ending::Answer)
            {
                self.found.push((message_idx, signal));
            }
            return;
        }
        // Whoever recorded it may have left the end out; an agent that ran long ran into a limit.
        let confidence = if recording.n_steps() >= N_STEPS_OF_A_LIMIT { 0.6 } else { 0.4 };
        let evidence = "It ends within the work, without an answer";
        if !recording.calls.is_empty() {
            self.add(last_idx, SignalKind::MaxIterations, evidence, confidence);
        }
    }
}

#[cfg(test)]
mod tests;
