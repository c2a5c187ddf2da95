//! Paths of bundled files, where a link leads.

use skill::Span;

use crate::{Completion, CompletionKind, CompletionPlace, CompletionScope};

/// The file that links start from.
const MAIN_FILE: &str = "SKILL.md";

/// Finds the path that is being written as the destination of a link, an image or a definition.
pub(super) fn link_path_place(text: &str, offset: usize) -> Option<CompletionPlace> {
    let (typed, ends) = typed_destination(text, offset)?;
    let is_elsewhere =
        typed.starts_with(['#', '/', '~', '{', '$', '<', '\\']) || typed.contains([':', '#', '?']);
    if is_elsewhere {
        return None;
    }
    let behind = text.get(offset..)?;
    let is_end = |it: char| ends.contains(&it) || it == '#' || it == '?';
    let n_behind = behind.find(is_end).unwrap_or(behind.len());
    let path = Span::new(offset - typed.len(), offset + n_behind);
    Some(CompletionPlace::LinkPath { path })
}

/// Tells whether the destination of a link is being written at `offset`.
pub(super) fn is_in_destination(text: &str, offset: usize) -> bool {
    typed_destination(text, offset).is_some()
}

/// Returns what is there of the destination in front of `offset`, and what would end it.
fn typed_destination(text: &str, offset: usize) -> Option<(&str, &'static [char])> {
    let before = text.get(..offset)?;
    let line = before.rsplit(['\n', '\r']).next().unwrap_or_default();
    let typed = inline(line).or_else(|| definition(line))?;
    let (typed, ends): (_, &[char]) = match typed.strip_prefix('<') {
        Some(typed) => (typed, &['>', '\n', '\r']),
        None => (typed, &[')', ' ', '\t', '\n', '\r']),
    };
    (!typed.contains(ends)).then_some((typed, ends))
}

/// `[text](typed`.
fn inline(line: &str) -> Option<&str> {
    line.rfind("](").and_then(|at| line.get(at + 2..))
}

/// `[label]: typed`.
fn definition(line: &str) -> Option<&str> {
    let (label, typed) = line.trim_start().strip_prefix('[')?.split_once("]: ")?;
    (!label.contains(']')).then_some(typed)
}

/// Returns the paths of all bundled files; a `./` that is there stays.
pub(super) fn link_paths(scope: &CompletionScope<'_>, path: Span) -> Vec<Completion> {
    let text = &*scope.document.text;
    let is_in_brackets = text.get(..path.start).is_some_and(|before| before.ends_with('<'));
    let prefix = if path.of(text).starts_with("./") { "./" } else { "" };
    let files = scope.files.iter().filter(|file| *file != MAIN_FILE);
    files
        .map(|file| {
            let written = if is_in_brackets { file.clone() } else { encoded(file) };
            Completion {
                new_text: format!("{prefix}{written}"),
                filter_text: format!("{prefix}{written}"),
                ..Completion::new(CompletionKind::File, path, file)
            }
        })
        .collect()
}

/// Writes a path so that Markdown takes all of it for the destination.
fn encoded(path: &str) -> String {
    let characters = path.chars().map(|it| match it {
        ' ' | '(' | ')' | '%' | '#' | '?' | '<' | '>' => format!("%{:02X}", u32::from(it)),
        it => it.to_string(),
    });
    characters.collect()
}
