//! `structure/empty-section`: a heading with nothing below it.

use skill::Span;

use crate::{
    Level, Problem, Rule, SkillFile,
    origin::is_from_a_teacher,
    teacher_sections::{SECTION_KINDS, SectionKind, section},
};

pub(super) static RULE: Rule = Rule {
    code: "structure/empty-section",
    level: Level::Hint,
    summary: "a section of a teacher's skill has nothing in it",
    page: include_str!("../../../preceptor/guide/rules/structure/empty-section.md"),
    check,
};

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    if !is_from_a_teacher(file.document) {
        return Vec::new();
    }
    let sections =
        SECTION_KINDS.into_iter().filter_map(|kind| Some((kind, section(file.document, kind)?)));
    let empty = sections.filter(|(_, (_, content))| is_empty(file, *content));
    empty
        .map(|(kind, (heading, _))| {
            let title = heading.text.trim();
            let advice = match kind {
                SectionKind::Pitfalls => "fill it in, or leave it out if nothing goes wrong",
                _ => "fill it in",
            };
            Problem::new(heading.span, format!("The section \"{title}\" is empty: {advice}"))
        })
        .collect()
}

/// Comments are for people.
fn is_empty(file: &SkillFile<'_>, content: Span) -> bool {
    let mut at = content.start;
    for comment in file.document.body.html_comments.iter().filter(|it| content.contains(**it)) {
        if !Span::new(at, comment.start).of(file.text()).trim().is_empty() {
            return false;
        }
        at = comment.end;
    }
    Span::new(at, content.end).of(file.text()).trim().is_empty()
}
