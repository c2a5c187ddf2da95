//! `links/unknown-variable`: a variable for the skill's folder that nobody sets.

use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

use regex::Regex;
use skill::{Span, TextEdit};

use crate::{
    Fix, Level, Problem, Rule, Safety, SkillFile, bundled_paths::is_bundled, pattern::pattern,
};

pub(super) static RULE: Rule = Rule {
    code: "links/unknown-variable",
    level: Level::Hint,
    summary: "a variable for the skill's folder that most clients do not set",
    page: include_str!("../../../preceptor/guide/rules/links/unknown-variable.md"),
    check,
};

static VARIABLE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:\$\{([A-Za-z_]\w*)\}|\{\{?\s?([A-Za-z_]\w*)\s?\}\}?|\$([A-Za-z_]\w*))/([\w./-]*\w)",
    )
});

/// Variables that a client documents for just this: they are resolved where the skill is written
/// for that client.
const DOCUMENTED: [&str; 2] = ["CLAUDE_SKILL_DIR", "CLAUDE_PLUGIN_ROOT"];

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let (text, body) = (file.text(), file.document.body.span);
    let source = body.of(text);
    if !source.contains("}/") && !source.contains('$') {
        return Vec::new();
    }
    let mut by_variable: BTreeMap<&str, Vec<(Span, &str)>> = BTreeMap::new();
    for captures in VARIABLE.captures_iter(source) {
        let (Some(whole), Some(path)) = (captures.get(0), captures.get(4)) else { continue };
        let Some(name) = (1..=3).find_map(|it| captures.get(it)) else { continue };
        let span = Span::new(whole.start(), path.start()).shifted(body.start);
        if !DOCUMENTED.contains(&name.as_str())
            && is_bundled(file, path.as_str())
            && !is_behind_a_path(source, whole.start())
        {
            by_variable.entry(name.as_str()).or_default().push((span, path.as_str()));
        }
    }
    if !by_variable.is_empty() {
        let n_named = n_named(source, &by_variable);
        by_variable.retain(|name, places| n_named.get(name).is_none_or(|it| *it <= places.len()));
    }
    by_variable.values().filter_map(|places| problem(text, places)).collect()
}

fn problem(text: &str, places: &[(Span, &str)]) -> Option<Problem> {
    let ((first, path), others) = places.split_first()?;
    let variable = first.of(text).trim_end_matches('/');
    let message = format!(
        "Nothing sets `{variable}` in most clients: name the file relative to the skill, `{path}`"
    );
    let fix = Fix {
        title: format!("Leave `{variable}/` out"),
        edits: places.iter().map(|(span, _)| TextEdit::delete(*span)).collect(),
        safety: Safety::Safe,
    };
    let related = others.iter().map(|(span, _)| (*span, format!("`{variable}` is also here")));
    Some(Problem::new(*first, message).with_fix(fix).with_related(related))
}

/// How often the text has each name: one that also speaks of the variable by itself sets it or says
/// what it stands for.
fn n_named<'a, T>(source: &'a str, names: &BTreeMap<&str, T>) -> HashMap<&'a str, usize> {
    let mut n_named = HashMap::new();
    for word in source.split(|it: char| !it.is_alphanumeric() && it != '_') {
        if names.contains_key(word) {
            *n_named.entry(word).or_default() += 1;
        }
    }
    n_named
}

fn is_behind_a_path(source: &str, at: usize) -> bool {
    let before = source.get(..at).and_then(|it| it.chars().next_back());
    before.is_some_and(|it| it.is_alphanumeric() || matches!(it, '/' | '.' | '_' | '-'))
}
