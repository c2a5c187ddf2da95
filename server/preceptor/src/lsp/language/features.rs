//! Which language features there are, for which documents, and how editors are told.
//!
//! A feature that is announced in `initialize` is for every document of the editor: VS Code then
//! asks which formatter to use for Rust. Where the editor takes registrations, a feature is
//! registered for the documents it is for; elsewhere it is announced and answers nothing for
//! others.

use serde_json::{Map, Value, json};
use tower_lsp::lsp_types::{InitializeParams, Registration};

use crate::lsp::language::{completion::TRIGGERS, semantic_tokens};

/// One feature of the protocol.
#[derive(Debug)]
struct Feature {
    method: &'static str,
    /// Its place in the client's `textDocument` capabilities.
    client_key: &'static str,
    /// Its place in the server's capabilities.
    server_key: &'static str,
    patterns: &'static [&'static str],
    options: fn() -> Value,
}

const SKILLS: &[&str] = &["**/SKILL.md"];
const SKILL_TEXTS: &[&str] = &["**/SKILL.md", "**/references/**/*.md"];
const SKILLS_AND_TRANSCRIPTS: &[&str] = &["**/SKILL.md", "**/.preceptor/**/transcript.md"];

/// A request may stand in any document.
const EVERYWHERE: &[&str] = &["**/*"];

/// Every feature that is for some documents only.
static FEATURES: &[Feature] = &[
    Feature {
        method: "textDocument/completion",
        client_key: "completion",
        server_key: "completionProvider",
        patterns: SKILL_TEXTS,
        options: || json!({ "triggerCharacters": TRIGGERS }),
    },
    Feature {
        method: "textDocument/documentSymbol",
        client_key: "documentSymbol",
        server_key: "documentSymbolProvider",
        patterns: SKILLS_AND_TRANSCRIPTS,
        options: || json!({ "label": "Preceptor" }),
    },
    Feature {
        method: "textDocument/foldingRange",
        client_key: "foldingRange",
        server_key: "foldingRangeProvider",
        patterns: SKILLS_AND_TRANSCRIPTS,
        options: no_options,
    },
    Feature {
        method: "textDocument/selectionRange",
        client_key: "selectionRange",
        server_key: "selectionRangeProvider",
        patterns: SKILLS_AND_TRANSCRIPTS,
        options: no_options,
    },
    Feature {
        method: "textDocument/formatting",
        client_key: "formatting",
        server_key: "documentFormattingProvider",
        patterns: SKILLS,
        options: no_options,
    },
    Feature {
        method: "textDocument/inlayHint",
        client_key: "inlayHint",
        server_key: "inlayHintProvider",
        patterns: EVERYWHERE,
        options: no_options,
    },
    Feature {
        method: "textDocument/definition",
        client_key: "definition",
        server_key: "definitionProvider",
        patterns: SKILL_TEXTS,
        options: no_options,
    },
    Feature {
        method: "textDocument/references",
        client_key: "references",
        server_key: "referencesProvider",
        patterns: SKILL_TEXTS,
        options: no_options,
    },
    Feature {
        method: "textDocument/rename",
        client_key: "rename",
        server_key: "renameProvider",
        patterns: SKILL_TEXTS,
        options: || json!({ "prepareProvider": true }),
    },
    Feature {
        method: "textDocument/documentLink",
        client_key: "documentLink",
        server_key: "documentLinkProvider",
        patterns: SKILL_TEXTS,
        options: no_options,
    },
    Feature {
        method: "textDocument/semanticTokens",
        client_key: "semanticTokens",
        server_key: "semanticTokensProvider",
        patterns: SKILL_TEXTS,
        options: semantic_tokens::options,
    },
];

fn no_options() -> Value {
    Value::Object(Map::new())
}

/// How each feature reaches the editor.
#[derive(Debug, Clone, Default)]
pub(crate) struct Announcements {
    /// Keys of the server's capabilities.
    pub(crate) capabilities: Map<String, Value>,
    /// What is registered once the editor is ready.
    pub(crate) registrations: Vec<Registration>,
}

impl Announcements {
    /// Decides by what the client said.
    pub(crate) fn new(params: &InitializeParams) -> Self {
        let client = serde_json::to_value(&params.capabilities.text_document).unwrap_or_default();
        let mut announcements = Self::default();
        for feature in FEATURES {
            let pointer = format!("/{}/dynamicRegistration", feature.client_key);
            if client.pointer(&pointer).and_then(Value::as_bool) == Some(true) {
                announcements.registrations.push(feature.registration());
            } else {
                let options = (feature.options)();
                announcements.capabilities.insert(feature.server_key.to_owned(), options);
            }
        }
        announcements
    }
}

impl Feature {
    fn registration(&self) -> Registration {
        let patterns = self.patterns.iter();
        let selector: Vec<Value> =
            patterns.map(|pattern| json!({ "scheme": "file", "pattern": pattern })).collect();
        let mut options = (self.options)();
        if let Value::Object(options) = &mut options {
            options.insert("documentSelector".to_owned(), Value::Array(selector));
        }
        Registration {
            id: self.method.to_owned(),
            method: self.method.to_owned(),
            register_options: Some(options),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tower_lsp::lsp_types::InitializeParams;

    use super::{Announcements, FEATURES};

    #[test]
    fn a_feature_is_registered_where_the_client_can_and_announced_elsewhere() {
        let capabilities =
            json!({ "textDocument": { "formatting": { "dynamicRegistration": true } } });
        let params: InitializeParams =
            serde_json::from_value(json!({ "capabilities": capabilities })).unwrap();
        let announcements = Announcements::new(&params);
        let registered: Vec<_> =
            announcements.registrations.iter().map(|it| it.method.as_str()).collect();
        assert_eq!(registered, ["textDocument/formatting"]);
        let options = announcements.registrations[0].register_options.as_ref().unwrap();
        assert_eq!(options["documentSelector"][0]["pattern"], "**/SKILL.md");
        assert_eq!(announcements.capabilities.len(), FEATURES.len() - 1);
        assert!(!announcements.capabilities.contains_key("documentFormattingProvider"));
    }
}
