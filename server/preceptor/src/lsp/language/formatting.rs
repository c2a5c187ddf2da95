//! `textDocument/formatting`: a skill in its usual form.

use lint::{Place, fields};
use skill::format;
use tower_lsp::lsp_types::TextEdit;

use crate::lsp::documents::Snapshot;

/// Returns the edits that bring a skill into its usual form.
pub(crate) fn formatting(snapshot: &Snapshot) -> Vec<TextEdit> {
    let top = fields().iter().filter(|field| field.place == Place::Top);
    let order: Vec<&str> = top.map(|field| field.name).collect();
    let edits = format(snapshot.skill(), &order).into_iter();
    edits
        .map(|edit| TextEdit { range: snapshot.range(edit.span), new_text: edit.new_text })
        .collect()
}
