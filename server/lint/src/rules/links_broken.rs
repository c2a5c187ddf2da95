//! `links/broken`: a link to a file that is not there.

use std::collections::BTreeMap;

use skill::TextEdit;

use crate::{
    Fix, FolderListing, Level, Problem, Rule, Safety, SkillFile,
    links::{LocalLink, local_links},
    neighborhood::normalized,
};

pub(super) static RULE: Rule = Rule {
    code: "links/broken",
    level: Level::Warning,
    summary: "a link to a file that is not in the skill's folder",
    page: include_str!("../../../preceptor/guide/rules/links/broken.md"),
    check,
};

/// Folders that skills bundle files in: a link into one of them means a file of the skill, whether
/// the folder is there or not.
const USUAL_FOLDERS: [&str; 11] = [
    "references",
    "reference",
    "scripts",
    "assets",
    "templates",
    "resources",
    "examples",
    "docs",
    "data",
    "rules",
    "images",
];

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let Some(neighborhood) = file.neighborhood else { return Vec::new() };
    let mut by_path: BTreeMap<String, (Option<String>, Vec<LocalLink<'_>>)> = BTreeMap::new();
    for link in local_links(file) {
        if link.written.contains('\\') {
            continue;
        }
        let missing = match (link.path_in_folder(), &neighborhood.folder, &neighborhood.enclosing) {
            (Some(path), Some(folder), _) => is_missing(&path, folder).then(|| {
                let near = nearest(&path, folder);
                (path, near)
            }),
            // Of what an outer skill bundles, only whether it is there matters.
            (None, _, Some(outer)) => outer.folder.as_deref().and_then(|folder| {
                let path = normalized(&format!("{}{}", outer.prefix, link.path))?;
                let is_missing = folder.contains(&path) == Some(false) && has_extension(&path);
                is_missing.then(|| (link.path.clone(), None))
            }),
            _ => None,
        };
        if let Some((path, near)) = missing {
            by_path.entry(path).or_insert_with(|| (near, Vec::new())).1.push(link);
        }
    }
    by_path
        .iter()
        .filter_map(|(path, (near, links))| problem(path, near.as_deref(), links))
        .collect()
}

fn problem(path: &str, near: Option<&str>, links: &[LocalLink<'_>]) -> Option<Problem> {
    let (first, others) = links.split_first()?;
    let differs_in_case = near.is_some_and(|near| near.to_lowercase() == path.to_lowercase());
    let message = match near {
        Some(near) if differs_in_case => {
            format!("The file is `{near}`, in other letters: on many systems there is no `{path}`")
        }
        _ => format!("There is no `{path}` in the skill's folder; an agent cannot open it"),
    };
    let fix = near.map(|near| Fix {
        title: format!("Link to `{near}`"),
        edits: links.iter().map(|it| TextEdit::replace(it.span, it.with_path(near))).collect(),
        safety: Safety::Safe,
    });
    let related = others.iter().map(|it| (it.span, format!("`{path}` is also linked here")));
    Some(Problem::new(first.span, message).with_fix(fix).with_related(related))
}

/// Tells whether a path is not there, and is one of a file that should be.
fn is_missing(path: &str, folder: &FolderListing) -> bool {
    folder.contains(path) == Some(false)
        && (is_meant_for_this_folder(path, folder) || nearest(path, folder).is_some())
}

/// A skill about links, documents or sites also shows links of the texts that it is about.
fn is_meant_for_this_folder(path: &str, folder: &FolderListing) -> bool {
    if !has_extension(path) || is_placeholder(path) {
        return false;
    }
    match path.split_once('/') {
        Some((first, _)) => folder.has_folder(first) || USUAL_FOLDERS.contains(&first),
        None => folder.files().any(|it| !it.contains('/') && it != "SKILL.md" && has_extension(it)),
    }
}

fn has_extension(path: &str) -> bool {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    name.split_once('.').is_some_and(|(stem, it)| !stem.is_empty() && !it.is_empty())
}

fn is_placeholder(path: &str) -> bool {
    let lower = path.to_lowercase();
    let stem = lower.rsplit('/').next().and_then(|it| it.split('.').next()).unwrap_or_default();
    lower.contains("path/to")
        || lower.contains("your-")
        || lower.contains("your_")
        || ["example", "file", "filename", "foo", "bar", "image", "link", "name", "page", "url"]
            .contains(&stem)
}

/// The same name in another folder or in other letters, else the path that is a letter or two off.
fn nearest(path: &str, folder: &FolderListing) -> Option<String> {
    let lower = path.to_lowercase();
    let in_other_case = folder.files().find(|it| it.to_lowercase() == lower);
    if let Some(found) = in_other_case {
        return Some(found.to_owned());
    }
    let name = |path: &'_ str| path.rsplit('/').next().unwrap_or_default().to_lowercase();
    let wanted = name(path);
    let mut same_name = folder.files().filter(|it| name(it) == wanted && *it != "SKILL.md");
    if let (Some(found), None) = (same_name.next(), same_name.next()) {
        return Some(found.to_owned());
    }
    let slips = |it: &&str| {
        let n_allowed = (wanted.chars().count() / 5).clamp(1, 2);
        *it != "SKILL.md"
            && strsim::osa_distance(it, path) <= n_allowed
            && digits(it) == digits(path)
    };
    folder.files().filter(slips).min_by_key(|it| strsim::osa_distance(it, path)).map(str::to_owned)
}

/// `chapter-2.md` is no slip for `chapter-3.md`.
fn digits(path: &str) -> String {
    path.chars().filter(char::is_ascii_digit).collect()
}
