//! `name/missing`: the skill has no name.

use skill::{Entry, Frontmatter, NodeKind, Span, TextEdit};

use crate::{
    Fix, Level, Problem, Rule, Safety, SkillFile, line_end::line_end, name::is_valid_name,
};

pub(super) static RULE: Rule = Rule {
    code: "name/missing",
    level: Level::Error,
    summary: "the frontmatter has no `name`, or an empty one",
    page: include_str!("../../../preceptor/guide/rules/name/missing.md"),
    check,
};

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let Some(frontmatter) = &file.document.frontmatter else { return Vec::new() };
    let problem = match frontmatter.entry("name") {
        None => Problem::new(
            frontmatter.opening,
            "The frontmatter has no `name`: it must be the name of the skill's folder",
        )
        .with_fix(insert_field(file, frontmatter)),
        Some(entry) => match &entry.value.kind {
            NodeKind::Scalar { text, .. } if !text.trim().is_empty() => return Vec::new(),
            NodeKind::Scalar { .. } | NodeKind::Null => Problem::new(
                entry.key_span,
                "The `name` is empty: it must be the name of the skill's folder",
            )
            .with_fix(fill_in(file, entry)),
            // What has another type is not missing.
            _ => return Vec::new(),
        },
    };
    vec![problem]
}

fn insert_field(file: &SkillFile<'_>, frontmatter: &Frontmatter) -> Option<Fix> {
    // A field called `Name` would become a second one.
    let has_similar = frontmatter.entries.iter().any(|it| it.key.eq_ignore_ascii_case("name"));
    let line_end = line_end(file.text());
    let insertion =
        |name| TextEdit::insert(frontmatter.content.start, format!("name: {name}{line_end}"));
    let name = folder_name(file).filter(|_| !has_similar && frontmatter.error.is_none())?;
    Some(fix(name, insertion(name)))
}

fn fill_in(file: &SkillFile<'_>, entry: &Entry) -> Option<Fix> {
    let name = folder_name(file)?;
    let edit = if entry.value.span.is_empty() {
        let behind_key = file.text().get(entry.key_span.end..)?;
        let behind_colon = entry.key_span.end + behind_key.find(':')? + 1;
        TextEdit::insert(behind_colon, format!(" {name}"))
    } else {
        TextEdit::replace(Span::new(entry.value.span.start, entry.value.span.end), name)
    };
    Some(fix(name, edit))
}

fn folder_name<'a>(file: &SkillFile<'a>) -> Option<&'a str> {
    file.directory_name.filter(|name| is_valid_name(name))
}

fn fix(name: &str, edit: TextEdit) -> Fix {
    Fix {
        title: format!("Name it `{name}`, like its folder"),
        edits: vec![edit],
        safety: Safety::Safe,
    }
}
