//! Taking the last request back: its messages here, its files by the driver.

use super::{Machine, Out, State, Step};
use crate::{
    event::{Event, StateRecord},
    message::{Message, Origin},
};

impl Machine {
    /// Takes out the last message that a person wrote and all that followed from it: notes of
    /// guards, summaries and the teacher's answer among them.
    pub(super) fn undo(&mut self, out: &mut Out) -> Step {
        let messages = &mut self.student.messages;
        let request = messages
            .iter()
            .rposition(|message| matches!(message, Message::User { origin: Origin::User, .. }));
        let Some(request) = request else {
            out.emit(Event::UndoComplete { removed: 0 });
            return Step::Rest;
        };
        let removed = messages.len() - request;
        messages.truncate(request);
        self.is_done = true;
        self.student.fill.forget();
        self.student.calls.clear();
        self.student.answer.clear();
        self.teacher = None;
        self.failed = None;
        let turns = self.requests.pop().unwrap_or_default();
        out.emit(Event::State(StateRecord::Undone { turns: turns.clone(), n_messages: request }));
        self.state = State::Undoing { removed };
        Step::RestoreFiles { turns }
    }

    pub(super) fn undone(removed: usize, notes: Vec<String>, out: &mut Out) -> Step {
        for log in notes {
            out.emit(Event::ToolLog { tool: "system".to_owned(), log });
        }
        out.emit(Event::UndoComplete { removed });
        Step::Rest
    }
}
