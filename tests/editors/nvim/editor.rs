//! A headless Neovim with an empty home, a workspace of its own and the real server on the PATH.

use std::{
    env,
    ffi::OsString,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::Stdio,
};

use tempfile::TempDir;
use tokio::process::Command;

/// Seconds after which a story is stopped; each of its steps has a shorter limit of its own.
const TIME_LIMIT: &str = "180";

/// A Neovim that has not been started yet.
pub(crate) struct Editor {
    program: PathBuf,
    folder: TempDir,
}

impl Editor {
    /// Finds Neovim: the program that the variable `NVIM` names, else the one in `.cache`.
    ///
    /// Returns `None` where there is none, after naming the story as skipped. Where CI is set, that
    /// is a failure.
    pub(crate) fn find(story: &str) -> Option<Editor> {
        // Inside of Neovim's terminal the same variable names a socket, which is no file.
        let program = variable("NVIM")
            .map(PathBuf::from)
            .into_iter()
            .chain([root().join(".cache/nvim/bin/nvim")])
            .find(|it| it.is_file());
        let Some(program) = program else {
            assert!(
                variable("CI").is_none_or(|it| it != "true"),
                "there is no Neovim: run tests/editors/nvim/install.sh"
            );
            // The test harness holds back what the macros print, so this is written past them, and
            // on a line of its own, since the harness may have begun one.
            writeln!(io::stderr(), "\nskipped: nvim {story} (there is no Neovim)")
                .expect("the standard error takes a line");
            return None;
        };
        let folder = TempDir::new().expect("a temporary folder can be made");
        for name in ["home", "workspace"] {
            fs::create_dir(folder.path().join(name)).expect("the folder is writable");
        }
        Some(Editor { program, folder })
    }

    /// Writes a file below the workspace.
    pub(crate) fn write(self, path: &str, text: &str) -> Editor {
        write(&self.folder.path().join("workspace").join(path), text);
        self
    }

    /// Writes the user's settings.
    pub(crate) fn configure(self, settings: &str) -> Editor {
        write(&self.folder.path().join("home/.config/preceptor/config.toml"), settings);
        self
    }

    /// Runs a story to its end; one that stops early fails the test with all that was reported.
    pub(crate) async fn tell(&self, story: &str) {
        let stories = root().join("tests/editors/nvim");
        let home = self.folder.path().join("home");
        let client = format!("set runtimepath+={}", root().join("editors/nvim").display());
        let runner = format!("luafile {}", stories.join("story.lua").display());
        let output = Command::new("timeout")
            .args(["--kill-after=5", TIME_LIMIT])
            .arg(&self.program)
            .args(["--headless", "--clean", "--cmd", &client, "-c", &runner])
            .current_dir(self.folder.path().join("workspace"))
            .stdin(Stdio::null())
            .env_clear()
            .env("PATH", search_path())
            .env("HOME", &home)
            .env("XDG_CONFIG_HOME", home.join(".config"))
            .env("XDG_STATE_HOME", home.join(".local/state"))
            .env("XDG_DATA_HOME", home.join(".local/share"))
            .env("XDG_CACHE_HOME", home.join(".cache"))
            .env("LC_ALL", "C.UTF-8")
            .env("STORY", stories.join(story))
            .output()
            .await
            .expect("timeout and Neovim start");
        let steps = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        let log = fs::read_to_string(home.join(".local/state/nvim/lsp.log")).unwrap_or_default();
        assert!(
            output.status.success() && steps.lines().last() == Some("told"),
            "{story} ends with {}\n{steps}{errors}\nlog of the server:\n{log}",
            output.status
        );
    }
}

/// Returns the folder of the project.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the checkout exists")
}

/// Returns the search path with the tested binary first.
fn search_path() -> OsString {
    let binary = Path::new(env!("CARGO_BIN_EXE_preceptor"));
    let folder = binary.parent().expect("a program lies in a folder");
    let others = variable("PATH").unwrap_or_default();
    env::join_paths([folder.to_owned()].into_iter().chain(env::split_paths(&others)))
        .expect("folders on the search path can be joined")
}

fn variable(name: &str) -> Option<OsString> {
    env::var_os(name)
}

fn write(path: &Path, text: &str) {
    let folder = path.parent().expect("the path has a folder");
    fs::create_dir_all(folder).expect("the folder is writable");
    fs::write(path, text).expect("the file is writable");
}
