//! `initialized`: from here on the client may be asked and told things.

use std::{sync::Arc, time::Duration};

use futures::future;
use runtime::config::WORKSPACE_FILE;
use serde_json::{Value, json};
use tower_lsp::lsp_types::{
    Registration, RegistrationParams, Url,
    notification::{DidChangeConfiguration, DidChangeWatchedFiles, Notification},
    request::RegisterCapability,
};
use tracing::{error, info_span, warn};

use crate::lsp::{
    session::Session,
    settings::{SECTION, files, pull_editor_settings},
};

/// How long the client may take to register something.
const REGISTRATION_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) fn initialized(session: &Arc<Session>) {
    session.outbox.open();
    let task = Arc::clone(session);
    let guide = Arc::clone(&session.guide);
    session.tasks.spawn(info_span!("guide"), async move {
        if let Err(error) = tokio::task::spawn_blocking(move || guide.unpack()).await {
            error!(%error, "unpacking the guide failed");
        }
    });
    session.tasks.spawn(info_span!("configuration"), async move {
        future::join(files::reload(&task), async {
            if task.client().pulls_configuration {
                pull_editor_settings(&task).await;
            }
        })
        .await;
        task.settings.set_known();
        register(&task).await;
    });
}

/// Asks to be told when settings change, in the editor and on disk.
async fn register(session: &Session) {
    let mut registrations = Vec::new();
    if session.client().registers_configuration {
        registrations.push(Registration {
            id: DidChangeConfiguration::METHOD.to_owned(),
            method: DidChangeConfiguration::METHOD.to_owned(),
            register_options: Some(json!({ "section": SECTION })),
        });
    }
    if session.client().registers_watched_files {
        registrations.push(Registration {
            id: DidChangeWatchedFiles::METHOD.to_owned(),
            method: DidChangeWatchedFiles::METHOD.to_owned(),
            register_options: Some(json!({ "watchers": watchers(session) })),
        });
    }
    if registrations.is_empty() {
        return;
    }
    let params = RegistrationParams { registrations };
    if let Err(error) =
        session.outbox.request::<RegisterCapability>(&params, REGISTRATION_TIMEOUT).await
    {
        warn!(%error, "changes of the settings will not be seen at once");
    }
}

fn watchers(session: &Session) -> Vec<Value> {
    let mut watchers = vec![json!({ "globPattern": format!("**/{WORKSPACE_FILE}") })];
    let user_config = session.options.user_config.as_deref();
    if session.client().watches_elsewhere
        && let Some(path) = user_config
        && let Some(folder) = path.parent().and_then(|folder| Url::from_directory_path(folder).ok())
        && let Some(name) = path.file_name().and_then(|name| name.to_str())
    {
        watchers.push(json!({ "globPattern": { "baseUri": folder, "pattern": name } }));
    }
    watchers
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::watchers;
    use crate::lsp::{
        client_features::ClientFeatures, options::Options, outbox::Outbox, session::Session,
        tasks::Tasks,
    };

    #[track_caller]
    fn check(watches_elsewhere: bool, expected: &Value) {
        let user_config = Some("/home/u/.config/preceptor/config.toml".into());
        let options = Options { user_config, ..Options::default() };
        let session = Session::new(options, Outbox::new(), Tasks::default());
        session.set_client(ClientFeatures { watches_elsewhere, ..ClientFeatures::default() });
        assert_eq!(json!(watchers(&session)), *expected);
    }

    #[test]
    fn the_users_file_is_watched_where_the_client_can() {
        let workspaces = json!({"globPattern": "**/preceptor.toml"});
        check(false, &json!([workspaces]));
        let base = "file:///home/u/.config/preceptor/";
        let users = json!({"globPattern": {"baseUri": base, "pattern": "config.toml"}});
        check(true, &json!([workspaces, users]));
    }
}
