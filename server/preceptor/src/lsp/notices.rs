//! Messages about a run's end, for a person who looks elsewhere by then.
//!
//! That a turn broke off is always said. That it ended is said where neither a progress nor events
//! tell it.

use agent::{
    clip::clip,
    event::{Event, StateRecord},
};
use runtime::{journal::Record, run_store::first_line};
use tower_lsp::lsp_types::MessageType;

use crate::lsp::session::Session;

/// Longest request that a message names, in characters.
const REQUEST_CHARS: usize = 60;

/// What messages about one run need to know of it.
#[derive(Debug, Default)]
pub(crate) struct Notices {
    request: String,
}

impl Notices {
    /// Tells what a record says, if that is for a person who looks elsewhere.
    pub(crate) fn apply(&mut self, session: &Session, record: &Record) {
        if let Event::State(StateRecord::Request { prompt, .. }) = &record.event {
            self.request = clip(first_line(prompt), REQUEST_CHARS);
        }
        let client = session.client();
        let sees_ends = client.shows_progress || client.preceptor.events;
        if let Some((kind, what)) = notice(record, sees_ends) {
            let Self { request } = self;
            session
                .outbox
                .show_message(kind, format!("Preceptor, \u{201c}{request}\u{201d}: {what}"));
        }
    }
}

fn notice(record: &Record, sees_ends: bool) -> Option<(MessageType, &str)> {
    match &record.event {
        Event::Error { error, .. } => Some((MessageType::ERROR, error)),
        Event::SessionTerminated { user_message, .. } => Some((MessageType::ERROR, user_message)),
        Event::TurnComplete { .. } if !sees_ends => Some((MessageType::INFO, "the turn is over.")),
        _ => None,
    }
}
