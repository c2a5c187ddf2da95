//! From a journal back to the agent that wrote it.
//!
//! Histories and calls are folded from their records; the rest is in the last snapshot, which the
//! machine writes whenever it waits for a person. A turn that was broken off is closed: what was
//! shown of it is kept, and each of its calls gets its one result. Calls that wait for a person
//! wait again, unless anything happened after they were asked about.
//!
//! A journal lies in the workspace and is content from elsewhere: nothing runs because it says so.
//! What a person allowed before counts no more, unless whoever restores the machine knows it from
//! somewhere else.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Actor, Attempt, Emitted, Machine, Out, Setup, State, Step, Transition};
use crate::{
    context::{NO_RESULT, repair},
    event::{Event, StateRecord},
    ledger::{Balance, Money, Scope},
    machine::{escalation::takeover_question, spending::price_question},
    message::{Message, Origin},
    policy::Policy,
    prompt::OfferedSkill,
    tool::PreparedCall,
};

impl Machine {
    /// Builds the machine that a journal tells about, and returns what is to be journalled and
    /// done first. Settings come from `setup` and `policy`; whether the run is a chat, from the
    /// journal. `allowed` are the calls that the person is known to have allowed among those that
    /// wait.
    pub fn restore(
        setup: Setup,
        policy: Policy,
        skills: Vec<OfferedSkill>,
        journal: &[Emitted],
        allowed: &[PreparedCall],
    ) -> (Self, Transition) {
        let mut fold = Fold::default();
        for emitted in journal {
            fold.take(emitted);
        }
        let mut machine = fold.machine(setup, policy);
        machine.skills = skills;
        let mut out = Out { events: Vec::new(), turn: machine.turn, teacher: false };
        if !fold.has_gone_on
            && let State::Awaiting(actor, batch) = &mut machine.state
        {
            batch.ask_again(allowed);
            out.teacher = *actor == Actor::Teacher;
            out.emit(batch.approval_required());
            return (machine, Transition { events: out.events, step: Step::AwaitApproval });
        }
        let question = match &machine.state {
            State::Pricing(actor, _, call) => Some((*actor, price_question(call))),
            State::Offering(call) => Some((Actor::Teacher, takeover_question(call))),
            _ => None,
        };
        if !fold.has_gone_on
            && let Some((actor, question)) = question
        {
            out.teacher = actor == Actor::Teacher;
            out.emit(question);
            return (machine, Transition { events: out.events, step: Step::AwaitApproval });
        }
        machine.state = State::Resting;
        fold.close(&mut machine, &mut out);
        machine.keep_state(&mut out);
        (machine, Transition { events: out.events, step: Step::Rest })
    }

    /// Returns the record from which the machine can be built again, with the histories and calls
    /// of other records. A new run's journal begins with it.
    pub fn snapshot(&self) -> Option<Emitted> {
        let mut machine = self.clone();
        // Whoever goes on offers what there is then.
        machine.skills.clear();
        machine.listed = None;
        machine.setup.tools.clear();
        for attempt in [Some(&mut machine.student), machine.teacher.as_mut()].into_iter().flatten()
        {
            attempt.messages.clear();
            attempt.calls.clear();
        }
        let machine = serde_json::to_value(&machine).ok()?;
        let event = Event::State(StateRecord::Machine { machine });
        Some(Emitted { turn: self.turn, teacher: false, event })
    }

    /// Adds a snapshot where the machine waits for a person: before the event that tells so, for
    /// a run that was told of has to be there after a crash.
    pub(super) fn keep_state(&self, out: &mut Out) {
        let waits = self.is_resting() || self.awaits_approval();
        let Some(last) = out.events.last() else { return };
        if !waits {
            return;
        }
        let teacher = last.teacher;
        let Some(snapshot) = self.snapshot() else { return };
        let snapshot = Emitted { teacher, ..snapshot };
        let is_told = self.is_resting() || matches!(last.event, Event::ApprovalRequired { .. });
        let at = out.events.len() - usize::from(is_told);
        out.events.insert(at, snapshot);
    }
}

/// Returns whether an event closes its turn.
fn ends_a_turn(event: &Event) -> bool {
    matches!(
        event,
        Event::TurnComplete { .. }
            | Event::Interrupted {}
            | Event::Error { .. }
            | Event::SessionTerminated { .. }
    )
}

/// What a journal says, record by record.
#[derive(Default)]
struct Fold {
    turn: u32,
    request: String,
    requests: Vec<Vec<u32>>,
    student: Attempt,
    teacher: Option<Attempt>,
    snapshot: Option<Value>,
    /// Whether anything happened since the snapshot but that a person was asked.
    has_gone_on: bool,
    is_open: bool,
    is_learning: bool,
    /// Calls without an output, in call order, with their tools.
    open_calls: BTreeMap<usize, (String, String, bool)>,
    n_calls: usize,
    /// What the student was shown to say and is not in its history.
    partial: String,
    /// What the run has spent; a call under way counts with its worst case.
    spent: Money,
}

impl Fold {
    fn take(&mut self, emitted: &Emitted) {
        self.turn = self.turn.max(emitted.turn);
        match &emitted.event {
            Event::State(record) => self.take_state(record, emitted.turn),
            // These come from beside the turn.
            Event::ApprovalRequired { .. }
            | Event::ProposalResolved { .. }
            | Event::SkillSaved { .. }
            | Event::ToolLog { .. } => {}
            // The last word about a call is what the run's books say after it.
            Event::Budget(Balance { scope: Scope::Call, reserved_usd, .. }) => {
                self.spent = self.spent + *reserved_usd;
            }
            Event::Budget(balance @ Balance { scope: Scope::Run, .. }) => {
                self.spent = balance.spent_usd + balance.reserved_usd;
            }
            Event::Budget(_) => {}
            event => {
                self.has_gone_on = true;
                self.take_event(event, emitted.teacher);
            }
        }
    }

    fn take_event(&mut self, event: &Event, teacher: bool) {
        match event {
            Event::ToolCall { tool, tool_call_id, .. } => {
                self.n_calls += 1;
                let call = (tool_call_id.clone(), tool.clone(), teacher);
                self.open_calls.insert(self.n_calls, call);
            }
            Event::ToolOutput { tool_call_id, .. } => {
                self.open_calls.retain(|_, (id, ..)| id != tool_call_id);
            }
            Event::AssistantChunk { content } | Event::AssistantMessage { content } if !teacher => {
                self.partial.push_str(content);
            }
            Event::TeacherTakeover { .. } => {
                let history = self.student.messages.iter();
                let history = history.filter(|it| !matches!(it, Message::System { .. }));
                self.teacher = Some(Attempt::new(history.cloned().collect()));
            }
            Event::Processing { .. } if teacher && !self.is_open => self.is_learning = true,
            Event::SkillProposed { .. } | Event::SkillSaveFailed { .. } => self.is_learning = false,
            event if ends_a_turn(event) => {
                self.is_open = false;
                self.open_calls.clear();
                self.partial.clear();
            }
            _ => {}
        }
    }

    fn take_state(&mut self, record: &StateRecord, turn: u32) {
        match record {
            StateRecord::Machine { machine } => {
                self.snapshot = Some(machine.clone());
                self.has_gone_on = false;
                return;
            }
            StateRecord::Request { prompt, goes_on, .. } => {
                if *goes_on && let Some(turns) = self.requests.last_mut() {
                    turns.push(turn);
                } else {
                    self.request.clone_from(prompt);
                    self.requests.push(vec![turn]);
                }
                self.student.calls.clear();
                self.teacher = None;
                self.is_open = true;
            }
            StateRecord::Messages { actor, messages } => self.add(*actor, messages),
            StateRecord::History { actor, messages } => {
                self.attempt(*actor).messages.clone_from(messages);
            }
            StateRecord::Calls { actor, calls } => {
                self.attempt(*actor).calls.extend(calls.iter().cloned());
            }
            StateRecord::EditedArguments { tool_call_id, arguments } => {
                let text = Value::Object(arguments.clone()).to_string();
                let attempts = [Some(&mut self.student), self.teacher.as_mut()];
                for attempt in attempts.into_iter().flatten() {
                    attempt.edit_call(tool_call_id, &text);
                }
            }
            StateRecord::Undone { n_messages, .. } => {
                self.student.messages.truncate(*n_messages);
                self.student.calls.clear();
                self.teacher = None;
                self.requests.pop();
            }
            StateRecord::Verdict { .. }
            | StateRecord::TeachersView { .. }
            | StateRecord::Repeating { .. }
            | StateRecord::SkillsOffered { .. }
            | StateRecord::AlwaysAllowed { .. } => {}
        }
        self.has_gone_on = true;
    }

    fn add(&mut self, actor: Actor, messages: &[Message]) {
        let is_reply = messages.iter().any(|it| matches!(it, Message::Assistant { .. }));
        if actor == Actor::Student && is_reply {
            self.partial.clear();
        }
        let history = &mut self.attempt(actor).messages;
        for message in messages {
            match (message, history.first_mut()) {
                (Message::System { .. }, Some(first @ Message::System { .. })) => {
                    *first = message.clone();
                }
                (Message::System { .. }, Some(_)) => history.insert(0, message.clone()),
                _ => history.push(message.clone()),
            }
        }
    }

    fn attempt(&mut self, actor: Actor) -> &mut Attempt {
        match actor {
            Actor::Student => &mut self.student,
            Actor::Teacher => self.teacher.get_or_insert_default(),
        }
    }

    fn machine(&mut self, setup: Setup, policy: Policy) -> Machine {
        let is_newer = self.has_gone_on;
        let snapshot =
            self.snapshot.take().and_then(|it| serde_json::from_value::<Machine>(it).ok());
        let mut machine = snapshot.unwrap_or_else(|| {
            let mut machine = Machine::new(setup.clone(), policy.clone());
            machine.requests.clone_from(&self.requests);
            machine
        });
        if is_newer {
            machine.requests.clone_from(&self.requests);
        }
        let is_chat = machine.setup.is_chat;
        let tools = if is_chat { Vec::new() } else { setup.tools.clone() };
        machine.setup = Setup { is_chat, tools, ..setup };
        machine.policy = policy;
        machine.purse.forget_grants();
        machine.may_take_over = false;
        machine.purse.ledger.restore(self.spent);
        machine.turn = self.turn;
        if !self.request.is_empty() {
            machine.request.clone_from(&self.request);
        }
        machine.student.messages = std::mem::take(&mut self.student.messages);
        machine.student.calls = std::mem::take(&mut self.student.calls);
        if let Some(teacher) = self.teacher.take() {
            let restored = machine.teacher.get_or_insert_default();
            restored.messages = teacher.messages;
            restored.calls = teacher.calls;
        }
        let n_asked = machine.student.messages.iter().filter(|it| is_asked(it)).count();
        machine.requests.drain(..machine.requests.len().saturating_sub(n_asked));
        machine
    }

    /// Closes what was broken off.
    fn close(&mut self, machine: &mut Machine, out: &mut Out) {
        for (_, (tool_call_id, tool, teacher)) in std::mem::take(&mut self.open_calls) {
            out.teacher = teacher;
            out.emit(Event::ToolOutput {
                tool,
                tool_call_id,
                output: NO_RESULT.to_owned(),
                success: false,
                exit_code: None,
            });
        }
        out.teacher = false;
        let before = machine.student.messages.clone();
        repair(&mut machine.student.messages);
        if machine.student.messages != before {
            let messages = machine.student.messages.clone();
            let actor = Actor::Student;
            out.emit(Event::State(StateRecord::History { actor, messages }));
            machine.student.fill.forget();
        }
        if self.is_open {
            machine.is_done = false;
            machine.keep_partial(Actor::Student, std::mem::take(&mut self.partial), out);
            out.emit(Event::Interrupted {});
        } else if self.is_learning {
            out.teacher = true;
            let reason = "Preceptor ended before the teacher had written it down".to_owned();
            out.emit(Event::SkillSaveFailed { reason });
        }
    }
}

fn is_asked(message: &Message) -> bool {
    matches!(message, Message::User { origin: Origin::User, .. })
}

impl Default for Attempt {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl Attempt {
    fn edit_call(&mut self, id: &str, arguments: &str) {
        for message in &mut self.messages {
            if let Message::Assistant { tool_calls, .. } = message
                && let Some(call) = tool_calls.iter_mut().find(|call| call.id == id)
            {
                arguments.clone_into(&mut call.arguments);
            }
        }
    }
}
