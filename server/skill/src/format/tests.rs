//! What formatting changes, and what it leaves alone.

use crate::{SkillDocument, apply_edits, format};

const ORDER: [&str; 3] = ["name", "description", "license"];

#[track_caller]
fn check(before: &str, expected: &str) {
    let formatted = formatted(before);
    assert_eq!(formatted, expected);
    assert_eq!(format(&SkillDocument::parse(formatted.as_str()), &ORDER), []);
}

#[track_caller]
fn check_unchanged(text: &str) {
    check(text, text);
}

fn formatted(text: &str) -> String {
    let document = SkillDocument::parse(text);
    apply_edits(text, &format(&document, &ORDER)).unwrap()
}

#[test]
fn fields_come_in_the_order_of_the_table_with_their_comments() {
    check(
        "---\n# all of it\n\nextra: 1\n# short\ndescription: d\nname: n # why\nother: [a]\n---\nBody\n",
        "---\n# all of it\n\nname: n # why\n# short\ndescription: d\nextra: 1\nother: [a]\n---\nBody\n",
    );
}

#[test]
fn comments_stay_with_the_field_that_they_are_about() {
    check(
        "---\r\nmetadata:\r\n  a: |\r\n    größe\r\n  # about a\r\n# about the description\r\ndescription: d\r\nname: n\r\n---\r\n",
        "---\r\nname: n\r\n# about the description\r\ndescription: d\r\nmetadata:\r\n  a: |\r\n    größe\r\n  # about a\r\n---\r\n",
    );
    check(
        "---\nlicense: MIT\n# MIT: 😀\n\n# who\nname: n\ndescription: d\n---\n",
        "---\n# who\nname: n\ndescription: d\nlicense: MIT\n# MIT: 😀\n---\n",
    );
    check(
        "---\nlicense: MIT\n  # the last one\n---\n",
        "---\nlicense: MIT\n  # the last one\n---\n",
    );
}

#[test]
fn a_blank_line_before_a_field_that_moves_up_goes() {
    check(
        "---\nlicense: MIT\n\n  \r\nname: n\n\ndescription: d\n---\n",
        "---\nname: n\n\ndescription: d\nlicense: MIT\n---\n",
    );
    check_unchanged("---\n\nname: n\n\ndescription: d\n---\n");
}

#[test]
fn blocks_and_nested_fields_move_as_a_whole() {
    check(
        "---\r\nmetadata:\r\n  a: 'ü'\r\n  b:   2\r\ndescription: >-\r\n  one\r\n\r\n  two\r\nname: n\r\n---\r\n",
        "---\r\nname: n\r\ndescription: >-\r\n  one\r\n\r\n  two\r\nmetadata:\r\n  a: \"ü\"\r\n  b: 2\r\n---\r\n",
    );
}

#[test]
fn quotes_are_double_where_that_says_the_same() {
    check(
        "---\nname: 'n'\ndescription: 'it''s'\nlicense: 'a \"b\"'\nextra: 'a\\b'\n---\n",
        "---\nname: \"n\"\ndescription: \"it's\"\nlicense: 'a \"b\"'\nextra: 'a\\b'\n---\n",
    );
}

#[test]
fn what_cannot_be_read_for_sure_is_left_alone() {
    check_unchanged("---\nname: n\ndescription: a: b\nlicense: 'x'\n---\n");
    check_unchanged("---\ndescription: 'd'\nname: n\n");
    check_unchanged("---\ndescription: 'd'\nname: a\nname: b\n---\n");
    check_unchanged("---\n{description: 'd', name: n}\n---\n");
    check_unchanged("---\ndescription: &d text\nname: *d\n---\n");
}

#[test]
fn list_markers_are_hyphens_and_numbers_count() {
    check(
        "* one\n  + inner\n* two\n\n1. a\n3. b\n3. c\n",
        "- one\n  - inner\n- two\n\n1. a\n2. b\n3. c\n",
    );
    // Words in italics are no number of a step.
    check("* a\n* b\n\nThis step *must* run.\n", "- a\n- b\n\nThis step *must* run.\n");
    check_unchanged("1. a\n1. b\n1. c\n");
    // Half of a list would be counted twice.
    check_unchanged("1. a\n2. b\n3. c\n4. d\n5. e\n6. f\n7. g\n8. h\n10. 😀\n11. j\n12. k\n");
    // Whoever wrote the numbers speaks of them.
    check_unchanged("1. a\r\n2. b; then see **step 4**\r\n4. 😀\r\n");
    check_unchanged("4. a\n6. b\n7. c\n\nGo back to Step 6.\n");
    check_unchanged("```md\n* one\n```\n");
}

#[test]
fn protected_regions_stay_as_they_are() {
    check(
        "* 😀\r\n\r\n<!-- APPENDIX_START -->\r\n* one\r\n  + two\r\n\r\n1. a\r\n3. b\r\n<!-- APPENDIX_END -->\r\n\r\n* last\r\n",
        "- 😀\r\n\r\n<!-- APPENDIX_START -->\r\n* one\r\n  + two\r\n\r\n1. a\r\n3. b\r\n<!-- APPENDIX_END -->\r\n\r\n- last\r\n",
    );
}

#[test]
fn lists_that_would_become_one_are_left_alone() {
    check_unchanged("- one\n\n* two\n");
}
