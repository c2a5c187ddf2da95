//! `initialized`: from here on the client may be asked and told things.

use std::{sync::Arc, time::Duration};

use futures::future;
use runtime::config::Layer;
use serde_json::json;
use tower_lsp::lsp_types::{
    Registration, RegistrationParams,
    notification::{DidChangeConfiguration, Notification},
    request::RegisterCapability,
};
use tracing::{error, info_span, warn};

use crate::lsp::{
    session::Session,
    settings::{self, LayerSource, SECTION, pull_editor_settings},
};

/// How long the client may take to register something.
const REGISTRATION_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) fn initialized(session: &Arc<Session>) {
    session.outbox.open();
    let task = Arc::clone(session);
    session.tasks.spawn(info_span!("configuration"), async move {
        future::join(read_user_file(&task), async {
            if task.client().pulls_configuration {
                pull_editor_settings(&task).await;
            }
        })
        .await;
        task.settings.set_known();
        if task.client().registers_configuration {
            register_configuration(&task).await;
        }
    });
}

async fn read_user_file(session: &Session) {
    let Some(path) = session.options.user_config.clone() else {
        return;
    };
    match tokio::task::spawn_blocking(move || Layer::from_file(&path)).await {
        Ok(layer) => settings::update(session, LayerSource::UserFile, layer),
        Err(error) => error!(%error, "reading the user's settings failed"),
    }
}

async fn register_configuration(session: &Session) {
    let method = DidChangeConfiguration::METHOD;
    let params = RegistrationParams {
        registrations: vec![Registration {
            id: method.to_owned(),
            method: method.to_owned(),
            register_options: Some(json!({ "section": SECTION })),
        }],
    };
    if let Err(error) =
        session.outbox.request::<RegisterCapability>(&params, REGISTRATION_TIMEOUT).await
    {
        warn!(%error, "changes of the editor's settings will not be seen");
    }
}
