//! The end of an attempt: the verdict on it, and the gates before the teacher.

use super::{Actor, Machine, Out, State, Step};
use crate::{
    detect::{Ending, Judgement, Verdict, judge, obstacle},
    event::{Event, StateRecord},
    gate::{Gate, Situation, TakeoverMode},
    machine::{escalation::FailedAttempt, same_failure::failure_keys},
};

impl Machine {
    pub(super) fn end_attempt(&mut self, actor: Actor, ending: Ending, out: &mut Out) -> Step {
        out.teacher = actor == Actor::Teacher;
        let request = self.request.clone();
        let attempt = self.attempt_mut(actor);
        if let Some(error) = obstacle(&attempt.calls).map(str::to_owned) {
            return self.blocked(actor, error, out);
        }
        let noted = &attempt.watch.noted;
        let judgement = judge(&request, &attempt.calls, noted, &attempt.answer, ending);
        for signal in &judgement.signals {
            out.emit(Event::Signal(signal.clone()));
        }
        match actor {
            Actor::Student => self.student_ended(&judgement, ending.name(), out),
            Actor::Teacher => self.teacher_ended(&judgement, ending.name(), out),
        }
    }

    /// Something was in the way that a stronger model would run into as well: the turn ends as an
    /// error, with what to do about it, and nothing is learnt.
    fn blocked(&mut self, actor: Actor, error: String, out: &mut Out) -> Step {
        if actor == Actor::Teacher {
            let (reason, class) = (error.clone(), "operational".to_owned());
            out.emit(Event::EscalationFailed { reason, class });
        }
        out.emit(Event::Error { error, class: "blocked".to_owned() });
        self.state = State::Resting;
        Step::Rest
    }

    pub(super) fn student_ended(
        &mut self,
        judgement: &Judgement,
        stop_reason: &str,
        out: &mut Out,
    ) -> Step {
        if let Some(step) = self.evaluate(judgement, stop_reason, out) {
            return step;
        }
        self.judged(judgement, stop_reason, out)
    }

    /// The verdict stands: the turn is over, or the teacher comes in.
    pub(super) fn judged(
        &mut self,
        judgement: &Judgement,
        stop_reason: &str,
        out: &mut Out,
    ) -> Step {
        let answer = self.student.final_answer();
        if judgement.verdict != Verdict::Failure {
            let gate = judgement.lack.clone().map(Gate::Operational);
            Self::tell_verdict(judgement, gate.as_ref(), out);
            return self.complete_turn(answer, stop_reason, out);
        }
        let failure = failure_keys(&self.request, judgement, &self.student.calls);
        let way = self.check_gates(failure.first());
        self.failed = Some(FailedAttempt::new(judgement, failure, stop_reason));
        let closed = match &way {
            Ok(TakeoverMode::Takeover) => None,
            Ok(TakeoverMode::Ask) if self.may_take_over => None,
            Ok(mode) => Some(Gate::Mode(*mode)),
            Err(gate) => Some(gate.clone()),
        };
        Self::tell_verdict(judgement, closed.as_ref(), out);
        if closed.is_some() && self.setup.teacher.check_by_hand(self.setup.is_chat).is_ok() {
            self.tell_teachers_view(out);
        }
        match (closed, way) {
            (None, _) => self.take_over(&[], out),
            (Some(_), Ok(TakeoverMode::Ask)) => self.offer_takeover(out),
            (Some(_), Ok(TakeoverMode::Propose)) => {
                self.complete_turn(answer, stop_reason, out);
                self.ask_for_skill(out)
            }
            (Some(_), _) => self.complete_turn(answer, stop_reason, out),
        }
    }

    pub(super) fn tell_verdict(judgement: &Judgement, gate: Option<&Gate>, out: &mut Out) {
        out.emit(Event::State(StateRecord::Verdict {
            verdict: judgement.verdict.name().to_owned(),
            confidence: judgement.confidence,
            gate: gate.map(Gate::sentence),
            gate_name: gate.map(|gate| gate.name().to_owned()),
        }));
    }

    /// Returns how the teacher comes in for a failure, by its own key.
    pub(super) fn check_gates(&self, failure: Option<&String>) -> Result<TakeoverMode, Gate> {
        let idle_s = self.teacher_at_s.map(|at_s| self.now_s.saturating_sub(at_s));
        self.setup.teacher.check(Situation {
            is_chat: self.setup.is_chat,
            student_is_self_hosted: self.setup.student_is_self_hosted,
            n_takeovers: self.n_takeovers,
            idle_s,
            is_known_failure: failure.is_some_and(|it| self.rescued.contains(it)),
            unaffordable: self.takeover_refusal(),
        })
    }

    /// Tells the time, in seconds since the epoch, for the rest between two takeovers.
    pub fn set_time(&mut self, now_s: u64) {
        self.now_s = now_s;
    }

    /// Notes that the teacher is at work, where it is.
    pub(super) fn note_teacher(&mut self) {
        let is_at_work = match &self.state {
            State::Calling(actor)
            | State::Running(actor, _)
            | State::Awaiting(actor, _)
            | State::Pricing(actor, ..)
            | State::Compacting(actor, _) => *actor == Actor::Teacher,
            State::Distilling(_) | State::Checking(..) | State::Proposing => true,
            State::Resting
            | State::Evaluating(_)
            | State::Offering(_)
            | State::RollingBack
            | State::Undoing { .. } => false,
        };
        if is_at_work {
            self.teacher_at_s = Some(self.now_s);
        }
    }
}
