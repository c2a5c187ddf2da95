//! `portability/terminal-session`: a session of tmux or screen that nothing in the skill creates.

use std::{collections::BTreeMap, sync::LazyLock};

use regex::Regex;
use skill::TextEdit;

use crate::{
    Fix, Level, Problem, Rule, Safety, Severity, SkillFile,
    pattern::pattern,
    placeholder::placeholder,
    terminal_session::{TerminalSession, foreign_sessions},
    topic::is_about,
};

pub(super) static RULE: Rule = Rule {
    code: "portability/terminal-session",
    level: Level::Warning,
    summary: "a tmux or screen session that nothing in the skill creates",
    page: include_str!("../../../preceptor/guide/rules/portability/terminal-session.md"),
    check,
};

/// Skills that teach the programs themselves.
static MULTIPLEXERS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\b(?:tmux|gnu screen|screen sessions?)\b"));

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let mut by_name: BTreeMap<&str, Vec<TerminalSession<'_>>> = BTreeMap::new();
    for session in foreign_sessions(file) {
        by_name.entry(session.name).or_default().push(session);
    }
    if by_name.is_empty() {
        return Vec::new();
    }
    let is_topic = is_about(file, &MULTIPLEXERS);
    let problems = by_name.values().filter_map(|places| problem(file, places));
    problems
        .map(|problem| if is_topic { problem.at_most(Severity::Hint) } else { problem })
        .collect()
}

fn problem(file: &SkillFile<'_>, places: &[TerminalSession<'_>]) -> Option<Problem> {
    let (first, others) = places.split_first()?;
    let name = first.name;
    let message = format!(
        "No step creates the session `{name}`: on another machine there is nothing to go into. Create it in a step, or write `<session>`"
    );
    let edits = places
        .iter()
        .map(|place| TextEdit::replace(place.span, placeholder(file, place.span, "<session>")))
        .collect();
    let fix = Fix { title: "Write `<session>` instead".to_owned(), edits, safety: Safety::Safe };
    let related = others.iter().map(|other| (other.span, format!("`{name}` is also here")));
    Some(Problem::new(first.span, message).with_fix(fix).with_related(related))
}
