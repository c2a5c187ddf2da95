//! Comments that suppress a rule, and the codes in them.

use skill::Span;

use crate::{
    Completion, CompletionKind, CompletionPlace, CompletionScope, Rule,
    line_text::{line_at, word_at},
    rules,
    suppression::KEYWORD,
};

const OPENING: &str = "<!--";
const CLOSING: &str = "-->";

/// Finds what is being written of a suppression, in the text or in the frontmatter.
pub(super) fn suppression_place(text: &str, offset: usize) -> Option<CompletionPlace> {
    let line = line_at(text, offset);
    let before = Span::new(line.start, offset).of(text);
    let begun = before.trim_start();
    // The beginning of the comment itself.
    if !begun.is_empty() && OPENING.starts_with(begun) {
        return Some(CompletionPlace::Suppression {
            typed: Span::new(offset - begun.len(), offset),
        });
    }
    let inside = match before.rsplit_once(OPENING) {
        Some((_, inside)) if !inside.contains(CLOSING) => inside,
        _ => begun.strip_prefix('#').filter(|it| it.starts_with(" preceptor"))?,
    };
    let said = inside.trim_start();
    let Some(list) = said.strip_prefix(KEYWORD) else {
        if !KEYWORD.starts_with(said) {
            return None;
        }
        let start = line.start + before.rfind(OPENING)?;
        return Some(CompletionPlace::Suppression { typed: Span::new(start, offset) });
    };
    let list = list.strip_prefix("-file").unwrap_or(list);
    if !list.starts_with(' ') || list.contains(':') {
        return None;
    }
    let code = word_at(text, offset, |it| it.is_ascii_lowercase() || it == '-' || it == '/');
    // A closing marker right behind the cursor is no part of the code.
    let end = offset + Span::new(offset, code.end).of(text).find("--").unwrap_or(code.end - offset);
    Some(CompletionPlace::SuppressedRule { code: Span::new(code.start, end) })
}

/// Returns the comments for the next block and for the whole file.
pub(super) fn suppressions(scope: &CompletionScope<'_>, typed: Span) -> Vec<Completion> {
    let text = &*scope.document.text;
    let line = line_at(text, typed.end);
    let behind = Span::new(typed.end, line.end).of(text);
    let is_closed = behind.contains(CLOSING);
    let comments = [
        (KEYWORD.to_owned(), "for the next line or block"),
        (format!("{KEYWORD}-file"), "for the whole file"),
    ];
    let completion = |(keyword, detail): (String, &str)| {
        let opened = format!("{OPENING} {keyword}");
        let is_snippet = scope.takes_snippets && !is_closed;
        let new_text = if is_snippet {
            format!("{opened} $1: ${{2:reason}} {CLOSING}")
        } else {
            format!("{opened} ")
        };
        Completion {
            label: keyword,
            detail: Some(detail.to_owned()),
            new_text,
            is_snippet,
            ..Completion::new(CompletionKind::Suppression, typed, opened)
        }
    };
    comments.into_iter().map(completion).collect()
}

/// Returns the codes of all rules.
pub(super) fn rule_codes(code: Span) -> Vec<Completion> {
    let completion = |rule: &'static Rule| Completion {
        detail: Some(rule.level.as_str().to_owned()),
        documentation: Some(rule.summary.to_owned()),
        ..Completion::new(CompletionKind::Rule, code, rule.code)
    };
    rules().iter().copied().map(completion).collect()
}
