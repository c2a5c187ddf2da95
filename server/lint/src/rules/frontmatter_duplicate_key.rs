//! `frontmatter/duplicate-key`: one field twice.

use std::collections::{HashMap, hash_map::Entry as Slot};

use skill::{Entry, Node, NodeKind, Span, TextEdit};

use crate::{
    Fix, Level, Problem, Rule, Safety, SkillFile,
    field_lines::{field_lines, is_in_brackets},
};

pub(super) static RULE: Rule = Rule {
    code: "frontmatter/duplicate-key",
    level: Level::Error,
    summary: "a field of the frontmatter is set twice",
    page: include_str!("../../../preceptor/guide/rules/frontmatter/duplicate-key.md"),
    check,
};

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Some(frontmatter) = &file.document.frontmatter {
        check_level(file.text(), &frontmatter.entries, /*is_block*/ true, &mut problems);
    }
    problems
}

fn check_level(text: &str, entries: &[Entry], is_block: bool, problems: &mut Vec<Problem>) {
    let mut first_places: HashMap<&str, Span> = HashMap::new();
    for entry in entries {
        match first_places.entry(&entry.key) {
            // A merge may be there more than once.
            Slot::Occupied(first) if entry.key != "<<" => {
                problems.push(problem(text, entry, *first.get(), is_block));
            }
            Slot::Occupied(_) => {}
            Slot::Vacant(slot) => {
                slot.insert(entry.key_span);
            }
        }
        check_value(text, &entry.value, problems);
    }
}

fn check_value(text: &str, value: &Node, problems: &mut Vec<Problem>) {
    match &value.kind {
        NodeKind::Mapping(entries) => {
            check_level(text, entries, !is_in_brackets(text, value), problems);
        }
        NodeKind::Sequence(items) => {
            // A field in an item shares its line with the item's dash.
            for item in items {
                if let NodeKind::Mapping(entries) = &item.kind {
                    check_level(text, entries, /*is_block*/ false, problems);
                }
            }
        }
        _ => {}
    }
}

fn problem(text: &str, entry: &Entry, first: Span, is_block: bool) -> Problem {
    let key = &entry.key;
    let message = format!(
        "The field `{key}` is set a second time: some clients refuse the skill, others take this \
         value, and others the first one"
    );
    let fix = is_block.then(|| Fix {
        title: format!("Remove this `{key}`"),
        edits: vec![TextEdit::delete(field_lines(text, entry))],
        safety: Safety::Unsafe,
    });
    Problem::new(entry.key_span, message)
        .with_remark(first, format!("`{key}` is set here first"))
        .with_fix(fix)
}
