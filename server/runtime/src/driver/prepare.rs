//! Everything that a run needs before its first step; may wait for the disk.

use std::sync::Arc;

use agent::{
    event::Event,
    gate::{self, TakeoverMode, TeacherPolicy},
    machine::{Machine, Setup},
    policy::{self, Policy},
    tool::{BUILT_IN_TOOLS, BuiltInTool},
};
use llm::Redactor;
use tokio::sync::mpsc;

use super::{Parts, RunSetup, StartError, model_name};
use crate::{
    config::{ApprovalMode, RuleDecision, TeacherMode, TeacherScope},
    journal::Record,
    models::{self, Models},
    recorder::Recorder,
    run_store::{RunFolder, first_line},
    tools::Toolbox,
    workspace::{Workspace, lexical, resolve_existing},
};

/// Longest title, in characters.
const TITLE_CHARS: usize = 90;

pub(super) struct Prepared {
    pub(super) parts: Parts,
    /// The journal's first record.
    pub(super) started: Event,
    /// Says that the tools are up.
    pub(super) ready: Event,
}

pub(super) fn prepare(
    setup: RunSetup,
    prompt: &str,
    listener: mpsc::Sender<Arc<Record>>,
) -> Result<Prepared, StartError> {
    let workspace = Workspace::open(&setup.workspace, &setup.folders, Arc::clone(&setup.editor))?;
    // A workspace is content from elsewhere: its links must not have us write anywhere else.
    if lexical(&setup.runs).starts_with(&setup.workspace)
        && !resolve_existing(&setup.runs).starts_with(workspace.root())
    {
        return Err(StartError::LedAway(setup.runs));
    }
    let folder = RunFolder::create(&setup.runs, setup.clock.now(), prompt)?;
    let secret_variables = models::secret_variables(&setup.config);
    let secrets = secret_variables
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .map(|secret| secret.trim().to_owned());
    let recorder =
        Recorder::create(&folder, Arc::clone(&setup.clock), Redactor::new(secrets), listener)?;
    let toolbox = Toolbox::new(
        workspace.clone(),
        Arc::clone(&setup.folders),
        Arc::clone(&setup.config),
        secret_variables,
        &folder.path,
    );
    let models = Models::connect(&setup.config, &setup.workspace);
    let machine = machine(&setup, &workspace, &folder);
    let started = Event::RunStarted {
        title: agent::clip::clip(first_line(prompt), TITLE_CHARS),
        workspace: workspace.root().display().to_string(),
        student: model_name(&models.student, &setup.config.student.model),
        teacher_model: setup.config.teacher.enabled.then(|| setup.config.teacher.model.clone()),
    };
    let ready =
        Event::Ready { message: "The agent is ready.".to_owned(), tool_count: machine.n_tools() };
    let parts = Parts {
        machine,
        models,
        toolbox: Arc::new(toolbox),
        recorder: Arc::new(recorder),
        proposals: setup.proposals,
        config: setup.config,
        clock: setup.clock,
        folder,
    };
    Ok(Prepared { parts, started, ready })
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
