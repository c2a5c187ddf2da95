//! What was measured: samples, and what follows from them.

use serde::Serialize;

/// Everything that one run of the bench measured.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// The machine, in words.
    pub(crate) machine: String,
    /// In the order in which they were made.
    pub(crate) measurements: Vec<Measurement>,
}

/// One question, answered by several servers.
#[derive(Debug, Serialize)]
pub(crate) struct Measurement {
    /// What was measured, in words.
    pub(crate) title: String,
    /// What the samples count.
    pub(crate) unit: Unit,
    /// One for each server, in the order of the command line.
    pub(crate) series: Vec<Series>,
}

/// What a sample counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Unit {
    Milliseconds,
    Mebibytes,
    Events,
}

/// What one server answered.
#[derive(Debug, Serialize)]
pub(crate) struct Series {
    /// The server's name.
    pub(crate) server: String,
    /// In order of time.
    pub(crate) samples: Vec<f64>,
    /// The middle one, or the mean of the middle two.
    pub(crate) median: Option<f64>,
    /// The smallest sample that 99 of 100 do not exceed: with fewer than 100, the largest.
    pub(crate) p99: Option<f64>,
    /// The median by the first server's.
    pub(crate) ratio: Option<f64>,
    /// What else is worth knowing, such as the number of findings.
    pub(crate) note: String,
    /// Why there are no more samples.
    pub(crate) failure: Option<String>,
}

impl Report {
    pub(crate) fn new(machine: String) -> Self {
        Self { machine, measurements: Vec::new() }
    }
}

impl Measurement {
    /// Returns a measurement without servers.
    pub(crate) fn new(title: impl Into<String>, unit: Unit) -> Self {
        Self { title: title.into(), unit, series: Vec::new() }
    }

    /// Works out what follows from the samples.
    pub(crate) fn conclude(&mut self) {
        for series in &mut self.series {
            let mut sorted = series.samples.clone();
            sorted.sort_by(f64::total_cmp);
            series.median = median(&sorted);
            series.p99 = nearest_rank(&sorted, 99);
        }
        let base = self.series.first().and_then(|it| it.median).filter(|it| *it > 0.0);
        for series in &mut self.series {
            series.ratio = base.zip(series.median).map(|(base, median)| median / base);
        }
    }
}

impl Series {
    /// Returns a server's series without samples.
    pub(crate) fn new(server: &str) -> Self {
        Self {
            server: server.to_owned(),
            samples: Vec::new(),
            median: None,
            p99: None,
            ratio: None,
            note: String::new(),
            failure: None,
        }
    }
}

fn median(sorted: &[f64]) -> Option<f64> {
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    Some(f64::midpoint(*sorted.get(sorted.len() / 2 - 1)?, upper))
}

fn nearest_rank(sorted: &[f64], percent: usize) -> Option<f64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}
