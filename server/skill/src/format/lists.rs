//! The usual form of lists: `-` for bullets, and numbers that count.

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use crate::{SkillDocument, Span, TextEdit, apply_edits, body::markdown_options};

/// Returns the edits to list markers in the body; none if any of them would change what the
/// Markdown means. A list that reaches into a protected region is left as it is.
pub(super) fn format(document: &SkillDocument) -> Vec<TextEdit> {
    let body = document.body.span;
    let source = body.of(&document.text);
    let regions: Vec<Span> = document.protected_regions().collect();
    let is_protected = |mark: &Span| {
        let mark = mark.shifted(body.start);
        regions.iter().any(|region| region.contains(mark))
    };
    let edits = marker_edits(source, is_protected);
    if edits.is_empty() || !keep_the_meaning(source, &edits) {
        return Vec::new();
    }
    let shifted = edits
        .into_iter()
        .map(|edit| TextEdit { span: edit.span.shifted(body.start), new_text: edit.new_text });
    shifted.collect()
}

fn keep_the_meaning(source: &str, edits: &[TextEdit]) -> bool {
    let Ok(formatted) = apply_edits(source, edits) else { return false };
    Parser::new_ext(source, markdown_options()).eq(Parser::new_ext(&formatted, markdown_options()))
}

/// A list that is being read.
struct List {
    /// The number of the first item; `None` for bullets.
    first: Option<u64>,
    /// The marks of its items so far.
    marks: Vec<Span>,
}

fn marker_edits(source: &str, is_protected: impl Fn(&Span) -> bool) -> Vec<TextEdit> {
    let mut edits = Vec::new();
    let mut open: Vec<List> = Vec::new();
    for (event, range) in Parser::new_ext(source, markdown_options()).into_offset_iter() {
        match event {
            Event::Start(Tag::List(first)) => open.push(List { first, marks: Vec::new() }),
            Event::Start(Tag::Item) => {
                if let Some(list) = open.last_mut() {
                    list.marks.push(mark(source, range.start));
                }
            }
            Event::End(TagEnd::List(_)) => {
                let list = open.pop().filter(|list| !list.marks.iter().any(&is_protected));
                edits.extend(list.into_iter().flat_map(|list| list_edits(source, &list)));
            }
            _ => {}
        }
    }
    edits.sort_by_key(|edit| edit.span);
    edits
}

/// The item's bullet, or its digits.
fn mark(source: &str, item: usize) -> Span {
    let written = source.get(item..).unwrap_or_default();
    let start = item + (written.len() - written.trim_start().len());
    let mark = source.get(start..).unwrap_or_default();
    let n_digits = mark.bytes().take_while(u8::is_ascii_digit).count();
    Span::new(start, start + n_digits.max(1))
}

fn list_edits(source: &str, list: &List) -> Vec<TextEdit> {
    let wanted = |at: usize| match list.first {
        None => Some("-".to_owned()),
        Some(first) => Some((first + u64::try_from(at).ok()?).to_string()),
    };
    // `1. 1. 1.` is a way of writing lists that is meant.
    let written = |mark: &Span| mark.of(source);
    let all_are_equal = list.marks.windows(2).all(|pair| match pair {
        [a, b] => written(a) == written(b),
        _ => true,
    });
    if list.first.is_some() && all_are_equal {
        return Vec::new();
    }
    let mut edits = Vec::new();
    for (at, mark) in list.marks.iter().enumerate() {
        let (Some(wanted), written) = (wanted(at), written(mark)) else { return Vec::new() };
        if wanted == written {
            continue;
        }
        // Another width would move the item's text, and what is below it with it; and where the text
        // speaks of a number, nobody knows which item is meant. Half of a list is not counted anew.
        let is_told =
            list.first.is_some() && (speaks_of(source, written) || speaks_of(source, &wanted));
        if wanted.len() != written.len() || is_told {
            return Vec::new();
        }
        edits.push(TextEdit::replace(*mark, wanted));
    }
    edits
}

/// Tells whether a text refers to the item with a number: `step 4`, `items 4`.
fn speaks_of(source: &str, number: &str) -> bool {
    const KINDS: [&str; 6] = ["step", "steps", "item", "items", "point", "phase"];
    let is_digit = |it: char| it.is_ascii_digit();
    source.match_indices(number).any(|(at, _)| {
        let before = source.get(..at).unwrap_or_default();
        let behind = source.get(at + number.len()..).unwrap_or_default();
        let named = before.trim_end_matches([' ', '#', '*', '_', '`']);
        let word = named.rsplit(|it: char| !it.is_alphabetic()).next().unwrap_or_default();
        named.len() < before.len()
            && !behind.starts_with(is_digit)
            && KINDS.iter().any(|kind| word.eq_ignore_ascii_case(kind))
    })
}
