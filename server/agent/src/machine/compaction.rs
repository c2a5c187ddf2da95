//! Making room: when a conversation does not fit its window, and when a person wants it shorter.
//!
//! The model that works on the conversation writes the notes that replace a part of it. That call
//! may fail: notes made without a model stand in then. Each round makes the conversation smaller
//! or is the last one.

use serde::{Deserialize, Serialize};

use super::{Actor, Machine, Out, Purpose, State, Step};
use crate::{
    clip::{clip, clip_middle},
    context::{
        Relief, Room, clipped, digest, estimate_messages, relief, summary_messages, tools_for,
        with_mark,
    },
    event::{Event, StateRecord},
    message::{Message, ModelFailure, ModelReply, ModelRequest, Origin, ToolSpec},
};

/// Calls that may not fit in one turn before it ends.
const MAX_OVERFLOWS: u32 = 2;
/// Longest error in `session_terminated`, in characters.
const ERROR_CHARS: usize = 300;
/// Characters of the record that a summary is made from where no window is known.
const RECORD_CHARS: usize = 200_000;

/// A summary that is being written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Compaction {
    from: usize,
    to: usize,
    old_tokens: u64,
    cause: Cause,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Cause {
    /// The next call would not fit.
    Need,
    /// A person asked, between two turns.
    Demand,
}

impl Machine {
    /// Returns the tools as this model's window allows them, the one that its server showed to have
    /// among them.
    pub(super) fn offered_tools(&self, actor: Actor) -> Vec<ToolSpec> {
        let attempt = match actor {
            Actor::Student => Some(&self.student),
            Actor::Teacher => self.teacher.as_ref(),
        };
        let learned = attempt.and_then(|attempt| attempt.fill.learned_window());
        let windows = [self.room(actor).window, learned];
        tools_for(&self.setup.tools, windows.into_iter().flatten().min())
    }

    /// Returns what has to be done before the next call fits; `None`: nothing, or nothing helps.
    pub(super) fn make_room(&mut self, actor: Actor, out: &mut Out) -> Option<Step> {
        loop {
            let limit = self.limit(actor)?;
            let size = self.size(actor);
            if size <= limit {
                return None;
            }
            match self.relief(actor, limit)? {
                Relief::Summarize { from, to } => {
                    let compaction = Compaction { from, to, old_tokens: size, cause: Cause::Need };
                    return Some(self.ask_for_summary(actor, compaction, out));
                }
                Relief::Clip { chars } => self.clip_messages(actor, chars, size, out),
            }
        }
    }

    /// The server refused a request for its size. Returns how the turn goes on or ends; `None`:
    /// as after any other failure.
    pub(super) fn overflowed(
        &mut self,
        actor: Actor,
        failure: &ModelFailure,
        out: &mut Out,
    ) -> Option<Step> {
        let size = self.size(actor);
        let n_before = self.attempt_mut(actor).fill.n_overflows;
        self.attempt_mut(actor).fill.overflowed(size);
        let limit = self.limit(actor)?;
        if n_before < MAX_OVERFLOWS && self.relief(actor, limit).is_some() {
            return Some(self.call_model(actor, out));
        }
        if actor == Actor::Teacher {
            return None;
        }
        out.emit(Event::SessionTerminated {
            reason: "compaction_failed".to_owned(),
            context_usage: size,
            context_threshold: limit,
            error: clip(&failure.message, ERROR_CHARS),
            user_message: "The conversation does not fit the student's window, and nothing more \
                           of it can be left out. Take the last request back (undo) and ask for \
                           less at once, or start the server with a larger window."
                .to_owned(),
        });
        Some(Step::Rest)
    }

    /// A person wants the history to be shorter.
    pub(super) fn compact_on_demand(&mut self, out: &mut Out) -> Step {
        let actor = Actor::Student;
        let old_tokens = self.size(actor);
        let limit = self.limit(actor).unwrap_or(old_tokens).min(old_tokens);
        if let Some(Relief::Summarize { from, to }) = self.relief(actor, limit) {
            let compaction = Compaction { from, to, old_tokens, cause: Cause::Demand };
            return self.ask_for_summary(actor, compaction, out);
        }
        let log = "There is nothing yet that a summary would make shorter.".to_owned();
        out.emit(Event::ToolLog { tool: "system".to_owned(), log });
        Step::Rest
    }

    fn ask_for_summary(&mut self, actor: Actor, compaction: Compaction, out: &mut Out) -> Step {
        out.teacher = actor == Actor::Teacher;
        out.emit(match compaction.cause {
            Cause::Need => Event::Processing {
                message: "Earlier messages are replaced by notes, to make room.".to_owned(),
            },
            // Between two turns nobody works on anything.
            Cause::Demand => Event::ToolLog {
                tool: "system".to_owned(),
                log: "Earlier messages are replaced by notes.".to_owned(),
            },
        });
        let limit = self.limit(actor);
        let max_chars = limit
            .and_then(|limit| usize::try_from(limit.saturating_mul(2)).ok())
            .unwrap_or(RECORD_CHARS);
        let nonce = self.setup.nonce.clone();
        let range = self.compacted_range(actor, &compaction);
        let messages = summary_messages(range, &nonce, max_chars);
        let max_tokens = limit
            .and_then(|limit| u32::try_from(limit / 8).ok())
            .map(|tokens| tokens.clamp(256, 2_048));
        self.state = State::Compacting(actor, compaction);
        Step::CallModel {
            actor,
            purpose: Purpose::Compact,
            request: ModelRequest { messages, tools: Vec::new(), max_tokens },
        }
    }

    /// The model wrote the notes.
    pub(super) fn summarized(
        &mut self,
        actor: Actor,
        compaction: &Compaction,
        reply: &ModelReply,
        out: &mut Out,
    ) -> Step {
        out.teacher = actor == Actor::Teacher;
        let notes = reply.content.trim();
        if notes.is_empty() {
            return self.without_model(actor, compaction, "its answer was empty", out);
        }
        let notes = notes.to_owned();
        self.replace(actor, compaction, &notes, out)
    }

    /// The call for the notes failed: that is no reason to end the turn.
    pub(super) fn summary_failed(
        &mut self,
        actor: Actor,
        compaction: &Compaction,
        failure: &ModelFailure,
        out: &mut Out,
    ) -> Step {
        out.teacher = actor == Actor::Teacher;
        self.without_model(actor, compaction, failure.message.trim_end_matches('.'), out)
    }

    /// A person stopped it; the history stays as it was.
    pub(super) fn compaction_cancelled(
        actor: Actor,
        compaction: &Compaction,
        out: &mut Out,
    ) -> Step {
        out.teacher = actor == Actor::Teacher;
        out.emit(match compaction.cause {
            Cause::Need => Event::Interrupted {},
            Cause::Demand => Event::ToolLog {
                tool: "system".to_owned(),
                log: "Compacting was cancelled; the history stays as it was.".to_owned(),
            },
        });
        Step::Rest
    }

    fn without_model(
        &mut self,
        actor: Actor,
        compaction: &Compaction,
        why: &str,
        out: &mut Out,
    ) -> Step {
        out.emit(Event::ToolLog {
            tool: "system".to_owned(),
            log: format!("The model wrote no notes ({why}); a list of its calls stands in."),
        });
        let range = self.compacted_range(actor, compaction);
        let notes = digest(range, notes_chars(estimate_messages(range)));
        self.replace(actor, compaction, &notes, out)
    }

    fn replace(
        &mut self,
        actor: Actor,
        compaction: &Compaction,
        notes: &str,
        out: &mut Out,
    ) -> Step {
        let Compaction { from, to, old_tokens, cause } = compaction;
        let size = estimate_messages(self.compacted_range(actor, compaction));
        let notes = clip_middle(notes, notes_chars(size));
        let content = with_mark(&notes, &self.setup.nonce);
        let summary = Message::User { content, origin: Origin::Summary };
        let messages = &mut self.attempt_mut(actor).messages;
        let estimate = estimate_messages(messages);
        let rest = messages.split_off((*to).min(messages.len()));
        messages.truncate(*from);
        messages.push(summary);
        messages.extend(rest);
        self.rewritten(actor, *old_tokens, estimate, out);
        match cause {
            Cause::Need => self.call_model(actor, out),
            Cause::Demand => Step::Rest,
        }
    }

    fn clip_messages(&mut self, actor: Actor, chars: usize, old_tokens: u64, out: &mut Out) {
        let estimate = estimate_messages(&self.attempt_mut(actor).messages);
        for message in &mut self.attempt_mut(actor).messages {
            if let Some(clipped) = clipped(message, chars) {
                *message = clipped;
            }
        }
        self.rewritten(actor, old_tokens, estimate, out);
    }

    /// Tells of a history that is shorter now; its messages were estimated at `estimate` before.
    fn rewritten(&mut self, actor: Actor, old_tokens: u64, estimate: u64, out: &mut Out) {
        out.teacher = actor == Actor::Teacher;
        let attempt = self.attempt_mut(actor);
        let messages = attempt.messages.clone();
        let saved = estimate.saturating_sub(estimate_messages(&messages));
        attempt.fill.resize(old_tokens.saturating_sub(saved), messages.len());
        if actor == Actor::Student {
            let is_asked = |it: &&Message| matches!(it, Message::User { origin: Origin::User, .. });
            let n_asked = messages.iter().filter(is_asked).count();
            self.requests.drain(..self.requests.len().saturating_sub(n_asked));
        }
        out.emit(Event::State(StateRecord::History { actor, messages }));
        let new_tokens = self.size(actor);
        out.emit(Event::Compacted { old_tokens, new_tokens });
    }

    fn compacted_range(&mut self, actor: Actor, compaction: &Compaction) -> &[Message] {
        let messages = &self.attempt_mut(actor).messages;
        messages.get(compaction.from..compaction.to).unwrap_or_default()
    }

    fn relief(&mut self, actor: Actor, limit: u64) -> Option<Relief> {
        let messages = &self.attempt_mut(actor).messages;
        // A student's history has the teacher's answers too: those are nobody's request there.
        let request = messages.iter().rposition(|message| match message {
            Message::User { origin: Origin::User, .. } => true,
            Message::User { origin: Origin::TeacherNote, .. } => actor == Actor::Teacher,
            _ => false,
        });
        relief(messages, request.unwrap_or(1), limit)
    }

    pub(super) fn room(&self, actor: Actor) -> Room {
        match actor {
            Actor::Student => self.setup.rooms.student,
            Actor::Teacher => self.setup.rooms.teacher,
        }
    }

    fn limit(&mut self, actor: Actor) -> Option<u64> {
        let room = self.room(actor);
        self.attempt_mut(actor).fill.limit(room)
    }

    fn size(&mut self, actor: Actor) -> u64 {
        let tools = self.offered_tools(actor);
        let attempt = self.attempt_mut(actor);
        attempt.fill.size(&attempt.messages, &tools)
    }
}

/// Returns how long notes may be that stand for so many tokens: never more than half of them.
fn notes_chars(tokens: u64) -> usize {
    let half = usize::try_from(tokens.saturating_mul(7) / 4).unwrap_or(usize::MAX);
    half.min(8_000).saturating_sub(150).max(100)
}
