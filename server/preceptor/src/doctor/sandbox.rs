//! What confines commands on this machine, and what does not.

use std::path::Path;

use runtime::{
    config::SandboxMode,
    sandbox::{Ability, Sandbox},
};

use super::Check;

/// Asks the machine what of the sandbox it can enforce in a workspace.
pub(super) async fn check(mode: SandboxMode, workspace: &Path) -> Check {
    let sandbox = Sandbox::of_this_program();
    match mode {
        SandboxMode::Off => describe(mode, &Ability::default()),
        SandboxMode::WorkspaceWrite | SandboxMode::ReadOnly => {
            describe(mode, &sandbox.ability_in(workspace).await)
        }
    }
}

/// Says what holds, not what is set.
fn describe(mode: SandboxMode, ability: &Ability) -> Check {
    if mode == SandboxMode::Off {
        return Check::note(
            "sandbox",
            "`sandbox.mode` is \"off\": commands run with your rights and reach the network. \
             `approval` decides what runs without asking.",
        );
    }
    match ability.notice() {
        Some(notice) => Check::note("sandbox", notice),
        None => {
            let layers: Vec<String> = ability.layers.iter().map(ToString::to_string).collect();
            Check::well("sandbox", format!("Commands are confined by {}.", layers.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use runtime::{
        config::SandboxMode,
        sandbox::{Ability, Layer},
    };

    use super::describe;
    use crate::doctor::State;

    #[track_caller]
    fn check(mode: SandboxMode, layers: &[Layer], state: State, expected: &Expect) {
        let ability = Ability { layers: layers.iter().copied().collect(), ..Ability::default() };
        let check = describe(mode, &ability);
        assert_eq!(check.state, state, "{check:?}");
        expected.assert_eq(&check.sentence);
    }

    #[test]
    fn the_sandbox_is_described_as_it_is() {
        check(
            SandboxMode::Off,
            &[],
            State::Note,
            &expect![[
                "`sandbox.mode` is \"off\": commands run with your rights and reach the network. `approval` decides what runs without asking."
            ]],
        );
        check(
            SandboxMode::ReadOnly,
            &[Layer::Seccomp],
            State::Note,
            &expect![
                "This machine cannot enforce the whole sandbox, so commands ask first: files outside the workspace can be read and written; signals reach other programs; what a command leaves running can outlive it; the number of processes is not limited; the size of files is not limited; git's hooks and settings and `preceptor.toml` in the workspace can be changed, and what Preceptor keeps in `.preceptor` can be read and changed, and so can secrets where the workspace is your home; modes, owners and times of files outside the workspace can be changed."
            ],
        );
        let all = [
            Layer::LandlockFiles,
            Layer::Seccomp,
            Layer::PidNamespace,
            Layer::MountNamespace,
            Layer::ProcessLimit,
            Layer::FileSizeLimit,
        ];
        check(
            SandboxMode::WorkspaceWrite,
            &all,
            State::Well,
            &expect![
                "Commands are confined by Landlock, seccomp, the PID name space, the mount name space, the limit on processes, the limit on file sizes."
            ],
        );
    }
}
