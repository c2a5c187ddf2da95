//! What hover says about a field of a skill's frontmatter.

use lint::field_at;
use skill::Frontmatter;
use tower_lsp::lsp_types::Range;

use crate::lsp::documents::Snapshot;

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
    let frontmatter = Frontmatter::parse(snapshot.text())?;
    let (entry, field) = field_at(&frontmatter, offset)?;
    Some(FieldHover {
        text: field.page(),
        range: snapshot.range(entry.key_span),
        is_on_key: entry.key_span.start <= offset && offset <= entry.key_span.end,
    })
}
