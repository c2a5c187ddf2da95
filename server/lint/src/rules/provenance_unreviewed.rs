//! `provenance/unreviewed`: a teacher's skill that says it is published, and nobody accepted it.

use skill::Node;

use crate::{Level, Problem, Rule, SkillFile, neighborhood::Acceptance};

pub(super) static RULE: Rule = Rule {
    code: "provenance/unreviewed",
    level: Level::Warning,
    summary: "a teacher's skill says that it is published, but no acceptance is recorded",
    page: include_str!("../../../preceptor/guide/rules/provenance/unreviewed.md"),
    check,
};

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    if file.neighborhood.is_none_or(|it| it.acceptance != Acceptance::Missing) {
        return Vec::new();
    }
    let Some(status) = field(file, "status").filter(|it| it.as_text() == Some("published")) else {
        return Vec::new();
    };
    let source = field(file, "source").and_then(Node::as_text).unwrap_or_default();
    let is_teachers = source.starts_with("teacher") || field(file, "teacher_model").is_some();
    let message = "The skill came from a teacher model and says that it is published, but nobody \
                   is recorded to have accepted it here: read it before an agent does";
    is_teachers.then(|| Problem::new(status.span, message)).into_iter().collect()
}

/// A field below `metadata`, or at the top, where one client has it.
fn field<'a>(file: &SkillFile<'a>, key: &str) -> Option<&'a Node> {
    let metadata = file.document.field("metadata").map(Node::entries).unwrap_or_default();
    let below = metadata.iter().find(|entry| entry.key == key).map(|entry| &entry.value);
    below.or_else(|| file.document.field(key))
}
