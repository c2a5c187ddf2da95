//! Regions of a skill that are written by rules of their own, between comments that say so.

use crate::{SkillDocument, Span};

impl SkillDocument {
    /// Returns the regions between `<!-- …_START -->` and `<!-- …_END -->` of the same name, the
    /// comments included.
    pub fn protected_regions(&self) -> impl Iterator<Item = Span> {
        let mut open: Vec<(&str, usize)> = Vec::new();
        self.body.html_comments.iter().filter_map(move |comment| {
            let words = comment.of(&self.text);
            let words = words.strip_prefix("<!--")?.strip_suffix("-->")?.trim();
            if let Some(name) = words.strip_suffix("_START") {
                open.push((name, comment.start));
                return None;
            }
            let name = words.strip_suffix("_END")?;
            let (_, start) = open.pop_if(|(opened, _)| *opened == name)?;
            Some(Span::new(start, comment.end))
        })
    }
}
