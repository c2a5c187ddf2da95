//! `name/invalid`: the name has characters or hyphens that the format does not allow.

use skill::{TextEdit, slugify};

use crate::{
    Fix, Level, Problem, Rule, Safety, Severity, SkillFile,
    name::{NameForm, name_form},
};

pub(super) static RULE: Rule = Rule {
    code: "name/invalid",
    level: Level::Error,
    summary: "the `name` is not lower-case letters, digits and single hyphens",
    page: include_str!("../../../preceptor/guide/rules/name/invalid.md"),
    check,
};

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let document = file.document;
    let (Some(name), Some(value)) = (document.name(), document.field("name")) else {
        return Vec::new();
    };
    let problem = match name_form(name) {
        NameForm::Valid => return Vec::new(),
        NameForm::NotAscii => Problem::new(
            value.span,
            format!("`{name}` has letters beyond a to z, which some clients do not accept"),
        )
        .at_most(Severity::Hint),
        NameForm::Invalid => {
            Problem::new(value.span, format!("`{name}` is no valid name: {}", what_is_wrong(name)))
        }
    };
    let slug = slugify(name);
    // A letter that could not be read is no letter to leave out.
    let is_whole = !name.contains(char::REPLACEMENT_CHARACTER);
    let is_renamed =
        is_whole && !slug.is_empty() && slug != name && problem.severity_limit.is_none();
    let fix = is_renamed.then(|| Fix {
        title: format!("Rename it to `{slug}`"),
        edits: vec![TextEdit::replace(value.span, slug)],
        safety: Safety::Safe,
    });
    vec![problem.with_fix(fix)]
}

fn what_is_wrong(name: &str) -> &'static str {
    if name.chars().any(char::is_uppercase) {
        "letters must be lower-case"
    } else if name.contains(char::is_whitespace) || name.contains('_') {
        "words are joined by hyphens"
    } else if name.contains("--") {
        "two hyphens must not follow each other"
    } else if name.starts_with('-') || name.ends_with('-') {
        "it must not start or end with a hyphen"
    } else {
        "only lower-case letters, digits and hyphens are allowed"
    }
}
