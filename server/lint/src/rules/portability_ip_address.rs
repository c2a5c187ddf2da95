//! `portability/ip-address`: the address of somebody's machine.

use std::{collections::BTreeMap, sync::LazyLock};

use regex::Regex;
use skill::TextEdit;

use crate::{
    Fix, Level, Problem, Rule, Safety, Severity, SkillFile,
    address::{Address, somebodys_addresses},
    pattern::pattern,
    placeholder::placeholder,
    topic::is_about,
};

pub(super) static RULE: Rule = Rule {
    code: "portability/ip-address",
    level: Level::Warning,
    summary: "the address of somebody's machine",
    page: include_str!("../../../preceptor/guide/rules/portability/ip-address.md"),
    check,
};

/// Skills in which addresses are what it is about.
static NETWORKS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)\bnmap\b|\bpen-?test|\bpenetration\b|privilege.escalation|\battacks?\b|\bexploit|",
        r"\brecon\b|\breconnaissance\b|\bintrusion\b|\bforensic|\bred.team|\bwireshark\b|\btcpdump\b|",
        r"\bpackets?\b|\bsubnet|\bfirewalls?\b|\brouting\b|\bnetwork.scan",
    ))
});

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let mut by_address: BTreeMap<_, Vec<Address<'_>>> = BTreeMap::new();
    for address in somebodys_addresses(file) {
        by_address.entry(address.ip).or_default().push(address);
    }
    if by_address.is_empty() {
        return Vec::new();
    }
    let is_topic = is_about(file, &NETWORKS);
    by_address.values().filter_map(|places| problem(file, places, is_topic)).collect()
}

fn problem(file: &SkillFile<'_>, places: &[Address<'_>], is_topic: bool) -> Option<Problem> {
    let (first, others) = places.split_first()?;
    let written = first.written;
    let message = if first.is_public() {
        format!("`{written}` is one machine's address: whoever follows this works on that machine")
    } else {
        format!("`{written}` is a machine in somebody's network; nobody else has it there")
    };
    let is_mild = is_topic || places.iter().all(|address| address.is_called_example);
    let edits = places
        .iter()
        .map(|address| TextEdit::replace(address.span, placeholder(file, address.span, "<host>")))
        .collect();
    let mut problem = Problem::new(first.span, message).with_fix(Some(Fix {
        title: "Write `<host>` instead".to_owned(),
        edits,
        safety: Safety::Safe,
    }));
    problem.related = others
        .iter()
        .map(|other| (other.span, format!("`{}` is also here", other.written)))
        .collect();
    Some(if is_mild { problem.at_most(Severity::Hint) } else { problem })
}
