//! The process inside: sets up what the command sees, confines itself and starts the command.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    io::{self, Write},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use nix::sys::signal::SigSet;
use rustix::{
    io::Errno,
    process::{
        Pid, Resource, Rlimit, Signal, WaitOptions, geteuid, set_parent_process_death_signal,
        setrlimit, wait,
    },
};

use crate::sandbox::{
    Layer, SandboxError,
    linux::{Order, Tried, loopback, mounts, privileges, restrictions, system_calls},
};

/// The smallest number that the kernel takes for the largest process id.
const FEWEST_PROCESSES: u32 = 301;
/// Exit codes of shells: the command cannot be run, there is no such command.
const EXIT_CANNOT_RUN: u8 = 126;
const EXIT_NOT_FOUND: u8 = 127;
/// How long what a command left may still be at work without a word about it: git's own upkeep
/// behind a commit takes a tenth of that.
const TIME_TO_TIDY_UP: Duration = Duration::from_millis(250);
/// How often it is looked at meanwhile.
const PAUSE: Duration = Duration::from_millis(5);

/// Confines this process and runs the command; returns its exit code if this process is its init,
/// and not at all if it becomes the command.
pub(super) fn confine(order: &Order, command: &[OsString]) -> Result<u8, SandboxError> {
    let mut in_force = BTreeSet::new();
    let mut writable = Vec::new();
    let is_init = order.wants_name_spaces();
    if is_init {
        in_force.insert(Layer::PidNamespace);
        if !order.policy.network && tolerated(order, loopback::bring_up())?.is_some() {
            in_force.insert(Layer::NetworkNamespace);
        }
        if let Some(more) = tolerated(order, mounts::furnish(&order.policy))? {
            in_force.insert(Layer::MountNamespace);
            writable = more;
        }
    }
    if !in_force.contains(&Layer::MountNamespace) {
        writable.push(order.policy.temp.clone());
    }
    // Also after the mounts: the folder that was entered before them is not the one seen now.
    std::env::set_current_dir(&order.folder)
        .tried(|| format!("entering {}", order.folder.display()))?;
    if let Some(limited) = tolerated(order, limit(order, is_init))? {
        in_force.extend(limited);
    }
    if tolerated(order, privileges::give_up())?.is_some() {
        in_force.insert(Layer::Privileges);
    }
    let has_network = in_force.contains(&Layer::NetworkNamespace) || order.policy.network;
    let has_mounts = in_force.contains(&Layer::MountNamespace);
    let restricted = restrictions::restrict(&order.policy, &writable, !has_network, has_mounts);
    if let Some(restricted) = tolerated(order, restricted)? {
        in_force.extend(restricted.files.then_some(Layer::LandlockFiles));
        in_force.extend(restricted.scope.then_some(Layer::LandlockScope));
    }
    set_parent_process_death_signal(Some(Signal::KILL))
        .tried(|| "following the supervisor".to_owned())?;
    if tolerated(order, system_calls::filter(has_network))?.is_some() {
        in_force.insert(Layer::Seccomp);
    }
    if order.is_probe {
        let json = serde_json::to_vec(&in_force)?;
        io::stdout().write_all(&json).tried(|| "telling what is enforced".to_owned())?;
        return Ok(0);
    }
    let mut demanded = order.demanded.clone();
    if order.policy.network {
        demanded.remove(&Layer::NetworkNamespace);
    }
    if let Some(missing) = demanded.difference(&in_force).next() {
        return Err(SandboxError::Missing(*missing));
    }
    Ok(start(order, command, is_init))
}

/// What a machine does not have is no mistake while it is asked what it has.
fn tolerated<T>(
    order: &Order,
    outcome: Result<T, SandboxError>,
) -> Result<Option<T>, SandboxError> {
    match outcome {
        Ok(done) => Ok(Some(done)),
        Err(error) if order.is_probe => {
            let _ = writeln!(io::stderr(), "{error}");
            Ok(None)
        }
        // A layer that was not there when the machine was asked is not missed.
        Err(error) if order.demanded.is_empty() => {
            let _ = writeln!(io::stderr(), "{error}");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn limit(order: &Order, is_init: bool) -> Result<Vec<Layer>, SandboxError> {
    let limits = order.policy.limits;
    let set = |resource, value| {
        let limit = Rlimit { current: Some(value), maximum: Some(value) };
        setrlimit(resource, limit).tried(|| format!("limiting {resource:?}"))
    };
    set(Resource::Core, 0)?;
    set(Resource::Fsize, limits.file_bytes)?;
    let mut in_force = vec![Layer::FileSizeLimit];
    if !is_init {
        return Ok(in_force);
    }
    // The largest process id of the name space; older kernels have one for the whole machine, and
    // there only a user name space's own count helps. Root is never counted.
    let most = limits.processes.max(FEWEST_PROCESSES);
    let is_limited = std::fs::write("/proc/sys/kernel/pid_max", most.to_string()).is_ok();
    if !geteuid().is_root() {
        set(Resource::Nproc, u64::from(most))?;
    }
    if is_limited || !geteuid().is_root() {
        in_force.push(Layer::ProcessLimit);
    }
    Ok(in_force)
}

fn start(order: &Order, arguments: &[OsString], is_init: bool) -> u8 {
    let [program, arguments @ ..] = arguments else { return EXIT_NOT_FOUND };
    // The supervisor's blocked signals are not the command's. The first process of a name space
    // does not die of those that it has no handler for.
    let _ = SigSet::empty().thread_set_mask();
    let mut command = Command::new(program);
    command.args(arguments).current_dir(&order.folder);
    let error = if is_init {
        match command.spawn() {
            Ok(child) => return wait_as_init(&child),
            Err(error) => error,
        }
    } else {
        command.exec()
    };
    let _ = writeln!(io::stderr(), "{}: {error}", PathBuf::from(program).display());
    if error.kind() == io::ErrorKind::NotFound { EXIT_NOT_FOUND } else { EXIT_CANNOT_RUN }
}

/// Waits for the command and for the orphans that it leaves; they end when this process does.
fn wait_as_init(child: &Child) -> u8 {
    let command = Pid::from_child(child);
    loop {
        match wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid == command => {
                let signal = status.terminating_signal().map(|signal| 128 + signal);
                let code = status.exit_status().or(signal).unwrap_or_default();
                if leaves_running() {
                    let _ = writeln!(
                        io::stderr(),
                        "\n[sandbox: what it left running was ended with it ({})]",
                        Layer::PidNamespace
                    );
                }
                return u8::try_from(code).unwrap_or(u8::MAX);
            }
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => return u8::MAX,
        }
    }
}

/// Returns whether processes that the command has started stay. Those whose parent has ended are
/// this process's own, and some programs leave one that tidies up behind them and ends by itself.
fn leaves_running() -> bool {
    let start = Instant::now();
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(None) if start.elapsed() >= TIME_TO_TIDY_UP => return true,
            Ok(None) => thread::sleep(PAUSE),
            Ok(Some(_)) | Err(Errno::INTR) => {}
            Err(_) => return false,
        }
    }
}
