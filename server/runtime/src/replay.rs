//! A request asked again, of the student alone, in a copy of the workspace.
//!
//! A replay is a run like any other, with other conditions: it works in the copy, under the
//! settings that [`conditions`] makes of the person's own, on skills that are given to it; it is
//! kept in the user's state folder; and it never asks. What the sandbox confines to the copy runs,
//! and whatever would need a person's word ends it.

use std::{
    iter,
    path::{Path, PathBuf},
    sync::Arc,
};

use agent::{
    clip::clip,
    detect::Verdict,
    event::{Event, PendingTool, StateRecord},
    ledger::Money,
    machine::MODEL_CALL,
    preview::summary,
    shell,
    tool::BuiltInTool,
    verification::{ANSWERED, OutwardCall, RecordedCalls, ReplayEnd, outward, plain},
};
use llm::Role;
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    clock::Clock,
    config::{ApprovalMode, Config, RuleDecision, SandboxMode},
    driver::{Request, RunHandle, RunSetup, StartError, redactor},
    editor::NoEditor,
    folders::Folders,
    journal::Record,
    models,
    proposals::ProposalStore,
    run_store::RunFolder,
    sandbox::{Ability, Gap, Layer, Sandbox, is_in_outer_repository},
    skill_use::viewed_skill,
    skills::FoundSkill,
    stand_in::StandIn,
    workspace_copy::{CopyError, WorkspaceCopy},
};

/// Where replays are kept in the state folder.
const FOLDER: &str = "replays";

/// Longest call that is quoted, in characters.
const CALL_CHARS: usize = 120;

/// The setting that a run's error about its budget names.
const RUN_BUDGET: &str = "`budget.run_usd`";

/// Records that may wait to be looked at.
const QUEUED_RECORDS: usize = 1_024;

/// What all replays of a verification have in common.
#[derive(Clone)]
pub struct Ground {
    /// The workspace, which is only read: what git ignores is looked at there.
    pub workspace: PathBuf,
    /// Its files as they were before the request was first worked on.
    pub before: Arc<WorkspaceCopy>,
    /// The person's settings.
    pub config: Arc<Config>,
    /// The user's folders.
    pub folders: Arc<Folders>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Confines commands.
    pub sandbox: Sandbox,
    /// What calls that would have effects outside of the copy are answered with.
    pub recorded: Arc<RecordedCalls>,
    /// What was spent on the verification so far.
    pub spent: Money,
}

impl Ground {
    /// Returns a copy of these files that commands are confined to, in the workspace's place where
    /// the machine can do that.
    pub(crate) fn copy_to_try_in(
        &self,
        files: &WorkspaceCopy,
        ability: &Ability,
    ) -> Result<WorkspaceCopy, CopyError> {
        let can_be_mounted = ability.layers.contains(&Layer::MountNamespace);
        files.to_try_in(&self.workspace, &self.folders.home, can_be_mounted)
    }
}

/// A replay that has ended.
#[derive(Debug)]
pub struct Replayed {
    /// Where its journal and transcript are.
    pub folder: RunFolder,
    /// How it ended.
    pub end: ReplayEnd,
    /// The student's answer.
    pub answer: Option<String>,
    /// The skills whose bodies it read.
    pub read_skills: Vec<String>,
    /// The files as it left them.
    pub files: Arc<WorkspaceCopy>,
    /// Calls that were answered with what the teacher's came to.
    pub n_answered: usize,
    /// What its model calls cost, as far as prices are known.
    pub cost: Money,
}

/// What the teacher said when it was asked.
#[derive(Debug)]
pub struct TeachersWord {
    /// Where its journal and transcript are.
    pub folder: RunFolder,
    /// Its words, or why there are none, as the end of a sentence.
    pub answer: Result<String, String>,
    /// What it cost, as far as prices are known.
    pub cost: Money,
}

/// A replay cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// There is no copy to work in.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// The run cannot start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// Commands would not be kept in the copy.
    #[error("this machine cannot keep commands inside a copy of the workspace ({0})")]
    Unconfined(String),
}

/// Returns the folder that replays are kept in.
pub fn runs_folder(folders: &Folders) -> PathBuf {
    folders.state.join(FOLDER)
}

/// Asks the student again, with exactly these skills, and waits for the end; `begun` is told where
/// the replay is kept.
///
/// # Errors
/// [`ReplayError`]; nothing was asked then.
pub async fn replay(
    ground: &Ground,
    prompt: &str,
    skills: Vec<FoundSkill>,
    cancel: &CancellationToken,
    begun: impl FnOnce(&RunFolder),
) -> Result<Replayed, ReplayError> {
    let ability = ground.sandbox.ability().await.clone();
    require_confinement(&ability)?;
    let (task, before) = (ground.clone(), Arc::clone(&ground.before));
    let files = tokio::task::spawn_blocking(move || task.copy_to_try_in(&before, &ability))
        .await
        .unwrap_or_else(|error| Err(CopyError::Broken(error.to_string())))?;
    let config = conditions(ground, files.linked());
    let stand_in = files.stand_in().cloned();
    let setup = RunSetup { skills: Some(skills), stand_in, ..setup(ground, &files.root(), config) };
    let (folder, watch) = watched(ground, setup, prompt, cancel, begun).await?;
    let Watch { end, answer, read_skills, n_answered, cost, .. } = watch;
    let end = end.unwrap_or_else(|| ReplayEnd::BrokenOff("broke off".to_owned()));
    Ok(Replayed { folder, end, answer, read_skills, files: Arc::new(files), n_answered, cost })
}

/// Asks the teacher something, without tools.
///
/// # Errors
/// [`ReplayError::Start`].
pub async fn ask_teacher(
    ground: &Ground,
    prompt: &str,
    cancel: &CancellationToken,
) -> Result<TeachersWord, ReplayError> {
    let mut config = conditions(ground, iter::empty());
    config.student = ground.config.teacher.endpoint();
    config.student.api_key_env = Some(models::key_variable(Role::Teacher, &config.student));
    config.student.script = config.student.script.map(|script| ground.workspace.join(script));
    let prompt = redactor(&config).redact(prompt).into_owned();
    let setup = RunSetup { is_chat: true, ..setup(ground, &ground.before.root(), config) };
    let (folder, watch) = watched(ground, setup, &prompt, cancel, |_| {}).await?;
    let answer = match (watch.answer, watch.end) {
        (Some(answer), _) if !answer.trim().is_empty() => Ok(answer),
        (_, Some(ReplayEnd::BrokenOff(why))) => Err(why),
        _ => Err("gave no answer".to_owned()),
    };
    Ok(TeachersWord { folder, answer, cost: watch.cost })
}

fn setup(ground: &Ground, root: &Path, config: Config) -> RunSetup {
    RunSetup {
        workspace: root.to_path_buf(),
        stand_in: None,
        runs: runs_folder(&ground.folders),
        proposals: ProposalStore::new(root, &ground.folders),
        config: Arc::new(config),
        folders: Arc::clone(&ground.folders),
        editor: Arc::new(NoEditor),
        clock: Arc::clone(&ground.clock),
        skill_use: Arc::default(),
        sandbox: ground.sandbox.clone(),
        skills: Some(Vec::new()),
        is_chat: false,
        recorded: Some(Arc::clone(&ground.recorded)),
    }
}

/// Starts a run and watches it to its end, or until it needs a person.
async fn watched(
    ground: &Ground,
    setup: RunSetup,
    prompt: &str,
    cancel: &CancellationToken,
    begun: impl FnOnce(&RunFolder),
) -> Result<(RunFolder, Watch), ReplayError> {
    let recorded = setup.recorded.clone().unwrap_or_default();
    let misplaced = setup.stand_in.clone().filter(|it| !it.is_mounted);
    let misses_repository =
        misplaced.as_ref().is_some_and(|it| is_in_outer_repository(&it.place, &setup.folders.home));
    let mut watch = Watch {
        misplaced,
        misses_repository,
        is_own_budget: setup.config.budget.run_usd < ground.config.budget.run_usd,
        ..Watch::new(setup.config.verify.max_steps, recorded)
    };
    let request = Request { prompt: prompt.to_owned(), origin: None };
    let (sender, mut records) = mpsc::channel(QUEUED_RECORDS);
    let run = RunHandle::start(setup, request, sender).await?;
    begun(run.folder());
    while !watch.is_over {
        match cancel.run_until_cancelled(records.recv()).await {
            Some(Some(record)) => watch.see(&record),
            Some(None) => watch.break_off("broke off"),
            None => watch.break_off("was stopped"),
        }
    }
    let folder = run.folder().clone();
    // The journal goes on while the run is closed, and somebody has to take what comes.
    tokio::join!(
        async {
            run.close().await;
            drop(run);
        },
        async { while records.recv().await.is_some() {} },
    );
    Ok((folder, watch))
}

/// Returns the settings of a replay: the student alone, without the network, within its own limits,
/// asking nobody. Rules that refuse something still do.
pub(crate) fn conditions(ground: &Ground, linked: impl Iterator<Item = PathBuf>) -> Config {
    let mut config = Config::clone(&ground.config);
    config.teacher.enabled = false;
    config.approval.mode = ApprovalMode::Full;
    config.sandbox.mode = SandboxMode::WorkspaceWrite;
    config.sandbox.network = false;
    // What may run unconfined when a person is there, does not here.
    for rule in config.approval.rules.iter_mut().filter(|rule| rule.outside_sandbox) {
        if rule.decision == RuleDecision::Allow {
            rule.decision = RuleDecision::Ask;
        }
    }
    // Only read: what may be written is the copy.
    config.sandbox.home_folders.extend(linked);
    config.agent.max_iterations = i64::from(config.verify.max_steps);
    let left_usd = (config.verify.max_cost_usd - ground.spent.usd()).max(0.0);
    config.budget.run_usd = left_usd.min(config.budget.run_usd);
    config.student.script = config.student.script.map(|script| ground.workspace.join(script));
    config
}

/// A replay runs commands that nobody looks at: they have to stay inside.
fn require_confinement(ability: &Ability) -> Result<(), ReplayError> {
    let gaps: Vec<String> = ability
        .gaps()
        .into_iter()
        .filter(|gap| matches!(gap, Gap::Files | Gap::Network | Gap::UnixSockets))
        .map(|gap| gap.to_string())
        .collect();
    if gaps.is_empty() { Ok(()) } else { Err(ReplayError::Unconfined(gaps.join("; "))) }
}

/// What is read off a replay's records while they come.
struct Watch {
    max_steps: u32,
    recorded: Arc<RecordedCalls>,
    n_answered: usize,
    cost: Money,
    /// The copy, if commands do not find it in the workspace's place.
    misplaced: Option<StandIn>,
    /// Whether git finds no repository there, and does in the workspace.
    misses_repository: bool,
    /// The first call that only goes well in the workspace's place.
    needs_place: Option<String>,
    /// Whether a verification may cost less than a run.
    is_own_budget: bool,
    /// Calls that reach out of the copy and have not ended, by their ids.
    outward: Vec<(String, String, OutwardCall)>,
    verdict: Option<Verdict>,
    /// The strongest evidence that the attempt did not get over.
    evidence: (f64, String),
    /// A call of the tool `skills` that has not ended, and what it asked for.
    asked_for: Vec<(String, String)>,
    read_skills: Vec<String>,
    answer: Option<String>,
    end: Option<ReplayEnd>,
    is_over: bool,
}

impl Watch {
    fn new(max_steps: u32, recorded: Arc<RecordedCalls>) -> Self {
        Self {
            max_steps,
            recorded,
            n_answered: 0,
            cost: Money::default(),
            misplaced: None,
            misses_repository: false,
            needs_place: None,
            is_own_budget: false,
            outward: Vec::new(),
            verdict: None,
            evidence: (0.0, String::new()),
            asked_for: Vec::new(),
            read_skills: Vec::new(),
            answer: None,
            end: None,
            is_over: false,
        }
    }

    fn see(&mut self, record: &Record) {
        match &record.event {
            Event::ToolCall { tool, arguments, tool_call_id, .. } => {
                if let Some(name) = viewed_skill(&record.event) {
                    self.asked_for.push((tool_call_id.clone(), name.to_owned()));
                }
                self.note_place(tool, arguments);
                if let Some(outward) = outward(tool, arguments)
                    && (outward == OutwardCall::RepositoryAmongOthers
                        || self.recorded.answer(tool, arguments).is_none())
                {
                    self.outward.push((tool_call_id.clone(), quoted(tool, arguments), outward));
                }
            }
            Event::ToolOutput { tool_call_id, success, exit_code, .. } => {
                let read = self.asked_for.iter().filter(|(id, _)| *success && id == tool_call_id);
                self.read_skills.extend(read.map(|(_, name)| name.clone()));
                let has_failed = exit_code.is_some_and(|code| code != 0);
                let missed = self.outward.iter().find(|(id, _, outward)| {
                    id == tool_call_id && (has_failed || *outward == OutwardCall::AmongOthers)
                });
                if let Some((_, what, outward)) = missed {
                    let why = match outward {
                        OutwardCall::RepositoryAmongOthers => format!(
                            "came to {what}, which changes the repository beside other things; a \
                             replay has none of its own"
                        ),
                        OutwardCall::Repository => format!(
                            "came to {what}, which changes the repository, and which the teacher \
                             did not run"
                        ),
                        _ => format!(
                            "came to {what}, which talks to other machines, and which the teacher \
                             did not run"
                        ),
                    };
                    self.break_off(&why);
                }
            }
            Event::ApprovalRequired { tools, .. } => self.need_a_person(tools),
            Event::LlmCall { cost_usd: Some(cost), .. } => self.cost = self.cost + *cost,
            Event::ToolLog { log, .. } if log == ANSWERED => self.n_answered += 1,
            Event::Signal(signal) if !signal.recovered && signal.confidence > self.evidence.0 => {
                self.evidence = (signal.confidence, signal.evidence.clone());
            }
            Event::State(StateRecord::Verdict { verdict, .. }) => {
                let all = [Verdict::Ok, Verdict::Unsure, Verdict::Failure];
                self.verdict = all.into_iter().find(|it| it.name() == verdict);
            }
            Event::TurnComplete { final_response, stop_reason, .. } => {
                self.answer.clone_from(final_response);
                self.end = Some(self.judged(stop_reason));
                self.is_over = true;
            }
            Event::Error { error, .. } if self.is_own_budget && error.contains(RUN_BUDGET) => {
                self.break_off(
                    "would cost more than is left for it: `verify.max_cost_usd` allows more",
                );
            }
            Event::Error { error, .. } => self.break_off(&format!("ended with an error: {error}")),
            Event::SessionTerminated { user_message, .. } => {
                self.break_off(&format!("ended with an error: {user_message}"));
            }
            Event::Interrupted {} => self.break_off("was stopped"),
            _ => {}
        }
    }

    /// What the teacher's same calls came to answers them; where one of them made no such call, the
    /// replay cannot go on.
    fn need_a_person(&mut self, tools: &[PendingTool]) {
        let is_open =
            |call: &&PendingTool| self.recorded.answer(&call.tool, &call.arguments).is_none();
        let Some(call) = tools.iter().find(is_open) else { return };
        let what = if call.tool == MODEL_CALL {
            "calls of a model whose price nobody knows".to_owned()
        } else {
            quoted(&call.tool, &call.arguments)
        };
        let why = if call.outside_sandbox {
            format!(
                "came to {what}, which needs more than its copy, and which the teacher did not run"
            )
        } else {
            format!("came to {what}, which needs a person's word, and the teacher's has none")
        };
        self.break_off(&why);
    }

    fn judged(&self, stop_reason: &str) -> ReplayEnd {
        let has_answer = self.answer.as_deref().is_some_and(|answer| !answer.trim().is_empty());
        match (stop_reason, self.verdict) {
            ("max_iterations", _) => ReplayEnd::OutOfSteps(self.max_steps),
            (_, Some(Verdict::Ok)) if !has_answer => {
                ReplayEnd::Judged(Verdict::Unsure, "it gave no answer".to_owned())
            }
            (_, Some(Verdict::Failure)) if self.needs_place.is_some() => {
                let what = self.needs_place.as_deref().unwrap_or_default();
                ReplayEnd::BrokenOff(format!(
                    "came to {what}, which goes well in the workspace's own place only, where this \
                     machine cannot show a copy"
                ))
            }
            (_, Some(verdict)) => ReplayEnd::Judged(verdict, plain(&self.evidence.1)),
            (_, None) => ReplayEnd::BrokenOff("was not judged".to_owned()),
        }
    }

    /// Notes a call that has the workspace's path in it, or asks git about a repository that is
    /// around the workspace, where the copy is somewhere else.
    fn note_place(&mut self, tool: &str, arguments: &Map<String, Value>) {
        let Some(stand_in) = &self.misplaced else { return };
        // The file tools know what is meant.
        if BuiltInTool::from_name(tool) != Some(BuiltInTool::Bash) {
            return;
        }
        let command = arguments.get("command").and_then(Value::as_str).unwrap_or_default();
        let is_git = || shell::read(command).commands.iter().any(|it| it.program_name() == "git");
        if stand_in.is_misplaced(command) || self.misses_repository && is_git() {
            self.needs_place.get_or_insert_with(|| quoted(tool, arguments));
        }
    }

    fn break_off(&mut self, why: &str) {
        self.end.get_or_insert_with(|| ReplayEnd::BrokenOff(plain(why.trim_end_matches('.'))));
        self.is_over = true;
    }
}

/// Returns a call in one line.
fn quoted(tool: &str, arguments: &Map<String, Value>) -> String {
    format!("`{tool}: {}`", clip(&summary(arguments), CALL_CHARS)).replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use agent::{
        event::Event,
        ledger::{Balance, Money, Scope},
        verification::ReplayEnd,
    };

    use super::Watch;
    use crate::journal::Record;

    #[test]
    fn a_replay_that_would_cost_too_much_names_the_setting_that_stopped_it() {
        let (spent_usd, cap_usd) = (Money::from_usd(0.4), Money::from_usd(0.5));
        let reserved_usd = Money::default();
        let balance = Balance { scope: Scope::Run, spent_usd, reserved_usd, cap_usd };
        let error = balance.check(Money::from_usd(0.2)).unwrap_err().to_string();
        let event = Event::Error { error, class: "budget".to_owned() };
        let record = Record { seq: 1, time: String::new(), turn: 1, teacher: false, event };
        let told = |is_own_budget| {
            let mut watch = Watch { is_own_budget, ..Watch::new(20, Arc::default()) };
            watch.see(&record);
            watch.end.as_ref().map(ReplayEnd::told).unwrap()
        };
        let own = "would cost more than is left for it: `verify.max_cost_usd` allows more";
        assert_eq!(told(true), own);
        assert!(told(false).contains("raise `budget.run_usd`"), "{}", told(false));
    }
}
