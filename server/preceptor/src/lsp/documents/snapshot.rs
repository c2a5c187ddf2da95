//! One version of one document.

use std::{
    sync::{Arc, OnceLock},
    time::SystemTime,
};

use ropey::Rope;
use runtime::clock::{Clock, SystemClock};
use skill::{LineIndex, PositionEncoding, SkillDocument, Span, estimated_tokens};
use tower_lsp::lsp_types::{Position, Range, Url};

use crate::lsp::positions;

/// An immutable version of a document. Text and line index are made at their first use, so that
/// a burst of edits costs nothing for the versions that nobody looks at.
#[derive(Debug)]
pub struct Snapshot {
    /// The document.
    pub uri: Url,
    /// The editor's version of it.
    pub version: i32,
    /// Tells snapshots apart, also across closing and opening, where versions start again.
    pub revision: u64,
    /// The editor's name of the language.
    pub language_id: Arc<str>,
    /// Whether there are changes since the document was opened or saved.
    pub is_modified: bool,
    /// When the document was opened or saved last.
    pub settled_at: SystemTime,
    /// The unit of columns.
    pub encoding: PositionEncoding,
    rope: Rope,
    text: OnceLock<Arc<str>>,
    line_index: OnceLock<LineIndex>,
    skill: OnceLock<SkillDocument>,
    n_tokens: OnceLock<usize>,
    n_body_tokens: OnceLock<usize>,
}

/// What a snapshot is made of.
pub(super) struct SnapshotParts {
    pub(super) uri: Url,
    pub(super) version: i32,
    pub(super) language_id: Arc<str>,
    pub(super) is_modified: bool,
    pub(super) settled_at: SystemTime,
    pub(super) encoding: PositionEncoding,
    pub(super) rope: Rope,
}

impl Snapshot {
    pub(super) fn new(parts: SnapshotParts, revision: u64) -> Self {
        let SnapshotParts { uri, version, language_id, is_modified, settled_at, encoding, rope } =
            parts;
        Self {
            uri,
            version,
            revision,
            language_id,
            is_modified,
            settled_at,
            encoding,
            rope,
            text: OnceLock::new(),
            line_index: OnceLock::new(),
            skill: OnceLock::new(),
            n_tokens: OnceLock::new(),
            n_body_tokens: OnceLock::new(),
        }
    }

    /// The same text and revision, without changes that are not saved.
    pub(super) fn as_saved(&self) -> Self {
        Self {
            uri: self.uri.clone(),
            version: self.version,
            revision: self.revision,
            language_id: Arc::clone(&self.language_id),
            is_modified: false,
            settled_at: SystemClock.now().into(),
            encoding: self.encoding,
            rope: self.rope.clone(),
            text: self.text.clone(),
            line_index: self.line_index.clone(),
            skill: self.skill.clone(),
            n_tokens: self.n_tokens.clone(),
            n_body_tokens: self.n_body_tokens.clone(),
        }
    }

    pub(super) fn rope(&self) -> &Rope {
        &self.rope
    }

    /// Returns the whole text; the first call copies it.
    pub fn text(&self) -> &Arc<str> {
        self.text.get_or_init(|| Arc::from(String::from(&self.rope)))
    }

    /// Returns the index of the text's lines; the first call makes it.
    pub fn line_index(&self) -> &LineIndex {
        self.line_index.get_or_init(|| LineIndex::new(self.text()))
    }

    /// Returns the text as a skill; the first call parses it, which takes a while for a long one.
    pub fn skill(&self) -> &SkillDocument {
        self.skill.get_or_init(|| SkillDocument::parse(Arc::clone(self.text())))
    }

    /// Returns how long the text is for a model, about; the first call counts.
    pub fn n_tokens(&self) -> usize {
        *self.n_tokens.get_or_init(|| estimated_tokens(self.text()))
    }

    /// Returns how long a skill's body is for a model, about; the first call counts.
    pub fn n_body_tokens(&self) -> usize {
        let body = |skill: &SkillDocument| estimated_tokens(skill.body.span.of(&skill.text));
        *self.n_body_tokens.get_or_init(|| body(self.skill()))
    }

    /// Returns the byte at a position; positions that are not there are clamped.
    pub fn offset(&self, position: Position) -> usize {
        let position = positions::from_proto(position);
        self.line_index().offset(self.text(), position, self.encoding)
    }

    /// Returns the bytes of a range; a range that is the wrong way round is turned.
    pub fn span(&self, range: Range) -> Span {
        let (start, end) = (self.offset(range.start), self.offset(range.end));
        Span::new(start.min(end), start.max(end))
    }

    /// Returns the position of a byte.
    pub fn position(&self, offset: usize) -> Position {
        positions::to_proto(self.line_index().position(self.text(), offset, self.encoding))
    }

    /// Returns the range of some bytes.
    pub fn range(&self, span: Span) -> Range {
        Range::new(self.position(span.start), self.position(span.end))
    }

    /// Returns how many lines there are; a line end at the end of the text begins another one.
    pub fn n_lines(&self) -> u32 {
        u32::try_from(self.line_index().n_lines()).unwrap_or(u32::MAX)
    }

    /// Returns one line without its line end; `None` if there are not as many lines.
    pub fn line(&self, line: u32) -> Option<&str> {
        let line = usize::try_from(line).ok()?;
        (line < self.line_index().n_lines()).then(|| self.line_index().line(self.text(), line))
    }
}
