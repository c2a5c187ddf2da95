//! Names that somebody signs in with, and workspaces of somebody's company.

use std::{collections::BTreeSet, sync::LazyLock};

use memchr::memchr_iter;
use regex::Regex;
use skill::Span;

use crate::{
    SkillFile,
    account::{Account, AccountKind, is_placeholder},
    advice::is_advised_against,
    lines::{lines_with, nearby_before},
    pattern::pattern,
};

/// An option of a command with its value.
static OPTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r#"(?:--(?:account|workspace|tenant|entity)(?:[ =]|-id[ =])|\bgcloud config set (?:core/)?project )"#,
        r#"["']?(?<name>[A-Za-z0-9][\w-]*[\w.-])"#,
    ))
});

/// A line that says what the user name is, without its line end.
static LABEL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^[ \t]*(?:[-*][ \t]+)?\**(?:user[ -]?name|login|account(?: name)?)\**:\**[ \t]+`(?<name>[A-Za-z0-9][\w.-]{3,})`[ \t]*$",
    )
});

/// Words that make a name anybody's: roles, stages, defaults.
const ANYBODYS: [&str; 48] = [
    "admin",
    "administrator",
    "root",
    "default",
    "main",
    "primary",
    "secondary",
    "personal",
    "work",
    "home",
    "prod",
    "production",
    "staging",
    "stage",
    "dev",
    "develop",
    "development",
    "qa",
    "local",
    "global",
    "shared",
    "public",
    "private",
    "team",
    "company",
    "org",
    "corp",
    "acme",
    "contoso",
    "app",
    "apps",
    "web",
    "api",
    "packages",
    "package",
    "project",
    "service",
    "services",
    "system",
    "new",
    "all",
    "none",
    "xxx",
    "abc",
    "postgres",
    "mysql",
    "prj",
    "id",
];

/// Programs whose workspaces are folders or states of one project.
const PROJECT_TOOLS: [&str; 14] = [
    "npm",
    "npx",
    "yarn",
    "pnpm",
    "bun",
    "cargo",
    "terraform",
    "tofu",
    "turbo",
    "lerna",
    "nx",
    "uv",
    "go",
    "mvn",
];

/// Returns the names in `file`; one that a command signs in with counts wherever it stands.
pub(super) fn names(file: &SkillFile<'_>) -> Vec<Account> {
    let text = file.text();
    let mut accounts = Vec::new();
    if ["--account", "--workspace", "--tenant", "--entity", "gcloud config set "]
        .iter()
        .any(|option| text.contains(option))
    {
        let options = OPTION.captures_iter(text).filter_map(|captures| {
            let name = captures.name("name")?;
            let is_project = uses_project_tool(text, name.start());
            (!is_project && is_companys(name.as_str())).then_some(name.as_str())
        });
        let names: BTreeSet<&str> = options.collect();
        if !names.is_empty() {
            let places = whole_words(text).filter(|span| names.contains(span.of(text)));
            accounts.extend(places.map(|span| Account { span, kind: AccountKind::Workspace }));
        }
    }
    let values = memchr_iter(b'`', text.as_bytes()).filter(|at| is_behind_a_label(text, *at));
    accounts.extend(lines_with(text, values).filter_map(|line| {
        let name = LABEL.captures(line.of(text))?.name("name")?;
        let span = Span::new(line.start + name.start(), line.start + name.end());
        is_persons(name.as_str()).then_some(Account { span, kind: AccountKind::UserName })
    }));
    accounts.retain(|account| !is_advised_against(file, account.span));
    accounts
}

/// A company's workspace is mostly called by two words, of which one is its name.
fn is_companys(name: &str) -> bool {
    let is_counter = |word: &str| word.bytes().all(|it| it.is_ascii_digit());
    let words: Vec<_> = name.split(['-', '_']).filter(|word| !is_counter(word)).collect();
    // An id of any form names nobody by itself.
    let is_number = name.bytes().all(|it| it.is_ascii_hexdigit() || it == b'-');
    words.len() > 1
        && !name.contains('.')
        && !is_number
        && !is_placeholder(&words.join("-"))
        && !words.iter().all(|word| is_anybodys(word))
        && words.iter().any(|word| word.len() >= 5 && !is_anybodys(word))
}

/// A name with a digit or a joint in it is somebody's; a plain word may be any role.
fn is_persons(name: &str) -> bool {
    let is_plain = name.bytes().all(|it| it.is_ascii_alphabetic());
    let words = name.split(['.', '-', '_']);
    let stems = words.map(|word| word.trim_end_matches(|it: char| it.is_ascii_digit()));
    !is_plain && !is_placeholder(name) && !stems.into_iter().any(is_anybodys)
}

fn is_anybodys(word: &str) -> bool {
    ANYBODYS.contains(&word.to_lowercase().as_str())
}

/// Tells by a few bytes whether a label can end in front of the value at this offset.
fn is_behind_a_label(text: &str, value: usize) -> bool {
    let before = text.as_bytes().get(..value).unwrap_or_default();
    let mut before =
        before.iter().rev().copied().skip_while(|it| matches!(it, b' ' | b'\t' | b'*'));
    matches!(text.as_bytes().get(value.wrapping_sub(1)), Some(b' ' | b'\t'))
        && before.next() == Some(b':')
}

fn uses_project_tool(text: &str, offset: usize) -> bool {
    let before = nearby_before(text, offset);
    before.split(|it: char| it.is_whitespace() || it == '`').any(|it| PROJECT_TOOLS.contains(&it))
}

/// The words of a text, with what joins them; full stops at the end belong to the sentence.
fn whole_words(text: &str) -> impl Iterator<Item = Span> {
    let is_part = |it: char| it.is_alphanumeric() || matches!(it, '-' | '_' | '.' | '/' | '@');
    let mut at = 0;
    text.split_inclusive(move |it| !is_part(it)).map(move |word| {
        let start = at;
        at += word.len();
        let word = word.trim_end_matches(|it| !is_part(it)).trim_end_matches('.');
        Span::new(start, start + word.len())
    })
}
