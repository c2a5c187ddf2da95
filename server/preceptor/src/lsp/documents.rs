//! The documents that are open in the editor, as immutable snapshots, and the anchors in them.
//!
//! All changes happen in synchronous prologues, in order of arrival, under one short lock.

mod anchors;
mod rope_positions;
mod snapshot;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::SystemTime,
};

use ropey::Rope;
use runtime::clock::{Clock, SystemClock};
use skill::PositionEncoding;
use tower_lsp::lsp_types::{
    Range, TextDocumentContentChangeEvent, TextDocumentItem, Url, VersionedTextDocumentIdentifier,
};
use tracing::{debug, warn};

pub use crate::lsp::documents::{anchors::AnchorId, snapshot::Snapshot};
use crate::lsp::documents::{anchors::Anchors, rope_positions::Edit, snapshot::SnapshotParts};

/// All open documents. Reads hand out `Arc` snapshots; nothing borrows from the lock.
#[derive(Debug, Default)]
pub struct Documents {
    state: Mutex<State>,
    encoding: OnceLock<PositionEncoding>,
}

#[derive(Debug, Default)]
struct State {
    open: HashMap<Url, Arc<Snapshot>>,
    anchors: Anchors,
    last_revision: u64,
}

impl Documents {
    /// Sets the unit of columns for the session; the first call counts.
    pub fn set_encoding(&self, encoding: PositionEncoding) {
        if self.encoding.set(encoding).is_err() {
            warn!("the position encoding was settled already");
        }
    }

    /// Returns the unit of columns; UTF-16 until something else was agreed on.
    pub fn encoding(&self) -> PositionEncoding {
        self.encoding.get().copied().unwrap_or_default()
    }

    /// Returns the current snapshot of an open document.
    pub fn get(&self, uri: &Url) -> Option<Arc<Snapshot>> {
        self.state().open.get(uri).cloned()
    }

    /// Returns the current snapshots of all open documents, in no order.
    pub fn all(&self) -> Vec<Arc<Snapshot>> {
        self.state().open.values().cloned().collect()
    }

    /// Says whether this snapshot is what the editor shows.
    pub fn is_current(&self, snapshot: &Snapshot) -> bool {
        self.state().open.get(&snapshot.uri).is_some_and(|it| it.revision == snapshot.revision)
    }

    /// Opens a document; one that was open is replaced.
    pub fn open(&self, document: TextDocumentItem) -> Arc<Snapshot> {
        let TextDocumentItem { uri, language_id, version, text } = document;
        let rope = Rope::from_str(&text);
        let encoding = self.encoding();
        let mut state = self.state();
        state.anchors.open(&uri, &rope, encoding);
        state.replace(SnapshotParts {
            uri,
            version,
            language_id: language_id.into(),
            is_modified: false,
            settled_at: SystemClock.now().into(),
            encoding,
            rope,
        })
    }

    /// Applies changes in their order and returns the new snapshot; `None` if the document is not
    /// open.
    ///
    /// Ranges that do not fit the text are clamped and logged: an editor that is wrong about one
    /// range still has to be followed. A version that does not rise is logged as well.
    pub fn change(
        &self,
        document: &VersionedTextDocumentIdentifier,
        changes: Vec<TextDocumentContentChangeEvent>,
    ) -> Option<Arc<Snapshot>> {
        let VersionedTextDocumentIdentifier { uri, version } = document;
        let mut state = self.state();
        let Some(before) = state.open.get(uri).cloned() else {
            warn!(%uri, "a change to a document that is not open");
            return None;
        };
        if *version <= before.version {
            warn!(%uri, before = before.version, version, "a version that does not rise");
        }
        let mut rope = before.rope().clone();
        for change in changes {
            let edit = match change.range {
                Some(range) => {
                    let edit = Edit::in_range(&rope, range, before.encoding, change.text);
                    if edit.was_clamped {
                        debug!(%uri, ?range, "a range outside of the text was clamped");
                    }
                    edit
                }
                None => Edit::whole_text(&rope, &change.text),
            };
            edit.apply(&mut rope);
            state.anchors.edit(uri, &edit);
        }
        Some(state.replace(SnapshotParts {
            uri: uri.clone(),
            version: *version,
            language_id: Arc::clone(&before.language_id),
            is_modified: true,
            settled_at: before.settled_at,
            encoding: before.encoding,
            rope,
        }))
    }

    /// Notes that a document was saved and returns its snapshot, which has the same version.
    pub fn save(&self, uri: &Url) -> Option<Arc<Snapshot>> {
        let mut state = self.state();
        let before = state.open.get(uri).cloned()?;
        let saved = Arc::new(before.as_saved());
        state.open.insert(uri.clone(), Arc::clone(&saved));
        Some(saved)
    }

    /// Returns the text of a file that is not open as a snapshot, which is never current.
    pub(crate) fn closed_file(&self, uri: Url, text: &str) -> Snapshot {
        let parts = SnapshotParts {
            uri,
            version: 0,
            language_id: "markdown".into(),
            is_modified: false,
            settled_at: SystemTime::UNIX_EPOCH,
            encoding: self.encoding(),
            rope: Rope::from_str(text),
        };
        Snapshot::new(parts, /*revision*/ 0)
    }

    /// Closes a document and returns its last snapshot; its anchors stay.
    pub fn close(&self, uri: &Url) -> Option<Arc<Snapshot>> {
        let mut state = self.state();
        let last = state.open.remove(uri)?;
        state.anchors.close(uri, last.rope(), last.encoding);
        Some(last)
    }

    /// Registers a range that moves with the document's edits, whether the document is open now
    /// or not. It stays until [`Documents::forget_anchor`].
    pub fn add_anchor(&self, uri: &Url, range: Range) -> AnchorId {
        let mut state = self.state();
        let State { open, anchors, .. } = &mut *state;
        anchors.add(uri, range, open.get(uri).map(|snapshot| (snapshot.rope(), snapshot.encoding)))
    }

    /// Returns where an anchor is now, in the document's current version.
    pub fn anchor(&self, id: AnchorId) -> Option<(Url, Range)> {
        let state = self.state();
        state
            .anchors
            .get(id, |uri| state.open.get(uri).map(|snapshot| (snapshot.rope(), snapshot.encoding)))
    }

    /// Drops an anchor.
    pub fn forget_anchor(&self, id: AnchorId) {
        self.state().anchors.forget(id);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn replace(&mut self, parts: SnapshotParts) -> Arc<Snapshot> {
        self.last_revision += 1;
        let uri = parts.uri.clone();
        let snapshot = Arc::new(Snapshot::new(parts, self.last_revision));
        self.open.insert(uri, Arc::clone(&snapshot));
        snapshot
    }
}

#[cfg(test)]
mod tests;
