//! Name spaces: what a command sees of processes, mounts and networks.

use nix::sched::{CloneFlags, unshare};
use rustix::{
    process::{getegid, geteuid},
    thread::{CapabilitySet, capabilities},
};

use crate::sandbox::{SandboxError, linux::Tried};

/// Makes them: mounts and System V objects for this process, processes for its children; a network
/// unless the command may use the machine's.
///
/// Without the privilege for it that takes a user name space, in which nobody but the user exists.
/// A process that has the privilege does not make one: there, files of other users would look like
/// nobody's.
pub(super) fn make(network: bool) -> Result<(), SandboxError> {
    let mut flags = CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWIPC;
    flags.set(CloneFlags::CLONE_NEWNET, !network);
    let is_privileged =
        capabilities(None).is_ok_and(|sets| sets.effective.contains(CapabilitySet::SYS_ADMIN));
    let (user, group) = (geteuid().as_raw(), getegid().as_raw());
    flags.set(CloneFlags::CLONE_NEWUSER, !is_privileged);
    unshare(flags).tried(|| "making name spaces".to_owned())?;
    if is_privileged {
        return Ok(());
    }
    for (file, text) in [
        ("uid_map", format!("{user} {user} 1")),
        // Groups could otherwise be left, and with them what is forbidden to their members.
        ("setgroups", "deny".to_owned()),
        ("gid_map", format!("{group} {group} 1")),
    ] {
        std::fs::write(format!("/proc/self/{file}"), text)
            .tried(|| format!("writing {file} of the user name space"))?;
    }
    Ok(())
}
