//! Performs what the machine decides: one task a run.
//!
//! The task owns the machine. It asks it for the next step, performs it and feeds the outcome
//! back; every event is journalled before it is shown. Cancelling is an input to the machine: the
//! effect that is under way is ended first, then the turn is closed in the journal.

mod call;

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use agent::{
    distill::DistilledSkill,
    event::{Event, PendingTool, RequestOrigin},
    gate::{self, TakeoverMode, TeacherPolicy},
    machine::{Actor, ApprovalDecision, Emitted, Input, Machine, ProposedSkill, Setup, Step},
    message::FailureClass,
    policy::{self, Policy},
    prompt::OfferedSkill,
    tool::{BUILT_IN_TOOLS, BuiltInTool, PreparedCall},
};
use llm::Redactor;
use tokio::sync::{mpsc, watch};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use tracing::Instrument;

use crate::{
    clock::Clock,
    config::{ApprovalMode, Config, RuleDecision, TeacherMode, TeacherScope},
    editor::Editor,
    folders::Folders,
    journal::{JournalError, Record},
    models::{self, Models},
    proposals::{ProposalStore, Provenance},
    recorder::Recorder,
    run_store::{RunFolder, RunFolderError, first_line},
    tools::Toolbox,
    uri,
    workspace::{FileError, Workspace},
};

/// Requests that may wait for the turn before them.
const QUEUED_OPERATIONS: usize = 64;

/// What a run works with.
pub struct RunSetup {
    /// The folder that the tools work in.
    pub workspace: PathBuf,
    /// The folder below which runs are kept.
    pub runs: PathBuf,
    /// Where proposals are kept.
    pub proposals: ProposalStore,
    /// The configuration, as it is now.
    pub config: Arc<Config>,
    /// The user's folders.
    pub folders: Arc<Folders>,
    /// Open buffers.
    pub editor: Arc<dyn Editor>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Whether it is a chat, without tools and teacher.
    pub is_chat: bool,
}

/// What a person asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The words; not blank.
    pub prompt: String,
    /// The document and line that it was asked from.
    pub origin: Option<RequestOrigin>,
}

/// A run cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The request is empty.
    #[error("the request is empty: say what should be done")]
    EmptyPrompt,
    /// The workspace folder cannot be used.
    #[error(transparent)]
    Workspace(#[from] FileError),
    /// The run's folder cannot be made.
    #[error(transparent)]
    Folder(#[from] RunFolderError),
    /// The journal cannot be started.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// The run does not take this now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OperationError {
    /// The request is empty.
    #[error("the request is empty: say what should be done")]
    EmptyPrompt,
    /// Too much waits already.
    #[error("too many requests wait in this run already: wait for one to end, or cancel it")]
    Full,
    /// The run has ended.
    #[error("this run has ended; start a new one")]
    Ended,
    /// Nothing waits for approval.
    #[error("nothing in this run waits for approval")]
    NothingPending,
}

enum Operation {
    Request(Request),
    Decide(Vec<ApprovalDecision>),
}

/// A live run, from outside. Dropping it ends the task without closing the turn; see
/// [`RunHandle::close`].
pub struct RunHandle {
    folder: RunFolder,
    recorder: Arc<Recorder>,
    shared: Arc<Shared>,
    operations: mpsc::Sender<Operation>,
    closing: CancellationToken,
    task: Mutex<Option<AbortOnDropHandle<()>>>,
}

#[derive(Default)]
struct Shared {
    n_turns: AtomicU32,
    /// Turns that are over; a channel, so that one can wait for it.
    n_finished: watch::Sender<u32>,
    /// Stops the turn under way, or the next one if none is.
    turn_cancel: Mutex<CancellationToken>,
    /// Turns with nothing left to stop; written under the lock of `turn_cancel`.
    n_settled: AtomicU32,
    last_request: Mutex<Option<Request>>,
    pending: Mutex<Vec<PendingTool>>,
}

impl RunHandle {
    /// Makes the run's folder and journal and starts on the first request. Every record goes to
    /// `listener`; the run waits while that channel is full.
    ///
    /// # Errors
    /// [`StartError`]; nothing runs then.
    pub async fn start(
        setup: RunSetup,
        request: Request,
        listener: mpsc::Sender<Arc<Record>>,
    ) -> Result<Self, StartError> {
        if request.prompt.trim().is_empty() {
            return Err(StartError::EmptyPrompt);
        }
        let workspace = Workspace::open(&setup.workspace, Arc::clone(&setup.editor))?;
        let folder = RunFolder::create(&setup.runs, setup.clock.now(), &request.prompt)?;
        let secret_variables = models::secret_variables(&setup.config);
        let secrets = secret_variables.iter().filter_map(|name| std::env::var(name).ok());
        let recorder = Arc::new(Recorder::create(
            &folder,
            Arc::clone(&setup.clock),
            Redactor::new(secrets),
            listener,
        )?);
        let toolbox = Toolbox::new(
            workspace.clone(),
            Arc::clone(&setup.folders),
            Arc::clone(&setup.config),
            secret_variables,
            &folder.path,
        );
        let models = Models::connect(&setup.config, &setup.workspace);
        let machine = machine(&setup, &workspace, &folder);
        let title = agent::clip::clip(first_line(&request.prompt), /*max_chars*/ 90);
        let started = Event::RunStarted {
            title,
            workspace: workspace.root().display().to_string(),
            student: model_name(&models.student, &setup.config.student.model),
            teacher_model: setup.config.teacher.enabled.then(|| setup.config.teacher.model.clone()),
        };
        recorder.record(0, false, started).await?;
        let (operations, incoming) = mpsc::channel(QUEUED_OPERATIONS);
        let closing = CancellationToken::new();
        let turn_cancel = Mutex::new(closing.child_token());
        let shared = Arc::new(Shared { turn_cancel, ..Shared::default() });
        let span = tracing::info_span!("run", id = folder.run_id);
        let driver = Driver {
            machine,
            models,
            toolbox,
            recorder: Arc::clone(&recorder),
            proposals: setup.proposals,
            config: setup.config,
            clock: setup.clock,
            folder: folder.clone(),
            shared: Arc::clone(&shared),
            closing: closing.clone(),
            incoming,
        };
        let task = AbortOnDropHandle::new(tokio::spawn(driver.work().instrument(span)));
        let task = Mutex::new(Some(task));
        let handle = Self { folder, recorder, shared, operations, closing, task };
        // The channel is new and empty, and the task holds its other end.
        let _ = handle.ask(request);
        Ok(handle)
    }

    /// Returns the run's folder.
    pub fn folder(&self) -> &RunFolder {
        &self.folder
    }

    /// Returns the run's recorder, for events that come from outside of its turns.
    pub fn recorder(&self) -> Arc<Recorder> {
        Arc::clone(&self.recorder)
    }

    /// Asks for something more; it waits for the turn under way, unless that waits for a person.
    /// Returns the number of the turn that it will be.
    ///
    /// # Errors
    /// [`OperationError`].
    pub fn ask(&self, request: Request) -> Result<u32, OperationError> {
        if request.prompt.trim().is_empty() {
            return Err(OperationError::EmptyPrompt);
        }
        *lock(&self.shared.last_request) = Some(request.clone());
        // Counted before it is sent: whoever asks after this call finds the run active.
        let turn = self.shared.n_turns.fetch_add(1, Ordering::SeqCst) + 1;
        if let Err(error) = self.send(Operation::Request(request)) {
            self.shared.n_turns.fetch_sub(1, Ordering::SeqCst);
            return Err(error);
        }
        Ok(turn)
    }

    /// Asks for the last request once more. Returns the number of the turn that it will be.
    ///
    /// # Errors
    /// [`OperationError`].
    pub fn retry(&self) -> Result<u32, OperationError> {
        let request = lock(&self.shared.last_request).clone();
        request.map_or(Err(OperationError::EmptyPrompt), |request| self.ask(request))
    }

    /// Hands decisions on; returns how many of them fit a pending call.
    ///
    /// # Errors
    /// [`OperationError::NothingPending`] if none does.
    pub fn decide(&self, decisions: Vec<ApprovalDecision>) -> Result<usize, OperationError> {
        let pending = self.pending();
        let decisions: Vec<ApprovalDecision> = decisions
            .into_iter()
            .filter(|decision| {
                pending.iter().any(|call| call.tool_call_id == decision.tool_call_id)
            })
            .collect();
        let n_fitting = decisions.len();
        if n_fitting == 0 {
            return Err(OperationError::NothingPending);
        }
        self.send(Operation::Decide(decisions))?;
        Ok(n_fitting)
    }

    /// Stops the turn under way, or the one that was asked for and has not begun; returns whether
    /// there was one.
    pub fn cancel(&self) -> bool {
        let turn_cancel = lock(&self.shared.turn_cancel);
        let is_unsettled = self.shared.n_settled.load(Ordering::SeqCst) < self.n_turns();
        if is_unsettled {
            turn_cancel.cancel();
        }
        is_unsettled
    }

    /// Returns whether a turn is under way, waits for a person or for the turn before it.
    pub fn is_active(&self) -> bool {
        *self.shared.n_finished.borrow() < self.n_turns()
    }

    /// Waits until no turn is under way or asked for.
    pub async fn idle(&self) {
        let mut n_finished = self.shared.n_finished.subscribe();
        // The sender is ours: waiting ends by the condition only.
        let _ = n_finished.wait_for(|n_finished| *n_finished >= self.n_turns()).await;
    }

    /// Returns how many turns were asked for.
    pub fn n_turns(&self) -> u32 {
        self.shared.n_turns.load(Ordering::SeqCst)
    }

    /// Returns the calls that wait for a person.
    pub fn pending(&self) -> Vec<PendingTool> {
        lock(&self.shared.pending).clone()
    }

    /// Stops whatever is under way, closes the turn in the journal and ends the task.
    pub async fn close(&self) {
        self.closing.cancel();
        let task = lock(&self.task).take();
        if let Some(task) = task
            && let Err(error) = task.await
            && !error.is_cancelled()
        {
            tracing::error!(%error, run = self.folder.run_id, "the run's task failed");
        }
    }

    fn send(&self, operation: Operation) -> Result<(), OperationError> {
        self.operations.try_send(operation).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => OperationError::Full,
            mpsc::error::TrySendError::Closed(_) => OperationError::Ended,
        })
    }
}

struct Driver {
    machine: Machine,
    models: Models,
    toolbox: Toolbox,
    recorder: Arc<Recorder>,
    proposals: ProposalStore,
    config: Arc<Config>,
    clock: Arc<dyn Clock>,
    folder: RunFolder,
    shared: Arc<Shared>,
    closing: CancellationToken,
    incoming: mpsc::Receiver<Operation>,
}

impl Driver {
    async fn work(mut self) {
        let closing = self.closing.clone();
        while let Some(Some(operation)) = closing.run_until_cancelled(self.incoming.recv()).await {
            // A decision that comes after its turn has ended has nothing to decide about.
            if let Operation::Request(request) = operation {
                self.turn(request).await;
            }
        }
    }

    async fn turn(&mut self, request: Request) {
        let cancel = lock(&self.shared.turn_cancel).clone();
        if let Err(error) = self.drive(request, &cancel).await {
            self.settle();
            self.give_up(&error).await;
        }
        lock(&self.shared.pending).clear();
        if let Err(error) = self.recorder.sync().await {
            tracing::warn!(%error, "the journal was not synced");
        }
        self.shared.n_finished.send_replace(self.machine.turn());
    }

    async fn drive(
        &mut self,
        request: Request,
        cancel: &CancellationToken,
    ) -> Result<(), JournalError> {
        let mut input = self.request_input(request);
        loop {
            let transition = self.machine.advance(input);
            self.share_pending();
            if transition.step == Step::Rest {
                self.settle();
            }
            for Emitted { turn, teacher, event } in transition.events {
                self.recorder.record(turn, teacher, event).await?;
            }
            if cancel.is_cancelled() && transition.step != Step::Rest {
                input = Input::Cancelled { partial: String::new() };
                continue;
            }
            input = match transition.step {
                Step::CallModel { actor, purpose, request } => {
                    self.call_model(actor, purpose, request, cancel).await?
                }
                Step::RunTools { actor, calls } => self.run_tools(actor, &calls, cancel).await?,
                Step::AwaitApproval => self.await_approval(cancel).await,
                Step::Propose(skill) => self.propose(&skill).await,
                Step::Rest => return Ok(()),
            };
        }
    }

    /// Notes that nothing of the turn is left to stop. That comes before its end is told: whoever
    /// cancels after that means the next turn, also if it has not begun.
    fn settle(&self) {
        let mut turn_cancel = lock(&self.shared.turn_cancel);
        if self.shared.n_settled.swap(self.machine.turn(), Ordering::SeqCst) < self.machine.turn() {
            *turn_cancel = self.closing.child_token();
        }
    }

    fn request_input(&self, request: Request) -> Input {
        let skills =
            if self.machine.has_tools() { self.toolbox.offered_skills() } else { Vec::new() };
        let skills = skills
            .into_iter()
            .map(|skill| OfferedSkill { name: skill.name, description: skill.description })
            .collect();
        Input::Request { prompt: request.prompt, origin: request.origin, skills }
    }

    async fn run_tools(
        &mut self,
        actor: Actor,
        calls: &[PreparedCall],
        cancel: &CancellationToken,
    ) -> Result<Input, JournalError> {
        let changes_things = calls.iter().any(|call| {
            BuiltInTool::from_name(&call.tool)
                .is_none_or(|tool| tool.access() != agent::tool::Access::Read)
        });
        if changes_things {
            self.recorder.sync().await?;
        }
        let turn = self.machine.turn();
        let outcomes = self.toolbox.run_all(calls, turn, cancel).await;
        let mut results = Vec::with_capacity(outcomes.len());
        for outcome in outcomes {
            if let Some(change) = outcome.change {
                let event = Event::FileChanged {
                    uri: uri::from_path(&change.path),
                    checkpoint: change.checkpoint,
                    added: change.added,
                    removed: change.removed,
                };
                self.recorder.record(turn, actor == Actor::Teacher, event).await?;
            }
            results.push((outcome.id, outcome.result));
        }
        Ok(Input::ToolsFinished(results))
    }

    async fn await_approval(&mut self, cancel: &CancellationToken) -> Input {
        tokio::select! {
            () = cancel.cancelled() => Input::Cancelled { partial: String::new() },
            operation = self.incoming.recv() => match operation {
                Some(Operation::Decide(decisions)) => Input::Decided(decisions),
                Some(Operation::Request(request)) => self.request_input(request),
                None => Input::Cancelled { partial: String::new() },
            }
        }
    }

    async fn propose(&self, skill: &DistilledSkill) -> Input {
        let provenance = Provenance {
            run_id: self.folder.run_id.clone(),
            run_folder: self.folder.path.clone(),
            turn: self.machine.turn(),
            teacher_model: model_name(&self.models.teacher, &self.config.teacher.model),
        };
        let (store, skill) = (self.proposals.clone(), skill.clone());
        let (now, settings) = (self.clock.now(), self.config.lint.settings());
        let stored = tokio::task::spawn_blocking(move || {
            let proposal = store.create(&skill, provenance, now, &settings)?;
            let uri = store.uri(&proposal);
            Ok::<_, crate::proposals::ProposalError>((proposal, uri))
        })
        .await;
        let proposed = match stored {
            Ok(Ok((proposal, uri))) => Ok(ProposedSkill {
                proposal_id: proposal.proposal_id,
                name: proposal.name,
                category: proposal.category,
                uri,
                risk: proposal.risk,
                findings: proposal.findings,
                verification: proposal.verification,
            }),
            Ok(Err(error)) => Err(error.to_string()),
            Err(error) => Err(format!("the skill could not be stored ({error})")),
        };
        Input::Proposed(proposed)
    }

    /// The journal cannot be written: the turn ends, and says so to whoever listens.
    async fn give_up(&mut self, error: &JournalError) {
        tracing::error!(%error, "the turn ends: its journal cannot be written");
        self.machine.advance(Input::Cancelled { partial: String::new() });
        let event = Event::Error { error: error.to_string(), class: "storage".to_owned() };
        self.recorder.show_only(self.machine.turn(), event).await;
    }

    fn share_pending(&self) {
        let pending = self
            .machine
            .pending_calls()
            .into_iter()
            .map(|call| PendingTool {
                tool: call.tool.clone(),
                arguments: call.arguments.clone(),
                tool_call_id: call.id.clone(),
            })
            .collect();
        *lock(&self.shared.pending) = pending;
    }
}

fn machine(setup: &RunSetup, workspace: &Workspace, folder: &RunFolder) -> Machine {
    let config = &setup.config;
    let teacher = TeacherPolicy {
        enabled: config.teacher.enabled,
        model: config.teacher.model.clone(),
        mode: match config.teacher.mode {
            TeacherMode::Takeover => TakeoverMode::Takeover,
            TeacherMode::Ask => TakeoverMode::Ask,
            TeacherMode::Propose => TakeoverMode::Propose,
            TeacherMode::Off => TakeoverMode::Off,
        },
        self_hosted_only: config.teacher.scope == TeacherScope::SelfHostedOnly,
        per_run: config.teacher.per_run,
        max_steps: config.teacher.max_turns,
    };
    let rules = config.approval.rules.iter().map(|rule| policy::Rule {
        tool: rule.tool.clone(),
        when: rule.when.clone(),
        decision: match rule.decision {
            RuleDecision::Allow => policy::Decision::Allow,
            RuleDecision::Ask => policy::Decision::Ask,
            RuleDecision::Deny => policy::Decision::Deny,
        },
    });
    let policy = Policy {
        mode: match config.approval.mode {
            ApprovalMode::Ask => policy::Mode::Ask,
            ApprovalMode::Edits => policy::Mode::Edits,
            ApprovalMode::Full => policy::Mode::Full,
        },
        rules: rules.collect(),
        ..Policy::default()
    };
    let tools = if setup.is_chat {
        Vec::new()
    } else {
        BUILT_IN_TOOLS.into_iter().map(BuiltInTool::spec).collect()
    };
    let setup = Setup {
        workspace: workspace.root().display().to_string(),
        is_chat: setup.is_chat,
        tools,
        max_steps: u32::try_from(config.agent.max_iterations).ok(),
        teacher,
        student_is_self_hosted: gate::is_self_hosted(models::host(&config.student.base_url)),
        nonce: nonce(folder),
    };
    Machine::new(setup, policy)
}

/// Text that nothing in a trace can contain: the hasher's keys are drawn at random.
fn nonce(folder: &RunFolder) -> String {
    use std::hash::{BuildHasher, RandomState};

    format!("{:016x}", RandomState::new().hash_one(&folder.run_id))
}

fn model_name(
    model: &Result<Arc<dyn llm::Model>, agent::message::ModelFailure>,
    configured: &str,
) -> String {
    match model {
        Ok(model) if !model.name().is_empty() => model.name().to_owned(),
        _ if configured.is_empty() => "default".to_owned(),
        _ => configured.to_owned(),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a failed call was ended by the person.
fn is_cancelled(class: FailureClass) -> bool {
    class == FailureClass::Cancelled
}

#[cfg(test)]
mod tests;
