//! `initialize`: what both sides can. Pure but for what it notes; nothing may be sent yet.

use std::sync::Arc;

use serde_json::{Map, Value};
use tower_lsp::lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionProviderCapability, CodeLensOptions,
    DiagnosticOptions, DiagnosticServerCapabilities, ExecuteCommandOptions, FileOperationFilter,
    FileOperationPattern, FileOperationPatternKind, FileOperationRegistrationOptions,
    HoverProviderCapability, InitializeParams, InitializeResult, OneOf, SaveOptions,
    ServerCapabilities, ServerInfo, TextDocumentSyncCapability, TextDocumentSyncKind,
    TextDocumentSyncOptions, TextDocumentSyncSaveOptions,
    WorkspaceFileOperationsServerCapabilities, WorkspaceFoldersServerCapabilities,
    WorkspaceServerCapabilities,
};

use crate::lsp::{
    board::Delivery,
    client_features::ClientFeatures,
    commands::COMMANDS,
    handlers::code_action,
    language::refactorings,
    positions,
    session::Session,
    settings::{LayerSource, take_editor_settings},
    to_proto,
};

pub(crate) fn initialize(session: &Arc<Session>, params: InitializeParams) -> InitializeResult {
    let offered = params.capabilities.general.as_ref();
    let encoding =
        positions::choose_encoding(offered.and_then(|it| it.position_encodings.as_deref()));
    session.documents.set_encoding(encoding);
    session.open_folders.begin(&params);
    session.set_client(ClientFeatures::new(&params));
    session.board.set_delivery(delivery(session.client()));
    if let Some(options) = params.initialization_options {
        take_editor_settings(session, LayerSource::InitializationOptions, options);
    }
    let announced = session.client().language.capabilities.clone();
    InitializeResult {
        server_info: Some(ServerInfo {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        }),
        capabilities: with_announced(
            announced,
            ServerCapabilities {
                position_encoding: Some(positions::encoding_to_proto(encoding)),
                text_document_sync: Some(TextDocumentSyncCapability::Options(
                    TextDocumentSyncOptions {
                        open_close: Some(true),
                        change: Some(TextDocumentSyncKind::INCREMENTAL),
                        will_save: None,
                        will_save_wait_until: None,
                        save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions {
                            include_text: Some(false),
                        })),
                    },
                )),
                diagnostic_provider: Some(DiagnosticServerCapabilities::Options(
                    DiagnosticOptions {
                        identifier: Some(to_proto::SOURCE.to_owned()),
                        inter_file_dependencies: true,
                        workspace_diagnostics: true,
                        ..DiagnosticOptions::default()
                    },
                )),
                workspace_symbol_provider: Some(OneOf::Left(true)),
                hover_provider: Some(HoverProviderCapability::Simple(true)),
                code_action_provider: Some(CodeActionProviderCapability::Options(
                    CodeActionOptions {
                        code_action_kinds: Some(vec![
                            CodeActionKind::QUICKFIX,
                            refactorings::EXTRACT,
                            refactorings::REWRITE,
                            code_action::FIX_ALL,
                        ]),
                        resolve_provider: Some(true),
                        ..CodeActionOptions::default()
                    },
                )),
                code_lens_provider: Some(CodeLensOptions { resolve_provider: Some(false) }),
                execute_command_provider: Some(ExecuteCommandOptions {
                    commands: COMMANDS.map(str::to_owned).to_vec(),
                    ..ExecuteCommandOptions::default()
                }),
                workspace: Some(WorkspaceServerCapabilities {
                    workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                        supported: Some(true),
                        change_notifications: Some(OneOf::Left(true)),
                    }),
                    file_operations: Some(WorkspaceFileOperationsServerCapabilities {
                        will_rename: Some(renamed_folders()),
                        ..WorkspaceFileOperationsServerCapabilities::default()
                    }),
                }),
                ..ServerCapabilities::default()
            },
        ),
    }
}

/// The folder of a skill has its name.
fn renamed_folders() -> FileOperationRegistrationOptions {
    let pattern = FileOperationPattern {
        glob: "**/*".to_owned(),
        matches: Some(FileOperationPatternKind::Folder),
        options: None,
    };
    FileOperationRegistrationOptions {
        filters: vec![FileOperationFilter { scheme: Some("file".to_owned()), pattern }],
    }
}

/// Never both ways at once: the client would show each diagnostic twice.
const fn delivery(client: &ClientFeatures) -> Delivery {
    match (client.pulls_diagnostics, client.refreshes_diagnostics) {
        (false, _) => Delivery::Push,
        (true, true) => Delivery::Pull,
        (true, false) => Delivery::PullFindings,
    }
}

/// Adds features by their keys.
fn with_announced(announced: Map<String, Value>, others: ServerCapabilities) -> ServerCapabilities {
    let Ok(Value::Object(mut capabilities)) = serde_json::to_value(&others) else { return others };
    capabilities.extend(announced);
    serde_json::from_value(Value::Object(capabilities)).unwrap_or(others)
}
