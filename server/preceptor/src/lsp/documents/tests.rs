//! What documents promise: the same text as the editor, anchors that stay where they belong.

use skill::{LineIndex, PositionEncoding};
use tower_lsp::lsp_types::{
    Position, Range, TextDocumentContentChangeEvent, TextDocumentItem, Url,
    VersionedTextDocumentIdentifier,
};

use super::Documents;
use crate::lsp::positions;

const ENCODINGS: [PositionEncoding; 3] =
    [PositionEncoding::Utf8, PositionEncoding::Utf16, PositionEncoding::Utf32];

fn uri() -> Url {
    Url::parse("file:///notes.md").unwrap()
}

fn open(text: &str, encoding: PositionEncoding) -> Documents {
    let documents = Documents::default();
    documents.set_encoding(encoding);
    documents.open(TextDocumentItem::new(uri(), "markdown".to_owned(), 1, text.to_owned()));
    documents
}

fn range(start: (u32, u32), end: (u32, u32)) -> Range {
    Range::new(Position::new(start.0, start.1), Position::new(end.0, end.1))
}

fn change(documents: &Documents, range: Option<Range>, text: &str) {
    let version = documents.get(&uri()).map_or(2, |snapshot| snapshot.version + 1);
    documents.change(
        &VersionedTextDocumentIdentifier::new(uri(), version),
        vec![TextDocumentContentChangeEvent { range, range_length: None, text: text.to_owned() }],
    );
}

fn text(documents: &Documents) -> String {
    documents.get(&uri()).unwrap().text().to_string()
}

#[track_caller]
fn check_change(before: &str, at: Range, new_text: &str, after: &str) {
    let documents = open(before, PositionEncoding::Utf16);
    change(&documents, Some(at), new_text);
    assert_eq!(text(&documents), after);
}

#[track_caller]
fn check_anchor(before: &str, anchor: Range, edit: Range, new_text: &str, expected: Range) {
    let documents = open(before, PositionEncoding::Utf16);
    let id = documents.add_anchor(&uri(), anchor);
    change(&documents, Some(edit), new_text);
    assert_eq!(documents.anchor(id), Some((uri(), expected)));
}

#[test]
fn changes_apply_at_their_ranges() {
    check_change("one\ntwo\n", range((1, 0), (1, 3)), "2", "one\n2\n");
    check_change("🦀🦀x", range((0, 2), (0, 4)), "", "🦀x");
    check_change("a\r\nb\rc", range((2, 0), (2, 1)), "C", "a\r\nb\rC");
}

#[test]
fn ranges_that_do_not_fit_are_clamped() {
    check_change("a\r\nb", range((0, 9), (0, 99)), "!", "a!\r\nb");
    check_change("a\nb", range((7, 0), (9, 9)), "!", "a\nb!");
    check_change("abc", range((0, 2), (0, 1)), "X", "aXc");
    check_change("🦀", range((0, 1), (0, 1)), "x", "x🦀");
}

#[test]
fn ropes_and_line_indexes_agree_on_every_position() {
    for text in ["", "\n", "größe 🦀\r\nand 👩‍👩‍👧\rlone\n", "a\r\r\n\n\r", "x\u{2028}y\u{85}z\u{b}"]
    {
        for encoding in ENCODINGS {
            let documents = open(text, encoding);
            let line_index = LineIndex::new(text);
            for line in 0..7 {
                for character in 0..32 {
                    let position = Position::new(line, character);
                    let at = Range::new(position, position);
                    let id = documents.add_anchor(&uri(), at);
                    let offset = line_index.offset(text, positions::from_proto(position), encoding);
                    let expected = positions::to_proto(line_index.position(text, offset, encoding));
                    let (_, anchor) = documents.anchor(id).unwrap();
                    assert_eq!(anchor.start, expected, "{text:?} {position:?} {encoding:?}");
                }
            }
        }
    }
}

#[test]
fn random_edits_leave_what_the_same_edits_leave_in_a_string() {
    // A small generator with a fixed seed: the same edits at every run.
    let mut seed = 7_u32;
    let mut next = |below: u32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 16) % below
    };
    for encoding in ENCODINGS {
        let documents = open("größe 🦀\r\n👩‍👩‍👧\rlone\nend", encoding);
        let mut expected = text(&documents);
        for _ in 0..300 {
            let at = range((next(6), next(9)), (next(6), next(9)));
            let new_text = ["", "x", "\n", "\r", "\r\n", "🦀", "é\n"][next(7) as usize];
            let line_index = LineIndex::new(&expected);
            let start = line_index.offset(&expected, positions::from_proto(at.start), encoding);
            let end = line_index.offset(&expected, positions::from_proto(at.end), encoding);
            expected.replace_range(start.min(end)..start.max(end), new_text);
            change(&documents, Some(at), new_text);
            assert_eq!(text(&documents), expected);
        }
    }
}

#[test]
fn a_change_of_the_whole_text_replaces_only_what_differs() {
    let documents = open("one\ntwo\nthree\n", PositionEncoding::Utf16);
    let first = documents.add_anchor(&uri(), range((0, 0), (0, 3)));
    let last = documents.add_anchor(&uri(), range((2, 0), (2, 5)));
    change(&documents, None, "one\n2\n2a\nthree\n");
    assert_eq!(text(&documents), "one\n2\n2a\nthree\n");
    assert_eq!(documents.anchor(first), Some((uri(), range((0, 0), (0, 3)))));
    assert_eq!(documents.anchor(last), Some((uri(), range((3, 0), (3, 5)))));
    for text_after in ["", "aaa", "aa", "aaaa"] {
        change(&documents, None, text_after);
        assert_eq!(text(&documents), text_after);
    }
}

#[test]
fn anchors_move_with_edits() {
    let line = range((1, 0), (1, 3));
    let before = "one\ntwo\nthree\n";
    check_anchor(before, line, range((0, 0), (0, 0)), "zero\n", range((2, 0), (2, 3)));
    check_anchor(before, line, range((0, 0), (1, 0)), "", range((0, 0), (0, 3)));
    check_anchor(before, line, range((1, 0), (1, 0)), "\n", range((2, 0), (2, 3)));
    check_anchor(before, line, range((1, 1), (1, 2)), "www", range((1, 0), (1, 5)));
    check_anchor(before, line, range((1, 3), (1, 3)), "!", line);
    check_anchor(before, line, range((2, 0), (2, 5)), "3", line);
    check_anchor(before, line, range((0, 1), (1, 1)), "", range((0, 1), (0, 3)));
    check_anchor(before, line, range((1, 2), (2, 1)), "", range((1, 0), (1, 2)));
    check_anchor(before, line, range((0, 0), (3, 0)), "", range((0, 0), (0, 0)));
}

#[test]
fn anchors_survive_closing_and_opening() {
    let documents = open("one\ntwo\n", PositionEncoding::Utf16);
    let id = documents.add_anchor(&uri(), range((1, 0), (1, 3)));
    change(&documents, Some(range((0, 0), (0, 0))), "zero\n");
    documents.close(&uri());
    assert_eq!(documents.anchor(id), Some((uri(), range((2, 0), (2, 3)))));
    documents.open(TextDocumentItem::new(
        uri(),
        "markdown".to_owned(),
        1,
        "zero\none\ntwo\n".to_owned(),
    ));
    change(&documents, Some(range((0, 0), (1, 0))), "");
    assert_eq!(documents.anchor(id), Some((uri(), range((1, 0), (1, 3)))));
    documents.forget_anchor(id);
    assert_eq!(documents.anchor(id), None);
}

#[test]
fn a_document_is_modified_between_its_first_change_and_its_save() {
    let documents = open("a", PositionEncoding::Utf16);
    assert!(!documents.get(&uri()).unwrap().is_modified);
    change(&documents, None, "b");
    let changed = documents.get(&uri()).unwrap();
    assert!(changed.is_modified);
    let saved = documents.save(&uri()).unwrap();
    assert!(!saved.is_modified);
    assert!(documents.is_current(&changed), "saving makes no new text");
}

#[test]
fn a_document_that_was_opened_again_is_not_its_old_self() {
    let documents = open("a", PositionEncoding::Utf16);
    let old = documents.get(&uri()).unwrap();
    documents.close(&uri());
    documents.open(TextDocumentItem::new(uri(), "markdown".to_owned(), 1, "a".to_owned()));
    assert!(!documents.is_current(&old));
}

#[test]
fn changes_to_unknown_documents_are_ignored() {
    let documents = Documents::default();
    change(&documents, None, "text");
    assert!(documents.get(&uri()).is_none());
}
