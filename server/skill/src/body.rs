//! What follows the frontmatter: the parts of the Markdown that tools look at.

mod blocks;
mod destination;

use std::{collections::HashMap, ops::Range};

use pulldown_cmark::{CodeBlockKind, Event, LinkType, Options, Parser, Tag, TagEnd};

use crate::{
    Span,
    body::destination::{behind_text, in_definition},
};

/// The Markdown behind the frontmatter. Every list is in the order of the text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Body {
    /// The whole body, up to the end of the text.
    pub span: Span,
    /// Headings of every level.
    pub headings: Vec<Heading>,
    /// Paragraphs, those in lists and quotes included.
    pub paragraphs: Vec<Paragraph>,
    /// Fenced and indented code.
    pub code_blocks: Vec<CodeBlock>,
    /// Code within a line.
    pub inline_code: Vec<InlineCode>,
    /// Links and images with a destination.
    pub links: Vec<Link>,
    /// HTML comments, `<!--` and `-->` included.
    pub html_comments: Vec<Span>,
}

/// A heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// From 1 (`#`) to 6.
    pub level: u8,
    /// The words, without markup.
    pub text: String,
    /// The whole heading with its markers.
    pub span: Span,
    /// The heading of the section that this one's section is a part of: its place in
    /// [`Body::headings`].
    pub parent: Option<usize>,
}

/// A paragraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paragraph {
    /// The words on one line, without markup.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// A block of code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeBlock {
    /// What stands behind the opening fence; `None` for indented code.
    pub info: Option<String>,
    /// The block with its fences.
    pub span: Span,
    /// The code, from its first line to the end of its last.
    pub content: Span,
}

/// The longest name of a language, in bytes.
const MAXIMUM_LANGUAGE: usize = 64;

impl CodeBlock {
    /// Returns the language of the fence: the first word of its info string. Empty if there is
    /// none, or if it is too long for the name of a language.
    pub fn language(&self) -> &str {
        let info = self.info.as_deref().unwrap_or_default().trim_start();
        let n_bytes = info.bytes().take(MAXIMUM_LANGUAGE + 1);
        let n_bytes = n_bytes.take_while(|it| !b" \t,{".contains(it)).count();
        info.get(..n_bytes).filter(|_| n_bytes <= MAXIMUM_LANGUAGE).unwrap_or_default()
    }
}

/// Code within a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlineCode {
    /// The code.
    pub text: String,
    /// The code with its back-ticks.
    pub span: Span,
}

/// A link or an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Where it leads, as Markdown understands it (escapes resolved).
    pub destination: String,
    /// Where the destination is written, without angle brackets and title; for a reference, in its
    /// definition. `None` where it is empty.
    pub destination_span: Option<Span>,
    /// The whole link.
    pub span: Span,
    /// Whether it is an image.
    pub is_image: bool,
}

impl Default for Span {
    fn default() -> Self {
        Self::empty(0)
    }
}

impl Body {
    pub(crate) fn parse(text: &str, start: usize) -> Self {
        let source = text.get(start..).unwrap_or_default();
        let mut builder = Builder {
            source,
            start,
            body: Self { span: Span::new(start, text.len()), ..Self::default() },
            code: None,
            heading: None,
            paragraph: None,
            open_links: Vec::new(),
            definitions: HashMap::new(),
        };
        let parser = Parser::new_ext(source, markdown_options());
        let definitions = parser.reference_definitions();
        builder.definitions =
            definitions.iter().map(|(label, it)| (label.to_lowercase(), it.span.clone())).collect();
        for (event, range) in parser.into_offset_iter() {
            builder.event(event, range);
        }
        builder.body
    }

    /// Returns the code block that holds the byte at `offset`, fences included.
    pub fn code_block_at(&self, offset: usize) -> Option<&CodeBlock> {
        covering(&self.code_blocks, offset, |block| block.span)
    }

    /// Returns the inline code that holds the byte at `offset`, back-ticks included.
    pub fn inline_code_at(&self, offset: usize) -> Option<&InlineCode> {
        covering(&self.inline_code, offset, |code| code.span)
    }

    /// Returns where the section of a heading stands: from the heading, given by its place in
    /// [`Body::headings`], to the next one of its level or above. Empty if there is no such heading.
    pub fn section(&self, heading: usize) -> Span {
        let Some(first) = self.headings.get(heading) else { return Span::empty(self.span.end) };
        let behind = self.headings.get(heading + 1..).unwrap_or_default();
        let next = behind.iter().find(|it| it.level <= first.level);
        Span::new(first.span.start, next.map_or(self.span.end, |next| next.span.start))
    }

    /// Returns the headings that the byte at `offset` stands under, innermost first.
    pub fn headings_above(&self, offset: usize) -> impl Iterator<Item = &Heading> {
        let n_before = self.headings.partition_point(|heading| heading.span.start <= offset);
        let mut above = n_before.checked_sub(1);
        std::iter::from_fn(move || {
            let heading = self.headings.get(above?)?;
            above = heading.parent;
            Some(heading)
        })
    }
}

/// The extensions that are Markdown here.
pub(crate) const fn markdown_options() -> Options {
    Options::ENABLE_TABLES.union(Options::ENABLE_STRIKETHROUGH)
}

/// Finds the item that holds the byte at `offset` among items in the order of the text that do
/// not overlap.
fn covering<T>(items: &[T], offset: usize, span: impl Fn(&T) -> Span) -> Option<&T> {
    let n_before = items.partition_point(|item| span(item).start <= offset);
    items.get(n_before.checked_sub(1)?).filter(|item| span(item).contains_offset(offset))
}

struct Builder<'a> {
    source: &'a str,
    start: usize,
    body: Body,
    code: Option<CodeBlock>,
    heading: Option<Heading>,
    paragraph: Option<Paragraph>,
    /// The links that the parser is in, the innermost last.
    open_links: Vec<OpenLink>,
    /// Where each label is defined, in `source`; labels in lower case.
    definitions: HashMap<String, Range<usize>>,
}

struct OpenLink {
    /// Its place in [`Body::links`].
    idx: usize,
    /// Where its text ends so far, in `source`.
    text_end: usize,
    is_inline: bool,
}

impl Builder<'_> {
    fn span(&self, range: &Range<usize>) -> Span {
        Span::new(range.start, range.end).shifted(self.start)
    }

    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        let span = self.span(&range);
        if let Some(link) = self.open_links.last_mut()
            && !matches!(event, Event::End(TagEnd::Link | TagEnd::Image))
        {
            link.text_end = range.end;
        }
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                let trimmed =
                    Span::new(span.start, span.start + trimmed_length(self.source, &range));
                self.heading = Some(Heading {
                    level: level as u8,
                    text: String::new(),
                    span: trimmed,
                    parent: None,
                });
            }
            Event::End(TagEnd::Heading(_)) => {
                let heading = self.heading.take();
                self.body.headings.extend(heading.map(|it| self.below_its_parent(it)));
            }
            Event::Start(Tag::Paragraph) => {
                self.paragraph = Some(Paragraph { text: String::new(), span });
            }
            Event::End(TagEnd::Paragraph) => self.body.paragraphs.extend(self.paragraph.take()),
            Event::Start(Tag::CodeBlock(kind)) => {
                let info = match kind {
                    CodeBlockKind::Fenced(info) => Some(info.into_string()),
                    CodeBlockKind::Indented => None,
                };
                let first_line = self.source.get(range).unwrap_or_default();
                let first_line_end = first_line.find('\n').map_or(first_line.len(), |at| at + 1);
                let content = Span::empty(span.start + first_line_end);
                self.code = Some(CodeBlock { info, span, content });
            }
            Event::End(TagEnd::CodeBlock) => self.body.code_blocks.extend(self.code.take()),
            Event::Start(Tag::Link { link_type, dest_url, id, .. }) => {
                self.link_starts((link_type, &id), &dest_url, range, false);
            }
            Event::Start(Tag::Image { link_type, dest_url, id, .. }) => {
                self.link_starts((link_type, &id), &dest_url, range, true);
            }
            Event::End(TagEnd::Link | TagEnd::Image) => self.link_ends(range),
            Event::Text(text) => match &mut self.code {
                Some(code) if code.content.is_empty() => code.content = span,
                Some(code) => code.content.end = span.end,
                None => self.words(&text),
            },
            Event::Code(text) => {
                self.words(&text);
                self.body.inline_code.push(InlineCode { text: text.into_string(), span });
            }
            Event::SoftBreak | Event::HardBreak => self.words(" "),
            Event::Html(_) | Event::InlineHtml(_) => self.html(&range),
            _ => {}
        }
    }

    /// Each heading is passed over once: what it is not below of, nothing behind it is below of.
    fn below_its_parent(&self, heading: Heading) -> Heading {
        let headings = &self.body.headings;
        let mut parent = headings.len().checked_sub(1);
        while let Some(at) = parent
            && headings.get(at).is_some_and(|it| it.level >= heading.level)
        {
            parent = headings.get(at).and_then(|it| it.parent);
        }
        Heading { parent, ..heading }
    }

    fn words(&mut self, text: &str) {
        if let Some(heading) = &mut self.heading {
            heading.text.push_str(text);
        } else if let Some(paragraph) = &mut self.paragraph {
            paragraph.text.push_str(text);
        }
    }

    fn link_starts(
        &mut self,
        (link_type, label): (LinkType, &str),
        destination: &str,
        range: Range<usize>,
        is_image: bool,
    ) {
        let destination_span = match link_type {
            LinkType::Inline => None,
            // Only what is between the angle brackets.
            LinkType::Autolink | LinkType::Email => {
                Some(Span::new(range.start + 1, range.end.saturating_sub(1)))
            }
            _ => self.definitions.get(&label.to_lowercase()).and_then(|definition| {
                let written = self.source.get(definition.clone())?;
                Some(in_definition(written)?.shifted(definition.start))
            }),
        };
        let idx = self.body.links.len();
        let marker = if is_image { 2 } else { 1 };
        self.open_links.push(OpenLink {
            idx,
            text_end: range.start + marker,
            is_inline: link_type == LinkType::Inline,
        });
        self.body.links.push(Link {
            destination: destination.to_owned(),
            destination_span: destination_span.map(|it| it.shifted(self.start)),
            span: self.span(&range),
            is_image,
        });
    }

    fn link_ends(&mut self, range: Range<usize>) {
        let Some(OpenLink { idx, text_end, is_inline }) = self.open_links.pop() else { return };
        if let Some(outer) = self.open_links.last_mut() {
            outer.text_end = range.end;
        }
        if is_inline
            && let Some(link) = self.body.links.get_mut(idx)
            && let Some(behind) = self.source.get(text_end..range.end)
        {
            let written = behind_text(behind);
            link.destination_span = written.map(|it| it.shifted(text_end + self.start));
        }
    }

    /// A block of HTML comes line by line, so a comment is looked for in the source from where
    /// the line begins; the rest of it then arrives as lines that lie inside a known comment.
    fn html(&mut self, range: &Range<usize>) {
        let mut at = range.start;
        while let Some(open) = self
            .source
            .get(at..range.end)
            .and_then(|rest| rest.find("<!--"))
            .map(|found| at + found)
        {
            let known_end = self.body.html_comments.last().map_or(0, |comment| comment.end);
            if open + self.start < known_end {
                at = known_end - self.start;
                continue;
            }
            let end = self
                .source
                .get(open + 4..)
                .and_then(|rest| rest.find("-->"))
                .map_or(self.source.len(), |found| open + 4 + found + 3);
            self.body.html_comments.push(Span::new(open, end).shifted(self.start));
            at = end;
        }
    }
}

fn trimmed_length(source: &str, range: &Range<usize>) -> usize {
    source.get(range.clone()).unwrap_or_default().trim_end().len()
}

#[cfg(test)]
mod tests;
