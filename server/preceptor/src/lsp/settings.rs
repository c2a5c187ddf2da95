//! The configuration in force, merged from its layers: one for each workspace folder, and one for
//! what belongs to no folder.

pub(crate) mod files;
pub(crate) mod watching;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use runtime::config::{Config, ConfigError, Layer, LintSettings};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tower_lsp::lsp_types::{
    ConfigurationItem, ConfigurationParams, MessageType, Url, request::WorkspaceConfiguration,
};
use tracing::{info, warn};

use crate::lsp::{lint_scope::LintScope, session::Session, settings::files::ConfigurationFiles};

/// The section of the editor's settings that is ours.
pub(crate) const SECTION: &str = "preceptor";

/// What mistakes in the editor's settings are reported under.
const EDITOR_ORIGIN: &str = "editor settings";

/// How long the editor may take to hand its settings over.
const PULL_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the first lint waits for the settings.
const FIRST_SETTINGS_TIMEOUT: Duration = Duration::from_millis(500);

/// Where a layer comes from. Later ones win; a workspace folder's own file is above the user's and
/// below what the editor says.
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
        /// Whether other lines are ask lines now.
        trigger: bool,
    },
    /// The layer cannot be used, and the last good one stays in force. The sentence has not been
    /// reported yet.
    Refused(String),
}

/// The layers, and the configurations that they make.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    state: Mutex<State>,
    files: ConfigurationFiles,
    /// Counts what the editor said or was asked, so that only the latest answer counts.
    editor_generation: AtomicU64,
    /// Held while the client is asked to tell about changes.
    registering: tokio::sync::Mutex<()>,
    /// Cancelled once every layer was asked for.
    known: CancellationToken,
}

#[derive(Debug, Default)]
struct State {
    layers: Layers,
    refused: BTreeMap<LayerSource, String>,
    configs: Configs,
    trusted: BTreeSet<PathBuf>,
}

#[derive(Debug, Clone, Default)]
struct Layers {
    shared: BTreeMap<LayerSource, Layer>,
    folders: BTreeMap<PathBuf, Layer>,
}

#[derive(Debug, Default, PartialEq)]
struct Configs {
    shared: InForce,
    /// Of the workspace folders that have a file.
    folders: BTreeMap<PathBuf, InForce>,
}

#[derive(Debug, Clone, Default)]
struct InForce {
    config: Arc<Config>,
    /// What it says of the linter, prepared.
    lint: Arc<LintSettings>,
}

impl PartialEq for InForce {
    fn eq(&self, other: &Self) -> bool {
        self.config == other.config
    }
}

impl InForce {
    fn new(config: Config) -> Self {
        let lint = LintSettings::new(&config);
        Self { config: Arc::new(config), lint: Arc::new(lint) }
    }
}

impl Settings {
    /// Returns the configuration of what belongs to no workspace folder.
    pub(crate) fn config(&self) -> Arc<Config> {
        Arc::clone(&self.state().configs.shared.config)
    }

    /// Returns the configuration of a document: that of the innermost workspace folder that it
    /// is in.
    pub(crate) fn config_for(&self, uri: &Url) -> Arc<Config> {
        match uri.to_file_path() {
            Ok(path) => self.config_in(&path),
            Err(()) => self.config(),
        }
    }

    /// Returns the configuration of a folder or of a path in it.
    pub(crate) fn config_in(&self, path: &Path) -> Arc<Config> {
        Arc::clone(&self.state().configs.of(path).config)
    }

    /// Returns what a document is linted under; its folder is unknown unless that has a file.
    pub(crate) fn lint_scope(&self, path: Option<&Path>, home: &Path) -> LintScope {
        let state = self.state();
        let innermost = path.and_then(|path| state.configs.innermost(path));
        let (folder, in_force) = match innermost {
            Some((folder, in_force)) => (Some(folder.clone()), in_force),
            None => (None, &state.configs.shared),
        };
        LintScope {
            config: Arc::clone(&in_force.config),
            settings: Arc::clone(&in_force.lint),
            folder,
            home: home.to_path_buf(),
        }
    }

    /// Returns whether the user trusted a workspace folder when its file was read last.
    pub(crate) fn is_trusted(&self, folder: &Path) -> bool {
        self.state().trusted.contains(folder)
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
        let mut layers = state.layers.clone();
        let configs = layer.and_then(|layer| {
            match layer {
                Some(layer) => layers.shared.insert(source, layer),
                None => layers.shared.remove(&source),
            };
            layers.configs()
        });
        match configs {
            Ok(configs) => {
                state.refused.remove(&source);
                state.replace(layers, configs)
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

    /// Replaces the layer of a workspace folder (`None`: there is no file), and whether the user
    /// trusts it.
    pub(crate) fn set_folder(
        &self,
        folder: &Path,
        layer: Option<Layer>,
        is_trusted: bool,
    ) -> SettingsChange {
        let mut state = self.state();
        if is_trusted {
            state.trusted.insert(folder.to_path_buf());
        } else {
            state.trusted.remove(folder);
        }
        let mut layers = state.layers.clone();
        match layer {
            Some(layer) => layers.folders.insert(folder.to_path_buf(), layer),
            None => layers.folders.remove(folder),
        };
        match layers.configs() {
            Ok(configs) => state.replace(layers, configs),
            Err(error) => SettingsChange::Refused(error.to_string()),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn replace(&mut self, layers: Layers, configs: Configs) -> SettingsChange {
        self.layers = layers;
        let before = std::mem::replace(&mut self.configs, configs);
        if before == self.configs {
            SettingsChange::None
        } else {
            SettingsChange::Changed {
                lint: before.differs(&self.configs, |config| &config.lint)
                    || before.differs(&self.configs, |it| &it.reflect.consolidate_threshold),
                trigger: before.differs(&self.configs, |config| &config.agent.trigger),
            }
        }
    }
}

impl Layers {
    fn configs(&self) -> Result<Configs, ConfigError> {
        let below = || self.shared.range(..=LayerSource::UserFile).map(|(_, layer)| layer);
        let above = || self.shared.range(LayerSource::InitializationOptions..).map(|(_, it)| it);
        let folders = self.folders.iter().map(|(folder, layer)| {
            let config = Config::merged(below().chain([layer]).chain(above()))?;
            Ok((folder.clone(), InForce::new(config)))
        });
        Ok(Configs {
            shared: InForce::new(Config::merged(below().chain(above()))?),
            folders: folders.collect::<Result<_, ConfigError>>()?,
        })
    }
}

impl Configs {
    fn of(&self, path: &Path) -> &InForce {
        self.innermost(path).map_or(&self.shared, |(_, in_force)| in_force)
    }

    fn innermost(&self, path: &Path) -> Option<(&PathBuf, &InForce)> {
        let around = self.folders.iter().filter(|(folder, _)| path.starts_with(folder));
        around.max_by_key(|(folder, _)| folder.components().count())
    }

    /// Whether a part is another one anywhere.
    fn differs<T: PartialEq>(&self, other: &Self, part: impl Fn(&Config) -> &T) -> bool {
        let mut folders = self.folders.keys().chain(other.folders.keys());
        part(&self.shared.config) != part(&other.shared.config)
            || folders.any(|it| part(&self.of(it).config) != part(&other.of(it).config))
    }
}

/// Replaces a layer and acts on what that changes: the person is told about a mistake once, open
/// skills are linted again when the linter's settings changed, and lenses follow the trigger.
pub(crate) fn update(
    session: &Arc<Session>,
    source: LayerSource,
    layer: Result<Option<Layer>, ConfigError>,
) {
    act_on(session, session.settings.set(source, layer), &format!("{source:?}"));
}

fn act_on(session: &Arc<Session>, change: SettingsChange, source: &str) {
    match change {
        SettingsChange::None => {}
        SettingsChange::Changed { lint, trigger } => {
            info!(source, "the configuration changed");
            if lint {
                session.linter.settings_changed(session);
            }
            if trigger && !session.documents.all().is_empty() {
                session.refresh_code_lenses();
            }
        }
        SettingsChange::Refused(sentence) => {
            warn!(source, sentence, "settings were refused");
            session.outbox.show_message(
                MessageType::ERROR,
                format!("{sentence}. The settings before it stay in force."),
            );
        }
    }
}

/// Takes settings that the editor sent of its own accord. `null` stands for none; settings may
/// stand below the section's name or be the section itself.
pub(crate) fn take_editor_settings(
    session: &Arc<Session>,
    source: LayerSource,
    mut settings: Value,
) {
    session.settings.editor_generation.fetch_add(1, Ordering::SeqCst);
    if let Some(section) = settings.get_mut(SECTION) {
        settings = section.take();
    }
    update(session, source, editor_layer(settings));
}

/// Asks the editor for its settings and takes the answer, unless newer ones came meanwhile.
pub(crate) async fn pull_editor_settings(session: &Arc<Session>) {
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
    use std::path::Path;

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
    fn folders_have_their_own_layer_between_the_users_file_and_the_editors_settings() {
        let settings = Settings::default();
        let of = |path: &str| settings.config_in(Path::new(path)).lint.rules["name/invalid"];
        settings.set(LayerSource::UserFile, layer(rule("hint")));
        let (outer, inner) = (Path::new("/w"), Path::new("/w/deep"));
        settings.set_folder(outer, layer(rule("info")).unwrap(), false);
        let change = settings.set_folder(inner, layer(rule("warning")).unwrap(), true);
        assert_eq!(change, SettingsChange::Changed { lint: true, trigger: false });
        assert_eq!((of("/w/a"), of("/w/deep/a")), (RuleLevel::Info, RuleLevel::Warning));
        assert_eq!((of("/wide/a"), of("/other")), (RuleLevel::Hint, RuleLevel::Hint));
        assert!(settings.is_trusted(inner) && !settings.is_trusted(outer));
        settings.set(LayerSource::Editor, layer(rule("off")));
        assert_eq!((of("/w/a"), of("/w/deep/a")), (RuleLevel::Off, RuleLevel::Off));
        settings.set(LayerSource::Editor, Ok(None));
        settings.set_folder(inner, None, false);
        assert_eq!(of("/w/deep/a"), RuleLevel::Info);
    }

    #[test]
    fn changes_say_what_part_they_are_of() {
        let settings = Settings::default();
        let change = settings.set(LayerSource::Editor, layer(json!({"agent": {"trigger": "@p"}})));
        assert_eq!(change, SettingsChange::Changed { lint: false, trigger: true });
        let both = json!({"agent": {"trigger": "@q"}, "lint": {"fail_on": "hint"}});
        let change = settings.set_folder(Path::new("/w"), layer(both).unwrap(), true);
        assert_eq!(change, SettingsChange::Changed { lint: true, trigger: false });
        let change = settings.set(LayerSource::Editor, layer(rule("off")));
        assert_eq!(change, SettingsChange::Changed { lint: true, trigger: true });
        assert_eq!(settings.set(LayerSource::Editor, layer(rule("off"))), SettingsChange::None);
    }
}
