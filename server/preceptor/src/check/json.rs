//! The report for programs.

use anyhow::Context;
use lint::Finding;
use serde::Serialize;
use skill::PositionEncoding;

use crate::check::{Checked, Outcome};

/// The whole report. Field names are part of the interface.
#[derive(Serialize)]
struct Report<'a> {
    files: usize,
    diagnostics: Vec<Diagnostic<'a>>,
}

/// One finding: lines and columns count from 1, columns in Unicode scalar values; the end is
/// exclusive.
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
        .flat_map(|checked| checked.findings.iter().map(|finding| diagnostic(checked, finding)))
        .collect();
    let report = Report { files: outcome.checked.len(), diagnostics };
    let mut out = serde_json::to_string_pretty(&report).context("writing the report as JSON")?;
    out.push('\n');
    Ok(out)
}

fn diagnostic<'a>(checked: &'a Checked, finding: &'a Finding) -> Diagnostic<'a> {
    let position = |offset| {
        let position = checked.line_index.position(&checked.text, offset, PositionEncoding::Utf32);
        (position.line + 1, position.character + 1)
    };
    let (line, column) = position(finding.span.start);
    let (end_line, end_column) = position(finding.span.end);
    Diagnostic {
        path: &checked.place.shown,
        line,
        column,
        end_line,
        end_column,
        severity: finding.severity.as_str(),
        code: finding.rule.code,
        message: &finding.message,
        fixable: !finding.fixes.is_empty(),
    }
}
