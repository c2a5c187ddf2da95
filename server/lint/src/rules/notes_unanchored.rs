//! `notes/unanchored`: an execution note that stresses no rule of the skill.

use std::collections::{HashMap, HashSet};

use skill::Span;

use crate::{Level, Problem, Rule, SkillFile, notes::notes};

pub(super) static RULE: Rule = Rule {
    code: "notes/unanchored",
    level: Level::Hint,
    summary: "an execution note has no rule in the body that it stresses",
    page: include_str!("../../../preceptor/guide/rules/notes/unanchored.md"),
    check,
};

/// The part of a note's words that one line of the body must have, as one in so many.
const SHARE: usize = 4;

/// On how many lines a word is looked up. Every note is held against each of them, and what stands
/// on more lines tells none of them from the others.
const MAXIMUM_LINES: usize = 200;

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let Some(notes) = notes(file.document) else { return Vec::new() };
    let lines = lines_by_word(file, notes.region);
    let unanchored = notes.items.iter().filter(|note| !is_anchored(&note.text, &lines));
    unanchored
        .map(|note| {
            let message = "No rule of the skill says what this note stresses: a note reminds of \
                           a rule, so put the rule into the body";
            Problem::new(note.span, message)
        })
        .collect()
}

/// The lines outside of the notes that have a word, by their numbers.
fn lines_by_word(file: &SkillFile<'_>, region: Span) -> HashMap<String, Vec<usize>> {
    let mut lines: HashMap<String, Vec<usize>> = HashMap::new();
    let body = file.document.body.span;
    let parts = [Span::new(body.start, region.start), Span::new(region.end, body.end)];
    let written = parts.iter().flat_map(|part| part.of(file.text()).lines());
    for (number, line) in written.enumerate() {
        for word in content_words(line) {
            let known = lines.entry(word).or_default();
            if known.len() < MAXIMUM_LINES {
                known.push(number);
            }
        }
    }
    lines
}

fn is_anchored(note: &str, lines: &HashMap<String, Vec<usize>>) -> bool {
    let words = content_words(note);
    let mut n_shared: HashMap<usize, usize> = HashMap::new();
    for line in words.iter().filter_map(|word| lines.get(word)).flatten() {
        *n_shared.entry(*line).or_default() += 1;
    }
    let most = n_shared.values().max().copied().unwrap_or_default();
    words.is_empty() || most * SHARE >= words.len()
}

/// The longer words, without their endings: "counting" and "counted" are one.
fn content_words(text: &str) -> HashSet<String> {
    const COMMON: [&str; 22] = [
        "this", "that", "with", "from", "then", "when", "must", "have", "been", "always", "never",
        "before", "after", "only", "should", "will", "them", "they", "into", "than", "make",
        "does",
    ];
    text.split(|it: char| !it.is_alphanumeric() && it != '_')
        .map(str::to_lowercase)
        .filter(|word| word.chars().count() >= 4 && !COMMON.contains(&word.as_str()))
        .map(|word| {
            let stem = ["ing", "ed", "es", "s"].iter().find_map(|ending| word.strip_suffix(ending));
            stem.filter(|stem| stem.len() >= 3).map(str::to_owned).unwrap_or(word)
        })
        .collect()
}
