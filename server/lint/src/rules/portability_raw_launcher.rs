//! `portability/raw-launcher`: a command that the settings map to a tool.

use std::{collections::BTreeMap, sync::LazyLock};

use regex::Regex;
use skill::{Span, TextEdit};

use crate::{
    Fix, Level, Problem, Rule, Safety, Severity, SkillFile,
    pattern::pattern,
    raw_launcher::{RawLauncher, raw_launchers},
};

pub(super) static RULE: Rule = Rule {
    code: "portability/raw-launcher",
    level: Level::Warning,
    summary: "a program that a tool starts is started by hand",
    page: include_str!("../../../preceptor/guide/rules/portability/raw-launcher.md"),
    check,
};

/// The words of a name or a title.
static WORD: LazyLock<Regex> = LazyLock::new(|| pattern(r"[\p{L}\p{N}]+"));

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    if file.settings.launchers.is_empty() {
        return Vec::new();
    }
    let mut by_launcher: BTreeMap<&str, Vec<RawLauncher<'_>>> = BTreeMap::new();
    for launcher in raw_launchers(file) {
        by_launcher.entry(launcher.launcher).or_default().push(launcher);
    }
    by_launcher.values().filter_map(|places| problem(file, places)).collect()
}

fn problem(file: &SkillFile<'_>, places: &[RawLauncher<'_>]) -> Option<Problem> {
    let (first, others) = places.split_first()?;
    let RawLauncher { launcher, tool, .. } = *first;
    let message = format!(
        "`{launcher}` is started by hand here, so nothing keeps track of it. Call the tool `{tool}`, which wraps it"
    );
    // One place that stays would keep the finding.
    let edits: Option<Vec<_>> = places.iter().map(|place| edit(file, place)).collect();
    let fix = edits.map(|edits| Fix {
        title: format!("Name the tool `{tool}` instead"),
        edits,
        safety: Safety::Unsafe,
    });
    let related = others.iter().map(|other| (other.span, format!("`{launcher}` is also here")));
    let problem = Problem::new(first.span, message).with_fix(fix).with_related(related);
    Some(if is_topic(file, launcher) { problem.at_most(Severity::Hint) } else { problem })
}

/// Tells whether the skill is about the program itself.
fn is_topic(file: &SkillFile<'_>, launcher: &str) -> bool {
    let program = launcher.split_whitespace().next().unwrap_or_default();
    let stem = program.split('-').next().filter(|stem| stem.len() >= 5).unwrap_or(program);
    let is_named = |text: &str| {
        WORD.find_iter(text).any(|word| {
            word.as_str().eq_ignore_ascii_case(program) || word.as_str().eq_ignore_ascii_case(stem)
        })
    };
    !program.starts_with("python") && file.document.name().is_some_and(is_named)
}

/// Names the tool where the command stands in a sentence, or is all of a block of code.
fn edit(file: &SkillFile<'_>, place: &RawLauncher<'_>) -> Option<TextEdit> {
    let body = &file.document.body;
    let text = file.text();
    let tool = place.tool;
    if let Some(block) = body.code_block_at(place.span.start) {
        let content = block.content.of(text);
        let mut lines = content.lines().filter(|line| !line.trim().is_empty()).peekable();
        let mut n_commands = 0;
        while let Some(line) = lines.next() {
            n_commands += usize::from(!line.trim_end().ends_with('\\') || lines.peek().is_none());
        }
        let written = block.span.of(text).trim_end();
        let span = Span::new(block.span.start, block.span.start + written.len());
        return (n_commands == 1 && block.info.is_some())
            .then(|| TextEdit::replace(span, format!("Call `{tool}`.")));
    }
    match body.inline_code_at(place.span.start) {
        Some(code) => Some(TextEdit::replace(code.span, format!("`{tool}`"))),
        None => Some(TextEdit::replace(place.span, format!("`{tool}`"))),
    }
}
