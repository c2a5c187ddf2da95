//! Fixes of many findings at once.

use skill::{Span, TextEdit};

use crate::{Finding, Fix, FixedText, Safety, Severity, fix_all, rule};

/// Returns a finding whose fix puts the first letter of each stretch in brackets.
fn finding(text: &str, safety: Safety, stretches: &[(usize, usize)]) -> Finding {
    let span = Span::new(0, 1);
    let edit = |&(start, end): &(usize, usize)| {
        let span = Span::new(start, end);
        TextEdit::replace(span, format!("[{}]", span.of(text).get(..1).unwrap_or_default()))
    };
    let edits = stretches.iter().map(edit).collect();
    Finding {
        rule: rule("name/invalid").unwrap(),
        severity: Severity::Hint,
        message: String::new(),
        span,
        related: Vec::new(),
        fixes: vec![Fix { title: String::new(), edits, safety }],
    }
}

#[track_caller]
fn check(stretches: &[&[(usize, usize)]], expected: Option<(&str, usize)>) {
    let text = "abcdefghij";
    let findings: Vec<_> = stretches.iter().map(|it| finding(text, Safety::Safe, it)).collect();
    let expected = expected.map(|(text, n_fixed)| FixedText { text: text.to_owned(), n_fixed });
    assert_eq!(fix_all(text, &findings, Safety::Safe), expected);
}

#[test]
fn fixes_apart_from_each_other_are_all_made() {
    check(&[&[(4, 6)], &[(0, 1), (9, 10)], &[(7, 8)]], Some(("[a]bcd[e]g[h]i[j]", 3)));
}

#[test]
fn a_fix_that_touches_an_earlier_one_waits() {
    check(&[&[(2, 4)], &[(4, 5)], &[(1, 2)], &[(3, 3)], &[(6, 7)]], Some(("ab[c]ef[g]hij", 2)));
    check(&[&[(0, 10)], &[(3, 4)]], Some(("[a]", 1)));
    check(&[&[(3, 4)], &[(0, 10)]], Some(("abc[d]efghij", 1)));
}

#[test]
fn a_fix_is_made_whole_or_not_at_all() {
    check(&[&[(4, 5)], &[(0, 1), (4, 5)], &[(0, 1)]], Some(("[a]bcd[e]fghij", 2)));
}

#[test]
fn edits_of_one_fix_may_touch() {
    check(&[&[(2, 4), (4, 6), (6, 6)], &[(8, 9)]], Some(("ab[c][e][]gh[i]j", 2)));
}

#[test]
fn without_fixes_nothing_is_left() {
    check(&[], None);
    let text = "abc";
    let findings = [finding(text, Safety::Unsafe, &[(0, 1)])];
    assert_eq!(fix_all(text, &findings, Safety::Safe), None);
    let fixed = fix_all(text, &findings, Safety::Unsafe).unwrap();
    assert_eq!(fixed.text, "[a]bc");
}
