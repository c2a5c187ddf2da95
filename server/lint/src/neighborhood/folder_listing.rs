//! The files of one skill's folder, and what they say of each other.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use skill::SkillDocument;

use crate::links::local_path;

/// A file in a skill's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundledFile {
    /// Its path below the folder, with `/` between the parts.
    pub path: String,
    /// Its text, where it was read.
    pub text: Option<String>,
}

/// The files of one skill's folder. The texts are not kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FolderListing {
    files: BTreeSet<String>,
    folders: BTreeSet<String>,
    unlisted_folders: BTreeSet<String>,
    named_by_others: BTreeSet<String>,
    references: BTreeMap<String, Vec<String>>,
    lacks_texts: bool,
}

impl FolderListing {
    /// Lists files by their paths below the folder. `unlisted_folders` are there, but nobody
    /// looked into them: they are large and made by tools.
    ///
    /// A listing has to be complete apart from those: of a folder that is too large there is none.
    pub fn new(
        files: impl IntoIterator<Item = BundledFile>,
        unlisted_folders: impl IntoIterator<Item = String>,
    ) -> Self {
        let files: Vec<BundledFile> = files.into_iter().collect();
        let mut listing = Self {
            unlisted_folders: unlisted_folders.into_iter().collect(),
            named_by_others: named_by_others(&files),
            lacks_texts: files.iter().any(|it| it.text.is_none() && !is_binary(&it.path)),
            ..Self::default()
        };
        for BundledFile { path, text } in files {
            let mut folder = path.as_str();
            while let Some((parent, _)) = folder.rsplit_once('/') {
                listing.folders.insert(parent.to_owned());
                folder = parent;
            }
            if let Some(text) = text.filter(|_| is_markdown(&path) && path != MAIN_FILE) {
                let references = references(&path, &text);
                if !references.is_empty() {
                    listing.references.insert(path.clone(), references);
                }
            }
            listing.files.insert(path);
        }
        listing.folders.extend(listing.unlisted_folders.iter().cloned());
        listing
    }

    /// Returns the paths of all files, sorted.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(String::as_str)
    }

    /// Tells whether there is a file or a folder at a path, in just these letters; `None` where
    /// nobody looked.
    pub fn contains(&self, path: &str) -> Option<bool> {
        if self.unlisted_folders.iter().any(|folder| is_below(path, folder)) {
            return None;
        }
        Some(path.is_empty() || self.files.contains(path) || self.folders.contains(path))
    }

    /// Tells whether there is a file at a path.
    pub fn has_file(&self, path: &str) -> bool {
        self.files.contains(path)
    }

    /// Tells whether there is a folder at a path.
    pub fn has_folder(&self, path: &str) -> bool {
        self.folders.contains(path)
    }

    /// Returns the files that a bundled Markdown file links to, in the order of its text.
    pub fn references_of(&self, path: &str) -> &[String] {
        self.references.get(path).map(Vec::as_slice).unwrap_or_default()
    }

    /// Tells whether some other bundled file names this one; if not every text could be read, it
    /// may well be.
    pub(crate) fn may_be_named_by_others(&self, path: &str) -> bool {
        self.lacks_texts || self.named_by_others.contains(path)
    }
}

const MAIN_FILE: &str = "SKILL.md";

/// Returns a path without `.`, `..` and doubled slashes; `None` if it leads out of the folder.
pub(crate) fn normalized(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

pub(crate) fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

fn is_markdown(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, it)| it.eq_ignore_ascii_case("md"))
}

/// Files that name nothing.
fn is_binary(path: &str) -> bool {
    let extension = path.rsplit_once('.').map_or("", |(_, it)| it).to_ascii_lowercase();
    matches!(
        extension.as_str(),
        "png"
            | "jpg"
            | "jpeg"
            | "gif"
            | "webp"
            | "ico"
            | "pdf"
            | "ttf"
            | "otf"
            | "woff"
            | "woff2"
            | "zip"
            | "gz"
            | "tar"
            | "xlsx"
            | "docx"
            | "pptx"
            | "mp3"
            | "mp4"
            | "wav"
            | "bin"
            | "so"
            | "dll"
            | "exe"
            | "pyc"
            | "parquet"
            | "sqlite"
            | "db"
            | "wasm"
    )
}

/// The local links of a bundled Markdown file, as paths below the skill's folder.
///
/// Links in such a file are relative to it; many are written as if they were relative to the
/// skill, so both are kept: what is not there matters to nobody.
fn references(path: &str, text: &str) -> Vec<String> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let document = SkillDocument::parse(text);
    let mut found: Vec<String> = Vec::new();
    for link in &document.body.links {
        let Some(local) = local_path(&link.destination) else { continue };
        found.extend(normalized(&format!("{folder}/{local}")));
        found.extend(normalized(&local));
    }
    let mut seen = BTreeSet::new();
    found.retain(|it| it != path && seen.insert(it.clone()));
    found
}

/// Finds the files whose names, with or without the extension, are words of another file.
fn named_by_others(files: &[BundledFile]) -> BTreeSet<String> {
    let mut by_name: HashMap<&str, Vec<&str>> = HashMap::new();
    for BundledFile { path, .. } in files {
        let name = path.rsplit_once('/').map_or(path.as_str(), |(_, name)| name);
        by_name.entry(name).or_default().push(path);
        if let Some((stem, _)) = name.split_once('.').filter(|(stem, _)| !stem.is_empty()) {
            by_name.entry(stem).or_default().push(path);
        }
    }
    // By the first byte, the lengths that there are, as bits: most words of a text are no names, and
    // looking each of them up costs more than all else.
    let mut lengths = [0_u64; 256];
    for name in by_name.keys() {
        let first = name.bytes().next().and_then(|first| lengths.get_mut(usize::from(first)));
        if let Some(lengths) = first {
            *lengths |= length_bit(name);
        }
    }
    let may_be_a_name = |word: &&str| {
        let first = word.bytes().next().and_then(|first| lengths.get(usize::from(first)));
        first.is_some_and(|it| it & length_bit(word) != 0)
    };
    let mut named = BTreeSet::new();
    for BundledFile { path, text } in files.iter().filter(|file| file.path != MAIN_FILE) {
        let words = text.as_deref().unwrap_or_default().split(|it: char| !is_name_character(it));
        for word in words.map(|word| word.trim_matches('.')) {
            // `package.module` of an import names both.
            let parts = word.contains('.').then(|| word.split('.')).into_iter().flatten();
            for word in std::iter::once(word).chain(parts).filter(may_be_a_name) {
                let Some(paths) = by_name.get(word) else { continue };
                named.extend(paths.iter().filter(|it| **it != path).map(|it| (*it).to_owned()));
            }
        }
    }
    named
}

/// One bit for each length; the last one for all that are longer.
fn length_bit(name: &str) -> u64 {
    1 << name.len().min(63)
}

fn is_name_character(it: char) -> bool {
    it.is_alphanumeric() || matches!(it, '_' | '-' | '.')
}

#[cfg(test)]
mod tests {
    use super::{BundledFile, FolderListing, normalized};

    fn listing(files: &[(&str, &str)]) -> FolderListing {
        let files = files.iter().map(|(path, text)| BundledFile {
            path: (*path).to_owned(),
            text: Some((*text).to_owned()),
        });
        FolderListing::new(files, ["node_modules".to_owned()])
    }

    #[test]
    fn folders_come_from_the_files_and_nobody_looked_into_some() {
        let listing = listing(&[("SKILL.md", ""), ("a/b/c.py", "")]);
        assert_eq!(listing.contains("a/b/c.py"), Some(true));
        assert_eq!(listing.contains("a"), Some(true));
        assert_eq!(listing.contains("a/B"), Some(false));
        assert_eq!(listing.contains("node_modules"), Some(true));
        assert_eq!(listing.contains("node_modules/x"), None);
        assert!(listing.has_folder("a/b") && !listing.has_file("a/b"));
    }

    #[test]
    fn bundled_files_name_each_other_in_links_imports_and_words() {
        let listing = listing(&[
            ("SKILL.md", "see scripts/lonely.py"),
            ("references/a.md", "[b](b.md), [x](https://x.org), [up](../assets/t.csv)"),
            ("references/b.md", ""),
            ("assets/t.csv", ""),
            ("scripts/run.py", "from lib.tables import rows"),
            ("scripts/lib/tables.py", "# tables.py itself"),
            ("scripts/lonely.py", ""),
        ]);
        let references = listing.references_of("references/a.md");
        assert_eq!(references, ["references/b.md", "b.md", "assets/t.csv"]);
        assert!(listing.may_be_named_by_others("scripts/lib/tables.py"));
        assert!(listing.may_be_named_by_others("references/b.md"));
        assert!(!listing.may_be_named_by_others("scripts/lonely.py"));
        assert!(!listing.may_be_named_by_others("scripts/run.py"));
    }

    #[test]
    fn paths_that_lead_out_are_no_paths_of_the_folder() {
        assert_eq!(normalized("./a//b/../c").as_deref(), Some("a/c"));
        assert_eq!(normalized("a/../.."), None);
        assert_eq!(normalized(".").as_deref(), Some(""));
    }
}
