//! `notes/too-many`: more execution notes than anybody reads.

use crate::{Level, Problem, Rule, SkillFile, notes::notes};

pub(super) static RULE: Rule = Rule {
    code: "notes/too-many",
    level: Level::Hint,
    summary: "there are more than twelve execution notes",
    page: include_str!("../../../preceptor/guide/rules/notes/too-many.md"),
    check,
};

/// From here on notes are consolidated unless somebody sets another number.
const MAXIMUM_NOTES: usize = 12;

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let Some(notes) = notes(file.document) else { return Vec::new() };
    let n_notes = notes.items.len();
    if n_notes <= MAXIMUM_NOTES {
        return Vec::new();
    }
    let message = format!(
        "There are {n_notes} execution notes, and more than {MAXIMUM_NOTES} hide each other: \
         consolidate them"
    );
    vec![Problem::new(notes.start, message)]
}
