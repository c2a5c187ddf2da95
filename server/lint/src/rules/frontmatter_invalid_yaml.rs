//! `frontmatter/invalid-yaml`: a strict parser refuses the block.

use crate::{Level, Problem, Rule, SkillFile};

pub(super) static RULE: Rule = Rule {
    code: "frontmatter/invalid-yaml",
    level: Level::Error,
    summary: "the frontmatter is not valid YAML",
    page: include_str!("../../../preceptor/guide/rules/frontmatter/invalid-yaml.md"),
    check,
};

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let error = file.document.frontmatter.as_ref().and_then(|it| it.error.as_ref());
    error
        .map(|error| {
            Problem::new(
                error.span,
                format!("The frontmatter is not valid YAML: {}", error.message),
            )
        })
        .into_iter()
        .collect()
}
