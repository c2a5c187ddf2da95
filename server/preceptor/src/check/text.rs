//! The report for people.

use annotate_snippets::{Annotation, AnnotationKind, Level, Origin, Renderer, Snippet};
use lint::{Finding, Fix, Safety, Severity};
use skill::Span;

use crate::check::{
    Checked, Options, Outcome,
    position::{Positions, n_bytes_of_mark},
    summary::summary,
};

/// The most bytes of a finding's lines that are worked through to show them.
const MAXIMUM_SHOWN: usize = 4096;

/// How many bytes on each side of a finding are shown of lines longer than that.
const MARGIN: usize = 256;

/// How many groups of other places are shown of a finding.
const MAXIMUM_NOTES: usize = 8;

/// Returns every finding with its line and a caret, and a summary line.
pub(super) fn report(outcome: &Outcome, options: &Options) -> String {
    let renderer = if options.color { Renderer::styled() } else { Renderer::plain() };
    let mut out = String::new();
    for checked in &outcome.checked {
        let positions = Positions::new(checked);
        for finding in &checked.findings {
            out.push_str(&render(&renderer, checked, &positions, finding));
            out.push_str("\n\n");
        }
    }
    out.push_str(&summary(outcome));
    out.push('\n');
    out
}

fn render(
    renderer: &Renderer,
    checked: &Checked,
    positions: &Positions<'_>,
    finding: &Finding,
) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
        Severity::Hint => Level::HELP.with_name("hint"),
    };
    // Only its own lines are handed over, so that both reports agree on what a line is.
    let lines = Lines::of(checked, finding.span);
    let shown = lines.span.of(&checked.text);
    let start = finding.span.start.saturating_sub(lines.span.start);
    let end = finding.span.end.saturating_sub(lines.span.start).min(shown.len());
    let mut snippet = Snippet::source(shown)
        .line_start(lines.first + 1)
        .annotation(AnnotationKind::Primary.span(start..end));
    let mut group = level
        .primary_title(&finding.message)
        .id(finding.rule.code)
        .elements([] as [Snippet<'_, Annotation<'_>>; 0]);
    if lines.is_cut {
        let start = positions.at(finding.span.start);
        let place = Origin::path(&checked.place.shown).line(start.line).char_column(start.column);
        group = group.element(place);
    } else {
        snippet = snippet.path(&checked.place.shown);
    }
    group = group.element(snippet);
    for places in related_places(checked, finding) {
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

/// Returns what there is to say about other places, each sentence once: a finding can have dozens
/// of places that are all the same.
fn related_places(checked: &Checked, finding: &Finding) -> Vec<String> {
    let mut lines_by_label: Vec<(&str, Vec<usize>)> = Vec::new();
    for (span, label) in &finding.related {
        let line = checked.line_index.line_of(span.start) + 1;
        match lines_by_label.iter().position(|(known, _)| known == label) {
            Some(idx) => lines_by_label.get_mut(idx).into_iter().for_each(|it| it.1.push(line)),
            None if lines_by_label.len() < MAXIMUM_NOTES => {
                lines_by_label.push((label, vec![line]));
            }
            None => {}
        }
    }
    let sentence = |(label, mut lines): (&str, Vec<usize>)| {
        lines.dedup();
        let plural = if lines.len() == 1 { "" } else { "s" };
        let lines: Vec<_> = lines.iter().map(ToString::to_string).collect();
        format!("{label}: line{plural} {}", lines.join(", "))
    };
    lines_by_label.into_iter().map(sentence).collect()
}

/// The lines that a finding is on.
struct Lines {
    first: usize,
    span: Span,
    /// Only a part of them is shown.
    is_cut: bool,
}

impl Lines {
    fn of(checked: &Checked, span: Span) -> Self {
        let Checked { text, line_index, .. } = checked;
        let first = line_index.line_of(span.start);
        let last = line_index.line_of(span.end);
        // A byte order mark takes no column.
        let start = line_index.line_start(first).max(span.start.min(n_bytes_of_mark(text)));
        let end = line_index.line_start(last) + line_index.line(text, last).len();
        let is_cut = end.saturating_sub(start) > MAXIMUM_SHOWN;
        if is_cut {
            let behind = span.end.min(span.start.saturating_add(MAXIMUM_SHOWN - 2 * MARGIN));
            let start = start.max(boundary(text, span.start.saturating_sub(MARGIN)));
            let end = end.min(boundary(text, behind.saturating_add(MARGIN)));
            return Self { first, span: Span::new(start, end), is_cut };
        }
        Self { first, span: Span::new(start, end), is_cut }
    }
}

/// The start of the character that a byte belongs to.
fn boundary(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|&it| text.is_char_boundary(it)).unwrap_or_default()
}
