//! `references/unknown-skill`: a name that is nearly that of an existing skill.

use std::collections::BTreeMap;

use skill::{Span, TextEdit};

use crate::{Fix, Level, Problem, Rule, Safety, SkillFile, neighborhood::skill_references};

pub(super) static RULE: Rule = Rule {
    code: "references/unknown-skill",
    level: Level::Hint,
    summary: "`/name` or `$name` is close to an existing skill's name, but not equal",
    page: include_str!("../../../preceptor/guide/rules/references/unknown-skill.md"),
    check,
};

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let Some(neighborhood) = file.neighborhood else { return Vec::new() };
    if neighborhood.misspelled_skills.is_empty() {
        return Vec::new();
    }
    let mut by_name: BTreeMap<String, Vec<Span>> = BTreeMap::new();
    for reference in skill_references(file.document) {
        by_name.entry(reference.name).or_default().push(reference.span);
    }
    let misspelled = neighborhood.misspelled_skills.iter();
    misspelled
        .filter_map(|(name, meant)| {
            let (first, others) = by_name.get(&**name)?.split_first()?;
            let places = others.iter().map(|span| (*span, format!("`{name}` is also here")));
            let message = format!("There is no skill `{name}`; did you mean `{meant}`?");
            let edits = std::iter::once(first).chain(others);
            let fix = Fix {
                title: format!("Write `{meant}`"),
                edits: edits.map(|span| TextEdit::replace(*span, &**meant)).collect(),
                safety: Safety::Safe,
            };
            Some(Problem::new(*first, message).with_fix(fix).with_related(places))
        })
        .collect()
}
