//! `workspace/didChangeConfiguration`: settings in the message, or a hint to ask for them.

use std::sync::Arc;

use serde_json::Value;
use tower_lsp::lsp_types::DidChangeConfigurationParams;
use tracing::info_span;

use crate::lsp::{
    session::Session,
    settings::{LayerSource, SECTION, pull_editor_settings, take_editor_settings},
};

pub(crate) fn did_change_configuration(
    session: &Arc<Session>,
    params: DidChangeConfigurationParams,
) {
    let DidChangeConfigurationParams { settings } = params;
    if settings.get(SECTION).is_some() {
        take_editor_settings(session, LayerSource::Editor, settings);
    } else if session.client().pulls_configuration {
        let task = Arc::clone(session);
        session.tasks.spawn(info_span!("configuration"), async move {
            pull_editor_settings(&task).await;
        });
    } else {
        // Settings without our section: there are none any more.
        take_editor_settings(session, LayerSource::Editor, Value::Null);
    }
}
