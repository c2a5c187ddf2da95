//! The report for programs.

use anyhow::Context;
use lint::Finding;
use serde::Serialize;

use crate::check::{Checked, Outcome, position::Positions};

/// The whole report. Field names are part of the interface.
#[derive(Serialize)]
struct Report<'a> {
    files: usize,
    diagnostics: Vec<Diagnostic<'a>>,
}

/// One finding: lines and columns count from 1, columns in Unicode scalar values without a byte
/// order mark; the end is exclusive.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Diagnostic<'a> {
    path: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    severity: &'static str,
    code: &'static str,
    message: &'a str,
    fixable: bool,
}

/// Returns the report with a line end.
pub(super) fn report(outcome: &Outcome) -> anyhow::Result<String> {
    let diagnostics = outcome
        .checked
        .iter()
        .flat_map(|checked| {
            let positions = Positions::new(checked);
            let findings = checked.findings.iter();
            findings.map(move |finding| diagnostic(checked, &positions, finding))
        })
        .collect();
    let report = Report { files: outcome.checked.len(), diagnostics };
    let mut out = serde_json::to_string_pretty(&report).context("writing the report as JSON")?;
    out.push('\n');
    Ok(out)
}

fn diagnostic<'a>(
    checked: &'a Checked,
    positions: &Positions<'_>,
    finding: &'a Finding,
) -> Diagnostic<'a> {
    let (start, end) = positions.of(finding);
    Diagnostic {
        path: &checked.place.shown,
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        severity: finding.severity.as_str(),
        code: finding.rule.code,
        message: &finding.message,
        fixable: !finding.fixes.is_empty(),
    }
}
