//! `structure/duplicate-heading`: two sections of one name side by side.

use std::collections::HashMap;

use skill::Heading;

use crate::{Level, Problem, Rule, SkillFile};

pub(super) static RULE: Rule = Rule {
    code: "structure/duplicate-heading",
    level: Level::Hint,
    summary: "two sections next to each other have the same heading",
    page: include_str!("../../../preceptor/guide/rules/structure/duplicate-heading.md"),
    check,
};

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let mut places: HashMap<(Option<usize>, u8, &str), Vec<&Heading>> = HashMap::new();
    for heading in &file.document.body.headings {
        let text = heading.text.trim();
        if !text.is_empty() {
            places.entry((heading.parent, heading.level, text)).or_default().push(heading);
        }
    }
    places.values().filter_map(|headings| problem(headings)).collect()
}

fn problem(headings: &[&Heading]) -> Option<Problem> {
    let [first, second, others @ ..] = headings else { return None };
    let text = first.text.trim();
    let message = format!(
        "There is a section \"{text}\" above already: agents that look for it by its name find \
         only one of them. Join them or give each a name of its own"
    );
    let related = [(first.span, "the first one".to_owned())]
        .into_iter()
        .chain(others.iter().map(|heading| (heading.span, "and here".to_owned())));
    Some(Problem::new(second.span, message).with_related(related))
}
