//! seccomp: system calls that a command does without.
//!
//! It is a list of what is forbidden, each entry with its reason, for programs are many and what
//! the rest of the kernel offers is held in by the other layers.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, apply_filter,
};

use crate::sandbox::{SandboxError, linux::Tried};

/// Refused with "operation not permitted".
const FORBIDDEN: &[libc::c_long] = &[
    // Keys of the session, such as those of encrypted folders and of Kerberos.
    libc::SYS_add_key,
    libc::SYS_keyctl,
    libc::SYS_request_key,
    // Ways into the kernel that nothing a command does needs.
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_kexec_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_open_by_handle_at,
    // The mounts are as they are.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsmount,
    libc::SYS_mount_setattr,
    libc::SYS_setns,
    // The memory of others, where no other layer hides them.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_getfd,
];

/// Refused as if the kernel did not have it: programs then do without. It would get past this
/// filter, for it opens sockets by itself.
const UNKNOWN: &[libc::c_long] =
    &[libc::SYS_io_uring_setup, libc::SYS_io_uring_enter, libc::SYS_io_uring_register];

/// The bit of system calls of the x32 interface, which have the same numbers otherwise.
const X32: libc::c_long = 0x4000_0000;

/// Kinds of sockets that a command may make. None of them reaches a Unix socket: those of Docker,
/// D-Bus and the SSH agent are ways out.
const SOCKETS: [libc::c_int; 3] = [libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK];

/// Types of Unix sockets that a command may make in pairs. They stay connected to each other; one of
/// datagrams can be connected anew, and sends to any path.
const PAIRS: [libc::c_int; 2] = [libc::SOCK_STREAM, libc::SOCK_SEQPACKET];

/// The bits of a socket's type that are no flags.
const TYPE_MASK: u64 = 0xf;

/// Filters the system calls of this process and of all that it starts, for good. Without `sockets`
/// none can be made.
pub(super) fn filter(sockets: bool) -> Result<(), SandboxError> {
    let what = || "filtering system calls".to_owned();
    let not_permitted = program(forbidden(sockets), libc::EPERM);
    let unknown = program(always(UNKNOWN), libc::ENOSYS);
    for program in [not_permitted, unknown] {
        let program = program.map_err(std::io::Error::other).tried(what)?;
        apply_filter(&program).map_err(std::io::Error::other).tried(what)?;
    }
    Ok(())
}

fn forbidden(sockets: bool) -> BTreeMap<i64, Vec<SeccompRule>> {
    let mut rules = always(FORBIDDEN);
    let is_other = |kind: &libc::c_int| {
        let kind = u64::try_from(*kind).unwrap_or_default();
        SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, kind)
    };
    let is_none_of_these = SOCKETS.iter().map(is_other).collect::<Result<Vec<_>, _>>();
    let other_kinds = is_none_of_these.and_then(SeccompRule::new);
    // An empty list forbids the call whatever its arguments are.
    let kinds = other_kinds.into_iter().filter(|_| sockets).collect::<Vec<_>>();
    for bit in [0, X32] {
        rules.insert(libc::SYS_socket | bit, kinds.clone());
        rules.insert(libc::SYS_socketpair | bit, other_pairs());
    }
    rules
}

/// Returns what is forbidden of pairs of sockets.
fn other_pairs() -> Vec<SeccompRule> {
    let is_allowed =
        |kind: u64| PAIRS.iter().any(|it| u64::try_from(*it).is_ok_and(|it| it == kind));
    let other_types = (0..=TYPE_MASK).filter(|kind| !is_allowed(*kind)).map(|kind| {
        let operator = SeccompCmpOp::MaskedEq(TYPE_MASK);
        SeccompCondition::new(1, SeccompCmpArgLen::Dword, operator, kind)
    });
    let unix = u64::try_from(libc::AF_UNIX).unwrap_or_default();
    let other_kind = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, unix);
    let conditions = other_types.chain([other_kind]);
    conditions.filter_map(|it| SeccompRule::new(vec![it.ok()?]).ok()).collect()
}

fn always(calls: &[libc::c_long]) -> BTreeMap<i64, Vec<SeccompRule>> {
    let calls = calls.iter().flat_map(|call| [*call, *call | X32]);
    calls.map(|call| (call, Vec::new())).collect()
}

fn program(
    rules: BTreeMap<i64, Vec<SeccompRule>>,
    error: libc::c_int,
) -> Result<BpfProgram, seccompiler::BackendError> {
    let refuse = SeccompAction::Errno(u32::try_from(error).unwrap_or_default());
    let architecture = std::env::consts::ARCH.try_into()?;
    SeccompFilter::new(rules, SeccompAction::Allow, refuse, architecture)?.try_into()
}
