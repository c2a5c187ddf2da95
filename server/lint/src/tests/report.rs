//! The one place that runs the rules: findings as a report, and fixes as texts.

use std::fmt::Write;

use expect_test::Expect;
use skill::{LineIndex, PositionEncoding, SkillDocument, Span};

use crate::{
    Finding, Level, Safety, Settings, Severity, SkillFile, check as run, fix_all,
    tests::surroundings::Surroundings,
};

/// The folder that skills in tests stand in.
const DIRECTORY_NAME: &str = "count-rows";

/// Compares the report of one file in a folder `count-rows`.
#[track_caller]
pub(super) fn check(text: &str, expected: &Expect) {
    expected.assert_eq(&report(text, Some(DIRECTORY_NAME)));
}

/// Claims that no rule says anything.
#[track_caller]
pub(super) fn check_silent(text: &str) {
    assert_eq!(report(text, Some(DIRECTORY_NAME)), "");
}

/// Compares a file after all safe fixes; fixing must come to an end, clear what it fixes and
/// bring no error in.
#[track_caller]
pub(super) fn check_fix(before: &str, expected: &Expect) {
    expected.assert_eq(&visible(&fixed(before, Safety::Safe)));
}

/// The same for all fixes.
#[track_caller]
pub(super) fn check_unsafe_fix(before: &str, expected: &Expect) {
    expected.assert_eq(&visible(&fixed(before, Safety::Unsafe)));
}

/// Carriage returns do not survive in a source file, and nobody sees a byte order mark.
fn visible(text: &str) -> String {
    text.replace('\r', "\\r").replace('\u{feff}', "<bom>")
}

#[track_caller]
pub(super) fn fixed(before: &str, safety: Safety) -> String {
    fixed_in(Some(DIRECTORY_NAME), before, safety)
}

/// The same in a folder of another name, or of none that is known.
#[track_caller]
pub(super) fn fixed_in(directory_name: Option<&str>, before: &str, safety: Safety) -> String {
    fixed_by(|text| findings(text, directory_name), before, safety)
}

/// The same with the surroundings that a text is given.
#[track_caller]
pub(super) fn fixed_by(
    findings_in: impl Fn(&str) -> Vec<Finding>,
    before: &str,
    safety: Safety,
) -> String {
    let is_error = |finding: &&Finding| finding.severity == Severity::Error;
    let mut text = before.to_owned();
    let mut findings = findings_in(&text);
    for _ in 0..8 {
        let Some(fixed) = fix_all(&text, &findings, safety) else { return text };
        let after = findings_in(&fixed.text);
        assert!(after.len() <= findings.len(), "more found in {:?}", fixed.text);
        for error in after.iter().filter(is_error) {
            let is_old = findings.iter().any(|it| it.rule.code == error.rule.code);
            assert!(is_old, "new error {}: {}", error.rule.code, fixed.text);
        }
        (text, findings) = (fixed.text, after);
    }
    panic!("fixes do not come to an end: {text}");
}

/// Returns what is found in a text that need not say when to use it: most tests are about
/// something else.
pub(super) fn findings(text: &str, directory_name: Option<&str>) -> Vec<Finding> {
    let off = [("description/no-trigger".to_owned(), Level::Off)];
    findings_with(&Settings { levels: off.into(), ..settings() }, text, directory_name)
}

/// Returns what every rule finds.
pub(super) fn findings_of_all_rules(text: &str, directory_name: Option<&str>) -> Vec<Finding> {
    findings_with(&settings(), text, directory_name)
}

fn findings_with(settings: &Settings, text: &str, directory_name: Option<&str>) -> Vec<Finding> {
    let document = SkillDocument::parse(text);
    run(&SkillFile::new(&document, settings).in_directory(directory_name))
}

/// The settings of the reports: the default, and some launchers that a tool wraps.
fn settings() -> Settings {
    let launchers = ["vllm serve", "llama-server", "python -m vllm.api"];
    let launchers = launchers.map(|launcher| (launcher.to_owned(), "serve_model".to_owned()));
    Settings { launchers: launchers.into(), ..Settings::default() }
}

/// The same among some files and skills.
pub(super) fn findings_among(text: &str, around: &Surroundings) -> Vec<Finding> {
    let document = SkillDocument::parse(text);
    let neighborhood = around.neighborhood(&document);
    run(&SkillFile::new(&document, &settings())
        .in_directory(Some(around.directory_name))
        .among(Some(&neighborhood)))
}

/// Renders findings as line, caret, severity, code, message, related places and fix.
pub(super) fn report(text: &str, directory_name: Option<&str>) -> String {
    render(text, findings(text, directory_name))
}

/// Renders findings that were made in some other way.
pub(super) fn render(text: &str, findings: Vec<Finding>) -> String {
    let line_index = LineIndex::new(text);
    let position = |offset| line_index.position(text, offset, PositionEncoding::Utf32);
    let mut out = String::new();
    for Finding { rule, severity, message, span, related, fixes } in findings {
        let start = position(span.start);
        let number = (start.line + 1).to_string();
        let carets = "^".repeat(n_carets(text, span));
        let line = line_index.line(text, start.line).trim_start_matches('\u{feff}');
        let indent = " ".repeat(start.character.min(line.chars().count()));
        writeln!(out, "{number} | {line}").unwrap();
        let margin = " ".repeat(number.len());
        writeln!(out, "{margin} | {indent}{carets} {severity} {}: {message}", rule.code).unwrap();
        for (span, label) in related {
            let start = position(span.start);
            writeln!(out, "{margin} = {}:{} {label}", start.line + 1, start.character + 1).unwrap();
        }
        for fix in fixes {
            writeln!(out, "{margin} = fix ({:?}): {}", fix.safety, fix.title).unwrap();
        }
    }
    out
}

/// One caret for a place, otherwise one for each character on the first line.
fn n_carets(text: &str, span: Span) -> usize {
    span.of(text).lines().next().unwrap_or_default().chars().count().max(1)
}
