//! `name/too-long`: more characters than clients accept.

use skill::{MAXIMUM_NAME_LENGTH, TextEdit, slugify};

use crate::{Fix, Level, Problem, Rule, Safety, SkillFile};

pub(super) static RULE: Rule = Rule {
    code: "name/too-long",
    level: Level::Error,
    summary: "the `name` has more than 64 characters",
    page: include_str!("../../../preceptor/guide/rules/name/too-long.md"),
    check,
};

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let document = file.document;
    let (Some(name), Some(value)) = (document.name(), document.field("name")) else {
        return Vec::new();
    };
    let n_characters = name.chars().count();
    if n_characters <= MAXIMUM_NAME_LENGTH {
        return Vec::new();
    }
    let slug = slugify(name);
    let fix = (!slug.is_empty()).then(|| Fix {
        title: format!("Shorten it to `{slug}`"),
        edits: vec![TextEdit::replace(value.span, slug)],
        safety: Safety::Safe,
    });
    let message = format!(
        "The `name` has {n_characters} characters; clients accept at most {MAXIMUM_NAME_LENGTH}"
    );
    vec![Problem::new(value.span, message).with_fix(fix)]
}
