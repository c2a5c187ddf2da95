//! What a command's output says about a sandbox that stopped it.
//!
//! The kernel tells a program only that something is not permitted, so this is read out of the
//! words that programs print, and compared with the policy: a file that the policy allows was not
//! refused by the sandbox.

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
}

/// Denials that are told of at most.
const MAX_DENIALS: usize = 3;

/// What programs say when a file is refused.
const FILE_WORDS: [&str; 5] = [
    "permission denied",
    "read-only file system",
    "operation not permitted",
    "permissionerror",
    // A file that is kept as it is cannot be replaced by another one either.
    "device or resource busy",
];

/// What programs say when there is no network.
const NETWORK_WORDS: [&str; 13] = [
    "network is unreachable",
    "network unreachable",
    "unable to resolve host",
    "failed to lookup address",
    "getaddrinfo enotfound",
    "could not resolve host",
    "couldn't resolve host",
    "temporary failure in name resolution",
    "temporary failure resolving",
    "name or service not known",
    "getaddrinfo eai_again",
    "enetunreach",
    "no such host",
];

/// What is said of files outside the workspace that commands read.
const ONLY_READ: &str = " is something that commands only read";

/// Returns what the sandbox probably stopped, as the output of a failed command has it; the layers
/// that the machine has decide who gets the blame.
pub fn denials(
    policy: &Policy,
    ability: &Ability,
    folder: &Path,
    output: &str,
    exit_code: i32,
) -> Vec<Denial> {
    let mut denials: Vec<Denial> = Vec::new();
    let mut note = |denial: Denial| {
        if denials.len() < MAX_DENIALS && !denials.contains(&denial) {
            denials.push(denial);
        }
    };
    let xfsz = 128 + 25;
    for line in output.lines() {
        let lower = line.to_lowercase();
        if lower.contains("file size limit exceeded") || lower.contains("file too large") {
            note(Denial::of_file_size(policy));
        } else if lower.contains("resource temporarily unavailable") && lower.contains("fork") {
            note(Denial::of_processes(policy));
        } else if !policy.network && NETWORK_WORDS.iter().any(|words| lower.contains(words)) {
            let layer = if ability.layers.contains(&Layer::NetworkNamespace) {
                Layer::NetworkNamespace
            } else {
                Layer::Seccomp
            };
            note(Denial::negotiable(layer, "commands have no network".to_owned()));
        } else if let Some(words) = FILE_WORDS.iter().find(|words| lower.contains(**words)) {
            let files = paths(line, folder).chain(bare_names(&lower, line, words, folder));
            let found: Vec<Denial> =
                files.filter_map(|path| of_place(policy, ability, &path)).collect();
            // The line may begin with the program, which is read as it should be.
            let is_read = |denial: &&Denial| denial.what.ends_with(ONLY_READ);
            let telling = found.iter().find(|denial| !is_read(denial)).or(found.last());
            match telling {
                Some(denial) => note(denial.clone()),
                None if lower.contains("socket") || lower.contains("connect") => {
                    let what = "commands open no Unix sockets, nor other unusual ones".to_owned();
                    note(Denial::negotiable(Layer::Seccomp, what));
                }
                None => {}
            }
        }
    }
    if denials.is_empty() && exit_code == xfsz {
        denials.push(Denial::of_file_size(policy));
    }
    denials
}

/// Returns why the sandbox refuses a file, or what a link in its path leads to.
fn of_place(policy: &Policy, ability: &Ability, path: &Path) -> Option<Denial> {
    of_file(policy, ability, path).or_else(|| {
        let place = resolve_existing(path);
        if place == path { None } else { of_file(policy, ability, &place) }
    })
}

/// Returns why the sandbox refuses a file; `None` if it does not.
fn of_file(policy: &Policy, ability: &Ability, path: &Path) -> Option<Denial> {
    let is_in = |folders: &[PathBuf]| folders.iter().any(|folder| path.starts_with(folder));
    let shown = path.display();
    let is_negotiable = !is_in(&policy.own);
    if is_in(&policy.hidden) {
        return Some(Denial {
            layer: Layer::MountNamespace,
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
        format!("`{shown}` is outside what commands may read")
    };
    Some(Denial { layer: Layer::LandlockFiles, what, is_negotiable })
}

/// Returns what in a line could be the path of a file.
fn paths<'a>(line: &'a str, folder: &'a Path) -> impl Iterator<Item = PathBuf> + 'a {
    words(line)
        .filter(|word| word.contains('/'))
        .map(|word| crate::workspace::lexical(&folder.join(word)))
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
mod tests {
    use std::path::Path;

    use expect_test::{Expect, expect};

    use super::{Denial, denials};
    use crate::sandbox::{Ability, Layer, Policy};

    fn line(denial: &Denial) -> String {
        let end = if denial.is_negotiable { "" } else { " (not offered)" };
        format!("{}: {}{end}\n", denial.layer, denial.what)
    }

    #[track_caller]
    fn check(output: &str, expected: &Expect) {
        check_with(&[Layer::NetworkNamespace, Layer::MountNamespace], output, expected);
    }

    #[track_caller]
    fn check_with(layers: &[Layer], output: &str, expected: &Expect) {
        let policy = Policy {
            read: vec!["/usr".into(), "/w/.git/hooks".into()],
            write: vec!["/w".into()],
            read_only: vec!["/w/.git/hooks".into(), "/w/kept".into()],
            own: vec!["/w/kept".into()],
            hidden: vec!["/w/.ssh".into()],
            temp: "/t".into(),
            ..Policy::default()
        };
        let ability = Ability { layers: layers.iter().copied().collect() };
        let found = denials(&policy, &ability, Path::new("/w"), output, 1);
        let lines: Vec<String> = found.iter().map(line).collect();
        expected.assert_eq(&lines.concat());
    }

    #[test]
    fn a_refused_file_is_compared_with_the_policy() {
        check(
            "cat: /home/u/.ssh/id: Permission denied",
            &expect![[r#"
            Landlock: `/home/u/.ssh/id` is outside what commands may read
        "#]],
        );
        check(
            "bash: line 1: /usr/x: Permission denied",
            &expect![[r#"
            Landlock: `/usr/x` is something that commands only read
        "#]],
        );
        check(
            "touch: cannot touch '../x': Permission denied",
            &expect![[r#"
            Landlock: `/x` is outside what commands may read
        "#]],
        );
        check(
            "cp: cannot create '.git/hooks/x': Read-only file system",
            &expect![[r#"
            the mount name space: `/w/.git/hooks/x` is a part of the workspace that commands do not change
        "#]],
        );
        check(
            "/usr/bin/tool: line 3: /home/u/.tool/run: Permission denied",
            &expect![[r#"
            Landlock: `/home/u/.tool/run` is outside what commands may read
        "#]],
        );
        check(
            "error: could not write config file .git/hooks/c: Device or resource busy",
            &expect![[r#"
            the mount name space: `/w/.git/hooks/c` is a part of the workspace that commands do not change
        "#]],
        );
        check("bash: ./script.sh: Permission denied", &expect![[""]]);
        check("bash: line 1: script: Permission denied", &expect![[""]]);
        check(
            "bash: line 1: kept: Read-only file system",
            &expect![[r#"
            the mount name space: `/w/kept` is a part of the workspace that commands do not change (not offered)
        "#]],
        );
        check(
            "PermissionError: [Errno 13] Permission denied: 'kept'",
            &expect![[r#"
            the mount name space: `/w/kept` is a part of the workspace that commands do not change (not offered)
        "#]],
        );
        check(
            "PermissionError: [Errno 13] Permission denied: '/home/u/x'",
            &expect![[r#"
            Landlock: `/home/u/x` is outside what commands may read
        "#]],
        );
    }

    #[test]
    fn temporary_folders_are_the_commands_own_where_there_are_name_spaces() {
        let output = "ls: cannot open directory '/tmp/x': Permission denied";
        check_with(&[Layer::MountNamespace], output, &expect![[""]]);
        check_with(
            &[Layer::LandlockFiles],
            output,
            &expect![[r#"
            Landlock: `/tmp/x` is outside what commands may read
        "#]],
        );
    }

    #[test]
    fn networks_limits_and_sockets_are_known_by_their_words() {
        check(
            "curl: (6) Could not resolve host: example.org",
            &expect![[r#"
            the network name space: commands have no network
        "#]],
        );
        check(
            "bash: fork: retry: Resource temporarily unavailable",
            &expect![[r#"
                the limit on processes: 4096 processes may run at most; `sandbox.max_processes` allows more (not offered)
            "#]],
        );
        check(
            "dd: error writing 'big': File too large",
            &expect![[r#"
                the limit on file sizes: files may have 4294967296 bytes at most; `sandbox.max_file_mb` allows more (not offered)
            "#]],
        );
        check(
            "socket: Operation not permitted",
            &expect![[r#"
            seccomp: commands open no Unix sockets, nor other unusual ones
        "#]],
        );
        check("everything is fine", &expect![[""]]);
    }
}
