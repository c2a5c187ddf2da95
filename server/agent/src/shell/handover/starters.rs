//! Which commands may start others, and which ones those are, where that can be told.
//!
//! A rule that refuses `rm *` means whatever starts it, too. Only rules that refuse or ask are
//! judged by this; one that allows a starter has named it.

use super::{Handover, git, of, special};
use crate::shell::{Assignment, Command, HOLE, Word, environment};

/// What a command may start beside what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Starts {
    /// Nothing that is known of.
    Nothing,
    /// This command.
    Command(Command),
    /// Something that cannot be told.
    Unknown,
}

/// Programs that start whatever stands behind them, in ways that are not looked through.
const STARTERS: &[&str] = &[
    "at",
    "batch",
    "chroot",
    "chrt",
    "crontab",
    "dc",
    "entr",
    "flock",
    "ltrace",
    "nsenter",
    "parallel",
    "perf",
    "pkexec",
    "prlimit",
    "runuser",
    "screen",
    "script",
    "socat",
    "strace",
    "su",
    "systemd-run",
    "taskset",
    "tmux",
    "unshare",
];

/// Further ones, whose names say so: a rule that allows one has meant what it starts.
const NAMED_STARTERS: &[&str] = &[
    "bwrap",
    "capsh",
    "catchsegv",
    "cgexec",
    "choom",
    "chpst",
    "chronic",
    "concurrently",
    "dbus-launch",
    "dbus-run-session",
    "distrobox",
    "eatmydata",
    "expect",
    "fakechroot",
    "fakeroot",
    "faketime",
    "firejail",
    "gosu",
    "hyperfine",
    "i386",
    "i686",
    "ifne",
    "ltrace",
    "mpiexec",
    "mpirun",
    "newgrp",
    "nix",
    "nix-shell",
    "nodemon",
    "numactl",
    "pee",
    "proot",
    "proxychains",
    "proxychains4",
    "rlwrap",
    "rr",
    "run-parts",
    "runcon",
    "setpriv",
    "setuidgid",
    "sg",
    "softlimit",
    "srun",
    "ssh",
    "ssh-agent",
    "start-stop-daemon",
    "su-exec",
    "task-spooler",
    "tini",
    "torsocks",
    "tsp",
    "uname26",
    "unbuffer",
    "valgrind",
    "watchexec",
    "wine",
    "x86_64",
    "xterm",
    "xvfb-run",
];

/// Commands of programs that start what stands behind them: the program, its command, and how many
/// words belong to that.
const RUNNERS: &[(&str, &str, usize)] = &[
    ("asdf", "exec", 0),
    ("bun", "x", 0),
    ("bundle", "exec", 0),
    ("bunx", "", 0),
    ("cargo", "watch", 0),
    ("conda", "run", 0),
    ("direnv", "exec", 1),
    ("hatch", "run", 0),
    ("mise", "exec", 0),
    ("npm", "exec", 0),
    ("npm", "x", 0),
    ("npx", "", 0),
    ("nvm", "exec", 1),
    ("pdm", "run", 0),
    ("pipenv", "run", 0),
    ("pipx", "run", 0),
    ("pixi", "run", 0),
    ("pnpm", "dlx", 0),
    ("pnpm", "exec", 0),
    ("pnpx", "", 0),
    ("poetry", "run", 0),
    ("pyenv", "exec", 0),
    ("rbenv", "exec", 0),
    ("rustup", "run", 1),
    ("rye", "run", 0),
    ("uv", "run", 0),
    ("uv", "tool", 1),
    ("uvx", "", 0),
    ("volta", "run", 0),
    ("yarn", "dlx", 0),
    ("yarn", "exec", 0),
    ("yarn", "run", 0),
];

/// Programs that start something elsewhere, or where it is not looked for, by these commands.
const ELSEWHERE: &[(&str, &[&str])] = &[
    ("apptainer", &["exec", "run"]),
    ("docker", &["exec", "run", "compose", "buildx"]),
    ("docker-compose", &["exec", "run"]),
    ("ip", &["netns", "vrf"]),
    ("kubectl", &["exec", "run", "debug"]),
    ("lxc", &["exec"]),
    ("nerdctl", &["exec", "run", "compose"]),
    ("podman", &["exec", "run", "compose"]),
];

/// Programs whose handovers are about files, and how those words begin: all of them where nothing
/// is said.
const ABOUT_FILES: &[(&[&str], &[&str])] = &[
    (&["base64", "csplit", "curl", "date", "dd", "iconv", "shuf", "tee", "tree", "uniq"], &[]),
    (&["xxd", "yq", "pip", "pip3"], &[]),
    (&["find", "gfind"], &["-delete", "-fprint", "-fls"]),
    (&["sort"], &["-o", "-T", "--o", "--t"]),
    (&["sdiff"], &["-o", "--ou"]),
    (&["patch"], &["-o", "-r", "--ou", "--rej"]),
    (&["wget"], &["-O", "-P", "-qO", "-a", "-o", "-i", "-nv", "--append", "--dir", "--input"]),
    (&["wget"], &["--output", "--post-file", "--save", "--warc", "--rejected", "--hsts"]),
    (&["cargo"], &["--manifest-path", "--target-dir"]),
    (&["make", "gmake"], &["-C", "-f", "-I", "--dir", "--fi", "--makefile", "--include"]),
    (&["just"], &["-f", "-d", "--justfile", "--working-directory"]),
    (&["ninja"], &["-C", "-f", "-t"]),
    (&["tar", "gtar", "bsdtar"], &["-P", "--absolute-names"]),
    (&["npm", "pnpm", "yarn"], &["--prefix", "-prefix", "-C"]),
    (&["rsync"], &["--backup-dir", "--log-file", "--partial-dir", "--temp-dir", "--write-batch"]),
    (&["openssl"], &["-out", "-writerand"]),
    (&["ctags", "cpio"], &["-o", "-f", "-F", "-O"]),
    (&["sed", "gsed"], &["-i", "-ni", "-Ei", "-ri", "--in-place"]),
];

/// Returns whether a command starts another one that stands among its arguments and that a rule
/// for it has to name.
pub(super) fn has_to_be_named(command: &Command) -> bool {
    STARTERS.contains(&command.program_name())
}

/// Returns whether a command starts another one that may stand among its arguments.
pub(in crate::shell) fn starts_another(command: &Command) -> bool {
    let name = command.program_name();
    let has = |wanted: &str| {
        wanted.is_empty() || command.words.iter().skip(1).any(|word| word.text == wanted)
    };
    STARTERS.contains(&name)
        || NAMED_STARTERS.contains(&name)
        || RUNNERS.iter().any(|(program, wanted, _)| *program == name && has(wanted))
        || ELSEWHERE.iter().any(|(program, all)| *program == name && all.iter().any(|it| has(it)))
        || name == "git" && has("bisect")
}

/// Returns what a command may start.
pub(in crate::shell) fn starts(command: &Command) -> Starts {
    let runs = |it: &Assignment| environment::runs_value(&it.name) && !it.is_harmless(false);
    if command.assignments.iter().any(runs) {
        return Starts::Unknown;
    }
    let arguments = command.words.get(1..).unwrap_or_default();
    let name = command.program_name();
    if starts_another(command) {
        return runner(name, arguments).map_or(Starts::Unknown, Starts::Command);
    }
    let hands_over = of(command).iter().any(|handover| match handover {
        Handover::Word(word) => !is_about_files(name, arguments, word),
        Handover::NoArguments => true,
    });
    if hands_over { Starts::Unknown } else { Starts::Nothing }
}

/// Returns the command that a runner starts, if nothing stands between the two.
fn runner(name: &str, arguments: &[Word]) -> Option<Command> {
    let (_, wanted, n_own) = RUNNERS.iter().find(|(program, wanted, _)| {
        *program == name
            && (wanted.is_empty() || arguments.first().is_some_and(|word| word.text == *wanted))
    })?;
    let rest = arguments.get(usize::from(!wanted.is_empty()) + n_own..)?;
    let is_flag = |word: &&Word| matches!(word.text.as_str(), "--" | "-q" | "-y" | "--yes");
    let n_flags = rest.iter().take_while(is_flag).count();
    let words = rest.get(n_flags..)?;
    let is_plain = words.first().is_some_and(|word| !word.may_be_option() && !word.is_open())
        && !arguments.iter().take(arguments.len() - words.len()).any(Word::is_open);
    is_plain.then(|| Command { assignments: Vec::new(), words: words.to_vec() })
}

fn is_about_files(name: &str, arguments: &[Word], word: &str) -> bool {
    if name == "git" {
        return git::is_about_files(arguments, word);
    }
    // A makefile that it is fed is none of the workspace.
    let is_fed = |word: &Word| {
        matches!(word.text.as_str(), "-" | "-f-" | "--file=-" | "--makefile=-")
            || word.text.contains("/dev/")
    };
    if word.contains(HOLE) || matches!(name, "make" | "gmake") && arguments.iter().any(is_fed) {
        return false;
    }
    let is_switch = || matches!(name, "make" | "gmake") && special::is_switch(word);
    is_switch()
        || ABOUT_FILES.iter().any(|(names, starts)| {
            names.contains(&name)
                && (starts.is_empty() || starts.iter().any(|it| word.starts_with(it)))
        })
}
