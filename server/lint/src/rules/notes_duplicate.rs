//! `notes/duplicate`: the same execution note twice.

use std::collections::HashMap;

use skill::{Span, TextEdit};

use crate::{
    Fix, Level, Problem, Rule, Safety, SkillFile,
    notes::{canonical, notes},
};

pub(super) static RULE: Rule = Rule {
    code: "notes/duplicate",
    level: Level::Hint,
    summary: "two execution notes say the same",
    page: include_str!("../../../preceptor/guide/rules/notes/duplicate.md"),
    check,
};

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let Some(notes) = notes(file.document) else { return Vec::new() };
    let mut known: HashMap<String, Span> = HashMap::new();
    let mut problems = Vec::new();
    for note in &notes.items {
        let first = *known.entry(canonical(&note.text)).or_insert(note.span);
        if first == note.span {
            continue;
        }
        let problem = Problem::new(note.span, "This note says the same as an earlier one");
        problems.push(problem.with_related([(first, "the earlier one".to_owned())]).with_fix(
            Fix {
                title: "Merge it into the earlier note".to_owned(),
                edits: vec![TextEdit::delete(note.lines)],
                safety: Safety::Safe,
            },
        ));
    }
    problems
}
