//! What a person may ask about at a place of a skill, besides fields and findings.

use skill::{SkillDocument, Span};

use crate::{
    Client, CompletionPlace, PlaceholderWord,
    code_tools::code_tool,
    completion_place, filled_in_words,
    line_text::{line_at, word_at},
    neighborhood::marked_names,
};

/// Something to be explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoverPlace {
    /// The skill as a whole.
    Skill,
    /// The section of a heading, by its place in [`skill::Body::headings`].
    Section(usize),
    /// A word that a client fills in.
    Placeholder(&'static PlaceholderWord),
    /// A word where the names of tools stand.
    Tool(String),
    /// A word behind `/` or `$`, where the names of skills stand.
    SkillName(String),
    /// Where a link leads, as it is written.
    Link(String),
    /// Code that may be the path of a file.
    Path(String),
}

/// Returns what is at `offset`, each with where it is written; the narrowest first. What is filled in
/// depends on the clients that load the skill; `None` is any.
pub fn hover_places(
    document: &SkillDocument,
    clients: Option<&[Client]>,
    offset: usize,
) -> Vec<(Span, HoverPlace)> {
    let body = &document.body;
    let is_in_frontmatter = offset < body.span.start;
    let mut places = if is_in_frontmatter {
        in_frontmatter(document, offset)
    } else {
        in_body(document, clients, offset)
    };
    places.sort_by_key(|(span, _)| span.len());
    places
}

fn in_frontmatter(document: &SkillDocument, offset: usize) -> Vec<(Span, HoverPlace)> {
    let text = &*document.text;
    let Some(frontmatter) = &document.frontmatter else { return Vec::new() };
    let opening = frontmatter.opening;
    if opening.start <= offset && offset <= opening.end {
        return vec![(opening, HoverPlace::Skill)];
    }
    match completion_place(document, word_end(text, offset)) {
        Some(CompletionPlace::Tool { typed, .. }) if !typed.is_empty() => {
            let name = typed.of(text).to_owned();
            vec![(typed, HoverPlace::Tool(name))]
        }
        _ => Vec::new(),
    }
}

fn in_body(
    document: &SkillDocument,
    clients: Option<&[Client]>,
    offset: usize,
) -> Vec<(Span, HoverPlace)> {
    let body = &document.body;
    let is_at = |span: Span| span.start <= offset && offset <= span.end;
    let mut places = Vec::new();
    // Nothing that is named goes over the end of a line.
    let line = line_at(&document.text, offset);
    let words =
        filled_in_words(document, clients, line).into_iter().filter(|(span, _)| is_at(*span));
    places.extend(words.map(|(span, word)| (span, HoverPlace::Placeholder(word))));
    if body.code_block_at(offset).is_some() {
        return places;
    }
    let n_headings = body.headings.partition_point(|heading| heading.span.start <= offset);
    if let Some(at) = n_headings.checked_sub(1)
        && let Some(heading) = body.headings.get(at).filter(|heading| is_at(heading.span))
    {
        places.push((heading.span, HoverPlace::Section(at)));
    }
    let links = body.links.iter().filter(|link| is_at(link.span));
    places.extend(links.map(|link| (link.span, HoverPlace::Link(link.destination.clone()))));
    if let Some(code) = body.inline_code_at(offset) {
        let tool = code_tool(document, code);
        let tool = tool.map(|name| HoverPlace::Tool(name.of(&document.text).to_owned()));
        // All of it may be a path.
        let path = code.text.contains(['/', '.']).then(|| HoverPlace::Path(code.text.clone()));
        places.extend(tool.into_iter().chain(path).map(|place| (code.span, place)));
    }
    let names = marked_names(document, line).into_iter();
    let names = names.map(|it| (Span::new(it.span.start - 1, it.span.end), it.name));
    places.extend(
        names
            .filter(|(span, _)| is_at(*span))
            .map(|(span, name)| (span, HoverPlace::SkillName(name))),
    );
    places
}

/// What is written is known from its end.
fn word_end(text: &str, offset: usize) -> usize {
    word_at(text, offset, |it| it.is_ascii_alphanumeric() || it == '_' || it == '-').end
}
