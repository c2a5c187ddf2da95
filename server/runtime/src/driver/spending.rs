//! Money of a run: prices from the settings, and the books of the day.

use std::sync::Arc;

use agent::{
    ledger::{Balance, Caps, Money, Rate, Scope, UnknownPrice},
    machine::{Budget, Rated, Rates},
    message::{FailureClass, ModelFailure},
};

use super::{Driver, model_name};
use crate::{
    config::{self, Config, Endpoint},
    day_book::{DayBook, DayBookError, DayEntry},
    models,
};

/// Returns the limits of a run's spending.
pub(super) fn budget(config: &Config) -> Budget {
    let caps = Caps {
        takeover: Money::from_usd(config.teacher.max_cost_usd),
        run: Money::from_usd(config.budget.run_usd),
    };
    let unknown_price = match config.budget.unknown_price {
        config::UnknownPrice::Ask => UnknownPrice::Ask,
        config::UnknownPrice::Allow => UnknownPrice::Allow,
        config::UnknownPrice::Deny => UnknownPrice::Deny,
    };
    Budget { caps, unknown_price }
}

impl Driver {
    /// Tells the machine what is known about prices now.
    pub(super) fn tell_rates(&mut self) {
        let config = Arc::clone(&self.parts.config);
        let rated = |model: &Result<_, _>, endpoint: &Endpoint| {
            let name = model_name(model, &endpoint.model);
            // What cannot be called costs nothing: the person is told why, and asked nothing.
            let rate = match model {
                Ok(_) => models::rate(&config, endpoint, &name),
                Err(_) => Rate::Free,
            };
            Rated { rate, model: name }
        };
        let rates = Rates {
            student: rated(&self.parts.models.student, &config.student),
            teacher: rated(&self.parts.models.teacher, &config.teacher.endpoint()),
            evaluator: rated(&self.parts.models.evaluator, &models::evaluator(&config)),
        };
        self.parts.machine.set_rates(rates);
    }

    /// Tells the machine what time it is.
    pub(super) fn tell_time(&mut self) {
        let now_s = self.parts.clock.now().as_second();
        self.parts.machine.set_time(u64::try_from(now_s).unwrap_or_default());
    }

    /// Tells the machine what the day has spent, if there is a teacher who would be paid for.
    pub(super) async fn tell_day(&mut self) {
        if !self.parts.config.teacher.enabled {
            return;
        }
        let (now, cap) = (self.parts.clock.now(), self.day_cap());
        let spent = self
            .in_day_book(move |book| {
                book.spent(now).map_err(|error| DayBookError::Broken(error.to_string()))
            })
            .await;
        match spent {
            Ok(spent_usd) => self.parts.machine.set_day(Balance {
                scope: Scope::Day,
                spent_usd,
                reserved_usd: Money::default(),
                cap_usd: cap,
            }),
            // Nothing is called before the books can be read.
            Err(error) => tracing::warn!(%error, "the books of the day are unreadable"),
        }
    }

    /// Reserves the worst case of the coming call in the books of the day; `None`: it costs
    /// nothing. A refusal comes with the books that it does not fit in.
    pub(super) async fn reserve_with_day(
        &self,
    ) -> Result<Option<DayEntry>, (ModelFailure, Option<Balance>)> {
        let (worst_case, cap) = (self.parts.machine.reserved(), self.day_cap());
        if worst_case.is_zero() {
            return Ok(None);
        }
        let now = self.parts.clock.now();
        let entry = self.in_day_book(move |book| book.reserve(now, worst_case, cap)).await;
        entry.map(Some).map_err(|error| {
            let balance = match &error {
                DayBookError::OverCap(refusal) => Some(refusal.balance),
                DayBookError::File { .. } | DayBookError::Broken(_) => None,
            };
            let (class, message) = (FailureClass::Budget, error.to_string());
            (ModelFailure { class, message }, balance)
        })
    }

    /// Books in the day what a call did cost; returns the books of that day, if it cost anything.
    pub(super) async fn settle_with_day(
        &self,
        reserved: Option<DayEntry>,
        cost: Money,
    ) -> Option<Balance> {
        let (now, cap) = (self.parts.clock.now(), self.day_cap());
        let settled = match reserved {
            Some(entry) => self.in_day_book(move |book| book.settle(now, &entry, cost, cap)).await,
            None if cost.is_zero() => return None,
            None => self.in_day_book(move |book| book.add(now, cost, cap)).await,
        };
        // What was reserved goes on counting: never less than what was spent.
        settled
            .inspect_err(|error| tracing::warn!(%error, "a call is not in the books of the day"))
            .ok()
    }

    fn day_cap(&self) -> Money {
        Money::from_usd(self.parts.config.budget.day_usd)
    }

    async fn in_day_book<T: Send + 'static>(
        &self,
        work: impl FnOnce(&DayBook) -> Result<T, DayBookError> + Send + 'static,
    ) -> Result<T, DayBookError> {
        let book = self.parts.day_book.clone();
        let done = tokio::task::spawn_blocking(move || work(&book)).await;
        done.unwrap_or_else(|error| Err(DayBookError::Broken(error.to_string())))
    }
}
