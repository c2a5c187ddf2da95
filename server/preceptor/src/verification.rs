//! What the student is to try with a skill, looked up for an editor and for a shell.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use agent::{
    event::{Event, Verification},
    ledger::Money,
};
use runtime::{
    clock::SystemClock,
    config::Config,
    earlier::earlier_successes,
    editor::Editor,
    folders::Folders,
    journal::{JournalError, Record},
    proposals::{Proposal, ProposalError},
    replay::Ground,
    run_store::{self, RunFolder},
    sandbox::Sandbox,
    skill_use::viewed_skill,
    skills::{FoundSkill, Scope, SkillSources, find},
    trust::trusts,
    uri,
    verifier::Question,
    workspace_copy::{CopyError, WorkspaceCopy},
};

/// A skill cannot be tried.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VerifyError {
    /// There is no such proposal, or it was decided about.
    #[error(transparent)]
    Proposal(#[from] ProposalError),
    /// Nothing says what the student should try.
    #[error(
        "`prompt`: say which request the student should try with the skill, or name a run in \
         `runId`"
    )]
    NoRequest,
    /// The run's journal cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The workspace cannot be copied.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// The skill is no file that can be read.
    #[error("`uri`: {0} cannot be read; give the address of a SKILL.md")]
    NoSkill(String),
    /// Two requests were named.
    #[error("`prompt`: give it or `runId`, not both")]
    TwoRequests,
    /// There is no such run.
    #[error("`runId`: there is no run `{0}`; `preceptor.runs` lists those that are there")]
    NoRun(String),
    /// The replay did not begin.
    #[error("{0}")]
    NotBegun(String),
}

/// What the student is asked.
pub(crate) enum Asked {
    /// What a kept run was asked in a turn; `None`: in the last one that the skill was read in, or
    /// else in the last one.
    InRun { folder: RunFolder, turn: Option<u32> },
    /// These words.
    Now { prompt: String },
}

/// Where it is tried, and under which settings.
pub(crate) struct Place<'a> {
    pub(crate) workspace: PathBuf,
    pub(crate) config: Arc<Config>,
    pub(crate) folders: Arc<Folders>,
    pub(crate) sandbox: Sandbox,
    pub(crate) editor: &'a dyn Editor,
}

impl Place<'_> {
    /// Looks up all that a replay needs, on the disk; `text` is the skill's as an editor has it.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub(crate) fn question(
        self,
        path: &Path,
        text: Option<Arc<str>>,
        asked: Asked,
    ) -> Result<Question, VerifyError> {
        let Self { workspace, config, folders, sandbox, editor } = self;
        let text = text.map_or_else(|| read(path), Ok)?;
        let skill = FoundSkill::from_text(path, text, Scope::Workspace);
        let others = find(&SkillSources {
            workspace: Some(&workspace),
            trusts_workspace: trusts(&folders, &workspace),
            folders: &folders,
            config: &config.skills,
            editor,
        });
        let others = others.into_iter().filter(|other| other.is_offered).collect();
        let before = WorkspaceCopy::new(&workspace, editor, config.verify.max_copy_mb)?;
        let runs = workspace.join(&config.runs.dir);
        let limit = usize::try_from(config.verify.regression_sample).unwrap_or(usize::MAX);
        let ground = Ground {
            workspace,
            before: Arc::new(before),
            config,
            folders,
            clock: Arc::new(SystemClock),
            sandbox,
            recorded: Arc::default(),
            spent: Money::default(),
        };
        let mut question = match asked {
            Asked::InRun { folder, turn } => {
                let records = run_store::load(&folder)?;
                let turn = turn.unwrap_or_else(|| turn_of(&records, &skill.name));
                Question::of_run(ground, &folder, &records, turn, skill, others)?
                    .ok_or(VerifyError::NoRequest)?
            }
            Asked::Now { prompt } => Question {
                ground,
                prompt,
                skill,
                others,
                teacher: None,
                target: None,
                earlier: Vec::new(),
                changed_since: Vec::new(),
                is_before_unknown: false,
            },
        };
        question.earlier = earlier_successes(&runs, &question.prompt, limit);
        Ok(question)
    }
}

/// Returns the last turn that read the skill of this name, or else the last one.
fn turn_of(records: &[Record], skill: &str) -> u32 {
    let uses = records.iter().filter(|it| viewed_skill(&it.event) == Some(skill));
    let last = || records.iter().map(|record| record.turn).max();
    uses.map(|record| record.turn).max().or_else(last).unwrap_or(1)
}

/// Returns what says that a proposal is tried, or what came of it.
pub(crate) fn told(proposal: &Proposal, verification: Verification) -> Event {
    Event::Verification {
        proposal_id: Some(proposal.proposal_id.clone()),
        uri: None,
        outcome: verification.outcome,
        reason: verification.reason,
        replay_run_id: verification.run_id,
    }
}

#[expect(clippy::disallowed_methods, reason = "the skill is a file")]
fn read(path: &Path) -> Result<Arc<str>, VerifyError> {
    let unreadable = |_| VerifyError::NoSkill(uri::from_path(path));
    fs::read_to_string(path).map(Arc::from).map_err(unreadable)
}
