//! What work may cost, and what it did cost: pure arithmetic.
//!
//! Four scopes lie in each other: a call, the takeover that it belongs to, the run, the day. The
//! worst case of a call is reserved before it is made, and settled with what it did use. The day
//! has the runs of all processes of a person in it, so its sum is kept outside; [`Ledger`] keeps
//! the takeover's and the run's.

mod money;
mod price;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use crate::ledger::{
    money::Money,
    price::{Price, Rate, UnknownPrice, broken_call_usage, reply_usage, worst_case},
};

/// What spending is counted in, the narrowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// One call.
    Call,
    /// All that the teacher does about one failed attempt.
    Takeover,
    /// One run.
    Run,
    /// All runs of a day, UTC.
    Day,
}

impl Scope {
    fn of_which(self) -> &'static str {
        match self {
            Self::Call => "one call",
            Self::Takeover => "one takeover",
            Self::Run => "one run",
            Self::Day => "one day",
        }
    }

    /// The setting that raises the cap, and when a raised one counts.
    fn way_out(self) -> &'static str {
        match self {
            Self::Call | Self::Run => {
                "Ask for the rest in a new run, or raise `budget.run_usd`; runs that begin after \
                 that have more"
            }
            Self::Takeover => {
                "Raise `teacher.max_cost_usd`; takeovers of runs that begin after that have more"
            }
            Self::Day => {
                "Wait for the next day (UTC), or raise `budget.day_usd`; runs that begin after \
                 that have more"
            }
        }
    }
}

/// The most that may be spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caps {
    /// In one takeover.
    pub takeover: Money,
    /// In one run.
    pub run: Money,
}

/// The books of one scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Balance {
    /// Which scope.
    pub scope: Scope,
    /// What is gone, in US dollars.
    pub spent_usd: Money,
    /// What calls under way may cost at most, in US dollars.
    pub reserved_usd: Money,
    /// What may be spent, in US dollars.
    pub cap_usd: Money,
}

impl Balance {
    /// Returns what is left for calls to come.
    pub fn left(&self) -> Money {
        self.cap_usd - self.spent_usd - self.reserved_usd
    }

    /// Checks that the worst case of a call fits in.
    ///
    /// # Errors
    /// [`OverCap`] if it does not.
    pub fn check(&self, worst_case: Money) -> Result<(), OverCap> {
        if worst_case <= self.left() { Ok(()) } else { Err(OverCap { balance: *self, worst_case }) }
    }
}

/// A call that might cost more than is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "The next call may cost up to {worst_case}, and of the {} that {} may cost {} is left. {}.",
    balance.cap_usd,
    balance.scope.of_which(),
    balance.left(),
    balance.scope.way_out()
)]
pub struct OverCap {
    /// The books that it does not fit in.
    pub balance: Balance,
    /// What it may cost.
    pub worst_case: Money,
}

/// The books of a run and of its takeover.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    spent_in_run: Money,
    spent_in_takeover: Money,
    /// What calls under way may cost, by the name that they were reserved under.
    reserved: BTreeMap<String, Entry>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    worst_case: Money,
    in_takeover: bool,
}

impl Ledger {
    /// Notes that a takeover begins: it has its whole cap.
    pub fn begin_takeover(&mut self) {
        self.spent_in_takeover = Money::default();
    }

    /// Returns the books of the takeover.
    pub fn takeover(&self, caps: Caps) -> Balance {
        let reserved = self.reserved.values().filter(|entry| entry.in_takeover);
        Balance {
            scope: Scope::Takeover,
            spent_usd: self.spent_in_takeover,
            reserved_usd: reserved.map(|entry| entry.worst_case).sum(),
            cap_usd: caps.takeover,
        }
    }

    /// Returns the books of the run.
    pub fn run(&self, caps: Caps) -> Balance {
        Balance {
            scope: Scope::Run,
            spent_usd: self.spent_in_run,
            reserved_usd: self.reserved.values().map(|entry| entry.worst_case).sum(),
            cap_usd: caps.run,
        }
    }

    /// Returns the books that a call is held against, the narrowest first.
    pub fn balances(&self, in_takeover: bool, caps: Caps) -> Vec<Balance> {
        let takeover = in_takeover.then(|| self.takeover(caps));
        takeover.into_iter().chain([self.run(caps)]).collect()
    }

    /// Reserves the worst case of a call under a name of its own. Returns the books of the call:
    /// its cap is what the scopes around it had left.
    ///
    /// # Errors
    /// [`OverCap`] of the narrowest scope that it does not fit in; nothing is reserved then.
    pub fn reserve(
        &mut self,
        name: &str,
        worst_case: Money,
        in_takeover: bool,
        caps: Caps,
    ) -> Result<Balance, OverCap> {
        let balances = self.balances(in_takeover, caps);
        for balance in &balances {
            balance.check(worst_case)?;
        }
        self.reserved.insert(name.to_owned(), Entry { worst_case, in_takeover });
        Ok(Balance {
            scope: Scope::Call,
            spent_usd: Money::default(),
            reserved_usd: worst_case,
            cap_usd: balances.iter().map(Balance::left).min().unwrap_or_default(),
        })
    }

    /// Books what a call did cost, and what was reserved for it is free again. A call that was
    /// never made costs nothing.
    pub fn settle(&mut self, name: &str, cost: Money, in_takeover: bool) {
        self.reserved.remove(name);
        self.spent_in_run = self.spent_in_run + cost;
        if in_takeover {
            self.spent_in_takeover = self.spent_in_takeover + cost;
        }
    }

    /// Takes over what the journal of a run says about the run's spending. What was reserved when
    /// its process ended counts as spent: nobody knows better.
    pub fn restore(&mut self, spent_in_run: Money) {
        self.reserved.clear();
        self.spent_in_run = spent_in_run;
    }
}

#[cfg(test)]
mod tests;
