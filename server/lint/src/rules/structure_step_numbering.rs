//! `structure/step-numbering`: a number is left out or there twice.

use std::sync::LazyLock;

use regex::Regex;
use skill::TextEdit;

use crate::{
    Fix, Level, Problem, Rule, Safety, SkillFile,
    numbered::{StepNumber, numbered_headings, numbered_lists},
    pattern::pattern,
};

pub(super) static RULE: Rule = Rule {
    code: "structure/step-numbering",
    level: Level::Hint,
    summary: "a step's number is left out or there twice",
    page: include_str!("../../../preceptor/guide/rules/structure/step-numbering.md"),
    check,
};

/// A mention of a step by its number.
static MENTION: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\b(?:steps?|phases?|stages?|items?|points?|rules?)[ #]+\d"));

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let lists = numbered_lists(file).into_iter();
    let headings = numbered_headings(file).into_iter();
    let lists = lists.filter_map(|numbers| problem(file, &numbers, /*are_headings*/ false));
    lists
        .chain(headings.filter_map(|numbers| problem(file, &numbers, /*are_headings*/ true)))
        .collect()
}

fn problem(file: &SkillFile<'_>, numbers: &[StepNumber], are_headings: bool) -> Option<Problem> {
    let (first, rest) = numbers.split_first()?;
    let mut expected = first.value;
    let wrong = rest.iter().find(|number| {
        expected += 1;
        number.value != expected
    })?;
    // Counting down, or numbers of something else.
    let n_jumps = numbers.windows(2).filter(|pair| !follows(pair)).count();
    if rest.len() < 2 || first.value > 1 || n_jumps > 1 {
        return None;
    }
    let before = expected - 1;
    let message = if wrong.value == before {
        format!(
            "Two steps are number {before}: an agent that is told to go to one may take the other"
        )
    } else {
        format!(
            "Step {} follows step {before}: is one missing, or is the number wrong?",
            wrong.value
        )
    };
    let edits = numbers.iter().zip(first.value..).filter(|(number, right)| number.value != *right);
    let edits = edits.map(|(number, right)| TextEdit::replace(number.span, right.to_string()));
    let text = file.text();
    let is_mentioned = MENTION.find_iter(text).any(|mention| {
        !(are_headings && numbers.iter().any(|it| it.span.start + 1 == mention.end()))
    });
    Some(Problem::new(wrong.span, message).with_fix(Fix {
        title: "Number the steps anew".to_owned(),
        edits: edits.collect(),
        safety: if is_mentioned { Safety::Unsafe } else { Safety::Safe },
    }))
}

fn follows(pair: &[StepNumber]) -> bool {
    matches!(pair, [one, next] if next.value == one.value + 1)
}
