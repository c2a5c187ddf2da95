//! Capabilities: which the first process needs, and which the command keeps.

use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, clear_ambient_capability_set,
    configure_capability_in_ambient_set, remove_capability_from_bounding_set, set_capabilities,
};

use crate::sandbox::{SandboxError, linux::Tried};

/// What it takes to furnish name spaces.
const NEEDED: [CapabilitySet; 3] =
    [CapabilitySet::SYS_ADMIN, CapabilitySet::NET_ADMIN, CapabilitySet::SYS_RESOURCE];

/// What root's commands keep: using files of others, such as those of a mounted workspace.
const KEPT: CapabilitySet = CapabilitySet::CHOWN
    .union(CapabilitySet::DAC_OVERRIDE)
    .union(CapabilitySet::FOWNER)
    .union(CapabilitySet::FSETID);

/// Has the next program inherit what it needs, also one of a user that is not root.
pub(super) fn pass_on() -> Result<(), SandboxError> {
    let mut sets = read()?;
    for capability in NEEDED {
        sets.inheritable |= capability & sets.permitted;
    }
    set_capabilities(None, sets).tried(|| "passing on capabilities".to_owned())?;
    for capability in NEEDED {
        if sets.inheritable.contains(capability) {
            configure_capability_in_ambient_set(capability, true)
                .tried(|| "passing on capabilities".to_owned())?;
        }
    }
    Ok(())
}

/// Gives up all privileges but the harmless ones, for this process and all that it starts.
pub(super) fn give_up() -> Result<(), SandboxError> {
    clear_ambient_capability_set().tried(|| "giving up capabilities".to_owned())?;
    let mut sets = read()?;
    if sets.effective.contains(CapabilitySet::SETPCAP) {
        for capability in CapabilitySet::all().difference(KEPT).iter() {
            // A capability that this kernel does not know cannot be had either.
            let _ = remove_capability_from_bounding_set(capability);
        }
    }
    sets.effective &= KEPT;
    sets.permitted &= KEPT;
    sets.inheritable = CapabilitySet::empty();
    set_capabilities(None, sets).tried(|| "giving up capabilities".to_owned())
}

fn read() -> Result<CapabilitySets, SandboxError> {
    capabilities(None).tried(|| "reading capabilities".to_owned())
}
