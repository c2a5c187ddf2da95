//! The agent loop as a value.
//!
//! [`Machine::advance`] takes what has happened and returns the events to show and the one thing
//! to do next. Stepping needs no runtime; the machine can be serialized at any point, also with
//! approvals pending. The driver performs a [`Step`] and feeds its outcome back.
//!
//! A turn starts with [`Input::Request`] and ends in exactly one of `turn_complete`,
//! `interrupted` and `error`. Every call that a model makes has one `tool_call` and exactly one
//! `tool_output`, and one result in the history, in call order.

mod batch;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    clip::clip,
    detect::{CallRecord, Ending, Judgement, Verdict, judge},
    distill::{Distillation, DistilledSkill, read_distillation},
    event::{Event, Finding, RequestOrigin, StateRecord, Verification},
    gate::TeacherPolicy,
    machine::batch::{Batch, Progress},
    message::{FinishReason, Message, ModelFailure, ModelReply, ModelRequest, Origin, ToolSpec},
    policy::{Grant, Policy},
    prompt::{OfferedSkill, distillation_messages, system_prompt, teacher_messages},
    tool::{PreparedCall, ToolResult},
};

/// Longest reason shown for a failed attempt, in characters.
const REASON_CHARS: usize = 300;

/// What a run is made with; does not change while it lives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    /// Absolute path of the folder that the tools work in.
    pub workspace: String,
    /// Whether this is a chat: no tools, no teacher.
    pub is_chat: bool,
    /// The offered tools, sorted by name.
    pub tools: Vec<ToolSpec>,
    /// Model calls in one turn; `None`: no limit.
    pub max_steps: Option<u32>,
    /// When the teacher comes in.
    pub teacher: TeacherPolicy,
    /// Whether the student's server is nobody's cloud.
    pub student_is_self_hosted: bool,
    /// Random text that no trace can know, for the fence around it.
    pub nonce: String,
}

/// Which model works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// The self-hosted model.
    Student,
    /// The stronger one.
    Teacher,
}

/// What a model call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A step of the attempt.
    Attempt,
    /// Turning the teacher's attempt into a skill.
    Distill,
}

/// What a person decided about one call.
#[derive(Debug, Clone, PartialEq)]
pub struct ApprovalDecision {
    /// Which call.
    pub tool_call_id: String,
    /// Whether it may run.
    pub approved: bool,
    /// Arguments to run with instead.
    pub arguments: Option<Map<String, Value>>,
    /// Words for the model.
    pub feedback: Option<String>,
    /// Whether the same is allowed for the rest of the run.
    pub for_run: bool,
}

/// A skill that was stored as a proposal.
#[derive(Debug, Clone, PartialEq)]
pub struct ProposedSkill {
    /// Names the proposal.
    pub proposal_id: String,
    /// The skill's name.
    pub name: String,
    /// One word.
    pub category: String,
    /// The proposal's document.
    pub uri: String,
    /// `low`, `medium` or `high`.
    pub risk: String,
    /// What the linter found.
    pub findings: Vec<Finding>,
    /// Whether the student was seen to use it.
    pub verification: Verification,
}

/// What has happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A person asks for something.
    Request {
        /// The words.
        prompt: String,
        /// The document and line that it was asked from.
        origin: Option<RequestOrigin>,
        /// The skills that are there now.
        skills: Vec<OfferedSkill>,
    },
    /// The model answered.
    Replied(ModelReply),
    /// The model call failed; `partial` is the text that was already shown.
    CallFailed {
        /// Why.
        failure: ModelFailure,
        /// The text that was already shown.
        partial: String,
    },
    /// The calls of [`Step::RunTools`] have ended, by id.
    ToolsFinished(Vec<(String, ToolResult)>),
    /// A person decided about some of the pending calls.
    Decided(Vec<ApprovalDecision>),
    /// A person stopped the turn; whatever ran has been ended.
    Cancelled {
        /// Text that was already shown of an unfinished reply.
        partial: String,
    },
    /// The skill was stored, or could not be.
    Proposed(Result<ProposedSkill, String>),
}

/// What to do next.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Call a model; answer with [`Input::Replied`] or [`Input::CallFailed`].
    CallModel {
        /// Which one.
        actor: Actor,
        /// What for.
        purpose: Purpose,
        /// The request.
        request: ModelRequest,
    },
    /// Run these at the same time; answer with [`Input::ToolsFinished`].
    RunTools {
        /// Who called them.
        actor: Actor,
        /// The calls, in call order.
        calls: Vec<PreparedCall>,
    },
    /// Wait for [`Input::Decided`].
    AwaitApproval,
    /// Store the skill; answer with [`Input::Proposed`].
    Propose(DistilledSkill),
    /// The turn is over; wait for [`Input::Request`].
    Rest,
}

/// An event with the attempt that it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct Emitted {
    /// The turn that it belongs to.
    pub turn: u32,
    /// Whether the teacher's attempt produced it.
    pub teacher: bool,
    /// The event.
    pub event: Event,
}

/// The outcome of one step of the machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    /// What to journal and show, in order.
    pub events: Vec<Emitted>,
    /// What to do next.
    pub step: Step,
}

/// The agent loop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    setup: Setup,
    policy: Policy,
    turn: u32,
    request: String,
    skills: Vec<OfferedSkill>,
    student: Attempt,
    teacher: Option<Attempt>,
    student_failure: String,
    n_takeovers: u32,
    seen_call_ids: BTreeSet<String>,
    state: State,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Attempt {
    messages: Vec<Message>,
    calls: Vec<CallRecord>,
    n_steps: u32,
    answer: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum State {
    Resting,
    Calling(Actor),
    Running(Actor, Batch),
    Awaiting(Actor, Batch),
    Distilling,
    Proposing,
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
            student: Attempt::new(Vec::new()),
            teacher: None,
            student_failure: String::new(),
            n_takeovers: 0,
            seen_call_ids: BTreeSet::new(),
            state: State::Resting,
        }
    }

    /// Returns the number of the current turn; 0 before the first.
    pub fn turn(&self) -> u32 {
        self.turn
    }

    /// Returns the request that the current turn works on.
    pub fn request(&self) -> &str {
        &self.request
    }

    /// Returns whether the models are offered tools.
    pub fn has_tools(&self) -> bool {
        !self.setup.tools.is_empty()
    }

    /// Returns whether calls wait for a person.
    pub fn awaits_approval(&self) -> bool {
        matches!(self.state, State::Awaiting(..))
    }

    /// Returns whether the turn is over.
    pub fn is_resting(&self) -> bool {
        matches!(self.state, State::Resting)
    }

    /// Returns the calls that wait for a person, in call order.
    pub fn pending_calls(&self) -> Vec<&PreparedCall> {
        match &self.state {
            State::Awaiting(_, batch) => batch.pending(),
            _ => Vec::new(),
        }
    }

    /// Takes what has happened and returns what to show and to do.
    ///
    /// An input that does not fit the state (a late decision, say) changes nothing.
    pub fn advance(&mut self, input: Input) -> Transition {
        let mut out = Out { events: Vec::new(), turn: self.turn, teacher: false };
        let state = std::mem::replace(&mut self.state, State::Resting);
        let step = match (state, input) {
            (State::Resting, Input::Request { prompt, origin, skills }) => {
                self.begin_turn(prompt, origin, skills, &mut out)
            }
            (State::Awaiting(actor, batch), Input::Request { prompt, origin, skills }) => {
                self.close_calls(actor, batch, &Progress::Abandoned, &mut out);
                out.emit(Event::Interrupted {});
                self.begin_turn(prompt, origin, skills, &mut out)
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
                batch.finish(results);
                self.go_on(actor, batch, &mut out)
            }
            (State::Awaiting(actor, batch), Input::Decided(decisions)) => {
                self.decided(actor, batch, decisions, &mut out)
            }
            (
                State::Running(actor, batch) | State::Awaiting(actor, batch),
                Input::Cancelled { .. },
            ) => {
                self.close_calls(actor, batch, &Progress::Cancelled, &mut out);
                out.emit(Event::Interrupted {});
                Step::Rest
            }
            (State::Distilling, Input::Replied(reply)) => self.distilled(&reply, &mut out),
            (State::Distilling, Input::CallFailed { failure, .. }) => {
                save_failed(failure.message, &mut out)
            }
            (State::Proposing, Input::Proposed(Ok(proposed))) => {
                out.teacher = true;
                out.emit(Event::SkillProposed {
                    proposal_id: proposed.proposal_id,
                    kind: "skill".to_owned(),
                    name: proposed.name,
                    category: proposed.category,
                    uri: proposed.uri,
                    risk: proposed.risk,
                    findings: proposed.findings,
                    verification: proposed.verification,
                });
                Step::Rest
            }
            (State::Proposing, Input::Proposed(Err(reason))) => save_failed(reason, &mut out),
            (State::Distilling | State::Proposing, Input::Cancelled { .. }) => {
                save_failed("it was cancelled".to_owned(), &mut out)
            }
            (state, _) => {
                self.state = state;
                match self.state {
                    State::Awaiting(..) => Step::AwaitApproval,
                    _ => Step::Rest,
                }
            }
        };
        Transition { events: out.events, step }
    }

    fn begin_turn(
        &mut self,
        prompt: String,
        origin: Option<RequestOrigin>,
        skills: Vec<OfferedSkill>,
        out: &mut Out,
    ) -> Step {
        self.turn += 1;
        out.turn = self.turn;
        out.teacher = false;
        out.emit(Event::State(StateRecord::Request { prompt: prompt.clone(), origin }));
        self.request.clone_from(&prompt);
        self.teacher = None;
        if self.student.messages.is_empty() || self.skills != skills {
            let system =
                system_prompt(&self.setup.workspace, &skills, !self.setup.tools.is_empty());
            let system = Message::System { content: system };
            match self.student.messages.first_mut() {
                Some(first) => *first = system.clone(),
                None => self.student.messages.push(system.clone()),
            }
            out.emit(Event::State(StateRecord::Messages { messages: vec![system] }));
        }
        out.emit(Event::State(StateRecord::SkillsOffered {
            names: skills.iter().map(|skill| skill.name.clone()).collect(),
        }));
        self.skills = skills;
        self.student.calls.clear();
        self.student.n_steps = 0;
        self.student.answer.clear();
        let message = Message::User { content: prompt, origin: Origin::User };
        self.push(Actor::Student, vec![message], out);
        out.emit(Event::Processing { message: "The student reads the request.".to_owned() });
        self.call_model(Actor::Student, out)
    }

    fn call_model(&mut self, actor: Actor, out: &mut Out) -> Step {
        let limit = match actor {
            Actor::Student => self.setup.max_steps,
            Actor::Teacher => Some(self.setup.teacher.max_steps),
        };
        let tools = self.setup.tools.clone();
        let attempt = self.attempt_mut(actor);
        if limit.is_some_and(|limit| attempt.n_steps >= limit) {
            return self.end_attempt(actor, Ending::MaxIterations, out);
        }
        attempt.n_steps += 1;
        let request = ModelRequest { messages: attempt.messages.clone(), tools, max_tokens: None };
        self.state = State::Calling(actor);
        Step::CallModel { actor, purpose: Purpose::Attempt, request }
    }

    fn replied(&mut self, actor: Actor, mut reply: ModelReply, out: &mut Out) -> Step {
        out.teacher = actor == Actor::Teacher;
        out.emit(Event::AssistantStreamEnd {});
        self.make_ids_unique(&mut reply);
        let message = Message::Assistant {
            content: reply.content.clone(),
            thinking: reply.thinking,
            tool_calls: reply.tool_calls.clone(),
        };
        self.push(actor, vec![message], out);
        let was_cut = reply.finish_reason == FinishReason::Length;
        let attempt = self.attempt_mut(actor);
        let is_last = reply.tool_calls.is_empty();
        if is_last || !reply.content.trim().is_empty() {
            attempt.answer = reply.content;
        }
        if is_last {
            let ending = if was_cut { Ending::Length } else { Ending::Answer };
            return self.end_attempt(actor, ending, out);
        }
        let batch = Batch::new(reply.tool_calls, &self.setup.tools, &self.policy, was_cut);
        batch.announce(out);
        self.go_on(actor, batch, out)
    }

    /// Runs what may run, else asks, else hands the results to the model.
    fn go_on(&mut self, actor: Actor, mut batch: Batch, out: &mut Out) -> Step {
        out.teacher = actor == Actor::Teacher;
        batch.show_results(out);
        let ready = batch.start_ready();
        if !ready.is_empty() {
            self.state = State::Running(actor, batch);
            return Step::RunTools { actor, calls: ready };
        }
        if !batch.pending().is_empty() {
            out.emit(batch.approval_required());
            self.state = State::Awaiting(actor, batch);
            return Step::AwaitApproval;
        }
        self.keep_results(actor, batch, out);
        self.call_model(actor, out)
    }

    fn decided(
        &mut self,
        actor: Actor,
        mut batch: Batch,
        decisions: Vec<ApprovalDecision>,
        out: &mut Out,
    ) -> Step {
        out.teacher = actor == Actor::Teacher;
        for decision in decisions {
            let for_run = decision.for_run && decision.approved;
            if let Some(call) = batch.decide(decision, out)
                && for_run
            {
                self.policy.allowed_in_run.insert(Grant::of(&call));
            }
        }
        if batch.pending().is_empty() {
            self.go_on(actor, batch, out)
        } else {
            self.state = State::Awaiting(actor, batch);
            Step::AwaitApproval
        }
    }

    fn keep_results(&mut self, actor: Actor, batch: Batch, out: &mut Out) {
        let edited = batch.edited_arguments();
        let (messages, records) = batch.into_results();
        let attempt = self.attempt_mut(actor);
        if let Some(Message::Assistant { tool_calls, .. }) = attempt.messages.last_mut() {
            for call in tool_calls {
                if let Some((_, arguments)) = edited.iter().find(|(id, _)| *id == call.id) {
                    call.arguments.clone_from(arguments);
                }
            }
        }
        attempt.calls.extend(records);
        self.push(actor, messages, out);
    }

    /// Gives every open call its one result.
    fn close_calls(&mut self, actor: Actor, mut batch: Batch, how: &Progress, out: &mut Out) {
        out.teacher = actor == Actor::Teacher;
        batch.close(how, out);
        batch.show_results(out);
        self.keep_results(actor, batch, out);
    }

    fn end_attempt(&mut self, actor: Actor, ending: Ending, out: &mut Out) -> Step {
        out.teacher = actor == Actor::Teacher;
        let attempt = self.attempt_mut(actor);
        let judgement = judge(&attempt.calls, &attempt.answer, ending);
        for signal in &judgement.signals {
            out.emit(Event::Signal(signal.clone()));
        }
        let stop_reason = match ending {
            Ending::Answer => "final",
            Ending::Length => "length",
            Ending::MaxIterations => "max_iterations",
        };
        match actor {
            Actor::Student => self.student_ended(&judgement, stop_reason, out),
            Actor::Teacher => self.teacher_ended(&judgement, stop_reason, out),
        }
    }

    fn student_ended(&mut self, judgement: &Judgement, stop_reason: &str, out: &mut Out) -> Step {
        let gate = match judgement.verdict {
            Verdict::Failure => self.setup.teacher.check(
                self.n_takeovers,
                self.setup.student_is_self_hosted,
                self.setup.is_chat,
            ),
            Verdict::Ok | Verdict::Unsure => Ok(()),
        };
        out.emit(Event::State(StateRecord::Verdict {
            verdict: judgement.verdict.name().to_owned(),
            confidence: judgement.confidence,
            gate: gate.err().map(crate::gate::Gate::sentence),
        }));
        if judgement.verdict != Verdict::Failure || gate.is_err() {
            return self.complete_turn(self.student.final_answer(), stop_reason, out);
        }
        self.n_takeovers += 1;
        self.student_failure = judgement
            .reason()
            .map_or_else(|| "it failed".to_owned(), |signal| clip(&signal.evidence, REASON_CHARS));
        out.teacher = true;
        out.emit(Event::TeacherTakeover {
            teacher_model: self.setup.teacher.model.clone(),
            student_failure: self.student_failure.clone(),
            signals: judgement.signals.clone(),
        });
        let messages = teacher_messages(
            system_prompt(&self.setup.workspace, &self.skills, !self.setup.tools.is_empty()),
            &self.student.messages,
            &self.request,
            &self.student_failure,
        );
        out.emit(Event::State(StateRecord::Messages {
            messages: messages.iter().take(1).chain(messages.last()).cloned().collect(),
        }));
        self.teacher = Some(Attempt::new(messages));
        self.call_model(Actor::Teacher, out)
    }

    fn teacher_ended(&mut self, judgement: &Judgement, stop_reason: &str, out: &mut Out) -> Step {
        let teacher_answer = self.attempt_mut(Actor::Teacher).final_answer();
        if let Some(answer) = &teacher_answer {
            // What a follow-up builds on is the answer that the person saw last.
            let note = Message::User {
                content: "[teacher-takeover] The teacher solved the request; its answer follows."
                    .to_owned(),
                origin: Origin::TeacherNote,
            };
            let answer = Message::Assistant {
                content: answer.clone(),
                thinking: None,
                tool_calls: Vec::new(),
            };
            self.student.messages.extend([note, answer]);
        }
        if judgement.verdict == Verdict::Failure {
            let reason = judgement.reason().map_or_else(
                || "The teacher failed too.".to_owned(),
                |signal| {
                    format!("The teacher failed too: {}", clip(&signal.evidence, REASON_CHARS))
                },
            );
            out.emit(Event::EscalationFailed { reason, class: "failure".to_owned() });
            let answer = teacher_answer.or_else(|| self.student.final_answer());
            return self.complete_turn(answer, stop_reason, out);
        }
        self.complete_turn(teacher_answer, stop_reason, out);
        out.emit(Event::Processing { message: "The teacher writes down what worked.".to_owned() });
        let names: Vec<String> = self.setup.tools.iter().map(|tool| tool.name.clone()).collect();
        let (calls, answer) = match &self.teacher {
            Some(teacher) => (teacher.calls.as_slice(), teacher.answer.as_str()),
            None => (&[][..], ""),
        };
        let messages = distillation_messages(
            &self.request,
            &self.student_failure,
            calls,
            answer,
            &names,
            &self.setup.nonce,
        );
        self.state = State::Distilling;
        Step::CallModel {
            actor: Actor::Teacher,
            purpose: Purpose::Distill,
            request: ModelRequest { messages, tools: Vec::new(), max_tokens: None },
        }
    }

    fn complete_turn(
        &mut self,
        final_response: Option<String>,
        stop_reason: &str,
        out: &mut Out,
    ) -> Step {
        out.emit(Event::TurnComplete {
            history_size: self.student.messages.len(),
            final_response,
            stop_reason: stop_reason.to_owned(),
        });
        self.state = State::Resting;
        Step::Rest
    }

    fn call_failed(
        &mut self,
        actor: Actor,
        failure: &ModelFailure,
        partial: String,
        out: &mut Out,
    ) -> Step {
        out.teacher = actor == Actor::Teacher;
        out.emit(Event::AssistantStreamEnd {});
        self.keep_partial(actor, partial, out);
        match actor {
            Actor::Student => {
                out.emit(Event::Error {
                    error: failure.message.clone(),
                    class: failure_class(failure),
                });
                Step::Rest
            }
            Actor::Teacher => {
                out.emit(Event::EscalationFailed {
                    reason: failure.message.clone(),
                    class: "operational".to_owned(),
                });
                let answer = self.student.final_answer();
                self.complete_turn(answer, "final", out)
            }
        }
    }

    fn distilled(&mut self, reply: &ModelReply, out: &mut Out) -> Step {
        out.teacher = true;
        match read_distillation(&reply.content) {
            Distillation::Skill(skill) => {
                self.state = State::Proposing;
                Step::Propose(skill)
            }
            Distillation::Declined => save_failed(
                "the teacher says that no general procedure would help here (NO_SKILL)".to_owned(),
                out,
            ),
            Distillation::Unusable(reason) => save_failed(reason, out),
        }
    }

    fn keep_partial(&mut self, actor: Actor, partial: String, out: &mut Out) {
        if !partial.trim().is_empty() {
            let message =
                Message::Assistant { content: partial, thinking: None, tool_calls: Vec::new() };
            self.push(actor, vec![message], out);
        }
    }

    fn push(&mut self, actor: Actor, messages: Vec<Message>, out: &mut Out) {
        if messages.is_empty() {
            return;
        }
        self.attempt_mut(actor).messages.extend(messages.iter().cloned());
        out.emit(Event::State(StateRecord::Messages { messages }));
    }

    fn attempt_mut(&mut self, actor: Actor) -> &mut Attempt {
        match actor {
            Actor::Student => &mut self.student,
            Actor::Teacher => self.teacher.get_or_insert_with(|| Attempt::new(Vec::new())),
        }
    }

    /// Some servers leave ids out or start counting anew with each reply.
    fn make_ids_unique(&mut self, reply: &mut ModelReply) {
        for call in &mut reply.tool_calls {
            if call.id.is_empty() || self.seen_call_ids.contains(&call.id) {
                call.id = format!("call_{}_{}", self.turn, self.seen_call_ids.len() + 1);
            }
            self.seen_call_ids.insert(call.id.clone());
        }
    }
}

impl Attempt {
    fn new(messages: Vec<Message>) -> Self {
        Self { messages, calls: Vec::new(), n_steps: 0, answer: String::new() }
    }

    fn final_answer(&self) -> Option<String> {
        (!self.answer.trim().is_empty()).then(|| self.answer.clone())
    }
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

fn save_failed(reason: String, out: &mut Out) -> Step {
    out.teacher = true;
    out.emit(Event::SkillSaveFailed { reason });
    Step::Rest
}

fn failure_class(failure: &ModelFailure) -> String {
    match serde_json::to_value(failure.class) {
        Ok(Value::String(class)) => class,
        _ => "server".to_owned(),
    }
}

#[cfg(test)]
mod tests;
