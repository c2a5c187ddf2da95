//! What a merge keeps, takes and leaves out.

use expect_test::{Expect, expect};

use super::{merge_lines, merge_skill};

const TAUGHT: &str = "\
---
name: count-csv-rows
description: Counts the rows of a CSV file. Use when somebody asks how many there are.
metadata:
  status: \"published\"
---

# Count csv rows

## Procedure

1. List the folder with `list_files`.
2. Run `wc -l FILE`.

## Verification

- The number is not negative.
";

const TAUGHT_AGAIN: &str = "\
---
name: count-rows-of-csv
description: Counts the data rows of a CSV file. Use when somebody asks how many there are.
metadata:
  status: \"draft\"
---

# Count rows of csv

## Procedure

1. List the folder with `list_files`.
2. Run `tail -n +2 FILE | wc -l`.

## Pitfalls

- The first line names the columns.

## Verification

- The number is not negative.
";

#[track_caller]
fn check(base: Option<&str>, ours: &str, expected: &Expect) -> Vec<String> {
    let merged = merge_skill(base, ours, TAUGHT_AGAIN);
    let diff = similar::TextDiff::from_lines(ours, merged.text.as_str());
    expected.assert_eq(&diff.unified_diff().context_radius(0).to_string());
    merged.left_out
}

#[test]
fn what_nobody_changed_by_hand_gives_way_to_what_was_learnt() {
    let left_out = check(
        Some(TAUGHT),
        TAUGHT,
        &expect![[r#"
            @@ -3 +3 @@
            -description: Counts the rows of a CSV file. Use when somebody asks how many there are.
            +description: Counts the data rows of a CSV file. Use when somebody asks how many there are.
            @@ -13 +13,5 @@
            -2. Run `wc -l FILE`.
            +2. Run `tail -n +2 FILE | wc -l`.
            +
            +## Pitfalls
            +
            +- The first line names the columns.
        "#]],
    );
    assert!(left_out.is_empty());
}

#[test]
fn what_a_person_changed_stays_and_the_rest_is_taken() {
    let ours = TAUGHT
        .replace("Run `wc -l FILE`.", "Run `wc -l FILE`, never `cat`: the files are huge.")
        .replace("Counts the rows", "Counts what our exports hold");
    let ours = format!(
        "{ours}\nOur exports end with a line of totals.\n\n<!-- APPENDIX_START -->\n- A note.\n\
         <!-- APPENDIX_END -->\n"
    );
    let left_out = check(
        Some(TAUGHT),
        &ours,
        &expect![[r#"
            @@ -20,0 +21,4 @@
            +## Pitfalls
            +
            +- The first line names the columns.
            +
        "#]],
    );
    assert_eq!(left_out, ["2. Run `tail -n +2 FILE | wc -l`.\n\n"]);
}

#[test]
fn to_a_text_that_was_written_by_hand_is_only_added() {
    let ours = "---\nname: rows\ndescription: Ours.\n---\n\n# Rows\n\nBy hand.\n\n## Procedure\n\n\
                1. List the folder with `list_files`.\n\n2. Say the number.\n\n## Our habits\n\n\
                ```sh\n## no heading\n```\n\n<!-- APPENDIX_START -->\n- A note.\n\
                <!-- APPENDIX_END -->\n";
    check(
        None,
        ours,
        &expect![[r#"
            @@ -14 +14,3 @@
            -2. Say the number.
            +2. Run `tail -n +2 FILE | wc -l`.
            +
            +3. Say the number.
            @@ -21,0 +24,8 @@
            +## Pitfalls
            +
            +- The first line names the columns.
            +
            +## Verification
            +
            +- The number is not negative.
            +
        "#]],
    );
}

#[test]
fn what_says_the_same_adds_nothing() {
    let ours = TAUGHT_AGAIN.replace("count-rows-of-csv", "mine").replace("1. List", "1) list");
    assert_eq!(merge_skill(None, &ours, TAUGHT_AGAIN).text, ours);
    let published = TAUGHT_AGAIN.replace("draft", "published");
    assert_eq!(merge_skill(Some(&published), &published, TAUGHT_AGAIN).text, published);
}

#[test]
fn bullets_and_numbers_are_those_of_the_list_that_is_there() {
    let ours = "## Procedure\n\n* One thing is done first.\n* Another is done last of all.\n";
    let proposed = "## Procedure\n\n1. One thing is done first.\n2. Then something in between.\n";
    let merged = merge_skill(None, ours, proposed).text;
    expect![[r#"
        ## Procedure

        * One thing is done first.
        * Then something in between.
        * Another is done last of all.
    "#]]
    .assert_eq(&merged);
    let ours = "## Procedure\n\n1. One thing is done first.\n1. Another is done last of all.";
    let merged = merge_skill(None, ours, proposed).text;
    expect![[r#"
        ## Procedure

        1. One thing is done first.
        1. Then something in between.
        1. Another is done last of all."#]]
    .assert_eq(&merged);
}

#[test]
fn what_one_side_adds_beside_a_change_of_the_other_is_taken() {
    let merged = merge_lines("a\nb\n", "a\nb\nours\n", "a\nB\n");
    assert_eq!((merged.text.as_str(), merged.left_out.len()), ("a\nB\nours\n", 0));
    let merged = merge_lines("a\nb\n", "a\nB\n", "a\ntheirs\nb\n");
    assert_eq!((merged.text.as_str(), merged.left_out.len()), ("a\ntheirs\nB\n", 0));
    let merged = merge_lines("a\n", "a\nours\n", "a\ntheirs\n");
    assert_eq!((merged.text.as_str(), merged.left_out.len()), ("a\nours\ntheirs\n", 0));
}

#[test]
fn changes_of_both_sides_at_one_place_leave_what_was_written_by_hand() {
    let merged = merge_lines("a\nb\nc\n", "a\nours\nc\n", "a\ntheirs\nc\nd\n");
    assert_eq!(
        (merged.text.as_str(), merged.left_out),
        ("a\nours\nc\nd\n", vec!["theirs\n".to_owned()])
    );
}
