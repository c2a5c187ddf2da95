//! What a session needs to know about the machine it runs on.

use std::path::PathBuf;

use runtime::{folders::Folders, sandbox::Sandbox};

use crate::lsp::transport::TransportOptions;

/// Folder below the system's folders for settings and for state.
const FOLDER: &str = "preceptor";

/// Where a session finds and leaves its files, and how its streams are served.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// How the streams are served.
    pub transport: TransportOptions,
    /// The user's settings; `None`: there are none.
    pub user_config: Option<PathBuf>,
    /// Whether that file was asked for by name: that it is not there is a mistake then.
    pub is_config_named: bool,
    /// The state folder; `None`: nothing is written but runs, below the temporary folder.
    pub state_dir: Option<PathBuf>,
    /// The user's home folder; `None`: the user has no skills.
    pub home: Option<PathBuf>,
    /// Confines commands; by default with the program that is running.
    pub sandbox: Sandbox,
}

impl Options {
    /// Returns the options for this user, by the system's conventions (`$XDG_CONFIG_HOME`,
    /// `$XDG_STATE_HOME` and their equivalents). A user without a home folder has no files.
    pub fn from_environment() -> Self {
        let folders = Folders::from_environment().ok();
        Self {
            transport: TransportOptions::default(),
            user_config: folders.as_ref().map(|folders| folders.config_file.clone()),
            is_config_named: false,
            state_dir: folders.as_ref().map(|folders| folders.state.clone()),
            home: folders.map(|folders| folders.home),
            sandbox: Sandbox::of_this_program(),
        }
    }

    /// Returns the same as the agent takes it.
    pub(crate) fn folders(&self) -> Folders {
        let state = self.state_dir.clone();
        let state = state.unwrap_or_else(|| std::env::temp_dir().join(FOLDER));
        Folders {
            home: self.home.clone().unwrap_or_else(|| state.join("no-home")),
            config_file: self.user_config.clone().unwrap_or_else(|| state.join("no-config")),
            state,
        }
    }
}
