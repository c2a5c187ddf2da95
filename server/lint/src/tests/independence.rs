//! Rules do not know of each other, and broken frontmatter hides nothing below it.

use skill::SkillDocument;

use crate::{
    Finding, Level, Settings, SkillFile, check, rules,
    tests::pages::{DIRECTORY_NAME, examples},
};

/// Returns the codes, places and messages of what is found.
fn found(text: &str, settings: &Settings) -> Vec<(&'static str, String, String)> {
    let document = SkillDocument::parse(text);
    let findings = check(&SkillFile::new(&document, settings).in_directory(Some(DIRECTORY_NAME)));
    let describe = |Finding { rule, span, message, .. }| {
        (rule.code, format!("{:?} {}", span, span.of(text)), message)
    };
    let mut found: Vec<_> = findings.into_iter().map(describe).collect();
    found.sort();
    found
}

/// The bad examples of all pages.
fn all_examples() -> impl Iterator<Item = String> {
    rules().iter().flat_map(|rule| examples(rule, "Example"))
}

#[test]
fn a_rule_finds_alone_what_it_finds_among_others() {
    for text in all_examples() {
        let together = found(&text, &Settings::default());
        let mut alone: Vec<_> = rules()
            .iter()
            .flat_map(|rule| {
                let others = rules().iter().filter(|other| other.code != rule.code);
                let levels = others.map(|other| (other.code.to_owned(), Level::Off)).collect();
                let mut found = found(&text, &Settings { levels, ..Settings::default() });
                // What is off is not called unused.
                found.retain(|(code, ..)| *code != "suppression/unused");
                found
            })
            .collect();
        alone.extend(together.iter().filter(|(code, ..)| *code == "suppression/unused").cloned());
        alone.sort();
        assert_eq!(together, alone, "{text}");
    }
}

#[test]
fn broken_frontmatter_hides_nothing_in_the_body() {
    let mut n_findings = 0;
    for text in all_examples() {
        let document = SkillDocument::parse(text.as_str());
        let Some(frontmatter) = &document.frontmatter else { continue };
        // Rules about comments that suppress something also speak of the frontmatter.
        if frontmatter.error.is_some() || frontmatter.closing.is_none() || text.contains("-ignore")
        {
            continue;
        }
        let broken = "broken: [\n";
        let at = frontmatter.content.end;
        let body_start = document.body.span.start;
        let with_break = format!("{}{broken}{}", &text[..at], &text[at..]);
        let in_body = |text: &str, body_start: usize| {
            let document = SkillDocument::parse(text);
            let settings = Settings::default();
            let file = SkillFile::new(&document, &settings).in_directory(Some(DIRECTORY_NAME));
            let findings = check(&file).into_iter();
            let below = findings.filter(|finding| finding.span.start >= body_start);
            let place = |finding: Finding| (finding.rule.code, finding.span.start - body_start);
            below.map(place).collect::<Vec<_>>()
        };
        let expected = in_body(&text, body_start);
        assert_eq!(in_body(&with_break, body_start + broken.len()), expected, "{with_break}");
        n_findings += expected.len();
    }
    assert!(n_findings >= 3, "the examples show {n_findings} findings in bodies");
}
