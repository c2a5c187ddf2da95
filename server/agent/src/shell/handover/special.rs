//! Programs whose arguments hand over in ways of their own.

use super::Handover;
use crate::shell::Word;

/// Programs that take commands from their standard input whatever their arguments are.
pub(super) const EDITORS: [&str; 13] = [
    "ed",
    "emacs",
    "emacsclient",
    "ex",
    "gvim",
    "kak",
    "micro",
    "nano",
    "nvim",
    "red",
    "vi",
    "view",
    "vim",
];

/// Variables of make that say how much is told.
const TOLD_TO_MAKE: [&str; 5] = ["CI", "NO_COLOR", "Q", "V", "VERBOSE"];

/// Functions of databases that touch files or load code.
const OF_DATABASES: [&str; 14] = [
    "attach",
    "copy",
    "edit(",
    "fts3_tokenizer",
    "install",
    "into dumpfile",
    "into outfile",
    "load_extension",
    "load_file",
    "read_",
    "readfile",
    "system",
    "vacuum",
    "writefile",
];

/// Commands of a database's shell that only show something.
const SHOWN_BY_DATABASES: [&str; 10] = [
    ".databases",
    ".headers",
    ".help",
    ".indexes",
    ".mode",
    ".nullvalue",
    ".schema",
    ".separator",
    ".tables",
    ".width",
];

/// Adds the words by which some programs hand over.
pub(super) fn find(name: &str, arguments: &[Word], found: &mut Vec<Handover>) {
    let words = || arguments.iter();
    match name {
        _ if EDITORS.contains(&name) => {
            found.push(Handover::NoArguments);
            keep(words().filter(|word| word.text.starts_with('+')), found);
        }
        "less" | "more" | "most" | "man" => {
            keep(words().filter(|word| word.text.starts_with('+')), found);
        }
        "make" | "gmake" | "just" => keep(words().filter(|word| sets_variable(word)), found),
        "tar" | "gtar" | "bsdtar" => tar(arguments, found),
        "curl" => keep(words().filter(|word| touches_file(word)), found),
        "sqlite3" | "duckdb" => {
            let operands = || words().filter(|word| !word.text.starts_with('-'));
            keep(operands().skip(1).filter(|word| !stays_in_database(&word.text)), found);
            // Without one it takes them from its standard input.
            if operands().nth(1).is_none() {
                found.push(Handover::NoArguments);
            }
        }
        "psql" | "mysql" | "mariadb" => found.push(Handover::NoArguments),
        // What comes second is written.
        "uniq" | "xxd" => {
            let operands = words().filter(|word| !word.text.starts_with(['-', '+']));
            keep(operands.skip(1), found);
        }
        _ => {}
    }
}

fn keep<'a>(words: impl Iterator<Item = &'a Word>, found: &mut Vec<Handover>) {
    found.extend(words.map(|word| Handover::Word(word.text.clone())));
}

/// Returns whether a word sets a variable: recipes run what is in them, and so does setting some.
fn sets_variable(word: &Word) -> bool {
    let text = word.text.as_str();
    let Some((name, value)) = text.split_once('=') else { return text.contains("$(") };
    let is_plain = value.chars().all(|it| it.is_ascii_alphanumeric());
    let is_harmless = TOLD_TO_MAKE.contains(&name) && is_plain;
    !text.starts_with('-') && !is_harmless
}

/// The first argument is a cluster of letters, with a dash or without. An archive with a colon is on
/// another machine, which a program reaches.
fn tar(arguments: &[Word], found: &mut Vec<Handover>) {
    if let Some(first) = arguments.first()
        && !first.text.starts_with('-')
        && first.text.contains(['F', 'I', 'P'])
    {
        found.push(Handover::Word(first.text.clone()));
    }
    keep(arguments.iter().filter(|word| word.text.contains(':')), found);
}

/// Returns whether curl reads or writes a file for this word, beside those of its options.
fn touches_file(word: &Word) -> bool {
    let text = word.text.as_str();
    let is_option = text.starts_with('-') && text.contains('@');
    is_option
        || text.starts_with(['@', '<'])
        || ["=@", "=<", "%output{"].iter().any(|it| text.contains(it))
}

/// Returns whether a text given to a database's shell is about the database alone.
fn stays_in_database(text: &str) -> bool {
    let lower = text.trim().to_lowercase();
    let first = lower.split_whitespace().next().unwrap_or_default();
    let has_line = lower.lines().skip(1).any(|line| line.trim_start().starts_with('.'));
    if has_line || OF_DATABASES.iter().any(|it| lower.contains(it)) {
        return false;
    }
    if first.starts_with('.') {
        return SHOWN_BY_DATABASES.contains(&first) && !lower.contains(['|', '\n']);
    }
    true
}
