//! `name/duplicate`: two skills of one name that one client would load.

use crate::{Level, Problem, Rule, SkillFile, neighborhood::shown_beside};

pub(super) static RULE: Rule = Rule {
    code: "name/duplicate",
    level: Level::Warning,
    summary: "another skill that the same client loads has this name",
    page: include_str!("../../../preceptor/guide/rules/name/duplicate.md"),
    check,
};

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let Some(neighborhood) = file.neighborhood else { return Vec::new() };
    let (Some(first), Some(name), Some(value)) =
        (neighborhood.namesakes.first(), file.document.name(), file.document.field("name"))
    else {
        return Vec::new();
    };
    let other = shown_beside(first, &neighborhood.path);
    let n_more = neighborhood.namesakes.len() - 1;
    let more = if n_more > 0 { format!(" (and {n_more} more)") } else { String::new() };
    let message = format!(
        "`{name}` is also the name of {other}{more}, and they differ: a client that finds both \
         loads one of them. Rename or remove one"
    );
    vec![Problem::new(value.span, message)]
}
