//! The agent loop as a value.
//!
//! [`Machine::advance`] takes what has happened and returns the events to show and the one thing
//! to do next. Stepping needs no runtime; the machine can be serialized at any point, also with
//! approvals pending. The driver performs a [`Step`] and feeds its outcome back.
//!
//! A turn starts with [`Input::Request`] or [`Input::Resume`] and ends in exactly one of
//! `turn_complete`, `interrupted`, `error` and `session_terminated`. Every call that a model makes has one `tool_call` and exactly one
//! `tool_output`, and one result in the history, in call order.

mod attempt;
mod batch;
mod compaction;
mod decision;
mod escalation;
mod evaluation;
mod exchange;
mod guarding;
mod learning;
mod limits;
mod restore;
mod same_failure;
mod skills;
mod spending;
mod takeover;
mod undo;
mod verdict;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    context::{Fill, Rooms},
    detect::CallRecord,
    distill::DistilledSkill,
    event::{Event, RequestOrigin, StateRecord, ToolState},
    machine::{
        batch::{Batch, Progress},
        compaction::Compaction,
        escalation::FailedAttempt,
        evaluation::Unclear,
        guarding::Watch,
        learning::{Lesson, save_failed},
        limits::Limit,
        spending::Purse,
    },
    message::Message,
    policy::{Grant, Policy},
    prompt::{OfferedSkill, RefusedSkill},
    tool::PreparedCall,
};

pub use crate::machine::{
    decision::{ApprovalDecision, ApprovalScope},
    escalation::{Escalation, ROLL_BACK, TAKEOVER},
    exchange::{Actor, Emitted, Input, ProposedSkill, Purpose, Setup, Step, Transition},
    spending::{Bill, Budget, CallEnd, MODEL_CALL, Rated, Rates},
};

/// The agent loop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    setup: Setup,
    policy: Policy,
    turn: u32,
    request: String,
    skills: Vec<OfferedSkill>,
    /// The skills that the student's system prompt names; `None`: it has to be written.
    listed: Option<Vec<String>>,
    student: Attempt,
    teacher: Option<Attempt>,
    /// The last attempt of the student, if it failed.
    #[serde(default)]
    failed: Option<FailedAttempt>,
    /// Whether a person lets the teacher take over without being asked again.
    #[serde(default)]
    may_take_over: bool,
    /// Whether the last request was worked on to its end.
    #[serde(default)]
    is_done: bool,
    n_takeovers: u32,
    /// The failures that the teacher came in for, by what they are known.
    #[serde(default)]
    rescued: BTreeSet<String>,
    /// When the teacher was last at work, in seconds since the epoch.
    #[serde(default)]
    teacher_at_s: Option<u64>,
    /// The time as it was told last, in seconds since the epoch.
    #[serde(skip)]
    now_s: u64,
    /// The skills that a person refused, as they were told last.
    #[serde(skip)]
    refused: Vec<RefusedSkill>,
    seen_call_ids: BTreeSet<String>,
    /// For each request that the history still has as it was asked: the turns that worked on it.
    requests: Vec<Vec<u32>>,
    purse: Purse,
    state: State,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Attempt {
    messages: Vec<Message>,
    calls: Vec<CallRecord>,
    n_steps: u32,
    answer: String,
    fill: Fill,
    watch: Watch,
    /// Whether it got the request done.
    #[serde(default)]
    has_succeeded: bool,
    /// What makes its last step the last one, once it was told so.
    #[serde(default)]
    last_step: Option<Limit>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum State {
    Resting,
    Calling(Actor),
    Running(Actor, Batch),
    Awaiting(Actor, Batch),
    /// A person is asked whether a model without a price may be called.
    Pricing(Actor, Purpose, PreparedCall),
    /// A person is asked whether the teacher may take over.
    Offering(PreparedCall),
    /// The student's changes to files are taken back before the teacher takes over.
    RollingBack,
    Evaluating(Unclear),
    Distilling(Lesson),
    Checking(Lesson, DistilledSkill),
    Proposing,
    Compacting(Actor, Compaction),
    Undoing {
        removed: usize,
    },
}

impl Machine {
    /// Builds a machine at rest.
    pub fn new(setup: Setup, policy: Policy) -> Self {
        Self {
            setup,
            policy,
            turn: 0,
            request: String::new(),
            skills: Vec::new(),
            listed: None,
            student: Attempt::new(Vec::new()),
            teacher: None,
            failed: None,
            may_take_over: false,
            is_done: true,
            n_takeovers: 0,
            rescued: BTreeSet::new(),
            teacher_at_s: None,
            now_s: 0,
            refused: Vec::new(),
            seen_call_ids: BTreeSet::new(),
            requests: Vec::new(),
            purse: Purse::default(),
            state: State::Resting,
        }
    }

    /// Takes note of the skills that were proposed and that a person refused, the latest first: a
    /// lesson about similar work tells of them.
    pub fn set_refused(&mut self, refused: Vec<RefusedSkill>) {
        self.refused = refused;
    }

    /// Returns the number of the current turn; 0 before the first.
    pub fn turn(&self) -> u32 {
        self.turn
    }

    /// Returns the request that the current turn works on.
    pub fn request(&self) -> &str {
        &self.request
    }

    /// Returns how many tools the models are offered.
    pub fn n_tools(&self) -> usize {
        self.setup.tools.len()
    }

    /// Returns whether the models are offered tools.
    pub fn has_tools(&self) -> bool {
        self.n_tools() > 0
    }

    /// Returns whether this is a chat: no tools, no teacher.
    pub fn is_chat(&self) -> bool {
        self.setup.is_chat
    }

    /// Returns whether calls wait for a person.
    pub fn awaits_approval(&self) -> bool {
        matches!(self.state, State::Awaiting(..) | State::Pricing(..) | State::Offering(..))
    }

    /// Returns the calls that a person allowed and that wait for a decision about others.
    pub fn allowed_calls(&self) -> Vec<PreparedCall> {
        match &self.state {
            State::Awaiting(_, batch) => batch.allowed(),
            _ => Vec::new(),
        }
    }

    /// Returns the turns that worked on the last request.
    pub fn request_turns(&self) -> &[u32] {
        self.requests.last().map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns whether the turn is over.
    pub fn is_resting(&self) -> bool {
        matches!(self.state, State::Resting)
    }

    /// Returns whether the last request was worked on to its end, or is none: nothing was broken
    /// off then.
    pub fn is_done(&self) -> bool {
        self.is_done
    }

    /// Takes what a person allows in this workspace now; what they took back counts no more.
    pub fn set_always_allowed(&mut self, allowed: BTreeSet<Grant>) {
        self.policy.always_allowed = allowed;
    }

    /// Asks before commands from now on, as where the machine cannot enforce the whole sandbox;
    /// `gaps` says what it cannot.
    pub fn ask_before_commands(&mut self, gaps: String) {
        self.policy = std::mem::take(&mut self.policy).for_gaps(gaps);
        self.policy.is_unconfined = true;
    }

    /// Takes what has happened and returns what to show and to do.
    ///
    /// An input that does not fit the state (a late decision, say) changes nothing.
    pub fn advance(&mut self, input: Input) -> Transition {
        let mut out = Out { events: Vec::new(), turn: self.turn, teacher: false };
        self.settle_forgotten(&input, &mut out);
        self.note_teacher();
        let state = std::mem::replace(&mut self.state, State::Resting);
        let step = match (state, input) {
            (State::Resting, Input::Request { prompt, origin, skills, notes }) => {
                self.begin_turn(Opening { prompt, origin, skills, notes }, &mut out)
            }
            (State::Awaiting(actor, batch), Input::Request { prompt, origin, skills, notes }) => {
                self.close_calls(actor, batch, &Progress::Abandoned, &mut out);
                out.emit(Event::Interrupted {});
                self.begin_turn(Opening { prompt, origin, skills, notes }, &mut out)
            }
            (
                State::Pricing(actor, purpose, call),
                Input::Request { prompt, origin, skills, notes },
            ) => {
                Self::close_price_question(actor, purpose, &call, ToolState::Abandoned, &mut out);
                self.begin_turn(Opening { prompt, origin, skills, notes }, &mut out)
            }
            (State::Pricing(actor, purpose, call), Input::Decided(decisions)) => {
                self.price_decided(actor, purpose, call, &decisions, &mut out)
            }
            (State::Pricing(actor, purpose, call), Input::Cancelled { .. }) => {
                Self::close_price_question(actor, purpose, &call, ToolState::Cancelled, &mut out);
                Step::Rest
            }
            (State::Offering(call), Input::Request { prompt, origin, skills, notes }) => {
                Self::close_offer(&call, ToolState::Abandoned, &mut out);
                self.begin_turn(Opening { prompt, origin, skills, notes }, &mut out)
            }
            (State::Offering(call), Input::Decided(decisions)) => {
                self.takeover_decided(call, decisions, &mut out)
            }
            (State::Offering(call), Input::Cancelled { .. }) => {
                Self::close_offer(&call, ToolState::Cancelled, &mut out);
                Step::Rest
            }
            (State::RollingBack, Input::RolledBack { notes, left }) => {
                self.rolled_back(notes, &left, &mut out)
            }
            (State::Resting, Input::Escalate { escalation, skills }) => {
                self.escalate(escalation, skills, &mut out)
            }
            (State::Calling(actor), Input::Replied(reply)) => self.replied(actor, reply, &mut out),
            (State::Calling(actor), Input::CallFailed { failure, partial }) => {
                self.call_failed(actor, &failure, partial, &mut out)
            }
            (State::Calling(actor), Input::Cancelled { partial }) => {
                out.teacher = actor == Actor::Teacher;
                out.emit(Event::AssistantStreamEnd {});
                self.keep_partial(actor, partial, &mut out);
                out.emit(Event::Interrupted {});
                Step::Rest
            }
            (State::Running(actor, mut batch), Input::ToolsFinished(results)) => {
                out.teacher = actor == Actor::Teacher;
                batch.finish(results, self.rules(actor), &mut out);
                if batch.was_cancelled() {
                    self.cancel_calls(actor, batch, &mut out)
                } else {
                    self.go_on(actor, batch, &mut out)
                }
            }
            (State::Awaiting(actor, batch), Input::Decided(decisions)) => {
                self.decided(actor, batch, decisions, &mut out)
            }
            (
                State::Running(actor, batch) | State::Awaiting(actor, batch),
                Input::Cancelled { .. },
            ) => self.cancel_calls(actor, batch, &mut out),
            (
                State::Evaluating(unclear),
                input @ (Input::Replied(_) | Input::CallFailed { .. } | Input::Cancelled { .. }),
            ) => self.evaluated(unclear, &input, &mut out),
            (State::Distilling(lesson), Input::Replied(reply)) => {
                self.distilled(lesson, &reply, &mut out)
            }
            (State::Distilling(lesson), Input::CallFailed { failure, .. }) => {
                self.lesson_broke(lesson, failure.message, &mut out)
            }
            (State::Checking(lesson, skill), Input::DraftChecked(findings)) => {
                self.draft_checked(lesson, skill, findings, &mut out)
            }
            (State::Proposing, Input::Proposed(Ok(proposed))) => {
                out.teacher = true;
                out.emit(Event::SkillProposed {
                    proposal_id: proposed.proposal_id,
                    kind: "skill".to_owned(),
                    name: proposed.name,
                    category: proposed.category,
                    uri: proposed.uri,
                    target: proposed.target,
                    risk: proposed.risk,
                    findings: proposed.findings,
                    verification: proposed.verification,
                });
                Step::Rest
            }
            (State::Proposing, Input::Proposed(Err(reason))) => save_failed(reason, &mut out),
            (State::Resting, Input::Resume { skills, notes }) => {
                self.resume_turn(skills, notes, &mut out)
            }
            (State::Resting, Input::Compact) => self.compact_on_demand(&mut out),
            (State::Compacting(actor, compaction), Input::Replied(reply)) => {
                self.summarized(actor, &compaction, &reply, &mut out)
            }
            (State::Compacting(actor, compaction), Input::CallFailed { failure, .. }) => {
                self.summary_failed(actor, &compaction, &failure, &mut out)
            }
            (State::Compacting(actor, compaction), Input::Cancelled { .. }) => {
                Self::compaction_cancelled(actor, &compaction, &mut out)
            }
            (State::Resting, Input::Undo) => self.undo(&mut out),
            (State::Undoing { removed }, Input::FilesRestored { notes }) => {
                Self::undone(removed, notes, &mut out)
            }
            (
                State::Distilling(_) | State::Checking(..) | State::Proposing,
                Input::Cancelled { .. },
            ) => save_failed("it was cancelled".to_owned(), &mut out),
            (state, _) => {
                self.state = state;
                if self.awaits_approval() { Step::AwaitApproval } else { Step::Rest }
            }
        };
        let step = self.afford(step, &mut out);
        self.keep_state(&mut out);
        Transition { events: out.events, step }
    }

    /// Returns how many messages the run's history has.
    pub fn n_messages(&self) -> usize {
        self.student.messages.len()
    }

    /// Takes what became known about the models' windows.
    pub fn set_rooms(&mut self, rooms: Rooms) {
        self.setup.rooms = rooms;
    }

    fn push(&mut self, actor: Actor, messages: Vec<Message>, out: &mut Out) {
        if messages.is_empty() {
            return;
        }
        self.attempt_mut(actor).messages.extend(messages.iter().cloned());
        out.emit(Event::State(StateRecord::Messages { actor, messages }));
    }

    fn attempt_mut(&mut self, actor: Actor) -> &mut Attempt {
        match actor {
            Actor::Student => &mut self.student,
            Actor::Teacher => self.teacher.get_or_insert_with(|| Attempt::new(Vec::new())),
        }
    }
}

impl Attempt {
    fn new(messages: Vec<Message>) -> Self {
        Self {
            messages,
            calls: Vec::new(),
            n_steps: 0,
            answer: String::new(),
            fill: Fill::default(),
            watch: Watch::default(),
            has_succeeded: false,
            last_step: None,
        }
    }

    fn final_answer(&self) -> Option<String> {
        (!self.answer.trim().is_empty()).then(|| self.answer.clone())
    }
}

/// What a turn begins with.
struct Opening {
    prompt: String,
    origin: Option<RequestOrigin>,
    skills: Vec<OfferedSkill>,
    notes: Vec<String>,
}

/// Collects the events of one transition.
struct Out {
    events: Vec<Emitted>,
    turn: u32,
    teacher: bool,
}

impl Out {
    fn emit(&mut self, event: Event) {
        self.events.push(Emitted { turn: self.turn, teacher: self.teacher, event });
    }
}

#[cfg(test)]
mod tests;
