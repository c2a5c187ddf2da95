//! `portability/user-at-host`: somebody's account on one machine.

use std::sync::LazyLock;

use regex::Regex;
use skill::TextEdit;

use crate::{
    Fix, Level, Problem, Rule, Safety, Severity, SkillFile,
    host::{Named, accounts},
    pattern::pattern,
    placeholder::placeholder,
    topic::is_about,
};

pub(super) static RULE: Rule = Rule {
    code: "portability/user-at-host",
    level: Level::Warning,
    summary: "somebody's account on one machine",
    page: include_str!("../../../preceptor/guide/rules/portability/user-at-host.md"),
    check,
};

/// Skills in which ways to other machines are what it is about.
static NETWORKS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)\b(?:ssh|nmap|pen-?test\w*|penetration|attacks?|exploit\w*|recon|dns|tailscale|",
        r"privilege.escalation|red.team)\b",
    ))
});

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let accounts = accounts(file);
    if accounts.is_empty() {
        return Vec::new();
    }
    let is_topic = is_about(file, &NETWORKS);
    let problems = accounts.iter().filter_map(|account| problem(file, account));
    problems
        .map(|problem| if is_topic { problem.at_most(Severity::Hint) } else { problem })
        .collect()
}

fn problem(file: &SkillFile<'_>, account: &Named<'_>) -> Option<Problem> {
    let (first, others) = account.places.split_first()?;
    let name = account.name;
    let message = format!(
        "`{name}` is an account on one machine; nobody else logs in there. Write `<user>@<host>`, and say where the reader finds both"
    );
    let edits = account
        .places
        .iter()
        .map(|place| TextEdit::replace(*place, placeholder(file, *place, "<user>@<host>")))
        .collect();
    let fix =
        Fix { title: "Write `<user>@<host>` instead".to_owned(), edits, safety: Safety::Safe };
    let related = others.iter().map(|other| (*other, format!("`{name}` is also here")));
    Some(Problem::new(*first, message).with_fix(fix).with_related(related))
}
