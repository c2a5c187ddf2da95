//! `frontmatter/non-string-metadata`: a value below `metadata` that is not a text.

use skill::{Entry, Node, NodeKind, TextEdit, quoted_yaml};

use crate::{
    Fix, Level, Place, Problem, Rule, Safety, Severity, SkillFile, field, yaml_type::other_type,
};

pub(super) static RULE: Rule = Rule {
    code: "frontmatter/non-string-metadata",
    level: Level::Warning,
    summary: "a value below `metadata` is not a text",
    page: include_str!("../../../preceptor/guide/rules/frontmatter/non-string-metadata.md"),
    check,
};

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let metadata = file.document.field("metadata").map(Node::entries);
    metadata.unwrap_or_default().iter().filter_map(|entry| problem(file.text(), entry)).collect()
}

fn problem(text: &str, entry: &Entry) -> Option<Problem> {
    let key = &entry.key;
    let span = entry.value.span;
    let other = match &entry.value.kind {
        // A client that keeps fields of its own here says so.
        NodeKind::Sequence(_) | NodeKind::Mapping(_) if is_nested(key) => return None,
        NodeKind::Sequence(_) => "a list",
        NodeKind::Mapping(_) => "a map",
        NodeKind::Null => {
            let message = format!("`{key}` has no value: the format asks for a text in `metadata`");
            return Some(Problem::new(entry.key_span, message).at_most(Severity::Hint));
        }
        _ => other_type(&entry.value)?,
    };
    let is_single = !matches!(entry.value.kind, NodeKind::Sequence(_) | NodeKind::Mapping(_));
    let advice = if is_single { "put it in quotes" } else { "write it as one text" };
    let message = format!(
        "`{key}` is {other}, and the format asks for a text in `metadata`: strict clients refuse \
         it; {advice}"
    );
    let fix = is_single.then(|| Fix {
        title: "Put it in quotes".to_owned(),
        edits: vec![TextEdit::replace(span, quoted_yaml(span.of(text)))],
        safety: Safety::Safe,
    });
    let problem = Problem::new(span, message).with_fix(fix);
    // Most parsers of today read a date as a text.
    Some(if other == "a date" { problem.at_most(Severity::Hint) } else { problem })
}

fn is_nested(key: &str) -> bool {
    field(Place::Metadata, key).is_some_and(|field| field.is_map)
}
