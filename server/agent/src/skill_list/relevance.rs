//! How well a skill suits a request, by the words that they share.
//!
//! No model and no index: words that few skills have count for more, those of a name twice.

use std::collections::{BTreeMap, BTreeSet};

use crate::prompt::OfferedSkill;

/// Characters of a text that are looked at.
const MAX_CHARS: usize = 4_000;
/// What is left of a word without its ending has at least so many letters.
const MIN_STEM: usize = 3;
/// Endings that do not make another word.
const ENDINGS: [&str; 5] = ["ing", "ed", "es", "s", "e"];

/// The weights of a request's words among some skills.
pub(super) struct Relevance {
    weights: BTreeMap<String, f64>,
}

impl Relevance {
    pub(super) fn new(skills: &[OfferedSkill], request: &BTreeSet<String>) -> Self {
        let mut n_having: BTreeMap<String, u32> = BTreeMap::new();
        for skill in skills {
            let mut own = words(&skill.name);
            own.extend(words(&skill.description));
            for word in own.intersection(request) {
                *n_having.entry(word.clone()).or_default() += 1;
            }
        }
        let n_skills = f64::from(u32::try_from(skills.len()).unwrap_or(u32::MAX));
        // A word that every second skill has says nothing about any of them.
        let weights = n_having
            .into_iter()
            .map(|(word, n_having)| (word, (n_skills / (2.0 * f64::from(n_having))).ln()))
            .filter(|(_, weight)| *weight > 0.0)
            .collect();
        Self { weights }
    }

    pub(super) fn of(&self, skill: &OfferedSkill) -> f64 {
        let sum = |text: &str| -> f64 {
            words(text).iter().filter_map(|word| self.weights.get(word)).sum()
        };
        2.0 * sum(&skill.name) + sum(&skill.description)
    }
}

/// Returns the words of a text without their endings, in lower case; of scripts that put no space
/// between words, each two neighbors.
pub(super) fn words(text: &str) -> BTreeSet<String> {
    let text: String = text.chars().take(MAX_CHARS).collect();
    let mut words = BTreeSet::new();
    for run in text.split(|letter: char| !letter.is_alphanumeric()) {
        let letters: Vec<char> = run.chars().flat_map(char::to_lowercase).collect();
        if letters.iter().any(|letter| is_ideograph(*letter)) {
            words.extend(letters.windows(2).map(|pair| pair.iter().collect::<String>()));
        } else if letters.len() > 1 {
            words.insert(stem(letters.into_iter().collect()));
        }
    }
    words
}

fn stem(word: String) -> String {
    let has_stem = |stem: &&str| stem.chars().count() >= MIN_STEM;
    match ENDINGS.iter().find_map(|ending| word.strip_suffix(ending).filter(has_stem)) {
        Some(stem) => stem.to_owned(),
        None => word,
    }
}

fn is_ideograph(letter: char) -> bool {
    matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

#[cfg(test)]
mod tests {
    use super::words;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let words = words(text);
        assert_eq!(words.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn words_lose_case_endings_and_marks() {
        check("Counts rows, counting_a Row!", &["count", "row"]);
        check("use it, used before", &["befor", "it", "use", "used"]);
    }

    #[test]
    fn words_without_spaces_are_cut_into_pairs() {
        check("统计行数", &["统计", "行数", "计行"]);
    }
}
