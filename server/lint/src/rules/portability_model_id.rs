//! `portability/model-id`: a model that the skill is not about.

use std::collections::BTreeMap;

use skill::{Span, TextEdit};

use crate::{
    Fix, Level, Problem, Rule, Safety, SkillFile, model_id::incidental_models,
    placeholder::placeholder, places,
};

pub(super) static RULE: Rule = Rule {
    code: "portability/model-id",
    level: Level::Hint,
    summary: "a model that the skill is not about",
    page: include_str!("../../../preceptor/guide/rules/portability/model-id.md"),
    check,
};

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let text = file.text();
    let mut by_id: BTreeMap<&str, Vec<Span>> = BTreeMap::new();
    for span in incidental_models(file) {
        by_id.entry(span.of(text)).or_default().push(span);
    }
    by_id.iter().filter_map(|(id, spans)| problem(file, id, spans)).collect()
}

fn problem(file: &SkillFile<'_>, id: &str, spans: &[Span]) -> Option<Problem> {
    let message = format!(
        "`{id}` is one model: whoever follows this may serve another one. Say what it has to be able to do, or take it from a setting"
    );
    let edits =
        spans.iter().map(|span| TextEdit::replace(*span, placeholder(file, *span, "<model>")));
    let fix = Fix {
        title: "Write `<model>` instead".to_owned(),
        edits: edits.collect(),
        safety: Safety::Unsafe,
    };
    Some(places::problem(spans, &format!("`{id}`"), message)?.with_fix(fix))
}
