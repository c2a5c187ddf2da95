//! What the handlers of one session share.

use std::sync::{Arc, OnceLock};

use crate::lsp::{
    board::DiagnosticsBoard,
    client_features::ClientFeatures,
    documents::{Documents, Snapshot},
    guide::GuidePages,
    linter::{self, Linter},
    options::Options,
    outbox::Outbox,
    settings::Settings,
    tasks::Tasks,
};

/// One client's session. Parts have short locks of their own; none is held across an await.
#[derive(Debug)]
pub struct Session {
    /// Where files are, how the streams are served.
    pub(crate) options: Options,
    /// The way to the client.
    pub(crate) outbox: Outbox,
    /// Owns what outlives a handler.
    pub(crate) tasks: Tasks,
    /// The open documents.
    pub(crate) documents: Arc<Documents>,
    /// The diagnostics of all publishers.
    pub(crate) board: DiagnosticsBoard,
    /// Lints skills as they change.
    pub(crate) linter: Linter,
    /// The configuration in force.
    pub(crate) settings: Settings,
    /// The rule pages as files.
    pub(crate) guide: Arc<GuidePages>,
    client: OnceLock<ClientFeatures>,
}

impl Session {
    /// Returns a session before its `initialize`.
    pub fn new(options: Options, outbox: Outbox, tasks: Tasks) -> Self {
        let documents = Arc::new(Documents::default());
        Self {
            board: DiagnosticsBoard::new(Arc::clone(&documents), outbox.clone()),
            guide: Arc::new(GuidePages::new(options.state_dir.clone())),
            linter: Linter::default(),
            settings: Settings::default(),
            client: OnceLock::new(),
            options,
            outbox,
            tasks,
            documents,
        }
    }

    /// Acts on a document's new text. Called in the prologues of `didOpen` and `didChange`, right
    /// after the change; returns at once.
    pub(crate) fn text_changed(self: &Arc<Self>, snapshot: &Arc<Snapshot>) {
        if linter::is_skill(&snapshot.uri) {
            self.linter.text_changed(self, snapshot);
        } else {
            self.board.text_changed(&snapshot.uri);
        }
    }

    /// Returns what the client said it can; before `initialize`, nothing.
    pub fn client(&self) -> &ClientFeatures {
        static NOTHING: OnceLock<ClientFeatures> = OnceLock::new();
        self.client.get().unwrap_or_else(|| NOTHING.get_or_init(ClientFeatures::default))
    }

    /// Notes what the client can; the first call counts.
    pub(crate) fn set_client(&self, features: ClientFeatures) {
        // A second `initialize` is refused before it gets here.
        let _ = self.client.set(features);
    }
}
