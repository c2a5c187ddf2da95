//! Where keys stand in a TOML text.

use std::ops::Range;

use serde_path_to_error::{Path, Segment};
use skill::{LineIndex, PositionEncoding, Span};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its bytes.
    pub span: Span,
    /// Its line, from 1.
    pub line: usize,
    /// The column of its first character, from 1, in Unicode scalar values.
    pub column: usize,
}

impl Place {
    pub(super) fn new(text: &str, span: Range<usize>) -> Self {
        let start = LineIndex::new(text).position(text, span.start, PositionEncoding::Utf32);
        Self {
            span: Span::new(span.start, span.end),
            line: start.line + 1,
            column: start.character + 1,
        }
    }

    /// Returns the place of a key, of the last one above it that is there, else the text's start.
    pub(super) fn of_path(text: &str, path: &Path) -> Self {
        Self::find(text, path.iter().map(Step::from))
    }

    /// Returns the place of a key by the names that lead to it.
    pub(super) fn of_key(text: &str, names: &[&str]) -> Self {
        Self::find(text, names.iter().map(|name| Step::Key(name)))
    }

    /// Returns the place of a key by the steps that lead to it.
    pub(super) fn of_steps(text: &str, steps: &[Step<'_>]) -> Self {
        Self::find(text, steps.iter().copied())
    }

    fn find<'a>(text: &str, steps: impl Iterator<Item = Step<'a>>) -> Self {
        let span = DeTable::parse(text).ok().and_then(|table| last_found(table.get_ref(), steps));
        Self::new(text, span.unwrap_or_default())
    }
}

/// One step on the way to a key.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step<'a> {
    /// Into a table, by name.
    Key(&'a str),
    /// Into a list, from 0.
    Index(usize),
    /// To what a file has no place for.
    Elsewhere,
}

impl<'a> From<&'a Segment> for Step<'a> {
    fn from(segment: &'a Segment) -> Self {
        match segment {
            Segment::Map { key } => Self::Key(key),
            Segment::Seq { index } => Self::Index(*index),
            Segment::Enum { .. } | Segment::Unknown => Self::Elsewhere,
        }
    }
}

fn last_found<'a>(
    table: &DeTable<'_>,
    mut steps: impl Iterator<Item = Step<'a>>,
) -> Option<Range<usize>> {
    let Step::Key(first) = steps.next()? else { return None };
    let (mut span, mut value) = entry(table, first)?;
    for step in steps {
        let next = match (step, value.get_ref()) {
            (Step::Key(name), DeValue::Table(table)) => entry(table, name),
            (Step::Index(idx), DeValue::Array(array)) => {
                array.get(idx).map(|element| (element.span(), element))
            }
            _ => None,
        };
        match next {
            Some(next) => (span, value) = next,
            None => break,
        }
    }
    Some(span)
}

fn entry<'a, 'i>(
    table: &'a DeTable<'i>,
    name: &str,
) -> Option<(Range<usize>, &'a Spanned<DeValue<'i>>)> {
    let (key, value) = table.iter().find(|(key, _)| key.get_ref() == name)?;
    Some((key.span(), value))
}
