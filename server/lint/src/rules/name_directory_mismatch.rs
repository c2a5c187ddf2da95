//! `name/directory-mismatch`: the name is not that of the skill's folder.

use skill::{TextEdit, yaml_value};

use crate::{
    Fix, Level, Problem, Rule, Safety, SkillFile,
    name::{NameForm, is_valid_name, name_form, normalized},
};

pub(super) static RULE: Rule = Rule {
    code: "name/directory-mismatch",
    level: Level::Warning,
    summary: "the `name` differs from the name of the skill's folder",
    page: include_str!("../../../preceptor/guide/rules/name/directory-mismatch.md"),
    check,
};

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let document = file.document;
    let (Some(name), Some(value), Some(directory_name)) =
        (document.name(), document.field("name"), file.directory_name)
    else {
        return Vec::new();
    };
    // What is no name at all has to become one before it can be compared.
    if normalized(name) == normalized(directory_name) || name_form(name) == NameForm::Invalid {
        return Vec::new();
    }
    let message =
        format!("The `name` is `{name}` but the folder is `{directory_name}`: both must be equal");
    let is_taken = file.neighborhood.is_some_and(|it| it.is_folder_name_taken);
    // A fix of one file leaves every reference behind that other skills have to the name.
    let fix = (is_valid_name(directory_name) && !is_taken).then(|| Fix {
        title: format!("Rename it to `{directory_name}`, like its folder"),
        edits: vec![TextEdit::replace(value.span, yaml_value(directory_name))],
        safety: Safety::Unsafe,
    });
    vec![Problem::new(value.span, message).with_fix(fix)]
}
