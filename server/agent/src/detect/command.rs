//! What the status of a shell command means, by the program that gave it.

use std::sync::LazyLock;

use regex::Regex;

use super::{matches, recorded::command_of};
use crate::shell::{self, Command};

/// Returns the command whose status a call has: the last one that its text runs.
fn last_command(arguments: &str) -> Option<Command> {
    shell::read(&command_of(arguments)).commands.pop()
}

/// Whether status 1 of a command is an answer and no failure.
pub(super) fn asks_a_question(arguments: &str) -> bool {
    last_command(arguments).is_some_and(|command| {
        let name = command.program_name();
        let sub = command.words.get(1).map_or("", |word| word.text.as_str());
        QUESTIONS.contains(&name) || name == "git" && ["grep", "diff"].contains(&sub)
    })
}

/// Whether a command only tries whether something is there, so that any status is an answer.
pub(super) fn tries_whether(arguments: &str) -> bool {
    last_command(arguments).is_some_and(|command| {
        let asks_for_version = command
            .words
            .iter()
            .skip(1)
            .any(|word| ["--version", "-version"].contains(&&*word.text));
        asks_for_version || TRIALS.contains(&command.program_name())
    })
}

/// Whether a command failed because what it was to bring about was so already: a file to remove
/// that is not there, a folder to make that is.
pub(super) fn was_so_already(arguments: &str, output: &str) -> bool {
    let says = |regex| matches(regex, output);
    last_command(arguments).is_some_and(|command| match command.program_name() {
        "rm" | "rmdir" | "unlink" => says(&NOT_THERE),
        "mkdir" | "ln" | "useradd" | "groupadd" => says(&IS_THERE),
        "kill" | "pkill" | "killall" => says(&NO_PROCESS),
        _ => false,
    })
}

/// Programs whose status 1 says no.
const QUESTIONS: [&str; 15] = [
    "grep", "egrep", "fgrep", "zgrep", "rg", "ag", "ack", "diff", "cmp", "test", "[", "pgrep",
    "which", "type", "command",
];

/// Programs that say with their status whether something is there.
const TRIALS: [&str; 12] = [
    "ls",
    "stat",
    "which",
    "type",
    "command",
    "id",
    "getent",
    "ping",
    "nc",
    "systemctl",
    "service",
    "pg_isready",
];

static NOT_THERE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"No such file or directory\W*(?:$|\n)").ok());

static IS_THERE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"File exists\W*(?:$|\n)|already exists").ok());

static NO_PROCESS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)no such process|no process found").ok());

#[cfg(test)]
mod tests {
    use super::{asks_a_question, tries_whether, was_so_already};

    fn arguments(command: &str) -> String {
        serde_json::json!({ "command": command }).to_string()
    }

    #[test]
    fn the_last_command_gives_the_status() {
        for command in [
            "grep -rn foo .",
            "cd src && python a.py && grep -c 'not found' log",
            "ps aux | grep foo | grep -v grep",
            "find . -name '*.py' | xargs grep -l foo",
            "make; diff a b",
            "test -f a",
            "[ -d build ]",
            "command -v node",
            "git diff --quiet",
        ] {
            assert!(asks_a_question(&arguments(command)), "{command}");
            assert!(asks_a_question(command), "{command}");
        }
        for command in ["grep -q foo a && make", "python grep.py", "./a 'x; grep b'", ""] {
            assert!(!asks_a_question(&arguments(command)), "{command}");
        }
    }

    #[test]
    fn trials_and_what_was_so_already_are_known_by_their_programs() {
        assert!(tries_whether(&arguments("rm -rf build && ls build")));
        assert!(tries_whether(&arguments("/usr/bin/node --version")));
        assert!(!tries_whether(&arguments("ls && make")));
        for (command, output) in [
            (
                "rm repro.py",
                "rm: cannot remove 'repro.py': No such file or directory\nexit code: 1",
            ),
            ("mkdir build", "mkdir: cannot create directory 'build': File exists"),
            ("kill 123", "bash: kill: (123) - No such process"),
        ] {
            assert!(was_so_already(&arguments(command), output), "{command}");
        }
        assert!(!was_so_already(&arguments("rm a"), "rm: cannot remove 'a': Permission denied"));
        assert!(!was_so_already(
            &arguments("./a"),
            "rm: cannot remove 'a': No such file or directory"
        ));
    }
}
