//! The configuration in force, merged from its layers.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use runtime::config::{Config, ConfigError, Layer};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tower_lsp::lsp_types::{
    ConfigurationItem, ConfigurationParams, MessageType, request::WorkspaceConfiguration,
};
use tracing::{info, warn};

use crate::lsp::session::Session;

/// The section of the editor's settings that is ours.
pub(crate) const SECTION: &str = "preceptor";

/// What mistakes in the editor's settings are reported under.
const EDITOR_ORIGIN: &str = "editor settings";

/// How long the editor may take to hand its settings over.
const PULL_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the first lint waits for the settings.
const FIRST_SETTINGS_TIMEOUT: Duration = Duration::from_millis(500);

/// Where a layer comes from. Later ones win.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum LayerSource {
    /// The user's `config.toml`.
    UserFile,
    /// `initializationOptions`.
    InitializationOptions,
    /// The editor's settings, pushed or pulled.
    Editor,
}

/// What a new layer did.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SettingsChange {
    /// Nothing that anyone would see.
    None,
    /// There is a new configuration.
    Changed {
        /// Whether the linter's part is another one.
        lint: bool,
    },
    /// The layer cannot be used, and the last good one stays in force. The sentence has not been
    /// reported yet.
    Refused(String),
}

/// The layers, and the configuration that they make.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    state: Mutex<State>,
    /// Counts what the editor said or was asked, so that only the latest answer counts.
    editor_generation: AtomicU64,
    /// Cancelled once every layer was asked for.
    known: CancellationToken,
}

#[derive(Debug, Default)]
struct State {
    layers: BTreeMap<LayerSource, Layer>,
    refused: BTreeMap<LayerSource, String>,
    config: Arc<Config>,
}

impl Settings {
    /// Returns the configuration in force.
    pub(crate) fn config(&self) -> Arc<Config> {
        Arc::clone(&self.state().config)
    }

    /// Notes that every layer was asked for once, and came or will not come.
    pub(crate) fn set_known(&self) {
        self.known.cancel();
    }

    /// Waits until every layer was asked for once, but not for long: an editor that does not
    /// answer gets findings all the same, and other ones when it does.
    pub(crate) async fn known(&self) {
        // Elapsed or known, the settings at hand are the ones to use.
        let _ = tokio::time::timeout(FIRST_SETTINGS_TIMEOUT, self.known.cancelled()).await;
    }

    /// Replaces a layer (`None`: takes it away). If it cannot be used, or does not fit the others,
    /// the last good configuration stays in force.
    pub(crate) fn set(
        &self,
        source: LayerSource,
        layer: Result<Option<Layer>, ConfigError>,
    ) -> SettingsChange {
        let mut state = self.state();
        match layer.and_then(|layer| state.with(source, layer)) {
            Ok((layers, config)) => {
                state.refused.remove(&source);
                state.layers = layers;
                let before = std::mem::replace(&mut state.config, Arc::new(config));
                if before == state.config {
                    SettingsChange::None
                } else {
                    SettingsChange::Changed { lint: before.lint != state.config.lint }
                }
            }
            Err(error) => {
                let sentence = error.to_string();
                let before = state.refused.insert(source, sentence.clone());
                if before.as_ref() == Some(&sentence) {
                    SettingsChange::None
                } else {
                    SettingsChange::Refused(sentence)
                }
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn with(
        &self,
        source: LayerSource,
        layer: Option<Layer>,
    ) -> Result<(BTreeMap<LayerSource, Layer>, Config), ConfigError> {
        let mut layers = self.layers.clone();
        match layer {
            Some(layer) => layers.insert(source, layer),
            None => layers.remove(&source),
        };
        let config = Config::merged(layers.values())?;
        Ok((layers, config))
    }
}

/// Replaces a layer and acts on what that changes: the person is told about a mistake once, and
/// open skills are linted again when the linter's settings changed.
pub(crate) fn update(
    session: &Session,
    source: LayerSource,
    layer: Result<Option<Layer>, ConfigError>,
) {
    match session.settings.set(source, layer) {
        SettingsChange::None => {}
        SettingsChange::Changed { lint } => {
            info!(?source, "the configuration changed");
            if lint {
                session.linter.settings_changed(session);
            }
        }
        SettingsChange::Refused(sentence) => {
            warn!(?source, sentence, "settings were refused");
            session.outbox.show_message(
                MessageType::ERROR,
                format!("{sentence}. The settings before it stay in force."),
            );
        }
    }
}

/// Takes settings that the editor sent of its own accord. `null` stands for none; settings may
/// stand below the section's name or be the section itself.
pub(crate) fn take_editor_settings(session: &Session, source: LayerSource, mut settings: Value) {
    session.settings.editor_generation.fetch_add(1, Ordering::SeqCst);
    if let Some(section) = settings.get_mut(SECTION) {
        settings = section.take();
    }
    update(session, source, editor_layer(settings));
}

/// Asks the editor for its settings and takes the answer, unless newer ones came meanwhile.
pub(crate) async fn pull_editor_settings(session: &Session) {
    let generation = session.settings.editor_generation.fetch_add(1, Ordering::SeqCst) + 1;
    let params = ConfigurationParams {
        items: vec![ConfigurationItem { scope_uri: None, section: Some(SECTION.to_owned()) }],
    };
    match session.outbox.request::<WorkspaceConfiguration>(&params, PULL_TIMEOUT).await {
        Ok(answers) => {
            if session.settings.editor_generation.load(Ordering::SeqCst) == generation {
                let settings = answers.into_iter().next().unwrap_or_default();
                update(session, LayerSource::Editor, editor_layer(settings));
            }
        }
        Err(error) => warn!(%error, "the editor's settings are unknown"),
    }
}

fn editor_layer(settings: Value) -> Result<Option<Layer>, ConfigError> {
    if settings.is_null() {
        return Ok(None);
    }
    Layer::from_json(EDITOR_ORIGIN, settings).map(Some)
}

#[cfg(test)]
mod tests {
    use runtime::config::{ConfigError, Layer, RuleLevel};
    use serde_json::{Value, json};

    use super::{LayerSource, Settings, SettingsChange};

    fn layer(value: Value) -> Result<Option<Layer>, ConfigError> {
        Layer::from_json("here", value).map(Some)
    }

    fn rule(level: &str) -> Value {
        json!({"lint": {"rules": {"name/invalid": level}}})
    }

    #[test]
    fn later_layers_win_in_whatever_order_they_arrive() {
        let settings = Settings::default();
        settings.set(LayerSource::Editor, layer(rule("hint")));
        settings.set(LayerSource::UserFile, layer(rule("off")));
        assert_eq!(settings.config().lint.rules["name/invalid"], RuleLevel::Hint);
        settings.set(LayerSource::Editor, Ok(None));
        assert_eq!(settings.config().lint.rules["name/invalid"], RuleLevel::Off);
    }

    #[test]
    fn a_broken_layer_leaves_the_last_good_configuration_and_is_reported_once() {
        let settings = Settings::default();
        settings.set(LayerSource::Editor, layer(rule("hint")));
        let before = settings.config();
        let change = settings.set(LayerSource::Editor, layer(json!({"lnit": {}})));
        assert!(
            matches!(&change, SettingsChange::Refused(it) if it.contains("lnit")),
            "{change:?}"
        );
        assert_eq!(settings.config(), before);
        let again = settings.set(LayerSource::Editor, layer(json!({"lnit": {}})));
        assert_eq!(again, SettingsChange::None);
        settings.set(LayerSource::Editor, layer(rule("hint")));
        let later = settings.set(LayerSource::Editor, layer(json!({"lnit": {}})));
        assert!(matches!(later, SettingsChange::Refused(_)), "it was right in between");
    }

    #[test]
    fn only_changes_of_the_linters_part_say_so() {
        let settings = Settings::default();
        let change = settings.set(LayerSource::Editor, layer(json!({"agent": {"trigger": "@p"}})));
        assert_eq!(change, SettingsChange::Changed { lint: false });
        let change = settings.set(LayerSource::Editor, layer(rule("off")));
        assert_eq!(change, SettingsChange::Changed { lint: true });
        assert_eq!(settings.set(LayerSource::Editor, layer(rule("off"))), SettingsChange::None);
    }
}
