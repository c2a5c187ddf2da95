//! The process outside: makes name spaces, and ends what the command leaves behind.
//!
//! It waits for two things at once: the end of the first process, and the end of its own standard
//! input, which is a pipe that the server holds. So everything is ended also when the server was
//! killed.

use std::{
    ffi::OsString,
    io,
    os::unix::process::ExitStatusExt,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use nix::sys::signal::{SigSet, Signal as MaskedSignal};
use rustix::{
    event::{PollFd, PollFlags, poll},
    io::Errno,
    process::{
        Pid, PidfdFlags, Signal, WaitOptions, getpid, kill_process, pidfd_open,
        set_child_subreaper, setsid, wait,
    },
    thread::set_no_new_privs,
};

use crate::sandbox::{
    SUBCOMMAND, SandboxError,
    linux::{CONFINE, Order, Tried, name_spaces, privileges},
};

/// How long left-over processes are looked for; there are none after one round, as a rule.
const CLEANUP_LIMIT: Duration = Duration::from_secs(5);

/// Runs the first process and returns the command's exit code, 128 and the number if a signal
/// ended it.
pub(super) fn supervise(order: &Order, command: &[OsString]) -> Result<u8, SandboxError> {
    close_inherited_files();
    block_polite_signals()?;
    setsid().tried(|| "beginning a session".to_owned())?;
    set_no_new_privs(true).tried(|| "giving up new privileges".to_owned())?;
    set_child_subreaper(Some(getpid())).tried(|| "adopting orphans".to_owned())?;
    if order.wants_name_spaces() {
        name_spaces::make(order.policy.network).and_then(|()| privileges::pass_on())?;
    }
    let json = serde_json::to_string(order)?;
    let mut child = Command::new("/proc/self/exe")
        .args([SUBCOMMAND, CONFINE, &json])
        .args(command)
        .stdin(Stdio::null())
        .spawn()
        .tried(|| "starting the first process".to_owned())?;
    let status = wait_for(&mut child)?;
    end_left_overs();
    Ok(exit_code(status))
}

/// Waits for the child's end; ends it when standard input ends.
fn wait_for(child: &mut Child) -> Result<ExitStatus, SandboxError> {
    let pid = Pid::from_child(child);
    let watched =
        pidfd_open(pid, PidfdFlags::empty()).tried(|| "watching the first process".to_owned())?;
    let stdin = io::stdin();
    let mut waits_for =
        [PollFd::new(&watched, PollFlags::IN), PollFd::new(&stdin, PollFlags::IN | PollFlags::HUP)];
    loop {
        match poll(&mut waits_for, None) {
            Ok(_) => break,
            Err(Errno::INTR) => {}
            Err(error) => {
                let _ = child.kill();
                return Err(error).tried(|| "waiting for the command".to_owned());
            }
        }
    }
    let [ended, _] = &waits_for;
    if ended.revents().is_empty() {
        let _ = child.kill();
    }
    child.wait().tried(|| "waiting for the command".to_owned())
}

/// Ends what was adopted because its parents are gone. In a PID name space the kernel has done so.
fn end_left_overs() {
    let end = Instant::now() + CLEANUP_LIMIT;
    while Instant::now() < end {
        let children = std::fs::read_to_string("/proc/thread-self/children").unwrap_or_default();
        let pids = children.split_ascii_whitespace().filter_map(|pid| pid.parse().ok());
        for pid in pids.filter_map(Pid::from_raw) {
            let _ = kill_process(pid, Signal::KILL);
        }
        match wait(WaitOptions::empty()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => return,
        }
    }
}

/// The command gets the polite signals, which go to the whole group; this process stays to clean
/// up after it. The first process unblocks them before it starts the command.
fn block_polite_signals() -> Result<(), SandboxError> {
    let mut signals = SigSet::empty();
    for signal in [
        MaskedSignal::SIGTERM,
        MaskedSignal::SIGINT,
        MaskedSignal::SIGHUP,
        MaskedSignal::SIGQUIT,
        MaskedSignal::SIGPIPE,
    ] {
        signals.add(signal);
    }
    signals.thread_block().tried(|| "blocking signals".to_owned())
}

/// Closes what the server inherited from its own parent and passed on without knowing.
fn close_inherited_files() {
    let Ok(entries) = std::fs::read_dir("/proc/self/fd") else { return };
    let names = entries.flatten().map(|entry| entry.file_name());
    let numbers: Vec<i32> = names.filter_map(|name| name.to_str()?.parse().ok()).collect();
    for number in numbers.into_iter().filter(|number| *number > 2) {
        // The one that listed them is closed already.
        let _ = nix::unistd::close(number);
    }
}

/// A signal counts as the shell counts it: 128 and its number.
pub(super) fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}
