//! What a server turned out not to understand, remembered for the calls that follow.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::failure::ServerReport;

/// The parts of a request in which servers differ. Starts with what most of them understand.
#[derive(Debug, Default)]
pub(crate) struct Dialect {
    refuses_stream_options: AtomicBool,
    refuses_max_tokens: AtomicBool,
}

impl Dialect {
    /// Returns whether usage may be asked for.
    pub(crate) fn has_stream_options(&self) -> bool {
        !self.refuses_stream_options.load(Ordering::Relaxed)
    }

    /// Returns the name of the parameter that limits a reply.
    pub(crate) fn max_tokens_key(&self) -> &'static str {
        if self.refuses_max_tokens.load(Ordering::Relaxed) {
            "max_completion_tokens"
        } else {
            "max_tokens"
        }
    }

    /// Learns from a refusal. Returns what is done differently from now on, where the same request
    /// is worth sending in the new dialect; every lesson is learned once.
    pub(crate) fn learn(&self, report: &ServerReport) -> Option<&'static str> {
        if !matches!(report.status, Some(400 | 422)) {
            return None;
        }
        let (lesson, change) = if report.mentions("max_completion_tokens") {
            (&self.refuses_max_tokens, "with `max_completion_tokens` in place of `max_tokens`")
        } else if report.mentions("stream_options") {
            (&self.refuses_stream_options, "without `stream_options`")
        } else {
            return None;
        };
        (!lesson.swap(true, Ordering::Relaxed)).then_some(change)
    }
}
