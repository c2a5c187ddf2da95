//! The teacher's turn: what it is told, and how it ends.

use super::{
    Actor, Attempt, Machine, Out, State, Step, learning::save_failed, limits::says_not_done,
};
use crate::{
    clip::clip,
    detect::{Ending, Judgement, SignalKind, Verdict, only_asks},
    event::{Event, StateRecord, ViewPart},
    message::{Message, Origin},
    prompt::handover::{Handover, teacher_messages},
    thinking::without_thinking,
    tool::ResultKind,
};

/// Longest reason shown for a failed attempt, in characters.
pub(super) const REASON_CHARS: usize = 300;

impl Machine {
    /// The teacher goes on where the student failed, after the files of `put_back` were given what
    /// they held before that.
    pub(super) fn take_over(&mut self, put_back: &[String], out: &mut Out) -> Step {
        let failed = self.failed_attempt();
        self.rescued.extend(failed.keys);
        self.n_takeovers += 1;
        self.purse.ledger.begin_takeover();
        out.teacher = true;
        out.emit(Event::TeacherTakeover {
            teacher_model: self.setup.teacher.model.clone(),
            student_failure: failed.shown,
            signals: failed.signals,
        });
        let messages = self.handed_over(&failed.meaning, put_back);
        out.emit(Event::State(StateRecord::Messages {
            actor: Actor::Teacher,
            messages: own(&messages),
        }));
        self.teacher = Some(Attempt::new(messages));
        self.call_model(Actor::Teacher, out)
    }

    /// Notes what the teacher would be told, for a person who wants to know before they decide.
    pub(super) fn tell_teachers_view(&self, out: &mut Out) {
        let failed = self.failed_attempt();
        let messages = own(&self.handed_over(&failed.meaning, &[]));
        out.emit(Event::State(StateRecord::TeachersView { part: ViewPart::Takeover, messages }));
    }

    fn handed_over(&self, failure: &str, put_back: &[String]) -> Vec<Message> {
        let (mut edited, mut by_commands) = self.students_changes();
        edited.retain(|path| !put_back.contains(path));
        by_commands.retain(|path| !put_back.contains(path));
        teacher_messages(
            self.teacher_prompt(),
            &self.student.messages,
            Handover {
                request: &self.request,
                failure,
                put_back,
                edited_files: &edited,
                files_of_commands: &by_commands,
                nonce: &self.setup.nonce,
            },
        )
    }

    pub(super) fn teacher_ended(
        &mut self,
        judgement: &Judgement,
        stop_reason: &str,
        out: &mut Out,
    ) -> Step {
        let teacher_answer = self.keep_teachers_answer(out);
        let not_done = teacher_answer.as_deref().filter(|it| says_not_done(it));
        if judgement.verdict == Verdict::Failure || not_done.is_some() {
            let evidence = not_done
                .map(|it| without_thinking(it).trim())
                .or_else(|| judgement.reason().map(|signal| signal.evidence.as_str()));
            let reason = evidence.map_or_else(
                || "The teacher failed too.".to_owned(),
                |it| format!("The teacher failed too: {}", clip(it, REASON_CHARS)),
            );
            out.emit(Event::EscalationFailed { reason, class: "failure".to_owned() });
            let answer = teacher_answer.or_else(|| self.student.final_answer());
            return self.complete_turn(answer, stop_reason, out);
        }
        let calls = &self.attempt_mut(Actor::Teacher).calls;
        let has_worked = calls.iter().any(|call| call.kind == ResultKind::Ok);
        if let Some(reason) = nothing_to_learn(judgement, teacher_answer.as_deref(), has_worked) {
            self.complete_turn(teacher_answer, stop_reason, out);
            return save_failed(reason.to_owned(), out);
        }
        self.attempt_mut(Actor::Teacher).has_succeeded = true;
        self.complete_turn(teacher_answer, stop_reason, out);
        self.learn(out)
    }

    /// Returns the teacher's last words. What a follow-up builds on is the answer that the person
    /// saw last, so the student's history gets them.
    pub(super) fn keep_teachers_answer(&mut self, out: &mut Out) -> Option<String> {
        let content = self.attempt_mut(Actor::Teacher).final_answer()?;
        let note = Message::User {
            content: "[teacher-takeover] A teacher went on with the request; its answer follows."
                .to_owned(),
            origin: Origin::TeacherNote,
        };
        let answer =
            Message::Assistant { content: content.clone(), thinking: None, tool_calls: Vec::new() };
        self.push(Actor::Student, vec![note, answer], out);
        Some(content)
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
        self.is_done = stop_reason == Ending::Answer.name();
        out.emit(Event::TurnComplete {
            history_size: self.student.messages.len(),
            final_response,
            stop_reason: stop_reason.to_owned(),
        });
        self.state = State::Resting;
        Step::Rest
    }
}

/// Returns why an attempt that did not fail teaches nothing either.
fn nothing_to_learn(
    judgement: &Judgement,
    answer: Option<&str>,
    has_worked: bool,
) -> Option<&'static str> {
    let is_open = |kind| judgement.signals.iter().any(|it| it.kind == kind && !it.recovered);
    let asks = is_open(SignalKind::AsksBack) || answer.is_some_and(|it| only_asks(it, has_worked));
    asks.then_some("the teacher asks something back, and the request is not done before it knows")
}

/// Returns what the teacher is told beside the student's history: its instructions and the note.
fn own(messages: &[Message]) -> Vec<Message> {
    messages.iter().take(1).chain(messages.last()).cloned().collect()
}
