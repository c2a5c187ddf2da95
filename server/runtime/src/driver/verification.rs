//! What happens beside a run's turns: the student tries what the teacher taught.
//!
//! The workspace is copied before a turn first changes something, and again after the teacher's
//! attempt. Only so can a replay begin where the student began, and be compared with where the
//! teacher got.

use std::{sync::Arc, time::Duration};

use agent::{
    event::{Event, Verification},
    ledger::Money,
    verification::RecordedCalls,
};
use futures::future::{BoxFuture, FutureExt};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{
    Driver,
    kept_files::{KeptFiles, Source},
};
use crate::{
    config::Config,
    earlier::earlier_successes,
    proposals::{Proposal, ProposalStore, ReplayMark},
    recorder::Recorder,
    replay::Ground,
    run_store,
    skills::{FoundSkill, Scope},
    tools::ToolOutcome,
    turn_changes::TurnChanges,
    verifier::{Question, TeacherWork, asked, teachers_calls, verify},
    workspace_copy::{Contents, CopyError, WorkspaceCopy, seen_contents},
};

/// How long a change waits for the copy of what was before it.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);
/// How long a takeover waits for it.
const TEACHERS_PATIENCE: Duration = Duration::from_secs(30);

/// The verifications of a run.
#[derive(Default)]
pub(super) struct Verifications {
    /// The files as they were before the turn changed any.
    before: KeptFiles,
    /// The files as the teacher found them.
    found: Contents,
    /// What begins once the turn has ended.
    prepared: Option<Prepared>,
    under_way: JoinSet<()>,
}

struct Prepared {
    proposal_id: String,
    turn: u32,
    question: Question,
    mark: ReplayMark,
}

impl Driver {
    fn verifies(&self) -> bool {
        let Config { verify, teacher, .. } = &*self.parts.config;
        verify.enabled && teacher.enabled
    }

    /// Begins to copy the workspace, once in a turn.
    pub(super) fn begin_keeping_files(&mut self) {
        if self.verifies() {
            let source = Source {
                toolbox: Arc::clone(&self.parts.toolbox),
                limit_mb: self.parts.config.verify.max_copy_mb,
            };
            self.verifications.before.begin(self.parts.machine.turn(), source);
        }
    }

    /// Waits for that copy before something is changed.
    pub(super) async fn keep_files(&mut self, patience: Duration) {
        self.verifications.before.finish(patience).await;
    }

    /// Keeps what files held that commands changed, so that they can be put back.
    pub(super) async fn keep_what_commands_changed(&self, outcomes: &mut [ToolOutcome]) {
        let turn = self.parts.machine.turn();
        let Some(copy) = self.verifications.before.root(turn) else { return };
        for outcome in outcomes.iter_mut().filter(|it| !it.result.changed_files.is_empty()) {
            let (toolbox, copy) = (Arc::clone(&self.parts.toolbox), copy.clone());
            let paths = outcome.result.changed_files.clone();
            let keep = move || toolbox.keep_command_checkpoints(&copy, &paths, turn);
            outcome.result.kept_files = tokio::task::spawn_blocking(keep).await.unwrap_or_default();
        }
    }

    /// Notes what the teacher finds: the student may have left something behind.
    pub(super) async fn note_takeover(&mut self) {
        if !self.verifies() {
            return;
        }
        self.begin_keeping_files();
        self.keep_files(TEACHERS_PATIENCE).await;
        let toolbox = Arc::clone(&self.parts.toolbox);
        let look = move || seen_contents(toolbox.root(), toolbox.editor());
        let found = tokio::task::spawn_blocking(look);
        self.verifications.found = found.await.unwrap_or_default();
    }

    /// Copies the workspace as it is now.
    async fn copy(&self) -> Result<WorkspaceCopy, CopyError> {
        let toolbox = Arc::clone(&self.parts.toolbox);
        let limit_mb = self.parts.config.verify.max_copy_mb;
        let copied = tokio::task::spawn_blocking(move || {
            WorkspaceCopy::new(toolbox.root(), toolbox.editor(), limit_mb)
        });
        copied.await.unwrap_or_else(|error| Err(CopyError::Broken(error.to_string())))
    }

    /// Prepares the replay of a proposal, which begins when the turn has ended. Returns what there
    /// is to say about it so far.
    pub(super) async fn prepare_verification(&mut self, proposal: &Proposal) -> Verification {
        if !self.parts.config.verify.enabled {
            return Verification::off("`verify.enabled` is off.");
        }
        let error = match self.question(proposal).await {
            Ok(question) => {
                let (store, id) = (self.parts.proposals.clone(), proposal.proposal_id.clone());
                let begun = tokio::task::spawn_blocking(move || store.begin_replay(&id)).await;
                match begun {
                    Ok(Ok(mark)) => {
                        let proposal_id = proposal.proposal_id.clone();
                        let turn = proposal.turn;
                        let prepared = Prepared { proposal_id, turn, question, mark };
                        self.verifications.prepared = Some(prepared);
                        return Verification::pending();
                    }
                    Ok(Err(error)) => error.to_string(),
                    Err(error) => error.to_string(),
                }
            }
            Err(error) => error.to_string(),
        };
        let verification = Verification {
            outcome: "inconclusive".to_owned(),
            reason: format!("It was not replayed: {error}."),
            ..Verification::default()
        };
        keep(self.parts.proposals.clone(), proposal.proposal_id.clone(), &verification).await;
        verification
    }

    async fn question(&mut self, proposal: &Proposal) -> Result<Question, CopyError> {
        let before = self.verifications.before.take(proposal.turn).transpose()?;
        let after = Arc::new(self.copy().await?);
        // Without a copy nothing was changed.
        let before = before.map_or_else(|| Arc::clone(&after), Arc::new);
        let (store, toolbox) = (self.parts.proposals.clone(), Arc::clone(&self.parts.toolbox));
        let (runs, own) = (self.parts.runs.clone(), self.parts.folder.clone());
        let (task, limit) = (proposal.clone(), self.parts.config.verify.regression_sample);
        let prompt = self.parts.machine.request().to_owned();
        let looked_up = tokio::task::spawn_blocking(move || {
            let path = store.document(&task);
            let text = std::fs::read_to_string(&path)
                .map_err(|error| CopyError::Io { path: path.clone(), error })?;
            let skill = FoundSkill::from_text(&path, text.into(), Scope::Workspace);
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            let (recorded, words) = match run_store::load(&own) {
                Ok(records) => (teachers_calls(&records, task.turn), asked(&records, task.turn)),
                Err(_) => (RecordedCalls::default(), None),
            };
            let words = words.unwrap_or_else(|| prompt.clone());
            let earlier = earlier_successes(&runs, &prompt, limit);
            Ok((skill, toolbox.offered_skills(), earlier, recorded, words))
        });
        let (skill, others, earlier, recorded, prompt) =
            looked_up.await.unwrap_or_else(|error| Err(CopyError::Broken(error.to_string())))?;
        // Where the teacher only wrote a skill, there is no work of its own to compare with.
        let teacher = self.teachers_answer.clone();
        let found = std::mem::take(&mut self.verifications.found);
        self.keep_changes(proposal.turn, &before, &found, &after).await;
        let teacher = teacher.map(|answer| TeacherWork { answer, found, after: Some(after) });
        Ok(Question {
            ground: Ground {
                workspace: self.parts.toolbox.root().to_path_buf(),
                before,
                config: Arc::clone(&self.parts.config),
                folders: Arc::clone(&self.parts.folders),
                clock: Arc::clone(&self.parts.clock),
                sandbox: self.parts.sandbox.clone(),
                recorded: Arc::new(recorded),
                spent: Money::default(),
            },
            prompt,
            skill,
            others,
            teacher,
            target: proposal.target.clone(),
            earlier,
            changed_since: Vec::new(),
            is_before_unknown: false,
        })
    }

    /// Keeps what the turn changed, for a replay that somebody asks for later.
    async fn keep_changes(
        &self,
        turn: u32,
        before: &Arc<WorkspaceCopy>,
        found: &Contents,
        after: &Arc<WorkspaceCopy>,
    ) {
        let changes = TurnChanges::of(&self.parts.folders, &self.parts.folder, turn);
        let (before, found, after) = (Arc::clone(before), found.clone(), Arc::clone(after));
        let kept = tokio::task::spawn_blocking(move || changes.keep(&before, &found, &after)).await;
        match kept {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "what the turn changed is not kept"),
            Err(error) => tracing::error!(%error, "what the turn changed is not kept"),
        }
    }

    /// Begins what was prepared, beside the turns that follow.
    pub(super) fn begin_verification(&mut self) {
        let Some(prepared) = self.verifications.prepared.take() else { return };
        self.shared.n_verifying.send_modify(|n_verifying| *n_verifying += 1);
        let task = verification(
            prepared,
            self.parts.proposals.clone(),
            Arc::clone(&self.parts.recorder),
            self.shared.cancel_verifications(&self.closing),
        );
        let shared = Arc::clone(&self.shared);
        self.verifications.under_way.spawn(async move {
            task.await;
            shared.n_verifying.send_modify(|n_verifying| *n_verifying -= 1);
        });
    }

    /// Waits for the end of all that is under way.
    pub(super) async fn end_verifications(&mut self) {
        while let Some(ended) = self.verifications.under_way.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a verification broke off");
            }
        }
    }
}

/// Replays and keeps what came of it. Boxed: a replay is a run, whose driver holds this.
fn verification(
    prepared: Prepared,
    store: ProposalStore,
    recorder: Arc<Recorder>,
    cancel: CancellationToken,
) -> BoxFuture<'static, ()> {
    async move {
        let Prepared { proposal_id, turn, question, mark } = prepared;
        let answer = verify(&question, &cancel, |_| {}).await;
        let run_id = answer.replay.map(|folder| folder.run_id);
        let verification = answer.finding.verification(run_id);
        keep(store, proposal_id.clone(), &verification).await;
        drop(mark);
        let event = Event::Verification {
            proposal_id: Some(proposal_id),
            uri: None,
            outcome: verification.outcome,
            reason: verification.reason,
            replay_run_id: verification.run_id,
        };
        if let Err(error) = recorder.record(turn, /*teacher*/ true, event).await {
            tracing::warn!(%error, "what a replay showed is not in the journal");
        }
    }
    .boxed()
}

async fn keep(store: ProposalStore, id: String, verification: &Verification) {
    let verification = verification.clone();
    let kept = tokio::task::spawn_blocking(move || store.set_verification(&id, &verification));
    match kept.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "what a replay showed was not kept"),
        Err(error) => tracing::error!(%error, "what a replay showed was not kept"),
    }
}
