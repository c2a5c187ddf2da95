//! `portability/user-path`: a path below one person's home.

use std::collections::BTreeMap;

use skill::TextEdit;

use crate::{
    Fix, Level, Problem, Rule, Safety, SkillFile,
    user_path::{HomeKind, UserPath, replacement, user_paths},
};

pub(super) static RULE: Rule = Rule {
    code: "portability/user-path",
    level: Level::Warning,
    summary: "a path below one person's home folder",
    page: include_str!("../../../preceptor/guide/rules/portability/user-path.md"),
    check,
};

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let paths = user_paths(file);
    let mut by_home: BTreeMap<&str, Vec<UserPath<'_>>> = BTreeMap::new();
    for path in paths {
        by_home.entry(path.home).or_default().push(path);
    }
    by_home.values().filter_map(|places| problem(file, places)).collect()
}

fn problem(file: &SkillFile<'_>, places: &[UserPath<'_>]) -> Option<Problem> {
    let (first, others) = places.split_first()?;
    let home = first.home;
    let message = match first.kind {
        HomeKind::Root => {
            format!("`{home}{}` is a path on somebody's machine; nobody else has it", first.rest)
        }
        HomeKind::Unix | HomeKind::Windows => {
            format!("`{home}` is one person's folder; nobody else has it")
        }
    };
    let mut problem = Problem::new(first.span, message).with_fix(fix(file, places));
    problem.related =
        others.iter().map(|other| (other.span, format!("`{home}` is also here"))).collect();
    Some(problem)
}

/// One fix for all places, so that it clears the finding; safe only if it is at each of them.
fn fix(file: &SkillFile<'_>, places: &[UserPath<'_>]) -> Fix {
    let replacements: Vec<_> = places.iter().map(|path| replacement(file, path)).collect();
    let is_safe = replacements.iter().all(|it| it.safety == Safety::Safe);
    let mut texts: Vec<_> = replacements.iter().map(|it| format!("`{}`", it.text)).collect();
    texts.dedup();
    let edits =
        places.iter().zip(replacements).map(|(path, it)| TextEdit::replace(path.span, it.text));
    Fix {
        title: format!("Write {} instead", texts.join(" and ")),
        edits: edits.collect(),
        safety: if is_safe { Safety::Safe } else { Safety::Unsafe },
    }
}
