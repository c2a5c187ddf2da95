//! What the client said it can, read once.

use serde::Deserialize;
use tower_lsp::lsp_types::{ClientCapabilities, InitializeParams, ResourceOperationKind};

use crate::lsp::language::features::Announcements;

/// Facts about the client that decide how things are sent to it.
#[derive(Debug, Clone, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the protocol's capabilities are independent of each other"
)]
pub struct ClientFeatures {
    /// It answers `workspace/configuration`.
    pub pulls_configuration: bool,
    /// It can be asked to tell about changes of the configuration.
    pub registers_configuration: bool,
    /// It can be asked to tell about changes of files.
    pub registers_watched_files: bool,
    /// Those files may be named relative to any folder.
    pub watches_elsewhere: bool,
    /// It takes edits with document versions.
    pub versioned_edits: bool,
    /// It creates files as part of an edit.
    pub creates_files: bool,
    /// It deletes files as part of an edit.
    pub deletes_files: bool,
    /// It renames files and folders as part of an edit.
    pub renames_files: bool,
    /// It asks for an action's edit once the person has chosen it.
    pub resolves_code_actions: bool,
    /// It asks the person about the parts of an edit that are marked so.
    pub annotates_edits: bool,
    /// It applies edits that the server sends.
    pub applies_edits: bool,
    /// It shows progress that the server starts.
    pub shows_progress: bool,
    /// It asks the person for the server.
    pub shows_message_requests: bool,
    /// It opens documents for the server.
    pub shows_documents: bool,
    /// It asks for code lenses again when told to.
    pub refreshes_code_lenses: bool,
    /// It asks for inlay hints again when told to.
    pub refreshes_inlay_hints: bool,
    /// It asks for semantic tokens again when told to.
    pub refreshes_semantic_tokens: bool,
    /// It asks for the diagnostics of open documents.
    pub pulls_diagnostics: bool,
    /// It asks for diagnostics again when told to.
    pub refreshes_diagnostics: bool,
    /// It shows outlines as trees.
    pub nests_symbols: bool,
    /// It takes completions with places to fill in.
    pub takes_snippets: bool,
    /// How it is told of the features that are for some documents only.
    pub(crate) language: Announcements,
    /// What it announced about this server's own methods.
    pub preceptor: PreceptorFeatures,
}

/// `capabilities.experimental.preceptor`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct PreceptorFeatures {
    /// It takes `preceptor/event`.
    pub events: bool,
    /// It answers `preceptor/requestPermission`.
    pub permissions: bool,
    /// It answers `preceptor/save`.
    pub save: bool,
}

impl ClientFeatures {
    /// Reads what `initialize` says.
    pub fn new(params: &InitializeParams) -> Self {
        let ClientCapabilities { workspace, window, experimental, .. } = &params.capabilities;
        let workspace = workspace.as_ref();
        let window = window.as_ref();
        let watched = workspace.and_then(|it| it.did_change_watched_files.as_ref());
        let edits = workspace.and_then(|it| it.workspace_edit.as_ref());
        Self {
            pulls_configuration: workspace.and_then(|it| it.configuration).unwrap_or_default(),
            registers_configuration: workspace
                .and_then(|it| it.did_change_configuration.as_ref()?.dynamic_registration)
                .unwrap_or_default(),
            registers_watched_files: watched.and_then(|it| it.dynamic_registration) == Some(true),
            watches_elsewhere: watched.and_then(|it| it.relative_pattern_support) == Some(true),
            versioned_edits: edits.and_then(|it| it.document_changes).unwrap_or_default(),
            creates_files: edits
                .and_then(|it| it.resource_operations.as_ref())
                .is_some_and(|operations| operations.contains(&ResourceOperationKind::Create)),
            deletes_files: edits
                .and_then(|it| it.resource_operations.as_ref())
                .is_some_and(|operations| operations.contains(&ResourceOperationKind::Delete)),
            renames_files: edits
                .and_then(|it| it.resource_operations.as_ref())
                .is_some_and(|operations| operations.contains(&ResourceOperationKind::Rename)),
            resolves_code_actions: resolves_edits(params),
            annotates_edits: edits.is_some_and(|it| it.change_annotation_support.is_some()),
            applies_edits: workspace.and_then(|it| it.apply_edit).unwrap_or_default(),
            shows_progress: window.and_then(|it| it.work_done_progress).unwrap_or_default(),
            shows_message_requests: window.is_some_and(|it| it.show_message.is_some()),
            shows_documents: window
                .and_then(|it| it.show_document.as_ref())
                .is_some_and(|it| it.support),
            refreshes_code_lenses: workspace
                .and_then(|it| it.code_lens.as_ref()?.refresh_support)
                .unwrap_or_default(),
            refreshes_inlay_hints: workspace
                .and_then(|it| it.inlay_hint.as_ref()?.refresh_support)
                .unwrap_or_default(),
            refreshes_semantic_tokens: workspace
                .and_then(|it| it.semantic_tokens.as_ref()?.refresh_support)
                .unwrap_or_default(),
            pulls_diagnostics: params
                .capabilities
                .text_document
                .as_ref()
                .is_some_and(|it| it.diagnostic.is_some()),
            refreshes_diagnostics: workspace
                .and_then(|it| it.diagnostic.as_ref()?.refresh_support)
                .unwrap_or_default(),
            nests_symbols: params
                .capabilities
                .text_document
                .as_ref()
                .and_then(|it| it.document_symbol.as_ref()?.hierarchical_document_symbol_support)
                .unwrap_or_default(),
            takes_snippets: params
                .capabilities
                .text_document
                .as_ref()
                .and_then(|it| it.completion.as_ref()?.completion_item.as_ref()?.snippet_support)
                .unwrap_or_default(),
            language: Announcements::new(params),
            preceptor: experimental
                .as_ref()
                .and_then(|it| it.get("preceptor"))
                .and_then(|it| PreceptorFeatures::deserialize(it).ok())
                .unwrap_or_default(),
        }
    }
}

/// The action that comes back has to be the one that was sent.
fn resolves_edits(params: &InitializeParams) -> bool {
    let document = params.capabilities.text_document.as_ref();
    let actions = document.and_then(|it| it.code_action.as_ref());
    actions.is_some_and(|it| {
        let resolved = it.resolve_support.as_ref();
        it.data_support == Some(true)
            && resolved.is_some_and(|it| it.properties.iter().any(|name| name == "edit"))
    })
}
