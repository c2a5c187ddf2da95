//! Time comes in through here, so that tests can hold it still.

use jiff::Timestamp;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Returns the time of day, UTC.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// Formats a time to the second: `2026-11-21T09:30:12Z`.
pub fn to_second(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Formats a time to the millisecond: `2026-11-21T09:30:12.345Z`.
pub fn to_millisecond(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// Formats a time for the name of a folder: `2026-11-21-093012`.
pub fn to_folder_name(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d-%H%M%S").to_string()
}
