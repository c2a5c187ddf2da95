//! `structure/missing-section`: a teacher's skill without one of its sections.

use skill::{Span, TextEdit};

use crate::{
    Fix, Level, Problem, Rule, Safety, SkillFile,
    line_end::line_end,
    opening::opening,
    origin::is_from_a_teacher,
    teacher_sections::{SECTION_KINDS, SectionKind, section},
};

pub(super) static RULE: Rule = Rule {
    code: "structure/missing-section",
    level: Level::Hint,
    summary: "a teacher's skill does not say when, how, or how to verify",
    page: include_str!("../../../preceptor/guide/rules/structure/missing-section.md"),
    check,
};

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    if !is_from_a_teacher(file.document) {
        return Vec::new();
    }
    let required = SECTION_KINDS.into_iter().filter(|kind| *kind != SectionKind::Pitfalls);
    let missing = required.filter(|kind| section(file.document, *kind).is_none());
    missing.map(|kind| problem(file, kind)).collect()
}

fn problem(file: &SkillFile<'_>, kind: SectionKind) -> Problem {
    let title = kind.title();
    let message = format!(
        "The skill comes from a teacher and has no section \"{title}\": a weaker model needs it \
         spelled out"
    );
    let end = line_end(file.text());
    let words = if kind == SectionKind::WhenToUse { occasion(file) } else { None };
    let words = words.map(|words| format!("{words}{end}{end}")).unwrap_or_default();
    let at = place_for(file, kind);
    let in_front = Span::new(0, at).of(file.text());
    let gap = if in_front.ends_with("\n\n") || in_front.ends_with("\r\n\r\n") {
        ""
    } else if in_front.ends_with('\n') {
        end
    } else {
        &end.repeat(2)
    };
    Problem::new(opening(file.document), message).with_fix(Fix {
        title: format!("Insert the section \"{title}\""),
        edits: vec![TextEdit::insert(at, format!("{gap}## {title}{end}{end}{words}"))],
        safety: Safety::Safe,
    })
}

/// In front of the section that comes behind it, else in front of the notes or at the end.
fn place_for(file: &SkillFile<'_>, kind: SectionKind) -> usize {
    let document = file.document;
    let behind = SECTION_KINDS.into_iter().skip_while(|it| *it != kind).skip(1);
    let next = behind.filter_map(|it| section(document, it)).map(|(heading, _)| heading.span.start);
    let notes = document.body.html_comments.first().map(|comment| comment.start);
    let first_behind = next.min();
    first_behind
        .or_else(|| notes.filter(|at| *at > opening(document).end))
        .unwrap_or(document.body.span.end)
}

/// The sentence of the description that says when.
fn occasion(file: &SkillFile<'_>) -> Option<String> {
    let description = file.document.description()?;
    let sentence =
        description.split_inclusive(". ").map(str::trim).find(|it| it.contains("Use "))?;
    Some(sentence.split_whitespace().collect::<Vec<_>>().join(" "))
}
