//! `portability/one-shot-artifact`: what only one run or one workspace had.

use std::collections::BTreeMap;

use skill::{Span, TextEdit};

use crate::{
    Fix, Level, Problem, Rule, Safety, SkillFile,
    one_shot::{OneShot, OneShotKind, one_shots},
    placeholder::placeholder,
    places,
};

pub(super) static RULE: Rule = Rule {
    code: "portability/one-shot-artifact",
    level: Level::Warning,
    summary: "an id, number, folder or time of one run or one workspace",
    page: include_str!("../../../preceptor/guide/rules/portability/one-shot-artifact.md"),
    check,
};

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let text = file.text();
    let mut by_value: BTreeMap<&str, Vec<OneShot>> = BTreeMap::new();
    for one_shot in one_shots(file) {
        by_value.entry(one_shot.span.of(text)).or_default().push(one_shot);
    }
    by_value.iter().filter_map(|(value, found)| problem(file, value, found)).collect()
}

fn problem(file: &SkillFile<'_>, value: &str, found: &[OneShot]) -> Option<Problem> {
    let spans: Vec<Span> = found.iter().map(|it| it.span).collect();
    let (message, stand_in) = match found.first()?.kind {
        OneShotKind::Identifier => {
            (format!("`{value}` is the id of something that only its author has"), "id")
        }
        OneShotKind::Process => (
            format!(
                "`{value}` was the number of one process or job: by now it is another one or none"
            ),
            "pid",
        ),
        OneShotKind::TemporaryFolder => (
            format!("`{value}` was made for one run: it is not there the next time"),
            "temporary-folder",
        ),
        OneShotKind::Run => (format!("`{value}` is one run: the next one has another name"), "run"),
        OneShotKind::Time => {
            (format!("`{value}` is when one run took place: nobody else has that run"), "time")
        }
    };
    let shown = format!("<{stand_in}>");
    let edits = spans.iter().map(|span| TextEdit::replace(*span, placeholder(file, *span, &shown)));
    let fix = Fix {
        title: format!("Write `{shown}` instead"),
        edits: edits.collect(),
        safety: Safety::Unsafe,
    };
    Some(places::problem(&spans, &format!("`{value}`"), message)?.with_fix(fix))
}
