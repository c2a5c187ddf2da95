//! The `name` rules.

use expect_test::expect;

use crate::tests::report::{check, check_fix, check_silent, findings};

#[test]
fn a_missing_name_is_taken_from_the_folder() {
    let text = "---\ndescription: Counts rows.\n---\n";
    check(
        text,
        &expect![[r#"
        1 | ---
          | ^^^ error name/missing: The frontmatter has no `name`: it must be the name of the skill's folder
          = fix (Safe): Name it `count-rows`, like its folder
    "#]],
    );
    check_fix(
        text,
        &expect![[r#"
        ---
        name: count-rows
        description: Counts rows.
        ---
    "#]],
    );
    check_fix(
        "---\r\ndescription: Counts rows.\r\n---\r\n",
        &expect![[r#"
            ---\r
            name: count-rows\r
            description: Counts rows.\r
            ---\r
        "#]],
    );
}

#[test]
fn an_empty_name_is_filled_in() {
    for text in [
        "---\nname:\ndescription: Counts rows.\n---\n",
        "---\nname: # later\ndescription: Counts rows.\n---\n",
        "---\nname: \"\"\ndescription: Counts rows.\n---\n",
        "---\nname: ~\ndescription: Counts rows.\n---\n",
    ] {
        let codes: Vec<_> = findings(text, None).iter().map(|it| it.rule.code).collect();
        assert_eq!(codes, ["name/missing"], "{text}");
    }
    check_fix(
        "---\nname:\ndescription: Counts rows.\n---\n",
        &expect![[r#"
        ---
        name: count-rows
        description: Counts rows.
        ---
    "#]],
    );
    check_fix(
        "---\nname: # later\ndescription: Counts rows.\n---\n",
        &expect![[r#"
        ---
        name: count-rows # later
        description: Counts rows.
        ---
    "#]],
    );
    check_fix(
        "---\nname: \"\"\ndescription: Counts rows.\n---\n",
        &expect![[r#"
        ---
        name: count-rows
        description: Counts rows.
        ---
    "#]],
    );
}

#[test]
fn a_name_that_is_a_list_is_left_to_people() {
    check(
        "---\nname: [count, rows]\ndescription: Counts rows.\n---\n",
        &expect![[r#"
        2 | name: [count, rows]
          | ^^^^ error name/missing: The `name` must be a text, not a list or fields of its own
    "#]],
    );
}

#[test]
fn a_folder_with_an_invalid_name_is_not_taken() {
    let found = findings("---\ndescription: Counts rows.\n---\n", Some("Count Rows"));
    assert_eq!(found[0].fix, None);
}

#[test]
fn a_similar_key_is_not_doubled() {
    check(
        "---\nName: count-rows\ndescription: Counts rows.\n---\n",
        &expect![[r#"
        1 | ---
          | ^^^ error name/missing: The frontmatter has no `name`: it must be the name of the skill's folder
    "#]],
    );
}

#[test]
fn invalid_names_are_told_apart_and_become_kebab_case() {
    for name in
        ["Count Rows", "count_rows", "count--rows", "-count-rows", "count.rows", "CountRows"]
    {
        let text = format!("---\nname: {name}\ndescription: Counts rows.\n---\n");
        check_fix(
            &text,
            &expect![[r#"
            ---
            name: count-rows
            description: Counts rows.
            ---
        "#]],
        );
    }
    check(
        "---\nname: \"Count Rows\"\ndescription: Counts rows.\n---\n",
        &expect![[r#"
        2 | name: "Count Rows"
          |       ^^^^^^^^^^^^ error name/invalid: `Count Rows` is no valid name: letters must be lower-case
          = fix (Safe): Rename it to `count-rows`
    "#]],
    );
    check(
        "---\nname: count--rows\ndescription: Counts rows.\n---\n",
        &expect![[r#"
        2 | name: count--rows
          |       ^^^^^^^^^^^ error name/invalid: `count--rows` is no valid name: two hyphens must not follow each other
          = fix (Safe): Rename it to `count-rows`
    "#]],
    );
    check(
        "---\nname: count/rows\ndescription: Counts rows.\n---\n",
        &expect![[r#"
        2 | name: count/rows
          |       ^^^^^^^^^^ error name/invalid: `count/rows` is no valid name: only lower-case letters, digits and hyphens are allowed
          = fix (Safe): Rename it to `count-rows`
    "#]],
    );
}

#[test]
fn a_name_in_a_block_is_replaced_with_the_block() {
    check_fix(
        "---\nname: >-\n  Count\n  Rows\ndescription: Counts rows.\n---\n",
        &expect![[r#"
        ---
        name: count-rows
        description: Counts rows.
        ---
    "#]],
    );
}

#[test]
fn letters_beyond_ascii_are_a_hint() {
    check(
        "---\nname: größe-ändern\ndescription: Counts rows.\n---\n",
        &expect![[r#"
        2 | name: größe-ändern
          |       ^^^^^^^^^^^^ hint name/invalid: `größe-ändern` has letters beyond a to z, which some clients do not accept
    "#]],
    );
}

#[test]
fn a_name_without_any_usable_letter_has_no_fix() {
    check(
        "---\nname: \"!!\"\ndescription: Counts rows.\n---\n",
        &expect![[r#"
        2 | name: "!!"
          |       ^^^^ error name/invalid: `!!` is no valid name: only lower-case letters, digits and hyphens are allowed
    "#]],
    );
}

#[test]
fn names_are_counted_in_characters() {
    check_silent(&format!("---\nname: {}\ndescription: Counts rows.\n---\n", "x".repeat(64)));
    let text = format!("---\nname: {}rows\ndescription: Counts rows.\n---\n", "count-".repeat(12));
    check(
        &text,
        &expect![[r#"
        2 | name: count-count-count-count-count-count-count-count-count-count-count-count-rows
          |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ error name/too-long: The `name` has 76 characters; clients accept at most 64
          = fix (Safe): Shorten it to `count-count-count-count-count-count-count-count-count-count`
    "#]],
    );
    check_fix(
        &text,
        &expect![[r#"
        ---
        name: count-count-count-count-count-count-count-count-count-count
        description: Counts rows.
        ---
    "#]],
    );
}
