//! What a person allowed in a workspace until they take it back.
//!
//! One file a workspace, in the user's state folder: no workspace can bring what it is allowed
//! along. A file that cannot be read allows nothing.

use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use agent::policy::Grant;
use serde::{Deserialize, Serialize};

use crate::{acceptance::sha256, atomic, workspace::resolve_existing};

/// Two runs of one process must not write over what the other has just kept.
static WRITING: Mutex<()> = Mutex::new(());

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Allowed {
    /// The folder, with links resolved.
    folder: PathBuf,
    allowed: BTreeSet<Grant>,
}

/// What is always allowed, by workspace.
#[derive(Debug, Clone)]
pub struct AlwaysAllowed {
    folder: PathBuf,
}

impl AlwaysAllowed {
    /// Opens the records in a state folder; nothing is made before the first is kept.
    pub fn new(state: &Path) -> Self {
        Self { folder: state.join("always") }
    }

    /// Returns the file of a workspace; it need not exist.
    pub fn file(&self, workspace: &Path) -> PathBuf {
        let workspace = resolve_existing(workspace);
        self.folder.join(format!("{}.json", sha256(&workspace.to_string_lossy())))
    }

    /// Returns what is allowed in a workspace.
    pub fn load(&self, workspace: &Path) -> BTreeSet<Grant> {
        let json = std::fs::read(self.file(workspace)).ok();
        let record = json.and_then(|json| serde_json::from_slice::<Allowed>(&json).ok());
        let record = record.filter(|record| record.folder == resolve_existing(workspace));
        record.map(|record| record.allowed).unwrap_or_default()
    }

    /// Keeps that something is allowed in a workspace.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn keep(&self, workspace: &Path, grant: Grant) -> io::Result<()> {
        let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
        let mut allowed = self.load(workspace);
        allowed.insert(grant);
        self.write(workspace, allowed)
    }

    /// Takes back what is allowed in a workspace of one command, file or set of arguments; returns
    /// what that was.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn forget(&self, workspace: &Path, target: &str) -> io::Result<BTreeSet<Grant>> {
        let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
        let (forgotten, allowed): (BTreeSet<Grant>, _) =
            self.load(workspace).into_iter().partition(|grant| grant.target == target);
        if !forgotten.is_empty() {
            self.write(workspace, allowed)?;
        }
        Ok(forgotten)
    }

    fn write(&self, workspace: &Path, allowed: BTreeSet<Grant>) -> io::Result<()> {
        let record = Allowed { folder: resolve_existing(workspace), allowed };
        let json = serde_json::to_vec_pretty(&record).map_err(io::Error::from)?;
        atomic::write_private(&self.file(workspace), &json)
    }

    /// Takes back all that is allowed in a workspace; returns how much that was.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn revoke(&self, workspace: &Path) -> io::Result<usize> {
        let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
        let n_allowed = self.load(workspace).len();
        match std::fs::remove_file(self.file(workspace)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(n_allowed),
        }
    }
}

#[cfg(test)]
mod tests {
    use agent::policy::Grant;

    use super::AlwaysAllowed;

    #[test]
    fn what_is_allowed_is_kept_by_workspace_and_can_be_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let (workspace, other) = (folder.path().join("w"), folder.path().join("o"));
        std::fs::create_dir_all(&workspace).unwrap();
        let always = AlwaysAllowed::new(&folder.path().join("state/preceptor"));
        assert!(always.load(&workspace).is_empty());
        let grant = |target: &str| Grant {
            tool: "bash".to_owned(),
            target: target.to_owned(),
            outside_sandbox: false,
        };
        always.keep(&workspace, grant("ls")).unwrap();
        always.keep(&workspace, grant("wc x")).unwrap();
        always.keep(&workspace, grant("ls")).unwrap();
        assert_eq!(always.load(&workspace), [grant("ls"), grant("wc x")].into());
        assert!(always.load(&other).is_empty());
        assert!(always.forget(&workspace, "wc").unwrap().is_empty());
        assert_eq!(always.forget(&workspace, "ls").unwrap(), [grant("ls")].into());
        assert_eq!(always.load(&workspace), [grant("wc x")].into());
        always.keep(&workspace, grant("ls")).unwrap();
        assert!(std::fs::read_dir(&workspace).unwrap().next().is_none());
        assert_eq!(always.revoke(&workspace).unwrap(), 2);
        assert!(always.load(&workspace).is_empty());
        assert_eq!(always.revoke(&workspace).unwrap(), 0);
    }

    #[test]
    fn a_record_that_is_broken_or_of_another_folder_allows_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let always = AlwaysAllowed::new(folder.path());
        let grant =
            Grant { tool: "bash".to_owned(), target: "ls".to_owned(), outside_sandbox: false };
        let (one, two) = (folder.path().join("1"), folder.path().join("2"));
        always.keep(&one, grant).unwrap();
        std::fs::copy(always.file(&one), always.file(&two)).unwrap();
        assert!(always.load(&two).is_empty());
        std::fs::write(always.file(&one), "{").unwrap();
        assert!(always.load(&one).is_empty());
    }
}
