//! The programs that are known to hand over.

use super::Program;

/// Commands of git that run nothing but git and the repository's own hooks. Whatever else stands in
/// their place is an alias, or runs what it is told to.
pub(super) const GIT_COMMANDS: [&str; 72] = [
    "add",
    "am",
    "annotate",
    "apply",
    "archive",
    "blame",
    "branch",
    "bundle",
    "cat-file",
    "check-attr",
    "check-ignore",
    "checkout",
    "checkout-index",
    "cherry",
    "cherry-pick",
    "clean",
    "clone",
    "commit",
    "commit-tree",
    "count-objects",
    "describe",
    "diff",
    "diff-files",
    "diff-index",
    "diff-tree",
    "fetch",
    "for-each-ref",
    "format-patch",
    "fsck",
    "gc",
    "grep",
    "hash-object",
    "help",
    "init",
    "log",
    "ls-files",
    "ls-remote",
    "ls-tree",
    "maintenance",
    "merge",
    "merge-base",
    "merge-tree",
    "mv",
    "name-rev",
    "notes",
    "pack-refs",
    "prune",
    "pull",
    "push",
    "range-diff",
    "rebase",
    "reflog",
    "remote",
    "repack",
    "reset",
    "restore",
    "rev-list",
    "rev-parse",
    "revert",
    "rm",
    "shortlog",
    "show",
    "show-branch",
    "show-ref",
    "stash",
    "status",
    "switch",
    "tag",
    "update-index",
    "verify-commit",
    "worktree",
    "write-tree",
];

/// Options of git's commands that run a program, read configuration or write a file.
pub(super) const GIT_OPTIONS: [&str; 12] = [
    "--config",
    "--exec",
    "--ext-diff",
    "--extcmd",
    "--interactive",
    "--open-files-in-pager",
    "--output",
    "--receive-pack",
    "--separate-git-dir",
    "--template",
    "--textconv",
    "--upload-pack",
];

const NONE: &[&str] = &[];

const PROGRAMS: [Program; 34] = [
    interpreter(&["python", "python2", "python3", "pypy", "pypy3"], "c", NONE, &["-"]),
    interpreter(&["perl"], "eEiIMm", NONE, &["-"]),
    interpreter(&["ruby"], "erIi", NONE, &["-"]),
    interpreter(
        &["node", "nodejs", "bun"],
        "epr",
        &["--eval", "--print", "--require", "--import", "--loader", "--experimental-loader"],
        &["-", "exec", "x"],
    ),
    interpreter(&["deno"], "", NONE, &["eval", "-"]),
    interpreter(&["php"], "rBREdf", NONE, &["-"]),
    interpreter(&["lua", "luajit"], "el", NONE, &["-"]),
    interpreter(&["tclsh", "wish", "expect"], "c", NONE, &["-"]),
    interpreter(&["R", "Rscript", "julia"], "eE", &["--eval", "--print", "--load"], &["-"]),
    interpreter(&["osascript"], "e", NONE, &["-"]),
    interpreter(
        &["pwsh", "powershell"],
        "cefCEF",
        &["--command", "--encodedcommand"],
        &["-Command", "-EncodedCommand"],
    ),
    interpreter(
        &["zsh", "fish", "csh", "tcsh", "mksh", "nu", "xonsh"],
        "cCs",
        &["--command", "--commands"],
        NONE,
    ),
    interpreter(&["sh", "bash", "dash", "ash", "ksh"], "s", &["--rcfile", "--init-file"], NONE),
    interpreter(&["busybox", "toybox"], "", NONE, &["sh", "ash"]),
    interpreter(
        &["sqlite3", "psql", "mysql", "duckdb"],
        "c",
        &["--command", "--init"],
        &["-cmd", "-init"],
    ),
    interpreter(&["gdb", "lldb"], "xo", &["--eval-command", "--command", "--args"], &["-ex"]),
    interpreter(
        &["vim", "vi", "nvim", "view", "ex", "ed", "emacs", "nano"],
        "csSeE",
        &["--cmd", "--eval", "--load", "--batch", "--script"],
        NONE,
    ),
    options(&["less", "more", "man"], "PkoOH", &["--pager", "--log-file", "--html"], NONE),
    options(&["find", "gfind"], "", NONE, &["-delete", "-fprint", "-fprint0", "-fprintf", "-fls"]),
    options(&["fd", "fdfind"], "xX", &["--exec", "--exec-batch"], NONE),
    options(&["rg"], "", &["--pre", "--hostname-bin"], NONE),
    options(
        &["tar", "gtar", "bsdtar"],
        "IF",
        &[
            "--checkpoint-action",
            "--to-command",
            "--use-compress-program",
            "--rsh-command",
            "--rmt-command",
            "--info-script",
            "--new-volume-script",
            "--absolute-names",
        ],
        NONE,
    ),
    options(&["zip", "unzip"], "T", &["--unzip-command"], NONE),
    options(&["sort"], "oT", &["--output", "--compress-program"], NONE),
    options(&["split"], "", &["--filter"], NONE),
    options(&["rsync"], "e", &["--rsh", "--rsync-path"], NONE),
    options(&["ssh", "scp", "sftp"], "oFS", NONE, NONE),
    options(
        &["curl"],
        "oOKT",
        &[
            "--output",
            "--output-dir",
            "--remote-name",
            "--config",
            "--upload-file",
            "--dump-header",
        ],
        NONE,
    ),
    options(
        &["wget"],
        "O",
        &["--output-document", "--use-askpass", "--execute", "--config", "--post-file"],
        &["-e"],
    ),
    options(
        &["make", "gmake", "just", "ninja"],
        "fC",
        &["--eval", "--file", "--makefile", "--directory", "--shell", "--justfile"],
        &["SHELL=", "CC=", "CXX=", "LD=", "MAKEFLAGS=", "MAKEFILES="],
    ),
    options(&["cargo"], "ZC", &["--config", "--manifest-path", "--target-dir"], NONE),
    options(
        &["npm", "pnpm", "yarn"],
        "",
        &["--script-shell", "--prefix"],
        &["exec", "x", "dlx", "explore", "config", "set"],
    ),
    options(&["go"], "", NONE, &["-exec", "-toolexec", "-exec=", "-toolexec=", "-vettool="]),
    options(
        &["gcc", "g++", "cc", "c++", "clang", "clang++"],
        "B",
        NONE,
        &["-wrapper", "-fplugin=", "-specs="],
    ),
];

/// Programs that start whatever stands behind them, in ways that are not looked through.
pub(super) const STARTERS: [&str; 22] = [
    "at",
    "batch",
    "chroot",
    "chrt",
    "crontab",
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
    "strace",
    "su",
    "systemd-run",
    "taskset",
    "tmux",
    "unshare",
];

const fn options(
    names: &'static [&'static str],
    letters: &'static str,
    long: &'static [&'static str],
    words: &'static [&'static str],
) -> Program {
    Program { names, letters, long, words, runs_input: false }
}

const fn interpreter(
    names: &'static [&'static str],
    letters: &'static str,
    long: &'static [&'static str],
    words: &'static [&'static str],
) -> Program {
    Program { names, letters, long, words, runs_input: true }
}

/// Returns what is known about a program, also where its name carries a version.
pub(super) fn find(name: &str) -> Option<&'static Program> {
    let find = |name: &str| PROGRAMS.iter().find(|it| it.names.contains(&name));
    let unversioned =
        name.trim_end_matches(|it: char| it.is_ascii_digit() || matches!(it, '.' | '-'));
    find(name).or_else(|| find(unversioned))
}
