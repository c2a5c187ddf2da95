//! `portability/host`: the name of a machine in somebody's network.

use std::sync::LazyLock;

use regex::Regex;
use skill::TextEdit;

use crate::{
    Fix, Level, Problem, Rule, Safety, Severity, SkillFile,
    host::{Named, private_hosts},
    pattern::pattern,
    placeholder::placeholder,
    topic::is_about,
};

pub(super) static RULE: Rule = Rule {
    code: "portability/host",
    level: Level::Warning,
    summary: "the name of a machine in somebody's network",
    page: include_str!("../../../preceptor/guide/rules/portability/host.md"),
    check,
};

/// Skills in which hosts are what it is about.
static NETWORKS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)\b(?:ssh|nmap|pen-?test\w*|penetration|attacks?|exploit\w*|recon|dns|tailscale|",
        r"privilege.escalation|red.team)\b",
    ))
});

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let hosts = private_hosts(file);
    if hosts.is_empty() {
        return Vec::new();
    }
    let is_topic = is_about(file, &NETWORKS);
    let problems = hosts.iter().filter_map(|host| problem(file, host));
    problems
        .map(|problem| if is_topic { problem.at_most(Severity::Hint) } else { problem })
        .collect()
}

fn problem(file: &SkillFile<'_>, host: &Named<'_>) -> Option<Problem> {
    let (first, others) = host.places.split_first()?;
    let name = host.name;
    let message = format!(
        "`{name}` is a machine in somebody's network; nobody else has one of this name. Write `<host>`, and say where the reader finds it"
    );
    let edits = host
        .places
        .iter()
        .map(|place| TextEdit::replace(*place, placeholder(file, *place, "<host>")))
        .collect();
    let fix = Fix { title: "Write `<host>` instead".to_owned(), edits, safety: Safety::Safe };
    let related = others.iter().map(|other| (*other, format!("`{name}` is also here")));
    Some(Problem::new(*first, message).with_fix(fix).with_related(related))
}
