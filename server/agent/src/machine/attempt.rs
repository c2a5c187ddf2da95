//! The steps of an attempt: from the request over replies, calls and decisions to its end.

use serde_json::Value;

use super::{
    Actor, ApprovalDecision, ApprovalScope, Attempt, Machine, Opening, Out, Purpose, State, Step,
};
use crate::{
    clip::clip,
    detect::Ending,
    event::{Event, StateRecord},
    machine::{
        batch::{Batch, Decided, Progress, Rules},
        guarding::Watch,
    },
    message::{
        FailureClass, FinishReason, Message, ModelFailure, ModelReply, ModelRequest, Origin,
        ToolCall,
    },
    policy::Grant,
    prompt::{OfferedSkill, more_skills},
    shell::quoted,
    tool::PreparedCall,
    trace::neutral,
};

/// What stands in the journal and the transcript where a turn has no words of a person.
const GO_ON: &str = "Go on where the work was broken off.";

/// Longest path of the file that a request stands in, in characters.
const PATH_CHARS: usize = 300;

/// Longest command or path that is told in full, in bytes.
const SHOWN_BYTES: usize = 200;

impl Machine {
    pub(super) fn begin_turn(&mut self, opening: Opening, out: &mut Out) -> Step {
        let Opening { prompt, origin, skills, notes } = opening;
        let content = match origin.as_ref().and_then(|it| Some((it.path.as_ref()?, it.line))) {
            Some((path, line)) => {
                // A stranger may have named the file.
                let path = path.split_whitespace().collect::<Vec<_>>().join(" ");
                let path = clip(&neutral(&path, &self.setup.nonce), PATH_CHARS);
                format!("{prompt}\n\n[asked in {path}, line {}]", line + 1)
            }
            None => prompt.clone(),
        };
        self.request.clone_from(&prompt);
        // Asked again before anything was said to it: the model has to read it once only.
        let is_there = matches!(
            self.student.messages.last(),
            Some(Message::User { content: last, origin: Origin::User }) if *last == content
        );
        let record = StateRecord::Request { prompt, origin, goes_on: is_there };
        let more = self.open_turn(skills, notes, record, out);
        match self.requests.last_mut() {
            Some(turns) if is_there => turns.push(self.turn),
            _ => {
                self.requests.push(vec![self.turn]);
                let content = content + &more_skills(&more);
                let message = Message::User { content, origin: Origin::User };
                self.push(Actor::Student, vec![message], out);
            }
        }
        out.emit(Event::Processing { message: "The student reads the request.".to_owned() });
        self.call_model(Actor::Student, out)
    }

    /// Goes on with work that was broken off; the history says how far it came.
    pub(super) fn resume_turn(
        &mut self,
        skills: Vec<OfferedSkill>,
        notes: Vec<String>,
        out: &mut Out,
    ) -> Step {
        let prompt = GO_ON.to_owned();
        self.open_turn(
            skills,
            notes,
            StateRecord::Request { prompt, origin: None, goes_on: true },
            out,
        );
        match self.requests.last_mut() {
            Some(turns) => turns.push(self.turn),
            None => self.requests.push(vec![self.turn]),
        }
        let content = "[note] The work on the request was broken off here. See what is done \
                       already, then go on with it."
            .to_owned();
        self.push(Actor::Student, vec![Message::User { content, origin: Origin::Guard }], out);
        out.emit(Event::Processing { message: "The student goes on.".to_owned() });
        self.call_model(Actor::Student, out)
    }

    /// Returns skills that suit the request and that the system prompt does not name.
    fn open_turn(
        &mut self,
        skills: Vec<OfferedSkill>,
        notes: Vec<String>,
        request: StateRecord,
        out: &mut Out,
    ) -> Vec<OfferedSkill> {
        self.turn += 1;
        out.turn = self.turn;
        out.teacher = false;
        out.emit(Event::State(request));
        self.is_done = false;
        self.teacher = None;
        self.failed = None;
        let more = self.list_skills(skills, out);
        for log in notes {
            out.emit(Event::ToolLog { tool: "skills".to_owned(), log });
        }
        self.student.calls.clear();
        self.student.n_steps = 0;
        self.student.answer.clear();
        self.student.watch = Watch::default();
        self.student.fill.n_overflows = 0;
        self.purse.begin_turn();
        more
    }

    pub(super) fn call_model(&mut self, actor: Actor, out: &mut Out) -> Step {
        if !self.has_steps_left(actor) {
            return self.end_attempt(actor, Ending::MaxIterations, out);
        }
        if let Some(step) = self.ask_about_price(actor, Purpose::Attempt, out) {
            return step;
        }
        if let Some(step) = self.make_room(actor, out) {
            return step;
        }
        if actor == Actor::Teacher {
            self.note_last_step(out);
        }
        let mut tools = self.offered_tools(actor);
        let attempt = self.attempt_mut(actor);
        if attempt.last_step.is_some() {
            // Whatever it would call is not run any more.
            tools.clear();
        }
        attempt.n_steps += 1;
        let is_last = attempt.last_step.is_some();
        let messages = attempt.messages.clone();
        let mut request = ModelRequest { messages, tools, max_tokens: None };
        if is_last {
            let full = self.room(actor).reply;
            request.max_tokens = self.affordable_reply(&request).filter(|it| *it < full);
        }
        self.state = State::Calling(actor);
        Step::CallModel { actor, purpose: Purpose::Attempt, request }
    }

    pub(super) fn has_steps_left(&mut self, actor: Actor) -> bool {
        let limit = self.max_steps(actor);
        limit.is_none_or(|limit| self.attempt_mut(actor).n_steps < limit)
    }

    pub(super) fn max_steps(&self, actor: Actor) -> Option<u32> {
        match actor {
            Actor::Student => self.setup.max_steps,
            Actor::Teacher => Some(self.setup.teacher.max_steps),
        }
    }

    pub(super) fn replied(&mut self, actor: Actor, mut reply: ModelReply, out: &mut Out) -> Step {
        out.teacher = actor == Actor::Teacher;
        out.emit(Event::AssistantStreamEnd {});
        self.make_ids_unique(&mut reply);
        let message = Message::Assistant {
            content: reply.content.clone(),
            thinking: reply.thinking,
            tool_calls: reply.tool_calls.iter().map(readable).collect(),
        };
        self.push(actor, vec![message], out);
        let attempt = self.attempt_mut(actor);
        attempt.fill.report(reply.usage, &attempt.messages);
        let was_cut = reply.finish_reason == FinishReason::Length;
        let attempt = self.attempt_mut(actor);
        let is_last = reply.tool_calls.is_empty();
        if is_last || !reply.content.trim().is_empty() {
            attempt.answer = reply.content;
        }
        if actor == Actor::Teacher
            && let Some(step) = self.stop_at_limit(&reply.tool_calls, out)
        {
            return step;
        }
        if is_last {
            let ending = if was_cut { Ending::Length } else { Ending::Answer };
            if let Some(step) = self.send_back(actor, ending, out) {
                return step;
            }
            self.note_open_plan(actor, ending);
            return self.end_attempt(actor, ending, out);
        }
        let batch = Batch::new(reply.tool_calls, self.rules(actor), was_cut);
        batch.announce(out);
        let cut_tools = batch.cut_tools();
        if !cut_tools.is_empty() {
            let table = match actor {
                Actor::Student => "student",
                Actor::Teacher => "teacher",
            };
            out.emit(Event::ToolLog {
                tool: "system".to_owned(),
                log: format!(
                    "The reply was cut at the token limit (`{table}.max_tokens`), so its calls \
                     were not run: {}.",
                    cut_tools.join(", ")
                ),
            });
        }
        self.go_on(actor, batch, out)
    }

    /// Runs what may run, else asks, else hands the results to the model.
    pub(super) fn go_on(&mut self, actor: Actor, mut batch: Batch, out: &mut Out) -> Step {
        out.teacher = actor == Actor::Teacher;
        if let Some(plan) = batch.take_plans(out) {
            self.attempt_mut(actor).watch.plan = plan;
        }
        batch.show_results(out);
        let ready = batch.start_ready(out);
        if !ready.is_empty() {
            self.book_tools(actor, batch.running_cost(), out);
            self.state = State::Running(actor, batch);
            return Step::RunTools { actor, calls: ready };
        }
        if !batch.pending().is_empty() {
            out.emit(batch.approval_required());
            self.state = State::Awaiting(actor, batch);
            return Step::AwaitApproval;
        }
        self.keep_results(actor, batch, out);
        if let Some(step) = self.guard_calls(actor, out) {
            return step;
        }
        self.call_model(actor, out)
    }

    pub(super) fn decided(
        &mut self,
        actor: Actor,
        mut batch: Batch,
        decisions: Vec<ApprovalDecision>,
        out: &mut Out,
    ) -> Step {
        out.teacher = actor == Actor::Teacher;
        let mut has_to_ask_again = false;
        for decision in decisions {
            let scope = decision.scope;
            match batch.decide(decision, self.rules(actor), out) {
                Decided::Approved(call) if scope != ApprovalScope::Once => {
                    self.keep_grant(&call, scope, out);
                    batch.apply_grants(self.rules(actor), out);
                }
                Decided::CostsMore => has_to_ask_again = true,
                Decided::Approved(_) | Decided::Declined | Decided::Unknown => {}
            }
        }
        if batch.pending().is_empty() {
            self.go_on(actor, batch, out)
        } else {
            if has_to_ask_again {
                out.emit(batch.approval_required());
            }
            self.state = State::Awaiting(actor, batch);
            Step::AwaitApproval
        }
    }

    fn keep_grant(&mut self, call: &PreparedCall, scope: ApprovalScope, out: &mut Out) {
        let grant = Grant::of(call, &self.setup.workspace);
        match scope {
            ApprovalScope::Once => {}
            ApprovalScope::Run => {
                self.policy.allowed_in_run.insert(grant);
            }
            ApprovalScope::Always => {
                self.policy.always_allowed.insert(grant.clone());
                out.emit(always_allowed(&grant));
                out.emit(Event::State(StateRecord::AlwaysAllowed { grant }));
            }
        }
    }

    pub(super) fn rules(&self, actor: Actor) -> Rules<'_> {
        Rules {
            offered: &self.setup.tools,
            policy: &self.policy,
            workspace: &self.setup.workspace,
            left_usd: self.left_for_tools(actor).usd(),
        }
    }

    pub(super) fn keep_results(&mut self, actor: Actor, batch: Batch, out: &mut Out) {
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
        attempt.calls.extend(records.iter().cloned());
        out.emit(Event::State(StateRecord::Calls { actor, calls: records }));
        self.push(actor, messages, out);
    }

    /// Gives every open call its one result.
    pub(super) fn close_calls(
        &mut self,
        actor: Actor,
        mut batch: Batch,
        how: &Progress,
        out: &mut Out,
    ) {
        out.teacher = actor == Actor::Teacher;
        batch.close(how, out);
        batch.show_results(out);
        self.keep_results(actor, batch, out);
    }

    /// The person stopped the turn at its calls.
    pub(super) fn cancel_calls(&mut self, actor: Actor, batch: Batch, out: &mut Out) -> Step {
        self.close_calls(actor, batch, &Progress::Cancelled, out);
        out.emit(Event::Interrupted {});
        Step::Rest
    }

    pub(super) fn call_failed(
        &mut self,
        actor: Actor,
        failure: &ModelFailure,
        partial: String,
        out: &mut Out,
    ) -> Step {
        out.teacher = actor == Actor::Teacher;
        out.emit(Event::AssistantStreamEnd {});
        self.keep_partial(actor, partial, out);
        if failure.class == FailureClass::ContextOverflow
            && let Some(step) = self.overflowed(actor, failure, out)
        {
            return step;
        }
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
                // Out of money, what the teacher found so far is worth more than the answer of an
                // attempt that failed.
                let found = self.teacher.as_ref().and_then(Attempt::final_answer);
                let found = found.filter(|_| failure.class == FailureClass::Budget);
                let answer = found.or_else(|| self.student.final_answer());
                let stop_reason = self.failed_attempt().stop_reason;
                self.complete_turn(answer, &stop_reason, out)
            }
        }
    }

    pub(super) fn keep_partial(&mut self, actor: Actor, partial: String, out: &mut Out) {
        if !partial.trim().is_empty() {
            let message =
                Message::Assistant { content: partial, thinking: None, tool_calls: Vec::new() };
            self.push(actor, vec![message], out);
        }
    }

    /// Some servers leave ids out or start counting anew with each reply.
    pub(super) fn make_ids_unique(&mut self, reply: &mut ModelReply) {
        for call in &mut reply.tool_calls {
            if call.id.is_empty() || self.seen_call_ids.contains(&call.id) {
                call.id = format!("call_{}_{}", self.turn, self.seen_call_ids.len() + 1);
            }
            self.seen_call_ids.insert(call.id.clone());
        }
    }
}

/// Returns the call as it enters the history. Many servers read the arguments of earlier calls
/// and refuse the whole conversation over one that is no JSON object.
fn readable(call: &ToolCall) -> ToolCall {
    let is_object = matches!(serde_json::from_str(&call.arguments), Ok(Value::Object(_)));
    let arguments = if is_object { call.arguments.clone() } else { "{}".to_owned() };
    ToolCall { arguments, ..call.clone() }
}

fn failure_class(failure: &ModelFailure) -> String {
    match serde_json::to_value(failure.class) {
        Ok(Value::String(class)) => class,
        _ => "server".to_owned(),
    }
}

/// Tells what is always allowed from now on, and how that is taken back.
fn always_allowed(grant: &Grant) -> Event {
    let is_short = !grant.target.contains(char::is_control) && grant.target.len() <= SHOWN_BYTES;
    let log = if is_short {
        let target = quoted(&grant.target);
        format!(
            "In this folder `{}` {target} is always allowed from now on; `preceptor trust --forget \
             {target}` takes that back.",
            grant.tool
        )
    } else {
        format!(
            "In this folder this call of `{}` is always allowed from now on; `preceptor trust \
             --forget` with its command or path takes that back.",
            grant.tool
        )
    };
    Event::ToolLog { tool: "system".to_owned(), log }
}
