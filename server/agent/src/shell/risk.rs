//! What a command may do at worst, in a word.

use crate::shell::{Command, Script, handover};

/// The gravest thing that a call would do; later ones are graver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// It looks only.
    Reads,
    /// It runs a program that is not known.
    Runs,
    /// It changes files.
    Writes,
    /// It talks to other machines.
    Network,
    /// It costs money.
    Costs,
    /// It gives something to others, or changes what they see.
    Publishes,
    /// It removes what may not come back.
    Deletes,
    /// It acts with the rights of another user.
    Privileged,
    /// What it does cannot be told beforehand.
    Unclear,
}

impl Risk {
    /// Returns the word for a person.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reads => "reads",
            Self::Runs => "runs a program",
            Self::Writes => "writes",
            Self::Network => "network",
            Self::Costs => "costs money",
            Self::Publishes => "publishes",
            Self::Deletes => "deletes",
            Self::Privileged => "privileged",
            Self::Unclear => "unclear",
        }
    }
}

pub(super) fn of(script: &Script) -> Risk {
    let commands = script.commands.iter().map(of_command);
    let writes = script.writes.iter().any(|word| !is_device(&word.text)).then_some(Risk::Writes);
    let doubts = (!script.doubts.is_empty()).then_some(Risk::Unclear);
    commands.chain(writes).chain(doubts).max().unwrap_or(Risk::Reads)
}

fn is_device(path: &str) -> bool {
    matches!(path, "/dev/null" | "/dev/stdout" | "/dev/stderr" | "/dev/tty")
}

/// Returns the name of git's command.
fn git_command(command: &Command) -> &str {
    let arguments = command.words.get(1..).unwrap_or_default();
    handover::git_command(arguments).first().map_or("", |word| word.text.as_str())
}

/// Returns whether a command of git throws away work that is kept nowhere else.
fn git_discards(command: &Command) -> bool {
    let arguments = command.words.get(1..).unwrap_or_default();
    let words: Vec<&str> =
        handover::git_command(arguments).iter().map(|it| it.text.as_str()).collect();
    let [name, rest @ ..] = words.as_slice() else { return false };
    let has = |wanted: &[&str]| rest.iter().any(|it| wanted.contains(it));
    let has_letter = |letter: char| {
        let is_cluster = |it: &&&str| it.starts_with('-') && !it.starts_with("--");
        rest.iter().filter(is_cluster).any(|it| it.contains(letter))
    };
    let is_forced = || has_letter('f') || has(&["--force"]);
    match *name {
        // Without a branch to go to, files are taken from what was committed or staged.
        "checkout" => {
            let is_path = |it: &&str| matches!(*it, "." | "--") || it.ends_with('/');
            is_forced() || rest.iter().any(is_path)
        }
        "restore" => !has(&["--staged", "-S"]) || has(&["--worktree", "-W"]),
        "switch" => is_forced() || has(&["--discard-changes"]),
        "stash" => has(&["drop", "clear"]),
        "branch" => {
            let deletes = has_letter('d') || has(&["--delete"]);
            has_letter('D') || deletes && is_forced()
        }
        "tag" => has_letter('d') || has(&["--delete"]),
        "update-ref" => has(&["-d", "--delete"]),
        "reflog" => has(&["delete", "expire"]),
        "worktree" => has(&["remove"]) && is_forced(),
        _ => false,
    }
}

pub(super) fn of_command(command: &Command) -> Risk {
    let has = |wanted: &[&str]| command.words.iter().any(|it| wanted.contains(&it.text.as_str()));
    match command.program_name() {
        _ if command.is_neutral() => Risk::Reads,
        "sudo" | "doas" | "su" | "pkexec" | "chroot" | "nsenter" | "runuser" => Risk::Privileged,
        "rm" | "rmdir" | "unlink" | "shred" | "truncate" | "dd" | "wipefs" => Risk::Deletes,
        name if name.starts_with("mkfs") => Risk::Deletes,
        "kill" | "pkill" | "killall" | "shutdown" | "reboot" => Risk::Deletes,
        "find" | "gfind" if has(&["-delete"]) => Risk::Deletes,
        "git" => match git_command(command) {
            "push" | "send-email" => Risk::Publishes,
            "clean" | "reset" | "rm" | "prune" | "gc" | "filter-branch" => Risk::Deletes,
            _ if git_discards(command) => Risk::Deletes,
            "fetch" | "pull" | "clone" | "ls-remote" => Risk::Network,
            "status" | "log" | "diff" | "show" | "blame" | "grep" | "rev-parse" | "ls-files"
                if command.handovers().is_empty() =>
            {
                Risk::Reads
            }
            _ => Risk::Writes,
        },
        "cargo" | "npm" | "pnpm" | "yarn" | "twine" | "gem" | "docker" | "podman"
            if has(&["publish", "upload", "push"]) =>
        {
            Risk::Publishes
        }
        "gh" | "glab" | "ssh" | "scp" | "sftp" | "rsync" | "mail" | "sendmail" => Risk::Publishes,
        "curl" | "wget" | "nc" | "ncat" | "telnet" | "ftp" | "dig" | "ping" | "apt" | "apt-get"
        | "brew" | "dnf" | "pacman" => Risk::Network,
        "pip" | "pip3" | "uv" | "npm" | "pnpm" | "yarn" | "cargo" | "gem" | "go"
            if has(&["install", "add", "update", "download", "get", "sync", "ci", "i"]) =>
        {
            Risk::Network
        }
        "cp" | "mv" | "install" | "ln" | "mkdir" | "touch" | "tee" | "chmod" | "chown"
        | "patch" | "tar" | "unzip" | "zip" | "gzip" | "gunzip" | "export" => Risk::Writes,
        "sed" | "gsed" | "sort" if !command.handovers().is_empty() => Risk::Writes,
        "cat" | "ls" | "head" | "tail" | "wc" | "grep" | "rg" | "find" | "gfind" | "fd"
        | "stat" | "file" | "du" | "df" | "diff" | "cmp" | "sort" | "uniq" | "cut" | "tr"
        | "sed" | "gsed" | "jq" | "date" | "which" | "type" | "basename" | "dirname"
        | "realpath" | "readlink" | "tree" | "md5sum" | "sha256sum" | "nl" | "od" | "hexdump"
        | "ps" | "uname" | "id" | "whoami" | "awk"
            if command.handovers().is_empty() =>
        {
            Risk::Reads
        }
        _ => Risk::Runs,
    }
}
