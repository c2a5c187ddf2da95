//! Adding to the sections of a text that somebody wrote by hand, without changing a word of it.

use std::ops::Range;

use skill::SkillDocument;

use super::blocks::with_blocks;

/// Returns a body with what a proposed one has and it lacks: whole sections at its end, items of
/// lists behind those that they follow, paragraphs at the end of their section.
pub(super) fn with_additions(ours: &str, proposed: &str) -> String {
    let mut text = ours.to_owned();
    for section in sections(proposed) {
        let content = proposed.get(section.content.clone()).unwrap_or_default();
        let own = sections(&text).into_iter().find(|own| own.title == section.title);
        match own {
            Some(own) => {
                let merged = text.get(own.content.clone()).map(|own| with_blocks(own, content));
                text.replace_range(own.content, &merged.unwrap_or_default());
            }
            None => text = with_section(&text, proposed, &section),
        }
    }
    text
}

/// Returns a body with the sections of a proposed one that neither it nor the text that it began as
/// has: what a person took out stays out.
pub(super) fn with_new_sections(base: &str, ours: &str, proposed: &str) -> String {
    let known: Vec<String> =
        [base, ours].into_iter().flat_map(sections).map(|section| section.title).collect();
    let new = sections(proposed).into_iter().filter(|section| !known.contains(&section.title));
    new.fold(ours.to_owned(), |text, section| with_section(&text, proposed, &section))
}

fn with_section(text: &str, proposed: &str, section: &Section) -> String {
    let heading = proposed.get(section.heading.clone()).unwrap_or_default();
    let content = proposed.get(section.content.clone()).unwrap_or_default();
    let (text, trailing) = text.split_at(text.trim_end().len());
    let lead = if text.is_empty() { "\n" } else { "\n\n" };
    let trailing = if trailing.is_empty() { "\n" } else { trailing };
    format!("{text}{lead}{}\n\n{}{trailing}", heading.trim(), content.trim())
}

/// A section of the second level; places in bytes.
struct Section {
    /// Its words in lower case, one name for those that mean the same.
    title: String,
    heading: Range<usize>,
    content: Range<usize>,
}

fn sections(body: &str) -> Vec<Section> {
    // A line in front keeps what looks like a frontmatter from being one.
    let document = SkillDocument::parse(format!("\n{body}"));
    let headings = document.body.headings.iter().enumerate();
    headings
        .filter(|(_, heading)| heading.level == 2)
        .map(|(idx, heading)| {
            let (heading_end, section) = (heading.span.end, document.body.section(idx));
            let title = heading.text.trim().to_lowercase();
            let title = if title == "steps" { "procedure".to_owned() } else { title };
            let place = |start: usize, end: usize| start.saturating_sub(1)..end.saturating_sub(1);
            Section {
                title,
                heading: place(section.start, heading_end),
                content: place(heading_end, section.end),
            }
        })
        .collect()
}
