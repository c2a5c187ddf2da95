//! Open buffers: what an editor holds that the disk does not.
//!
//! Tools read and change what the person sees. The language server implements [`Editor`] with its
//! documents; in a terminal nothing is open.

use std::{path::Path, path::PathBuf, sync::Arc};

use futures::future::BoxFuture;

/// A document that is open in an editor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buffer {
    /// Its text.
    pub text: Arc<str>,
    /// Whether it differs from the file.
    pub is_modified: bool,
}

/// Why an editor did not take a change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The editor said no.
    #[error(
        "the editor refused the change ({0}); nothing was changed: look at the file in the editor, \
         mend what stands in the way there, then retry"
    )]
    Refused(String),
    /// The editor takes no edits, and the buffer differs from the file.
    #[error(
        "the file has unsaved changes, and the editor takes no edits from outside; nothing was \
         changed: save it or discard the changes, then retry"
    )]
    Unsaved,
    /// The editor did not answer in time.
    #[error("the editor did not answer; look whether the change was made before you go on")]
    NoAnswer,
    /// The text changed since it was read.
    #[error("the person changed the file in the meantime; read it again")]
    Stale,
}

/// An editor's open buffers.
pub trait Editor: Send + Sync {
    /// Returns the buffer of a file, if it is open and what it holds counts before the disk.
    fn buffer(&self, path: &Path) -> Option<Buffer>;

    /// Replaces the whole text of an open buffer, so that the person sees it; `expected` is the
    /// text that the change was made for.
    fn replace<'a>(
        &'a self,
        path: &'a Path,
        expected: &'a str,
        text: &'a str,
    ) -> BoxFuture<'a, Result<(), EditError>>;

    /// Returns the open files whose buffers differ from the disk.
    fn modified_files(&self) -> Vec<PathBuf>;
}

/// No editor: nothing is open.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoEditor;

impl Editor for NoEditor {
    fn buffer(&self, _path: &Path) -> Option<Buffer> {
        None
    }

    fn replace<'a>(
        &'a self,
        _path: &'a Path,
        _expected: &'a str,
        _text: &'a str,
    ) -> BoxFuture<'a, Result<(), EditError>> {
        Box::pin(async { Err(EditError::Refused("no editor is there".to_owned())) })
    }

    fn modified_files(&self) -> Vec<PathBuf> {
        Vec::new()
    }
}
