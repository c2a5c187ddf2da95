//! What a command may be for a rule that refuses it.

use std::ops::Range;

use crate::shell::{Command, HOLE, Word, handover, risk, risk::Risk};

/// Words of a command that may be another program's name; with more of them it may be anything.
const MAX_STARTS: usize = 128;

/// Returns the texts of a command that are known.
pub(super) fn loose_texts(command: &Command) -> Vec<String> {
    let starts = if handover::starts_another(command) { command.words.len() } else { 1 };
    let texts = texts_from(command, 0..starts);
    texts.chain(git_text(command, |word| word.text.clone())).collect()
}

/// Returns what a command is from some of its words on, with and without the program's folder.
fn texts_from(command: &Command, starts: Range<usize>) -> impl Iterator<Item = String> {
    let texts = starts.map(|start| {
        let words = command.words.get(start..).unwrap_or_default();
        let words: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        let with_folder = words.join(" ");
        let program = with_folder.split(' ').next().unwrap_or_default();
        let without_folder =
            program.rfind('/').and_then(|slash| with_folder.get(slash + 1..)).map(str::to_owned);
        [Some(with_folder), without_folder]
    });
    texts.flatten().flatten()
}

/// Returns the texts that a command may have when it runs.
pub(super) fn possible_texts(command: &Command) -> Vec<String> {
    let name = command.program_name();
    let arguments = command.words.get(1..).unwrap_or_default();
    let mut texts = Vec::new();
    if command.words.iter().any(|word| word.is_open() || word.may_be_several()) {
        texts.push(joined(name, arguments));
        texts.extend(git_text(command, possible));
    }
    // Whether the last option takes the next word is not known.
    let n_options = arguments.iter().take_while(|it| it.text.starts_with(['-', '+'])).count();
    if name != "git" && n_options > 0 {
        let behind = [n_options, n_options + 1].into_iter().filter_map(|it| arguments.get(it..));
        texts.extend(behind.map(|rest| joined(name, rest)));
    }
    // A program that nobody knows may start what it is given.
    if risk::of_command(command) == Risk::Runs {
        if command.words.len() > MAX_STARTS {
            texts.push(HOLE.to_string());
        } else {
            texts.extend(texts_from(command, 1..command.words.len()));
        }
    }
    texts
}

/// Returns git's command without git's own options.
fn git_text(command: &Command, text: impl Fn(&Word) -> String) -> Option<String> {
    let arguments = command.words.get(1..)?;
    if command.program_name() != "git" || !arguments.first()?.may_be_option() {
        return None;
    }
    let rest = handover::git_command(arguments);
    let own = arguments.get(..arguments.len() - rest.len())?;
    let gap = if own.iter().any(Word::may_be_several) { HOLE.to_string() } else { String::new() };
    let words = rest.iter().map(|word| format!(" {}", text(word)));
    Some(format!("git{gap}{}", words.collect::<String>()))
}

fn joined(name: &str, arguments: &[Word]) -> String {
    let mut text = name.to_owned();
    for word in arguments {
        // It may be no word at all.
        if !(word.may_split && word.text.starts_with(HOLE)) {
            text.push(' ');
        }
        text.push_str(&possible(word));
    }
    text
}

/// Returns a word's text with a hole for each pattern.
fn possible(word: &Word) -> String {
    if !word.is_pattern {
        return word.text.clone();
    }
    let mut text = String::new();
    let mut rest = word.text.chars();
    while let Some(character) = rest.next() {
        match character {
            '*' | '?' => text.push(HOLE),
            '[' => {
                let behind = rest.as_str().split_once(']').map(|(_, behind)| behind);
                rest = behind.unwrap_or_default().chars();
                text.push(HOLE);
            }
            other => text.push(other),
        }
    }
    text
}
