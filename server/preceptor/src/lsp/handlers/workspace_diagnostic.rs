//! `workspace/diagnostic`: what is found in the skills of the workspace that are not open.
//!
//! Those that are open are asked about one by one, or pushed. But for the first one, an answer
//! without news is held back until there is some: clients ask again as soon as they are answered.

use std::{
    collections::{HashMap, HashSet},
    mem,
    sync::Arc,
};

use serde_json::json;
use tower_lsp::lsp_types::{
    Diagnostic, FullDocumentDiagnosticReport, PreviousResultId, ProgressToken,
    UnchangedDocumentDiagnosticReport, Url, WorkspaceDiagnosticParams, WorkspaceDiagnosticReport,
    WorkspaceDocumentDiagnosticReport, WorkspaceFullDocumentDiagnosticReport,
    WorkspaceUnchangedDocumentDiagnosticReport,
};

use crate::lsp::{
    closed_skills::FolderNames, handlers::diagnostic::result_id, language::work_out,
    methods::PartialResult, session::Session,
};

/// Skills that are examined at a stretch; a request that is taken back ends after them.
const EXAMINED_AT_ONCE: usize = 16;

/// Reports with news that are sent together to a client that takes them early.
const SENT_AT_ONCE: usize = 50;

pub(crate) async fn workspace_diagnostic(
    session: &Arc<Session>,
    params: WorkspaceDiagnosticParams,
) -> WorkspaceDiagnosticReport {
    session.settings.known().await;
    session.neighbors.searched().await;
    let previous: Previous = params
        .previous_result_ids
        .into_iter()
        .map(|PreviousResultId { uri, value }| (uri, value))
        .collect();
    let previous = Arc::new(previous);
    let mut changes = session.closed_skills.changes();
    loop {
        changes.borrow_and_update();
        let mut answer = Answer {
            session,
            token: params.partial_result_params.partial_result_token.as_ref(),
            items: Vec::new(),
            left_over: session.closed_skills.all_left_over(),
            is_begun: false,
            has_news: false,
        };
        answer.examine_all(&previous).await;
        if answer.has_news {
            session.closed_skills.told_of(&answer.left_over);
        }
        // Whoever asks for the first time, such as a script, is told at once that there is nothing.
        let is_first = !session.closed_skills.tell() && previous.is_empty();
        if answer.has_news || is_first || changes.changed().await.is_err() {
            return WorkspaceDiagnosticReport { items: answer.finished().await };
        }
    }
}

/// The ids that the client has.
type Previous = HashMap<Url, String>;

struct Answer<'a> {
    session: &'a Arc<Session>,
    /// Set by clients that take parts early.
    token: Option<&'a ProgressToken>,
    /// What is not sent yet.
    items: Vec<WorkspaceDocumentDiagnosticReport>,
    /// Skills to tell of in any case.
    left_over: HashSet<Url>,
    /// Whether parts have been sent: the rest has to go the same way.
    is_begun: bool,
    has_news: bool,
}

impl Answer<'_> {
    async fn examine_all(&mut self, previous: &Arc<Previous>) {
        let task = Arc::clone(self.session);
        let Some((names, paths)) = work_out(move || in_workspace(&task)).await else { return };
        let names = Arc::new(names);
        let mut gone: HashSet<Url> = previous.keys().chain(&self.left_over).cloned().collect();
        for paths in paths.chunks(EXAMINED_AT_ONCE) {
            let (task, names, paths) =
                (Arc::clone(self.session), Arc::clone(&names), paths.to_vec());
            let examined = move || -> Vec<(Url, Vec<Diagnostic>)> {
                let skills =
                    paths.iter().filter_map(|it| task.closed_skills.examine(&task, &names, it));
                skills.map(|skill| (skill.uri.clone(), skill.diagnostics.clone())).collect()
            };
            for (uri, diagnostics) in work_out(examined).await.unwrap_or_default() {
                gone.remove(&uri);
                self.report(uri, diagnostics, previous);
            }
            let n_news = self.items.iter().filter(|it| is_news(it)).count();
            if self.token.is_some() && n_news >= SENT_AT_ONCE {
                self.send().await;
            }
        }
        gone.retain(|uri| self.session.documents.get(uri).is_none());
        let mut gone: Vec<Url> = gone.into_iter().collect();
        gone.sort();
        for uri in gone {
            self.report(uri, Vec::new(), previous);
        }
    }

    /// Of a skill in which nothing is found, a client that knows of nothing is not told.
    fn report(&mut self, uri: Url, items: Vec<Diagnostic>, previous: &Previous) {
        let result_id = result_id(&items);
        let known = previous.get(&uri);
        if known == Some(&result_id) {
            let report = UnchangedDocumentDiagnosticReport { result_id };
            self.items.push(WorkspaceDocumentDiagnosticReport::Unchanged(
                WorkspaceUnchangedDocumentDiagnosticReport {
                    uri,
                    version: None,
                    unchanged_document_diagnostic_report: report,
                },
            ));
        } else if known.is_some() || !items.is_empty() || self.left_over.contains(&uri) {
            self.has_news = true;
            let report = FullDocumentDiagnosticReport { result_id: Some(result_id), items };
            self.items.push(WorkspaceDocumentDiagnosticReport::Full(
                WorkspaceFullDocumentDiagnosticReport {
                    uri,
                    version: None,
                    full_document_diagnostic_report: report,
                },
            ));
        }
    }

    async fn send(&mut self) {
        let value = WorkspaceDiagnosticReport { items: mem::take(&mut self.items) };
        self.is_begun = true;
        let params = json!({ "token": self.token, "value": value });
        self.session.outbox.notify::<PartialResult>(&params).await;
    }

    /// An answer must not overtake its own parts.
    async fn finished(mut self) -> Vec<WorkspaceDocumentDiagnosticReport> {
        if self.is_begun {
            self.send().await;
            self.session.outbox.flushed().await;
        }
        self.items
    }
}

const fn is_news(report: &WorkspaceDocumentDiagnosticReport) -> bool {
    matches!(report, WorkspaceDocumentDiagnosticReport::Full(_))
}

fn in_workspace(session: &Session) -> (FolderNames, Vec<Arc<str>>) {
    let names = FolderNames::of(session);
    let mut paths = session.neighbors.paths();
    session.closed_skills.forget(|path| paths.binary_search(path).is_err());
    paths.retain(|path| names.hold(path));
    (names, paths)
}
