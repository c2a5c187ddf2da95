//! `description/too-long`: more characters than clients accept.

use crate::{Level, Problem, Rule, SkillFile};

pub(super) static RULE: Rule = Rule {
    code: "description/too-long",
    level: Level::Error,
    summary: "the `description` has more than 1024 characters",
    page: include_str!("../../../preceptor/guide/rules/description/too-long.md"),
    check,
};

/// In characters, as the format counts.
const MAXIMUM_LENGTH: usize = 1024;

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let document = file.document;
    let (Some(description), Some(value)) = (document.description(), document.field("description"))
    else {
        return Vec::new();
    };
    let n_characters = description.chars().count();
    if n_characters <= MAXIMUM_LENGTH {
        return Vec::new();
    }
    let message = format!(
        "The `description` has {n_characters} characters; clients accept at most \
         {MAXIMUM_LENGTH}: move details into the body"
    );
    vec![Problem::new(value.span, message)]
}
