//! What an editor does with edits.

use serde_json::Value;
use skill::{LineIndex, Position, PositionEncoding, Span, TextEdit, apply_edits};

/// Applies the edits of one document, with the columns of UTF-16.
pub(crate) fn applied(text: &str, edits: &Value) -> String {
    let line_index = LineIndex::new(text);
    let offset = |position: &Value| {
        let number = |key: &str| usize::try_from(position[key].as_u64().unwrap()).unwrap();
        let position = Position { line: number("line"), character: number("character") };
        line_index.offset(text, position, PositionEncoding::Utf16)
    };
    let edits = edits.as_array().unwrap().iter().map(|edit| {
        let span = Span::new(offset(&edit["range"]["start"]), offset(&edit["range"]["end"]));
        TextEdit::replace(span, edit["newText"].as_str().unwrap())
    });
    apply_edits(text, &edits.collect::<Vec<_>>()).unwrap()
}
