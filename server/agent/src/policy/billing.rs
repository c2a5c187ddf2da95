//! What calls of billable tools cost, before they run.
//!
//! The worst case is reserved: of work by the hour, the time that it is allowed to take. What is
//! not known is never taken for nothing.

use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Policy, known_tools, pattern::glob_matches};
use crate::tool::PreparedCall;

/// Hours that work is reckoned with where the call does not say how long it may take.
const DEFAULT_HOURS: f64 = 0.5;

/// Arguments that say how long work may take; in seconds where they name no unit.
const TIME_ARGUMENTS: [&str; 4] = ["timeout", "timeout_s", "timeout_seconds", "duration"];

/// Hours that a machine is reckoned with that is there until somebody ends it.
const MACHINE_HOURS: f64 = 1.0;

/// A tool that costs money.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Billable {
    /// Glob on the tool's name.
    pub tool: String,
    /// What it costs; `None`: nobody said.
    pub price: Option<Price>,
}

/// What a tool costs, in US dollars.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Price {
    /// For each hour that the work takes.
    PerHour(f64),
    /// For each call.
    PerCall(f64),
}

/// What a call costs at worst.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// US dollars; `None`: not known.
    pub estimated_usd: Option<f64>,
    /// US dollars that may be spent on it.
    pub remaining_usd: f64,
    /// Whether it starts work that nobody watches.
    pub is_scheduled: bool,
}

impl Cost {
    pub(super) fn is_unknown(&self) -> bool {
        self.estimated_usd.is_none() && !self.is_scheduled
    }

    /// Returns whether more would be spent than may be.
    pub fn exceeds_cap(&self) -> bool {
        self.estimated_usd.is_some_and(|cost| cost > self.remaining_usd)
    }

    /// Returns why the call must not run without a person, as a sentence.
    pub(super) fn objection(&self) -> Option<String> {
        if self.is_scheduled {
            return Some("Scheduled jobs always need a person's approval.".to_owned());
        }
        let Some(cost) = self.estimated_usd else {
            return Some(
                "What it costs is not known: `[[billable]]` has no price for this tool, or the \
                 call does not say how long it takes."
                    .to_owned(),
            );
        };
        let left = self.remaining_usd;
        self.exceeds_cap().then(|| {
            format!("Its estimated cost of ${cost:.2} exceeds the ${left:.2} that `budget` leaves.")
        })
    }
}

impl Policy {
    /// Returns what a call costs; `None` if it costs nothing.
    pub(super) fn cost(&self, call: &PreparedCall, remaining_usd: f64) -> Option<Cost> {
        let declared = self.billable.iter().find(|it| {
            glob_matches(&it.tool, &call.tool)
                || glob_matches(&it.tool, known_tools::own_name(&call.tool))
        });
        let operation = known_tools::operation(call);
        let is_known = known_tools::is_billable(call);
        if declared.is_none() && !is_known {
            return None;
        }
        if known_tools::is_free(call) {
            return None;
        }
        let estimated_usd = match declared.and_then(|it| it.price) {
            Some(Price::PerCall(usd)) => Some(rounded(usd)),
            Some(Price::PerHour(usd)) => hours(call).map(|hours| rounded(usd * hours)),
            None => None,
        };
        let estimated_usd = estimated_usd.filter(|usd| usd.is_finite() && *usd >= 0.0);
        let is_scheduled = known_tools::is_scheduled(&operation);
        Some(Cost { estimated_usd, remaining_usd, is_scheduled })
    }
}

/// Returns a sum to a hundredth of a cent.
pub(super) fn rounded(usd: f64) -> f64 {
    (usd * 10_000.0).round() / 10_000.0
}

/// Returns for how many hours a call is reckoned: the longest that it says, itself or in the `args`
/// of its operation. `None` where what it says is no length of time.
fn hours(call: &PreparedCall) -> Option<f64> {
    if known_tools::own_name(&call.tool) == "sandbox_create" {
        return Some(MACHINE_HOURS);
    }
    let nested = call.arguments.get("args").and_then(Value::as_object);
    let mut longest = None;
    for arguments in [Some(&call.arguments), nested].into_iter().flatten() {
        for length in TIME_ARGUMENTS.iter().filter_map(|name| arguments.get(*name)) {
            let hours = match length {
                Value::Null => continue,
                Value::Number(seconds) => positive(seconds.as_f64()? / 3_600.0)?,
                Value::String(text) => parse_hours(text)?,
                _ => return None,
            };
            longest = Some(longest.map_or(hours, |it: f64| it.max(hours)));
        }
    }
    Some(longest.unwrap_or(DEFAULT_HOURS))
}

/// Reads `90`, `90s`, `5m`, `1.5h` or `2d`; seconds where no unit is given.
fn parse_hours(text: &str) -> Option<f64> {
    let pattern = Regex::new(r"\A\s*(\d+(?:\.\d+)?)\s*([smhd]?)\s*\z").ok()?;
    let parts = pattern.captures(text)?;
    let number: f64 = parts.get(1)?.as_str().parse().ok()?;
    let seconds = match parts.get(2)?.as_str() {
        "m" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        _ => 1.0,
    };
    positive(number * seconds / 3_600.0)
}

fn positive(hours: f64) -> Option<f64> {
    (hours.is_finite() && hours > 0.0).then_some(hours)
}
