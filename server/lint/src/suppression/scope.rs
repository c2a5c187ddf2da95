//! Which line, block or field a comment is about.

use std::cell::{Cell, OnceCell};

use skill::{Entry, NodeKind, ScalarStyle, SkillDocument, Span};

use crate::{lines::line_around, suppression::Scope};

/// Finds what comments of one document are about.
pub(super) struct Scopes<'a> {
    document: &'a SkillDocument,
    /// The blocks of the body and the fields of the frontmatter, worked out when the first
    /// comment needs them.
    blocks: OnceCell<Vec<Span>>,
    fields: OnceCell<Vec<Span>>,
    /// The line that was asked for last: many comments may stand on one.
    line: Cell<Span>,
    /// The line with words that was asked for last, with where the search began: many comments
    /// may stand in front of one.
    words: Cell<Option<(usize, Option<Span>)>>,
    field_line: Cell<Option<(usize, Option<Span>)>>,
}

impl<'a> Scopes<'a> {
    pub(super) fn new(document: &'a SkillDocument) -> Self {
        Self {
            document,
            blocks: OnceCell::new(),
            fields: OnceCell::new(),
            line: Cell::new(line_around(&document.text, 0)),
            words: Cell::new(None),
            field_line: Cell::new(None),
        }
    }

    /// A comment with something else on its line is about that line, one by itself about the
    /// block that follows.
    pub(super) fn of_html_comment(&self, comment: Span) -> Scope {
        let text = &*self.document.text;
        let start = self.line_at(comment.start).start;
        let end = self.line_at(comment.end).end;
        let is_alone = Span::new(start, comment.start).of(text).chars().all(is_marker)
            && Span::new(comment.end, end).of(text).trim().is_empty();
        if !is_alone {
            return Scope::Region(Span::new(start, end));
        }
        if self.is_in_paragraph(comment) {
            return next_line(text, end).map_or(Scope::Nothing, Scope::Region);
        }
        let words = || line_with_words(text, comment.end);
        let Some(line) = ahead(&self.words, comment.end, words) else { return Scope::Nothing };
        let blocks = self.blocks.get_or_init(|| self.document.blocks());
        let next = blocks.get(blocks.partition_point(|block| block.start < line.start));
        // Words that go on behind a comment in a list item are no block of their own.
        let block = next.filter(|block| line.contains_offset(block.start));
        let end = block.map_or(line.end, |block| block.end.max(line.end));
        Scope::Region(Span::new(line.start, end))
    }

    /// A comment behind something is about that line, one by itself about the line that follows;
    /// with a field, about all of its value.
    pub(super) fn of_yaml_comment(&self, comment: Span) -> Scope {
        let Some(frontmatter) = &self.document.frontmatter else { return Scope::Nothing };
        let text = &*self.document.text;
        let own_line = self.line_at(comment.start);
        let is_alone = Span::new(own_line.start, comment.start).of(text).trim().is_empty();
        let below = || line_with_field(text, own_line.end, frontmatter.content.end);
        let line =
            if is_alone { ahead(&self.field_line, own_line.end, below) } else { Some(own_line) };
        let Some(line) = line else { return Scope::Nothing };
        let fields = self.fields.get_or_init(|| {
            let mut fields = Vec::new();
            collect_fields(&frontmatter.entries, &mut fields);
            fields
        });
        let field = fields.get(fields.partition_point(|field| field.start < line.start));
        let end = field
            .filter(|field| line.contains_offset(field.start))
            .map_or(line.end, |field| line_around(text, field.end).end.max(line.end));
        Scope::Region(Span::new(line.start, end))
    }

    fn line_at(&self, offset: usize) -> Span {
        let line = self.line.get();
        if line.start <= offset && offset <= line.end {
            return line;
        }
        let line = line_around(&self.document.text, offset);
        self.line.set(line);
        line
    }

    /// A comment that is indented far enough goes on with the paragraph above it.
    fn is_in_paragraph(&self, comment: Span) -> bool {
        let paragraphs = &self.document.body.paragraphs;
        let n_before = paragraphs.partition_point(|it| it.span.start <= comment.start);
        let paragraph = n_before.checked_sub(1).and_then(|at| paragraphs.get(at));
        paragraph.is_some_and(|it| it.span.contains_offset(comment.start))
    }
}

/// Tells whether the `#` at `offset` is a part of a value, not the start of a comment.
pub(super) fn is_in_scalar(text: &str, entries: &[Entry], offset: usize) -> bool {
    let n_before = entries.partition_point(|entry| entry.key_span.start <= offset);
    let Some(entry) = n_before.checked_sub(1).and_then(|at| entries.get(at)) else { return false };
    match &entry.value.kind {
        NodeKind::Mapping(inner) => is_in_scalar(text, inner, offset),
        NodeKind::Scalar { style: ScalarStyle::Literal | ScalarStyle::Folded, .. } => {
            // What is not further in than the key ends the value.
            let indent = |at: usize| at - line_around(text, at).start;
            let is_first_line = entry.value.span.start >= line_around(text, offset).start;
            !is_first_line && indent(offset) > indent(entry.key_span.start)
        }
        NodeKind::Scalar { .. } => entry.value.span.contains_offset(offset),
        NodeKind::Null | NodeKind::Sequence(_) | NodeKind::Alias => false,
    }
}

fn collect_fields(entries: &[Entry], fields: &mut Vec<Span>) {
    for entry in entries {
        let end = entry.value.span.end.max(entry.key_span.end);
        fields.push(Span::new(entry.key_span.start, end));
        collect_fields(entry.value.entries(), fields);
    }
}

/// What may stand in front of a comment that is by itself: marks of quotes and list items.
pub(super) const fn is_marker(it: char) -> bool {
    matches!(it, ' ' | '\t' | '>' | '-' | '*' | '+' | '.' | ')' | '0'..='9')
}

/// Returns what a search from `offset` on finds: what the last one found where that still lies
/// ahead. The offsets are ends of comments, so that none of them is skipped over.
fn ahead(
    known: &Cell<Option<(usize, Option<Span>)>>,
    offset: usize,
    search: impl FnOnce() -> Option<Span>,
) -> Option<Span> {
    if let Some((from, line)) = known.get()
        && from <= offset
        && line.is_none_or(|line| offset <= line.start)
    {
        return line;
    }
    let line = search();
    known.set(Some((offset, line)));
    line
}

/// Returns the next line behind `end` and in front of `limit` that is neither blank nor a comment
/// of YAML.
fn line_with_field(text: &str, mut end: usize, limit: usize) -> Option<Span> {
    loop {
        let line = next_line(text, end).filter(|line| line.start < limit)?;
        let written = line.of(text).trim_start();
        if !written.is_empty() && !written.starts_with('#') {
            return Some(line);
        }
        end = line.end;
    }
}

/// Returns the next line behind `offset` that is neither blank nor a comment.
fn line_with_words(text: &str, mut offset: usize) -> Option<Span> {
    loop {
        let behind = text.get(offset..)?;
        let start = offset + behind.find(|it: char| !it.is_whitespace() && it != '>')?;
        if !text.get(start..)?.starts_with("<!--") {
            return Some(line_around(text, start));
        }
        offset = start + text.get(start..)?.find("-->")? + "-->".len();
    }
}

/// Returns the line behind the one that ends at `end`, without its line end.
fn next_line(text: &str, end: usize) -> Option<Span> {
    let behind = text.get(end..)?;
    let start = end + behind.find('\n')? + 1;
    Some(line_around(text, start))
}
