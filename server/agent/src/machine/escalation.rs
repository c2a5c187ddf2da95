//! How the teacher comes in if not at once: after a question, with a skill only, or because a
//! person asks for it.
//!
//! In the mode `ask` the turn waits in an approval of its own kind before it ends. In the mode
//! `propose` the turn ends with the student's answer and the teacher only writes a skill.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    Actor, ApprovalDecision, ApprovalScope, Machine, Out, State, Step,
    learning::save_failed,
    spending::{plain_tool, state_change},
    takeover::REASON_CHARS,
};
use crate::{
    clip::clip,
    detect::{Judgement, Signal, Verdict},
    event::{Event, StateRecord, ToolState},
    gate::Gate,
    policy::relative_path,
    prompt::OfferedSkill,
    tool::PreparedCall,
    trace::{changed_files, files_changed_by_commands, kept_files_of_commands},
};

/// The name under which a person is asked whether the teacher may take over.
pub const TAKEOVER: &str = "takeover";

/// The argument of that question which a person sets to have the student's changes to files taken
/// back first.
pub const ROLL_BACK: &str = "rollBack";

/// What stands in the journal and the transcript where a person had the teacher take over.
const BY_HAND: &str = "Let the teacher take over.";

/// What a person asks the teacher for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Escalation {
    /// To go on where the student failed.
    #[default]
    Takeover,
    /// To take over once the files that were changed hold again what they held before the request,
    /// as far as that is kept.
    TakeoverAfterRollBack,
    /// To write a skill without running anything.
    Propose,
}

impl Escalation {
    /// Returns whether the teacher works on the request itself, in a turn of its own.
    pub fn is_takeover(self) -> bool {
        self != Self::Propose
    }
}

/// An attempt of the student that did not get the request done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct FailedAttempt {
    /// Why, without anything that a tool or a model wrote: fit to stand among instructions.
    pub(super) meaning: String,
    /// Why, as people are told; it quotes what tools printed.
    pub(super) shown: String,
    pub(super) signals: Vec<Signal>,
    pub(super) stop_reason: String,
    /// What it is known by later, its own key first; empty: only a person says that it failed.
    #[serde(default)]
    pub(super) keys: Vec<String>,
}

impl FailedAttempt {
    pub(super) fn new(judgement: &Judgement, keys: Vec<String>, stop_reason: &str) -> Self {
        let reason = judgement.reason();
        Self {
            meaning: reason.map_or("it failed", |signal| signal.kind.meaning()).to_owned(),
            shown: reason.map_or_else(
                || "it failed".to_owned(),
                |signal| clip(&signal.evidence, REASON_CHARS),
            ),
            signals: judgement.signals.clone(),
            stop_reason: stop_reason.to_owned(),
            keys,
        }
    }

    fn by_a_persons_word() -> Self {
        Self {
            meaning: "the person says that it did not get this done".to_owned(),
            shown: "you asked for the teacher".to_owned(),
            signals: Vec::new(),
            stop_reason: "final".to_owned(),
            keys: Vec::new(),
        }
    }
}

impl Machine {
    /// Asks the person whether the teacher may take over. The turn waits.
    pub(super) fn offer_takeover(&mut self, out: &mut Out) -> Step {
        let failed = self.failed_attempt();
        let mut arguments = Map::from_iter([
            ("model".to_owned(), json!(self.setup.teacher.model)),
            ("reason".to_owned(), json!(failed.shown)),
        ]);
        let (kept, lost) = self.kept_and_lost();
        if !kept.is_empty() {
            arguments.insert("changedFiles".to_owned(), json!(kept));
            arguments.insert(ROLL_BACK.to_owned(), json!(false));
        }
        if !lost.is_empty() {
            arguments.insert("changedByCommands".to_owned(), json!(lost));
        }
        let call = PreparedCall {
            id: format!("{TAKEOVER}_{}", self.turn),
            tool: TAKEOVER.to_owned(),
            arguments,
            outside_sandbox: false,
        };
        out.teacher = true;
        out.emit(takeover_question(&call));
        self.state = State::Offering(call);
        Step::AwaitApproval
    }

    /// The person decided whether the teacher may take over.
    pub(super) fn takeover_decided(
        &mut self,
        call: PreparedCall,
        decisions: Vec<ApprovalDecision>,
        out: &mut Out,
    ) -> Step {
        let decision = decisions.into_iter().find(|it| it.tool_call_id == call.id);
        let Some(decision) = decision else {
            self.state = State::Offering(call);
            return Step::AwaitApproval;
        };
        out.teacher = true;
        if !decision.approved {
            out.emit(state_change(&call, ToolState::Rejected));
            out.teacher = false;
            let said = decision.feedback.filter(|it| !it.trim().is_empty());
            let said = said.map_or_else(String::new, |it| format!(": {}", clip(it.trim(), 200)));
            out.emit(Event::State(StateRecord::Verdict {
                verdict: Verdict::Failure.name().to_owned(),
                confidence: 1.0,
                gate: Some(format!("You declined the takeover{said}.")),
                gate_name: Some("declined".to_owned()),
            }));
            let stop_reason = self.failed_attempt().stop_reason;
            return self.complete_turn(self.student.final_answer(), &stop_reason, out);
        }
        out.emit(state_change(&call, ToolState::Approved));
        // A rule for the workspace is what `teacher.mode` is.
        self.may_take_over |= decision.scope != ApprovalScope::Once;
        let arguments = decision.arguments.unwrap_or(call.arguments);
        if arguments.get(ROLL_BACK).and_then(Value::as_bool) == Some(true) {
            let turns = self.requests.last().cloned().unwrap_or_default();
            self.state = State::RollingBack;
            return Step::RollBack { turns };
        }
        self.take_over(&[], out)
    }

    /// The turn ends, or another one begins, before the person decided about the takeover.
    pub(super) fn close_offer(call: &PreparedCall, state: ToolState, out: &mut Out) {
        out.teacher = true;
        out.emit(state_change(call, state));
        out.teacher = false;
        out.emit(Event::Interrupted {});
    }

    /// The files that the student had changed hold again what they held before it, but for some.
    pub(super) fn rolled_back(
        &mut self,
        notes: Vec<String>,
        left: &[String],
        out: &mut Out,
    ) -> Step {
        out.teacher = true;
        let (kept, lost) = self.kept_and_lost();
        let lost = lost.into_iter().map(|path| {
            format!(
                "`{path}` was left as it is: a command changed it, and what it held before is not \
                 kept."
            )
        });
        for log in notes.into_iter().chain(lost) {
            out.emit(Event::ToolLog { tool: "system".to_owned(), log });
        }
        let is_left = |path: &str| left.contains(&relative_path(path, &self.setup.workspace));
        let put_back: Vec<String> = kept.into_iter().filter(|path| !is_left(path)).collect();
        self.take_over(&put_back, out)
    }

    /// Returns the files that the student changed: those that can be put back, and the others.
    fn kept_and_lost(&self) -> (Vec<String>, Vec<String>) {
        let (mut kept, by_commands) = self.students_changes();
        let kept_of_commands = kept_files_of_commands(&self.student.calls);
        let (of_commands, lost): (Vec<String>, Vec<String>) =
            by_commands.into_iter().partition(|path| kept_of_commands.contains(path));
        kept.extend(of_commands);
        (kept, lost)
    }

    /// Returns the files that the student edited, and those that its commands changed.
    pub(super) fn students_changes(&self) -> (Vec<String>, Vec<String>) {
        (changed_files(&self.student.calls), files_changed_by_commands(&self.student.calls))
    }

    /// A person wants the teacher, after the turn has ended.
    pub(super) fn escalate(
        &mut self,
        escalation: Escalation,
        skills: Vec<OfferedSkill>,
        out: &mut Out,
    ) -> Step {
        let gate = self.setup.teacher.check_by_hand(self.setup.is_chat);
        let refusal = match gate {
            Err(gate) => Some(gate.sentence()),
            Ok(()) if self.requests.is_empty() => {
                Some("There is no request that the teacher could work on.".to_owned())
            }
            Ok(()) if escalation.is_takeover() => {
                self.takeover_refusal().map(|refusal| Gate::Budget(refusal).sentence())
            }
            Ok(()) => None,
        };
        match (escalation, refusal) {
            (Escalation::Propose, None) => self.ask_for_skill(out),
            (Escalation::Propose, Some(reason)) => save_failed(reason, out),
            (_, Some(error)) => {
                self.open_turn_of_teacher(out);
                out.emit(Event::Error { error, class: "refused".to_owned() });
                Step::Rest
            }
            (_, None) => {
                let rolls_back = escalation == Escalation::TakeoverAfterRollBack;
                self.take_over_by_hand(skills, rolls_back, out)
            }
        }
    }

    fn open_turn_of_teacher(&mut self, out: &mut Out) {
        self.turn += 1;
        out.turn = self.turn;
        out.teacher = false;
        let prompt = BY_HAND.to_owned();
        out.emit(Event::State(StateRecord::Request { prompt, origin: None, goes_on: true }));
    }

    /// A turn of the teacher's alone. What the student did stays for the comparison.
    fn take_over_by_hand(
        &mut self,
        skills: Vec<OfferedSkill>,
        rolls_back: bool,
        out: &mut Out,
    ) -> Step {
        let turns = self.requests.last().cloned().unwrap_or_default();
        self.open_turn_of_teacher(out);
        // The request's record cleared them for whoever reads the journal.
        let calls = self.student.calls.clone();
        out.emit(Event::State(StateRecord::Calls { actor: Actor::Student, calls }));
        if let Some(turns) = self.requests.last_mut() {
            turns.push(self.turn);
        }
        self.skills = skills;
        self.listed = None;
        self.teacher = None;
        self.purse.begin_turn();
        if rolls_back {
            self.state = State::RollingBack;
            return Step::RollBack { turns };
        }
        self.take_over(&[], out)
    }

    /// Returns what is known about the student's failure.
    pub(super) fn failed_attempt(&self) -> FailedAttempt {
        self.failed.clone().unwrap_or_else(FailedAttempt::by_a_persons_word)
    }
}

/// Returns the event that asks whether the teacher may take over.
pub(super) fn takeover_question(call: &PreparedCall) -> Event {
    Event::approval_required(vec![plain_tool(call)])
}
