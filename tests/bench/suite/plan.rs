//! How much is measured.

use std::time::Duration;

use crate::suite::arguments::Arguments;

/// Sizes, numbers of samples and limits of one run of the bench.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Bytes of an ordinary document.
    pub(crate) small: usize,
    /// Bytes of a document that is far too long.
    pub(crate) large: usize,
    /// Pieces of the streamed reply.
    pub(crate) chunks: usize,
    /// Skills in the folder that is checked.
    pub(crate) skills: usize,
    /// Time between two keystrokes of one document.
    pub(crate) pace: Duration,
    /// Longest time for one answer.
    pub(crate) bound: Duration,
    /// Whether each server answers once before it counts.
    pub(crate) warms_up: bool,
    rounds: Option<usize>,
}

impl Plan {
    pub(crate) fn new(arguments: &Arguments) -> Self {
        let full = Self {
            small: 10 * 1024,
            large: 1024 * 1024,
            chunks: 10_000,
            skills: 200,
            pace: Duration::from_millis(200),
            bound: arguments.bound,
            warms_up: true,
            rounds: arguments.rounds,
        };
        if !arguments.smoke {
            return full;
        }
        Self {
            small: 2 * 1024,
            large: 64 * 1024,
            chunks: 200,
            skills: 5,
            pace: Duration::ZERO,
            warms_up: false,
            rounds: Some(1),
            ..full
        }
    }

    /// Returns how many samples are taken where `usual` would do.
    pub(crate) fn rounds(&self, usual: usize) -> usize {
        self.rounds.unwrap_or(usual)
    }
}

/// Returns a size as people say it.
pub(crate) fn size(n_bytes: usize) -> String {
    if n_bytes >= 1024 * 1024 {
        format!("{} MB", n_bytes / (1024 * 1024))
    } else {
        format!("{} KB", n_bytes / 1024)
    }
}
