//! `frontmatter/wrong-type`: a field of the format that has another type.

use skill::{Entry, Node, NodeKind, TextEdit, quoted_yaml};

use crate::{Fix, Level, Problem, Rule, Safety, Severity, SkillFile, yaml_type::other_type};

pub(super) static RULE: Rule = Rule {
    code: "frontmatter/wrong-type",
    level: Level::Error,
    summary: "a field of the format has a value of another type",
    page: include_str!("../../../preceptor/guide/rules/frontmatter/wrong-type.md"),
    check,
};

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let entries = file.document.frontmatter.iter().flat_map(|it| &it.entries);
    entries.filter_map(|entry| problem(file.text(), entry)).collect()
}

fn problem(text: &str, entry: &Entry) -> Option<Problem> {
    match entry.key.as_str() {
        "name" | "description" => not_a_text(text, entry),
        // No client is known to look at these so closely.
        "license" | "compatibility" => {
            not_a_text(text, entry).map(|problem| problem.at_most(Severity::Warning))
        }
        "allowed-tools" if matches!(entry.value.kind, NodeKind::Mapping(_)) => Some(wrong(
            entry,
            "must be one text with spaces between the tools, not fields of its own",
        )),
        "metadata" if matches!(entry.value.kind, NodeKind::Scalar { .. }) => {
            Some(wrong(entry, "must be a map of fields, not a single value"))
        }
        "metadata" if matches!(entry.value.kind, NodeKind::Sequence(_)) => {
            Some(wrong(entry, "must be a map of fields, not a list"))
        }
        _ => None,
    }
}

fn not_a_text(text: &str, entry: &Entry) -> Option<Problem> {
    let Node { span, kind } = &entry.value;
    match kind {
        NodeKind::Sequence(_) => Some(wrong(entry, "must be a text, not a list")),
        NodeKind::Mapping(_) => Some(wrong(entry, "must be a text, not fields of its own")),
        _ => {
            let other = other_type(&entry.value)?;
            let message = format!("must be a text, and YAML reads {other} here");
            Some(wrong(entry, &message).with_fix(Fix {
                title: "Put it in quotes".to_owned(),
                edits: vec![TextEdit::replace(*span, quoted_yaml(span.of(text)))],
                safety: Safety::Safe,
            }))
        }
    }
}

fn wrong(entry: &Entry, what: &str) -> Problem {
    let message = format!("The `{}` {what}: strict clients refuse the skill", entry.key);
    Problem::new(entry.value.span, message)
}
