//! The block of fields at the top of a `SKILL.md`.

mod fences;
mod recovery;
mod yaml;

use crate::{Span, frontmatter::fences::Fences};

/// The block between the `---` lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frontmatter {
    /// The whole block: both fences and everything between, the last line end included.
    pub span: Span,
    /// Blank lines in front of the opening fence, where many clients do not look for it.
    pub blank_lines_before: Span,
    /// The opening fence without its line end.
    pub opening: Span,
    /// The closing fence without its line end; `None` if the block is not closed.
    pub closing: Option<Span>,
    /// What stands between the fences. Of a block that is not closed: the lines that look like
    /// fields.
    pub content: Span,
    /// The top-level fields in their order, also those around an error.
    pub entries: Vec<Entry>,
    /// What makes a strict parser refuse the block.
    pub error: Option<YamlError>,
}

/// A field and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The field's name.
    pub key: String,
    /// Where the name stands.
    pub key_span: Span,
    /// What it is set to.
    pub value: Node,
    /// Whether strict YAML refuses this value and it was read as if it were quoted.
    pub recovered: bool,
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The value as written: quotes and block markers included, white space around it not.
    pub span: Span,
    /// What it is.
    pub kind: NodeKind,
}

/// The kinds of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeKind {
    /// Nothing, `~` or `null`.
    Null,
    /// A single value. Plain `true` and `12` are texts here too.
    Scalar {
        /// The decoded text.
        text: String,
        /// How it is written.
        style: ScalarStyle,
    },
    /// A list.
    Sequence(Vec<Node>),
    /// Fields within a field.
    Mapping(Vec<Entry>),
    /// A reference to a list or a mapping elsewhere in the block.
    Alias,
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScalarStyle {
    /// Without quotes.
    Plain,
    /// In single or double quotes.
    Quoted,
    /// `|`: lines are kept.
    Literal,
    /// `>`: lines are joined.
    Folded,
}

/// Why strict YAML refuses a frontmatter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YamlError {
    /// Where the parser gave up: one character, or nothing at the end.
    pub span: Span,
    /// A clause in plain words, lower case, without a full stop.
    pub message: String,
}

impl Frontmatter {
    /// Finds and reads the block at the top of `text`; `None` if there is none.
    ///
    /// For those who need no body: it is what takes the time in a long skill.
    pub fn parse(text: &str) -> Option<Self> {
        let Fences { span, blank_lines_before, opening, closing, content } = Fences::find(text)?;
        let parsed = yaml::parse(content.of(text), content.start);
        let entries =
            if parsed.error.is_some() { recovery::recover(text, content) } else { parsed.entries };
        let error = parsed.error;
        Some(Self { span, blank_lines_before, opening, closing, content, entries, error })
    }

    /// Returns the value of the first top-level field with this name.
    pub fn field(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// Returns a top-level field's text, without white space around it, if it has any.
    pub fn field_text(&self, key: &str) -> Option<&str> {
        self.field(key)?.as_text().map(str::trim).filter(|text| !text.is_empty())
    }

    /// Returns the first top-level field with this name.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }
}

impl Entry {
    /// Returns where the whole field stands, from its name to the end of its value.
    pub fn span(&self) -> Span {
        Span::new(self.key_span.start, self.value.span.end.max(self.key_span.end))
    }
}

impl Node {
    /// Returns the decoded text of a scalar.
    pub fn as_text(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Returns the fields of a mapping; none for anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            NodeKind::Mapping(entries) => entries,
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests;
