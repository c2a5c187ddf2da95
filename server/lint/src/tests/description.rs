//! The `description` rules.

use expect_test::expect;

use crate::tests::report::{check, check_silent, findings};

#[test]
fn a_missing_description_is_told_at_the_block() {
    check(
        "---\nname: count-rows\n---\n",
        &expect![[r#"
        1 | ---
          | ^^^ error description/missing: The frontmatter has no `description`: clients skip a skill that does not say what it does and when to use it
    "#]],
    );
}

#[test]
fn an_empty_description_is_told_at_its_key() {
    check(
        "---\nname: count-rows\ndescription: \"  \"\n---\n",
        &expect![[r#"
        3 | description: "  "
          | ^^^^^^^^^^^ error description/missing: The `description` is empty: say what the skill does and when to use it
    "#]],
    );
    check(
        "---\nname: count-rows\ndescription:\n---\n",
        &expect![[r#"
        3 | description:
          | ^^^^^^^^^^^ error description/missing: The `description` is empty: say what the skill does and when to use it
    "#]],
    );
    check(
        "---\nname: count-rows\ndescription:\n  - a\n  - b\n---\n",
        &expect![[r#"
            4 |   - a
              |   ^^^ error frontmatter/wrong-type: The `description` must be a text, not a list: strict clients refuse the skill
        "#]],
    );
}

#[test]
fn descriptions_are_counted_in_characters_after_decoding() {
    let words = "é ".repeat(511);
    check_silent(&format!("---\nname: count-rows\ndescription: {words}é\n---\n"));
    check_silent(&format!("---\nname: count-rows\ndescription: >\n  {words}\n  é\n---\n"));
    let long = "é".repeat(1025);
    let text = format!("---\nname: count-rows\ndescription: \"{long}\"\n---\n");
    let found = findings(&text, None);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].span.of(&text), format!("\"{long}\""));
    expect!["The `description` has 1025 characters; clients accept at most 1024: move details into the body"].assert_eq(&found[0].message);
}
