//! Anchors of headings, as hosts of Markdown make them: `## One more` is `#one-more`.

use skill::{Heading, SkillDocument};

/// Returns what follows the `#` in a link to a heading of these words.
pub(crate) fn anchor_of(heading: &Heading) -> String {
    let letters = heading.text.trim().chars().filter_map(|it| match it {
        ' ' => Some('-'),
        '-' | '_' => Some(it),
        _ => it.is_alphanumeric().then_some(it),
    });
    letters.flat_map(char::to_lowercase).collect()
}

/// Returns the first heading that an anchor leads to.
pub(crate) fn heading_at<'a>(document: &'a SkillDocument, anchor: &str) -> Option<&'a Heading> {
    let anchor = anchor.to_lowercase();
    document.body.headings.iter().find(|it| !anchor.is_empty() && anchor_of(it) == anchor)
}

#[cfg(test)]
mod tests {
    use skill::SkillDocument;

    use super::heading_at;

    #[test]
    fn headings_are_found_by_the_anchors_that_people_write() {
        let document =
            SkillDocument::parse("# 1. Größe & `Farbe`!\r\n\r\n## CamelCase_x\n\n## 中文\n");
        let line = |anchor| heading_at(&document, anchor).map(|it| it.text.as_str());
        assert_eq!(line("1-größe--farbe"), Some("1. Größe & Farbe!"));
        assert_eq!(line("camelcase_x"), Some("CamelCase_x"));
        assert_eq!(line("中文"), Some("中文"));
        assert_eq!(line(""), None);
        assert_eq!(line("camelcase"), None);
    }
}
