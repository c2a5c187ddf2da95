//! A command in a step says which tool runs it.

use skill::{Span, TextEdit};

use crate::lsp::{documents::Snapshot, language::refactorings::Refactoring};

/// The tool that runs commands.
const TOOL: &str = "bash";

/// Returns how to name the tool of the command at `offset`; `None` where there is no command, or
/// where its line names the tool.
pub(crate) fn name_tool(snapshot: &Snapshot, offset: usize) -> Option<Refactoring> {
    let document = snapshot.skill();
    let text = &*document.text;
    let code = document.body.inline_code_at(offset)?;
    let line_start = text.get(..code.span.start)?.rfind('\n').map_or(0, |at| at + 1);
    let before = Span::new(line_start, code.span.start).of(text);
    let step = before.trim_start();
    let in_step = step.trim_start_matches(|it: char| it.is_ascii_digit() || ".)-*+".contains(it));
    let is_step = in_step.len() < step.len();
    if !is_step || !is_command(&code.text) || before.contains(&format!("`{TOOL}`")) {
        return None;
    }
    let words = if in_step.trim().is_empty() { "" } else { "with " };
    Some(Refactoring {
        title: format!("Name the tool that runs it: `{TOOL}`"),
        edits: vec![TextEdit::insert(code.span.start, format!("{words}`{TOOL}`: "))],
        creates: None,
    })
}

/// Whether a code reads as a command line: a program in lower case and something behind it.
fn is_command(code: &str) -> bool {
    let mut words = code.split_whitespace();
    let is_program = |word: &str| {
        word.starts_with(|it: char| it.is_ascii_lowercase() || it == '.')
            && word.chars().all(|it| it.is_ascii_alphanumeric() || "./_-".contains(it))
    };
    words.next().is_some_and(is_program)
        && words.next().is_some_and(|word| !matches!(word, "=" | ":" | "->" | "=>"))
}
