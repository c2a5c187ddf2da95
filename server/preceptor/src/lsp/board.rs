//! The diagnostics of a document come from several publishers, but a publish replaces them all:
//! the board keeps each publisher's part and sends the whole.
//!
//! A client that pulls gets each diagnostic one way only: those of open documents by its requests,
//! those of closed ones, which it does not ask for, pushed.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use tokio::sync::Notify;
use tower_lsp::lsp_types::{Diagnostic, PublishDiagnosticsParams, Url};

use crate::lsp::{
    documents::{AnchorId, Documents, Snapshot},
    outbox::Outbox,
};

/// Who owns a part of a document's diagnostics. The order is the order in the publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Publisher {
    /// Findings in skills; only [`DiagnosticsBoard::lint_finished`] sets them.
    Lint,
    /// Mistakes in configuration files.
    Configuration,
    /// What happened to requests.
    Turns,
    /// What is left to do about what was accepted.
    Proposals,
    /// What proposals would change.
    Edits,
}

/// How diagnostics reach the client.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Delivery {
    /// They are sent as soon as they are known.
    #[default]
    Push,
    /// The client asks for those of open documents, and asks again when it is told to.
    Pull,
    /// The client asks after edits only: what has other causes is pushed.
    PullFindings,
}

impl Delivery {
    /// Tells whether a client asks for what `publisher` says about an open document.
    const fn pulls(self, publisher: Publisher) -> bool {
        match self {
            Self::Push => false,
            Self::Pull => true,
            Self::PullFindings => matches!(publisher, Publisher::Lint),
        }
    }
}

/// A diagnostic, at its own range or at an anchor that moves with the text.
#[derive(Debug, Clone)]
pub struct PlacedDiagnostic {
    /// Where it is shown; its own range if this is `None` or the anchor is gone.
    pub anchor: Option<AnchorId>,
    /// What is shown.
    pub diagnostic: Diagnostic,
}

impl From<Diagnostic> for PlacedDiagnostic {
    fn from(diagnostic: Diagnostic) -> Self {
        Self { anchor: None, diagnostic }
    }
}

/// All diagnostics of all documents.
///
/// While the lint of a document's current version is under way nothing is published for it: the
/// lint's end publishes everything, with that version's number.
#[derive(Debug)]
pub struct DiagnosticsBoard {
    documents: Arc<Documents>,
    outbox: Outbox,
    // Held while publishing, so that publishes leave in the order of the changes; taken before
    // the documents' lock, never after it.
    parts: Mutex<HashMap<Url, Parts>>,
    delivery: OnceLock<Delivery>,
    /// Told when the client has to ask again.
    stale: Notify,
}

#[derive(Debug, Default)]
struct Parts {
    by_publisher: BTreeMap<Publisher, Vec<PlacedDiagnostic>>,
    awaits_lint: bool,
    /// Whether the client holds something that was pushed.
    is_pushed: bool,
}

impl DiagnosticsBoard {
    /// Returns an empty board.
    pub fn new(documents: Arc<Documents>, outbox: Outbox) -> Self {
        Self {
            documents,
            outbox,
            parts: Mutex::default(),
            delivery: OnceLock::new(),
            stale: Notify::new(),
        }
    }

    /// Sets how diagnostics reach the client; the first call counts.
    pub fn set_delivery(&self, delivery: Delivery) {
        // A second `initialize` is refused before it gets here.
        let _ = self.delivery.set(delivery);
    }

    /// Returns how diagnostics reach the client.
    pub fn delivery(&self) -> Delivery {
        self.delivery.get().copied().unwrap_or_default()
    }

    /// Makes the client ask again, if it pulls and can be told to.
    pub fn pulled_changed(&self) {
        self.stale.notify_one();
    }

    /// Waits until the client has to be told to ask again; many reasons at once are one.
    pub async fn stale(&self) {
        self.stale.notified().await;
    }

    /// Returns what a client that asks about a document gets besides the findings in it.
    pub fn pulled(&self, uri: &Url) -> Vec<Diagnostic> {
        let delivery = self.delivery();
        let parts = self.parts();
        let by_publisher = parts.get(uri).into_iter().flat_map(|it| &it.by_publisher);
        let pulled = by_publisher.filter(|(publisher, _)| {
            **publisher != Publisher::Lint
                && (delivery == Delivery::Push || delivery.pulls(**publisher))
        });
        pulled.flat_map(|(_, placed)| placed).map(|it| self.resolve(it)).collect()
    }

    /// Replaces a publisher's part; an empty list clears it.
    pub fn set(&self, uri: &Url, publisher: Publisher, diagnostics: Vec<PlacedDiagnostic>) {
        let mut parts = self.parts();
        if diagnostics.is_empty() && !parts.contains_key(uri) {
            return;
        }
        let entry = parts.entry(uri.clone()).or_default();
        entry.by_publisher.insert(publisher, diagnostics);
        if !entry.awaits_lint {
            self.publish(&mut parts, uri);
        }
        if self.delivery().pulls(publisher) {
            self.pulled_changed();
        }
    }

    /// Publishes a document again if it has diagnostics, at the places where their anchors are
    /// now. For documents that are not linted; a lint publishes by itself.
    pub fn text_changed(&self, uri: &Url) {
        let mut parts = self.parts();
        if parts.get(uri).is_some_and(|entry| !entry.awaits_lint) {
            self.publish(&mut parts, uri);
        }
    }

    /// Notes that the lint of a document's new version starts.
    pub fn lint_started(&self, uri: &Url) {
        self.parts().entry(uri.clone()).or_default().awaits_lint = true;
    }

    /// Takes the findings in a snapshot and publishes, also if nothing changed: clients wait for
    /// the version. Findings in what is not the current snapshot any more are dropped.
    pub fn lint_finished(&self, snapshot: &Snapshot, diagnostics: Vec<Diagnostic>) {
        let mut parts = self.parts();
        if !self.documents.is_current(snapshot) {
            return;
        }
        let entry = parts.entry(snapshot.uri.clone()).or_default();
        entry.awaits_lint = false;
        entry
            .by_publisher
            .insert(Publisher::Lint, diagnostics.into_iter().map(PlacedDiagnostic::from).collect());
        self.publish(&mut parts, &snapshot.uri);
    }

    /// Drops a closed document's findings; what the other publishers said stays.
    pub fn closed(&self, uri: &Url) {
        let mut parts = self.parts();
        if let Some(entry) = parts.get_mut(uri) {
            entry.awaits_lint = false;
            entry.by_publisher.remove(&Publisher::Lint);
            self.publish(&mut parts, uri);
        }
    }

    fn publish(&self, parts: &mut HashMap<Url, Parts>, uri: &Url) {
        let version = self.documents.get(uri).map(|snapshot| snapshot.version);
        let delivery = self.delivery();
        let Some(entry) = parts.get_mut(uri) else { return };
        let pushed = entry
            .by_publisher
            .iter()
            .filter(|(publisher, _)| version.is_none() || !delivery.pulls(**publisher));
        let diagnostics: Vec<Diagnostic> =
            pushed.flat_map(|(_, placed)| placed).map(|it| self.resolve(it)).collect();
        if delivery != Delivery::Push && diagnostics.is_empty() && !entry.is_pushed {
            return;
        }
        entry.is_pushed = !diagnostics.is_empty();
        if diagnostics.is_empty() && version.is_none() {
            parts.remove(uri);
        }
        self.outbox.publish(PublishDiagnosticsParams::new(uri.clone(), diagnostics, version));
    }

    fn resolve(&self, placed: &PlacedDiagnostic) -> Diagnostic {
        let mut diagnostic = placed.diagnostic.clone();
        if let Some((_, range)) = placed.anchor.and_then(|anchor| self.documents.anchor(anchor)) {
            diagnostic.range = range;
        }
        diagnostic
    }

    fn parts(&self) -> MutexGuard<'_, HashMap<Url, Parts>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        sync::Arc,
        task::{Context, Poll, Waker},
    };

    use futures::Stream;
    use tower_lsp::{
        Loopback,
        lsp_types::{
            Diagnostic, Position, Range, TextDocumentContentChangeEvent, TextDocumentItem, Url,
            VersionedTextDocumentIdentifier,
        },
    };

    use super::{DiagnosticsBoard, Documents, PlacedDiagnostic, Publisher};
    use crate::lsp::outbox::{Outbox, Outgoing};

    struct Fixture {
        board: DiagnosticsBoard,
        documents: Arc<Documents>,
        outgoing: Outgoing,
        uri: Url,
    }

    impl Fixture {
        fn new() -> Self {
            let outbox = Outbox::new();
            outbox.open();
            let documents = Arc::new(Documents::default());
            let (outgoing, _) = outbox.loopback().split();
            let uri = Url::parse("file:///notes.md").unwrap();
            let board = DiagnosticsBoard::new(Arc::clone(&documents), outbox);
            Self { board, documents, outgoing, uri }
        }

        fn open(&self, text: &str) {
            let (uri, text) = (self.uri.clone(), text.to_owned());
            self.documents.open(TextDocumentItem::new(uri, "markdown".to_owned(), 1, text));
        }

        fn change(&self, version: i32, range: Range, text: &str) {
            let document = VersionedTextDocumentIdentifier::new(self.uri.clone(), version);
            let (range, text) = (Some(range), text.to_owned());
            let change = TextDocumentContentChangeEvent { range, range_length: None, text };
            self.documents.change(&document, vec![change]);
        }

        /// Returns what left since the last call, as version, then line and message of each.
        fn published(&mut self) -> Vec<String> {
            let mut lines = Vec::new();
            while let Poll::Ready(Some(request)) =
                pin!(&mut self.outgoing).poll_next(&mut Context::from_waker(Waker::noop()))
            {
                let params = request.params().unwrap();
                let diagnostics = params["diagnostics"].as_array().unwrap().iter().map(|it| {
                    format!(" {}:{}", it["range"]["start"]["line"], it["message"].as_str().unwrap())
                });
                lines.push(format!("v{}{}", params["version"], diagnostics.collect::<String>()));
            }
            lines
        }
    }

    fn line(line: u32) -> Range {
        Range::new(Position::new(line, 0), Position::new(line, 1))
    }

    fn diagnostic(at: u32, message: &str) -> Diagnostic {
        Diagnostic::new_simple(line(at), message.to_owned())
    }

    #[test]
    fn a_publish_has_the_parts_of_all_publishers() {
        let mut fixture = Fixture::new();
        fixture.open("a\nb\n");
        let Fixture { board, uri, .. } = &fixture;
        board.set(uri, Publisher::Proposals, vec![diagnostic(1, "proposal").into()]);
        board.set(uri, Publisher::Turns, vec![diagnostic(0, "turn").into()]);
        assert_eq!(fixture.published(), ["v1 0:turn 1:proposal"]);
        fixture.board.set(&fixture.uri, Publisher::Proposals, Vec::new());
        assert_eq!(fixture.published(), ["v1 0:turn"]);
    }

    #[test]
    fn nothing_is_published_while_a_lint_is_under_way() {
        let mut fixture = Fixture::new();
        fixture.open("a\nb\n");
        fixture.board.lint_started(&fixture.uri);
        fixture.board.set(&fixture.uri, Publisher::Turns, vec![diagnostic(0, "turn").into()]);
        assert!(fixture.published().is_empty());
        let snapshot = fixture.documents.get(&fixture.uri).unwrap();
        fixture.board.lint_finished(&snapshot, vec![diagnostic(1, "finding")]);
        assert_eq!(fixture.published(), ["v1 1:finding 0:turn"]);
    }

    #[test]
    fn findings_in_an_old_version_are_dropped() {
        let mut fixture = Fixture::new();
        fixture.open("a\nb\n");
        let old = fixture.documents.get(&fixture.uri).unwrap();
        fixture.change(2, line(0), "x");
        fixture.board.lint_finished(&old, vec![diagnostic(0, "stale")]);
        assert!(fixture.published().is_empty());
        let new = fixture.documents.get(&fixture.uri).unwrap();
        fixture.board.lint_finished(&new, Vec::new());
        assert_eq!(fixture.published(), ["v2"]);
    }

    #[test]
    fn anchored_diagnostics_move_with_the_text() {
        let mut fixture = Fixture::new();
        fixture.open("a\nb\n");
        let anchor = Some(fixture.documents.add_anchor(&fixture.uri, line(1)));
        let placed = PlacedDiagnostic { anchor, diagnostic: diagnostic(1, "turn") };
        fixture.board.set(&fixture.uri, Publisher::Turns, vec![placed]);
        assert_eq!(fixture.published(), ["v1 1:turn"]);
        fixture.change(2, Range::default(), "new\n");
        fixture.board.text_changed(&fixture.uri);
        assert_eq!(fixture.published(), ["v2 2:turn"]);
    }

    #[test]
    fn closing_drops_findings_and_keeps_the_rest() {
        let mut fixture = Fixture::new();
        fixture.open("a\nb\n");
        let snapshot = fixture.documents.get(&fixture.uri).unwrap();
        fixture.board.lint_finished(&snapshot, vec![diagnostic(1, "finding")]);
        fixture.board.set(&fixture.uri, Publisher::Turns, vec![diagnostic(0, "turn").into()]);
        fixture.documents.close(&fixture.uri);
        fixture.board.closed(&fixture.uri);
        assert_eq!(fixture.published(), ["vnull 0:turn"]);
        fixture.board.set(&fixture.uri, Publisher::Turns, Vec::new());
        assert_eq!(fixture.published(), ["vnull"]);
        fixture.board.set(&fixture.uri, Publisher::Turns, Vec::new());
        fixture.board.closed(&fixture.uri);
        assert!(fixture.published().is_empty(), "there is nothing left to clear");
    }
}
