//! Commands that change nothing and tell nothing new.
//!
//! They are not worth a rule each: beside a command that was allowed they are allowed as well.
//! Alone they are commands like any other.

use crate::shell::{Command, Word, environment};

/// Returns whether a command changes nothing but where the shell stands below the workspace.
pub(super) fn is_neutral(command: &Command) -> bool {
    if command
        .assignments
        .iter()
        .any(|it| !environment::is_harmless(&it.name, /*is_alone*/ false))
    {
        return false;
    }
    let arguments = command.words.get(1..).unwrap_or_default();
    match command.program() {
        ":" | "true" | "false" | "echo" | "pwd" | "sleep" => true,
        // `-v` assigns, also to an array element whose index runs commands.
        "printf" => !arguments.first().is_some_and(Word::may_be_option),
        "[" | "test" => !arguments.iter().any(|word| {
            matches!(word.text.as_str(), "-v" | "-R") || (word.text.contains('[') && word.is_open())
        }),
        "exit" | "return" | "break" | "continue" => {
            arguments.iter().all(|word| word.text.chars().all(|it| it.is_ascii_digit()))
        }
        "command" => {
            arguments.first().is_some_and(|word| matches!(word.text.as_str(), "-v" | "-V"))
        }
        "wait" => arguments.is_empty(),
        "set" => arguments.iter().all(sets_strictness),
        "cd" => match arguments {
            [folder] => stays_below(folder),
            _ => false,
        },
        _ => false,
    }
}

fn sets_strictness(word: &Word) -> bool {
    let text = word.text.as_str();
    let letters = text.strip_prefix(['-', '+']).unwrap_or_default();
    text == "pipefail" || (!letters.is_empty() && letters.chars().all(|it| "euxo".contains(it)))
}

/// Returns whether a folder is below the one that the shell stands in, as it is written.
fn stays_below(folder: &Word) -> bool {
    let text = folder.text.as_str();
    !text.is_empty()
        && !folder.is_open()
        && !folder.is_pattern
        && !text.starts_with(['-', '/', '~'])
        && text.split('/').all(|part| part != "..")
}
