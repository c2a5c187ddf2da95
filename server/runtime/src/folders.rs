//! The user's own folders, worked out once from the environment.

use std::path::{Path, PathBuf};

use etcetera::{
    AppStrategy, AppStrategyArgs, BaseStrategy, choose_app_strategy, choose_base_strategy,
};

/// Where things of the user live that belong to no workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    /// The home folder.
    pub home: PathBuf,
    /// The user's configuration file; it need not exist.
    pub config_file: PathBuf,
    /// Acceptance records, runs without a workspace, unpacked pages.
    pub state: PathBuf,
}

/// The environment names no home folder.
#[derive(Debug, thiserror::Error)]
#[error("no home folder is known: set HOME")]
pub struct NoHome;

impl Folders {
    /// Works them out from the environment: `$XDG_CONFIG_HOME/preceptor/config.toml`,
    /// `$XDG_STATE_HOME/preceptor`, or the system's counterparts.
    ///
    /// # Errors
    /// [`NoHome`] if the environment names none.
    pub fn from_environment() -> Result<Self, NoHome> {
        let arguments = AppStrategyArgs {
            top_level_domain: "dev".to_owned(),
            author: "preceptor".to_owned(),
            app_name: "preceptor".to_owned(),
        };
        let app = choose_app_strategy(arguments).map_err(|_| NoHome)?;
        let base = choose_base_strategy().map_err(|_| NoHome)?;
        Ok(Self {
            home: base.home_dir().to_path_buf(),
            config_file: app.config_dir().join("config.toml"),
            state: app.state_dir().unwrap_or_else(|| app.data_dir().join("state")),
        })
    }

    /// Places everything below one folder, for tests and throw-away sessions.
    pub fn below(folder: &Path) -> Self {
        Self {
            home: folder.join("home"),
            config_file: folder.join("config/preceptor/config.toml"),
            state: folder.join("state/preceptor"),
        }
    }
}
