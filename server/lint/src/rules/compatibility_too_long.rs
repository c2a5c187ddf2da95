//! `compatibility/too-long`: more characters than the format allows.

use crate::{Level, Problem, Rule, SkillFile};

pub(super) static RULE: Rule = Rule {
    code: "compatibility/too-long",
    level: Level::Warning,
    summary: "the `compatibility` has more than 500 characters",
    page: include_str!("../../../preceptor/guide/rules/compatibility/too-long.md"),
    check,
};

/// In characters, as the format counts.
const MAXIMUM_LENGTH: usize = 500;

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let document = file.document;
    let (Some(text), Some(value)) =
        (document.field_text("compatibility"), document.field("compatibility"))
    else {
        return Vec::new();
    };
    let n_characters = text.chars().count();
    if n_characters <= MAXIMUM_LENGTH {
        return Vec::new();
    }
    let message = format!(
        "The `compatibility` has {n_characters} characters; the format allows at most \
         {MAXIMUM_LENGTH}: name what the skill needs and explain it in the body"
    );
    vec![Problem::new(value.span, message)]
}
