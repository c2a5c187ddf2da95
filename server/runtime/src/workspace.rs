//! The folder that the tools work in, and the walls around it.

use std::{
    fs::File,
    io::{self, Read},
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use crate::{
    beneath,
    editor::{EditError, Editor},
    folders::Folders,
    stand_in::StandIn,
};

/// Largest file that the tools read or write, in bytes. Larger ones are for commands.
pub const MAX_FILE_BYTES: u64 = 10 * 1024 * 1024;

/// The product's own folder; no model sees it.
pub const OWN_FOLDER: &str = ".preceptor";

/// Why a file cannot be used. The sentences are for the model as well as for a person.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The path leads out of the workspace.
    #[error("`{0}` is outside the workspace folder; only files inside it can be used")]
    Outside(String),
    /// The path is one that tools leave alone.
    #[error("`{0}` belongs to Preceptor or git and is left alone")]
    Protected(String),
    /// It is in the workspace that a copy stands in for.
    #[error("`{0}` is ignored by git and only read here: this folder is a copy to try things in")]
    OnlyRead(String),
    /// There is no such file.
    #[error("there is no file `{0}`; `list_files` shows what is there")]
    Missing(String),
    /// It is a folder.
    #[error("`{0}` is a folder; `list_files` shows what is in it")]
    IsFolder(String),
    /// It is not UTF-8.
    #[error(
        "`{path}` is not UTF-8 text (byte {offset}); convert it, or use a command that reads it"
    )]
    NotText {
        /// The file.
        path: String,
        /// Of the first byte that does not fit.
        offset: usize,
    },
    /// It is larger than [`MAX_FILE_BYTES`].
    #[error("`{0}` is larger than 10 MB; use a command to look at a part of it")]
    TooLarge(String),
    /// The system says no.
    #[error("`{path}` cannot be used ({error}); check that it is there and its permissions")]
    Io {
        /// The file.
        path: String,
        /// The system's words.
        error: io::Error,
    },
    /// The editor that has it open did not take the change.
    #[error("`{path}`: {error}")]
    Editor {
        /// The file.
        path: String,
        /// What the editor said.
        error: EditError,
    },
}

/// The folder that the tools work in.
#[derive(Clone)]
pub struct Workspace {
    root: PathBuf,
    stand_in: Option<StandIn>,
    /// Folders and files that tools leave alone, wherever the workspace is.
    protected: Vec<PathBuf>,
    editor: Arc<dyn Editor>,
}

impl std::fmt::Debug for Workspace {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Workspace").field("root", &self.root).finish_non_exhaustive()
    }
}

impl Workspace {
    /// Opens a folder, with links in its path resolved.
    ///
    /// # Errors
    /// [`FileError::Io`] if it is not there.
    pub fn open(
        root: &Path,
        folders: &Folders,
        editor: Arc<dyn Editor>,
    ) -> Result<Self, FileError> {
        let root = std::fs::canonicalize(root)
            .map_err(|error| FileError::Io { path: root.display().to_string(), error })?;
        let protected =
            vec![resolve_existing(&folders.state), resolve_existing(&folders.config_file)];
        Ok(Self { root, stand_in: None, protected, editor })
    }

    /// Stands in for another one.
    #[must_use]
    pub fn standing_in(self, stand_in: Option<StandIn>) -> Self {
        Self { stand_in, ..self }
    }

    /// Returns what it stands in for.
    pub fn stand_in(&self) -> Option<&StandIn> {
        self.stand_in.as_ref()
    }

    /// Returns the folder that commands find it at.
    pub fn seen_root(&self) -> &Path {
        self.stand_in.as_ref().map_or(&self.root, StandIn::seen)
    }

    /// Returns the folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the editor.
    pub fn editor(&self) -> &dyn Editor {
        self.editor.as_ref()
    }

    /// Returns the folder that a resolved path is below: the workspace's own, or the one that it
    /// stands in for.
    pub(crate) fn base(&self, path: &Path) -> &Path {
        match &self.stand_in {
            Some(stand_in) if stand_in.is_linked(path) => &stand_in.place,
            _ => &self.root,
        }
    }

    /// Returns how the path is shown: relative to the folder.
    pub fn display(&self, path: &Path) -> String {
        let relative = path.strip_prefix(self.base(path)).unwrap_or(path);
        let shown = relative.display().to_string();
        if shown.is_empty() { ".".to_owned() } else { shown }
    }

    /// Resolves a path that a model gave. Links are followed: what counts is where they lead.
    ///
    /// # Errors
    /// [`FileError::Outside`] and [`FileError::Protected`].
    pub fn resolve(&self, path: &str) -> Result<PathBuf, FileError> {
        let path = path.trim();
        let in_copy = self.stand_in.as_ref().and_then(|it| it.in_copy(Path::new(path)));
        let meant = lexical(&in_copy.unwrap_or_else(|| self.root.join(path)));
        // Of what the copy does not have, the workspace's own is read.
        let in_place = self.stand_in.as_ref().and_then(|it| it.in_place(&meant));
        let resolved = resolve_existing(&in_place.unwrap_or(meant));
        let Ok(relative) = resolved.strip_prefix(self.base(&resolved)) else {
            return Err(FileError::Outside(path.to_owned()));
        };
        let is_own = relative.components().any(|it| it == Component::Normal(OWN_FOLDER.as_ref()));
        if is_own || self.protected.iter().any(|protected| resolved.starts_with(protected)) {
            return Err(FileError::Protected(path.to_owned()));
        }
        Ok(resolved)
    }

    /// Reads a file as it stands in the editor, else as it stands on disk.
    ///
    /// # Errors
    /// Each variant of [`FileError`] that is about reading.
    pub fn read(&self, path: &Path) -> Result<Arc<str>, FileError> {
        if let Some(buffer) = self.editor.buffer(path) {
            return Ok(buffer.text);
        }
        let shown = self.display(path);
        if path == self.root {
            return Err(FileError::IsFolder(shown));
        }
        let unusable = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => FileError::Missing(shown.clone()),
            _ => FileError::Io { path: shown.clone(), error },
        };
        let mut file = self.open_file(path).map_err(unusable)?;
        let metadata = file.metadata().map_err(unusable)?;
        if metadata.is_dir() {
            return Err(FileError::IsFolder(shown));
        }
        if !metadata.is_file() {
            return Err(unusable(io::Error::other("it is a pipe, a socket or a device")));
        }
        if metadata.len() > MAX_FILE_BYTES {
            return Err(FileError::TooLarge(shown));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(unusable)?;
        match String::from_utf8(bytes) {
            Ok(text) => Ok(text.into()),
            Err(error) => {
                Err(FileError::NotText { path: shown, offset: error.utf8_error().valid_up_to() })
            }
        }
    }

    /// Opens a file on disk whose path was resolved, and refuses it if that has a link by now.
    pub(crate) fn open_file(&self, path: &Path) -> io::Result<File> {
        beneath::open(self.base(path), path)
    }

    /// Removes a file on disk whose path was resolved.
    pub(crate) fn remove_file(&self, path: &Path) -> io::Result<()> {
        beneath::remove(&self.root, path)
    }

    /// Returns whether changes of the file go through an editor that has it open.
    pub(crate) fn is_open(&self, path: &Path) -> bool {
        self.editor.buffer(path).is_some()
    }

    /// Returns whether the file is there, in the editor or on disk.
    pub fn exists(&self, path: &Path) -> bool {
        self.is_open(path) || path.exists()
    }

    /// Writes a whole text: through the editor if the file is open there, else to disk.
    /// `expected` is the text that the change was made for; `None` for a new file.
    ///
    /// # Errors
    /// [`FileError::Editor`], [`FileError::Io`], [`FileError::Protected`].
    pub async fn write(
        &self,
        path: &Path,
        expected: Option<&str>,
        text: &str,
    ) -> Result<(), FileError> {
        let shown = self.display(path);
        if self.base(path) != self.root {
            return Err(FileError::OnlyRead(shown));
        }
        if path.strip_prefix(&self.root).is_ok_and(|relative| {
            relative.components().any(|part| part == Component::Normal(".git".as_ref()))
        }) {
            return Err(FileError::Protected(shown));
        }
        if self.is_open(path) {
            let expected = expected.unwrap_or_default();
            return self
                .editor
                .replace(path, expected, text)
                .await
                .map_err(|error| FileError::Editor { path: shown, error });
        }
        if text.len() as u64 > MAX_FILE_BYTES {
            return Err(FileError::TooLarge(shown));
        }
        let (root, target) = (self.root.clone(), path.to_path_buf());
        let content = text.as_bytes().to_vec();
        let expected = expected.map(|text| text.as_bytes().to_vec());
        // What the change was made for has to be there still: the person may have written it too.
        let write = move || match expected {
            Some(expected) => beneath::write_over(&root, &target, &expected, &content),
            None => beneath::write_new(&root, &target, &content),
        };
        tokio::task::spawn_blocking(write)
            .await
            .unwrap_or_else(|error| Err(io::Error::other(error)))
            .map_err(|error| FileError::Io { path: shown, error })
    }
}

/// Takes `.` and `..` out of a path without looking at the disk.
pub(crate) fn lexical(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// Resolves links in the part of a path that exists.
pub fn resolve_existing(path: &Path) -> PathBuf {
    let mut missing = Vec::new();
    let mut existing = path;
    loop {
        if let Ok(resolved) = std::fs::canonicalize(existing) {
            return missing.iter().rev().fold(resolved, |path, part| path.join(part));
        }
        // A link that leads nowhere must not become a way out once its target is made.
        if let Ok(target) = std::fs::read_link(existing) {
            let base = existing.parent().unwrap_or(Path::new("/"));
            let target = lexical(&base.join(target));
            return missing.iter().rev().fold(target, |path, part| path.join(part));
        }
        match (existing.parent(), existing.file_name()) {
            (Some(parent), Some(name)) => {
                missing.push(name);
                existing = parent;
            }
            _ => return path.to_path_buf(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{FileError, Workspace};
    use crate::{editor::NoEditor, folders::Folders};

    fn workspace() -> (tempfile::TempDir, Workspace) {
        let folder = tempfile::tempdir().unwrap();
        let folders = Folders::below(&folder.path().join("own"));
        let workspace = Workspace::open(folder.path(), &folders, Arc::new(NoEditor)).unwrap();
        (folder, workspace)
    }

    #[test]
    fn paths_that_lead_out_are_refused() {
        let (folder, workspace) = workspace();
        for path in ["..", "../x", "/etc/passwd", "a/../../x", "/"] {
            assert!(matches!(workspace.resolve(path), Err(FileError::Outside(_))), "{path}");
        }
        for path in [".preceptor/runs", "a/.preceptor/x", "own/state/preceptor/accepted/x"] {
            assert!(matches!(workspace.resolve(path), Err(FileError::Protected(_))), "{path}");
        }
        for path in [".", "a/../b", "new/deep/file.txt", ""] {
            assert!(workspace.resolve(path).is_ok(), "{path}");
        }
        let inside = folder.path().canonicalize().unwrap().join("x");
        assert_eq!(workspace.resolve(inside.to_str().unwrap()).unwrap(), inside);
    }

    #[cfg(unix)]
    #[test]
    fn links_that_lead_out_are_refused_also_when_they_dangle() {
        let (folder, workspace) = workspace();
        let outside = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(outside.path(), folder.path().join("link")).unwrap();
        std::os::unix::fs::symlink(outside.path().join("no"), folder.path().join("no")).unwrap();
        for path in ["link", "link/x", "no", "no/x"] {
            assert!(matches!(workspace.resolve(path), Err(FileError::Outside(_))), "{path}");
        }
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let (folder, workspace) = workspace();
        std::fs::write(folder.path().join("bytes"), b"ab\xffc").unwrap();
        let message =
            |path: &str| workspace.read(&workspace.resolve(path).unwrap()).unwrap_err().to_string();
        assert!(message("bytes").contains("not UTF-8 text (byte 2)"));
        assert!(message("none").contains("there is no file `none`"));
        assert!(message(".").contains("is a folder"));
    }
}
