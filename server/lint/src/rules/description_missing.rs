//! `description/missing`: nothing tells a client when the skill is of use.

use skill::NodeKind;

use crate::{Level, Problem, Rule, SkillFile};

pub(super) static RULE: Rule = Rule {
    code: "description/missing",
    level: Level::Error,
    summary: "the frontmatter has no `description`, or an empty one",
    page: include_str!("../../../preceptor/guide/rules/description/missing.md"),
    check,
};

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let Some(frontmatter) = &file.document.frontmatter else { return Vec::new() };
    let problem = match frontmatter.entry("description") {
        None => Problem::new(
            frontmatter.opening,
            "The frontmatter has no `description`: clients skip a skill that does not say what it \
             does and when to use it",
        ),
        Some(entry) => match &entry.value.kind {
            NodeKind::Scalar { text, .. } if !text.trim().is_empty() => return Vec::new(),
            NodeKind::Scalar { .. } | NodeKind::Null => Problem::new(
                entry.key_span,
                "The `description` is empty: say what the skill does and when to use it",
            ),
            // What has another type is not missing.
            _ => return Vec::new(),
        },
    };
    vec![problem]
}
