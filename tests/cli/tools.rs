//! Programs, folders and how they are put together.

use std::{
    env, fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// The program under test.
pub(crate) const PRECEPTOR: &str = env!("CARGO_BIN_EXE_preceptor");

/// Returns the folder of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Finds a tool that `install.sh` puts below `.cache`; `None` after naming the test as skipped.
pub(crate) fn tool(path: &str, test: &str) -> Option<PathBuf> {
    let tool = root().join(".cache/cli").join(path);
    if tool.is_file() {
        return Some(tool);
    }
    let is_ci = env::var("CI").is_ok_and(|it| it == "true");
    assert!(!is_ci, "there is no {path}: run tests/cli/install.sh");
    // The test harness holds back what the macros print, so this is written past them.
    writeln!(io::stderr(), "\nskipped: cli {test} (there is no {path})").unwrap();
    None
}

/// Writes files below a folder.
pub(crate) fn write(folder: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// Returns a command in a folder, with an empty home there and nothing of this process's settings
/// but the search path, which starts with `tools` of the folder.
pub(crate) fn command(program: impl AsRef<Path>, folder: &Path) -> Command {
    let mut paths = vec![folder.join("tools"), program_folder()];
    paths.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    let mut command = Command::new(program.as_ref());
    command
        .current_dir(folder)
        .stdin(Stdio::null())
        .env_clear()
        .env("PATH", env::join_paths(paths).unwrap())
        .env("HOME", folder.join("home"))
        .env("PRE_COMMIT_HOME", folder.join("home/pre-commit"))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_AUTHOR_NAME", "Mira")
        .env("GIT_AUTHOR_EMAIL", "mira@example.com")
        .env("GIT_COMMITTER_NAME", "Mira")
        .env("GIT_COMMITTER_EMAIL", "mira@example.com")
        .env("LC_ALL", "C.UTF-8");
    command
}

/// Runs a command to its end.
#[track_caller]
pub(crate) fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"))
}

/// Runs a command that has to succeed and returns what it prints, without the line end.
#[track_caller]
pub(crate) fn succeed(command: &mut Command) -> String {
    let output = run(command);
    assert!(output.status.success(), "{command:?}\n{}", printed(&output));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// Returns all that a process printed.
pub(crate) fn printed(output: &Output) -> String {
    let stdout = String::from_utf8_lossy(&output.stdout);
    format!("{stdout}{}", String::from_utf8_lossy(&output.stderr))
}

/// Puts a script in the place of `cargo` that installs the program under test and takes down what
/// it was asked for, in `tools/cargo.log`.
pub(crate) fn install_pretended_cargo(folder: &Path) {
    let script = format!(
        "#!/usr/bin/env bash\n\
         set -euo pipefail\n\
         echo \"$*\" >>'{log}'\n\
         while [[ $1 != --root ]]; do shift; done\n\
         mkdir -p \"$2/bin\" \"$2/build\"\n\
         ln -s '{PRECEPTOR}' \"$2/bin/preceptor\"\n",
        log = folder.join("tools/cargo.log").display(),
    );
    write(folder, &[("tools/cargo", &script)]);
    succeed(Command::new("chmod").arg("+x").arg(folder.join("tools/cargo")));
}

/// Copies tracked folders and files of the repository.
pub(crate) fn copy(paths: &[&str], folder: &Path) {
    for path in paths {
        let target = folder.join(path);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        succeed(Command::new("cp").arg("-r").arg(root().join(path)).arg(target));
    }
}

fn program_folder() -> PathBuf {
    Path::new(PRECEPTOR).parent().unwrap().to_owned()
}
