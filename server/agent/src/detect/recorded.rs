//! The verdict on a conversation that somebody recorded, whatever agent had it.
//!
//! A live attempt knows how each of its calls ended; a recording only has what the model read. So
//! results are read for how they ended first ([`outcome`]), and what follows weighs that like tier
//! 1 does: an error counts until something later made good for it, and words within an output that
//! came about without one never do. Knows nothing of files and of who asks.

mod content;
mod ending;
mod expected;
mod messages;
mod outcome;
mod service;
mod text_actions;
mod words;
mod work;

use serde_json::Value;

pub use self::ending::RecordedEnd;
use self::{
    content::ACTION,
    ending::fault_of,
    messages::{Entry, RecordedCall, Recording},
};
pub(super) use self::{
    outcome::{Outcome, error_line, hides_a_status, is_command, only_looks, read_output},
    work::{checks, command_of, may_change},
};
use crate::{
    clip::clip,
    detect::{
        CallRecord, EVIDENCE_CHARS, Ending, Judgement, OF_A_REASON, Signal, SignalKind,
        account::Account,
        answer::{excuses, is_caveat},
        answer_signal,
        lack::{Lack, Trouble, lack_of},
        matches, weigh,
    },
    guard::loop_evidence,
    tool::ResultKind,
};

/// Model calls from which on a recording without an end was cut at a limit, and not just by
/// whoever recorded it.
const N_STEPS_OF_A_LIMIT: usize = 15;
/// Finished calls from which on the part of failed ones says something.
const N_CALLS_OF_A_RATE: usize = 4;
/// Equal messages in a row that are a loop.
const N_SAME_WORDS: usize = 3;
/// Equal calls that failed, from which on they say something.
const N_SAME_FAILURES: usize = 4;
/// Weight of a refusal that a person took for an answer.
const OF_A_REFUSAL: f64 = 0.4;
/// Weight of a command that failed beside work that a check speaks for.
const OF_A_SIDE_ISSUE: f64 = 0.3;
/// The part of its weight that an error has beside a worse one.
const WEAKENED: f64 = 0.3;

/// The verdict on a recorded conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedJudgement {
    /// The verdict with its evidence.
    pub judgement: Judgement,
    /// For each signal, in the same order: the index of the message that shows it.
    pub message_indices: Vec<usize>,
}

/// Judges a conversation: objects with `role`, `content`, `tool_calls`, `tool_call_id` and `name`
/// in the chat format of `OpenAI`, and what other writers have in their place. What cannot be read
/// as a message is passed over, as are unknown roles and keys.
pub fn judge_recorded(messages: &[Value], end: &RecordedEnd) -> RecordedJudgement {
    let recording = Recording::read(messages);
    let mut outcomes: Vec<Outcome> = recording.calls.iter().map(outcome::read).collect();
    expected::settle(&recording, &mut outcomes);
    let mut evidence = Evidence::default();
    evidence.of_calls(&recording, &outcomes);
    evidence.weaken_all_but_strongest();
    evidence.of_rates(&recording, &outcomes);
    evidence.of_repetition(&recording, &outcomes);
    evidence.of_words(&recording);
    evidence.of_service(&recording, &outcomes, messages);
    evidence.of_ending(&recording, &outcomes, end, messages.len());
    evidence.of_change(&recording, &outcomes, end, messages.len());
    let lack = evidence.lack(&recording);
    evidence.found.sort_by_key(|(message_idx, _)| *message_idx);
    let (message_indices, signals) = evidence.found.into_iter().unzip();
    RecordedJudgement { judgement: weigh(signals).for_want_of(lack), message_indices }
}

#[derive(Debug, Default)]
struct Evidence {
    /// Signals, each with the index of its message.
    found: Vec<(usize, Signal)>,
    /// The troubles of the calls that failed.
    troubles: Vec<Trouble>,
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
    fn of_calls(&mut self, recording: &Recording, outcomes: &[Outcome]) {
        let calls = &recording.calls;
        let answer = recording.answer();
        let answer = answer.as_str();
        let is_excused = excuses(answer);
        let checks = |it: &RecordedCall| checks(&it.tool, &it.arguments, &it.output);
        // What was checked after the last change is well, whatever else did not work.
        let is_well = work::is_well(calls, outcomes);
        for (idx, (call, outcome)) in calls.iter().zip(outcomes).enumerate() {
            let Outcome::Failed { kind, evidence, is_sure } = outcome else { continue };
            let later = || calls.iter().zip(outcomes).skip(idx + 1);
            let done = || later().filter(|(_, it)| **it == Outcome::Done).map(|(it, _)| it);
            let evidence = format!("`{}`: {evidence}", call.tool);
            let account = Account::new(recording.request_before(call.result_idx), answer);
            let bound = account.bound(&call.tool, &call.arguments, &call.output).unwrap_or(1.0);
            if checks(call) {
                // What a check says stands until the next one.
                let recovered = later().any(|(it, _)| checks(it));
                let confidence = if is_excused {
                    0.2
                } else if done().any(|it| may_change(&it.tool, &it.arguments)) {
                    0.25
                } else if work::passes_partly(&call.output) {
                    0.35
                } else {
                    0.6
                };
                self.push(call.result_idx, *kind, &evidence, bound.min(confidence), recovered);
                self.of_lack(recording, call, recovered, !recovered, confidence);
                continue;
            }
            let recovered = done().any(|it| outcome::same_aim(call, it));
            let changes_something = !only_looks(&call.tool, &call.arguments);
            let went_on = done().any(|it| !only_looks(&it.tool, &it.arguments));
            let confidence = match (*is_sure && changes_something, went_on) {
                (true, false) => 0.6,
                (true, true) => 0.4,
                (false, false) => 0.3,
                (false, true) => 0.15,
            };
            let is_aside = is_well && is_command(&call.tool);
            let bound = if is_aside { bound.min(OF_A_SIDE_ISSUE) } else { bound };
            self.push(call.result_idx, *kind, &evidence, bound.min(confidence), recovered);
            self.of_lack(recording, call, recovered, !went_on, confidence);
        }
    }

    /// Notes what a call that failed was in want of; `confidence`: what its failure counts for.
    fn of_lack(
        &mut self,
        recording: &Recording,
        call: &RecordedCall,
        recovered: bool,
        is_left: bool,
        confidence: f64,
    ) {
        let texts = || {
            let texts =
                recording.calls.iter().flat_map(|it| [it.arguments.as_str(), it.output.as_str()]);
            texts.chain([recording.request()])
        };
        let lack = Lack::read(&call.output).filter(|it| !it.is_own(texts()));
        self.troubles.push(Trouble {
            lack,
            is_left,
            is_open: !recovered,
            is_grave: confidence > OF_A_SIDE_ISSUE,
        });
    }

    /// Returns what the work lacked, where nothing else kept it from its end.
    fn lack(&self, recording: &Recording) -> Option<Lack> {
        let is_of_calls = |kind| matches!(kind, SignalKind::ExitCode | SignalKind::ToolError);
        let gives_up = |kind| matches!(kind, SignalKind::GiveUp | SignalKind::AsksBack);
        let open = || self.found.iter().map(|(_, it)| it).filter(|it| !it.recovered);
        let is_left_alone = open().all(|it| {
            is_of_calls(it.kind) || gives_up(it.kind) || it.confidence <= OF_A_SIDE_ISSUE
        });
        let gives_up = open().any(|it| gives_up(it.kind));
        let answer = recording.answer();
        let lack = || lack_of(&self.troubles, recording.request(), &answer, gives_up);
        (is_left_alone && !answer.trim().is_empty()).then(lack)?
    }

    /// Long work has many errors: each beside the worst one says little.
    fn weaken_all_but_strongest(&mut self) {
        let open = || self.found.iter().enumerate().filter(|(_, (_, it))| !it.recovered);
        let strongest = open()
            .max_by(|(_, (_, a)), (_, (_, b))| a.confidence.total_cmp(&b.confidence))
            .map(|(idx, _)| idx);
        for (idx, (_, signal)) in self.found.iter_mut().enumerate() {
            if Some(idx) != strongest {
                signal.confidence *= WEAKENED;
            }
        }
    }

    /// Half of all calls, whatever became of each, and all of the last ones.
    fn of_rates(&mut self, recording: &Recording, outcomes: &[Outcome]) {
        let Some(last) = recording.calls.last() else { return };
        let has_failed = |it: &&Outcome| matches!(it, Outcome::Failed { .. });
        let n_at_end = outcomes.iter().rev().take_while(has_failed).count();
        let (n_failed, n_calls) = (outcomes.iter().filter(has_failed).count(), outcomes.len());
        if n_at_end >= N_CALLS_OF_A_RATE {
            let evidence = format!("Its last {n_at_end} calls failed");
            self.add(last.result_idx, SignalKind::ManyErrors, &evidence, 0.6);
        } else if n_calls >= N_CALLS_OF_A_RATE && n_failed * 2 >= n_calls {
            let evidence = format!("{n_failed} of {n_calls} calls failed");
            // Work that came to a good end was hard, and no more.
            let confidence = if n_at_end > 0 { 0.4 } else { 0.2 };
            self.add(last.result_idx, SignalKind::ManyErrors, &evidence, confidence);
        }
    }

    /// The same calls with the same results, or the same words.
    fn of_repetition(&mut self, recording: &Recording, outcomes: &[Outcome]) {
        let records: Vec<CallRecord> = recording
            .calls
            .iter()
            .map(|call| CallRecord {
                tool: call.tool.clone(),
                arguments: call.arguments.clone(),
                output: call.output.clone(),
                kind: ResultKind::Ok,
                exit_code: None,
                changed_files: Vec::new(),
                kept_files: Vec::new(),
            })
            .collect();
        if let Some((call_idx, evidence)) = loop_evidence(&records)
            && let Some(call) = recording.calls.get(call_idx)
        {
            // Whoever did something else afterwards, and came to an end, got out of it.
            let recovered = call_idx + 1 < records.len() && recording.ends_by_itself();
            self.push(call.result_idx, SignalKind::DoomLoop, &evidence, 0.7, recovered);
            return;
        }
        if let Some((message_idx, n_times)) = recording.same_words_at_end()
            && n_times >= N_SAME_WORDS
        {
            let evidence = format!("It said the same {n_times} times in a row");
            self.add(message_idx, SignalKind::DoomLoop, &evidence, 0.6);
            return;
        }
        let fails = recording.calls.iter().zip(outcomes);
        let fails = fails.filter(|(_, it)| matches!(it, Outcome::Failed { .. }));
        let Some((last, _)) = fails.clone().next_back() else { return };
        let is_same = |(call, _): &(&RecordedCall, &Outcome)| {
            !last.arguments.is_empty()
                && (&call.tool, &call.arguments) == (&last.tool, &last.arguments)
        };
        let n_same = fails.filter(is_same).count();
        if n_same >= N_SAME_FAILURES {
            let evidence = format!("`{}` failed {n_same} times with the same arguments", last.tool);
            self.add(last.result_idx, SignalKind::DoomLoop, &evidence, 0.35);
        }
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
            let confidence = if admitted.len() > 1 { 0.3 } else { 0.15 };
            self.add(*message_idx, SignalKind::Corrected, sentence, confidence);
        }
    }

    /// What was asked for in a talk and not done.
    fn of_service(&mut self, recording: &Recording, outcomes: &[Outcome], messages: &[Value]) {
        for it in service::found(recording, outcomes, messages) {
            self.add(it.message_idx, it.kind, &it.evidence, it.confidence);
        }
    }

    fn of_ending(
        &mut self,
        recording: &Recording,
        outcomes: &[Outcome],
        end: &RecordedEnd,
        n_messages: usize,
    ) {
        let has_changed = recording.calls.iter().zip(outcomes).any(|(call, outcome)| {
            *outcome == Outcome::Done && may_change(&call.tool, &call.arguments)
        });
        let last_idx = n_messages.saturating_sub(1);
        let request = recording.request_before(n_messages);
        if let Some(status) = &end.status
            && let Some(kind) = fault_of(status)
        {
            self.add(last_idx, kind, &format!("It ended with the status `{status}`"), 0.8);
            return;
        }
        if let Some((message_idx, kind, limit)) = recording.limit_reached() {
            self.add(message_idx, kind, &limit, 0.8);
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
                finish.answer.as_deref().and_then(|it| answer_signal(request, it, Ending::Answer))
                && signal.kind != SignalKind::EmptyAnswer
            {
                self.found.push((finish.call_idx, weaken_caveat(signal, has_changed)));
            }
            return;
        }
        if recording.ends_by_itself() {
            if let Some((message_idx, answer)) = recording.last_answer()
                && let Some(mut signal) = answer_signal(request, answer, Ending::Answer)
            {
                // Whoever is told that something cannot be done, and leaves, may have been served.
                if recording.is_closed_by_person() || service::is_talk(recording) {
                    signal.confidence = signal.confidence.min(OF_A_REFUSAL);
                }
                self.found.push((message_idx, weaken_caveat(signal, has_changed)));
            }
            return;
        }
        // The program around it says that it ended as it should.
        if end.status.is_some() || recording.exit.is_some() {
            return;
        }
        // Whoever recorded it may have left the end out; an agent that ran long ran into a limit.
        // In a world of text, the last action may be the end.
        let is_of_tools = recording.calls.iter().any(|call| call.tool != ACTION);
        let is_long = recording.n_steps() >= N_STEPS_OF_A_LIMIT && is_of_tools;
        let confidence = if is_long { 0.6 } else { 0.4 };
        let evidence = "It ends within the work, without an answer";
        if !recording.calls.is_empty() {
            self.add(last_idx, SignalKind::MaxIterations, evidence, confidence);
        }
    }

    /// Work that was to change something and did not.
    fn of_change(
        &mut self,
        recording: &Recording,
        outcomes: &[Outcome],
        end: &RecordedEnd,
        n_messages: usize,
    ) {
        let last_idx = n_messages.saturating_sub(1);
        if end.patch.as_ref().is_some_and(|it| it.trim().is_empty()) && !recording.calls.is_empty()
        {
            self.add(last_idx, SignalKind::NothingChanged, "What it handed in is empty", 0.8);
        } else if end.patch.is_none()
            && let Some(evidence) = work::unchanged(recording, outcomes)
        {
            self.add(last_idx, SignalKind::NothingChanged, &evidence, 0.6);
        }
    }
}

/// Behind work that was done, that it could not be tried says little.
fn weaken_caveat(mut signal: Signal, has_changed: bool) -> Signal {
    if signal.kind == SignalKind::GiveUp && has_changed && is_caveat(&signal.evidence) {
        signal.confidence = signal.confidence.min(OF_A_REASON);
    }
    signal
}

#[cfg(test)]
mod tests;
