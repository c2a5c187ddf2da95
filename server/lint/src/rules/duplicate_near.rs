//! `duplicate/near`: a skill that says nearly the same as another.

use skill::Span;

use crate::{Level, Problem, Rule, SkillFile, neighborhood::shown_beside};

pub(super) static RULE: Rule = Rule {
    code: "duplicate/near",
    level: Level::Info,
    summary: "the skill is very similar to another one",
    page: include_str!("../../../preceptor/guide/rules/duplicate/near.md"),
    check,
};

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let Some(neighborhood) = file.neighborhood else { return Vec::new() };
    let Some((first, others)) = neighborhood.similar.split_first() else { return Vec::new() };
    let degree =
        if first.is_nearly_equal { "says nearly the same as" } else { "is very similar to" };
    let others: Vec<String> = others.iter().map(|other| format!(", `{}`", other.name)).collect();
    let others = others.concat();
    let message = format!(
        "The skill {degree} `{}`{others} ({}). Merge what they share, or make \
         sure that the descriptions tell an agent when each is meant",
        first.name,
        shown_beside(&first.path, &neighborhood.path)
    );
    let span = file.document.field("name").map_or_else(Span::default, |value| value.span);
    vec![Problem::new(span, message)]
}
