//! What to write instead of a person's home, and whether that keeps the meaning.

use skill::{CodeBlock, Span};

use crate::{
    Safety, SkillFile,
    lines::nearby_behind,
    shell_place::{Place, shell_place},
    user_path::{HomeKind, UserPath},
};

/// What stands in for a home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Replacement {
    /// The text in place of the home.
    pub(crate) text: String,
    /// Safe where whoever runs it gets their own home.
    pub(crate) safety: Safety,
}

/// How far down in a block of code a fix can be safe, in bytes.
const MAXIMUM_BEFORE: usize = 8_000;

/// Returns what to write instead of the home of `path`.
///
/// A shell puts the reader's home in place of `~` at the head of a word and of `$HOME` in double
/// quotes; a program that gets the text as it is does neither.
pub(crate) fn replacement(file: &SkillFile<'_>, path: &UserPath<'_>) -> Replacement {
    let body = &file.document.body;
    let start = path.span.start;
    let safe = match (body.code_block_at(start), body.inline_code_at(start)) {
        (Some(block), _) => in_code_block(file.text(), block, path),
        (None, Some(code)) => {
            let before = Span::new(code.span.start, start).of(file.text()).trim_start_matches('`');
            let is_unix = path.kind != HomeKind::Windows;
            (is_unix && shell_place(before) == Place::Word).then_some("~")
        }
        (None, None) => None,
    };
    match safe {
        Some(text) => Replacement { text: text.to_owned(), safety: Safety::Safe },
        None => Replacement { text: placeholder(file, path), safety: Safety::Unsafe },
    }
}

fn in_code_block(text: &str, block: &CodeBlock, path: &UserPath<'_>) -> Option<&'static str> {
    let before = Span::new(block.content.start, path.span.start).of(text);
    // What would have to be read through for each place in a long block: no shell's work to guess.
    if before.len() > MAXIMUM_BEFORE {
        return None;
    }
    let line = before.rsplit('\n').next().unwrap_or_default();
    let line_end = path.span.end + nearby_behind(text, path.span.end).len();
    let whole_line = Span::new(path.span.start - line.len(), line_end).of(text);
    match block.language().to_lowercase().as_str() {
        "powershell" | "pwsh" | "ps1" if path.kind == HomeKind::Windows => {
            (shell_place(line) != Place::SingleQuotes).then_some("$env:USERPROFILE")
        }
        "cmd" | "bat" | "batch" if path.kind == HomeKind::Windows => Some("%USERPROFILE%"),
        "sh" | "bash" | "zsh" | "shell" | "console" | "shell-session" | "terminal"
            if path.kind != HomeKind::Windows =>
        {
            in_shell(before, line, whole_line)
        }
        "" if path.kind != HomeKind::Windows && is_command(whole_line) => {
            in_shell(before, line, whole_line)
        }
        _ => None,
    }
}

fn in_shell(before: &str, line: &str, whole_line: &str) -> Option<&'static str> {
    // A here-document is another program's text, `ssh` runs its words under another home.
    // So are quotes that go over several lines, mostly around JSON.
    let is_others_text = before.contains("<<")
        || whole_line.contains("<<")
        || whole_line.contains("\": ")
        || shell_place(before) == Place::SingleQuotes;
    if is_others_text || has_word(whole_line, "ssh") {
        return None;
    }
    match shell_place(line) {
        Place::Word => Some("~"),
        Place::DoubleQuotes => Some("$HOME"),
        Place::SingleQuotes | Place::InsideWord => None,
    }
}

/// Tells whether a line without a language is plainly a command.
fn is_command(line: &str) -> bool {
    const COMMANDS: [&str; 24] = [
        "cd", "ls", "cat", "cp", "mv", "rm", "mkdir", "node", "npm", "npx", "python", "python3",
        "pip", "bash", "sh", "source", "git", "uv", "cargo", "make", "chmod", "tail", "head",
        "export",
    ];
    let mut words = line.trim_start().trim_start_matches("$ ").split_whitespace();
    words.next().is_some_and(|word| COMMANDS.contains(&word))
}

fn has_word(line: &str, word: &str) -> bool {
    line.split_whitespace().any(|it| it == word)
}

/// A home that the reader has to fill in; in prose simply `~`.
fn placeholder(file: &SkillFile<'_>, path: &UserPath<'_>) -> String {
    let body = &file.document.body;
    let is_prose = path.span.start >= body.span.start
        && body.code_block_at(path.span.start).is_none()
        && body.inline_code_at(path.span.start).is_none();
    match path.kind {
        HomeKind::Unix | HomeKind::Root if is_prose => "~".to_owned(),
        HomeKind::Root => "<home>".to_owned(),
        HomeKind::Unix | HomeKind::Windows => {
            let name_start = path.home.rfind(['/', '\\', '~']).map_or(0, |at| at + 1);
            format!("{}<user>", path.home.get(..name_start).unwrap_or_default())
        }
    }
}
