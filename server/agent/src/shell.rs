//! What a shell command would run, read from its text without running it.
//!
//! [`read`] takes the text of a command as models write it for `bash` and returns every simple
//! command in it, wherever it stands: in chains, pipes, substitutions, loops, functions, here
//! documents, and inside of programs that start others (`env`, `xargs`, `sh -c`, `find -exec`).
//! It returns the files that redirections read and write as well, and what cannot be told from the
//! text at all: a program whose name is computed, a syntax that the parser does not know.
//!
//! The approval policy is built on it, so it errs on one side only: whatever is not understood is
//! a [`Doubt`], and a doubt is asked about. Words whose value is known only when the command runs
//! have a [`HOLE`] in their text, which nothing but a `*` of a rule stands for.
//!
//! This module must never know the policy, files or the environment.

mod environment;
mod filters;
mod functions;
mod handover;
mod limits;
mod neutral;
mod reader;
mod refused;
mod risk;
mod subscripts;
mod variables;
mod word;
mod wrappers;

pub use self::{
    handover::{Handover, Starts},
    risk::Risk,
};

/// Stands in a word's text for what is known only when the command runs.
pub const HOLE: char = '\u{ffff}';

/// What a text would run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Script {
    /// Every simple command, in the order in which they are found.
    pub commands: Vec<Command>,
    /// The files that redirections write.
    pub writes: Vec<Word>,
    /// The files that redirections read.
    pub reads: Vec<Word>,
    /// What cannot be told from the text.
    pub doubts: Vec<Doubt>,
    /// Which command is the last one of all and only leaves the folder: nothing runs behind it.
    pub leaves_last: Option<usize>,
}

/// One simple command: a program with its arguments, or assignments alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Command {
    /// Variables that are set for it, or set alone.
    pub assignments: Vec<Assignment>,
    /// The program and its arguments, without quotes.
    pub words: Vec<Word>,
}

/// A variable and its new value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The variable's name.
    pub name: String,
    /// The value, without quotes.
    pub value: Word,
}

/// One word of a command, after quotes were taken off.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Word {
    /// The text, with a [`HOLE`] for each part that is not known.
    pub text: String,
    /// Whether the shell replaces it by the names of files.
    pub is_pattern: bool,
    /// Whether the shell may make none or several words of it: an expansion stands outside of quotes.
    pub may_split: bool,
}

/// Why a text cannot be told to be harmless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// The parser does not understand it.
    #[error("its syntax is not understood")]
    Syntax,
    /// It is longer or deeper than what is looked at.
    #[error("it is too long or too deeply nested to be looked through")]
    Size,
    /// It has characters that do not look like what they are.
    #[error("it has characters that are not what they look like")]
    Characters,
    /// Which program runs is known only then.
    #[error("which program it runs is known only when it runs")]
    Program,
    /// An expansion whose effect is known only when it runs.
    #[error("what it expands to is known only when it runs")]
    Expansion,
    /// A program that starts another, in a way that is not understood.
    #[error("which command it hands over is not understood")]
    Wrapper,
}

/// Reads a text as `bash -c` would.
pub fn read(text: &str) -> Script {
    let read = |known| {
        let mut reader = reader::Reader::knowing(known);
        reader.script(text);
        reader.finish()
    };
    let known = variables::Known::of(text);
    let knows = known.may_matter();
    let script = read(known);
    // Where something else may set them, nothing is known after all.
    if knows && variables::may_be_set(&script) {
        return read(variables::Known::default());
    }
    script
}

impl Script {
    /// Returns the gravest thing that the text would do.
    pub fn risk(&self) -> Risk {
        risk::of(self)
    }
}

impl Command {
    /// Returns the gravest thing that it would do.
    pub fn risk(&self) -> Risk {
        risk::of_command(self)
    }

    /// Returns the program's name as it is written; empty for assignments alone.
    pub fn program(&self) -> &str {
        self.words.first().map_or("", |word| word.text.as_str())
    }

    /// Returns the program's name without the folder it is in.
    pub fn program_name(&self) -> &str {
        let program = self.program();
        program.rsplit_once('/').map_or(program, |(_, name)| name)
    }

    /// Returns what git is told to do and what is behind it; nothing of another program.
    pub(crate) fn git_words(&self) -> Vec<&str> {
        let arguments = self.words.get(1..).filter(|_| self.program_name() == "git");
        let words = handover::git_command(arguments.unwrap_or_default());
        words.iter().map(|word| word.text.as_str()).collect()
    }

    /// Returns the command as one line, in one way of writing it: quotes only where they are
    /// needed, and without assignments that change nothing of what runs.
    pub fn text(&self) -> String {
        let is_alone = self.words.is_empty();
        let assignments = self.assignments.iter().filter(|it| !it.is_harmless(is_alone));
        let parts = assignments.map(|it| format!("{}={}", it.name, quoted(&it.value.text)));
        let parts = parts.chain(self.words.iter().map(|word| quoted(&word.text)));
        parts.collect::<Vec<_>>().join(" ")
    }

    /// Returns [`Command::text`] without those of git's own options that change nothing of what
    /// runs (`--no-pager`), if it begins with some.
    pub fn text_without_plain_options(&self) -> Option<String> {
        let (program, arguments) = self.words.split_first()?;
        let rest = handover::without_plain_options(arguments);
        if program.text != "git" || rest.len() == arguments.len() {
            return None;
        }
        let words = [program].into_iter().chain(rest).cloned().collect();
        Some(Self { assignments: self.assignments.clone(), words }.text())
    }

    /// Returns the ways in which a rule that refuses may have meant this command: without quotes
    /// and assignments, without the program's folder, and without git's own options. Of one that
    /// starts another, what may be that as well.
    pub fn loose_texts(&self) -> Vec<String> {
        refused::loose_texts(self)
    }

    /// Returns the texts that this command may have when it runs, as far as [`Command::loose_texts`]
    /// does not say it: with a [`HOLE`] for a pattern too, and without options before what may be
    /// the program's own command.
    pub fn possible_texts(&self) -> Vec<String> {
        refused::possible_texts(self)
    }

    /// Returns what it may start beside what it says.
    pub fn starts(&self) -> Starts {
        handover::starts(self)
    }

    /// Returns whether it changes nothing, so that it may stand beside what was allowed.
    pub fn is_neutral(&self) -> bool {
        neutral::is_neutral(self)
    }

    /// Returns the words by which the program is made to run or write what its name does not say.
    pub fn handovers(&self) -> Vec<Handover> {
        handover::of(self)
    }
}

impl Assignment {
    fn is_harmless(&self, is_alone: bool) -> bool {
        environment::is_harmless(&self.name, is_alone)
            || environment::starts_nothing(&self.name, &self.value.text)
    }
}

impl Word {
    /// Returns whether part of it is known only when the command runs.
    pub fn is_open(&self) -> bool {
        self.text.contains(HOLE)
    }

    /// Returns whether the program may take it for an option.
    fn may_be_option(&self) -> bool {
        self.may_split
            || self.text.starts_with(['-', HOLE])
            || (self.is_pattern && self.text.starts_with(['*', '?', '[']))
    }

    /// Returns whether it is one of these texts for sure.
    fn is_one_of(&self, texts: &[&str]) -> bool {
        !self.may_be_several() && texts.contains(&self.text.as_str())
    }

    /// Returns whether it may be none or several words when the command runs.
    fn may_be_several(&self) -> bool {
        self.may_split || self.is_pattern
    }

    /// Returns a word of which nothing is known.
    fn unknown() -> Self {
        Self::from(HOLE.to_string().as_str())
    }

    /// Returns what may be any number of words of which nothing is known.
    fn unknown_words() -> Self {
        Self { may_split: true, ..Self::unknown() }
    }
}

impl From<&str> for Word {
    fn from(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }
}

/// Returns a word in quotes if the shell would read it as something else without them.
pub fn quoted(text: &str) -> String {
    let is_plain = |character: char| {
        character.is_alphanumeric()
            || "-_=+,./:@%^~#!*?[]{}".contains(character)
            || character == HOLE
    };
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests;
