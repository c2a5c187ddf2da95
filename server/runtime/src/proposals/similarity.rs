//! How much two skills say the same.

use std::{collections::BTreeSet, path::PathBuf};

use skill::SkillDocument;

use crate::{proposals::SimilarSkill, skills::FoundSkill};

/// From here on, in percent, a skill is an update of the other one.
pub(super) const NEARLY_EQUAL: u8 = 82;

/// From here on, in percent, a person is told of the other one.
const SIMILAR: u8 = 38;

/// Skills of fewer different words are too short to be called similar.
const FEWEST_WORDS: usize = 12;

/// The most similar skills that a person is told of.
const MAX_TOLD: usize = 5;

/// Returns the skills that say something like a proposed one, the most similar one first.
pub(super) fn similar_skills(text: &str, skills: &[FoundSkill]) -> Vec<SimilarSkill> {
    let words = skill_words(text);
    let mut similar: Vec<SimilarSkill> = skills
        .iter()
        .map(|skill| SimilarSkill {
            name: skill.name.clone(),
            path: PathBuf::from(&skill.path),
            percent: shared_percent(&words, &skill_words(&skill.text)),
        })
        .filter(|similar| similar.percent >= SIMILAR)
        .collect();
    similar.sort_by(|a, b| b.percent.cmp(&a.percent).then_with(|| a.path.cmp(&b.path)));
    similar.truncate(MAX_TOLD);
    similar
}

/// Returns whether two pieces of a skill say the same in nearly the same words.
pub(super) fn is_nearly_equal(a: &str, b: &str) -> bool {
    shared(&words(a), &words(b)) >= NEARLY_EQUAL
}

/// Returns how many of the words that either skill has both have, in percent.
pub(super) fn percent(a: &str, b: &str) -> u8 {
    shared_percent(&skill_words(a), &skill_words(b))
}

/// The words that say what a skill is: its name, its description, when it is used and its steps;
/// where it has no such sections, its whole body.
fn skill_words(text: &str) -> BTreeSet<String> {
    let document = SkillDocument::parse(text);
    let mut said = words(document.name().unwrap_or_default());
    said.extend(words(document.description().unwrap_or_default()));
    let headings = document.body.headings.iter().enumerate();
    let sections: Vec<&str> = headings
        .filter(|(_, heading)| is_told(&heading.text))
        .map(|(idx, _)| document.body.section(idx).of(text))
        .collect();
    if sections.is_empty() {
        said.extend(words(document.body.span.of(text)));
    }
    said.extend(sections.into_iter().flat_map(words));
    said
}

fn is_told(heading: &str) -> bool {
    ["when to use", "procedure", "steps"].iter().any(|it| heading.trim().eq_ignore_ascii_case(it))
}

fn words(text: &str) -> BTreeSet<String> {
    text.split(|it: char| !it.is_alphanumeric())
        .filter(|word| word.chars().count() > 1)
        .map(str::to_lowercase)
        .collect()
}

fn shared_percent(a: &BTreeSet<String>, b: &BTreeSet<String>) -> u8 {
    if a.len().min(b.len()) < FEWEST_WORDS { 0 } else { shared(a, b) }
}

fn shared(a: &BTreeSet<String>, b: &BTreeSet<String>) -> u8 {
    let n_both = a.intersection(b).count();
    let n_either = a.len() + b.len() - n_both;
    let percent = (n_both * 100).checked_div(n_either).unwrap_or(0);
    u8::try_from(percent).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use super::{NEARLY_EQUAL, is_nearly_equal, percent};

    const COUNT: &str = "---\nname: count-rows\ndescription: Counts the data rows of a CSV file. \
                         Use when somebody asks how many records it has.\n---\n\n## Procedure\n\n\
                         1. Run `tail -n +2 FILE | wc -l`.\n\n## Pitfalls\n\n- None.\n";

    #[test]
    fn what_a_skill_is_for_counts_and_not_what_else_is_in_it() {
        let other = COUNT.replace("- None.", "- A quoted field may hold line breaks: count those.");
        assert_eq!(percent(COUNT, &other), 100);
        let renamed = COUNT.replace("count-rows", "rows-of-csv");
        assert!((NEARLY_EQUAL..100).contains(&percent(COUNT, &renamed)));
        let foreign = "---\nname: deploy\ndescription: Deploys the site. Use when a release was \
                       tagged and everything is green again.\n---\n\n## Procedure\n\n1. Push it.\n";
        assert!(percent(COUNT, foreign) < 38, "{}", percent(COUNT, foreign));
    }

    #[test]
    fn a_few_words_are_similar_to_nothing() {
        let short = "---\nname: a\ndescription: Does it.\n---\n";
        assert_eq!(percent(short, short), 0);
    }

    #[test]
    fn another_command_is_another_step() {
        assert!(is_nearly_equal("Run `wc -l FILE`.", "run `wc -l FILE`"));
        assert!(!is_nearly_equal("Run `wc -l FILE`.", "Run `tail -n +2 FILE | wc -l`."));
    }
}
