//! `structure/scaffold-left`: a template that was not filled in to the end.

use skill::Span;

use crate::{
    Level, Problem, Rule, SkillFile,
    char_boundary::head,
    lines::{MAXIMUM_REACH, nearby_before, places_of},
};

pub(super) static RULE: Rule = Rule {
    code: "structure/scaffold-left",
    level: Level::Warning,
    summary: "a `[TODO: …]` or a sentence of a template was left in",
    page: include_str!("../../../preceptor/guide/rules/structure/scaffold-left.md"),
    check,
};

const TODO: &str = "[TODO";

/// What known generators of skills write for people to replace, as short as it can be told from
/// other texts.
const OF_TEMPLATES: [&str; 3] = [
    "Structuring This Skill",
    "Insert instructions below",
    "Replace with description of the skill",
];

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let text = file.text();
    let todos = places_of(text, TODO).filter_map(|start| todo(text, start));
    let sentences = OF_TEMPLATES
        .iter()
        .flat_map(|it| places_of(text, it).map(|start| Span::new(start, start + it.len())));
    let body = &file.document.body;
    let left = todos.chain(sentences).filter(|span| {
        body.code_block_at(span.start).is_none() && body.inline_code_at(span.start).is_none()
    });
    left.map(|span| {
        let message = "This was left over from a template: agents take it for part of the skill. \
                       Fill it in or remove it";
        Problem::new(span, message)
    })
    .collect()
}

/// `[TODO: …]` anywhere, and `[TODO]` where it is all that a line has; not a link of that name.
fn todo(text: &str, start: usize) -> Option<Span> {
    let inside = head(text.get(start + TODO.len()..)?, MAXIMUM_REACH);
    let length = inside.find([']', '\n'])?;
    let behind = inside.get(length..)?.strip_prefix(']')?;
    let span = Span::new(start, start + TODO.len() + length + 1);
    let has_words = inside.starts_with([':', ' ']) && length > 1;
    let in_front = nearby_before(text, start);
    let is_alone = length == 0
        && in_front.trim_matches([' ', '\t', '-', '*', '>']).is_empty()
        && (behind.is_empty() || behind.trim_start_matches([' ', '\t']).starts_with(['\n', '\r']));
    let is_quoted =
        in_front.ends_with(['"', '\'', '“', '`']) && behind.starts_with(['"', '\'', '”', '`']);
    let is_whole_value = in_front.trim_end_matches(['"', '\'']).ends_with(": ");
    ((has_words || is_alone) && !behind.starts_with(['(', '[']) && (!is_quoted || is_whole_value))
        .then_some(span)
}
