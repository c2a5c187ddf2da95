//! `portability/account`: somebody's e-mail address, account or workspace.

use std::{collections::BTreeMap, sync::LazyLock};

use regex::Regex;
use skill::{Span, TextEdit};

use crate::{
    Fix, Level, Problem, Rule, Safety, Severity, SkillFile,
    account::{Account, AccountKind, somebodys_accounts},
    pattern::pattern,
    placeholder::placeholder,
    places,
    topic::is_about,
};

pub(super) static RULE: Rule = Rule {
    code: "portability/account",
    level: Level::Warning,
    summary: "somebody's e-mail address, account or workspace",
    page: include_str!("../../../preceptor/guide/rules/portability/account.md"),
    check,
};

/// Skills in which addresses of people and attackers are examples.
static EXAMPLES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)\bmock|\bfake|\bsample data|\btest data|\bphishing|\bspam|\battack|\bsecurity\b")
});

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let text = file.text();
    let mut by_name: BTreeMap<&str, Vec<Account>> = BTreeMap::new();
    for account in somebodys_accounts(file) {
        by_name.entry(account.span.of(text)).or_default().push(account);
    }
    if by_name.is_empty() {
        return Vec::new();
    }
    let is_topic = is_about(file, &EXAMPLES);
    let problems = by_name.iter().filter_map(|(name, found)| problem(file, name, found));
    problems
        .map(|problem| if is_topic { problem.at_most(Severity::Hint) } else { problem })
        .collect()
}

fn problem(file: &SkillFile<'_>, name: &str, found: &[Account]) -> Option<Problem> {
    let spans: Vec<Span> = found.iter().map(|it| it.span).collect();
    let (message, stand_in) = match found.first()?.kind {
        AccountKind::Email => (
            format!(
                "`{name}` is one person's address: whoever follows this writes to them or works in their name"
            ),
            "email",
        ),
        AccountKind::UserName => (
            format!("`{name}` is one person's account: nobody else can sign in with it"),
            "user-name",
        ),
        AccountKind::Workspace => (
            format!("`{name}` is the workspace of one person or company: nobody else has it"),
            "workspace",
        ),
    };
    let shown = format!("<{stand_in}>");
    let edits = spans.iter().map(|span| TextEdit::replace(*span, placeholder(file, *span, &shown)));
    let fix = Fix {
        title: format!("Write `{shown}` instead"),
        edits: edits.collect(),
        safety: Safety::Safe,
    };
    Some(places::problem(&spans, &format!("`{name}`"), message)?.with_fix(fix))
}
