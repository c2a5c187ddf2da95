//! The `description` rules.

use expect_test::expect;

use crate::tests::report::{check, check_silent, findings, findings_of_all_rules};

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

/// Claims that a description says when, or that it does not.
#[track_caller]
fn check_trigger(description: &str, lines: &str, says_when: bool) {
    let text = format!("---\nname: count-rows\ndescription: \"{description}\"\n{lines}---\n");
    let found = findings_of_all_rules(&text, None);
    let codes: Vec<_> = found.iter().map(|it| it.rule.code).collect();
    let is_told = codes.contains(&"description/no-trigger");
    assert_eq!(is_told, !says_when, "{description}");
    if let Some(finding) = found.iter().find(|it| it.rule.code == "description/no-trigger") {
        assert_eq!(finding.span.of(&text), format!("\"{description}\""));
    }
}

#[test]
fn a_description_that_does_not_say_when_is_told() {
    for description in [
        "Counts rows.",
        "Expert toolkit. Parses, filters and exports tables, with tests for CSV and JSON.",
        "Counts the rows of a file – quickly.",
        "Row counter",
        "User interface design.",
    ] {
        check_trigger(description, "", /*says_when*/ false);
    }
}

#[test]
fn every_way_to_say_when_counts() {
    for description in [
        "Counts rows. Use when rows are counted.",
        "Counts rows; use this skill for tables.",
        "Counts rows whenever a file is opened.",
        "Counts rows. Triggers on CSV.",
        "Counts rows, if there are some.",
        "Must be used before a release.",
        "Useful for tables.",
        "Toolkit for counting rows.",
        "Row counter, for tables.",
        "Zählt Zeilen. Für große Größen.",
        "数える",
    ] {
        check_trigger(description, "", /*says_when*/ true);
    }
}

#[test]
fn fields_that_say_when_are_enough() {
    for lines in
        ["when_to_use: for rows\n", "disable-model-invocation: true\n", "paths: \"*.csv\"\n"]
    {
        check_trigger("Counts rows.", lines, /*says_when*/ true);
    }
    check_trigger("Counts rows.", "disable-model-invocation: false\n", /*says_when*/ false);
}
