//! When a failed attempt is worth another one, and after what wait.

use std::time::Duration;

use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};

/// The waits between the attempts of one call. A list with two waits allows three attempts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Waits after a server's failure or a broken connection.
    pub transient: Vec<Duration>,
    /// Waits after "too many requests", unless the server names its own.
    pub rate_limit: Vec<Duration>,
    /// Waits where no server could be reached. A person waits in front of this one.
    pub unreachable: Vec<Duration>,
    /// Upper bound for a wait that a server asks for.
    pub longest: Duration,
}

impl Default for RetryPolicy {
    fn default() -> RetryPolicy {
        RetryPolicy {
            transient: vec![Duration::from_secs(5), Duration::from_secs(15)],
            rate_limit: vec![Duration::from_secs(30), Duration::from_secs(60)],
            unreachable: vec![Duration::from_secs(1)],
            longest: Duration::from_secs(120),
        }
    }
}

impl RetryPolicy {
    /// Returns the wait before the attempt that would follow `attempt` (counted from 1); `None`
    /// where there is none.
    pub(crate) fn delay_after(&self, attempt: u32, hope: Hope) -> Option<Duration> {
        let (waits, asked) = match hope {
            Hope::None => return None,
            Hope::Unreachable => (&self.unreachable, None),
            Hope::Transient(asked) => (&self.transient, asked),
            Hope::RateLimit(asked) => (&self.rate_limit, asked),
        };
        let position = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
        let wait = waits.get(position).copied()?;
        Some(asked.map_or(wait, |it| it.min(self.longest)))
    }
}

/// What a failed attempt promises for the next one; with the wait that the server asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hope {
    /// The same request would fail again, or part of the reply has been shown already.
    None,
    /// Nobody answered.
    Unreachable,
    /// The server or the connection failed.
    Transient(Option<Duration>),
    /// The server has too much to do.
    RateLimit(Option<Duration>),
}

/// Reads the wait that a server asks for: seconds, or a date (RFC 9110, section 10.2.3). A date is
/// counted from the reply's own `Date`, so that the two machines' clocks need not agree.
pub(crate) fn asked_wait(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: HeaderName| headers.get(name)?.to_str().ok().map(str::trim);
    let asked = text(RETRY_AFTER)?;
    if let Ok(seconds) = asked.parse() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let until = httpdate::parse_http_date(asked).ok()?;
    let sent = httpdate::parse_http_date(text(DATE)?).ok()?;
    Some(until.duration_since(sent).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use reqwest::header::{DATE, HeaderMap, HeaderValue, RETRY_AFTER};

    use super::{Hope, RetryPolicy, asked_wait};

    fn waits(hope: Hope) -> Vec<u64> {
        let policy = RetryPolicy::default();
        (1..)
            .map_while(|attempt| policy.delay_after(attempt, hope))
            .map(|it| it.as_secs())
            .collect()
    }

    #[test]
    fn the_kind_of_failure_decides_how_often_and_how_long() {
        assert_eq!(waits(Hope::None), [0; 0]);
        assert_eq!(waits(Hope::Unreachable), [1]);
        assert_eq!(waits(Hope::Transient(None)), [5, 15]);
        assert_eq!(waits(Hope::RateLimit(None)), [30, 60]);
    }

    #[test]
    fn the_wait_that_a_server_asks_for_wins_up_to_a_limit() {
        assert_eq!(waits(Hope::RateLimit(Some(Duration::from_secs(7)))), [7, 7]);
        assert_eq!(waits(Hope::Transient(Some(Duration::from_secs(4000)))), [120, 120]);
    }

    #[test]
    fn a_wait_is_read_from_seconds_or_from_a_date() {
        let asked = |text| {
            asked_wait(&HeaderMap::from_iter([
                (RETRY_AFTER, HeaderValue::from_static(text)),
                (DATE, HeaderValue::from_static("Sat, 21 Nov 2026 03:11:08 GMT")),
            ]))
        };
        assert_eq!(asked("2"), Some(Duration::from_secs(2)));
        assert_eq!(asked("0.5"), Some(Duration::from_millis(500)));
        assert_eq!(asked("-1"), None);
        assert_eq!(asked("soon"), None);
        assert_eq!(asked("Sat, 21 Nov 2026 03:11:38 GMT"), Some(Duration::from_secs(30)));
        let past = asked("Sat, 21 Nov 2026 03:11:00 GMT");
        assert_eq!(past, Some(Duration::ZERO), "a moment that is over already");
    }

    #[test]
    fn a_date_without_the_servers_own_clock_says_nothing() {
        let date = HeaderValue::from_static("Sat, 21 Nov 2026 03:11:38 GMT");
        assert_eq!(asked_wait(&HeaderMap::from_iter([(RETRY_AFTER, date)])), None);
    }
}
