//! `frontmatter/unquoted-colon`: a value that strict YAML takes for another field.

use crate::{
    Fix, Level, Problem, Rule, Safety, SkillFile,
    stray_colon::{StrayColon, stray_colons},
};

pub(super) static RULE: Rule = Rule {
    code: "frontmatter/unquoted-colon",
    level: Level::Error,
    summary: "a value with a colon and a space in it has no quotes",
    page: include_str!("../../../preceptor/guide/rules/frontmatter/unquoted-colon.md"),
    check,
};

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let stray_colons = stray_colons(file.document);
    stray_colons.iter().map(|stray_colon| problem(file.text(), stray_colon)).collect()
}

fn problem(text: &str, stray_colon: &StrayColon<'_>) -> Problem {
    let key = &stray_colon.entry.key;
    let message = format!(
        "The `{key}` contains a colon and a space without quotes: strict clients take it for \
         another field and refuse the skill; put the value in quotes"
    );
    // Behind a " #" a strict parser sees a comment, and a person has to say whether it is one.
    let safety = if stray_colon.may_have_comment(text) { Safety::Unsafe } else { Safety::Safe };
    Problem::new(stray_colon.colon, message).with_fix(Fix {
        title: format!("Put the `{key}` in quotes"),
        edits: vec![stray_colon.quoting(text)],
        safety,
    })
}
