//! What one document is linted under: the linter's settings, and the folder that their globs are
//! relative to.

use std::{
    borrow::Cow,
    path::{Path, PathBuf},
    sync::Arc,
};

use runtime::{
    config::{Config, LintSettings},
    proposals::target,
};
use tower_lsp::lsp_types::Url;

use crate::lsp::session::Session;

/// The settings of a document, fixed while it is linted. Two are equal if they cannot lead to
/// different findings.
#[derive(Debug, Clone)]
pub(crate) struct LintScope {
    pub(super) config: Arc<Config>,
    pub(super) settings: Arc<LintSettings>,
    /// `None` for documents outside of all folders, which no glob is about.
    pub(super) folder: Option<PathBuf>,
    /// The user's home folder.
    pub(super) home: PathBuf,
}

impl PartialEq for LintScope {
    fn eq(&self, other: &Self) -> bool {
        self.config.lint == other.config.lint
            && self.config.skills == other.config.skills
            && self.folder == other.folder
    }
}

impl LintScope {
    /// Returns what a document is linted under now.
    pub(crate) fn of(session: &Session, uri: &Url) -> Self {
        let path = uri.to_file_path().ok();
        let mut scope = session.settings.lint_scope(path.as_deref(), &session.folders.home);
        if let (None, Some(path)) = (&scope.folder, &path) {
            scope.folder = session.folder_around(path);
        }
        scope
    }

    /// Returns the settings for a document; for a proposal, those of where it would be saved. That
    /// looks at the disk.
    pub(crate) fn settings(&self, uri: &Url) -> Cow<'_, lint::Settings> {
        let path = uri.to_file_path().unwrap_or_default();
        let folder = self.folder.as_deref().unwrap_or_else(|| Path::new(""));
        let Some(target) = target(folder, &self.home, &path, &self.config.skills) else {
            return self.settings.of(folder, &path);
        };
        let settings = self.settings.of(folder, &target).into_owned();
        Cow::Owned(lint::Settings { is_proposal: true, ..settings })
    }
}
