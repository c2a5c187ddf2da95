//! Ranges that move with the edits of their document.

use std::{collections::HashMap, ops::Range};

use ropey::Rope;
use skill::PositionEncoding;
use tower_lsp::lsp_types::{self, Url};

use crate::lsp::documents::rope_positions::{Edit, char_at, position_of};

/// Names an anchor for the rest of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AnchorId(u64);

/// All anchors.
#[derive(Debug, Default)]
pub(super) struct Anchors {
    places: HashMap<AnchorId, Place>,
    /// The anchors of each document, so that an edit elsewhere costs nothing.
    by_document: HashMap<Url, Vec<AnchorId>>,
    last_id: u64,
}

#[derive(Debug)]
struct Place {
    uri: Url,
    at: At,
}

/// Where an anchor is: in chars while its document is open, in the editor's terms before and
/// after.
#[derive(Debug, Clone)]
enum At {
    Chars(Range<usize>),
    Closed(lsp_types::Range),
}

impl Anchors {
    pub(super) fn add(
        &mut self,
        uri: &Url,
        range: lsp_types::Range,
        open: Option<(&Rope, PositionEncoding)>,
    ) -> AnchorId {
        self.last_id += 1;
        let id = AnchorId(self.last_id);
        let closed = At::Closed(range);
        let at = open.map_or(closed.clone(), |(rope, encoding)| closed.opened(rope, encoding));
        self.places.insert(id, Place { uri: uri.clone(), at });
        self.by_document.entry(uri.clone()).or_default().push(id);
        id
    }

    pub(super) fn get<'a>(
        &self,
        id: AnchorId,
        rope: impl FnOnce(&Url) -> Option<(&'a Rope, PositionEncoding)>,
    ) -> Option<(Url, lsp_types::Range)> {
        let Place { uri, at } = self.places.get(&id)?;
        let At::Closed(range) = (match rope(uri) {
            Some((rope, encoding)) => at.clone().closed(rope, encoding),
            None => at.clone(),
        }) else {
            return None;
        };
        Some((uri.clone(), range))
    }

    pub(super) fn forget(&mut self, id: AnchorId) {
        let Some(place) = self.places.remove(&id) else {
            return;
        };
        if let Some(ids) = self.by_document.get_mut(&place.uri) {
            ids.retain(|it| *it != id);
            if ids.is_empty() {
                self.by_document.remove(&place.uri);
            }
        }
    }

    pub(super) fn open(&mut self, uri: &Url, rope: &Rope, encoding: PositionEncoding) {
        self.update(uri, |at| at.opened(rope, encoding));
    }

    pub(super) fn close(&mut self, uri: &Url, rope: &Rope, encoding: PositionEncoding) {
        self.update(uri, |at| at.closed(rope, encoding));
    }

    pub(super) fn edit(&mut self, uri: &Url, edit: &Edit) {
        self.update(uri, |at| match at {
            At::Chars(chars) => At::Chars(moved(chars, edit)),
            At::Closed(range) => At::Closed(range),
        });
    }

    fn update(&mut self, uri: &Url, change: impl Fn(At) -> At) {
        for id in self.by_document.get(uri).into_iter().flatten() {
            if let Some(place) = self.places.get_mut(id) {
                place.at = change(place.at.clone());
            }
        }
    }
}

impl At {
    fn opened(self, rope: &Rope, encoding: PositionEncoding) -> Self {
        match self {
            // A document that is opened twice has a new text, which old chars say nothing about.
            Self::Chars(chars) => {
                let end = chars.end.min(rope.len_chars());
                Self::Chars(chars.start.min(end)..end)
            }
            Self::Closed(range) => {
                let start = char_at(rope, range.start, encoding);
                Self::Chars(start..char_at(rope, range.end, encoding).max(start))
            }
        }
    }

    fn closed(self, rope: &Rope, encoding: PositionEncoding) -> Self {
        match self {
            Self::Chars(chars) => Self::Closed(lsp_types::Range::new(
                position_of(rope, chars.start, encoding),
                position_of(rope, chars.end, encoding),
            )),
            Self::Closed(range) => Self::Closed(range),
        }
    }
}

/// Text that comes in at an anchor's edge stays outside of it; what reaches into it is cut off.
fn moved(anchor: Range<usize>, edit: &Edit) -> Range<usize> {
    let n_new = edit.text.chars().count();
    let Range { start: gone_start, end: gone_end } = edit.chars;
    let shifted = |place: usize| place - (gone_end - gone_start) + n_new;
    let start = if gone_end <= anchor.start {
        shifted(anchor.start)
    } else if gone_start < anchor.start {
        gone_start + n_new
    } else {
        anchor.start
    };
    let is_behind = gone_start >= anchor.end && gone_end > anchor.start;
    let end = if is_behind {
        anchor.end
    } else if gone_end <= anchor.end {
        shifted(anchor.end)
    } else {
        gone_start
    };
    start..end.max(start)
}
