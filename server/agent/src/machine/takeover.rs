//! The teacher's turn, and what it taught.

use super::{Actor, Attempt, Machine, Out, Purpose, State, Step};
use crate::{
    clip::clip,
    detect::{Ending, Judgement, Verdict},
    distill::{Distillation, read_distillation},
    event::{Event, StateRecord},
    message::{Message, ModelReply, ModelRequest, Origin},
    prompt::{distillation_messages, teacher_messages},
};

/// Longest reason shown for a failed attempt, in characters.
const REASON_CHARS: usize = 300;

impl Machine {
    /// The teacher goes on where the student failed.
    pub(super) fn take_over(
        &mut self,
        judgement: &Judgement,
        stop_reason: &str,
        out: &mut Out,
    ) -> Step {
        self.n_takeovers += 1;
        self.purse.ledger.begin_takeover();
        let reason = judgement.reason();
        let student_failure = reason
            .map_or_else(|| "it failed".to_owned(), |signal| clip(&signal.evidence, REASON_CHARS));
        // Evidence quotes what tools printed: it is shown to people, not put among instructions.
        reason
            .map_or("it failed", |signal| signal.kind.meaning())
            .clone_into(&mut self.student_failure);
        stop_reason.clone_into(&mut self.student_stop);
        out.teacher = true;
        out.emit(Event::TeacherTakeover {
            teacher_model: self.setup.teacher.model.clone(),
            student_failure,
            signals: judgement.signals.clone(),
        });
        let messages = teacher_messages(
            self.teacher_prompt(),
            &self.student.messages,
            &self.request,
            &self.student_failure,
        );
        out.emit(Event::State(StateRecord::Messages {
            actor: Actor::Teacher,
            messages: messages.iter().take(1).chain(messages.last()).cloned().collect(),
        }));
        self.teacher = Some(Attempt::new(messages));
        self.call_model(Actor::Teacher, out)
    }

    pub(super) fn teacher_ended(
        &mut self,
        judgement: &Judgement,
        stop_reason: &str,
        out: &mut Out,
    ) -> Step {
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
            self.push(Actor::Student, vec![note, answer], out);
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

    pub(super) fn complete_turn(
        &mut self,
        final_response: Option<String>,
        stop_reason: &str,
        out: &mut Out,
    ) -> Step {
        if stop_reason == Ending::MaxIterations.name() {
            let log = "The turn stopped because it ran out of steps. Ask it to go on, and it has \
                       as many again."
                .to_owned();
            out.emit(Event::ToolLog { tool: "system".to_owned(), log });
        }
        out.emit(Event::TurnComplete {
            history_size: self.student.messages.len(),
            final_response,
            stop_reason: stop_reason.to_owned(),
        });
        self.state = State::Resting;
        Step::Rest
    }

    pub(super) fn distilled(&mut self, reply: &ModelReply, out: &mut Out) -> Step {
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
}

pub(super) fn save_failed(reason: String, out: &mut Out) -> Step {
    out.teacher = true;
    out.emit(Event::SkillSaveFailed { reason });
    Step::Rest
}
