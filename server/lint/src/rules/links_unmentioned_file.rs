//! `links/unmentioned-file`: a bundled file that the skill never names.

use std::collections::BTreeMap;

use skill::Span;

use crate::{FolderListing, Level, Problem, Rule, SkillFile};

pub(super) static RULE: Rule = Rule {
    code: "links/unmentioned-file",
    level: Level::Hint,
    summary: "a bundled file that the skill never names",
    page: include_str!("../../../preceptor/guide/rules/links/unmentioned-file.md"),
    check,
};

/// The most files that are named in the message.
const MAXIMUM_NAMED: usize = 3;

/// Files about the folder, not for the agent: stems in lower case.
const ABOUT_THE_FOLDER: [&str; 19] = [
    "acceptance-criteria",
    "evals",
    "eval",
    "test-cases",
    "license",
    "licence",
    "copying",
    "notice",
    "readme",
    "changelog",
    "contributing",
    "authors",
    "package",
    "package-lock",
    "pyproject",
    "requirements",
    "metadata",
    "marketplace",
    "spec",
];

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let Some(folder) = file.neighborhood.and_then(|it| it.folder.as_deref()) else {
        return Vec::new();
    };
    if is_repository(folder) {
        return Vec::new();
    }
    let mut named_folders: BTreeMap<&str, bool> = BTreeMap::new();
    let unmentioned: Vec<&str> = folder
        .files()
        .filter(|path| is_for_the_agent(path))
        .filter(|path| !folder.may_be_named_by_others(path))
        .filter(|path| !names_folder(file.text(), path, &mut named_folders))
        .filter(|path| !names_file(file.text(), path))
        .collect();
    let Some((first, others)) = unmentioned.split_first() else { return Vec::new() };
    // Of a folder with a catalogue of files that an agent lists by itself, nothing is forgotten.
    if is_catalogue(folder, &unmentioned) {
        return Vec::new();
    }
    let named = others.iter().take(MAXIMUM_NAMED - 1).map(|it| format!(", `{it}`"));
    let named: String = std::iter::once(format!("`{first}`")).chain(named).collect();
    let n_more = unmentioned.len().saturating_sub(MAXIMUM_NAMED);
    let more = if n_more > 0 { format!(" and {n_more} more") } else { String::new() };
    let message = format!(
        "Nothing in the skill names {named}{more}: an agent does not open what it is not told of. \
         Say when to use it, or remove it"
    );
    vec![Problem::new(place(file), message)]
}

/// A folder with skills of its own, or the root of a repository, holds much that is no part of the
/// skill.
fn is_repository(folder: &FolderListing) -> bool {
    const MARKS: [&str; 3] = [".gitignore", ".gitattributes", ".github"];
    let is_inner_skill = |it: &str| it.ends_with("/SKILL.md");
    MARKS.iter().any(|it| folder.contains(it) == Some(true)) || folder.files().any(is_inner_skill)
}

/// The name stands for the skill; without one, its start does.
fn place(file: &SkillFile<'_>) -> Span {
    file.document.field("name").map_or_else(Span::default, |value| value.span)
}

fn is_for_the_agent(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default().to_lowercase();
    path != "SKILL.md"
        && !path.split('/').any(|part| part.starts_with('.') || part.starts_with("__"))
        && !ABOUT_THE_FOLDER.contains(&stem.as_str())
        && !path.split('/').any(|part| matches!(part, "tests" | "test" | "evals" | "agents"))
}

fn names_folder<'a>(text: &str, path: &'a str, known: &mut BTreeMap<&'a str, bool>) -> bool {
    let mut rest = path;
    while let Some((folder, _)) = rest.rsplit_once('/') {
        let is_named = known.entry(folder).or_insert_with(|| {
            let name = folder.rsplit('/').next().unwrap_or(folder);
            mentions(text, &format!("{name}/"), |behind| {
                !behind.is_some_and(|it| it.is_alphanumeric() || it == '_')
            }) || mentions(text, &format!("`{folder}`"), |_| true)
        });
        if *is_named {
            return true;
        }
        rest = folder;
    }
    false
}

fn mentions(text: &str, word: &str, fits: impl Fn(Option<char>) -> bool) -> bool {
    let mut found = text.match_indices(word);
    found.any(|(at, _)| fits(text.get(at + word.len()..).and_then(|it| it.chars().next())))
}

/// By its name, or by the name without the extension where that is a word of its own.
fn names_file(text: &str, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    if text.contains(name) {
        return true;
    }
    let stem = name.split('.').next().unwrap_or(name);
    let is_word = |it: char| it.is_alphanumeric() || it == '_' || it == '-';
    stem.len() >= 4
        && text.match_indices(stem).any(|(at, _)| {
            let before = text.get(..at).and_then(|it| it.chars().next_back());
            let behind = text.get(at + stem.len()..).and_then(|it| it.chars().next());
            !before.is_some_and(is_word) && !behind.is_some_and(is_word)
        })
}

fn is_catalogue(folder: &FolderListing, unmentioned: &[&str]) -> bool {
    const CATALOGUE: usize = 12;
    let parent = |path: &'_ str| path.rsplit_once('/').map(|(parent, _)| parent.to_owned());
    let first = unmentioned.first().and_then(|it| parent(it));
    unmentioned.len() >= CATALOGUE
        && first.is_some_and(|first| {
            unmentioned.iter().all(|it| parent(it).as_ref() == Some(&first))
                && folder.has_folder(&first)
        })
}
