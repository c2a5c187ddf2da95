//! Landlock: which files a command reads and writes, and whom it may signal.

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, LandlockStatus, PathBeneath, PathFd,
    RestrictionStatus, Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError,
    Scope,
};

use crate::sandbox::{Policy, SandboxError, linux::Tried};

/// The newest rules that are asked for; a kernel that does not know all of them applies the rest.
const NEWEST: ABI = ABI::V9;
/// From here on truncating a file counts as writing it.
const WHOLE_FOR_FILES: ABI = ABI::V3;
/// From here on there are scopes.
const WHOLE_FOR_SCOPES: ABI = ABI::V6;

/// What is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Restricted {
    pub(super) files: bool,
    pub(super) scope: bool,
}

/// Restricts this process and all that it starts, for good. TCP is closed for a command that shares
/// the machine's network and may not use it. What is hidden in folders that are only read is left
/// out where no mount hides it.
pub(super) fn restrict(
    policy: &Policy,
    more_writable: &[PathBuf],
    closes_tcp: bool,
    has_mounts: bool,
) -> Result<Restricted, SandboxError> {
    let is_there = |path: &&PathBuf| !has_mounts && path.exists();
    let hidden: Vec<&Path> = policy.hidden.iter().filter(is_there).map(PathBuf::as_path).collect();
    let status = apply(policy, more_writable, closes_tcp, &hidden)
        .map_err(std::io::Error::other)
        .tried(|| "setting up Landlock".to_owned())?;
    let abi = match status.landlock {
        LandlockStatus::Available { effective_abi, .. } => effective_abi,
        LandlockStatus::NotEnabled | LandlockStatus::NotImplemented => ABI::Unsupported,
    };
    Ok(Restricted { files: abi >= WHOLE_FOR_FILES, scope: abi >= WHOLE_FOR_SCOPES })
}

fn apply(
    policy: &Policy,
    more_writable: &[PathBuf],
    closes_tcp: bool,
    hidden: &[&Path],
) -> Result<RestrictionStatus, RulesetError> {
    let mut ruleset = Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?;
    if closes_tcp {
        ruleset = ruleset.handle_access(AccessNet::from_all(ABI::V4))?;
    }
    let mut ruleset = ruleset.create()?;
    let reading = AccessFs::from_read(NEWEST);
    for path in &policy.read {
        ruleset = allow_without(ruleset, path, reading, hidden)?;
    }
    // Devices are nobody's to make.
    let writing = AccessFs::from_all(NEWEST) & !(AccessFs::MakeChar | AccessFs::MakeBlock);
    for path in policy.write.iter().chain(more_writable) {
        ruleset = allow(ruleset, path, writing)?;
    }
    ruleset.restrict_self()
}

/// Allows what fits the kind of file; what is not there cannot be used anyway.
fn allow(
    ruleset: RulesetCreated,
    path: &Path,
    access: BitFlags<AccessFs>,
) -> Result<RulesetCreated, RulesetError> {
    let Ok(file) = PathFd::new(path) else { return Ok(ruleset) };
    let access = if path.is_dir() { access } else { access & AccessFs::from_file(NEWEST) };
    ruleset.add_rule(PathBeneath::new(file, access))
}

/// Allows what is in a folder, without what is hidden: what is allowed of a folder is allowed of all
/// that is in it, so the others are allowed one by one.
fn allow_without(
    mut ruleset: RulesetCreated,
    path: &Path,
    access: BitFlags<AccessFs>,
    hidden: &[&Path],
) -> Result<RulesetCreated, RulesetError> {
    if hidden.iter().any(|it| path.starts_with(it)) {
        return Ok(ruleset);
    }
    if !hidden.iter().any(|it| it.starts_with(path)) {
        return allow(ruleset, path, access);
    }
    ruleset = allow(ruleset, path, AccessFs::ReadDir.into())?;
    for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
        // What a link leads to is allowed by its own place, or not at all.
        if entry.file_type().is_ok_and(|kind| !kind.is_symlink()) {
            ruleset = allow_without(ruleset, &entry.path(), access, hidden)?;
        }
    }
    Ok(ruleset)
}
