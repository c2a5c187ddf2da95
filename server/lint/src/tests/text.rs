//! The `text` rules.

use expect_test::expect;

use crate::tests::report::{check, check_silent};

#[test]
fn what_could_not_be_decoded_is_marked_where_it_stands() {
    check(
        "---\nname: count-rows\ndescription: Z\u{fffd}hlt rows. Use for rows.\n---\n\nUnd \u{fffd}.\n",
        &expect![[r#"
            3 | description: Z�hlt rows. Use for rows.
              |               ^ warning text/encoding: A character here could not be read: the file is not UTF-8. Save it as UTF-8 and put the right letter in
              = 6:5 and here
        "#]],
    );
}

#[test]
fn code_about_the_mark_is_left_alone() {
    check_silent(
        "---\nname: count-rows\ndescription: Counts. Use for rows.\n---\n\nFind `\u{fffd}`.\n",
    );
}
