//! The report for GitHub's log: each line is a command that puts an annotation at a place.

use std::{fmt::Write, path::Path};

use lint::{Finding, Severity};

use crate::check::{Outcome, position::Positions, relative, summary::summary};

/// Returns an annotation for each finding and for what could not be checked, and a summary.
pub(super) fn report(outcome: &Outcome, root: &Path) -> String {
    let mut out = String::new();
    for checked in &outcome.checked {
        let path = relative(root, &checked.place.path);
        let positions = Positions::new(checked);
        for finding in &checked.findings {
            out.push_str(&annotation(&path, &positions, finding));
        }
    }
    for failure in &outcome.failures {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "::error title=preceptor::{}", escaped_message(failure));
    }
    out.push_str(&summary(outcome));
    out.push('\n');
    out
}

fn annotation(path: &str, positions: &Positions<'_>, finding: &Finding) -> String {
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info | Severity::Hint => "notice",
    };
    let (start, end) = positions.of(finding);
    let mut out = format!(
        "::{command} file={},line={},col={},endLine={}",
        escaped_property(path),
        start.line,
        start.column,
        end.line
    );
    // Columns of different lines cannot be shown together.
    if start.line == end.line {
        let _ = write!(out, ",endColumn={}", end.column);
    }
    let title = escaped_property(finding.rule.code);
    let message = escaped_message(&finding.message);

    let _ = writeln!(out, ",title={title}::{message}");
    out
}

fn escaped_message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn escaped_property(text: &str) -> String {
    escaped_message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{escaped_message, escaped_property};

    #[test]
    fn what_would_end_a_command_is_escaped() {
        assert_eq!(escaped_message("100% of\r\na::b, c"), "100%25 of%0D%0Aa::b, c");
        assert_eq!(escaped_property("a,b: 1%\n"), "a%2Cb%3A 1%25%0A");
    }
}
