//! What the index keeps of a skill's text.

use std::{
    collections::BTreeSet,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use skill::SkillDocument;

use crate::neighborhood::{client_roots::ClientRoot, sketch::Sketch, skill_references};

/// The little of a skill that matters to other skills. The text itself is not kept: a change of
/// one skill never reads another again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkillDigest {
    /// Its name: the field, else the folder's.
    pub name: Arc<str>,
    pub(super) root: Option<ClientRoot>,
    pub(super) sketch: Sketch,
    /// Names in the text that look like those of skills.
    pub(super) references: BTreeSet<Arc<str>>,
    pub(super) text_hash: u64,
}

impl SkillDigest {
    /// Digests the text of the `SKILL.md` at `path`, whose parts are joined by `/`.
    pub fn new(path: &str, document: &SkillDocument) -> Self {
        let folder_name = path.rsplit('/').nth(1).unwrap_or_default();
        let mut hasher = DefaultHasher::new();
        document.text.hash(&mut hasher);
        let references = skill_references(document);
        Self {
            name: document.name().unwrap_or(folder_name).into(),
            root: ClientRoot::of(path),
            sketch: Sketch::of(document),
            references: references.iter().map(|it| it.name.as_str().into()).collect(),
            text_hash: hasher.finish(),
        }
    }
}
