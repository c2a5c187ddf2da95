//! The protocol's messages, as far as this editor reads or writes them.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Value, json};

/// A diagnostic as an editor shows it.
#[derive(Debug, Clone)]
pub(super) struct Diagnostic {
    /// Counted from zero.
    pub(super) line: u64,
    pub(super) severity: Severity,
    /// Empty if it has none.
    pub(super) code: String,
    pub(super) message: String,
    /// As it came, for requests that send it back.
    pub(super) wire: Value,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Severity {
    Error,
    Warning,
    Information,
    Hint,
}

/// A code action.
#[derive(Debug, Clone)]
pub(super) struct Action {
    pub(super) title: String,
    /// The name of the command that it runs; empty if it only edits.
    pub(super) command: String,
    /// What the command takes.
    pub(super) arguments: Value,
    /// What it changes by itself.
    pub(super) edit: Option<Value>,
}

/// A `preceptor/event`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event {
    pub(super) run_id: String,
    /// Whether the teacher's attempt produced it.
    pub(super) teacher: bool,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) data: Value,
}

impl Diagnostic {
    /// Reads a diagnostic; what is missing is empty.
    pub(super) fn new(wire: &Value) -> Self {
        Self {
            line: wire.pointer("/range/start/line").and_then(Value::as_u64).unwrap_or_default(),
            severity: match wire.get("severity").and_then(Value::as_u64) {
                Some(2) => Severity::Warning,
                Some(3) => Severity::Information,
                Some(4) => Severity::Hint,
                _ => Severity::Error,
            },
            code: text(wire, "/code").to_owned(),
            message: text(wire, "/message").to_owned(),
            wire: wire.clone(),
        }
    }
}

impl Action {
    /// Reads an action, or a bare command.
    pub(super) fn new(wire: &Value) -> Self {
        let command = wire.get("command").filter(|command| command.is_object()).unwrap_or(wire);
        Self {
            title: text(wire, "/title").to_owned(),
            command: text(command, "/command").to_owned(),
            arguments: command.get("arguments").cloned().unwrap_or_else(|| json!([])),
            edit: wire.get("edit").filter(|edit| edit.is_object()).cloned(),
        }
    }
}

/// Returns the string at a place of a JSON value; empty if there is none.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// What this editor tells the server about itself.
pub(super) fn capabilities() -> Value {
    json!({
        "general": { "positionEncodings": ["utf-8", "utf-16"] },
        "textDocument": {
            "synchronization": { "didSave": true },
            "publishDiagnostics": { "versionSupport": true, "codeDescriptionSupport": true },
            "codeAction": {
                "codeActionLiteralSupport": {
                    "codeActionKind": { "valueSet": ["", "quickfix", "source"] },
                },
                "dataSupport": true,
                "isPreferredSupport": true,
            },
            "codeLens": {},
        },
        "workspace": {
            "applyEdit": true,
            "workspaceEdit": { "documentChanges": true, "resourceOperations": ["create"] },
            "workspaceFolders": true,
        },
        "window": { "workDoneProgress": true },
        "experimental": { "preceptor": { "events": true, "save": true } },
    })
}

/// Returns the path of a `file:` address on this machine.
pub(super) fn path_from_uri(uri: &str) -> Option<PathBuf> {
    let encoded = uri.strip_prefix("file://")?;
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'%' {
            let digits = rest.get(..2).and_then(|digits| std::str::from_utf8(digits).ok())?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = rest.get(2..)?;
        } else {
            bytes.push(byte);
        }
    }
    let path = PathBuf::from(String::from_utf8(bytes).ok()?);
    path.is_absolute().then_some(path)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use runtime::uri;

    use super::path_from_uri;

    #[test]
    fn paths_come_back_from_their_addresses() {
        for path in ["/tmp/a b/größe%.md", "/tmp/🦀"] {
            assert_eq!(
                path_from_uri(&uri::from_path(Path::new(path))).as_deref(),
                Some(Path::new(path))
            );
        }
        for uri in ["untitled:a", "file://host/a", "file:///%f", "file:///%ff"] {
            assert_eq!(path_from_uri(uri), None, "{uri}");
        }
    }
}
