//! `safety/hidden-characters`: characters that nobody sees.

use std::collections::BTreeMap;

use skill::{Span, TextEdit};

use crate::{
    Fix, Level, Problem, Rule, Safety, SkillFile,
    hidden::{HiddenKind, HiddenRun, hidden_runs, spelled_by_tags},
    places,
};

pub(super) static RULE: Rule = Rule {
    code: "safety/hidden-characters",
    level: Level::Warning,
    summary: "characters that nobody sees and an agent reads",
    page: include_str!("../../../preceptor/guide/rules/safety/hidden-characters.md"),
    check,
};

/// How many characters of a hidden text are shown.
const MAXIMUM_SHOWN: usize = 60;

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let text = file.text();
    let mut by_run: BTreeMap<&str, Vec<HiddenRun>> = BTreeMap::new();
    for run in hidden_runs(text) {
        by_run.entry(run.span.of(text)).or_default().push(run);
    }
    by_run.iter().filter_map(|(run, places)| problem(run, places)).collect()
}

fn problem(run: &str, found: &[HiddenRun]) -> Option<Problem> {
    let spans: Vec<Span> = found.iter().map(|it| it.span).collect();
    let message = message(run, found.first()?.kind);
    let fix = Fix {
        title: "Remove what nobody sees".to_owned(),
        edits: spans.iter().map(|span| TextEdit::delete(*span)).collect(),
        safety: Safety::Safe,
    };
    Some(places::problem(&spans, "the same", message)?.with_fix(fix))
}

fn message(run: &str, kind: HiddenKind) -> String {
    let codes: Vec<_> = run.chars().take(2).map(|it| format!("U+{:04X}", u32::from(it))).collect();
    let n_more = run.chars().count() - codes.len();
    let more = if n_more == 0 { String::new() } else { format!(" and {n_more} more") };
    let codes = format!("{}{more}", codes.join(" "));
    match kind {
        HiddenKind::Bidirectional => format!(
            "A hidden control ({codes}) changes the order in which the text is shown: people read something else than agents and programs do"
        ),
        HiddenKind::ZeroWidth => format!(
            "There is a character without width here ({codes}): nobody sees it, but agents and programs read another word"
        ),
        HiddenKind::VariationSelector => format!(
            "Variation selectors follow each other here ({codes}): nobody sees them, and a text can be hidden in them"
        ),
        HiddenKind::Tag => {
            let spelled = spelled_by_tags(run);
            let shown: String = spelled.chars().take(MAXIMUM_SHOWN).collect();
            let cut = if shown.len() < spelled.len() { "…" } else { "" };
            if shown.is_empty() {
                format!("There are invisible tag characters here ({codes})")
            } else {
                format!("Invisible characters spell \"{shown}{cut}\" here: only agents read it")
            }
        }
    }
}
