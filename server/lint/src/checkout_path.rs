//! Paths below the reader's home that only exist where the author keeps checkouts.

use std::{collections::BTreeSet, sync::LazyLock};

use regex::Regex;
use skill::Span;

use crate::{
    SkillFile,
    advice::is_advised_against,
    char_boundary::head,
    lines::{MAXIMUM_REACH, nearby_before},
    pattern::pattern,
};

/// A path into a checkout below the home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CheckoutPath<'a> {
    /// The checkout alone: `~/src/tool` of `~/src/tool/x.sh`.
    pub(crate) span: Span,
    /// The checkout as written.
    pub(crate) checkout: &'a str,
    /// What follows it, up to the end of the path: `/x.sh`, perhaps empty.
    pub(crate) rest: &'a str,
}

/// Folders below a home in which people keep checkouts, and a name in them.
static CHECKOUT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?:~|\$HOME|\$\{HOME\}|\$env:USERPROFILE|%USERPROFILE%)[/\\]",
        r"(?:src|[Cc]ode|[Pp]rojects|[Rr]epos|repositories|dev|git|[Gg]it[Hh]ub|[Gg]it[Ll]ab|work|",
        r"[Ww]orkspaces?|[Dd]evelop(?:er|ment)|checkouts|clones|[Ss]ources?[/\\]repos|",
        r"(?:IdeaProjects|PycharmProjects|WebstormProjects|RustroverProjects|CLionProjects)|",
        r"[Dd]ocuments[/\\](?:[Gg]it[Hh]ub|[Cc]ode|[Pp]rojects|[Rr]epos)|",
        r"go[/\\]src)[/\\]",
        r"(?:(?:github\.com|gitlab\.com|codeberg\.org|bitbucket\.org)[/\\][\w.-]+[/\\])?",
        r"(?<name>[\p{L}\p{N}_][\p{L}\p{N}_.-]*)",
    ))
});

/// What stands in front of a path where the text itself makes it or leaves it to the reader.
static CREATION_BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?:\b(?:mkdir|clone|worktree|init|create-[a-z-]+|ln|tar|unzip)\b[^\n;|&]*[\s=]",
        r"|(?i)\b(?:e\.g\.,?|for example,?|for instance,?|such as|like|default(?:s|ing)?(?: to| is)?:?)\s)",
        r"[`\x22'(]*$",
    ))
});

/// Returns the paths into checkouts that nothing in `file` makes, in the order of the text.
pub(crate) fn checkout_paths<'a>(file: &SkillFile<'a>) -> Vec<CheckoutPath<'a>> {
    let text = file.text();
    let mut made = BTreeSet::new();
    let mut paths = Vec::new();
    for captures in CHECKOUT.captures_iter(text) {
        let (Some(whole), Some(name)) = (captures.get(0), captures.name("name")) else { continue };
        // A full stop or hyphen at the end belongs to the sentence.
        let trimmed = name.as_str().trim_end_matches(['.', '-']);
        let span = Span::new(whole.start(), name.start() + trimmed.len());
        let Some(path) = checkout_at(text, span, trimmed) else { continue };
        if CREATION_BEFORE.is_match(nearby_before(text, span.start)) {
            made.insert(path.checkout);
        }
        paths.push(path);
    }
    paths.retain(|path| !made.contains(path.checkout) && !is_advised_against(file, path.span));
    paths
}

fn checkout_at<'a>(text: &'a str, span: Span, name: &str) -> Option<CheckoutPath<'a>> {
    let before = text.get(..span.start)?;
    let behind = head(text.get(span.end..)?, MAXIMUM_REACH);
    let starts = !before.ends_with(|it: char| it.is_alphanumeric() || "_./~\\$%-".contains(it));
    // `~/src/*`, `~/src/app-$name`, `~/src/app-<name>` stand for any.
    let is_pattern = behind.starts_with(['*', '$', '{', '<', '[']);
    let is_end = |it: char| it.is_whitespace() || "\"'`()<>|;,:{}[]".contains(it);
    let rest = behind.get(..behind.find(is_end).unwrap_or(behind.len()))?.trim_end_matches('.');
    let rest = if rest.starts_with(['/', '\\']) { rest } else { "" };
    let is_literal = starts && !is_pattern && !is_placeholder(name);
    is_literal.then(|| CheckoutPath { span, checkout: span.of(text), rest })
}

fn is_placeholder(name: &str) -> bool {
    const PLACEHOLDERS: [&str; 30] = [
        "project",
        "proj",
        "repo",
        "repos",
        "repository",
        "app",
        "name",
        "path",
        "to",
        "folder",
        "dir",
        "directory",
        "example",
        "sample",
        "demo",
        "test",
        "tests",
        "foo",
        "bar",
        "baz",
        "xxx",
        "new",
        "old",
        "client",
        "acme",
        "active",
        "current",
        "main",
        "web",
        "api",
    ];
    const OWN: [&str; 9] =
        ["my", "your", "some", "any", "another", "other", "the", "this", "existing"];
    let lower = name.to_lowercase();
    let mut words = lower.split(['-', '_', '.']).filter(|word| !word.is_empty());
    let is_all_placeholder = words.clone().all(|word| {
        let stem = word.trim_end_matches(|it: char| it.is_ascii_digit());
        stem.is_empty() || stem.len() == 1 || PLACEHOLDERS.contains(&stem)
    });
    let is_variable = name.chars().all(|it| it.is_ascii_uppercase() || it == '_' || it == '-');
    let is_joined = ["my", "your", "some"]
        .iter()
        .any(|own| lower.strip_prefix(own).is_some_and(|rest| PLACEHOLDERS.contains(&rest)));
    is_all_placeholder || is_variable || is_joined || words.any(|word| OWN.contains(&word))
}
