//! `~ana/…`: a home that the shell finds by the name of its owner.

use skill::{CodeBlock, Span};

use crate::{
    SkillFile,
    char_boundary::head,
    lines::MAXIMUM_REACH,
    user_path::{HomeKind, UserPath, rest_length},
};

/// Accounts that programs run under: whoever has the program has the account.
const SERVICES: [&str; 12] = [
    "root", "git", "postgres", "mysql", "redis", "nginx", "apache", "www-data", "backup",
    "jenkins", "steam", "deploy",
];

/// Returns the homes in `file` that are written so, in the order of the text.
///
/// Only a shell reads them, and bundlers write their own folders the same way: they count where a
/// command has them behind a space.
pub(super) fn homes<'a>(file: &SkillFile<'a>) -> impl Iterator<Item = UserPath<'a>> {
    let text = file.text();
    text.match_indices('~').filter_map(move |(start, _)| {
        let behind = text.get(start + 1..)?;
        let is_part = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '-' | '.');
        let length = behind.find(|it| !is_part(it))?;
        let (name, rest) = behind.split_at_checked(length)?;
        let is_name = name.starts_with(|it: char| it.is_ascii_lowercase()) && rest.starts_with('/');
        let is_word = text.get(..start)?.ends_with([' ', '\t', '=']);
        if !is_name || !is_word || SERVICES.contains(&name) || !is_command(file, start) {
            return None;
        }
        let span = Span::new(start, start + 1 + length);
        let rest = rest.get(..rest_length(head(rest, MAXIMUM_REACH)))?;
        Some(UserPath { span, home: span.of(text), name, rest, kind: HomeKind::Unix })
    })
}

fn is_command(file: &SkillFile<'_>, offset: usize) -> bool {
    let is_shell = |block: &CodeBlock| {
        matches!(
            block.language().to_lowercase().as_str(),
            "sh" | "bash" | "zsh" | "shell" | "console" | "shell-session" | "terminal"
        )
    };
    let body = &file.document.body;
    body.code_block_at(offset).map_or_else(|| body.inline_code_at(offset).is_some(), is_shell)
}
