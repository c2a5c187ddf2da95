//! The throw-away folder of the demo: a workspace, the models' scripts, and a home for the server.

use std::{
    env, io,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::Context;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    time::timeout,
};

use crate::demo::client::Client;

/// The line that asks.
pub(super) const ASK_LINE: &str = "@preceptor how many data rows has sales.csv?";

/// Its last line has no line end, as files of spreadsheets often have none.
const SALES: &str = "month,region,amount\n\
    2026-01,north,1250\n\
    2026-01,south,980\n\
    2026-02,north,1310\n\
    2026-02,south,1105\n\
    2026-03,north,1275\n\
    2026-03,south,1190\n\
    2026-04,north,1420";
const BAD_SKILL: &str = include_str!("release_notes.md");
const STUDENT: &str = include_str!("student.toml");
const TEACHER: &str = include_str!("teacher.toml");

/// How long the server may take to end by itself.
const GRACE: Duration = Duration::from_secs(2);

/// The folder; it is removed when this is dropped.
pub(super) struct Playground {
    folder: TempDir,
    /// The folder without symbolic links, as the server names it.
    root: PathBuf,
}

impl Playground {
    /// Creates the folder with everything in it. The models take their time only if somebody
    /// watches.
    pub(super) fn create(is_watched: bool) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("preceptor-demo-")
            .tempdir()
            .context("creating a throw-away folder")?;
        let root = folder.path().canonicalize().context("finding the throw-away folder")?;
        let playground = Self { folder, root };
        let ask_line = format!("# Notes\n\n{ASK_LINE}\n");
        playground.write("workspace/notes.md", &ask_line)?;
        playground.write("workspace/sales.csv", SALES)?;
        playground.write("workspace/.agents/skills/release-notes/SKILL.md", BAD_SKILL)?;
        for (model, scenario) in [("student", STUDENT), ("teacher", TEACHER)] {
            let path = format!("{model}.toml");
            if is_watched {
                playground.write(&path, scenario)?;
            } else {
                playground.write(&path, &without_delays(scenario))?;
            }
        }
        Ok(playground)
    }

    /// Returns the workspace folder.
    pub(super) fn workspace(&self) -> PathBuf {
        self.root.join("workspace")
    }

    /// Returns the document that holds requests.
    pub(super) fn notes(&self) -> PathBuf {
        self.workspace().join("notes.md")
    }

    /// Returns the skill that has mistakes.
    pub(super) fn bad_skill(&self) -> PathBuf {
        self.workspace().join(".agents/skills/release-notes/SKILL.md")
    }

    /// Returns the script of the model with this role.
    pub(super) fn scenario(&self, model: &str) -> PathBuf {
        self.root.join(format!("{model}.toml"))
    }

    /// Returns the folder for the user's configuration, which is not there.
    pub(super) fn config_home(&self) -> PathBuf {
        self.root.join("config")
    }

    /// Returns the folder for the server's state.
    pub(super) fn state_home(&self) -> PathBuf {
        self.root.join("state")
    }

    /// Returns a path as the person knows it: below the workspace.
    pub(super) fn display(&self, path: &Path) -> String {
        path.strip_prefix(self.workspace()).unwrap_or(path).display().to_string()
    }

    /// Returns the settings that the editor sends: two models that follow scripts and may do
    /// everything, because there is nothing to lose here.
    pub(super) fn settings(&self) -> Value {
        json!({
            "student": {
                "provider": "script",
                "model": "small-student",
                "script": self.scenario("student"),
            },
            "teacher": {
                "enabled": true,
                "provider": "script",
                "model": "large-teacher",
                "script": self.scenario("teacher"),
            },
            "approval": { "mode": "full" },
            "budget": { "unknown_price": "allow" },
        })
    }

    /// Starts this program as a language server that sees nothing of the user's own.
    pub(super) fn start_server(&self) -> anyhow::Result<(ServerProcess, Client)> {
        let program = env::current_exe().context("finding this program")?;
        let mut command = Command::new(&program);
        command
            .arg("lsp")
            .current_dir(self.workspace())
            .env_clear()
            .env("HOME", self.root.join("home"))
            .env("XDG_CONFIG_HOME", self.config_home())
            .env("XDG_STATE_HOME", self.state_home())
            .env("XDG_DATA_HOME", self.root.join("data"))
            .env("XDG_CACHE_HOME", self.root.join("cache"))
            .env("LC_ALL", "C")
            .env("PRECEPTOR_LOG", "error")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        #[expect(clippy::disallowed_methods, reason = "the tools find their programs by it")]
        if let Some(path) = env::var_os("PATH") {
            command.env("PATH", path);
        }
        let mut child =
            command.spawn().with_context(|| format!("starting {}", program.display()))?;
        let stdin = child.stdin.take().context("connecting to the server")?;
        let stdout = child.stdout.take().context("connecting to the server")?;
        Ok((ServerProcess { child }, Client::new(stdout, stdin)))
    }

    /// Removes the folder.
    pub(super) fn remove(self) -> anyhow::Result<()> {
        self.folder.close().context("removing the throw-away folder")
    }

    fn write(&self, path: &str, text: &str) -> anyhow::Result<()> {
        write(&self.root.join(path), text).with_context(|| format!("writing {path}"))
    }
}

/// The server's process; it ends when this is dropped.
pub(super) struct ServerProcess {
    child: Child,
}

impl ServerProcess {
    /// Waits until the process has ended, and ends it if it does not.
    pub(super) async fn end(&mut self) {
        let has_ended = matches!(timeout(GRACE, self.child.wait()).await, Ok(Ok(_)));
        if !has_ended && let Err(error) = self.child.kill().await {
            tracing::warn!(%error, "the server's process cannot be ended");
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the demo makes its own files")]
fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text)
}

fn without_delays(scenario: &str) -> String {
    let lines = scenario.split_inclusive('\n');
    lines.filter(|line| !line.starts_with("delay_ms")).collect()
}
