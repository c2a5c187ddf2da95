//! The programs that are measured, and how they are started.

use std::{
    env,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::Context;
use tokio::process::{Child, Command};

use crate::suite::arguments::{Arguments, NamedCommand};

/// The server that was built with this bench.
const BUILT: &str = env!("CARGO_BIN_EXE_preceptor");

/// Who is measured, the built program first.
#[derive(Debug)]
pub(crate) struct Programs {
    /// Language servers.
    pub(crate) servers: Vec<NamedCommand>,
    /// Programs that check a folder; its path becomes their last argument.
    pub(crate) checkers: Vec<NamedCommand>,
    /// Names of peers that would be measured if they were there.
    pub(crate) missing: Vec<&'static str>,
}

impl Programs {
    pub(crate) fn chosen(arguments: &Arguments) -> anyhow::Result<Self> {
        let mut servers = vec![command("preceptor", BUILT, &["lsp"])];
        let mut checkers = vec![command("preceptor", BUILT, &["check", "--no-config"])];
        let mut missing = Vec::new();
        if arguments.smoke || !(arguments.servers.is_empty() && arguments.checkers.is_empty()) {
            servers.extend(arguments.servers.iter().cloned());
            checkers.extend(arguments.checkers.iter().cloned());
        } else {
            let peers = [("agnix-lsp", &mut servers), ("agnix", &mut checkers)];
            for (name, programs) in peers {
                let path = installed(name)?;
                if path.exists() {
                    programs.push(command(name, &path.to_string_lossy(), &[]));
                } else {
                    missing.push(name);
                }
            }
        }
        Ok(Self { servers, checkers, missing })
    }
}

impl NamedCommand {
    /// Starts the program in `dir`, with nothing of this machine's user but the `PATH`. The
    /// process ends when its handle is dropped.
    pub(crate) fn spawn(&self, dir: &Path, arguments: &[&Path]) -> anyhow::Result<Child> {
        let home = dir.join("home");
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .args(arguments)
            .current_dir(dir)
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_STATE_HOME", home.join("state"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env("HOME", home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        command.spawn().with_context(|| format!("starting {}", self.program))
    }
}

fn command(name: &str, program: &str, arguments: &[&str]) -> NamedCommand {
    NamedCommand {
        name: name.to_owned(),
        program: program.to_owned(),
        arguments: arguments.iter().map(|it| (*it).to_owned()).collect(),
    }
}

/// Returns where tests/bench/install.sh puts a program.
fn installed(program: &str) -> anyhow::Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    let root = root.context("finding the root of the checkout")?;
    Ok(root.join(".cache/bench/bin").join(format!("{program}{}", env::consts::EXE_SUFFIX)))
}
