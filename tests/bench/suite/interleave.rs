//! Servers take turns, so that what disturbs the machine disturbs all of them.

use std::time::Duration;

use crate::suite::{
    arguments::NamedCommand,
    report::{Measurement, Series},
};

/// One sample of each of `N` measurements, in their units.
#[derive(Debug)]
pub(crate) struct Sampled<const N: usize> {
    pub(crate) values: [f64; N],
    /// What else is worth knowing.
    pub(crate) note: String,
}

/// How often everybody is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turns {
    /// Samples of each server.
    pub(crate) rounds: usize,
    /// Whether there is a round before that does not count.
    pub(crate) warms_up: bool,
    /// Time after each round.
    pub(crate) pause: Duration,
}

/// Prepares each server and takes samples in turn: A B A B. Who fails is asked no more.
pub(crate) async fn interleave<S, const N: usize>(
    mut measurements: [Measurement; N],
    servers: &[NamedCommand],
    turns: Turns,
    mut prepare: impl AsyncFnMut(&NamedCommand) -> anyhow::Result<S>,
    mut sample: impl AsyncFnMut(&mut S, usize) -> anyhow::Result<Sampled<N>>,
) -> [Measurement; N] {
    for measurement in &mut measurements {
        measurement.series = servers.iter().map(|it| Series::new(&it.name)).collect();
    }
    let mut subjects = Vec::new();
    for (place, server) in servers.iter().enumerate() {
        match prepare(server).await {
            Ok(subject) => subjects.push((place, subject)),
            Err(error) => fail(&mut measurements, place, &error),
        }
    }
    let n_warm_up = usize::from(turns.warms_up);
    for round in 0..n_warm_up + turns.rounds {
        let mut failed = Vec::new();
        for (place, subject) in &mut subjects {
            match sample(subject, round).await {
                Ok(sampled) if round >= n_warm_up => keep(&mut measurements, *place, &sampled),
                Ok(_) => {}
                Err(error) => {
                    fail(&mut measurements, *place, &error);
                    failed.push(*place);
                }
            }
        }
        subjects.retain(|(place, _)| !failed.contains(place));
        tokio::time::sleep(turns.pause).await;
    }
    for measurement in &mut measurements {
        measurement.conclude();
    }
    measurements
}

fn keep<const N: usize>(measurements: &mut [Measurement; N], place: usize, sampled: &Sampled<N>) {
    for (measurement, value) in measurements.iter_mut().zip(sampled.values) {
        if let Some(series) = measurement.series.get_mut(place) {
            series.samples.push(value);
            series.note.clone_from(&sampled.note);
        }
    }
}

fn fail(measurements: &mut [Measurement], place: usize, error: &anyhow::Error) {
    for measurement in measurements {
        if let Some(series) = measurement.series.get_mut(place) {
            series.failure = Some(format!("{error:#}"));
        }
    }
}
