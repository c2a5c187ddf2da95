//! The usual form of a skill: fields in their order, one kind of quotes and of list markers.
//!
//! Formatting never changes what a text means: each part is read again in its new form, and is
//! left as it was if it would mean anything else. Protected regions have their own writers.

mod fields;
mod lists;

use crate::{SkillDocument, TextEdit};

/// Returns the edits that bring a skill into its usual form; none if it has it already.
///
/// Fields named in `field_order` come first, in that order; others keep theirs. A frontmatter
/// that strict YAML refuses or that is not closed is left alone.
pub fn format(document: &SkillDocument, field_order: &[&str]) -> Vec<TextEdit> {
    let mut edits = Vec::new();
    if let Some(frontmatter) = &document.frontmatter {
        edits.extend(fields::format(&document.text, frontmatter, field_order));
    }
    edits.extend(lists::format(document));
    edits
}

#[cfg(test)]
mod tests;
