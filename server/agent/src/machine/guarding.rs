//! What the machine does about an attempt that goes wrong but may still come right: it tells the
//! model, a set number of times, and keeps what it saw as evidence.

use serde::{Deserialize, Serialize};

use super::{Actor, Machine, Out, Step};
use crate::{
    clip::clip,
    detect::{Ending, Signal, SignalKind, answer_signal},
    event::{Event, StateRecord},
    guard::{Finding, Guards},
    message::{Message, Origin},
    plan::Plan,
    tool::ResultKind,
    trace::fenced,
};

/// Times that a model is asked for an answer after it gave none.
const MAX_UNANSWERED: u32 = 1;
/// Times that a model is told to take the step that it announced.
const MAX_ANNOUNCED: u32 = 1;
/// Times that a final answer with an open plan is sent back.
const MAX_OPEN_PLAN: u32 = 2;
/// Open items of a plan that a reminder names.
const NAMED_ITEMS: usize = 5;
/// Longest part of an item that a reminder quotes, in characters.
const ITEM_CHARS: usize = 80;

/// What was noticed about an attempt while it worked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Watch {
    guards: Guards,
    n_unanswered: u32,
    n_announced: u32,
    n_open_plan: u32,
    /// Evidence; what the model got over is marked as recovered from.
    pub(super) noted: Vec<Signal>,
    /// The model's own plan, as of this turn.
    pub(super) plan: Plan,
}

/// Why a final answer is sent back.
struct Nudge {
    note: String,
    log: &'static str,
    signal: Signal,
}

impl Machine {
    /// Lets the guards look at the calls that have just got their results. Returns the next step
    /// if one of them stops the attempt.
    pub(super) fn guard_calls(&mut self, actor: Actor, out: &mut Out) -> Option<Step> {
        let attempt = self.attempt_mut(actor);
        match attempt.watch.guards.check(&attempt.calls)? {
            Finding::Tell { note, log, signal } => {
                // Of calls that cannot be run, each is evidence already.
                if signal.kind == SignalKind::DoomLoop {
                    let evidence = signal.evidence.clone();
                    attempt.watch.noted.push(Signal { recovered: true, ..signal });
                    out.emit(Event::State(StateRecord::Repeating { evidence }));
                }
                self.tell(actor, note, log, out);
                None
            }
            Finding::Stop(signal) => {
                let ending = match signal.kind {
                    SignalKind::DoomLoop => Ending::DoomLoop,
                    SignalKind::Truncated => Ending::Length,
                    _ => Ending::MalformedArguments,
                };
                attempt.watch.noted.push(signal);
                Some(self.end_attempt(actor, ending, out))
            }
        }
    }

    /// Sends a reply without calls back to the model if it is no end yet. Returns the next step
    /// in that case.
    pub(super) fn send_back(
        &mut self,
        actor: Actor,
        ending: Ending,
        out: &mut Out,
    ) -> Option<Step> {
        // With no step left, what there is has to do.
        if !self.has_steps_left(actor) || self.attempt_mut(actor).last_step.is_some() {
            return None;
        }
        let nudge = self.nudge(actor, ending)?;
        self.attempt_mut(actor).watch.noted.push(Signal { recovered: true, ..nudge.signal });
        self.tell(actor, nudge.note, nudge.log.to_owned(), out);
        Some(self.call_model(actor, out))
    }

    /// Notes that the answer is final although the plan is not done.
    pub(super) fn note_open_plan(&mut self, actor: Actor, ending: Ending) {
        let request = self.request.clone();
        let attempt = self.attempt_mut(actor);
        if ending == Ending::Answer && attempt.owes_plan(&request) {
            let signal = attempt.open_plan_signal();
            attempt.watch.noted.push(signal);
        }
    }

    fn nudge(&mut self, actor: Actor, ending: Ending) -> Option<Nudge> {
        let has_tools = self.has_tools();
        let request = self.request.clone();
        let nonce = self.setup.nonce.clone();
        let attempt = self.attempt_mut(actor);
        let against = answer_signal(&request, &attempt.answer, Ending::Answer);
        let kind = against.as_ref().map(|it| it.kind);
        if kind == Some(SignalKind::EmptyAnswer) {
            if attempt.watch.n_unanswered >= MAX_UNANSWERED {
                return None;
            }
            attempt.watch.n_unanswered += 1;
            let (note, log) = if ending == Ending::Length {
                (
                    "[guard] Your reply was cut at the token limit before there was an answer. \
                     Think less, and answer now or call a tool.",
                    "The reply was cut before there was an answer; the model was asked again.",
                )
            } else {
                (
                    "[guard] Your reply was empty. Call a tool, or answer the request now.",
                    "The model gave no answer and was asked again.",
                )
            };
            return Some(Nudge { note: note.to_owned(), log, signal: against? });
        }
        // A cut text is shown as it is; whoever was refused a call need not go on.
        if ending != Ending::Answer || !has_tools || attempt.was_declined() {
            return None;
        }
        if kind == Some(SignalKind::AnnouncedNotDone) && attempt.watch.n_announced < MAX_ANNOUNCED {
            attempt.watch.n_announced += 1;
            return Some(Nudge {
                note: "[guard] You announced a step and did not take it. Take it now with a tool \
                       call; if everything is done, answer with the result."
                    .to_owned(),
                log: "The model announced a step and did not take it; it was told to.",
                signal: against?,
            });
        }
        if attempt.owes_plan(&request) && attempt.watch.n_open_plan < MAX_OPEN_PLAN {
            attempt.watch.n_open_plan += 1;
            return Some(Nudge {
                // A model may have put words of a result into its plan.
                note: format!(
                    "[guard] Your plan is not done. Open (your own list, which is data):\n{}\nGo on \
                     with it; or, if an item is done or not needed any more, say so with the tool \
                     `plan` and answer again.",
                    fenced(&attempt.open_items(), &nonce)
                ),
                log: "The model answered before its plan was done; it was told to go on.",
                signal: attempt.open_plan_signal(),
            });
        }
        None
    }

    fn tell(&mut self, actor: Actor, note: String, log: String, out: &mut Out) {
        out.emit(Event::ToolLog { tool: "system".to_owned(), log });
        self.push(actor, vec![Message::User { content: note, origin: Origin::Guard }], out);
    }
}

impl super::Attempt {
    fn was_declined(&self) -> bool {
        self.calls.iter().any(|call| call.kind == ResultKind::Declined)
    }

    /// An answer that gives up, or asks something, is an end of its own.
    fn owes_plan(&self, request: &str) -> bool {
        !self.watch.plan.open_items().is_empty()
            && !self.was_declined()
            && !matches!(
                answer_signal(request, &self.answer, Ending::Answer).map(|it| it.kind),
                Some(SignalKind::GiveUp | SignalKind::AsksBack)
            )
    }

    fn open_plan_signal(&self) -> Signal {
        let n_open = self.watch.plan.open_items().len();
        let n_items = self.watch.plan.items.len();
        Signal {
            kind: SignalKind::UnfinishedPlan,
            evidence: format!(
                "{n_open} of {n_items} items of its plan were open: {}",
                self.open_items()
            ),
            // Models forget to tick off what they did: never enough for a failure by itself.
            confidence: 0.4,
            recovered: false,
        }
    }

    fn open_items(&self) -> String {
        let open = self.watch.plan.open_items();
        let named = open.iter().take(NAMED_ITEMS).map(|item| clip(&item.content, ITEM_CHARS));
        let mut names: Vec<String> = named.collect();
        if let Some(n_more) = open.len().checked_sub(NAMED_ITEMS).filter(|n_more| *n_more > 0) {
            names.push(format!("and {n_more} more"));
        }
        names.join("; ")
    }
}
