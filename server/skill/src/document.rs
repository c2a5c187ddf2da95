//! A whole `SKILL.md`.

use std::sync::Arc;

use crate::{Body, Frontmatter, Node};

/// One `SKILL.md`: its text, and what was understood of it.
///
/// All spans are byte offsets into `text`. The model is immutable and cheap to share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkillDocument {
    /// The text exactly as it was given.
    pub text: Arc<str>,
    /// The block of fields at the top, if there is one.
    pub frontmatter: Option<Frontmatter>,
    /// Everything behind the frontmatter.
    pub body: Body,
}

impl SkillDocument {
    /// Reads a `SKILL.md`. Never fails: what is broken is part of the result.
    pub fn parse(text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let frontmatter = Frontmatter::parse(&text);
        let body_start = frontmatter.as_ref().map_or_else(
            || if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 },
            |frontmatter| frontmatter.span.end,
        );
        let body = Body::parse(&text, body_start);
        Self { text, frontmatter, body }
    }

    /// Returns the value of a top-level field of the frontmatter; the first one of its name.
    pub fn field(&self, key: &str) -> Option<&Node> {
        self.frontmatter.as_ref()?.field(key)
    }

    /// Returns a top-level field's text, without white space around it, if it has any.
    pub fn field_text(&self, key: &str) -> Option<&str> {
        self.frontmatter.as_ref()?.field_text(key)
    }

    /// Returns the skill's name, if the frontmatter has one.
    pub fn name(&self) -> Option<&str> {
        self.field_text("name")
    }

    /// Returns the skill's description, if the frontmatter has one.
    pub fn description(&self) -> Option<&str> {
        self.field_text("description")
    }
}
