//! The report for people.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use lint::{Finding, Fix, Safety, Severity};
use skill::{LineIndex, PositionEncoding, Span};

use crate::check::{Checked, Options, Outcome, summary::summary};

/// Returns every finding with its line and a caret, and a summary line.
pub(super) fn report(outcome: &Outcome, options: &Options) -> String {
    let renderer = if options.color { Renderer::styled() } else { Renderer::plain() };
    let mut out = String::new();
    for checked in &outcome.checked {
        for finding in &checked.findings {
            out.push_str(&render(&renderer, checked, finding));
            out.push_str("\n\n");
        }
    }
    out.push_str(&summary(outcome));
    out.push('\n');
    out
}

fn render(renderer: &Renderer, checked: &Checked, finding: &Finding) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
        Severity::Hint => Level::HELP.with_name("hint"),
    };
    // Only its own lines are handed over, so that both reports agree on what a line is.
    let lines = Lines::of(checked, finding.span);
    let start = finding.span.start.saturating_sub(lines.span.start);
    let end = finding.span.end.saturating_sub(lines.span.start);
    let snippet = Snippet::source(lines.span.of(&checked.text))
        .path(&checked.place.shown)
        .line_start(lines.first + 1)
        .annotation(AnnotationKind::Primary.span(start..end));
    let mut group = level.primary_title(&finding.message).id(finding.rule.code).element(snippet);
    if let Some(places) = related_places(checked, finding) {
        group = group.element(Level::NOTE.message(places));
    }
    // The one that the command line applies comes first; an editor offers the others too.
    let applied = finding.safe_fix().or(finding.fixes.first());
    if let Some(fix) = applied {
        group = group.element(Level::HELP.with_name("fix").message(fix_hint(fix)));
    }
    for fix in &finding.fixes {
        if Some(fix) != applied {
            let title = format!("{} (in an editor)", fix.title);
            group = group.element(Level::HELP.with_name("or").message(title));
        }
    }
    renderer.render(&[group])
}

fn fix_hint(fix: &Fix) -> String {
    let flag = match fix.safety {
        Safety::Safe => "--fix",
        Safety::Unsafe => "--fix-unsafe, after a look",
    };
    format!("{} ({flag})", fix.title)
}

/// Returns where else the same is, in few words: a finding can have dozens of places.
fn related_places(checked: &Checked, finding: &Finding) -> Option<String> {
    let mut lines: Vec<usize> = finding
        .related
        .iter()
        .map(|(span, _)| line(&checked.line_index, &checked.text, span.start) + 1)
        .collect();
    lines.dedup();
    let plural = if lines.len() == 1 { "" } else { "s" };
    let lines: Vec<_> = lines.iter().map(ToString::to_string).collect();
    (!lines.is_empty()).then(|| format!("also in line{plural} {}", lines.join(", ")))
}

/// The lines that a finding is on.
struct Lines {
    first: usize,
    span: Span,
}

impl Lines {
    fn of(checked: &Checked, span: Span) -> Self {
        let Checked { text, line_index, .. } = checked;
        let first = line(line_index, text, span.start);
        let last = line(line_index, text, span.end);
        // A byte order mark takes no column.
        let start = line_index.line_start(first).max(span.start.min(bom_length(text)));
        let end = line_index.line_start(last) + line_index.line(text, last).len();
        Self { first, span: Span::new(start, end) }
    }
}

fn bom_length(text: &str) -> usize {
    if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 }
}

fn line(line_index: &LineIndex, text: &str, offset: usize) -> usize {
    line_index.position(text, offset, PositionEncoding::Utf8).line
}
