//! Everything that a run needs before its first step; may wait for the disk.

use std::sync::Arc;

use agent::{
    context::{Room, Rooms},
    event::Event,
    gate::{self, Gate, TakeoverMode, TeacherPolicy},
    machine::{Emitted, Machine, Setup, Step},
    policy::{self, Policy},
    tool::{BUILT_IN_TOOLS, BuiltInTool},
    trace::Redaction,
};
use llm::Redactor;
use tokio::sync::mpsc;

use super::{
    Parts, RunSetup, StartError, learning::redacted_arguments, model_name, skills::unused, spending,
};
use crate::{
    always::AlwaysAllowed,
    approval_rules,
    config::{self, Config, Endpoint, TeacherMode, TeacherScope},
    day_book::DayBook,
    journal::Record,
    models::{self, Models},
    recorder::Recorder,
    run_store::{self, RunFolder, first_line},
    sandbox::{Ability, Gap},
    tools::{Confinement, Toolbox},
    waiting::WaitingRuns,
    workspace::{Workspace, lexical, resolve_existing},
};

/// Longest title, in characters.
const TITLE_CHARS: usize = 90;

pub(super) struct Prepared {
    pub(super) parts: Parts,
    /// What is journalled before the first step.
    pub(super) first: Vec<Emitted>,
}

pub(super) fn prepare(
    setup: RunSetup,
    ability: Option<&Ability>,
    prompt: &str,
    listener: mpsc::Sender<Arc<Record>>,
) -> Result<Prepared, StartError> {
    let workspace = open_workspace(&setup)?;
    // A replay asks the same within the same second, and two runs must not have one name.
    let words = if setup.recorded.is_some() {
        format!("replay {}", first_line(prompt))
    } else {
        prompt.to_owned()
    };
    let folder = RunFolder::create(&setup.runs, setup.clock.now(), &words)?;
    let recorder =
        Recorder::create(&folder, Arc::clone(&setup.clock), redactor(&setup.config), listener)?;
    let machine = Machine::new(machine_setup(&setup, &workspace, &folder), policy(&setup, ability));
    let parts = parts(setup, ability, workspace, folder, recorder, machine);
    let started = Event::RunStarted {
        title: agent::clip::clip(first_line(prompt), TITLE_CHARS),
        workspace: parts.toolbox.root().display().to_string(),
        student: model_name(&parts.models.student, &parts.config.student.model),
        teacher_model: parts.config.teacher.enabled.then(|| parts.config.teacher.model.clone()),
    };
    let first = [started, ready(&parts)].map(|event| Emitted { turn: 0, teacher: false, event });
    let first = first.into_iter().chain(parts.machine.snapshot()).collect();
    Ok(Prepared { parts, first })
}

/// Everything that a run needs to go on after the process that began it has ended.
pub(super) fn prepare_again(
    setup: RunSetup,
    ability: Option<&Ability>,
    folder: RunFolder,
    listener: mpsc::Sender<Arc<Record>>,
) -> Result<Prepared, StartError> {
    let workspace = open_workspace(&setup)?;
    let recorder = Recorder::reopen(
        &folder,
        Arc::clone(&setup.clock),
        redactor(&setup.config),
        Some(listener),
    )?;
    let journal: Vec<Emitted> = run_store::load(&folder)?
        .into_iter()
        .map(|Record { turn, teacher, event, .. }| Emitted { turn, teacher, event })
        .collect();
    let machine_setup = machine_setup(&setup, &workspace, &folder);
    let policy = policy(&setup, ability);
    let machine = Machine::new(machine_setup.clone(), policy.clone());
    let mut parts = parts(setup, ability, workspace, folder, recorder, machine);
    let skills = parts.toolbox.offered_skills().into_iter().map(unused).collect();
    let allowed = parts.waiting.allowed(&parts.folder);
    let (machine, transition) = Machine::restore(machine_setup, policy, skills, &journal, &allowed);
    parts.machine = machine;
    let event = ready(&parts);
    let mut first = transition.events;
    // Between a question and its answer nothing may stand.
    if transition.step == Step::Rest {
        first.push(Emitted { turn: parts.machine.turn(), teacher: false, event });
    }
    Ok(Prepared { parts, first })
}

fn open_workspace(setup: &RunSetup) -> Result<Workspace, StartError> {
    let workspace = Workspace::open(&setup.workspace, &setup.folders, Arc::clone(&setup.editor))?;
    // A workspace is content from elsewhere: its links must not have us write anywhere else.
    if lexical(&setup.runs).starts_with(&setup.workspace)
        && !resolve_existing(&setup.runs).starts_with(workspace.root())
    {
        return Err(StartError::LedAway(setup.runs.clone()));
    }
    Ok(workspace.standing_in(setup.stand_in.clone()))
}

fn ready(parts: &Parts) -> Event {
    let tool_count = parts.machine.n_tools();
    Event::Ready { message: "The agent is ready.".to_owned(), tool_count }
}

pub(crate) fn redactor(config: &Config) -> Redactor {
    let secret_variables = models::secret_variables(config);
    let secrets = secret_variables
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .map(|secret| secret.trim().to_owned());
    Redactor::new(secrets)
}

fn parts(
    setup: RunSetup,
    ability: Option<&Ability>,
    workspace: Workspace,
    folder: RunFolder,
    recorder: Recorder,
    machine: Machine,
) -> Parts {
    let toolbox = Toolbox::new(
        workspace,
        Arc::clone(&setup.folders),
        Arc::clone(&setup.config),
        models::secret_variables(&setup.config),
        &folder.path,
        ability.map(|ability| Confinement::new(setup.sandbox.clone(), ability.clone())),
    )
    .offering(setup.skills);
    let models = Models::connect(&setup.config, &setup.workspace);
    Parts {
        machine,
        models,
        toolbox: Arc::new(toolbox),
        recorder: Arc::new(recorder),
        proposals: setup.proposals,
        always: AlwaysAllowed::new(&setup.folders.state),
        waiting: WaitingRuns::new(&setup.folders.state),
        day_book: DayBook::new(&setup.folders.state),
        config: setup.config,
        folders: setup.folders,
        sandbox: setup.sandbox,
        clock: setup.clock,
        folder,
        runs: setup.runs,
        skill_use: setup.skill_use,
        recorded: setup.recorded,
    }
}

fn machine_setup(setup: &RunSetup, workspace: &Workspace, folder: &RunFolder) -> Setup {
    let config = &setup.config;
    let teacher = teacher_policy(config);
    let tools = if setup.is_chat {
        Vec::new()
    } else {
        BUILT_IN_TOOLS.into_iter().map(BuiltInTool::spec).collect()
    };
    Setup {
        workspace: workspace.seen_root().display().to_string(),
        is_chat: setup.is_chat,
        tools,
        max_steps: u32::try_from(config.agent.max_iterations).ok(),
        teacher,
        student_is_self_hosted: student_is_self_hosted(config),
        nonce: nonce(folder),
        rooms: Rooms { student: room(&config.student), teacher: room(&config.teacher.endpoint()) },
        budget: spending::budget(config),
        redaction: Redaction::new({
            let redactor = redactor(config);
            move |text| redacted_arguments(text, &redactor)
        }),
    }
}

/// Returns the gates before the teacher, as the settings have them.
pub(super) fn teacher_policy(config: &Config) -> TeacherPolicy {
    TeacherPolicy {
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
        cooldown_s: config.teacher.cooldown_s,
        max_steps: config.teacher.max_turns,
        judges_unclear: config.teacher.tier2.enabled,
    }
}

/// Returns the gate that the settings close for every run, if there is one.
pub fn closed_gate(config: &Config) -> Option<Gate> {
    teacher_policy(config).check_settings(student_is_self_hosted(config)).err()
}

fn student_is_self_hosted(config: &Config) -> bool {
    gate::is_self_hosted(models::host(&config.student.base_url))
}

fn room(endpoint: &Endpoint) -> Room {
    Room { window: endpoint.context_window, reply: endpoint.max_tokens }
}

fn policy(setup: &RunSetup, ability: Option<&Ability>) -> Policy {
    let config = &setup.config;
    let gaps = ability.map(Ability::gaps);
    // Without a sandbox nothing keeps commands from those either.
    let of_git = [Gap::WatchedParts, Gap::UnwatchedFolders];
    let is_unconfined = gaps.as_ref().is_none_or(|it| of_git.iter().any(|gap| it.contains(gap)));
    let policy = Policy {
        billable: config.billable.iter().map(billable).collect(),
        unknown_price: spending::budget(config).unknown_price,
        always_allowed: AlwaysAllowed::new(&setup.folders.state).load(&setup.workspace),
        is_unconfined,
        ..approval_rules::of(config)
    };
    // What is not confined as promised is asked about.
    match gaps.as_deref().unwrap_or_default() {
        [] => policy,
        [gap] => policy.for_gaps(gap.to_string()),
        [gap, others @ ..] => policy
            .for_gaps(format!("{gap}, and {} more that `preceptor doctor` lists", others.len())),
    }
}

fn billable(declared: &config::Billable) -> policy::Billable {
    let per_call = declared.usd_per_call.map(policy::Price::PerCall);
    let price = per_call.or_else(|| declared.usd_per_hour.map(policy::Price::PerHour));
    policy::Billable { tool: declared.tool.clone(), price }
}

/// Text that nothing in a trace can contain: the hasher's keys are drawn at random.
fn nonce(folder: &RunFolder) -> String {
    use std::hash::{BuildHasher, RandomState};

    format!("{:016x}", RandomState::new().hash_one(&folder.run_id))
}
