//! Levels of rules.

use skill::SkillDocument;

use crate::{Level, Settings, Severity, SkillFile, check, rule, rules};

fn severities(settings: &Settings) -> Vec<(&'static str, Severity)> {
    let document = SkillDocument::parse("---\nname: größe\n---\n");
    let findings = check(&SkillFile::new(&document, settings));
    findings.iter().map(|finding| (finding.rule.code, finding.severity)).collect()
}

fn set(code: &str, level: Level) -> Settings {
    Settings { levels: [(code.to_owned(), level)].into(), ..Settings::default() }
}

#[test]
fn a_level_changes_the_severity() {
    let expected = [("description/missing", Severity::Info), ("name/invalid", Severity::Hint)];
    assert_eq!(severities(&set("description/missing", Level::Info)), expected);
}

#[test]
fn a_rule_that_is_off_does_not_run() {
    let expected = [("name/invalid", Severity::Hint)];
    assert_eq!(severities(&set("description/missing", Level::Off)), expected);
}

#[test]
fn a_mild_case_stays_mild() {
    let expected = [("description/missing", Severity::Error), ("name/invalid", Severity::Hint)];
    assert_eq!(severities(&set("name/invalid", Level::Error)), expected);
}

#[test]
fn rules_are_sorted_and_found_by_their_codes() {
    assert!(rules().windows(2).all(|pair| pair[0].code < pair[1].code));
    for it in rules() {
        assert!(std::ptr::eq(rule(it.code).unwrap(), *it));
    }
    assert!(rule("name/unheard-of").is_none());
}
