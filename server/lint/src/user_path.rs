//! Paths below a person's home, and what can be said about each from its surroundings.

mod owner;
mod replacement;
mod surroundings;
mod tilde;

use std::sync::LazyLock;

use regex::Regex;
use skill::Span;

use crate::{
    SkillFile,
    char_boundary::head,
    lines::{MAXIMUM_REACH, lines_with},
    pattern::pattern,
};

pub(crate) use crate::user_path::replacement::replacement;

/// A path below somebody's home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UserPath<'a> {
    /// The home alone: `/home/ana` of `/home/ana/data/x.csv`.
    pub(crate) span: Span,
    /// What the home is written as.
    pub(crate) home: &'a str,
    /// The person's name; `root` for `/root`.
    name: &'a str,
    /// What follows the home, up to the end of the path: `/data/x.csv`, perhaps empty.
    pub(crate) rest: &'a str,
    /// How the home is written.
    pub(crate) kind: HomeKind,
}

/// The ways to write a home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HomeKind {
    /// `/home/ana`, `/Users/ana`.
    Unix,
    /// `/root`.
    Root,
    /// `C:\Users\ana`, also with `/` or doubled backslashes, or below `/mnt/c`.
    Windows,
}

static HOME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        // Networks and some systems keep the homes one level deeper.
        r"(?:(?:/(?:var|usr|export|data|nfs|net|mnt|storage))?/home/|/(?:export|data|nfs|net|mnt|storage)/homes/|/Users/)(?<unix>[\p{L}\p{N}_][\p{L}\p{N}_.-]*)",
        // A plain word boundary: the engine's fast path ends at letters beyond ASCII.
        r"|(?<root>/root)(?-u:\b)",
        r"|[A-Za-z]:(?:\\\\?|/)(?i:Users)(?:\\\\?|/)(?<windows>[\p{L}\p{N}_][\p{L}\p{N}_.-]*)",
        r"|(?:/mnt)?/[a-z]/Users/(?<mounted>[\p{L}\p{N}_][\p{L}\p{N}_.-]*)",
    ))
});

/// What every home has in it. These are so few literals that the engine looks for all of them at
/// once; letters of either case would be too many.
static SIGN: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"/home/|/homes/|/root|/Users/|:[/\\]\\?(?:Users|users|USERS)[/\\]"));

/// Returns the paths in `file` that belong to one person's machine, in the order of the text.
///
/// What merely looks like one is left out: placeholders, routes, paths inside containers, advice
/// against such paths.
pub(crate) fn user_paths<'a>(file: &SkillFile<'a>) -> Vec<UserPath<'a>> {
    let text = file.text();
    let mut candidates: Vec<_> = candidates(text).chain(tilde::homes(file)).collect();
    if candidates.is_empty() {
        return Vec::new();
    }
    candidates.sort_by_key(|path| path.span);
    let whole = surroundings::Whole::new(text);
    candidates
        .into_iter()
        .filter(|path| owner::is_somebodys(path.name, path.rest, path.kind, &whole))
        .filter(|path| !surroundings::is_innocent(file, path, &whole))
        .collect()
}

fn candidates(text: &str) -> impl Iterator<Item = UserPath<'_>> {
    let lines = lines_with(text, SIGN.find_iter(text).map(|found| found.start()));
    lines.flat_map(|line| candidates_in(text, line))
}

fn candidates_in(text: &str, line: Span) -> impl Iterator<Item = UserPath<'_>> {
    HOME.captures_iter(line.of(text)).filter_map(move |captures| {
        let whole = captures.get(0)?;
        let (name, kind) = if let Some(name) = captures.name("unix") {
            (name, HomeKind::Unix)
        } else if let Some(name) = captures.name("root") {
            (name, HomeKind::Root)
        } else {
            (captures.name("windows").or(captures.name("mounted"))?, HomeKind::Windows)
        };
        // A full stop or hyphen at the end belongs to the sentence.
        let trimmed = name.as_str().trim_end_matches(['.', '-']);
        let name_start = line.start + name.start();
        let is_whole = trimmed.len() == name.len() && kind != HomeKind::Root;
        let length = is_whole.then(|| second_name_length(text.get(name_start + name.len()..)?));
        let end = name_start + trimmed.len() + length.flatten().unwrap_or_default();
        let span = Span::new(line.start + whole.start(), end);
        let behind = text.get(end..)?;
        let rest = behind.get(..rest_length(head(behind, MAXIMUM_REACH)))?;
        let name = if kind == HomeKind::Root { "root" } else { text.get(name_start..end)? };
        let path = UserPath { span, home: span.of(text), name, rest, kind };
        starts_a_path(text.get(..span.start)?).then_some(path)
    })
}

/// The length of a second name with the space in front of it: `C:\Users\Ana Weber\x` has one.
fn second_name_length(behind: &str) -> Option<usize> {
    let name = behind.strip_prefix(' ')?;
    let length = name.find(|it: char| !it.is_alphabetic() && it != '-')?;
    let is_name = length >= 2 && name.starts_with(char::is_uppercase);
    let goes_on = name.get(length..)?.starts_with(['/', '\\']);
    (is_name && goes_on).then_some(length + 1)
}

/// Tells whether a path can start behind `before`: not in the middle of another path, an address
/// or a word.
fn starts_a_path(before: &str) -> bool {
    match before.chars().next_back() {
        None => true,
        Some('/') => before.ends_with("file://"),
        // A shell's redirection, but not the end of a placeholder.
        Some('>') => before
            .trim_end_matches(['>', '&'])
            .ends_with(|it: char| it.is_whitespace() || it.is_ascii_digit()),
        Some(it) => {
            let is_compiler_flag =
                [" -I", " -L", "\n-I", "\n-L"].iter().any(|flag| before.ends_with(flag));
            is_compiler_flag || !(it.is_alphanumeric() || "_.~$})]-%\\*?&#+@<".contains(it))
        }
    }
}

/// The length of a path's remainder; it ends at white space, quotes and closing marks.
fn rest_length(behind: &str) -> usize {
    if !behind.starts_with(['/', '\\']) {
        return 0;
    }
    let is_end = |it: char| it.is_whitespace() || "\"'`()<>|;,:{}[]".contains(it);
    let length = behind.find(is_end).unwrap_or(behind.len());
    behind.get(..length).unwrap_or_default().trim_end_matches('.').len()
}
