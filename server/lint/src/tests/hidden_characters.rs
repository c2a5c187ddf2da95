//! The rule for characters that nobody sees.

use expect_test::{Expect, expect};

use crate::tests::report::{check_fix, check_silent, findings};

fn skill(body: &str) -> String {
    format!("---\nname: count-rows\ndescription: Counts rows. Use for rows.\n---\n\n{body}\n")
}

#[track_caller]
fn silent(body: &str) {
    check_silent(&skill(body));
}

/// Compares the messages: a report would show the line with what nobody sees in it.
#[track_caller]
fn check(body: &str, expected: &Expect) {
    let text = skill(body);
    let findings = findings(&text, Some("count-rows"));
    let lines: Vec<_> = findings
        .iter()
        .map(|it| {
            let places = it.related.iter().map(|(span, _)| span).chain([&it.span]);
            let hidden: Vec<_> = places.map(|it| it.of(&text).escape_debug().to_string()).collect();
            format!("{} {} {:?}\n", it.severity, it.message, hidden)
        })
        .collect();
    expected.assert_eq(&lines.concat());
}

#[test]
fn hidden_characters_are_found() {
    check(
        "Größe: run `count\u{200b}er`, then `count\u{200b}er` again.",
        &expect![[r#"
            warning There is a character without width here (U+200B): nobody sees it, but agents and programs read another word ["\\u{200b}", "\\u{200b}"]
        "#]],
    );
    check(
        "Run `a\u{202e}b\u{202c}`.",
        &expect![[r#"
            warning A hidden control (U+202E) changes the order in which the text is shown: people read something else than agents and programs do ["\\u{202e}"]
            warning A hidden control (U+202C) changes the order in which the text is shown: people read something else than agents and programs do ["\\u{202c}"]
        "#]],
    );
    check(
        "A \u{e0041}\u{e0062}\u{e0020}\u{e0063}word.",
        &expect![[r#"
            warning Invisible characters spell "Ab c" here: only agents read it ["\\u{e0041}\\u{e0062}\\u{e0020}\\u{e0063}"]
        "#]],
    );
    check(
        "A\u{fe01}\u{fe02}\u{fe03} word.",
        &expect![[r#"
            warning Variation selectors follow each other here (U+FE02 U+FE03): nobody sees them, and a text can be hidden in them ["\\u{fe02}\u{fe03}"]
        "#]],
    );
}

#[test]
fn the_fix_leaves_what_is_seen() {
    check_fix(
        &skill("a\u{200b}b\u{2060}\u{200c}c \u{202e}d\u{202c}\r\ne\u{e0041}\u{e007f}f\u{feff}g"),
        &expect![[r#"
            ---
            name: count-rows
            description: Counts rows. Use for rows.
            ---

            abc d
            efg
        "#]],
    );
}

#[test]
fn what_writing_needs_is_silent() {
    silent(
        "## 🧑\u{200d}💻 Steps\n\n❤\u{fe0f}\u{200d}🔥 👩🏽\u{200d}🚀 🏳\u{fe0f}\u{200d}🌈 1\u{fe0f}\u{20e3}",
    );
    silent("می\u{200c}خواهم, क\u{94d}\u{200d}ष, ภาษา\u{200b}ไทย");
    silent("שלום (abc)\u{200f}, עולם");
    silent("🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} ⚠\u{fe0f} 葛\u{e0100}");
}
