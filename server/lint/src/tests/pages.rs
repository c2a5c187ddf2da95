//! The pages of the rules, executed.

use skill::{SkillDocument, Span};

use crate::{
    Acceptance, Rule, Safety, rules,
    tests::{
        report::{findings_among, fixed_by},
        surroundings::Surroundings,
    },
};

/// The folder that the examples stand in.
pub(super) const DIRECTORY_NAME: &str = "count-csv-rows";

const SECTIONS: [&str; 6] =
    ["What it does", "Why is this bad", "Example", "Use instead", "Fix safety", "Source"];

/// Returns the skills in a section of a rule's page.
pub(super) fn examples(rule: &Rule, section: &str) -> Vec<String> {
    let blocks = blocks(rule, section).into_iter();
    blocks.filter(|(info, _)| info == "markdown").map(|(_, text)| text).collect()
}

/// Returns what is around the skills in a section: the lines of a `files` block are the bundled
/// files, and `markdown <path>` is another skill.
pub(super) fn surroundings(rule: &Rule, section: &str) -> Surroundings {
    let mut surroundings = Surroundings {
        acceptance: Acceptance::Missing,
        ..Surroundings::in_directory(DIRECTORY_NAME)
    };
    for (info, text) in blocks(rule, section) {
        match info.split_once(' ') {
            Some(("markdown", path)) => surroundings.skills.push((path.to_owned(), text)),
            None if info == "files" => surroundings.files = Some(text),
            _ => {}
        }
    }
    surroundings
}

/// Returns the info and the text of each block of code in a section.
fn blocks(rule: &Rule, section: &str) -> Vec<(String, String)> {
    let page = SkillDocument::parse(rule.page);
    let body = &page.body;
    let headings: Vec<_> = body.headings.iter().filter(|it| it.level == 2).collect();
    let idx = headings.iter().position(|it| it.text == section).unwrap();
    let end = headings.get(idx + 1).map_or(rule.page.len(), |it| it.span.start);
    let section = Span::new(headings[idx].span.start, end);
    let blocks = body.code_blocks.iter().filter(|it| section.contains(it.span));
    blocks
        .map(|it| (it.info.clone().unwrap_or_default(), it.content.of(rule.page).to_owned()))
        .collect()
}

fn has_finding(rule: &Rule, text: &str, around: &Surroundings) -> bool {
    findings_among(text, around).iter().any(|it| it.rule.code == rule.code)
}

#[test]
fn every_page_has_its_sections_in_order() {
    for rule in rules() {
        let page = SkillDocument::parse(rule.page);
        let headings = &page.body.headings;
        assert_eq!(headings[0].text, rule.code);
        let sections: Vec<_> = headings[1..].iter().map(|it| it.text.as_str()).collect();
        assert_eq!(sections, SECTIONS, "{}", rule.code);
    }
}

#[test]
pub(super) fn examples_are_found_and_their_replacements_are_clean() {
    for rule in rules() {
        let bad = examples(rule, "Example");
        let good = examples(rule, "Use instead");
        assert!(!bad.is_empty() && !good.is_empty(), "{} has no examples", rule.code);
        for text in bad {
            let around = surroundings(rule, "Example");
            assert!(has_finding(rule, &text, &around), "{} says nothing about\n{text}", rule.code);
        }
        for text in good {
            let report = findings_among(&text, &surroundings(rule, "Use instead"));
            assert!(report.is_empty(), "{}: {report:#?}", rule.code);
        }
    }
}

#[test]
fn safe_fixes_of_examples_clear_their_finding() {
    for rule in rules() {
        let around = surroundings(rule, "Example");
        for text in examples(rule, "Example") {
            let found = findings_among(&text, &around);
            let fix = found.iter().find(|it| it.rule.code == rule.code).unwrap().fixes.first();
            if fix.is_some_and(|fix| fix.safety == Safety::Safe) {
                let fixed = fixed_by(|text| findings_among(text, &around), &text, Safety::Safe);
                assert!(!has_finding(rule, &fixed, &around), "{}", rule.code);
            }
        }
    }
}
