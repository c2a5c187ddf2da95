//! What commands of a run are confined by, and the folder that they share for temporary files.

use std::{
    io,
    path::Path,
    process::Stdio,
    sync::{Mutex, PoisonError},
};

use agent::shell;
use tokio::process::Command;

use super::{Toolbox, printed_text};
use crate::{
    sandbox::{
        Ability, Denial, Evidence, IS_SUPERVISED, Layer, Policy, PolicySources, Sandbox,
        SandboxError, denials, listens,
    },
    skills::Scope,
    temporary::TemporaryFolder,
    workspace::lexical,
};

/// Programs that are given files and do not read what is in them.
const NAMING: [&str; 16] = [
    "[", "cd", "chmod", "chown", "echo", "find", "git", "ln", "ls", "mkdir", "mv", "printf", "rm",
    "stat", "test", "touch",
];

/// What a run's folder for temporary files is called after.
const PURPOSE: &str = "run";

/// The sandbox of a run's commands.
#[derive(Debug)]
pub struct Confinement {
    pub(super) sandbox: Sandbox,
    ability: Ability,
    /// Made for the first command, removed with the run.
    temp: Mutex<Option<TemporaryFolder>>,
}

/// A command that is ready to run.
pub(super) struct Prepared {
    pub(super) command: Command,
    /// What it is confined by; `None` if it is not.
    pub(super) policy: Option<Policy>,
    /// Whether closing its standard input ends it and all that it started.
    pub(super) is_supervised: bool,
}

/// A command cannot be prepared.
#[derive(Debug, thiserror::Error)]
pub(super) enum PrepareError {
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    #[error("the folder for temporary files cannot be made ({0}): check free space")]
    Temp(io::Error),
}

impl Confinement {
    /// Confines as far as the machine is able to.
    pub fn new(sandbox: Sandbox, ability: Ability) -> Self {
        Self { sandbox, ability, temp: Mutex::default() }
    }

    /// Returns the folder for temporary files.
    fn temp(&self) -> io::Result<std::path::PathBuf> {
        let mut temp = self.temp.lock().unwrap_or_else(PoisonError::into_inner);
        let made = match temp.take() {
            Some(made) => made,
            None => TemporaryFolder::new(PURPOSE, "tmp")?,
        };
        let path = made.path().canonicalize()?;
        *temp = Some(made);
        Ok(path)
    }

    /// Returns where a command finds that folder.
    fn temp_inside<'a>(&self, temp: &'a Path) -> &'a Path {
        let is_mounted = self.ability.layers.contains(&Layer::MountNamespace);
        if is_mounted { Path::new("/tmp") } else { temp }
    }
}

impl Toolbox {
    /// Prepares a command that runs in the workspace, confined if the settings say so and nobody
    /// let it out. Looks at the disk.
    pub(super) fn prepare(
        &self,
        program: &str,
        arguments: &[&str],
        outside_sandbox: bool,
    ) -> Result<Prepared, PrepareError> {
        let root = self.workspace.root();
        let Some(confinement) = self.confinement.as_ref().filter(|_| !outside_sandbox) else {
            let command = self.bare(program, arguments);
            return Ok(Prepared { command, policy: None, is_supervised: false });
        };
        let temp = confinement.temp().map_err(PrepareError::Temp)?;
        let skills = self.offered_skills().into_iter().filter(|it| it.scope != Scope::Workspace);
        let skills: Vec<_> =
            skills.filter_map(|skill| skill.path.parent().map(Path::to_path_buf)).collect();
        let policy = Policy::new(PolicySources {
            settings: &self.config.sandbox,
            folders: &self.folders,
            workspace: root,
            stand_in: self.workspace.stand_in(),
            temp: &temp,
            skills: &skills,
            secret_variables: &self.secret_variables,
        });
        let Confinement { sandbox, ability, .. } = confinement;
        let mut command =
            sandbox.command(ability, &policy, self.workspace.seen_root(), program, arguments)?;
        let temp = confinement.temp_inside(&temp);
        // The caches in the home are not written; Go does not work without one.
        command.env("TMPDIR", temp).env("GOCACHE", temp.join("go-build"));
        command.stdin(if IS_SUPERVISED { Stdio::piped() } else { Stdio::null() });
        Ok(Prepared { command, policy: Some(policy), is_supervised: IS_SUPERVISED })
    }

    fn bare(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.workspace.root()).stdin(Stdio::null());
        command.process_group(0).kill_on_drop(true);
        for name in &self.secret_variables {
            command.env_remove(name);
        }
        command
    }

    /// Returns what the sandbox kept a command from doing, as far as its output tells.
    pub(super) fn denials(
        &self,
        policy: &Policy,
        command: &str,
        output: &str,
        exit_code: i32,
    ) -> Vec<Denial> {
        let Some(Confinement { ability, .. }) = &self.confinement else { return Vec::new() };
        let folder = self.workspace.seen_root();
        let script = shell::read(command);
        let writes: Vec<_> =
            script.writes.iter().map(|word| lexical(&folder.join(&word.text))).collect();
        let links = script.commands.iter().filter(|it| it.program_name() == "ln");
        let targets = links.flat_map(|it| it.words.iter().skip(1));
        let linked: Vec<_> = targets
            .filter(|word| !word.text.starts_with('-'))
            .map(|word| lexical(&folder.join(&word.text)))
            .collect();
        let reading = script.commands.iter().filter(|it| !NAMING.contains(&it.program_name()));
        let named = reading.flat_map(|it| it.words.iter().skip(1)).chain(&script.reads);
        let given: Vec<_> = named.map(|word| lexical(&folder.join(&word.text))).collect();
        // Others' texts are no complaints.
        let speakers =
            printed_text::is_printed_by(&script).then(|| printed_text::programs(&script));
        let evidence = Evidence {
            folder,
            command,
            output,
            exit_code,
            writes: &writes,
            linked: &linked,
            given: &given,
            speakers: speakers.as_deref(),
            listens: &listens,
        };
        denials(policy, ability, &evidence)
    }
}
