//! The last line of a report for people.

use lint::Severity;

use crate::check::Outcome;

/// Returns what was checked and found in one line, without a line end.
pub(super) fn summary(outcome: &Outcome) -> String {
    let mut counts = Vec::new();
    for severity in [Severity::Error, Severity::Warning, Severity::Info, Severity::Hint] {
        let n_findings = outcome.findings().filter(|it| it.severity == severity).count();
        if n_findings > 0 {
            counts.push(counted(n_findings, severity.as_str()));
        }
    }
    let n_fixable = outcome.findings().filter(|it| it.safe_fix().is_some()).count();
    let found = if counts.is_empty() { "no findings".to_owned() } else { counts.join(", ") };
    let mut parts = vec![format!("checked {}: {found}", counted(outcome.checked.len(), "skill"))];
    if outcome.n_known > 0 {
        parts.push(format!("{} in the baseline", outcome.n_known));
    }
    if outcome.n_fixed > 0 {
        parts.push(format!("fixed {}", outcome.n_fixed));
    }
    if n_fixable > 0 {
        parts.push(format!("--fix can fix {n_fixable}"));
    }
    if !outcome.failures.is_empty() {
        parts.push(format!("{} could not be checked", counted(outcome.failures.len(), "path")));
    }
    parts.join("; ")
}

fn counted(n: usize, what: &str) -> String {
    let plural = if n == 1 || what == "info" { "" } else { "s" };
    format!("{n} {what}{plural}")
}
