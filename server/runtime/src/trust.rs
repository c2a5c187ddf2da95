//! Which workspaces the user trusts, each with the hash of the file that was trusted.
//!
//! One file a workspace, in the user's state folder: no workspace can bring trust along.

use std::{
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    acceptance::sha256, atomic, config::WorkspaceFile, folders::Folders,
    workspace::resolve_existing,
};

/// What was decided about a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Trust {
    /// The folder, with links resolved.
    folder: PathBuf,
    /// SHA-256 of its `preceptor.toml`, hexadecimal; `None`: there was none.
    sha256: Option<String>,
    trusted: bool,
}

/// The decisions of a user.
#[derive(Debug, Clone)]
pub struct TrustRecords {
    folder: PathBuf,
}

impl TrustRecords {
    /// Opens the records in a state folder; nothing is made before the first is kept.
    pub fn new(state: &Path) -> Self {
        Self { folder: state.join("trust") }
    }

    /// Returns the folder of the records; it need not exist.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns whether the user trusts a workspace whose `preceptor.toml` has this hash (`None`:
    /// has no such file). A file that is not the trusted one has to be looked at again.
    pub fn is_trusted(&self, workspace: &Path, file_sha256: Option<&str>) -> bool {
        let workspace = resolve_existing(workspace);
        let record = std::fs::read(self.file(&workspace)).ok();
        let record = record.and_then(|json| serde_json::from_slice::<Trust>(&json).ok());
        record.is_some_and(|record| {
            record.trusted && record.folder == workspace && record.sha256.as_deref() == file_sha256
        })
    }

    /// Keeps a decision.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn keep(
        &self,
        workspace: &Path,
        file_sha256: Option<&str>,
        trusted: bool,
    ) -> io::Result<()> {
        let folder = resolve_existing(workspace);
        let path = self.file(&folder);
        let record = Trust { folder, sha256: file_sha256.map(str::to_owned), trusted };
        let json = serde_json::to_vec_pretty(&record).map_err(io::Error::from)?;
        atomic::write_private(&path, &json)
    }

    fn file(&self, workspace: &Path) -> PathBuf {
        self.folder.join(format!("{}.json", sha256(&workspace.to_string_lossy())))
    }
}

/// Returns whether the user trusts a workspace as it is now on disk.
pub fn trusts(folders: &Folders, workspace: &Path) -> bool {
    let Ok(text) = WorkspaceFile::load_text(workspace) else { return false };
    let file_sha256 = text.as_deref().map(sha256);
    TrustRecords::new(&folders.state).is_trusted(workspace, file_sha256.as_deref())
}

#[cfg(test)]
mod tests {
    use super::{TrustRecords, trusts};
    use crate::{acceptance::sha256, config::WorkspaceFile, folders::Folders};

    #[test]
    fn trust_ends_when_the_file_changes() {
        let folder = tempfile::tempdir().unwrap();
        let folders = Folders::below(&folder.path().join("user"));
        let records = TrustRecords::new(&folders.state);
        let (workspace, other) = (folder.path().join("w"), folder.path().join("o"));
        std::fs::create_dir_all(&workspace).unwrap();
        assert!(!trusts(&folders, &workspace));
        records.keep(&workspace, None, true).unwrap();
        assert!(trusts(&folders, &workspace) && !trusts(&folders, &other));

        std::fs::write(WorkspaceFile::path(&workspace), "one").unwrap();
        assert!(!trusts(&folders, &workspace), "a file came");
        records.keep(&workspace, Some(&sha256("one")), true).unwrap();
        assert!(trusts(&folders, &workspace));
        std::fs::write(WorkspaceFile::path(&workspace), "two").unwrap();
        assert!(!trusts(&folders, &workspace), "it changed");
        records.keep(&workspace, Some(&sha256("two")), false).unwrap();
        assert!(!trusts(&folders, &workspace), "it was looked at and not trusted");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_workspace_is_that_workspace_and_records_are_private() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let (workspace, link) = (folder.path().join("w"), folder.path().join("l"));
        std::fs::create_dir(&workspace).unwrap();
        std::os::unix::fs::symlink(&workspace, &link).unwrap();
        let state = folder.path().join("state/preceptor");
        TrustRecords::new(&state).keep(&link, None, true).unwrap();
        assert!(TrustRecords::new(&state).is_trusted(&workspace, None));
        let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&state), mode(&state.join("trust"))), (0o700, 0o700));
        for file in std::fs::read_dir(state.join("trust")).unwrap() {
            assert_eq!(mode(&file.unwrap().path()), 0o600);
        }
    }
}
