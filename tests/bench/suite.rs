//! The bench: what is asked for, who is measured, what comes out.
//!
//! Knows servers only as programs that speak LSP; nothing here calls into Preceptor.

mod arguments;
mod connection;
pub(crate) mod documents;
mod editor;
mod interleave;
mod machine;
mod measurements;
mod memory;
mod model;
mod plan;
pub(crate) mod report;
mod server;
pub(crate) mod table;
pub(crate) mod typing_place;

use std::{ffi::OsString, fs, io::Write};

use anyhow::Context;
use clap::Parser;
use tempfile::TempDir;

use self::{
    arguments::Arguments,
    machine::{load, machine},
    measurements::Bench,
    plan::Plan,
    report::Report,
    server::Programs,
};

/// Measures what the command line asks for, prints a table as soon as it is known, and returns
/// everything.
pub(crate) fn run(
    arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    out: &mut impl Write,
) -> anyhow::Result<Report> {
    let arguments = Arguments::try_parse_from(arguments).unwrap_or_else(|error| error.exit());
    let programs = Programs::chosen(&arguments)?;
    let plan = Plan::new(&arguments);
    let dir = TempDir::with_prefix("bench-").context("making a folder for the run")?;
    let machine = machine();
    writeln!(out, "{machine}; load before: {}", load())?;
    for missing in &programs.missing {
        writeln!(out, "{missing} is not installed, see tests/bench/install.sh: measured without")?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("starting the asynchronous runtime")?;
    let mut bench = Bench {
        dir: dir.path().canonicalize().context("finding the run's folder")?,
        programs,
        plan,
        chosen: arguments.filter,
        report: Report::new(machine),
    };
    runtime.block_on(measurements::all(&mut bench, out))?;
    writeln!(out, "\nload after: {}", load())?;
    if let Some(path) = arguments.json {
        let json = serde_json::to_vec_pretty(&bench.report).context("writing the report")?;
        fs::write(&path, json).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(bench.report)
}
