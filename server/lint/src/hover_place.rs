//! What a person may ask about at a place of a skill, besides fields and findings.

use skill::{SkillDocument, Span};

use crate::{
    CompletionPlace, PlaceholderWord, completion_place, line_text::word_at,
    neighborhood::marked_names, placeholder_word_at,
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
    Tool {
        /// The word.
        name: String,
        /// Whether it is in the text, where a word that is an ordinary one too means no tool.
        is_in_text: bool,
    },
    /// A word behind `/` or `$`, where the names of skills stand.
    SkillName(String),
    /// Where a link leads, as it is written.
    Link(String),
    /// Code that may be the path of a file.
    Path(String),
}

/// Returns what is at `offset`, each with where it is written; the narrowest first.
pub fn hover_places(document: &SkillDocument, offset: usize) -> Vec<(Span, HoverPlace)> {
    let body = &document.body;
    let is_in_frontmatter = offset < body.span.start;
    let mut places = if is_in_frontmatter {
        in_frontmatter(document, offset)
    } else {
        in_body(document, offset)
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
            vec![(typed, HoverPlace::Tool { name, is_in_text: false })]
        }
        _ => Vec::new(),
    }
}

fn in_body(document: &SkillDocument, offset: usize) -> Vec<(Span, HoverPlace)> {
    let text = &*document.text;
    let body = &document.body;
    let is_at = |span: Span| span.start <= offset && offset <= span.end;
    let mut places = Vec::new();
    if let Some((span, word)) = placeholder_word_at(text, offset) {
        places.push((span, HoverPlace::Placeholder(word)));
    }
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
        places.extend(in_code(&code.text).map(|place| (code.span, place)));
    }
    let names = marked_names(document).into_iter();
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

/// The first word of code can be a tool, all of it a path.
fn in_code(code: &str) -> impl Iterator<Item = HoverPlace> + use<> {
    let first = word_at(code, 0, |it| it.is_ascii_alphanumeric() || it == '_' || it == '-');
    let behind = code.get(first.end..).unwrap_or_default();
    let name = first.of(code).to_owned();
    let is_call = behind.is_empty() || behind.starts_with('(');
    let tool = (!name.is_empty() && is_call).then_some(HoverPlace::Tool { name, is_in_text: true });
    let path = code.contains(['/', '.']).then(|| HoverPlace::Path(code.to_owned()));
    tool.into_iter().chain(path)
}
