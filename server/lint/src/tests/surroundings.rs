//! Files and skills around the one that a test is about.

use std::sync::Arc;

use skill::SkillDocument;

use crate::{Acceptance, BundledFile, FolderListing, Neighborhood, SkillDigest, SkillIndex};

/// What is around a skill in `/w/skills/<directory name>`.
#[derive(Debug, Clone)]
pub(super) struct Surroundings {
    pub(super) directory_name: &'static str,
    /// The bundled files, one a line; `a.md -> b.md` links to another, relative to itself.
    /// `None`: nobody knows.
    pub(super) files: Option<String>,
    /// Paths below `/w/skills`, and texts.
    pub(super) skills: Vec<(String, String)>,
    pub(super) acceptance: Acceptance,
}

impl Surroundings {
    pub(super) fn in_directory(directory_name: &'static str) -> Self {
        Self { directory_name, files: None, skills: Vec::new(), acceptance: Acceptance::Unknown }
    }

    pub(super) fn neighborhood(&self, document: &SkillDocument) -> Neighborhood {
        let mut index = SkillIndex::default();
        let path = format!("/w/skills/{}/SKILL.md", self.directory_name);
        index.update(&path, SkillDigest::new(&path, document));
        for (path, text) in &self.skills {
            let path = format!("/w/skills/{path}");
            let document = SkillDocument::parse(text.as_str());
            index.update(&path, SkillDigest::new(&path, &document));
        }
        let folder = self.files.as_ref().map(|files| Arc::new(listing(files)));
        index.set_folder(&path, folder);
        Neighborhood { acceptance: self.acceptance, ..index.neighborhood(&path).unwrap() }
    }
}

fn listing(files: &str) -> FolderListing {
    let bundled = |line: &str| match line.split_once(" -> ") {
        Some((path, target)) => (path.to_owned(), format!("[next]({target})")),
        None => (line.to_owned(), String::new()),
    };
    let files = files.lines().chain(["SKILL.md"]).map(|line| {
        let (path, text) = bundled(line);
        BundledFile { path, text: Some(text) }
    });
    FolderListing::new(files, [])
}
