//! Options by which a program runs or writes something that its name does not say.
//!
//! A rule for `git *` is meant for git, not for whatever `git -c core.pager=…` starts. Such a word
//! is allowed only by a rule that names it.

use crate::shell::{Command, HOLE, Word};

mod git;
mod programs;
mod scripts;
mod special;
mod starters;

pub use self::starters::Starts;
pub(super) use self::starters::{starts, starts_another};

/// A way out of what a program's name says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handover {
    /// This word, without quotes.
    Word(String),
    /// That there are no arguments: the program runs what it is fed.
    NoArguments,
}

impl Handover {
    /// Returns whether a rule's glob names this.
    pub fn is_named_by(&self, glob: &str) -> bool {
        match self {
            Self::Word(word) => {
                let is_name = !word.contains(['*', '?', HOLE]);
                is_name && glob.split_whitespace().any(|named| named == word)
            }
            Self::NoArguments => !glob.contains(['*', '?']),
        }
    }
}

/// Returns git's command and what is behind it, in its arguments.
pub(super) fn git_command(arguments: &[Word]) -> &[Word] {
    git::command(arguments)
}

/// Returns git's arguments without its own options that change nothing of what runs.
pub(super) fn without_plain_options(arguments: &[Word]) -> &[Word] {
    git::without_plain_options(arguments)
}

/// What a program's arguments may do beyond its name.
struct Program {
    names: &'static [&'static str],
    /// Options of one letter, wherever they stand in a cluster.
    letters: &'static str,
    /// Long options, with their dashes.
    long: &'static [&'static str],
    /// Whole words, and how words begin where they end in `=`.
    words: &'static [&'static str],
    /// Whether it runs what it is fed when it is given no file.
    runs_input: bool,
}

/// Returns the words of a command that a rule has to name.
pub(super) fn of(command: &Command) -> Vec<Handover> {
    let name = command.program_name();
    let arguments = command.words.get(1..).unwrap_or_default();
    let mut found = Vec::new();
    special::find(name, arguments, &mut found);
    match name {
        "git" => git::find(arguments, &mut found),
        "sed" | "gsed" => scripts::sed(arguments, &mut found),
        "awk" | "gawk" | "mawk" | "nawk" => scripts::awk(arguments, &mut found),
        _ => {}
    }
    if starters::has_to_be_named(command) {
        found.extend(arguments.iter().map(|word| Handover::Word(word.text.clone())));
    }
    let names_program = |word: &&Word| names_program(&word.text) || is_response_file(name, word);
    found.extend(arguments.iter().filter(names_program).map(|it| Handover::Word(it.text.clone())));
    if let Some(program) = programs::find(name) {
        for word in arguments {
            if program.hands_over(name, word) {
                found.push(Handover::Word(word.text.clone()));
            }
        }
        let is_told_nothing = || arguments.iter().all(Word::may_be_option);
        if program.runs_input && is_told_nothing() && !programs::only_tells(name, arguments) {
            found.push(Handover::NoArguments);
        }
    }
    found
}

impl Program {
    fn hands_over(&self, name: &str, word: &Word) -> bool {
        let text = word.text.as_str();
        // What is known only then may be any option.
        if word.may_split || word.may_be_option() && word.is_pattern || is_unknown_option(text) {
            return true;
        }
        let may_be = |it: &str| {
            let is_start = it.ends_with(['=', ':', '\\']);
            match text.split_once(HOLE) {
                Some((start, _)) => it.starts_with(start) || is_start && start.starts_with(it),
                None => it == text || is_start && text.starts_with(it),
            }
        };
        if self.words.iter().any(|it| may_be(it)) || self.runs_input && is_input(text) {
            return true;
        }
        // npm takes long options behind one dash, too.
        let is_long_by_one_dash =
            matches!(name, "npm" | "pnpm") && text.starts_with('-') && text.len() > "-ab".len();
        let long_text = if is_long_by_one_dash && !text.starts_with("--") {
            format!("-{text}")
        } else {
            text.to_owned()
        };
        let text = long_text.as_str();
        if text.starts_with("--") {
            let option = text.split('=').next().unwrap_or(text);
            let with_dashes = option.replace('_', "-");
            let is_node = matches!(name, "node" | "nodejs");
            let option = if is_node { with_dashes.as_str() } else { option };
            let is_whole = programs::WHOLE_OPTIONS.contains(&name);
            return self
                .long
                .iter()
                .any(|it| if is_whole { *it == option } else { is_meant(it, option) });
        }
        text.starts_with('-') && text.contains(|it| self.letters.contains(it))
    }
}

/// Returns whether which option a word is, if it is one, is known only when the command runs.
fn is_unknown_option(text: &str) -> bool {
    let Some((start, _)) = text.split_once(HOLE) else { return false };
    match start.strip_prefix("--") {
        Some(name) => !name.contains('='),
        None => start.is_empty() || is_cluster(start),
    }
}

/// Returns whether a text is a dash with letters, or a dash alone.
fn is_cluster(text: &str) -> bool {
    text.strip_prefix('-').is_some_and(|it| it.chars().all(|it| it.is_ascii_alphanumeric()))
}

/// Last parts of the names of options that take a program.
const NAMING_PROGRAMS: [&str; 17] = [
    "askpass",
    "browser",
    "cmd",
    "command",
    "editor",
    "exec",
    "executable",
    "hook",
    "interpreter",
    "pager",
    "plugin",
    "preprocessor",
    "program",
    "rsh",
    "runner",
    "script-shell",
    "wrapper",
];

/// Returns whether a word is an option that names a program, of whatever program: `--diff-program`.
fn names_program(text: &str) -> bool {
    let Some(option) = text.strip_prefix("--").filter(|it| !it.starts_with("no-")) else {
        return false;
    };
    let option = option.split('=').next().unwrap_or(option);
    option.split(['-', '_']).next_back().is_some_and(|last| NAMING_PROGRAMS.contains(&last))
}

/// Programs that take more arguments from a file behind an `@`.
const COMPILERS: [&str; 22] = [
    "ar", "as", "c++", "cargo", "cc", "clang", "clang++", "g++", "gcc", "gfortran", "java",
    "javac", "kotlinc", "ld", "ld.lld", "lld", "nm", "objdump", "ranlib", "rustc", "strip",
    "swiftc",
];

/// Returns whether a word is a file with more arguments.
fn is_response_file(name: &str, word: &Word) -> bool {
    let is_compiler = |name: &str| COMPILERS.contains(&programs::without_version(name));
    word.text.starts_with('@')
        && (is_compiler(name)
            || is_compiler(programs::without_target(programs::without_version(name))))
}

/// Returns whether a file is what the program is fed.
fn is_input(text: &str) -> bool {
    ["/dev/stdin", "/dev/fd/", "/proc/self/fd/"].iter().any(|it| text.starts_with(it))
}

/// Returns whether an option that was written may be a long one: those may be cut short as long as
/// only one begins so, and which ones there are is the program's to know.
fn is_meant(long: &str, written: &str) -> bool {
    let is_another = programs::OTHER_OPTIONS.contains(&written);
    written.len() > "--".len() && !is_another && long.starts_with(written)
}

/// Returns whether a word is a cluster of short options with one of these letters.
fn has_letter(word: &str, letters: &[char]) -> bool {
    word.starts_with('-') && !word.starts_with("--") && word.contains(letters)
}
