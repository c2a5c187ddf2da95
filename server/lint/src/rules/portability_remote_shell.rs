//! `portability/remote-shell`: a long-running program that is started by hand on another machine.

use std::{collections::BTreeMap, sync::LazyLock};

use regex::Regex;

use crate::{
    Level, Problem, Rule, Severity, SkillFile,
    pattern::pattern,
    remote_launch::{RemoteLaunch, remote_launches},
    topic::is_about,
};

pub(super) static RULE: Rule = Rule {
    code: "portability/remote-shell",
    level: Level::Error,
    summary: "a long-running program is started by hand on another machine",
    page: include_str!("../../../preceptor/guide/rules/portability/remote-shell.md"),
    check,
};

/// Skills that teach the remote shell itself, or what keeps programs running in one.
static REMOTE_SHELLS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\b(?:ssh|tmux|gnu screen|screen sessions?|mosh)\b"));

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let mut by_command: BTreeMap<&str, Vec<RemoteLaunch<'_>>> = BTreeMap::new();
    for launch in remote_launches(file) {
        by_command.entry(launch.command).or_default().push(launch);
    }
    if by_command.is_empty() {
        return Vec::new();
    }
    let is_topic = is_about(file, &REMOTE_SHELLS);
    let problems = by_command.values().filter_map(|places| problem(file, places));
    problems
        .map(|problem| if is_topic { problem.at_most(Severity::Hint) } else { problem })
        .collect()
}

fn problem(file: &SkillFile<'_>, places: &[RemoteLaunch<'_>]) -> Option<Problem> {
    let (first, others) = places.split_first()?;
    let (way, program) = (first.span.of(file.text()), first.program);
    let message = format!(
        "`{way}` leaves something running on another machine (`{program}`): nobody else has this way in, and nothing keeps track of what runs there"
    );
    let mut problem = Problem::new(first.span, message);
    problem.related = others
        .iter()
        .map(|other| (other.span, "the same command is also here".to_owned()))
        .collect();
    Some(problem)
}
