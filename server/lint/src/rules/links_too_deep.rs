//! `links/too-deep`: a file that is reached only through another file.

use std::collections::BTreeMap;

use skill::Span;

use crate::{FolderListing, Level, Problem, Rule, SkillFile, links::local_links};

pub(super) static RULE: Rule = Rule {
    code: "links/too-deep",
    level: Level::Hint,
    summary: "a file that is reached only through another file",
    page: include_str!("../../../preceptor/guide/rules/links/too-deep.md"),
    check,
};

/// The most files that are named in one message.
const MAXIMUM_NAMED: usize = 3;

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let Some(folder) = file.neighborhood.and_then(|it| it.folder.as_deref()) else {
        return Vec::new();
    };
    let mut deep: BTreeMap<&str, (Span, String)> = BTreeMap::new();
    for (span, first) in references(file, folder) {
        // An inner skill has references of its own.
        if first.ends_with("SKILL.md") {
            continue;
        }
        for second in folder.references_of(&first) {
            let name = second.rsplit('/').next().unwrap_or(second);
            let is_markdown = name.rsplit_once('.').is_some_and(|(_, it)| it == "md");
            if is_markdown
                && name != "SKILL.md"
                && folder.has_file(second)
                && !file.text().contains(name)
            {
                deep.entry(second).or_insert_with(|| (span, first.clone()));
            }
        }
    }
    let mut by_first: BTreeMap<Span, (String, Vec<&str>)> = BTreeMap::new();
    for (second, (span, first)) in deep {
        by_first.entry(span).or_insert_with(|| (first, Vec::new())).1.push(second);
    }
    by_first.into_iter().map(|(span, (first, seconds))| problem(span, &first, &seconds)).collect()
}

fn problem(span: Span, first: &str, seconds: &[&str]) -> Problem {
    let named: Vec<_> = seconds.iter().take(MAXIMUM_NAMED).map(|it| format!("`{it}`")).collect();
    let n_more = seconds.len().saturating_sub(MAXIMUM_NAMED);
    let more = if n_more > 0 { format!(" and {n_more} more") } else { String::new() };
    let named = named.join(", ");
    Problem::new(
        span,
        format!(
            "Only `{first}` leads on to {named}{more}: agents often read such files in part or not \
             at all. Link to them from the skill too"
        ),
    )
}

/// The Markdown files that the skill names, as links or as inline code, each at its first place.
fn references(file: &SkillFile<'_>, folder: &FolderListing) -> Vec<(Span, String)> {
    let links =
        local_links(file).into_iter().filter_map(|it| Some((it.span, it.path_in_folder()?)));
    let code = file.document.body.inline_code.iter().filter_map(|code| {
        let path = code.text.strip_prefix("./").unwrap_or(&code.text);
        folder.has_file(path).then(|| (code.span, path.to_owned()))
    });
    let mut all: Vec<(Span, String)> = links.chain(code).collect();
    all.sort();
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|(_, path)| seen.insert(path.clone()));
    all
}
