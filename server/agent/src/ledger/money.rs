//! US dollars that add up exactly.

use std::{
    fmt,
    iter::Sum,
    ops::{Add, Sub},
};

use serde::{Deserialize, Serialize};

/// Nanodollars in a dollar.
const NANOS: f64 = 1e9;
/// Nanodollars in the smallest amount that is shown, a hundredth of a cent.
const SHOWN: u64 = 100_000;
/// Nanodollars in a cent.
const CENT: u64 = 10_000_000;

/// An amount of US dollars, to the nanodollar: sums of floats would not reach a cap exactly.
///
/// Never negative: what is taken from too little leaves nothing. In JSON it is a number of
/// dollars.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "f64", into = "f64")]
pub struct Money(u64);

impl Money {
    /// Takes an amount from settings or a journal, rounded to the nanodollar; what is negative or
    /// no number at all is nothing.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "such casts end at the type's limits, as meant here"
    )]
    pub fn from_usd(usd: f64) -> Self {
        Self((usd * NANOS).round() as u64)
    }

    /// Returns the amount as protocol and settings have it.
    #[expect(clippy::cast_precision_loss, reason = "exact up to nine million dollars")]
    pub fn usd(self) -> f64 {
        self.0 as f64 / NANOS
    }

    /// Returns whether there is nothing to pay.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl From<f64> for Money {
    fn from(usd: f64) -> Self {
        Self::from_usd(usd)
    }
}

impl From<Money> for f64 {
    fn from(money: Money) -> Self {
        money.usd()
    }
}

impl Add for Money {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Money {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), Add::add)
    }
}

/// Whole cents as such, other amounts to a hundredth of a cent.
impl fmt::Display for Money {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            nanos if nanos % CENT == 0 => write!(formatter, "${:.2}", self.usd()),
            nanos if nanos < SHOWN => write!(formatter, "less than $0.0001"),
            _ => write!(formatter, "${:.4}", self.usd()),
        }
    }
}
