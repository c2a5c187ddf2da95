//! Performs what the machine decides: one task a run.
//!
//! The task owns the machine. It asks it for the next step, performs it and feeds the outcome
//! back; every event is journalled before it is shown. Cancelling is an input to the machine: the
//! effect that is under way is ended first, then the turn is closed in the journal.

mod call;
mod handle;
mod kept_files;
mod learning;
mod operations;
mod prepare;
mod recorded;
mod skills;
mod spending;
mod verification;

use std::{
    collections::{BTreeSet, VecDeque},
    path::PathBuf,
    sync::{Arc, Mutex, atomic::Ordering},
};

use agent::{
    event::{Event, PendingTool, RequestOrigin, StateRecord},
    gate::Gate,
    machine::{Actor, Emitted, Input, Machine, Step},
    message::FailureClass,
    tool::{Access, BuiltInTool, PreparedCall},
    verification::RecordedCalls,
};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

pub(crate) use crate::driver::prepare::redactor;
pub use crate::driver::{handle::RunHandle, operations::Undone, prepare::closed_gate};
use crate::{
    always::AlwaysAllowed,
    clock::Clock,
    config::{Config, SandboxMode},
    day_book::DayBook,
    driver::{
        handle::{Operation, Shared, lock},
        verification::{PATIENCE, Verifications},
    },
    editor::Editor,
    folders::Folders,
    journal::JournalError,
    models::Models,
    proposals::ProposalStore,
    recorder::Recorder,
    run_store::{RunFolder, RunFolderError},
    sandbox::{Ability, Gap, Sandbox},
    skill_use::SkillUse,
    skills::FoundSkill,
    stand_in::StandIn,
    tools::{Change, Restored, Toolbox},
    uri,
    waiting::WaitingRuns,
    workspace::FileError,
};

/// What a run works with.
pub struct RunSetup {
    /// The folder that the tools work in.
    pub workspace: PathBuf,
    /// What that folder stands in for, if it is a copy.
    pub stand_in: Option<StandIn>,
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
    /// Which runs used which skill, as far as this process has looked.
    pub skill_use: Arc<Mutex<SkillUse>>,
    /// Confines commands.
    pub sandbox: Sandbox,
    /// The skills that are offered; `None`: those that are there.
    pub skills: Option<Vec<FoundSkill>>,
    /// Whether it is a chat, without tools and teacher.
    pub is_chat: bool,
    /// What calls are answered with that would have effects outside of the workspace; `None`: they
    /// are asked about.
    pub recorded: Option<Arc<RecordedCalls>>,
}

impl RunSetup {
    /// Returns what confines the run's commands on this machine; `None` if nothing shall.
    async fn ability(&self) -> Option<Ability> {
        match self.config.sandbox.mode {
            SandboxMode::Off => None,
            SandboxMode::ReadOnly | SandboxMode::WorkspaceWrite => {
                Some(self.sandbox.ability_in(&self.workspace).await)
            }
        }
    }
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
    /// A link leads the folder for runs out of the workspace.
    #[error(
        "{0} leads out of the workspace by a link; replace the link by a folder, or set `runs.dir`"
    )]
    LedAway(PathBuf),
    /// The run's folder cannot be made.
    #[error(transparent)]
    Folder(#[from] RunFolderError),
    /// The journal cannot be started.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Preparing it broke off.
    #[error("preparing it broke off ({0}); try again")]
    Broken(String),
}

/// The run does not take this now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
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
    /// A gate keeps the teacher out.
    #[error("{}", .0.sentence().trim_end_matches('.'))]
    Gate(Gate),
    /// Nothing was asked in this run yet.
    #[error("nothing was asked in this run yet")]
    NothingAsked,
    /// No file was changed whose former content is kept.
    #[error(
        "there is nothing to put back: the request changed no file of which it is kept what it \
         held before; leave out `rollBack`"
    )]
    NothingToPutBack,
    /// A person wants a call to have arguments that its tool does not take.
    #[error("the edited arguments cannot be used: {0}")]
    Arguments(String),
    /// Nothing waits for approval.
    #[error("nothing in this run waits for approval")]
    NothingPending,
    /// This call does not wait for approval.
    #[error("`{0}` does not wait for approval: it was decided about already, or never asked about")]
    NotPending(String),
    /// There are two decisions about a call.
    #[error("there are two decisions about `{0}`: send one")]
    DecidedTwice(String),
    /// A call would run where nothing confines it, and whoever allows it does not say so.
    #[error("`{0}` would run outside the sandbox: say so with `outsideSandbox`")]
    Outside(String),
    /// The run waits for a decision.
    #[error("this run waits for your approval: decide about its calls first, or cancel the turn")]
    Waiting,
    /// The last request was worked on to its end.
    #[error(
        "nothing of this run was broken off: ask for something more, or retry the last request"
    )]
    Done,
    /// A turn is under way.
    #[error("a turn of this run is under way: wait for its end, or cancel it")]
    Working,
    /// Requests wait behind the turn under way.
    #[error("requests wait behind the turn under way: wait for their end, or cancel them first")]
    Queued,
}

/// What a run works with, ready for use.
struct Parts {
    machine: Machine,
    models: Models,
    toolbox: Arc<Toolbox>,
    recorder: Arc<Recorder>,
    proposals: ProposalStore,
    day_book: DayBook,
    always: AlwaysAllowed,
    waiting: WaitingRuns,
    config: Arc<Config>,
    folders: Arc<Folders>,
    sandbox: Sandbox,
    clock: Arc<dyn Clock>,
    folder: RunFolder,
    /// The folder that this run's is in.
    runs: PathBuf,
    skill_use: Arc<Mutex<SkillUse>>,
    recorded: Option<Arc<RecordedCalls>>,
}

struct Driver {
    parts: Parts,
    shared: Arc<Shared>,
    closing: CancellationToken,
    incoming: mpsc::Receiver<Operation>,
    /// What came while a turn waited for a person, for after its end.
    queued: VecDeque<Operation>,
    /// Those who wait until what they decided is in the journal.
    to_tell: Vec<oneshot::Sender<()>>,
    /// What the undo under way did to files.
    undone: Restored,
    /// The teacher's answer, where the last turn ended with one.
    teachers_answer: Option<String>,
    verifications: Verifications,
    /// Whether it is kept that the run waits for a person; not known at first.
    may_be_noted_as_waiting: bool,
    /// Calls that were let through to be answered, not to be run.
    answered: BTreeSet<String>,
}

impl Driver {
    async fn work(mut self) {
        self.work_until_closed().await;
        self.end_verifications().await;
    }

    async fn work_until_closed(&mut self) {
        let closing = self.closing.clone();
        self.note_waiting().await;
        if self.parts.machine.awaits_approval() {
            self.turn(None).await;
        }
        loop {
            if closing.is_cancelled() {
                return;
            }
            let operation = match self.queued.pop_front() {
                Some(operation) => operation,
                None => match closing.run_until_cancelled(self.incoming.recv()).await {
                    Some(Some(operation)) => operation,
                    Some(None) | None => return,
                },
            };
            self.perform(operation).await;
        }
    }

    /// Works until the turn has ended; without an input on one that waits for a person.
    async fn turn(&mut self, input: Option<Input>) {
        let cancel = lock(&self.shared.turn_cancel).clone();
        let input = match input {
            Some(input) => Some(input),
            None => self.await_approval(&cancel).await,
        };
        if let Some(input) = input
            && let Err(error) = self.drive(input, &cancel).await
        {
            self.settle();
            self.give_up(&error).await;
        }
        lock(&self.shared.pending).clear();
        self.shared.n_finished.send_replace(self.parts.machine.turn());
    }

    async fn drive(
        &mut self,
        mut input: Input,
        cancel: &CancellationToken,
    ) -> Result<(), JournalError> {
        self.tell_refused().await;
        loop {
            self.tell_rates();
            self.tell_time();
            let transition = self.parts.machine.advance(input);
            let asks = |emitted: &Emitted| matches!(emitted.event, Event::ApprovalRequired { .. });
            if transition.events.iter().any(asks) {
                self.queue_what_came();
            }
            self.share_pending();
            self.shared.is_done.store(self.parts.machine.is_done(), Ordering::SeqCst);
            *lock(&self.shared.request_turns) = self.parts.machine.request_turns().to_vec();
            if transition.step == Step::Rest {
                self.settle();
            }
            self.note_waiting().await;
            for Emitted { turn, teacher, mut event } in transition.events {
                self.keep_allowed(&event).await;
                show_changes(&self.parts.toolbox, &mut event).await;
                if let Event::TeacherTakeover { .. } = &event {
                    self.note_takeover().await;
                }
                if let Event::TurnComplete { final_response, .. } = &event {
                    self.teachers_answer = final_response.clone().filter(|_| teacher);
                }
                let is_end = is_relied_on(&event);
                self.parts.recorder.record(turn, teacher, event).await?;
                if is_end {
                    self.parts.recorder.sync().await?;
                }
            }
            self.tell_kept().await?;
            if transition.step == Step::Rest {
                self.begin_verification();
            }
            // Files are given back whole or not at all, and a run that is closed leaves waiting
            // what waits for a person.
            let can_stop = !matches!(
                transition.step,
                Step::Rest
                    | Step::RestoreFiles { .. }
                    | Step::RollBack { .. }
                    | Step::AwaitApproval
                    | Step::Propose(_)
            );
            if cancel.is_cancelled() && can_stop {
                input = Input::Cancelled { partial: String::new() };
                continue;
            }
            input = match transition.step {
                Step::CallModel { actor, purpose, request } => {
                    self.call_model(actor, purpose, request, cancel).await?
                }
                Step::RunTools { actor, calls } => self.run_tools(actor, &calls, cancel).await?,
                Step::AwaitApproval => match self.await_approval(cancel).await {
                    Some(input) => input,
                    None => return Ok(()),
                },
                Step::CheckDraft(skill) => self.check_draft(&skill).await,
                Step::Propose(skill) => self.propose(&skill).await,
                Step::RestoreFiles { turns } => self.restore_files(&turns).await,
                Step::RollBack { turns } => self.roll_back(&turns).await,
                Step::Rest => return Ok(()),
            };
        }
    }

    /// Notes that nothing of the turn is left to stop. That comes before its end is told: whoever
    /// cancels after that means the next turn, also if it has not begun.
    fn settle(&self) {
        let mut turn_cancel = lock(&self.shared.turn_cancel);
        if self.shared.n_settled.swap(self.parts.machine.turn(), Ordering::SeqCst)
            < self.parts.machine.turn()
        {
            *turn_cancel = self.closing.child_token();
        }
    }

    /// Keeps what a person allowed in this workspace, outside of it.
    async fn keep_allowed(&self, event: &Event) {
        let Event::State(StateRecord::AlwaysAllowed { grant }) = event else { return };
        let (always, grant) = (self.parts.always.clone(), grant.clone());
        let root = self.parts.toolbox.root().to_path_buf();
        let kept = tokio::task::spawn_blocking(move || always.keep(&root, grant)).await;
        match kept {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "what was allowed holds for this turn only"),
            Err(error) => tracing::error!(%error, "what was allowed was not kept"),
        }
    }

    /// Keeps outside of the workspace whether the run waits for a person, so that they are asked
    /// again by whoever comes after this process.
    async fn note_waiting(&mut self) {
        // Nobody is asked about a replay, now or later.
        if self.parts.recorded.is_some() {
            return;
        }
        let waits = self.parts.machine.awaits_approval();
        let may_be_noted = std::mem::replace(&mut self.may_be_noted_as_waiting, waits);
        if !waits && !may_be_noted {
            return;
        }
        let (waiting, folder) = (self.parts.waiting.clone(), self.parts.folder.clone());
        let allowed = self.parts.machine.allowed_calls();
        let note =
            move || if waits { waiting.keep(&folder, allowed) } else { waiting.forget(&folder) };
        match tokio::task::spawn_blocking(note).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "it is not kept whether the run waits"),
            Err(error) => tracing::error!(%error, "it was not kept whether the run waits"),
        }
    }

    /// Looks at what is allowed in this workspace now: another run may have added something, and
    /// the person may have taken it back.
    async fn load_allowed(&mut self) {
        let always = self.parts.always.clone();
        let root = self.parts.toolbox.root().to_path_buf();
        if let Ok(allowed) = tokio::task::spawn_blocking(move || always.load(&root)).await {
            self.parts.machine.set_always_allowed(allowed);
        }
    }

    async fn request_input(&mut self, request: Request) -> Input {
        self.load_allowed().await;
        self.tell_day().await;
        let (skills, notes) = self.skills().await;
        Input::Request { prompt: request.prompt, origin: request.origin, skills, notes }
    }

    async fn run_tools(
        &mut self,
        actor: Actor,
        calls: &[PreparedCall],
        cancel: &CancellationToken,
    ) -> Result<Input, JournalError> {
        let changes_things = calls.iter().any(|call| {
            BuiltInTool::from_name(&call.tool).is_none_or(|tool| tool.access() != Access::Read)
        });
        self.begin_keeping_files();
        if changes_things {
            self.parts.recorder.sync().await?;
            self.keep_files(PATIENCE).await;
        }
        let turn = self.parts.machine.turn();
        let cost = self.parts.machine.started_tools_cost();
        if let Some(balance) = self.settle_with_day(None, cost).await {
            let teacher = actor == Actor::Teacher;
            self.parts.recorder.record(turn, teacher, Event::Budget(balance)).await?;
        }
        let mut outcomes = self.perform_calls(actor, calls, cancel).await?;
        if self.parts.toolbox.is_too_large_to_watch() {
            self.parts.machine.ask_before_commands(Gap::UnwatchedFolders.to_string());
        }
        self.keep_what_commands_changed(&mut outcomes).await;
        let mut results = Vec::with_capacity(outcomes.len());
        for outcome in outcomes {
            if let Some(change) = outcome.change {
                let event = Event::FileChanged {
                    uri: uri::from_path(&change.path),
                    checkpoint: change.checkpoint,
                    added: change.added,
                    removed: change.removed,
                };
                self.parts.recorder.record(turn, actor == Actor::Teacher, event).await?;
            }
            results.push((outcome.id, outcome.result));
        }
        Ok(Input::ToolsFinished(results))
    }

    /// Lets what came so far wait for the turn's end: whoever asked before a question is put has
    /// not seen it. From then on a request leaves behind what waits.
    fn queue_what_came(&mut self) {
        while let Ok(operation) = self.incoming.try_recv() {
            // A decision from before decides nothing; whoever waits for one need not.
            if !matches!(operation, Operation::Decide(..)) {
                self.queued.push_back(operation);
            }
        }
    }

    /// Waits for a decision, or for what makes it needless. `None`: the run is closed, and what
    /// waits does so until somebody goes on with it.
    async fn await_approval(&mut self, cancel: &CancellationToken) -> Option<Input> {
        if let Some(decisions) = self.decisions_to_answer() {
            return Some(Input::Decided(decisions));
        }
        loop {
            let operation = tokio::select! {
                () = cancel.cancelled() => None,
                operation = self.incoming.recv() => operation,
            };
            match operation {
                Some(Operation::Decide(decisions, kept)) => {
                    self.to_tell.extend(kept);
                    return Some(Input::Decided(decisions));
                }
                Some(Operation::Request(request)) => {
                    return Some(self.request_input(request).await);
                }
                Some(operation) => self.queued.push_back(operation),
                None if self.closing.is_cancelled() => return None,
                None => return Some(Input::Cancelled { partial: String::new() }),
            }
        }
    }

    /// The journal cannot be written: the turn ends, and says so to whoever listens.
    async fn give_up(&mut self, error: &JournalError) {
        tracing::error!(%error, "the turn ends: its journal cannot be written");
        self.parts.machine.advance(Input::Cancelled { partial: String::new() });
        let event = Event::Error { error: error.to_string(), class: "storage".to_owned() };
        self.parts.recorder.show_only(self.parts.machine.turn(), event).await;
    }

    fn share_pending(&self) {
        *lock(&self.shared.pending) = self.parts.machine.pending_tools();
    }
}

/// Adds to a question about edits what they would change, as the files are now.
async fn show_changes(toolbox: &Arc<Toolbox>, event: &mut Event) {
    let Event::ApprovalRequired { tools, .. } = event else { return };
    for call in tools {
        call.diff = planned(toolbox, call).await.map(|change| change.diff());
    }
}

/// Returns what a call that waits would do to a file; `None` for other calls.
async fn planned(toolbox: &Arc<Toolbox>, call: &PendingTool) -> Option<Change> {
    let (toolbox, call) = (Arc::clone(toolbox), call.clone());
    let plan = move || toolbox.plan_change(&call.tool, &call.arguments);
    tokio::task::spawn_blocking(plan).await.ok().flatten()
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

/// Whether a person is to rely on what was said so far: from then on it has to survive a crash of
/// the whole machine, not only of this process.
fn is_relied_on(event: &Event) -> bool {
    matches!(
        event,
        Event::TurnComplete { .. }
            | Event::Interrupted {}
            | Event::Error { .. }
            | Event::SessionTerminated { .. }
            | Event::UndoComplete { .. }
            | Event::ApprovalRequired { .. }
    )
}

/// Whether a failed call was ended by the person.
fn is_cancelled(class: FailureClass) -> bool {
    class == FailureClass::Cancelled
}

#[cfg(test)]
mod tests;
