//! What rules look at.

use skill::SkillDocument;

/// A skill's main file with what is known about where it stands.
#[derive(Debug, Clone, Copy)]
pub struct SkillFile<'a> {
    /// The parsed text.
    pub document: &'a SkillDocument,
    /// The name of the folder that the file is in, if it is known.
    pub directory_name: Option<&'a str>,
}

impl<'a> SkillFile<'a> {
    /// Returns the file's text.
    pub fn text(&self) -> &'a str {
        &self.document.text
    }
}
