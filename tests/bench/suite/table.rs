//! Measurements as tables for people.

use std::io::{self, Write};

use crate::suite::report::{Measurement, Series, Unit};

/// Prints one table, with a blank line before it.
pub(crate) fn print(out: &mut impl Write, measurement: &Measurement) -> io::Result<()> {
    let width = measurement.series.iter().map(|it| it.server.chars().count()).max();
    let width = width.unwrap_or_default().max("server".len());
    writeln!(out, "\n{}", measurement.title)?;
    writeln!(
        out,
        "  {:width$}  {:>9}  {:>9}  {:>6}  {:>4}",
        "server", "median", "p99", "ratio", "n"
    )?;
    for series in &measurement.series {
        let amount = |value: Option<f64>| {
            value.map_or_else(|| "–".to_owned(), |it| amount(it, measurement.unit))
        };
        let row = format!(
            "  {:width$}  {:>9}  {:>9}  {:>6}  {:>4}  {}",
            series.server,
            amount(series.median),
            amount(series.p99),
            series.ratio.map_or_else(|| "–".to_owned(), ratio),
            series.samples.len(),
            remark(series),
        );
        writeln!(out, "{}", row.trim_end())?;
    }
    out.flush()
}

fn remark(series: &Series) -> &str {
    series.failure.as_deref().unwrap_or(&series.note)
}

fn ratio(ratio: f64) -> String {
    if ratio < 0.1 { format!("{ratio:.3}") } else { format!("{ratio:.2}") }
}

fn amount(value: f64, unit: Unit) -> String {
    let decimals = match value {
        _ if unit == Unit::Events => 0,
        it if it < 10.0 => 2,
        it if it < 100.0 => 1,
        _ => 0,
    };
    let suffix = match unit {
        Unit::Milliseconds => " ms",
        Unit::Mebibytes => " MiB",
        Unit::Events => "",
    };
    format!("{value:.decimals$}{suffix}")
}
