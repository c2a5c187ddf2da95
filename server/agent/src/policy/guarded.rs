//! Parts of a workspace that others act upon: git's hooks and settings, and what this program keeps.
//!
//! File tools leave them alone and a sandbox keeps commands from them. Where nothing confines a
//! command, its text is all there is to go by: one that names such a part is asked about, whatever
//! else allows it. That is a courtesy and no wall, for a text can hide what it names.

use super::pattern::{is_own_path, relative_path};
use crate::shell::{Command, Word};

/// Parts of git's folder that git takes commands from.
const OF_GIT: [&str; 7] =
    ["commondir", "config", "config.worktree", "hooks", "info", "modules", "worktrees"];

/// Programs that only look at the files that they are given.
const LOOKERS: [&str; 14] = [
    "cat", "cmp", "diff", "file", "find", "grep", "head", "less", "ls", "rg", "stat", "tail",
    "tree", "wc",
];

/// What is done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    /// It is read. What this program keeps is nobody's to read.
    Reading,
    /// Anything else.
    Changing,
}

/// Returns whether a command names such a part.
pub(super) fn is_named_by(command: &Command, workspace: &str) -> bool {
    let name = command.program_name();
    let doing = if LOOKERS.contains(&name) { Doing::Reading } else { Doing::Changing };
    let enters = matches!(name, "cd" | "pushd");
    let arguments = command.words.get(1..).unwrap_or_default();
    arguments.iter().any(|word| {
        is_guarded(word, doing, workspace) || enters && names(&word.text, workspace, &[".git"])
    })
}

/// Returns whether a command that a pattern allows reaches further than its words do: it names such
/// a part, or is the `tee` whose files a redirection would be asked about.
pub(super) fn reaches_further(command: &Command, workspace: &str) -> bool {
    let leaves = |word: &Word| {
        let path = relative_path(&word.text, workspace);
        let is_harmless = ["/dev/null", "/dev/stderr", "/dev/stdout", "/dev/tty"]
            .contains(&path.as_str())
            || path.starts_with("/tmp/");
        !word.text.starts_with('-') && !is_own_path(&path) && !is_harmless
    };
    let arguments = command.words.get(1..).unwrap_or_default();
    is_named_by(command, workspace)
        || command.program_name() == "tee" && arguments.iter().any(leaves)
}

/// Returns whether a word is the path of such a part, alone or as the value of an option.
pub(super) fn is_guarded(word: &Word, doing: Doing, workspace: &str) -> bool {
    let value = word.text.split_once('=').map(|(_, value)| value);
    [Some(word.text.as_str()), value].into_iter().flatten().any(|path| {
        names(path, workspace, &[".preceptor"])
            || doing == Doing::Changing
                && (names(path, workspace, &["preceptor.toml"])
                    || OF_GIT.iter().any(|part| names(path, workspace, &[".git", part])))
    })
}

/// Returns whether a word is the file by which a folder of git is led to another one. The sandbox
/// keeps what is there as it is; this one is not there, and git takes no empty one.
pub(super) fn leads_git_elsewhere(word: &Word) -> bool {
    let name = word.text.rsplit(['/', '\\', '=']).next().unwrap_or_default();
    name.eq_ignore_ascii_case("commondir")
}

/// Returns whether some parts of a path are these, one after the other.
fn names(path: &str, workspace: &str, wanted: &[&str]) -> bool {
    let path = relative_path(path, workspace);
    let parts: Vec<&str> = path.split(['/', '\\']).collect();
    parts.windows(wanted.len()).any(|window| {
        window.iter().zip(wanted).all(|(part, wanted)| part.eq_ignore_ascii_case(wanted))
    })
}
