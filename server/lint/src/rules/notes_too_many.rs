//! `notes/too-many`: more execution notes than anybody reads.

use crate::{Level, Problem, Rule, SkillFile, notes::notes};

pub(super) static RULE: Rule = Rule {
    code: "notes/too-many",
    level: Level::Hint,
    summary: "there are more execution notes than the threshold for consolidating them",
    page: include_str!("../../../preceptor/guide/rules/notes/too-many.md"),
    check,
};

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let Some(maximum) = file.settings.maximum_notes else { return Vec::new() };
    let Some(notes) = notes(file.document) else { return Vec::new() };
    let n_notes = notes.items.len();
    if n_notes <= maximum {
        return Vec::new();
    }
    let message = format!(
        "There are {n_notes} execution notes, and more than {maximum} hide each other: \
         consolidate them"
    );
    vec![Problem::new(notes.start, message)]
}
