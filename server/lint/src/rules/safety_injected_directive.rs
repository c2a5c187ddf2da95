//! `safety/injected-directive`: an order to the agent that is no part of the task.

use std::collections::BTreeMap;

use skill::Span;

use crate::{
    Level, Problem, Rule, Severity, SkillFile,
    directive::{Directive, DirectiveKind, directives, is_about_directives},
    places,
};

pub(super) static RULE: Rule = Rule {
    code: "safety/injected-directive",
    level: Level::Warning,
    summary: "an order to set other instructions aside, or a mark of who speaks",
    page: include_str!("../../../preceptor/guide/rules/safety/injected-directive.md"),
    check,
};

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let text = file.text();
    let mut by_words: BTreeMap<&str, Vec<Directive>> = BTreeMap::new();
    for directive in directives(file) {
        by_words.entry(directive.span.of(text)).or_default().push(directive);
    }
    if by_words.is_empty() {
        return Vec::new();
    }
    let is_topic = is_about_directives(file);
    let problems = by_words.iter().filter_map(|(words, found)| problem(words, found));
    problems
        .map(|problem| if is_topic { problem.at_most(Severity::Hint) } else { problem })
        .collect()
}

fn problem(words: &str, found: &[Directive]) -> Option<Problem> {
    let spans: Vec<Span> = found.iter().map(|it| it.span).collect();
    let message = match found.first()?.kind {
        DirectiveKind::Override => format!(
            "\"{}\" tells an agent to set aside what its user and client told it. Take it out, or find out how it came in",
            words.split_whitespace().collect::<Vec<_>>().join(" ")
        ),
        DirectiveKind::RoleTag => format!(
            "`{words}` is how a chat marks who speaks: an agent may take what follows for its system's or user's words. Show it as code if the skill is about it, else take it out"
        ),
        DirectiveKind::TraceMarker => format!(
            "`{words}` marks the record of another agent's work: something of it was copied into the skill. Take it out with what it fences"
        ),
    };
    places::problem(&spans, "the same", message)
}
