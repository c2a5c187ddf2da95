//! What only one run, one process or one workspace had: ids, temporary folders, points in time.

mod command;
mod identifier;
mod process;
mod run;
mod sample;
mod temporary;

use std::sync::LazyLock;

use regex::Regex;
use skill::Span;

use crate::{
    SkillFile,
    advice::{is_advised_against, sentence_before},
    lines::nearby_before,
    pattern::pattern,
};

/// Something that was there once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OneShot {
    /// The value alone.
    pub(crate) span: Span,
    /// What it is.
    pub(crate) kind: OneShotKind,
}

/// The kinds of such values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OneShotKind {
    /// The id of something in somebody's workspace.
    Identifier,
    /// The number of a process or of a job in a queue.
    Process,
    /// A folder that was made for one run.
    TemporaryFolder,
    /// The name of a run.
    Run,
    /// When a run took place.
    Time,
}

/// What introduces an example.
static EXAMPLE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\be\.\s?g\.|\bfor (?:example|instance)\b|\bsuch as\b|\bexamples?\b|\bz\.\s?B\.|\blike\b",
    )
});

/// Returns such values in `file`, in the order of the text.
pub(crate) fn one_shots(file: &SkillFile<'_>) -> Vec<OneShot> {
    let mut found = identifier::identifiers(file);
    found.extend(command::ids(file));
    found.extend(process::processes(file));
    found.extend(run::runs(file));
    found.extend(temporary::folders(file.text()));
    found.retain(|it| !is_example(file, it.span) && !is_advised_against(file, it.span));
    found.sort_by_key(|it| it.span);
    found.dedup_by_key(|it| it.span);
    found
}

/// Tells whether the value is shown as one of many, or in words that a user might say.
fn is_example(file: &SkillFile<'_>, span: Span) -> bool {
    let text = file.text();
    let before = nearby_before(text, span.start);
    let is_in_code = file.document.body.code_block_at(span.start).is_some();
    let is_said = before.matches(['"', '“']).count() % 2 == 1
        && before.rsplit(['"', '“']).next().is_some_and(|said| said.contains(' '));
    (!is_in_code && is_said) || EXAMPLE.is_match(sentence_before(text, span.start))
}

/// Tells whether the block of code at `offset`, if there is one, is something that is run.
fn is_prose_or_command(file: &SkillFile<'_>, offset: usize) -> bool {
    const LANGUAGES: [&str; 13] = [
        "sh",
        "bash",
        "zsh",
        "shell",
        "console",
        "powershell",
        "pwsh",
        "ps1",
        "cmd",
        "bat",
        "shell-session",
        "terminal",
        "fish",
    ];
    let Some(block) = file.document.body.code_block_at(offset) else { return true };
    LANGUAGES.contains(&block.language().to_lowercase().as_str())
}
