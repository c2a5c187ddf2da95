//! What a machine can enforce, and what it cannot.

use std::{collections::BTreeSet, fmt, path::Path};

use serde::{Deserialize, Serialize};

/// One means of confining a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// Landlock's rules about files.
    LandlockFiles,
    /// Landlock's rules about signals and abstract Unix sockets.
    LandlockScope,
    /// The filter of system calls.
    Seccomp,
    /// A PID name space: nothing outside is seen, and everything inside ends together.
    PidNamespace,
    /// A mount name space: temporary folders of its own, parts of the workspace that stay as they
    /// are.
    MountNamespace,
    /// A network name space with nothing in it but the loopback device.
    NetworkNamespace,
    /// The limit on processes.
    ProcessLimit,
    /// The limit on the size of files.
    FileSizeLimit,
    /// No privileges, and no way to more.
    Privileges,
    /// The sandbox of macOS.
    Seatbelt,
    /// The look at what git acts upon, once a command has ended. It needs nothing of the machine.
    GitWatch,
}

impl fmt::Display for Layer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::LandlockFiles => "Landlock",
            Self::LandlockScope => "Landlock's scope",
            Self::Seccomp => "seccomp",
            Self::PidNamespace => "the PID name space",
            Self::MountNamespace => "the mount name space",
            Self::NetworkNamespace => "the network name space",
            Self::ProcessLimit => "the limit on processes",
            Self::FileSizeLimit => "the limit on file sizes",
            Self::Privileges => "the loss of privileges",
            Self::Seatbelt => "the sandbox of macOS",
            Self::GitWatch => "the watch over git's files",
        })
    }
}

/// Something that the sandbox promises and this machine cannot enforce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// Files outside the workspace.
    Files,
    /// The network.
    Network,
    /// Unix sockets.
    UnixSockets,
    /// Signals.
    Signals,
    /// Processes that outlive their command.
    LeftOvers,
    /// The number of processes.
    Processes,
    /// The size of files.
    FileSize,
    /// What git runs and what trust is about, inside the workspace.
    WatchedParts,
    /// Modes, owners and times of files outside the workspace: Landlock has no right for them.
    Attributes,
    /// What git runs in folders that the watch over git's files does not get to.
    UnwatchedFolders,
}

impl fmt::Display for Gap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Files => "files outside the workspace can be read and written",
            Self::Network => "the network can be reached",
            Self::UnixSockets => {
                "Unix sockets, such as those of Docker and the SSH agent, can be reached"
            }
            Self::Signals => "signals reach other programs",
            Self::LeftOvers => "what a command leaves running can outlive it",
            Self::Processes => "the number of processes is not limited",
            Self::FileSize => "the size of files is not limited",
            Self::WatchedParts => {
                "git's hooks and settings and `preceptor.toml` in the workspace can be changed, and \
                 what Preceptor keeps in `.preceptor` can be read and changed, and so can secrets \
                 where the workspace is your home"
            }
            Self::Attributes => {
                "modes, owners and times of files outside the workspace can be changed"
            }
            Self::UnwatchedFolders => {
                "this folder has more folders in it than are watched, and what git would run in \
                 repositories in the others can be changed: open a smaller one"
            }
        })
    }
}

/// What a machine can enforce, in a workspace if it was asked about one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ability {
    /// What is there.
    pub layers: BTreeSet<Layer>,
    /// Whether the workspace has more folders than the watch over git's files looks at.
    pub is_too_large_to_watch: bool,
}

impl Ability {
    /// Returns what is promised and cannot be enforced; nothing where all is well.
    pub fn gaps(&self) -> Vec<Gap> {
        let has = |layers: &[Layer]| layers.iter().any(|layer| self.layers.contains(layer));
        let checks = [
            (Gap::Files, has(&[Layer::LandlockFiles, Layer::Seatbelt])),
            (Gap::Network, has(&[Layer::NetworkNamespace, Layer::Seccomp, Layer::Seatbelt])),
            (Gap::UnixSockets, has(&[Layer::Seccomp, Layer::Seatbelt])),
            (Gap::Signals, has(&[Layer::PidNamespace, Layer::LandlockScope, Layer::Seatbelt])),
            (Gap::LeftOvers, has(&[Layer::PidNamespace])),
            (Gap::Processes, has(&[Layer::ProcessLimit])),
            (Gap::FileSize, has(&[Layer::FileSizeLimit])),
            (Gap::WatchedParts, has(&[Layer::MountNamespace, Layer::Seatbelt])),
            (Gap::Attributes, has(&[Layer::MountNamespace, Layer::Seatbelt])),
            (Gap::UnwatchedFolders, !self.is_too_large_to_watch),
        ];
        checks.into_iter().filter(|(_, is_there)| !is_there).map(|(gap, _)| gap).collect()
    }

    /// Returns one sentence about the gaps; `None` where there are none.
    pub fn notice(&self) -> Option<String> {
        let gaps: Vec<String> = self.gaps().iter().map(ToString::to_string).collect();
        if gaps.is_empty() {
            return None;
        }
        Some(format!(
            "This machine cannot enforce the whole sandbox, so commands ask first: {}.",
            gaps.join("; ")
        ))
    }

    #[cfg(target_os = "linux")]
    pub(super) async fn of_machine(program: &Path) -> Self {
        crate::sandbox::linux::probe(program).await
    }

    #[cfg(target_os = "macos")]
    pub(super) async fn of_machine(_program: &Path) -> Self {
        crate::sandbox::macos::probe().await
    }

    #[cfg(not(any(target_os = "linux", target_os = "macos")))]
    #[expect(clippy::unused_async, reason = "the other systems are asked")]
    pub(super) async fn of_machine(_program: &Path) -> Self {
        Self::default()
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::{Ability, Gap, Layer};

    #[test]
    fn what_is_missing_is_said_in_one_sentence() {
        let layers = [
            Layer::LandlockFiles,
            Layer::LandlockScope,
            Layer::Seccomp,
            Layer::FileSizeLimit,
            Layer::Privileges,
        ];
        let ability = Ability { layers: layers.into(), is_too_large_to_watch: false };
        assert_eq!(
            ability.gaps(),
            [Gap::LeftOvers, Gap::Processes, Gap::WatchedParts, Gap::Attributes]
        );
        let large = Ability { is_too_large_to_watch: true, ..ability.clone() };
        assert_eq!(large.gaps().last(), Some(&Gap::UnwatchedFolders));
        expect!["This machine cannot enforce the whole sandbox, so commands ask first: what a command leaves running can outlive it; the number of processes is not limited; git's hooks and settings and `preceptor.toml` in the workspace can be changed, and what Preceptor keeps in `.preceptor` can be read and changed, and so can secrets where the workspace is your home; modes, owners and times of files outside the workspace can be changed."].assert_eq(&ability.notice().unwrap());
    }
}
