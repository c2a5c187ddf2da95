//! The regions of a skill that are written by rules of their own, and the notes in one of them.
//!
//! Between `<!-- APPENDIX_START -->` and `<!-- APPENDIX_END -->` stand notes on earlier runs,
//! between `<!-- SLOW_UPDATE_START -->` and `<!-- SLOW_UPDATE_END -->` guidance over many of them.

use skill::{SkillDocument, Span};

/// A protected region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Region {
    /// Execution notes.
    Notes,
    /// Guidance that changes slowly.
    SlowUpdate,
}

impl Region {
    /// Returns what its markers are called.
    pub(crate) const fn prefix(self) -> &'static str {
        match self {
            Self::Notes => "APPENDIX",
            Self::SlowUpdate => "SLOW_UPDATE",
        }
    }
}

/// The start or the end of a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Marker {
    /// What it is a marker of.
    pub(crate) region: Region,
    /// Whether the region starts here.
    pub(crate) is_start: bool,
    /// The whole comment.
    pub(crate) span: Span,
}

/// Returns the markers outside of code, in their order.
pub(crate) fn markers(document: &SkillDocument) -> Vec<Marker> {
    let comments = document.body.html_comments.iter();
    comments.filter_map(|span| marker(&document.text, *span)).collect()
}

fn marker(text: &str, span: Span) -> Option<Marker> {
    let words = span.of(text).strip_prefix("<!--")?.strip_suffix("-->")?.trim();
    [Region::Notes, Region::SlowUpdate].into_iter().find_map(|region| {
        match words.strip_prefix(region.prefix())? {
            "_START" => Some(Marker { region, is_start: true, span }),
            "_END" => Some(Marker { region, is_start: false, span }),
            _ => None,
        }
    })
}

/// A note on an earlier run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Note {
    /// Its words on one line.
    pub(crate) text: String,
    /// Where they stand, without the bullet.
    pub(crate) span: Span,
    /// Its lines, bullet and last line end included.
    pub(crate) lines: Span,
}

/// The notes of a skill, and where they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notes {
    /// The marker that they start with.
    pub(crate) start: Span,
    /// From the start of the first marker to the end of the last.
    pub(crate) region: Span,
    /// The notes in their order.
    pub(crate) items: Vec<Note>,
}

/// Returns the notes of a skill whose region has a start and an end.
pub(crate) fn notes(document: &SkillDocument) -> Option<Notes> {
    let markers = markers(document);
    let mut of_notes = markers.iter().filter(|it| it.region == Region::Notes);
    let start = of_notes.next().filter(|it| it.is_start)?.span;
    let end = of_notes.next().filter(|it| !it.is_start)?.span;
    let mut items: Vec<Note> = Vec::new();
    let mut at = start.end;
    for line in Span::new(start.end, end.start).of(&document.text).split_inclusive('\n') {
        let line_span = Span::new(at, at + line.len());
        at = line_span.end;
        let words = line.trim();
        let bullet = words.strip_prefix("- ").or_else(|| words.strip_prefix("* "));
        if let Some(text) = bullet.map(str::trim_start) {
            let text_end = line_span.start + line.trim_end().len();
            let span = Span::new(text_end - text.len(), text_end);
            items.push(Note { text: text.to_owned(), span, lines: line_span });
        } else if line.starts_with([' ', '\t'])
            && !words.is_empty()
            && let Some(note) = items.last_mut()
        {
            note.text.push(' ');
            note.text.push_str(words);
            note.span.end = line_span.start + line.trim_end().len();
            note.lines.end = line_span.end;
        }
    }
    Some(Notes { start, region: Span::new(start.start, end.end), items })
}

/// Returns the form in which two notes that say the same are equal.
pub(crate) fn canonical(note: &str) -> String {
    let words: Vec<_> = note.split_whitespace().collect();
    let text = words.join(" ").to_lowercase();
    text.trim_end_matches([' ', '.', ';', ':', ',', '_', '-']).to_owned()
}
