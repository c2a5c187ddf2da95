//! Where a skill comes from.

use skill::SkillDocument;

/// Tells whether a teacher wrote the skill: its `source` says so.
pub(crate) fn is_from_a_teacher(document: &SkillDocument) -> bool {
    let in_metadata = document.field("metadata").and_then(|metadata| {
        metadata.entries().iter().find(|entry| entry.key == "source")?.value.as_text()
    });
    in_metadata
        .or_else(|| document.field_text("source"))
        .is_some_and(|source| source.trim().starts_with("teacher"))
}
