//! What keeps a command to the workspace.
//!
//! A [`Policy`] says what a command may touch; [`Sandbox::command`] returns the command that runs
//! so confined. On Linux that is this program again, under the name [`SUBCOMMAND`]: a supervisor
//! that makes name spaces and ends whatever is left over, and inside them a first process that
//! gives up privileges, confines itself (Landlock, seccomp, resource limits) and starts the
//! command. Doing this between fork and exec would need unsafe code; a process of our own does not.
//!
//! Which of these layers a machine has is found out by asking for all of them once
//! ([`Sandbox::ability`]), and those that were there then are demanded ever after: a command whose
//! sandbox cannot be set up as promised is not run. What the machine cannot enforce is a [`Gap`].
//!
//! The module knows nothing of tools, models and approvals.

mod ability;
mod denial;
mod git_parts;
mod git_reach;
#[cfg(target_os = "linux")]
mod linux;
mod listeners;
#[cfg(any(target_os = "macos", test))]
mod macos;
mod policy;
mod repository;

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::{process::Command, sync::OnceCell};

use crate::sandbox::git_reach::GitReach;
pub(crate) use crate::sandbox::repository::is_in_outer_repository;
pub use crate::sandbox::{
    ability::{Ability, Gap, Layer},
    denial::{Denial, Evidence, denials},
    git_parts::GitParts,
    listeners::listens,
    policy::{Limits, Policy, PolicySources},
};

/// The name by which this program is asked to confine a command.
pub const SUBCOMMAND: &str = "sandbox-exec";

/// The exit code of a command that was not run because its sandbox could not be set up.
pub const EXIT_NOT_CONFINED: u8 = 126;

/// Whether a confined command has a supervisor, which ends everything when its standard input, a
/// pipe, is closed. Otherwise whoever starts it has to end it.
pub const IS_SUPERVISED: bool = cfg!(target_os = "linux");

/// A command cannot be confined.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The policy holds a path that is not UTF-8.
    #[error("the sandbox's rules cannot be written down ({0}): use paths that are UTF-8")]
    Policy(#[from] serde_json::Error),
    /// The system did not do what a layer needs.
    #[error("{what} failed ({error})")]
    System {
        /// What was tried.
        what: String,
        /// The system's words.
        error: io::Error,
    },
    /// A layer that the machine had when it was asked is not there now.
    #[error("{0} could not be set up, so the command was not run")]
    Missing(Layer),
}

/// Confines commands on this machine; clones share what was found out about it.
#[derive(Debug, Clone)]
pub struct Sandbox {
    program: PathBuf,
    ability: Arc<OnceCell<Ability>>,
    git_reach: GitReach,
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::of_this_program()
    }
}

impl Sandbox {
    /// Confines with the program that is running, which has to answer to [`SUBCOMMAND`].
    pub fn of_this_program() -> Self {
        // On Linux this name leads to the program also after an update has replaced its file.
        let program = if cfg!(target_os = "linux") {
            PathBuf::from("/proc/self/exe")
        } else {
            std::env::current_exe().unwrap_or_default()
        };
        Self::with_program(program)
    }

    /// Confines with a `preceptor` program, for those that run in another one.
    pub fn with_program(program: PathBuf) -> Self {
        Self { program, ability: Arc::default(), git_reach: GitReach::default() }
    }

    /// Watches over git's files in so many folders of each workspace.
    #[must_use]
    pub fn watching(self, max_folders: usize) -> Self {
        Self { git_reach: GitReach::of(max_folders), ..self }
    }

    /// Returns what this machine can enforce. The first call asks it, which takes some
    /// milliseconds; it is given up after a few seconds, and then nothing can be enforced.
    pub async fn ability(&self) -> &Ability {
        self.ability.get_or_init(|| Ability::of_machine(&self.program)).await
    }

    /// Returns what this machine can enforce in a workspace, as it is now. Reads the disk, which may
    /// take a second.
    pub async fn ability_in(&self, workspace: &Path) -> Ability {
        let (reach, folder) = (self.git_reach.clone(), workspace.to_path_buf());
        let look = tokio::task::spawn_blocking(move || reach.look_at(&folder).is_cut());
        let is_too_large_to_watch = look.await.unwrap_or(true);
        Ability { is_too_large_to_watch, ..self.ability().await.clone() }
    }

    /// Returns what this machine was last found to be able to enforce in a workspace; if nobody
    /// looked yet, as it is now.
    pub async fn last_ability_in(&self, workspace: &Path) -> Ability {
        match self.git_reach.is_exceeded(workspace) {
            Some(is_too_large_to_watch) => {
                Ability { is_too_large_to_watch, ..self.ability().await.clone() }
            }
            None => self.ability_in(workspace).await,
        }
    }

    /// Looks at what git acts upon in a workspace. Reads the disk.
    pub fn look_at_git(&self, workspace: &Path) -> GitParts {
        self.git_reach.look_at(workspace)
    }

    /// Looks at it once more, and takes away what came since then and would have git run a program.
    /// It is moved to below `aside`. Writes the disk.
    pub fn take_back_git(&self, before: &GitParts, workspace: &Path, aside: &Path) -> Vec<Denial> {
        let after = before.look_again(workspace);
        self.git_reach.note(workspace, &after);
        after.take_back_since(before, workspace, aside)
    }

    /// Returns whether the last look at a workspace did not see all of its folders.
    pub fn is_too_large_to_watch(&self, workspace: &Path) -> bool {
        self.git_reach.is_exceeded(workspace).unwrap_or(false)
    }

    /// Returns the command that runs a program in `folder`, confined as the policy says, with the
    /// environment that the policy allows.
    ///
    /// With [`IS_SUPERVISED`], its standard input has to be a pipe: while the other end is open the
    /// command may run, when that is closed everything that it started is ended. It leads a process
    /// group, and the polite signals to that reach the command.
    ///
    /// # Errors
    /// [`SandboxError::Policy`].
    pub fn command(
        &self,
        ability: &Ability,
        policy: &Policy,
        folder: &Path,
        program: &str,
        arguments: &[&str],
    ) -> Result<Command, SandboxError> {
        let mut command = confined(&self.program, ability, policy, folder, program, arguments)?;
        command.current_dir(folder).env_clear().envs(policy.environment());
        Ok(command)
    }
}

#[cfg(target_os = "linux")]
fn confined(
    program: &Path,
    ability: &Ability,
    policy: &Policy,
    folder: &Path,
    command: &str,
    arguments: &[&str],
) -> Result<Command, SandboxError> {
    let order = linux::Order {
        policy: policy.clone(),
        folder: folder.to_path_buf(),
        demanded: ability.layers.clone(),
        is_probe: false,
    };
    let order = serde_json::to_string(&order)?;
    let mut confining = Command::new(program);
    confining.args([SUBCOMMAND, linux::SUPERVISE, &order, command]).args(arguments);
    Ok(confining)
}

#[cfg(target_os = "macos")]
fn confined(
    _program: &Path,
    ability: &Ability,
    policy: &Policy,
    _folder: &Path,
    command: &str,
    arguments: &[&str],
) -> Result<Command, SandboxError> {
    if !ability.layers.contains(&Layer::Seatbelt) {
        return Ok(bare(command, arguments));
    }
    let mut confining = Command::new(macos::PROGRAM);
    confining.arg("-p").arg(macos::profile(policy)).args(["--", command]).args(arguments);
    confining.process_group(0);
    Ok(confining)
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn confined(
    _program: &Path,
    _ability: &Ability,
    _policy: &Policy,
    _folder: &Path,
    command: &str,
    arguments: &[&str],
) -> Result<Command, SandboxError> {
    Ok(bare(command, arguments))
}

#[cfg(not(target_os = "linux"))]
fn bare(command: &str, arguments: &[&str]) -> Command {
    let mut bare = Command::new(command);
    bare.args(arguments).process_group(0);
    bare
}

/// Confines and runs a command if that is what this process was started for, and returns its exit
/// code; `None` if it was started for anything else. Has to be called before any thread is started.
/// `arguments` are those of the process, without its name.
pub fn run_if_asked(mut arguments: impl Iterator<Item = OsString>) -> Option<u8> {
    if arguments.next()? != SUBCOMMAND {
        return None;
    }
    #[cfg(target_os = "linux")]
    let code = linux::run(&arguments.collect::<Vec<_>>());
    #[cfg(not(target_os = "linux"))]
    let code = EXIT_NOT_CONFINED;
    Some(code)
}
