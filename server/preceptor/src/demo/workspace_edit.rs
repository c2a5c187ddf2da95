//! What a `WorkspaceEdit` asks an editor to do, in its order.

use std::collections::BTreeMap;

use anyhow::Context;
use serde::Deserialize;
use serde_json::Value;
use skill::{LineIndex, Position, PositionEncoding, Span, TextEdit, apply_edits};

/// One thing to do.
#[derive(Debug)]
pub(super) enum EditStep {
    /// Creates an empty file.
    Create {
        uri: String,
        /// Whether a file that is there is emptied.
        overwrite: bool,
        /// Whether a file that is there is left as it is.
        ignore_if_exists: bool,
    },
    /// Changes a document.
    Change {
        uri: String,
        /// The version that the places are meant for; `None`: whatever it is.
        version: Option<i64>,
        changes: Vec<Change>,
    },
}

/// One replacement.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Change {
    range: WireRange,
    new_text: String,
}

/// Reads a `WorkspaceEdit`.
pub(super) fn steps(edit: &Value) -> anyhow::Result<Vec<EditStep>> {
    let edit = WireEdit::deserialize(edit).context("reading an edit of the server")?;
    let changes = edit.changes.into_iter().map(|(uri, changes)| EditStep::Change {
        uri,
        version: None,
        changes,
    });
    let document_changes = edit.document_changes.into_iter().map(|change| match change {
        WireDocumentChange::Resource(WireResource::Create { uri, options }) => EditStep::Create {
            uri,
            overwrite: options.overwrite,
            ignore_if_exists: options.ignore_if_exists,
        },
        WireDocumentChange::Text { text_document, edits } => EditStep::Change {
            uri: text_document.uri,
            version: text_document.version,
            changes: edits,
        },
    });
    Ok(changes.chain(document_changes).collect())
}

/// Returns the text with all changes made, whose places mean the text as it was.
pub(super) fn changed(
    text: &str,
    changes: &[Change],
    encoding: PositionEncoding,
) -> anyhow::Result<String> {
    let index = LineIndex::new(text);
    let offset = |position: WirePosition| {
        let WirePosition { line, character } = position;
        index.offset(text, Position { line, character }, encoding)
    };
    let edits: Vec<TextEdit> = changes
        .iter()
        .map(|Change { range, new_text }| {
            TextEdit::replace(Span::new(offset(range.start), offset(range.end)), new_text)
        })
        .collect();
    apply_edits(text, &edits).context("applying an edit of the server")
}

#[derive(Debug, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[derive(Default)]
struct WireEdit {
    changes: BTreeMap<String, Vec<Change>>,
    document_changes: Vec<WireDocumentChange>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum WireDocumentChange {
    Resource(WireResource),
    #[serde(rename_all = "camelCase")]
    Text {
        text_document: WireDocument,
        edits: Vec<Change>,
    },
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
enum WireResource {
    Create {
        uri: String,
        #[serde(default)]
        options: WireCreateOptions,
    },
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct WireCreateOptions {
    overwrite: bool,
    ignore_if_exists: bool,
}

#[derive(Debug, Deserialize)]
struct WireDocument {
    uri: String,
    version: Option<i64>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct WireRange {
    start: WirePosition,
    end: WirePosition,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct WirePosition {
    line: usize,
    character: usize,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use skill::PositionEncoding;

    use super::{EditStep, changed, steps};

    fn range(start: [usize; 2], end: [usize; 2]) -> Value {
        let [start, end] =
            [start, end].map(|[line, character]| json!({"line": line, "character": character}));
        json!({"start": start, "end": end})
    }

    #[test]
    fn a_file_is_created_before_its_text_is_put_in() {
        let edit = json!({"documentChanges": [
            {"kind": "create", "uri": "file:///a", "options": {"overwrite": false}},
            {"textDocument": {"uri": "file:///a", "version": null},
             "edits": [{"range": range([0, 0], [0, 0]), "newText": "text"}]},
        ]});
        let steps = steps(&edit).unwrap();
        let [
            EditStep::Create { uri, overwrite: false, ignore_if_exists: false },
            EditStep::Change { uri: changed_uri, version: None, changes },
        ] = steps.as_slice()
        else {
            panic!("{steps:?}")
        };
        assert_eq!(uri, changed_uri);
        assert_eq!(changed("", changes, PositionEncoding::Utf16).unwrap(), "text");
    }

    #[test]
    fn columns_count_in_the_agreed_unit() {
        for (encoding, column) in [(PositionEncoding::Utf16, 2), (PositionEncoding::Utf8, 4)] {
            let edit = json!({"changes": {"file:///a": [
                {"range": range([1, column], [1, column + 1]), "newText": "y"},
                {"range": range([0, 0], [0, 1]), "newText": "b"},
            ]}});
            let steps = steps(&edit).unwrap();
            let [EditStep::Change { version: None, changes, .. }] = steps.as_slice() else {
                panic!("{steps:?}")
            };
            assert_eq!(changed("a\n🦀x", changes, encoding).unwrap(), "b\n🦀y");
        }
    }

    #[test]
    fn what_this_editor_cannot_do_is_refused() {
        assert!(
            steps(&json!({"documentChanges": [{"kind": "delete", "uri": "file:///a"}]})).is_err()
        );
    }
}
