//! Confinement on Linux, by two processes of this program.
//!
//! The *supervisor* makes name spaces, starts the *first process* in them, and ends everything when
//! the command has ended or the pipe that is its standard input is closed. The first process
//! mounts what the command sees, gives up its privileges, confines itself for good and starts the
//! command, which inherits the confinement. With a PID name space it stays as its init: when it
//! ends, the kernel ends all that is left. Without one it becomes the command, and the supervisor
//! adopts and ends what is left.

mod first_process;
mod loopback;
mod mounts;
mod name_spaces;
mod privileges;
mod restrictions;
mod supervisor;
mod system_calls;

use std::{
    collections::BTreeSet,
    ffi::OsString,
    io::{self, Write},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::{process::Command, time::timeout};

use crate::sandbox::{Ability, EXIT_NOT_CONFINED, Layer, Policy, SUBCOMMAND, SandboxError};

/// The argument that makes a supervisor.
pub(super) const SUPERVISE: &str = "supervise";
/// The argument that makes a first process.
const CONFINE: &str = "confine";
/// How long a machine may take to show what it can enforce.
const PROBE_LIMIT: Duration = Duration::from_secs(5);

/// What the two processes are told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) policy: Policy,
    /// Where the command works.
    pub(super) folder: PathBuf,
    /// What has to be in force when the command starts.
    pub(super) demanded: BTreeSet<Layer>,
    /// Whether this is about what the machine has: as much as possible is set up, and what there
    /// is gets printed. No command is run. Name spaces are tried if they are among `demanded`.
    pub(super) is_probe: bool,
}

impl Order {
    fn wants_name_spaces(&self) -> bool {
        self.demanded.contains(&Layer::PidNamespace)
    }
}

/// Plays the part that the arguments ask for and returns the exit code.
pub(super) fn run(arguments: &[OsString]) -> u8 {
    let played = match arguments {
        [part, order, command @ ..] => match order.to_str().map(serde_json::from_str) {
            Some(Ok(order)) if part == SUPERVISE => supervisor::supervise(&order, command),
            Some(Ok(order)) if part == CONFINE => first_process::confine(&order, command),
            Some(Err(error)) => Err(error.into()),
            _ => Err(not_for_people()),
        },
        _ => Err(not_for_people()),
    };
    played.unwrap_or_else(|error| {
        // With stderr gone there is nobody left to tell.
        let _ = writeln!(io::stderr(), "the sandbox: {error}");
        EXIT_NOT_CONFINED
    })
}

fn not_for_people() -> SandboxError {
    let error = io::Error::from(io::ErrorKind::InvalidInput);
    SandboxError::System { what: format!("`{SUBCOMMAND}`, which is for Preceptor itself,"), error }
}

/// Finds out what the machine has, by asking for everything.
pub(super) async fn probe(program: &Path) -> Ability {
    let name_spaces = [Layer::PidNamespace, Layer::MountNamespace, Layer::NetworkNamespace];
    let ability = probe_for(program, name_spaces.into()).await;
    if name_spaces.iter().all(|layer| ability.layers.contains(layer)) {
        return ability;
    }
    // Name spaces that can be made and not furnished are worse than none.
    probe_for(program, BTreeSet::new()).await
}

async fn probe_for(program: &Path, demanded: BTreeSet<Layer>) -> Ability {
    // Whatever keeps the machine from answering keeps it from confining a command too.
    let Ok(temp) = tempfile::tempdir() else { return Ability::default() };
    let policy = Policy {
        read: vec![PathBuf::from("/")],
        temp: temp.path().to_path_buf(),
        ..Policy::default()
    };
    let folder = PathBuf::from("/");
    let order = Order { policy, folder, demanded, is_probe: true };
    let Ok(order) = serde_json::to_string(&order) else { return Ability::default() };
    let mut command = Command::new(program);
    command
        .args([SUBCOMMAND, SUPERVISE, &order])
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let output = async {
        let mut child = command.spawn()?;
        // The machine's answer ends with this pipe.
        let control = child.stdin.take();
        let output = child.wait_with_output().await;
        drop(control);
        output
    };
    match timeout(PROBE_LIMIT, output).await {
        Ok(Ok(output)) => match serde_json::from_slice(&output.stdout) {
            Ok(layers) => Ability { layers, ..Ability::default() },
            Err(error) => {
                let stderr = String::from_utf8_lossy(&output.stderr);
                tracing::warn!(%error, %stderr, "the sandbox does not say what it can enforce");
                Ability::default()
            }
        },
        Ok(Err(error)) => {
            tracing::warn!(%error, program = %program.display(), "the sandbox cannot be started");
            Ability::default()
        }
        Err(_) => Ability::default(),
    }
}

/// Names what was tried when the system says no.
trait Tried<T> {
    fn tried(self, what: impl FnOnce() -> String) -> Result<T, SandboxError>;
}

impl<T, E: Into<io::Error>> Tried<T> for Result<T, E> {
    fn tried(self, what: impl FnOnce() -> String) -> Result<T, SandboxError> {
        self.map_err(|error| SandboxError::System { what: what(), error: error.into() })
    }
}
