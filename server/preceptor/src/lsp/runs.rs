//! The runs of a session: starting them, and what follows from each of their records.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use agent::event::{Event, RequestOrigin, StateRecord};
use dashmap::DashMap;
use llm::Redactor;
use runtime::{
    clock::SystemClock,
    driver::{Request, RunHandle, RunSetup, StartError},
    journal::{JournalError, Record},
    proposals::ProposalStore,
    recorder::Recorder,
    run_store::{self, RunFolder},
    waiting::WaitingRuns,
    workspace::resolve_existing,
};
use serde_json::json;
use tokio::sync::mpsc;
use tower_lsp::lsp_types::{Position, Range, Url};
use tracing::{debug, error, info_span};

use crate::lsp::{
    approvals::Approvals, editor::SessionEditor, methods::RunEvent, notices::Notices,
    progress::RunProgress, proposals, session::Session, settings::files,
};

/// Records of one run that may wait for the client.
const QUEUED_RECORDS: usize = 1_024;

/// Runs that rest and can still be followed up.
const MAX_RESTING_RUNS: usize = 64;

/// Runs of earlier sessions that are asked about again at most, the newest.
const MAX_REOPENED_RUNS: usize = 16;

/// What `preceptor.run` asks for, with paths worked out.
#[derive(Debug)]
pub(crate) struct NewRun {
    /// The words.
    pub(crate) prompt: String,
    /// Where it was asked.
    pub(crate) asked_at: Option<(Url, Range)>,
    /// Whether it is a chat.
    pub(crate) is_chat: bool,
}

/// The live runs, by id. Handlers of many requests look them up at the same time; nothing but
/// shared handles leaves the map, so that no guard is ever held across an await.
#[derive(Default)]
pub(crate) struct Runs {
    live: DashMap<String, Arc<RunHandle>>,
    /// Held while a run of an earlier session is opened: two requests for it open it once.
    opening: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for Runs {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Runs").field("n_live", &self.live.len()).finish_non_exhaustive()
    }
}

impl Runs {
    /// Returns a live run.
    pub(crate) fn get(&self, run_id: &str) -> Option<Arc<RunHandle>> {
        self.live.get(run_id).map(|run| Arc::clone(&run))
    }

    /// Returns the folders that keep the live runs.
    pub(crate) fn stores(&self) -> Vec<PathBuf> {
        self.live.iter().map(|run| run.store().to_path_buf()).collect()
    }

    /// Returns how many runs have a turn under way.
    pub(crate) fn n_active(&self) -> usize {
        self.live.iter().filter(|run| run.is_active()).count()
    }

    /// Takes all runs out, to close them.
    pub(crate) fn take_all(&self) -> Vec<Arc<RunHandle>> {
        let runs = self.live.iter().map(|run| Arc::clone(&run)).collect();
        self.live.clear();
        runs
    }
}

/// Starts a run; its records are shown from a task of its own.
pub(crate) async fn start(
    session: &Arc<Session>,
    new: NewRun,
) -> Result<Arc<RunHandle>, StartError> {
    // For clients that do not say when a file changes.
    files::reload(session).await;
    let uri = new.asked_at.as_ref().map(|(uri, _)| uri);
    let places = session.places(uri);
    let config = session.settings.config_in(&places.workspace);
    let setup = RunSetup {
        workspace: places.workspace.clone(),
        stand_in: None,
        runs: places.store.join(&config.runs.dir),
        proposals: ProposalStore::new(&places.store, &session.folders),
        config,
        folders: Arc::clone(&session.folders),
        editor: Arc::new(SessionEditor::new(session)),
        clock: Arc::new(SystemClock),
        skill_use: Arc::clone(&session.skill_use),
        sandbox: session.options.sandbox.clone(),
        skills: None,
        is_chat: new.is_chat,
        recorded: None,
    };
    let request = Request {
        prompt: new.prompt,
        origin: new.asked_at.as_ref().map(|(uri, range)| origin(uri, *range, &places.workspace)),
    };
    let (sender, records) = mpsc::channel(QUEUED_RECORDS);
    let run = Arc::new(RunHandle::start(setup, request, sender).await?);
    let run_id = &run.folder().run_id;
    if let Ok(transcript) = Url::from_file_path(run.folder().transcript()) {
        let may_escalate = run.may_escalate();
        session.turns.add_run(&session.board, run_id, new.asked_at, transcript, may_escalate);
    }
    view(session, &run, records);
    Ok(run)
}

/// Why a run of an earlier session cannot be gone on with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    /// It is not there.
    #[error("there is no run `{0}`; `preceptor.runs` lists those that are there")]
    Unknown(String),
    /// Its journal says that it worked somewhere else.
    #[error("the run worked in {0}, which is not the folder that it is kept in: start a new one")]
    Elsewhere(String),
    /// Its journal cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// It cannot be opened.
    #[error(transparent)]
    Start(#[from] StartError),
}

/// Returns a run: a live one, or one of an earlier session, which then lives again.
pub(crate) async fn open(
    session: &Arc<Session>,
    run_id: &str,
) -> Result<Arc<RunHandle>, OpenError> {
    let _opening = session.runs.opening.lock().await;
    if let Some(run) = session.runs.get(run_id) {
        return Ok(run);
    }
    files::reload(session).await;
    let unknown = || OpenError::Unknown(run_id.to_owned());
    let (store, folder) = session.find_kept_run(run_id).ok_or_else(unknown)?;
    let journal = folder.clone();
    let records = tokio::task::spawn_blocking(move || run_store::load(&journal))
        .await
        .map_err(|error| StartError::Broken(error.to_string()))??;
    let Some(Event::RunStarted { workspace, .. }) = records.first().map(|it| &it.event) else {
        return Err(unknown());
    };
    // A folder may hold journals that somebody else wrote: those open no other folder.
    let workspace = PathBuf::from(workspace);
    let is_at_home = workspace.canonicalize().ok() == store.canonicalize().ok();
    if !is_at_home && store != session.folders.state {
        return Err(OpenError::Elsewhere(workspace.display().to_string()));
    }
    let workspace = if is_at_home { store.clone() } else { workspace };
    let config = session.settings.config_in(&workspace);
    let setup = RunSetup {
        workspace,
        stand_in: None,
        runs: store.join(&config.runs.dir),
        proposals: ProposalStore::new(&store, &session.folders),
        config,
        folders: Arc::clone(&session.folders),
        editor: Arc::new(SessionEditor::new(session)),
        clock: Arc::new(SystemClock),
        skill_use: Arc::clone(&session.skill_use),
        sandbox: session.options.sandbox.clone(),
        skills: None,
        is_chat: false,
        recorded: None,
    };
    let transcript = Url::from_file_path(folder.transcript());
    let (sender, news) = mpsc::channel(QUEUED_RECORDS);
    let run = Arc::new(RunHandle::reopen(setup, folder, sender).await?);
    if let Ok(transcript) = transcript {
        let asked_at = records.iter().find_map(|record| match &record.event {
            Event::State(StateRecord::Request { origin: Some(origin), .. }) => {
                let start = Position::new(origin.line, 0);
                Some((Url::parse(&origin.uri).ok()?, Range::new(start, start)))
            }
            _ => None,
        });
        let may_escalate = run.may_escalate();
        session.turns.add_run(&session.board, run_id, asked_at, transcript, may_escalate);
        let recorder = run.recorder();
        for record in &records {
            let line = recorder.turn_line(record.turn);
            session.turns.apply(&session.board, run_id, record, line);
        }
    }
    view(session, &run, news);
    Ok(run)
}

/// Opens the runs of earlier sessions that wait for a person in the open folders, so that the
/// person is asked again. One that another process works on is that one's to ask about.
pub(crate) async fn open_waiting(session: &Arc<Session>) {
    let waiting = WaitingRuns::new(&session.folders.state);
    let Ok(mut waiting) = tokio::task::spawn_blocking(move || waiting.all()).await else { return };
    let folders = session.workspace_folders();
    waiting.retain(|run| match session.find_kept_run(&run.run_id) {
        // Without a folder the runs of the state folder are this session's own.
        Some((store, kept)) => {
            resolve_existing(&kept.path) == run.path
                && (folders.contains(&store) || folders.is_empty())
        }
        None => false,
    });
    for run in waiting.into_iter().take(MAX_REOPENED_RUNS) {
        if let Err(error) = open(session, &run.run_id).await {
            debug!(%error, run = run.run_id, "a run that waits is not asked about");
        }
    }
}

/// Notes a run as live and shows what it does from now on.
fn view(session: &Arc<Session>, run: &Arc<RunHandle>, records: mpsc::Receiver<Arc<Record>>) {
    let run_id = run.folder().run_id.clone();
    session.runs.live.insert(run_id.clone(), Arc::clone(run));
    let_oldest_go(session);
    let viewer = Viewer {
        session: Arc::clone(session),
        run: Arc::clone(run),
        progress: RunProgress::new(session, &run_id),
        approvals: Approvals::new(session, run),
        notices: Notices::default(),
    };
    session.tasks.spawn(info_span!("viewer", run = run_id), viewer.show(records));
}

/// Ends the oldest runs that rest, so that a long session does not keep every history in memory;
/// their journals stay.
fn let_oldest_go(session: &Arc<Session>) {
    let mut resting: Vec<String> = session
        .runs
        .live
        .iter()
        .filter(|run| !run.is_active())
        .map(|run| run.folder().run_id.clone())
        .collect();
    resting.sort();
    let n_surplus = resting.len().saturating_sub(MAX_RESTING_RUNS);
    for run_id in resting.into_iter().take(n_surplus) {
        if let Some((_, run)) = session.runs.live.remove(&run_id) {
            session.tasks.spawn(info_span!("close", run = run_id), async move {
                run.close().await;
            });
        }
    }
}

/// Builds what is journalled about the place of a request.
pub(crate) fn origin(uri: &Url, range: Range, workspace: &Path) -> RequestOrigin {
    let path = uri.to_file_path().ok().map(|path| {
        let relative = path.strip_prefix(workspace).map(Path::to_path_buf);
        relative.unwrap_or(path).display().to_string()
    });
    RequestOrigin { uri: uri.to_string(), line: range.start.line, path }
}

/// Closes all runs in their journals, within the transport's time of grace.
pub(crate) async fn close_all(session: &Session) {
    let runs = session.runs.take_all();
    futures::future::join_all(runs.iter().map(|run| run.close())).await;
}

/// Where a request's tools work, and where its run is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Places {
    /// The folder that the tools work in.
    pub(crate) workspace: PathBuf,
    /// The folder whose `.preceptor` keeps runs and proposals.
    pub(crate) store: PathBuf,
}

struct Viewer {
    session: Arc<Session>,
    run: Arc<RunHandle>,
    progress: RunProgress,
    approvals: Approvals,
    notices: Notices,
}

impl Viewer {
    async fn show(mut self, mut records: mpsc::Receiver<Arc<Record>>) {
        let run_id = self.run.folder().run_id.clone();
        while let Some(record) = records.recv().await {
            send(&self.session, &run_id, &record).await;
            let line = match &record.event {
                Event::State(StateRecord::Request { .. }) => {
                    self.run.recorder().turn_line(record.turn)
                }
                _ => None,
            };
            self.session.turns.apply(&self.session.board, &run_id, &record, line);
            self.approvals.apply(&record);
            self.progress.apply(&record).await;
            self.notices.apply(&self.session, &record);
            if let Event::SkillProposed { proposal_id, .. } = &record.event {
                proposals::tell_superseded(&self.session, proposal_id);
            }
            if changes_lenses(&record) {
                self.session.refresh_code_lenses();
            }
            if changes_hints(&record) {
                self.session.refresh_inlay_hints();
            }
        }
    }
}

/// Sends an event to a client that announced that it takes them.
async fn send(session: &Session, run_id: &str, record: &Record) {
    if !session.client().preceptor.events || matches!(record.event, Event::State(_)) {
        return;
    }
    match serde_json::to_value(record) {
        Ok(mut payload) => {
            if let Some(payload) = payload.as_object_mut() {
                payload.insert("runId".to_owned(), json!(run_id));
            }
            session.outbox.notify::<RunEvent>(&payload).await;
        }
        Err(error) => error!(%error, seq = record.seq, "an event cannot be written"),
    }
}

/// Adds to a run what became of it, whether somebody works on it here or nobody does any more.
///
/// # Errors
/// [`JournalError`]: another process works on the run, or the disk says no.
pub(crate) async fn note(
    session: &Session,
    folder: &RunFolder,
    turn: u32,
    teacher: bool,
    events: impl IntoIterator<Item = Event>,
) -> Result<(), JournalError> {
    if let Some(run) = session.runs.get(&folder.run_id) {
        for event in events {
            run.recorder().record(turn, teacher, event).await?;
        }
        return Ok(());
    }
    let (clock, redactor) = (Arc::new(SystemClock), Redactor::new([]));
    let recorder = Recorder::reopen(folder, clock, redactor, /*listener*/ None)?;
    for event in events {
        let record = recorder.record(turn, teacher, event).await?;
        send(session, &folder.run_id, &record).await;
    }
    Ok(())
}

/// Whether a request began or ended, or the teacher got on: its line gets another lens.
fn changes_lenses(record: &Record) -> bool {
    changes_hints(record)
        || matches!(
            record.event,
            Event::TurnComplete { .. }
                | Event::Interrupted {}
                | Event::Error { .. }
                | Event::SessionTerminated { .. }
                | Event::SkillProposed { .. }
                | Event::SkillSaveFailed { .. }
        )
        || record.teacher && matches!(record.event, Event::Processing { .. })
}

/// Whether there is something new to say of what the teacher does.
fn changes_hints(record: &Record) -> bool {
    // A new request takes the place of what stood at its line.
    matches!(record.event, Event::State(StateRecord::Request { .. }))
        || record.teacher
            && matches!(
                record.event,
                Event::TeacherTakeover { .. }
                    | Event::ToolCall { .. }
                    | Event::ToolOutput { .. }
                    | Event::LlmCall { .. }
            )
}
