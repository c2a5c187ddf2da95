//! Registers with the client: changes of the settings, in the editor and on disk, and the language
//! features that are for some documents only.

use std::{path::Path, time::Duration};

use runtime::{config::WORKSPACE_FILE, trust::TrustRecords};
use serde_json::{Value, json};
use tower_lsp::lsp_types::{
    Registration, RegistrationParams, Unregistration, UnregistrationParams, Url,
    notification::{DidChangeConfiguration, DidChangeWatchedFiles, Notification},
    request::{
        InlayHintRefreshRequest, InlayHintRequest, RegisterCapability, Request,
        UnregisterCapability,
    },
};
use tracing::{debug, warn};

use crate::lsp::{session::Session, settings::SECTION};

/// How long the client may take to register something.
const REGISTRATION_TIMEOUT: Duration = Duration::from_secs(10);

/// Where the files of skills lie. To watch everything would be dear for the
/// editor.
const SKILL_FILES: [&str; 3] = ["**/SKILL.md", "**/skills/**", "**/{scripts,references,assets}/**"];

/// Asks for everything that the client can tell.
pub(crate) async fn begin(session: &Session) {
    register_all(session).await;
    show_hints(session).await;
}

async fn register_all(session: &Session) {
    let _registering = session.settings.registering.lock().await;
    let mut registrations = Vec::new();
    if session.client().registers_configuration {
        registrations.push(Registration {
            id: DidChangeConfiguration::METHOD.to_owned(),
            method: DidChangeConfiguration::METHOD.to_owned(),
            register_options: Some(json!({ "section": SECTION })),
        });
    }
    if session.client().registers_watched_files {
        registrations.push(watched_files(session));
    }
    registrations.extend(session.client().language.registrations.iter().cloned());
    register(session, registrations).await;
}

/// Neovim does not ask for the hints of documents that were open before they were registered.
async fn show_hints(session: &Session) {
    let client = session.client();
    let mut registrations = client.language.registrations.iter();
    let is_registered = registrations.any(|it| it.method == InlayHintRequest::METHOD);
    if !is_registered || !client.refreshes_inlay_hints {
        return;
    }
    let refreshed = session.outbox.request::<InlayHintRefreshRequest>(&(), REGISTRATION_TIMEOUT);
    if let Err(error) = refreshed.await {
        debug!(%error, "the inlay hints were not refreshed");
    }
}

/// Asks anew for changes on disk: some clients watch only the folders that were open when they
/// were asked.
pub(crate) async fn folders_changed(session: &Session) {
    if !session.client().registers_watched_files {
        return;
    }
    let _registering = session.settings.registering.lock().await;
    let Registration { id, method, .. } = watched_files(session);
    let params = UnregistrationParams { unregisterations: vec![Unregistration { id, method }] };
    let answer =
        session.outbox.request::<UnregisterCapability>(&params, REGISTRATION_TIMEOUT).await;
    if let Err(error) = answer {
        warn!(%error, "files of folders that were closed are still watched");
    }
    register(session, vec![watched_files(session)]).await;
}

async fn register(session: &Session, registrations: Vec<Registration>) {
    if registrations.is_empty() {
        return;
    }
    let params = RegistrationParams { registrations };
    if let Err(error) =
        session.outbox.request::<RegisterCapability>(&params, REGISTRATION_TIMEOUT).await
    {
        warn!(%error, "the client took no registrations: changes of the settings will not be seen at once");
    }
}

fn watched_files(session: &Session) -> Registration {
    Registration {
        id: DidChangeWatchedFiles::METHOD.to_owned(),
        method: DidChangeWatchedFiles::METHOD.to_owned(),
        register_options: Some(json!({ "watchers": watchers(session) })),
    }
}

fn watchers(session: &Session) -> Vec<Value> {
    let workspace_file = format!("**/{WORKSPACE_FILE}");
    let globs = std::iter::once(workspace_file.as_str()).chain(SKILL_FILES);
    let mut watchers: Vec<Value> = globs.map(|glob| json!({ "globPattern": glob })).collect();
    if !session.client().watches_elsewhere {
        return watchers;
    }
    let mut watch = |folder: &Path, pattern: &str| {
        if let Ok(folder) = Url::from_directory_path(folder) {
            watchers.push(json!({ "globPattern": { "baseUri": folder, "pattern": pattern } }));
        }
    };
    if let Some(path) = &session.options.user_config
        && let (Some(folder), Some(name)) = (path.parent(), path.file_name())
    {
        watch(folder, &name.to_string_lossy());
    }
    if let Some(state) = &session.options.state_dir {
        watch(TrustRecords::new(state).folder(), "*.json");
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
        let state_dir = Some("/home/u/.local/state/preceptor".into());
        let options = Options { user_config, state_dir, ..Options::default() };
        let session = Session::new(options, Outbox::new(), Tasks::default());
        session.set_client(ClientFeatures { watches_elsewhere, ..ClientFeatures::default() });
        assert_eq!(json!(watchers(&session)), *expected);
    }

    #[test]
    fn the_users_files_are_watched_where_the_client_can() {
        let globs = [
            "**/preceptor.toml",
            "**/SKILL.md",
            "**/skills/**",
            "**/{scripts,references,assets}/**",
        ];
        let mut watchers = globs.map(|glob| json!({ "globPattern": glob })).to_vec();
        check(false, &json!(watchers));
        let base = "file:///home/u/.config/preceptor/";
        let users = json!({"globPattern": {"baseUri": base, "pattern": "config.toml"}});
        let base = "file:///home/u/.local/state/preceptor/trust/";
        let trust = json!({"globPattern": {"baseUri": base, "pattern": "*.json"}});
        watchers.extend([users, trust]);
        check(true, &json!(watchers));
    }
}
