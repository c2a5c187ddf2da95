//! The documents, and the place at which the bench types.

use crate::suite::{documents, typing_place::TypingPlace};

#[test]
fn documents_have_the_size_that_was_asked_for() {
    for n_bytes in [2 * 1024, 10 * 1024, 1024 * 1024] {
        assert_eq!(documents::skill("any", n_bytes).len(), n_bytes);
    }
}

#[test]
fn the_place_is_the_end_of_a_note_behind_the_middle() {
    let place = TypingPlace::find("ü\nNote: a\nNote: b\nNote: c\n").unwrap();
    assert_eq!((place.line, place.column, place.offset), (3, 7, 26));
}

#[test]
fn a_text_without_a_note_has_no_place() {
    assert!(TypingPlace::find("---\nname: x\n---\n").is_none());
}
