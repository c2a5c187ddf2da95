//! Regions of a skill that are written by rules of their own, between comments that say so.

use skill::{SkillDocument, Span};

/// Returns the regions between `<!-- …_START -->` and `<!-- …_END -->` of the same name.
pub(super) fn protected_regions(document: &SkillDocument) -> impl Iterator<Item = Span> {
    let mut open: Vec<(&str, usize)> = Vec::new();
    document.body.html_comments.iter().filter_map(move |comment| {
        let words = comment.of(&document.text);
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
