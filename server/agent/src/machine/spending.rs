//! Money: what a model call may cost before it is made, what it did cost after it, and whether a
//! model that nobody knows the price of may be called at all.
//!
//! A call that does not fit is not made and ends like one that failed, with a sentence that says
//! why. A person is asked about a missing price once a turn or once a run, and only before a step
//! of an attempt: a summary does without a model until then.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, json};

use super::{
    Actor, ApprovalDecision, ApprovalScope, Emitted, Input, Machine, Out, Purpose, State, Step,
    learning::save_failed,
};
use crate::{
    context::estimate_request,
    event::{Event, PendingTool, StateRecord, ToolBilling, ToolState},
    ledger::{
        Balance, Caps, Ledger, Money, Rate, UnknownPrice, broken_call_usage, reply_usage,
        worst_case,
    },
    message::{FailureClass, ModelFailure, ModelReply, ModelRequest, Usage},
    policy::Grant,
    tool::PreparedCall,
};

/// The name under which the person is asked about a model, and its calls are reserved.
pub const MODEL_CALL: &str = "model_call";

/// What a run has cost when the person is told first, in US dollars; then at each double of it.
const FIRST_MILESTONE_USD: f64 = 5.0;

/// The name under which calls of tools are booked.
const TOOL_CALLS: &str = "tool_calls";

/// The limits of a run's spending.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    /// The most that may be spent.
    pub caps: Caps,
    /// What happens when nobody knows a model's price.
    pub unknown_price: UnknownPrice,
}

/// A model and what is known about its price.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Rated {
    /// The model's name.
    pub model: String,
    /// Its price.
    pub rate: Rate,
}

/// Both models and their prices.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    /// The student's.
    pub student: Rated,
    /// The teacher's.
    pub teacher: Rated,
    /// Of the model that is asked about unclear attempts.
    pub evaluator: Rated,
}

/// How a model call ended, for the bill.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CallEnd<'a> {
    /// With a reply.
    Replied(&'a ModelReply),
    /// Without one.
    Broken {
        /// Why.
        class: FailureClass,
        /// Tokens of the reply that had arrived (estimated).
        received: u64,
    },
    /// It was never made.
    NotMade,
}

/// What a model call cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Bill {
    /// `None`: nobody knows.
    pub cost: Option<Money>,
    /// What to journal and show, in order.
    pub events: Vec<Emitted>,
}

/// What the machine knows about money.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Purse {
    pub(super) ledger: Ledger,
    rates: Rates,
    call: Option<CallUnderWay>,
    /// Models without a price that a person allowed, until the turn's end.
    allowed_in_turn: BTreeSet<Actor>,
    /// The same, until the run's end.
    allowed_in_run: BTreeSet<Actor>,
    n_asked: u32,
    /// The books of the day as they were told last.
    #[serde(default)]
    day: Option<Balance>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct CallUnderWay {
    actor: Actor,
    /// Estimated, for servers that do not count.
    prompt_tokens: u64,
    worst_case: Money,
    #[serde(default)]
    is_evaluation: bool,
}

impl Purse {
    /// Notes that a turn begins: what was allowed for the one before it counts no more.
    pub(super) fn begin_turn(&mut self) {
        self.allowed_in_turn.clear();
    }

    /// Forgets what a person allowed.
    pub(super) fn forget_grants(&mut self) {
        self.allowed_in_turn.clear();
        self.allowed_in_run.clear();
    }

    fn rated(&self, actor: Actor) -> &Rated {
        match actor {
            Actor::Student => &self.rates.student,
            Actor::Teacher => &self.rates.teacher,
        }
    }

    fn is_allowed(&self, actor: Actor) -> bool {
        self.allowed_in_turn.contains(&actor) || self.allowed_in_run.contains(&actor)
    }
}

impl Machine {
    /// Takes what is known about the models' prices now. Names may become known only by a call.
    pub fn set_rates(&mut self, rates: Rates) {
        self.purse.rates = rates;
    }

    /// Returns what the call of the last [`Step::CallModel`] may cost at most; nothing where it is
    /// free or nobody knows.
    pub fn reserved(&self) -> Money {
        self.purse.call.map(|call| call.worst_case).unwrap_or_default()
    }

    /// Returns what the run has spent on calls whose prices are known.
    pub fn spent(&self) -> Money {
        self.purse.ledger.run(self.setup.budget.caps).spent_usd
    }

    /// Books the call of the last [`Step::CallModel`]. To be told before its outcome is an input;
    /// else the worst case counts, or nothing if the next input is [`Input::Cancelled`].
    pub fn settle(&mut self, end: CallEnd<'_>) -> Bill {
        let Some(call) = self.purse.call.take() else {
            return Bill { cost: Some(Money::default()), events: Vec::new() };
        };
        let usage = match end {
            CallEnd::Replied(reply) => reply_usage(reply, call.prompt_tokens),
            CallEnd::Broken { class, received } => {
                broken_call_usage(class, call.prompt_tokens, received)
            }
            CallEnd::NotMade => Usage::default(),
        };
        let rated = if call.is_evaluation {
            &self.purse.rates.evaluator
        } else {
            self.purse.rated(call.actor)
        };
        let cost = rated.rate.cost(usage);
        let events = self.book(call, cost.unwrap_or_default());
        Bill { cost, events }
    }

    /// Returns what may be spent on tools that an attempt calls now.
    pub(super) fn left_for_tools(&self, actor: Actor) -> Money {
        let in_takeover = actor == Actor::Teacher;
        let balances = self.purse.ledger.balances(in_takeover, self.setup.budget.caps);
        balances.iter().map(Balance::left).min().unwrap_or_default()
    }

    /// Returns what the tools of the last [`Step::RunTools`] cost at most, as far as is known.
    pub fn started_tools_cost(&self) -> Money {
        match &self.state {
            State::Running(_, batch) => batch.running_cost(),
            _ => Money::default(),
        }
    }

    /// Books what tools cost that are about to run: nobody reports what they did cost.
    pub(super) fn book_tools(&mut self, actor: Actor, cost: Money, out: &mut Out) {
        if cost.is_zero() {
            return;
        }
        let in_takeover = actor == Actor::Teacher;
        let before = self.spent();
        self.purse.ledger.settle(TOOL_CALLS, cost, in_takeover);
        self.note_of_day(cost);
        if let Some(event) = milestone(before, self.spent()) {
            out.emit(event);
        }
        for balance in self.purse.ledger.balances(in_takeover, self.setup.budget.caps) {
            out.emit(Event::Budget(balance));
        }
    }

    /// Counts a cost in what the books of the day said last, until they are read again.
    fn note_of_day(&mut self, cost: Money) {
        if let Some(day) = &mut self.purse.day {
            day.spent_usd = day.spent_usd + cost;
        }
    }

    /// Books a call that nobody settled.
    pub(super) fn settle_forgotten(&mut self, input: &Input, out: &mut Out) {
        let was_made = match input {
            Input::Replied(_) | Input::CallFailed { .. } => true,
            Input::Cancelled { .. } => false,
            _ => return,
        };
        let Some(call) = self.purse.call.take() else { return };
        let cost = if was_made { call.worst_case } else { Money::default() };
        out.events.extend(self.book(call, cost));
    }

    fn book(&mut self, call: CallUnderWay, cost: Money) -> Vec<Emitted> {
        let in_takeover = call.actor == Actor::Teacher;
        let before = self.spent();
        self.purse.ledger.settle(MODEL_CALL, cost, in_takeover);
        self.note_of_day(cost);
        // What costs nothing has no books to show.
        if cost.is_zero() && call.worst_case.is_zero() {
            return Vec::new();
        }
        let balances = self.purse.ledger.balances(in_takeover, self.setup.budget.caps);
        let events = balances.into_iter().map(Event::Budget);
        events
            .chain(milestone(before, self.spent()))
            .map(|event| Emitted { turn: self.turn, teacher: in_takeover, event })
            .collect()
    }

    /// Asks the person about a model without a price, if that has to be. Returns the step.
    pub(super) fn ask_about_price(
        &mut self,
        actor: Actor,
        purpose: Purpose,
        out: &mut Out,
    ) -> Option<Step> {
        let asks = self.setup.budget.unknown_price == UnknownPrice::Ask;
        let Rated { model, rate } = self.purse.rated(actor);
        if !asks || *rate != Rate::Unknown || self.may_call_unpriced(actor) {
            return None;
        }
        let arguments = Map::from_iter([
            ("model".to_owned(), json!(model)),
            ("price".to_owned(), json!(how_to_set_price(model))),
        ]);
        self.purse.n_asked += 1;
        let call = PreparedCall {
            id: format!("{MODEL_CALL}_{}_{}", self.turn, self.purse.n_asked),
            tool: MODEL_CALL.to_owned(),
            arguments,
            outside_sandbox: false,
        };
        out.teacher = actor == Actor::Teacher;
        out.emit(price_question(&call));
        self.state = State::Pricing(actor, purpose, call);
        Some(Step::AwaitApproval)
    }

    /// The person decided whether a model without a price may be called.
    pub(super) fn price_decided(
        &mut self,
        actor: Actor,
        purpose: Purpose,
        call: PreparedCall,
        decisions: &[ApprovalDecision],
        out: &mut Out,
    ) -> Step {
        let Some(decision) = decisions.iter().find(|it| it.tool_call_id == call.id) else {
            self.state = State::Pricing(actor, purpose, call);
            return Step::AwaitApproval;
        };
        out.teacher = actor == Actor::Teacher;
        if !decision.approved {
            out.emit(state_change(&call, ToolState::Rejected));
            let model = &self.purse.rated(actor).model;
            let failure = failure(format!(
                "You did not allow calls of `{model}` without knowing its price: {}.",
                how_to_set_price(model)
            ));
            if purpose == Purpose::Distill {
                return save_failed(failure.message, out);
            }
            return self.call_failed(actor, &failure, String::new(), out);
        }
        out.emit(state_change(&call, ToolState::Approved));
        match decision.scope {
            ApprovalScope::Once => {
                self.purse.allowed_in_turn.insert(actor);
            }
            ApprovalScope::Run => {
                self.purse.allowed_in_run.insert(actor);
            }
            ApprovalScope::Always => {
                let grant = self.unpriced(actor);
                self.policy.always_allowed.insert(grant.clone());
                out.emit(Event::State(StateRecord::AlwaysAllowed { grant }));
            }
        }
        if purpose == Purpose::Distill {
            return self.ask_for_skill(out);
        }
        self.call_model(actor, out)
    }

    fn may_call_unpriced(&self, actor: Actor) -> bool {
        self.purse.is_allowed(actor) || self.policy.always_allowed.contains(&self.unpriced(actor))
    }

    /// Returns what allowing calls of a model without a price for good covers.
    fn unpriced(&self, actor: Actor) -> Grant {
        Grant {
            tool: MODEL_CALL.to_owned(),
            target: self.purse.rated(actor).model.clone(),
            outside_sandbox: false,
        }
    }

    /// The turn ends, or another one begins, before the person decided about a price.
    pub(super) fn close_price_question(
        actor: Actor,
        purpose: Purpose,
        call: &PreparedCall,
        state: ToolState,
        out: &mut Out,
    ) {
        out.teacher = actor == Actor::Teacher;
        out.emit(state_change(call, state));
        if purpose == Purpose::Distill {
            // The turn has ended before.
            save_failed("nobody decided whether the teacher may be called".to_owned(), out);
            return;
        }
        out.emit(Event::Interrupted {});
    }

    /// Reserves what the next model call may cost. A call that may not be made ends as one that
    /// failed, and whatever follows from that is the step instead.
    pub(super) fn afford(&mut self, mut step: Step, out: &mut Out) -> Step {
        while let Step::CallModel { actor, purpose, request } = &step {
            let actor = *actor;
            match self.reserve(actor, *purpose, request, out) {
                Ok(()) => break,
                Err(failure) => step = self.not_made(actor, &failure, out),
            }
        }
        step
    }

    /// Takes what the books of the day say now: the runs of all processes are in them.
    pub fn set_day(&mut self, day: Balance) {
        self.purse.day = Some(day);
    }

    /// Returns what is known about a model's price.
    pub(super) fn rate(&self, actor: Actor) -> &Rate {
        &self.purse.rated(actor).rate
    }

    /// Returns the books that the teacher's calls are held against.
    pub(super) fn left_in_takeover(&self) -> Vec<Balance> {
        let caps = self.setup.budget.caps;
        let balances = self.purse.ledger.balances(/*in_takeover*/ true, caps);
        balances.into_iter().chain(self.purse.day).collect()
    }

    /// Returns why the teacher's first call may not be paid for, if that is known by now.
    pub(super) fn takeover_refusal(&self) -> Option<String> {
        let Rated { model, rate } = self.purse.rated(Actor::Teacher);
        let price = match rate {
            Rate::Free => return None,
            Rate::Known(price) => price,
            Rate::Unknown => {
                let is_denied = self.setup.budget.unknown_price == UnknownPrice::Deny;
                return is_denied.then(|| not_called(model));
            }
        };
        let request = ModelRequest {
            messages: self.student.messages.clone(),
            tools: self.offered_tools(Actor::Teacher),
            max_tokens: None,
        };
        let worst_case = price.cost(worst_case(&request, self.room(Actor::Teacher).reply));
        let mut ledger = self.purse.ledger.clone();
        ledger.begin_takeover();
        let balances = ledger.balances(/*in_takeover*/ true, self.setup.budget.caps);
        let refusal = balances
            .iter()
            .chain(&self.purse.day)
            .find_map(|balance| balance.check(worst_case).err())?;
        Some(refusal.to_string())
    }

    fn reserve(
        &mut self,
        actor: Actor,
        purpose: Purpose,
        request: &ModelRequest,
        out: &mut Out,
    ) -> Result<(), ModelFailure> {
        let is_evaluation = purpose == Purpose::Evaluate;
        let Rated { model, rate } =
            if is_evaluation { &self.purse.rates.evaluator } else { self.purse.rated(actor) };
        // What was allowed was allowed for that model.
        let is_known = *model == self.purse.rated(actor).model;
        let worst_case = match rate {
            Rate::Free => Money::default(),
            Rate::Known(price) => price.cost(worst_case(request, self.room(actor).reply)),
            Rate::Unknown => {
                let may_call = match self.setup.budget.unknown_price {
                    UnknownPrice::Ask => is_known && self.may_call_unpriced(actor),
                    UnknownPrice::Allow => true,
                    UnknownPrice::Deny => false,
                };
                if !may_call {
                    return Err(failure(not_called(model)));
                }
                Money::default()
            }
        };
        if !worst_case.is_zero() {
            let in_takeover = actor == Actor::Teacher;
            let caps = self.setup.budget.caps;
            let reserved = self.purse.ledger.reserve(MODEL_CALL, worst_case, in_takeover, caps);
            match reserved {
                Ok(balance) => {
                    out.teacher = in_takeover;
                    out.emit(Event::Budget(balance));
                }
                Err(refusal) => return Err(failure(refusal.to_string())),
            }
        }
        let prompt_tokens = estimate_request(request);
        self.purse.call = Some(CallUnderWay { actor, prompt_tokens, worst_case, is_evaluation });
        Ok(())
    }

    fn not_made(&mut self, actor: Actor, failure: &ModelFailure, out: &mut Out) -> Step {
        match std::mem::replace(&mut self.state, State::Resting) {
            State::Evaluating(unclear) => {
                let (failure, partial) = (failure.clone(), String::new());
                self.evaluated(unclear, &Input::CallFailed { failure, partial }, out)
            }
            State::Distilling(lesson) => self.lesson_broke(lesson, failure.message.clone(), out),
            State::Compacting(_, compaction) => {
                self.summary_failed(actor, &compaction, failure, out)
            }
            _ => self.call_failed(actor, failure, String::new(), out),
        }
    }
}

/// Returns what the person is told if the run has just reached another milestone of cost.
fn milestone(before: Money, after: Money) -> Option<Event> {
    let n_passed = |spent: Money| {
        let milestones = (0..64).map(|n| Money::from_usd(FIRST_MILESTONE_USD * 2_f64.powi(n)));
        milestones.take_while(|milestone| *milestone <= spent).count()
    };
    (n_passed(after) > n_passed(before)).then(|| Event::ToolLog {
        tool: "system".to_owned(),
        log: format!("This run has cost {after} so far."),
    })
}

/// Returns the event that asks about a model without a price.
pub(super) fn price_question(call: &PreparedCall) -> Event {
    Event::approval_required(vec![plain_tool(call)])
}

/// Returns a question of the machine's own, as it is shown.
pub(super) fn plain_tool(call: &PreparedCall) -> PendingTool {
    PendingTool {
        tool: call.tool.clone(),
        arguments: call.arguments.clone(),
        tool_call_id: call.id.clone(),
        billing: ToolBilling::default(),
        asked_because: None,
        outside_sandbox: false,
        stopped_by: Vec::new(),
        diff: None,
    }
}

pub(super) fn state_change(call: &PreparedCall, state: ToolState) -> Event {
    Event::ToolStateChange { tool_call_id: call.id.clone(), tool: call.tool.clone(), state }
}

fn how_to_set_price(model: &str) -> String {
    format!(
        "set it in `budget.prices.\"{model}\"` (0 and 0 if it is free), or set \
         `budget.unknown_price` to \"allow\""
    )
}

fn not_called(model: &str) -> String {
    format!(
        "`{model}` was not called, because nobody knows what it costs: {}.",
        how_to_set_price(model)
    )
}

fn failure(message: String) -> ModelFailure {
    ModelFailure { class: FailureClass::Budget, message }
}
