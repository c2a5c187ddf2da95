//! Books that several processes keep, and that processes leave behind.

use std::{fs, thread, time::Duration};

use agent::ledger::Money;
use jiff::Timestamp;

use super::{DayBook, DayBookError, lock, open_private};

const CAP: f64 = 1.0;

fn usd(usd: f64) -> Money {
    Money::from_usd(usd)
}

fn noon() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn cap() -> Money {
    usd(CAP)
}

#[test]
fn a_reservation_counts_against_the_day_until_it_is_settled() {
    let state = tempfile::tempdir().unwrap();
    let book = DayBook::new(state.path());
    let entry = book.reserve(noon(), usd(0.7), cap()).unwrap();
    assert!(book.spent(noon()).unwrap().is_zero());
    let error = book.reserve(noon(), usd(0.4), cap()).unwrap_err();
    assert!(error.to_string().contains("raise `budget.day_usd`"), "{error}");
    let balance = book.settle(noon(), &entry, usd(0.1), cap()).unwrap();
    assert_eq!((balance.spent_usd, balance.reserved_usd), (usd(0.1), Money::default()));
    book.reserve(noon(), usd(0.9), cap()).unwrap();
    assert_eq!(book.spent(noon()).unwrap(), usd(0.1));
}

#[test]
fn servers_at_the_same_time_never_reserve_more_than_the_day_has() {
    let state = tempfile::tempdir().unwrap();
    let servers: Vec<_> = (0..8)
        .map(|_| {
            let book = DayBook::new(state.path());
            thread::spawn(move || {
                (0..25).filter(|_| book.reserve(noon(), usd(0.01), cap()).is_ok()).count()
            })
        })
        .collect();
    let reserved: usize = servers.into_iter().map(|server| server.join().unwrap()).sum();
    assert_eq!(reserved, 100);
    let text = fs::read_to_string(state.path().join("spending/2026-11-21.jsonl")).unwrap();
    assert_eq!(text.lines().count(), 100);
}

#[test]
fn what_a_dead_process_reserved_goes_on_counting() {
    let state = tempfile::tempdir().unwrap();
    drop(DayBook::new(state.path()).reserve(noon(), usd(0.7), cap()).unwrap());
    let book = DayBook::new(state.path());
    assert!(matches!(book.reserve(noon(), usd(0.4), cap()), Err(DayBookError::OverCap(_))));
    book.reserve(noon(), usd(0.3), cap()).unwrap();
}

#[test]
fn a_torn_line_is_no_entry_wherever_it_was_cut() {
    let state = tempfile::tempdir().unwrap();
    let book = DayBook::new(state.path());
    book.add(noon(), usd(0.25), cap()).unwrap();
    let path = state.path().join("spending/2026-11-21.jsonl");
    let first = fs::read(&path).unwrap();
    book.add(noon(), usd(0.5), cap()).unwrap();
    let whole = fs::read(&path).unwrap();
    for end in first.len()..whole.len() - 1 {
        fs::write(&path, &whole[..end]).unwrap();
        assert_eq!(book.spent(noon()).unwrap(), usd(0.25), "cut at {end}");
        let balance = book.add(noon(), usd(0.125), cap()).unwrap();
        assert_eq!(balance.spent_usd, usd(0.375), "cut at {end}");
        assert_eq!(book.spent(noon()).unwrap(), usd(0.375), "cut at {end}");
    }
}

#[test]
fn each_day_begins_with_nothing_spent_and_a_call_belongs_to_the_day_it_began_on() {
    let state = tempfile::tempdir().unwrap();
    let book = DayBook::new(state.path());
    let before: Timestamp = "2026-11-21T23:59:59Z".parse().unwrap();
    let after: Timestamp = "2026-11-22T00:00:03Z".parse().unwrap();
    let entry = book.reserve(before, usd(1.0), cap()).unwrap();
    book.settle(after, &entry, usd(0.75), cap()).unwrap();
    assert_eq!(book.spent(before).unwrap(), usd(0.75));
    assert!(book.spent(after).unwrap().is_zero());
    book.reserve(after, usd(1.0), cap()).unwrap();
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_the_books() {
    use std::os::unix::fs::PermissionsExt;

    let state = tempfile::tempdir().unwrap();
    DayBook::new(state.path()).add(noon(), usd(0.25), cap()).unwrap();
    let mode =
        |path: &str| fs::metadata(state.path().join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("spending"), 0o700);
    assert_eq!(mode("spending/2026-11-21.jsonl"), 0o600);
}

#[test]
fn money_is_not_spent_where_it_cannot_be_noted() {
    let state = tempfile::tempdir().unwrap();
    fs::write(state.path().join("spending"), "in the way").unwrap();
    let error = DayBook::new(state.path()).reserve(noon(), usd(0.1), cap()).unwrap_err();
    assert!(matches!(error, DayBookError::File { .. }), "{error}");
    assert!(error.to_string().contains("check free space and permissions"), "{error}");
}

#[test]
fn books_that_are_not_let_go_of_are_waited_for_and_then_given_up() {
    let state = tempfile::tempdir().unwrap();
    let book = DayBook::new(state.path());
    let page = book.open("2026-11-21").unwrap();
    let other = book.clone();
    let waiting = thread::spawn(move || other.reserve(noon(), usd(0.1), cap()));
    drop(page);
    waiting.join().unwrap().unwrap();
    let _page = book.open("2026-11-21").unwrap();
    let file = open_private(&book.path("2026-11-21")).unwrap();
    assert!(!lock(&file, Duration::from_millis(20)));
}
