//! Lints skills as they change.
//!
//! Each open skill has one task, and the latest version wins: what changes during a lint is
//! linted next, what was skipped never is. There is no fixed delay; the task pauses only in
//! proportion to what the last lint of that document cost.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use lint::{Finding, Flaw, Neighborhood, Settings, SkillFile, check, clients_of};
use skill::{SkillDocument, Span};
use tokio::{
    sync::{OnceCell, watch},
    time::Instant,
};
use tokio_util::task::AbortOnDropHandle;
use tower_lsp::lsp_types::{Diagnostic, Url};
use tracing::{debug, error, info_span};

use crate::lsp::{documents::Snapshot, lint_scope::LintScope, session::Session, to_proto};

/// What some programs put in front of UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A cheaper lint is followed by no pause at all.
const CHEAP: Duration = Duration::from_millis(5);

/// The longest pause, so that a document on which lint is slow still gets its findings.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// What was found in one snapshot.
#[derive(Debug)]
pub(crate) struct Linted {
    /// Where it was found; spans are in its text.
    pub(crate) snapshot: Arc<Snapshot>,
    /// Sorted by place.
    pub(crate) findings: Vec<Finding>,
    /// The same for the client, in the same order.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// What it was linted under.
    pub(crate) scope: Arc<LintScope>,
    /// What was around it.
    pub(crate) neighborhood: Option<Neighborhood>,
}

/// The tasks of all open skills and what they found last.
#[derive(Debug, Default)]
pub(crate) struct Linter {
    tasks: Mutex<HashMap<Url, DocumentTask>>,
    lints: Mutex<HashMap<Url, Arc<Lint>>>,
}

/// The lint of one version of a document, done or going on: who asks meanwhile waits for it.
#[derive(Debug)]
struct Lint {
    revision: u64,
    scope: Arc<LintScope>,
    linted: OnceCell<Arc<Linted>>,
}

#[derive(Debug)]
struct DocumentTask {
    latest: watch::Sender<Arc<Snapshot>>,
    _task: AbortOnDropHandle<()>,
}

impl Linter {
    /// Lints a skill's new version. Returns at once.
    pub(crate) fn text_changed(&self, session: &Arc<Session>, snapshot: &Arc<Snapshot>) {
        session.board.lint_started(&snapshot.uri);
        let mut tasks = self.tasks();
        if let Some(task) = tasks.get(&snapshot.uri) {
            task.latest.send_replace(Arc::clone(snapshot));
            return;
        }
        let (latest, receiver) = watch::channel(Arc::clone(snapshot));
        let span = info_span!("lint", uri = %snapshot.uri);
        let task = session.tasks.spawn_owned(span, lint_latest(Arc::clone(session), receiver));
        tasks.insert(snapshot.uri.clone(), DocumentTask { latest, _task: task });
    }

    /// Lints all open skills again, under new settings.
    pub(crate) fn settings_changed(&self, session: &Session) {
        session.board.pulled_changed();
        session.closed_skills.changed();
        let tasks = self.tasks();
        for snapshot in session.documents.all() {
            if let Some(task) = tasks.get(&snapshot.uri) {
                task.latest.send_replace(snapshot);
            }
        }
    }

    /// Lints an open skill again because what is around it changed.
    fn neighbors_changed(&self, session: &Session, uri: &Url) {
        let Some(snapshot) = session.documents.get(uri) else { return };
        if let Some(task) = self.tasks().get(uri) {
            task.latest.send_replace(snapshot);
        }
    }

    /// Ends a closed document's task.
    pub(crate) fn closed(&self, uri: &Url) {
        self.tasks().remove(uri);
        self.lints().remove(uri);
    }

    /// Returns what is found in this very snapshot under the settings in force; empty for other
    /// documents than skills. What is known already is not worked out again, and what is being
    /// worked out is waited for.
    pub(crate) async fn findings(
        &self,
        session: &Arc<Session>,
        snapshot: Arc<Snapshot>,
    ) -> Arc<Linted> {
        loop {
            let lint = self.lint_of(session, &snapshot);
            let was_done = lint.linted.initialized();
            let mut is_own = false;
            let work_out = || {
                is_own = true;
                work_out(session, Arc::clone(&snapshot), Arc::clone(&lint.scope))
            };
            let linted = Arc::clone(lint.linted.get_or_init(work_out).await);
            // What another one began may be from before a change that this one was called for.
            if is_own || was_done || is_up_to_date(session, &linted) {
                return linted;
            }
        }
    }

    /// Returns the lint of a version that is known or going on, else one that is still to be done.
    fn lint_of(&self, session: &Session, snapshot: &Snapshot) -> Arc<Lint> {
        let scope = LintScope::of(session, &snapshot.uri);
        let known = self.lints().get(&snapshot.uri).cloned();
        if let Some(known) = known
            && known.revision == snapshot.revision
            && *known.scope == scope
            && known.linted.get().is_none_or(|linted| is_up_to_date(session, linted))
        {
            return known;
        }
        let (revision, scope) = (snapshot.revision, Arc::new(scope));
        let lint = Arc::new(Lint { revision, scope, linted: OnceCell::new() });
        if session.documents.is_current(snapshot) {
            self.lints().insert(snapshot.uri.clone(), Arc::clone(&lint));
        }
        lint
    }

    fn tasks(&self) -> MutexGuard<'_, HashMap<Url, DocumentTask>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lints(&self) -> MutexGuard<'_, HashMap<Url, Arc<Lint>>> {
        self.lints.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lints open skills again because what is around them changed. Returns at once.
pub(crate) fn lint_again(session: &Session, uris: &[Url]) {
    for uri in uris {
        session.linter.neighbors_changed(session, uri);
    }
    if !uris.is_empty() {
        session.board.pulled_changed();
    }
}

/// Says whether a document is linted: its file name is `SKILL.md`, in just these letters.
pub(crate) fn is_skill(uri: &Url) -> bool {
    uri.path_segments().and_then(|mut segments| segments.next_back()) == Some("SKILL.md")
}

/// Returns the findings in a text; for any thread that may be busy for a while.
pub(crate) fn lint_text(
    uri: &Url,
    text: &Arc<str>,
    settings: &Settings,
    neighborhood: Option<&Neighborhood>,
) -> Vec<Finding> {
    lint_document(uri, &SkillDocument::parse(Arc::clone(text)), settings, neighborhood, None)
}

/// Returns the findings in a skill; for any thread that may be busy for a while.
pub(crate) fn lint_document(
    uri: &Url,
    document: &SkillDocument,
    settings: &Settings,
    neighborhood: Option<&Neighborhood>,
    flaw: Option<Flaw>,
) -> Vec<Finding> {
    let directory_name = directory_name(uri);
    let file = SkillFile::new(document, settings)
        .in_directory(directory_name.as_deref())
        .among(neighborhood)
        .loaded_by(clients_of(uri.path()))
        .with_flaw(flaw);
    check(&file)
}

async fn lint_latest(session: Arc<Session>, mut latest: watch::Receiver<Arc<Snapshot>>) {
    session.settings.known().await;
    let mut published: Option<Arc<Linted>> = None;
    loop {
        let snapshot = latest.borrow_and_update().clone();
        let started = Instant::now();
        let findings = session.linter.findings(&session, snapshot).await;
        let cost = started.elapsed();
        debug!(version = findings.snapshot.version, ?cost, n = findings.findings.len(), "linted");
        // Of a version that the client has, it is told news only.
        let is_known = published.is_some_and(|known| {
            known.snapshot.revision == findings.snapshot.revision
                && known.diagnostics == findings.diagnostics
        });
        if !is_known {
            session.board.lint_finished(&findings.snapshot, findings.diagnostics.clone());
        }
        published = Some(findings);
        // The pause counts from the lint's end: whoever types after it waits for nothing.
        let rested =
            Instant::now() + if cost > CHEAP { cost.min(LONGEST_PAUSE) } else { Duration::ZERO };
        if latest.changed().await.is_err() {
            return;
        }
        tokio::time::sleep_until(rested).await;
    }
}

/// Says whether what was around a skill is around it still.
fn is_up_to_date(session: &Session, linted: &Linted) -> bool {
    linted.neighborhood.as_ref().is_none_or(|it| session.neighbors.are_unchanged(it))
}

async fn work_out(
    session: &Arc<Session>,
    snapshot: Arc<Snapshot>,
    scope: Arc<LintScope>,
) -> Arc<Linted> {
    let (task, lint_snapshot, lint_scope) =
        (Arc::clone(session), Arc::clone(&snapshot), Arc::clone(&scope));
    let linted =
        tokio::task::spawn_blocking(move || lint_snapshot_text(&task, lint_snapshot, lint_scope));
    Arc::new(linted.await.unwrap_or_else(|error| {
        error!(%error, "a rule panicked");
        Linted {
            snapshot,
            findings: Vec::new(),
            diagnostics: Vec::new(),
            scope,
            neighborhood: None,
        }
    }))
}

fn lint_snapshot_text(session: &Session, snapshot: Arc<Snapshot>, scope: Arc<LintScope>) -> Linted {
    let guide = &session.guide;
    guide.unpack();
    let mut neighborhood = None;
    let findings = if is_skill(&snapshot.uri) {
        let settings = scope.settings(&snapshot.uri);
        let document = snapshot.skill();
        neighborhood = session.neighbors.around(session, &snapshot, document);
        let flaw = flaw_on_disk(&snapshot);
        lint_document(&snapshot.uri, document, &settings, neighborhood.as_ref(), flaw)
    } else {
        Vec::new()
    };
    let diagnostics =
        findings.iter().map(|finding| to_proto::diagnostic(finding, &snapshot, guide)).collect();
    Linted { snapshot, findings, diagnostics, scope, neighborhood }
}

/// Editors leave out a byte order mark, decode a file that is no UTF-8 as they think best, and show
/// a text that nothing is wrong with; clients read the file.
#[expect(clippy::disallowed_methods, reason = "what the editor decoded is on the disk")]
fn flaw_on_disk(snapshot: &Snapshot) -> Option<Flaw> {
    if snapshot.is_modified {
        return None;
    }
    let bytes = std::fs::read(snapshot.uri.to_file_path().ok()?).ok()?;
    let Err(error) = std::str::from_utf8(&bytes) else {
        let is_hidden = bytes.starts_with(BYTE_ORDER_MARK.as_bytes())
            && !snapshot.text().starts_with(BYTE_ORDER_MARK);
        let message = "The file starts with a byte order mark, which the editor does not show: \
                       clients that do not expect it find no frontmatter. Save it as UTF-8 \
                       without one";
        return is_hidden.then_some(Flaw { span: Span::empty(0), message });
    };
    let before = std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok()?;
    let line = before.matches('\n').count();
    let start = snapshot.line_index().line_start(line);
    let n_bytes = snapshot.line(u32::try_from(line).ok()?).map_or(0, str::len);
    Some(Flaw {
        span: Span::new(start, start + n_bytes),
        message: "The file is not UTF-8 here: clients cannot read it. Save it as UTF-8",
    })
}

/// Returns the name of the folder that a file is in.
pub(crate) fn directory_name(uri: &Url) -> Option<String> {
    let path = uri.to_file_path().ok()?;
    Some(path.parent()?.file_name()?.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tower_lsp::lsp_types::{TextDocumentItem, Url};

    use crate::lsp::{options::Options, outbox::Outbox, session::Session, tasks::Tasks};

    #[tokio::test]
    async fn who_asks_during_a_lint_waits_for_it() {
        let session = Arc::new(Session::new(Options::default(), Outbox::new(), Tasks::default()));
        let uri = Url::parse("file:///nowhere/demo/SKILL.md").unwrap();
        let open = |version| {
            let text = "# 😀 Größe\n".to_owned();
            let item = TextDocumentItem::new(uri.clone(), "markdown".to_owned(), version, text);
            session.documents.open(item)
        };
        let snapshot = open(1);
        let findings = || session.linter.findings(&session, Arc::clone(&snapshot));
        let (first, second) = tokio::join!(findings(), findings());
        assert!(Arc::ptr_eq(&first, &second));
        assert!(!first.findings.is_empty());
        assert!(Arc::ptr_eq(&first, &findings().await), "what is known is not worked out again");
        let changed = session.linter.findings(&session, open(2)).await;
        assert_eq!(changed.snapshot.version, 2);
    }
}
