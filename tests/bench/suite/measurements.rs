//! What is measured, group by group.

mod busy;
mod check;
mod edit;
mod memory;
mod open;
mod request;
mod start;
mod stream;

use std::{io::Write, path::PathBuf, time::Duration};

use serde_json::Value;

use crate::suite::{
    arguments::NamedCommand,
    editor::Editor,
    interleave::Turns,
    plan::Plan,
    report::{Measurement, Report},
    server::Programs,
    table,
};

/// One run of the bench.
#[derive(Debug)]
pub(crate) struct Bench {
    /// The workspace of all servers; its documents are never saved.
    pub(crate) dir: PathBuf,
    pub(crate) programs: Programs,
    pub(crate) plan: Plan,
    /// Parts of the names of the groups that are wanted; none: all are.
    pub(crate) chosen: Vec<String>,
    pub(crate) report: Report,
}

impl Bench {
    async fn start(&self, server: &NamedCommand) -> anyhow::Result<Editor> {
        Editor::start(server, &self.dir, self.plan.bound, Value::Null).await
    }

    /// Turns without a pause.
    fn turns(&self, usual_rounds: usize) -> Turns {
        Turns {
            rounds: self.plan.rounds(usual_rounds),
            warms_up: self.plan.warms_up,
            pause: Duration::ZERO,
        }
    }

    fn wants(&self, group: &str) -> bool {
        self.chosen.is_empty() || self.chosen.iter().any(|it| group.contains(it.as_str()))
    }

    fn publish(
        &mut self,
        measurements: impl IntoIterator<Item = Measurement>,
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        for measurement in measurements {
            table::print(out, &measurement)?;
            self.report.measurements.push(measurement);
        }
        Ok(())
    }
}

/// Makes all measurements that are wanted and prints each when it is made.
pub(crate) async fn all(bench: &mut Bench, out: &mut impl Write) -> anyhow::Result<()> {
    let sizes = [bench.plan.small, bench.plan.large];
    if bench.wants("start") {
        bench.publish(start::measure_start(bench).await, out)?;
    }
    if bench.wants("stop") {
        bench.publish(start::measure_stop(bench).await, out)?;
    }
    for n_bytes in sizes {
        if bench.wants("open") {
            bench.publish(open::measure(bench, n_bytes).await, out)?;
        }
        if bench.wants("edit") {
            bench.publish(edit::measure(bench, n_bytes).await, out)?;
        }
        if bench.wants("request") {
            bench.publish(request::measure_hover(bench, n_bytes).await, out)?;
            bench.publish(request::measure_code_action(bench, n_bytes).await, out)?;
        }
    }
    if bench.wants("memory") {
        bench.publish(memory::measure(bench).await, out)?;
    }
    if bench.wants("stream") {
        bench.publish(stream::measure(bench).await?, out)?;
    }
    if bench.wants("busy") {
        bench.publish(busy::measure(bench).await?, out)?;
    }
    if bench.wants("check") {
        bench.publish(check::measure(bench).await?, out)?;
    }
    Ok(())
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
