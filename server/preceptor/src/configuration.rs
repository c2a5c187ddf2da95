//! The configuration of commands in a terminal: the user's file, and above it the one of the
//! current folder, as far as that folder is trusted.

use std::{env, path::Path};

use anyhow::Context;
use runtime::{
    config::{Config, Layer, WORKSPACE_FILE, WorkspaceFile},
    folders::Folders,
    trust::TrustRecords,
};

use crate::trust::printable;

/// What a run works on.
#[derive(Debug)]
pub(crate) struct Configured {
    /// The settings in force.
    pub(crate) config: Config,
    /// A line for the person about what is ignored.
    pub(crate) notice: Option<String>,
}

/// Returns the settings of `check`. It uses the table `lint` only, which needs no trust.
///
/// `file` takes the place of the user's file.
///
/// # Errors
/// If a file cannot be used; the sentence has its path and, for a mistake, the place.
pub(crate) fn of_check(file: Option<&Path>) -> anyhow::Result<Config> {
    let current_dir = env::current_dir().context("finding the current folder")?;
    let user = user_layer(file)?;
    let workspace = WorkspaceFile::load(&current_dir)?.map(|it| it.restricted(&current_dir).layer);
    Ok(Config::merged(user.iter().chain(&workspace))?)
}

/// Returns the settings of a run in the current folder.
///
/// `file` takes the place of the user's file.
///
/// # Errors
/// As for [`of_check`].
pub(crate) fn of_run(file: Option<&Path>) -> anyhow::Result<Configured> {
    let current_dir = env::current_dir().context("finding the current folder")?;
    of_workspace(&current_dir, file)
}

/// Returns the settings of work in a folder, as [`of_run`] does for the current one.
///
/// # Errors
/// As for [`of_check`].
pub(crate) fn of_workspace(folder: &Path, file: Option<&Path>) -> anyhow::Result<Configured> {
    let user = user_layer(file)?;
    let mut notice = None;
    let workspace = WorkspaceFile::load(folder)?.map(|workspace_file| {
        let is_trusted = Folders::from_environment().is_ok_and(|folders| {
            let sha256 = Some(workspace_file.sha256.as_str());
            TrustRecords::new(&folders.state).is_trusted(folder, sha256)
        });
        if is_trusted {
            return workspace_file.layer;
        }
        let restricted = workspace_file.restricted(folder);
        notice = restricted.summary().map(|ignored| {
            let ignored = printable(&ignored);
            format!(
                "{WORKSPACE_FILE} is not trusted, so its {ignored}; \
                 `preceptor trust` shows what it sets, and trusts it"
            )
        });
        restricted.layer
    });
    Ok(Configured { config: Config::merged(user.iter().chain(&workspace))?, notice })
}

/// Reads the user's file, or the one that takes its place.
fn user_layer(file: Option<&Path>) -> anyhow::Result<Option<Layer>> {
    match file {
        Some(path) => Ok(Some(Layer::from_named_file(path)?)),
        None => match Folders::from_environment() {
            Ok(folders) => Ok(Layer::from_file(&folders.config_file)?),
            Err(_) => Ok(None),
        },
    }
}
