//! `links/outside-skill`: a link that leaves the skill's folder.

use std::collections::BTreeMap;

use crate::{
    Level, Problem, Rule, Severity, SkillFile,
    links::{LocalLink, local_links},
    neighborhood::normalized,
};

pub(super) static RULE: Rule = Rule {
    code: "links/outside-skill",
    level: Level::Warning,
    summary: "a link that leaves the skill's folder",
    page: include_str!("../../../preceptor/guide/rules/links/outside-skill.md"),
    check,
};

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let mut by_path: BTreeMap<String, Vec<LocalLink<'_>>> = BTreeMap::new();
    for link in local_links(file) {
        let leaves = link.path_in_folder().is_none() && !link.written.contains('\\');
        if leaves && !stays_in_outer_skill(file, &link.path) {
            by_path.entry(link.path.trim_end_matches('/').to_owned()).or_default().push(link);
        }
    }
    by_path.iter().filter_map(|(path, links)| problem(path, links)).collect()
}

fn problem(path: &str, links: &[LocalLink<'_>]) -> Option<Problem> {
    let (first, others) = links.split_first()?;
    let related = others.iter().map(|it| (it.span, format!("`{path}` is also linked here")));
    let problem = match neighbor(path) {
        // Skills that are installed together find each other; a name works wherever they are.
        Some(name) => Problem::new(
            first.span,
            format!(
                "The link leaves the skill's folder: where the skill beside it is not installed, \
                 it leads nowhere. Refer to the skill by its name, `{name}`"
            ),
        )
        .at_most(Severity::Hint),
        None => Problem::new(
            first.span,
            format!(
                "`{path}` is outside of the skill's folder: where the skill is installed by \
                 itself, it is not there. {}",
                remedy(path)
            ),
        ),
    };
    Some(problem.with_related(related))
}

/// Returns the name of the skill in the next folder that a path leads to.
fn neighbor(path: &str) -> Option<&str> {
    let name = path.strip_prefix("../")?;
    let name = name.strip_suffix("/SKILL.md").unwrap_or(name);
    (!name.contains(['/', '.']) && !name.is_empty()).then_some(name)
}

/// Says what to do about a path that leads further than to the next folder.
fn remedy(path: &str) -> String {
    let skill = path.strip_suffix("/SKILL.md").and_then(|folder| folder.rsplit('/').next());
    match skill.filter(|name| !name.is_empty() && !name.contains('.')) {
        Some(name) => format!("Refer to the skill by its name, `{name}`"),
        None => "Bundle the file with the skill".to_owned(),
    }
}

fn stays_in_outer_skill(file: &SkillFile<'_>, path: &str) -> bool {
    let outer = file.neighborhood.and_then(|it| it.enclosing.as_ref());
    outer.is_some_and(|outer| normalized(&format!("{}{path}", outer.prefix)).is_some())
}
