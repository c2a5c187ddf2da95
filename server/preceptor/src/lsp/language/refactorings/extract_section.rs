//! A section becomes a file below `references/`, with a link in its place.

use skill::{Heading, Link, Span, TextEdit, apply_edits, slugify};

use crate::lsp::{
    documents::Snapshot,
    language::refactorings::{Refactoring, free_path},
};

/// Returns how to move the section whose heading is at `offset`; `None` elsewhere, for the title of
/// the whole, and for a section without a text.
pub(crate) fn extract_section(snapshot: &Snapshot, offset: usize) -> Option<Refactoring> {
    let document = snapshot.skill();
    let text = &*document.text;
    let body = &document.body;
    let at = body.headings.iter().position(|heading| {
        heading.level > 1 && heading.span.start <= offset && offset <= heading.span.end
    })?;
    let heading = body.headings.get(at)?;
    let title = heading.text.trim();
    let section = body.section(at).trimmed_end(text);
    let content = Span::new(heading.span.end, section.end);
    if title.is_empty() || content.of(text).trim().is_empty() {
        return None;
    }
    let folder = snapshot.uri.to_file_path().ok()?.parent()?.join("references");
    let path = free_path(&folder, &slugify(title), ".md");
    let name = path.file_name()?.to_str()?;
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let below = body.headings.get(at..)?.iter().take_while(|it| it.span.start < section.end);
    let mut moved = raised(text, section, heading.level, below);
    let links = body.links.iter().filter(|link| section.contains(link.span));
    moved.extend(links.filter_map(|link| link_from_below(text, section, link)));
    let mut file = apply_edits(section.of(text), &moved).ok()?;
    file.push_str(line_end);
    let instead =
        format!("{line_end}{line_end}Read [{title}](references/{name}) when this is needed.");
    Some(Refactoring {
        title: format!("Move the section `{title}` to references/{name}"),
        edits: vec![TextEdit::replace(content, instead)],
        creates: Some((path, file)),
    })
}

/// The section's heading becomes the file's title, those below it move up as far.
fn raised<'a>(
    text: &str,
    section: Span,
    level: u8,
    headings: impl Iterator<Item = &'a Heading>,
) -> Vec<TextEdit> {
    let n_levels = usize::from(level.saturating_sub(1));
    let marks = headings.filter_map(|heading| {
        let is_marked = heading.span.of(text).starts_with('#');
        let start = heading.span.start - section.start;
        is_marked.then(|| TextEdit::delete(Span::new(start, start + n_levels)))
    });
    marks.collect()
}

/// Links are relative to the file that they stand in.
fn link_from_below(text: &str, section: Span, link: &Link) -> Option<TextEdit> {
    let written = link.destination_span?;
    let destination = written.of(text);
    let is_relative = !destination.contains(':') && !destination.starts_with(['/', '#', '<', '{']);
    let up = match destination.strip_prefix("references/") {
        Some(beside) => beside.to_owned(),
        None => format!("../{}", destination.strip_prefix("./").unwrap_or(destination)),
    };
    let span = Span::new(written.start - section.start, written.end - section.start);
    is_relative.then(|| TextEdit::replace(span, up))
}
