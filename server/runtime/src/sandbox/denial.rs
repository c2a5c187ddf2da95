//! What a command's output says about a sandbox that stopped it.
//!
//! The kernel tells a program only that something is not permitted, so this is read out of the
//! words that programs print, and compared with the policy: a file that the policy allows was not
//! refused by the sandbox.

mod words;

use std::path::{Path, PathBuf};

use crate::{
    sandbox::{Ability, Layer, Policy},
    workspace::resolve_existing,
};

/// Something that the sandbox probably kept a command from doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// What stopped it.
    pub layer: Layer,
    /// What it did, for people and models: "`/etc/x` is outside what commands may write".
    pub what: String,
    /// Whether a person may let the command run outside the sandbox because of it. A limit is
    /// raised in the settings instead, and what this program relies on is nobody's to change.
    pub is_negotiable: bool,
}

impl Denial {
    fn negotiable(layer: Layer, what: String) -> Self {
        Self { layer, what, is_negotiable: true }
    }

    fn of_sockets() -> Self {
        let what = "commands open no Unix sockets, nor other unusual ones".to_owned();
        Self::negotiable(Layer::Seccomp, what)
    }

    fn of_file_size(policy: &Policy) -> Self {
        let what = format!(
            "files may have {} bytes at most; `sandbox.max_file_mb` allows more",
            policy.limits.file_bytes
        );
        Self { layer: Layer::FileSizeLimit, what, is_negotiable: false }
    }

    fn of_processes(policy: &Policy) -> Self {
        let what = format!(
            "{} processes may run at most; `sandbox.max_processes` allows more",
            policy.limits.processes
        );
        Self { layer: Layer::ProcessLimit, what, is_negotiable: false }
    }

    /// Returns whether it is about how much a command may use or how much is watched, not about
    /// what it may touch.
    pub fn is_of_limit(&self) -> bool {
        match self.layer {
            Layer::ProcessLimit | Layer::FileSizeLimit => true,
            Layer::GitWatch => !self.is_negotiable,
            _ => false,
        }
    }
}

/// Denials that are told of at most.
const MAX_DENIALS: usize = 3;

/// Lines before one that says "not permitted" in which it may say what was not.
const CONTEXT_LINES: usize = 8;

/// What is said of files outside the workspace that commands read.
const ONLY_READ: &str = " is something that commands only read";

/// What a command left behind.
pub struct Evidence<'a> {
    /// The folder that it worked in.
    pub folder: &'a Path,
    /// Its text.
    pub command: &'a str,
    /// What it printed.
    pub output: &'a str,
    /// 128 and the signal's number for one that a signal ended.
    pub exit_code: i32,
    /// The files that the shell was to write for it.
    pub writes: &'a [PathBuf],
    /// What it was to make links to.
    pub linked: &'a [PathBuf],
    /// The files that its programs were given to read.
    pub given: &'a [PathBuf],
    /// Of a command that prints texts of files as well: the programs that it names. Only what one
    /// of them says about a file that the command names is believed then, or raises as an error.
    pub speakers: Option<&'a [String]>,
    /// Whether a program outside the sandbox waits for connections to a TCP port of this machine.
    pub listens: &'a dyn Fn(u16) -> bool,
}

/// What a command tried to do with a file, as far as can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attempt {
    Reading,
    Writing,
    Either,
}

/// Returns what the sandbox probably stopped, as a command's output has it; the layers that the
/// machine has decide who gets the blame.
pub fn denials(policy: &Policy, ability: &Ability, evidence: &Evidence<'_>) -> Vec<Denial> {
    let mut denials: Vec<Denial> = Vec::new();
    let mut tell = |denial: Denial| {
        if denials.len() < MAX_DENIALS && !denials.contains(&denial) {
            denials.push(denial);
        }
    };
    let lines: Vec<&str> = evidence.output.lines().collect();
    for (idx, line) in lines.iter().enumerate() {
        let before = lines.get(idx.saturating_sub(CONTEXT_LINES)..idx).unwrap_or_default();
        if let Some(denial) = of_line(policy, ability, evidence, line, before) {
            tell(denial);
        }
    }
    // One that is hidden is an empty one: nobody complains.
    let is_emptied = |path: &&PathBuf| policy.hidden.contains(path) && path.is_file();
    if ability.layers.contains(&Layer::MountNamespace) {
        let emptied = evidence.given.iter().filter(is_emptied);
        emptied.filter_map(|it| of_file(policy, ability, it, Attempt::Reading)).for_each(&mut tell);
    }
    let xfsz = 128 + 25;
    if denials.is_empty() && evidence.exit_code == xfsz {
        denials.push(Denial::of_file_size(policy));
    }
    denials
}

fn of_line(
    policy: &Policy,
    ability: &Ability,
    evidence: &Evidence<'_>,
    line: &str,
    before: &[&str],
) -> Option<Denial> {
    let lower = line.to_lowercase();
    let is_raised =
        evidence.speakers.is_some_and(|speakers| words::is_raised_by(line, before, speakers));
    let is_said =
        || is_raised || evidence.speakers.is_none_or(|speakers| words::is_said_by(line, speakers));
    if words::says_file_size(&lower) {
        return is_said().then(|| Denial::of_file_size(policy));
    }
    if words::says_processes(&lower) {
        return is_said().then(|| Denial::of_processes(policy));
    }
    if !policy.network && words::says_network(&lower) {
        let layer = if ability.layers.contains(&Layer::NetworkNamespace) {
            Layer::NetworkNamespace
        } else {
            Layer::Seccomp
        };
        return is_said().then(|| Denial::negotiable(layer, "commands have no network".to_owned()));
    }
    if !policy.network
        && words::says_refused(&lower)
        && ability.layers.contains(&Layer::NetworkNamespace)
    {
        let port = words::loopback_port(line).or_else(|| words::loopback_port(evidence.command))?;
        return (is_said() && (evidence.listens)(port)).then(|| {
            let what = format!(
                "commands have a network of their own: what waits on port {port} of this machine \
                 is not reached from there"
            );
            Denial::negotiable(Layer::NetworkNamespace, what)
        });
    }
    if ability.layers.contains(&Layer::PidNamespace)
        && words::says_no_process(line, evidence.command)
    {
        let what = "commands see no processes but their own".to_owned();
        return is_said().then(|| Denial::negotiable(Layer::PidNamespace, what));
    }
    if ability.layers.contains(&Layer::Seccomp) && words::says_refused_trace(&lower) {
        let what = "commands do not look into processes".to_owned();
        return is_said().then(|| Denial::negotiable(Layer::Seccomp, what));
    }
    if ability.layers.contains(&Layer::Privileges) && words::says_privileged(&lower) {
        let what = "commands mount nothing, make no devices and enter no name spaces".to_owned();
        return is_said().then(|| Denial::negotiable(Layer::Privileges, what));
    }
    let said = words::says_refused_file(&lower)?;
    if !is_said() {
        return None;
    }
    if words::says_refused_socket(&lower) {
        return Some(Denial::of_sockets());
    }
    let files = paths(line, evidence.folder);
    let files: Vec<PathBuf> = files
        .chain(bare_names(&lower, line, said, evidence.folder))
        .chain(outer_git_files(policy, line))
        .collect();
    if words::says_missing(&lower) {
        // What is hidden is not there for a command.
        let hidden = files.iter().find(|path| policy.hidden.iter().any(|it| path.starts_with(it)));
        return hidden.and_then(|path| of_file(policy, ability, path, Attempt::Either));
    }
    let found: Vec<Denial> = files
        .iter()
        .filter(|path| {
            // Git names files of its own, and so does a program that is interpreted.
            is_raised
                || evidence.speakers.is_none_or(|it| words::is_of_git(line, it))
                || is_named(path, evidence.command)
        })
        .filter_map(|path| {
            let attempt = if evidence.writes.contains(path) {
                Attempt::Writing
            } else {
                words::attempt(&lower)
            };
            let denial = of_place(policy, ability, path, attempt)?;
            // Landlock says that permission is denied.
            let is_mount = words::says_read_only(&lower)
                && denial.layer == Layer::LandlockFiles
                && ability.layers.contains(&Layer::MountNamespace);
            Some(if is_mount { Denial { layer: Layer::MountNamespace, ..denial } } else { denial })
        })
        .collect();
    // The line may begin with the program, which is read as it should be.
    let is_read = |denial: &&Denial| denial.what.ends_with(ONLY_READ);
    let telling = found.iter().find(|denial| !is_read(denial)).or(found.last());
    telling.cloned().or_else(|| of_link(policy, ability, evidence, &lower, &files)).or_else(|| {
        let speaks_of_sockets = |text: &str| text.to_lowercase().contains("socket");
        let is_socket = lower.contains("socket")
            || lower.contains("connect")
            || lower.contains("operation not permitted")
                && (before.iter().any(|line| speaks_of_sockets(line))
                    || speaks_of_sockets(evidence.command));
        is_socket.then(Denial::of_sockets)
    })
}

/// Returns why a file was refused that commands may write: a link led elsewhere when it was used,
/// whatever it is now.
fn of_link(
    policy: &Policy,
    ability: &Ability,
    evidence: &Evidence<'_>,
    lower: &str,
    files: &[PathBuf],
) -> Option<Denial> {
    let is_written = |path: &&PathBuf| policy.write.iter().any(|it| path.starts_with(it));
    let file = files.iter().filter(is_written).find(|path| is_named(path, evidence.command))?;
    let attempt =
        if evidence.writes.contains(file) { Attempt::Writing } else { words::attempt(lower) };
    let led_to = evidence.linked.iter().find_map(|it| of_place(policy, ability, it, attempt));
    if !words::says_read_only(lower) {
        return led_to;
    }
    // Nothing else makes what commands may write a thing that is only read.
    let has_mounts = ability.layers.contains(&Layer::MountNamespace);
    (has_mounts && !is_only_read(evidence.folder)).then(|| {
        let what = format!("`{}` led outside what commands may write", file.display());
        Denial::negotiable(Layer::MountNamespace, what)
    })
}

/// Returns whether a folder is only read, for everybody.
#[cfg(unix)]
fn is_only_read(folder: &Path) -> bool {
    use rustix::fs::{StatVfsMountFlags, statvfs};

    statvfs(folder).is_ok_and(|it| it.f_flag.contains(StatVfsMountFlags::RDONLY))
}

#[cfg(not(unix))]
fn is_only_read(_folder: &Path) -> bool {
    false
}

/// Returns whether the text of a command has the last part of a path.
fn is_named(path: &Path, command: &str) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| command.contains(name))
}

/// Returns why the sandbox refuses a file, or what a link in its path leads to.
fn of_place(policy: &Policy, ability: &Ability, path: &Path, attempt: Attempt) -> Option<Denial> {
    let copied = policy.stand_in.as_ref().and_then(|it| it.in_copy(path));
    let path = copied.as_deref().unwrap_or(path);
    of_file(policy, ability, path, attempt).or_else(|| {
        let place = resolve_existing(path);
        if place == path { None } else { of_file(policy, ability, &place, attempt) }
    })
}

/// Returns why the sandbox refuses a file; `None` if it does not.
fn of_file(policy: &Policy, ability: &Ability, path: &Path, attempt: Attempt) -> Option<Denial> {
    let is_in = |folders: &[PathBuf]| folders.iter().any(|folder| path.starts_with(folder));
    let shown = path.display();
    let is_negotiable = !is_in(&policy.own);
    if is_in(&policy.hidden) {
        let has_mounts = ability.layers.contains(&Layer::MountNamespace);
        return Some(Denial {
            layer: if has_mounts { Layer::MountNamespace } else { Layer::LandlockFiles },
            what: format!("`{shown}` is hidden from commands"),
            is_negotiable,
        });
    }
    if is_in(&policy.read_only) {
        return Some(Denial {
            layer: Layer::MountNamespace,
            what: format!("`{shown}` is a part of the workspace that commands do not change"),
            is_negotiable,
        });
    }
    // With a name space of its own, a command has temporary folders of its own.
    let is_temporary = ability.layers.contains(&Layer::MountNamespace)
        && ["/tmp", "/var/tmp", "/dev/shm"].iter().any(|it| path.starts_with(it));
    let what = if is_in(&policy.write) {
        return None;
    } else if is_in(&policy.read) {
        format!("`{shown}`{ONLY_READ}")
    } else if is_temporary || path.starts_with(&policy.temp) {
        return None;
    } else {
        let what = match attempt {
            Attempt::Reading => "read",
            Attempt::Writing => "write",
            Attempt::Either => "read or write",
        };
        format!("`{shown}` is outside what commands may {what}")
    };
    Some(Denial { layer: Layer::LandlockFiles, what, is_negotiable })
}

/// Returns what in a line could be the path of a file.
fn paths<'a>(line: &'a str, folder: &'a Path) -> impl Iterator<Item = PathBuf> + 'a {
    words(line)
        .filter(|word| word.contains('/'))
        .map(|word| crate::workspace::lexical(&folder.join(word)))
}

/// Returns the files of a repository around the workspace: git names them from its top.
fn outer_git_files<'a>(policy: &'a Policy, line: &'a str) -> impl Iterator<Item = PathBuf> + 'a {
    let is_git = |folder: &&PathBuf| folder.ends_with(".git");
    words(line).filter_map(|word| word.strip_prefix(".git/")).flat_map(move |file| {
        policy.read.iter().filter(is_git).map(move |folder| folder.join(file))
    })
}

/// Returns what could be the name of a file in the command's own folder: what stands right before
/// what the program says about it, and right after.
fn bare_names<'a>(
    lower: &str,
    line: &'a str,
    said: &str,
    folder: &'a Path,
) -> impl Iterator<Item = PathBuf> + 'a {
    let start = lower.find(said).unwrap_or_default();
    let before = line.get(..start).and_then(|text| words(text).last());
    let after = line.get(start + said.len()..).and_then(|text| words(text).next());
    before.into_iter().chain(after).map(|name| folder.join(name))
}

/// Returns the words of a line, without the marks around them.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let is_edge = |character: char| {
        character.is_whitespace() || matches!(character, '\'' | '"' | '`' | '‘' | '’' | '(' | ')')
    };
    line.split(is_edge)
        .map(|word| word.trim_end_matches([':', ',', ';', '.']))
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
#[expect(clippy::needless_raw_string_hashes, reason = "the snapshots are written by a tool")]
mod tests;
