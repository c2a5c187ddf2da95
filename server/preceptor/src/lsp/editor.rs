//! The client's open documents as the agent's tools see them.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Weak},
    time::{Duration, SystemTime},
};
#[cfg(unix)]
use std::{os::unix::fs::MetadataExt, time::UNIX_EPOCH};

use futures::future::BoxFuture;
use runtime::{
    editor::{Buffer, EditError, Editor},
    workspace::resolve_existing,
};
use tower_lsp::lsp_types::{ApplyWorkspaceEditParams, Url, request::ApplyWorkspaceEdit};

use crate::lsp::{
    difference::difference,
    documents::Snapshot,
    methods::{Save, SaveParams},
    outbox::RequestError,
    session::Session,
    to_proto,
};

/// How long the client may take to apply an edit or to save.
pub(crate) const EDIT_TIMEOUT: Duration = Duration::from_secs(10);

/// By how much the clock of a file system may be behind.
const CLOCKS_DIFFER: Duration = Duration::from_millis(50);

/// An editor at the other end of a session.
pub(crate) struct SessionEditor {
    /// Runs hold the editor and the session holds the runs.
    session: Weak<Session>,
}

impl SessionEditor {
    pub(crate) fn new(session: &Arc<Session>) -> Self {
        Self { session: Arc::downgrade(session) }
    }
}

impl Editor for SessionEditor {
    fn buffer(&self, path: &Path) -> Option<Buffer> {
        let session = self.session.upgrade()?;
        let snapshot = open_document(&session, path)?;
        let standing = Standing::of(&snapshot, path);
        // An unmodified document counts by its file: that is where the newest text is, whenever
        // the editor reloads it. Only where it can be saved, and nobody else wrote the file, is it
        // changed in the editor.
        let is_modified = standing == Standing::Modified;
        (is_modified || standing == Standing::AsOnDisk && session.client().preceptor.save)
            .then(|| Buffer { text: Arc::clone(snapshot.text()), is_modified })
    }

    fn replace<'a>(
        &'a self,
        path: &'a Path,
        expected: &'a str,
        text: &'a str,
    ) -> BoxFuture<'a, Result<(), EditError>> {
        Box::pin(async move {
            let refused = |why: &str| EditError::Refused(why.to_owned());
            let session = self.session.upgrade().ok_or_else(|| refused("the session has ended"))?;
            let snapshot = open_document(&session, path).ok_or_else(|| refused("it was closed"))?;
            if snapshot.text().as_ref() != expected {
                return Err(EditError::Stale);
            }
            let client = session.client();
            if !client.applies_edits {
                return Err(EditError::Unsaved);
            }
            apply(&session, &snapshot, text).await?;
            if client.preceptor.save {
                save(&session, &snapshot.uri).await;
            }
            Ok(())
        })
    }

    fn modified_files(&self) -> Vec<PathBuf> {
        let Some(session) = self.session.upgrade() else { return Vec::new() };
        let mut paths: Vec<PathBuf> = session
            .documents
            .all()
            .iter()
            .filter_map(|snapshot| Some((snapshot, snapshot.uri.to_file_path().ok()?)))
            .filter(|(snapshot, path)| Standing::of(snapshot, path) == Standing::Modified)
            .map(|(_, path)| resolve_existing(&path))
            .collect();
        paths.sort();
        paths
    }
}

/// How a document stands to its file. An editor's own reload is a change like any other, so that
/// only the disk can tell whether there is something to save.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// The file has the same text.
    AsOnDisk,
    /// The person has not saved it.
    Modified,
    /// Somebody else wrote the file.
    Outdated,
}

impl Standing {
    #[expect(clippy::disallowed_methods, reason = "the file beside the buffer is looked at")]
    fn of(snapshot: &Snapshot, path: &Path) -> Self {
        let on_disk = fs::read(path);
        match on_disk {
            Ok(on_disk) if on_disk == snapshot.text().as_bytes() => Self::AsOnDisk,
            _ if snapshot.is_modified => Self::Modified,
            // A text that was opened and is not the file's, which nobody has written since: the
            // editor kept it over a restart.
            Ok(on_disk)
                if is_older(path, snapshot.settled_at)
                    && str::from_utf8(&on_disk)
                        .is_ok_and(|on_disk| said(on_disk) != said(snapshot.text())) =>
            {
                Self::Modified
            }
            _ => Self::Outdated,
        }
    }
}

/// Whether a file was changed last, also by another file's taking its place, before some time.
fn is_older(path: &Path, time: SystemTime) -> bool {
    fs::metadata(path)
        .ok()
        .and_then(|metadata| metadata.modified().ok().max(placed_at(&metadata)))
        .and_then(|changed| changed.checked_add(CLOCKS_DIFFER))
        .is_some_and(|changed| changed < time)
}

/// Returns when a file came to where it is, if the system tells.
#[cfg(unix)]
fn placed_at(metadata: &fs::Metadata) -> Option<SystemTime> {
    let seconds = u64::try_from(metadata.ctime()).ok()?;
    let nanoseconds = u32::try_from(metadata.ctime_nsec()).ok()?;
    UNIX_EPOCH.checked_add(Duration::new(seconds, nanoseconds))
}

/// Returns when a file came to where it is, if the system tells.
#[cfg(not(unix))]
fn placed_at(_metadata: &fs::Metadata) -> Option<SystemTime> {
    None
}

/// Returns a text without what editors leave out or add when they open a file.
fn said(text: &str) -> String {
    text.trim_start_matches('\u{feff}').replace('\r', "").trim_end_matches('\n').to_owned()
}

/// Returns the open document of a file, also when the editor knows it by a path with links in it.
pub(crate) fn open_document(session: &Session, path: &Path) -> Option<Arc<Snapshot>> {
    if let Some(snapshot) =
        Url::from_file_path(path).ok().and_then(|uri| session.documents.get(&uri))
    {
        return Some(snapshot);
    }
    session.documents.all().into_iter().find(|snapshot| {
        snapshot.uri.to_file_path().is_ok_and(|open| {
            open.file_name() == path.file_name()
                && open.canonicalize().is_ok_and(|open| open == path)
        })
    })
}

/// Asks the client to save a document; returns whether the file has the buffer's text now.
pub(crate) async fn save(session: &Session, uri: &Url) -> bool {
    let params = SaveParams { uri: uri.clone() };
    match session.outbox.request::<Save>(&params, EDIT_TIMEOUT).await {
        Ok(result) => result.saved,
        Err(error) => {
            tracing::warn!(%error, %uri, "the document was not saved");
            false
        }
    }
}

async fn apply(session: &Session, snapshot: &Snapshot, text: &str) -> Result<(), EditError> {
    let Some(edit) = difference(snapshot.text(), text) else { return Ok(()) };
    let params = ApplyWorkspaceEditParams {
        label: Some("Preceptor".to_owned()),
        edit: to_proto::workspace_edit(&[edit], snapshot, session.client()),
    };
    let answer = session
        .outbox
        .request::<ApplyWorkspaceEdit>(&params, EDIT_TIMEOUT)
        .await
        .map_err(|error| match error {
            RequestError::Timeout { .. } | RequestError::Closed { .. } => EditError::NoAnswer,
            RequestError::Refused { error, .. } => EditError::Refused(error.message.to_string()),
            error => EditError::Refused(error.to_string()),
        })?;
    if answer.applied {
        return Ok(());
    }
    let is_stale = session
        .documents
        .get(&snapshot.uri)
        .is_none_or(|now| now.revision != snapshot.revision && now.text().as_ref() != text);
    Err(if is_stale {
        EditError::Stale
    } else {
        EditError::Refused(answer.failure_reason.unwrap_or_else(|| "no reason given".to_owned()))
    })
}
