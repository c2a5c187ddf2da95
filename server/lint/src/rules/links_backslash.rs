//! `links/backslash`: a path to a bundled file with backslashes.

use skill::{Span, TextEdit};

use crate::{
    Fix, Level, Problem, Rule, Safety, SkillFile,
    char_boundary::{head, tail},
    lines::MAXIMUM_REACH,
};

pub(super) static RULE: Rule = Rule {
    code: "links/backslash",
    level: Level::Warning,
    summary: "a path to a bundled file with backslashes",
    page: include_str!("../../../preceptor/guide/rules/links/backslash.md"),
    check,
};

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let body = &file.document.body;
    if !body.span.of(file.text()).contains('\\') {
        return Vec::new();
    }
    let in_links = body.links.iter().filter_map(|link| {
        let span = link.destination_span?;
        is_relative_path(span.of(file.text())).then_some(span)
    });
    let mut spans: Vec<Span> = in_links.collect();
    spans.extend(bundled_files_in_code(file));
    spans.sort();
    spans.into_iter().map(|span| problem(span, span.of(file.text()))).collect()
}

fn problem(span: Span, path: &str) -> Problem {
    let forward = path.replace('\\', "/");
    let message =
        format!("`{path}` works on Windows only: write `{forward}`, which works everywhere");
    let fix = Fix {
        title: format!("Write `{forward}`"),
        edits: vec![TextEdit::replace(span, forward)],
        safety: Safety::Safe,
    };
    Problem::new(span, message).with_fix(fix)
}

/// A backslash in front of punctuation is an escape of Markdown.
fn is_relative_path(written: &str) -> bool {
    let mut parts = written.split('\\');
    let first = parts.next().unwrap_or_default();
    written.contains('\\')
        && !first.contains(':')
        && !first.is_empty()
        && parts.all(|it| it.starts_with(|it: char| it.is_alphanumeric() || it == '_'))
}

/// In code, only what is one of the skill's files with slashes; shells of Windows may.
fn bundled_files_in_code(file: &SkillFile<'_>) -> Vec<Span> {
    let Some(folder) = file.neighborhood.and_then(|it| it.folder.as_deref()) else {
        return Vec::new();
    };
    let (text, body) = (file.text(), &file.document.body);
    let mut found: Vec<Span> = Vec::new();
    for (at, _) in body.span.of(text).match_indices('\\') {
        let at = body.span.start + at;
        if found.last().is_some_and(|span| at < span.end) {
            continue;
        }
        let is_code = match body.code_block_at(at) {
            Some(block) => !is_windows_shell(block.language()),
            None => body.inline_code_at(at).is_some(),
        };
        let span = path_around(text, at);
        let forward = span.of(text).replace('\\', "/");
        let forward = forward.strip_prefix("./").unwrap_or(&forward);
        if is_code && folder.has_file(forward) && !is_windows_script(forward) {
            found.push(span);
        }
    }
    found
}

fn path_around(text: &str, at: usize) -> Span {
    let is_part = |it: char| it.is_alphanumeric() || matches!(it, '_' | '-' | '.' | '\\' | '/');
    let before = tail(text.get(..at).unwrap_or_default(), MAXIMUM_REACH);
    let start = at - (before.len() - before.trim_end_matches(is_part).len());
    let behind = head(text.get(at..).unwrap_or_default(), MAXIMUM_REACH);
    let length = behind.find(|it| !is_part(it)).unwrap_or(behind.len());
    Span::new(start, at + length)
}

fn is_windows_shell(language: &str) -> bool {
    ["powershell", "ps1", "pwsh", "bat", "cmd", "batch", "dos", "ps"]
        .contains(&language.to_ascii_lowercase().as_str())
}

fn is_windows_script(path: &str) -> bool {
    let extension = path.rsplit_once('.').map_or("", |(_, it)| it);
    ["ps1", "psm1", "bat", "cmd"].iter().any(|it| extension.eq_ignore_ascii_case(it))
}
