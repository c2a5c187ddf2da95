//! The `text` rules.

use expect_test::expect;

use crate::tests::report::{check, check_fix, check_silent, check_unsafe_fix, findings};

/// Returns a skill with this body.
fn with(body: &str) -> String {
    format!("---\nname: count-rows\ndescription: Counts rows. Use for rows.\n---\n\n{body}")
}

#[test]
fn what_could_not_be_decoded_is_marked_where_it_stands() {
    check(
        "---\nname: count-rows\ndescription: Z\u{fffd}hlt rows. Use for rows.\n---\n\nUnd \u{fffd}.\n",
        &expect![[r#"
            3 | description: Z�hlt rows. Use for rows.
              |               ^ warning text/encoding: A character is lost here: U+FFFD stands for what was not UTF-8. Put the right one in, and save the file as UTF-8
              = 6:5 and here
        "#]],
    );
}

#[test]
fn code_about_the_mark_is_left_alone() {
    check_silent(&with("Find `\u{fffd}`.\n"));
}

#[test]
fn a_byte_order_mark_is_removed() {
    let text = format!("\u{feff}{}", with("Ü\n"));
    check(
        &text,
        &expect![[r#"
        1 | ---
          | ^ warning text/encoding: The file starts with a byte order mark, which nobody sees: clients that do not expect it find no frontmatter
          = fix (Safe): Remove the byte order mark
    "#]],
    );
    check_fix(
        &text,
        &expect![[r#"
        ---
        name: count-rows
        description: Counts rows. Use for rows.
        ---

        Ü
    "#]],
    );
}

#[test]
fn line_ends_become_those_of_most_lines() {
    let text = with("Ü\r\nb\nc\r\n");
    check(
        &text,
        &expect![[r#"
        6 | Ü
          |  ^ warning text/encoding: The file mixes line ends: this one is CRLF, and most are LF. Tools that compare or edit lines stumble over it
          = fix (Safe): Make every line end LF
    "#]],
    );
    check_fix(
        &text,
        &expect![[r#"
        ---
        name: count-rows
        description: Counts rows. Use for rows.
        ---

        Ü
        b
        c
    "#]],
    );
    let text = format!("{}d\n\u{e4}\r", with("a\nb\n").replace('\n', "\r\n"));
    check_fix(
        &text,
        &expect![[r#"
        ---\r
        name: count-rows\r
        description: Counts rows. Use for rows.\r
        ---\r
        \r
        a\r
        b\r
        d\r
        ä\r
    "#]],
    );
}

#[test]
fn one_kind_of_line_ends_is_fine() {
    check_silent(&with("a\nb\n").replace('\n', "\r\n"));
}

#[test]
fn control_characters_are_removed() {
    let text = with("Ü \u{8}a\u{7f} b\u{8}\u{85}\tc\n");
    check(
        &text,
        &expect![[r#"
        6 | Ü a b	c
          |   ^ warning text/encoding: The control character U+0008 stands here, which nobody sees: remove it
          = 6:8 and here
          = fix (Safe): Remove the control character
        6 | Ü a b	c
          |     ^ warning text/encoding: The control character U+007F stands here, which nobody sees: remove it
          = fix (Safe): Remove the control character
        6 | Ü a b	c
          |         ^ warning text/encoding: The control character U+0085 stands here, which nobody sees: remove it
          = fix (Safe): Remove the control character
    "#]],
    );
    check_fix(
        &text,
        &expect![[r#"
        ---
        name: count-rows
        description: Counts rows. Use for rows.
        ---

        Ü a b	c
    "#]],
    );
}

#[test]
fn control_characters_in_code_are_not_removed_without_a_look() {
    let text = with("Print `\u{1b}[0m`.\n");
    assert_eq!(findings(&text, None)[0].safe_fix(), None);
    check_unsafe_fix(
        &text,
        &expect![[r#"
        ---
        name: count-rows
        description: Counts rows. Use for rows.
        ---

        Print `[0m`.
    "#]],
    );
}

#[test]
fn marks_beyond_ascii_are_no_control_characters() {
    check_silent(&with("§ 5 · © \u{a0} é 🦀 数\n"));
}
