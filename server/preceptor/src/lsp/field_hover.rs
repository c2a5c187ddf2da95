//! What hover says about a field of a skill's frontmatter.

use lint::{Place, field_at};
use tower_lsp::lsp_types::Range;

use crate::lsp::{documents::Snapshot, language::tokens};

/// The documentation of one field.
#[derive(Debug)]
pub(super) struct FieldHover {
    /// Markdown.
    pub(super) text: String,
    /// The field's key.
    pub(super) range: Range,
    /// Whether the cursor is on the key, not on the value.
    pub(super) is_on_key: bool,
}

/// Returns the documentation of the field at `offset`, if it is one that clients know.
pub(super) fn field_hover(snapshot: &Snapshot, offset: usize) -> Option<FieldHover> {
    let document = snapshot.skill();
    let (entry, field) = field_at(document.frontmatter.as_ref()?, offset)?;
    let length = match (field.place, field.name) {
        (Place::Top, "name") => Some(tokens::of_skill(snapshot)),
        (Place::Top, "description") => tokens::of_description(document),
        _ => None,
    };
    let page = field.page();
    Some(FieldHover {
        text: length.map_or_else(|| page.clone(), |length| format!("{page}\n{length}\n")),
        range: snapshot.range(entry.key_span),
        is_on_key: entry.key_span.start <= offset && offset <= entry.key_span.end,
    })
}
