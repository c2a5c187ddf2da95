//! The `structure` rules.

use expect_test::expect;

use crate::tests::report::{check, check_fix, check_silent, check_unsafe_fix, findings};

/// Returns a skill with this body.
fn with(body: &str) -> String {
    format!("---\nname: count-rows\ndescription: Counts rows. Use for rows.\n---\n\n{body}")
}

/// Returns a skill with this body that a teacher wrote.
fn from_teacher(body: &str) -> String {
    format!(
        "---\nname: count-rows\ndescription: Counts rows. Use when rows: are counted.\nmetadata:\n  source: \"teacher-escalation\"\n  accepted: \"2026-08-01T10:00:00Z\"\n---\n\n{body}"
    )
    .replace("rows: are", "rows are")
}

fn codes(text: &str) -> Vec<&'static str> {
    findings(text, Some("count-rows")).iter().map(|it| it.rule.code).collect()
}

#[test]
fn lines_of_the_body_are_counted_without_blank_ones_at_the_end() {
    check_silent(&with(&format!("# Title\n{}\n\n\n", "x\n".repeat(499))));
    let text = with(&format!("# Größe\n{}", "x\n".repeat(500))).replace('\n', "\r\n");
    assert_eq!(codes(&text), ["structure/too-long"]);
    let found = findings(&text, Some("count-rows"));
    assert_eq!(found[0].span.of(&text), "# Größe");
    expect!["The body has more than 500 lines, and the format advises at most 500: move what is not needed every time into files of its own and say when to read them"].assert_eq(&found[0].message);
}

#[test]
fn the_message_of_a_long_body_does_not_change_with_each_line() {
    let message = |body: String| findings(&with(&body), Some("count-rows"))[0].message.clone();
    let with_lines = |n: usize| message(format!("# Größe\n{}", "x\n".repeat(n - 1)));
    assert_eq!(with_lines(578), with_lines(600));
    assert!(with_lines(578).contains("more than 550 lines"), "{}", with_lines(578));
    assert!(with_lines(601).contains("more than 600 lines"), "{}", with_lines(601));
    let with_tokens = |n: usize| message("word ".repeat(n));
    assert_eq!(with_tokens(5_600), with_tokens(5_900));
    assert_ne!(with_tokens(5_600), with_tokens(6_100));
}

#[test]
fn a_body_without_a_title_is_marked_at_its_first_line() {
    let text = with(&"first line\n".repeat(501));
    assert_eq!(findings(&text, Some("count-rows"))[0].span.of(&text), "first line");
}

#[test]
fn tokens_of_the_body_are_estimated() {
    check_silent(&with(&"word ".repeat(4_999)));
    let text = with(&"word ".repeat(5_200));
    let found = findings(&text, Some("count-rows"));
    assert_eq!(codes(&text), ["structure/too-many-tokens"]);
    expect!["The body has more than about 5000 tokens, and the format advises at most 5000: all of it is in the way of the task as soon as the skill is used"].assert_eq(&found[0].message);
}

#[test]
fn what_a_template_left_is_told() {
    check(
        "---\nname: count-rows\ndescription: \"[TODO: what it does. Use when]\"\n---\n\n# Ü\n\nÜ [TODO: more] and\n\n- [TODO]\n\n## Structuring This Skill\n",
        &expect![[r#"
            3 | description: "[TODO: what it does. Use when]"
              |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ warning structure/scaffold-left: This was left over from a template: agents take it for part of the skill. Fill it in or remove it
            8 | Ü [TODO: more] and
              |   ^^^^^^^^^^^^ warning structure/scaffold-left: This was left over from a template: agents take it for part of the skill. Fill it in or remove it
            10 | - [TODO]
               |   ^^^^^^ warning structure/scaffold-left: This was left over from a template: agents take it for part of the skill. Fill it in or remove it
            12 | ## Structuring This Skill
               |    ^^^^^^^^^^^^^^^^^^^^^^ warning structure/scaffold-left: This was left over from a template: agents take it for part of the skill. Fill it in or remove it
        "#]],
    );
}

#[test]
fn todos_that_a_skill_is_about_are_no_scaffold() {
    for body in [
        "Mark it as `[TODO: ask]`.\n",
        "```\n[TODO: fill in]\n```\n",
        "Read [TODO](todo.md) and [TODO: list](todo.md).\n",
        "Write \"[TODO: ask]\" where it is unknown.\n",
        "Unknowns are marked [TODO] there.\n",
        "Find TODO comments.\n",
    ] {
        check_silent(&with(body));
    }
}

#[test]
fn a_heading_that_is_there_twice_is_told_once() {
    check(
        &with("# Title\n\n## Größe\n\nA\n\n## B\n\n## Größe\n\nC\n\n## Größe\n"),
        &expect![[r#"
            14 | ## Größe
               | ^^^^^^^^ hint structure/duplicate-heading: There is a section "Größe" above already: agents that look for it by its name find only one of them. Join them or give each a name of its own
               = 8:1 the first one
               = 18:1 and here
        "#]],
    );
}

#[test]
fn equal_headings_in_different_places_are_fine() {
    check_silent(&with(
        "# Title\n\n## A\n\n### Example\n\n## B\n\n### Example\n\n```\n## A\n```\n\n### A\n",
    ));
}

#[test]
fn a_number_that_is_left_out_or_there_twice_is_told() {
    let text = with(
        "1. Größe\n2. B\n\n   - x\n\n   ```\n   9. no\n   ```\n2. C\n3. D\n\nOther:\n\n1. A\n2. B\n4. C\n",
    );
    check(
        &text,
        &expect![[r#"
        14 | 2. C
           | ^ hint structure/step-numbering: Two steps are number 2: an agent that is told to go to one may take the other
           = fix (Safe): Number the steps anew
        21 | 4. C
           | ^ hint structure/step-numbering: Step 4 follows step 2: is one missing, or is the number wrong?
           = fix (Safe): Number the steps anew
    "#]],
    );
    check_fix(
        &text,
        &expect![[r#"
        ---
        name: count-rows
        description: Counts rows. Use for rows.
        ---

        1. Größe
        2. B

           - x

           ```
           9. no
           ```
        3. C
        4. D

        Other:

        1. A
        2. B
        3. C
    "#]],
    );
    check_fix(
        &text.replace('\n', "\r\n"),
        &expect![[r#"
        ---\r
        name: count-rows\r
        description: Counts rows. Use for rows.\r
        ---\r
        \r
        1. Größe\r
        2. B\r
        \r
           - x\r
        \r
           ```\r
           9. no\r
           ```\r
        3. C\r
        4. D\r
        \r
        Other:\r
        \r
        1. A\r
        2. B\r
        3. C\r
    "#]],
    );
}

#[test]
fn numbers_that_are_mentioned_are_not_changed_without_a_look() {
    let text = with("1. A\n2. B\n2. C\n\nGo back to step 2.\n");
    assert_eq!(findings(&text, None)[0].safe_fix(), None);
    check_unsafe_fix(
        &text,
        &expect![[r#"
        ---
        name: count-rows
        description: Counts rows. Use for rows.
        ---

        1. A
        2. B
        3. C

        Go back to step 2.
    "#]],
    );
}

#[test]
fn headings_are_counted_too() {
    let text = with("## Step 1: Größe\n\n## Step 2: B\n\n## Step 4: C\n\n## Other\n");
    check(
        &text,
        &expect![[r#"
        10 | ## Step 4: C
           |         ^ hint structure/step-numbering: Step 4 follows step 2: is one missing, or is the number wrong?
           = fix (Safe): Number the steps anew
    "#]],
    );
    check_fix(
        &text,
        &expect![[r#"
        ---
        name: count-rows
        description: Counts rows. Use for rows.
        ---

        ## Step 1: Größe

        ## Step 2: B

        ## Step 3: C

        ## Other
    "#]],
    );
}

#[test]
fn other_ways_to_count_are_fine() {
    for body in [
        "1. A\n1. B\n1. C\n",
        "3. A\n2. B\n1. C\n",
        "4. A\n5. B\n6. C\n",
        "1. A\n   1. a\n   2. b\n2. B\n   1. a\n3. C\n",
        "1. A\n\n```sh\nls\n```\n\n2. B\n\ntext\n\n3. C\n",
        "2024. A\n2026. B\n",
        "1. A\n5. B\n9. C\n12. D\n",
        "## Step 1: A\n\n## Step 2: B\n\n## Step 1: C\n\n## Step 2: D\n\n## Step 3: E\n",
        "## Step 1: A\n\n## Step 2: B\n\n## Step 2 is done\n\n## Step 3: C\n",
        "## Step 1\n\n## Step 2a\n\n## Step 2b\n\n## Step 3\n",
        "## 1. A\n\n### 1. B\n\n### 2. C\n\n## 2. D\n",
        "## 1.1 A\n\n## 1.3 B\n\n## 1.7 C\n",
        "## Version 1\n\n## Version 3\n\n## 3 things\n\n## 5 things\n\n## 5 more\n",
    ] {
        check_silent(&with(body));
    }
}

#[test]
fn a_teachers_skill_needs_its_sections() {
    let text = from_teacher("# Count\n\nIntro.\n\n## Steps\n\n1. Run `wc`.\n");
    check(
        &text,
        &expect![[r#"
        9 | # Count
          | ^^^^^^^ hint structure/missing-section: The skill comes from a teacher and has no section "When to Use": a weaker model needs it spelled out
          = fix (Safe): Insert the section "When to Use"
        9 | # Count
          | ^^^^^^^ hint structure/missing-section: The skill comes from a teacher and has no section "Verification": a weaker model needs it spelled out
          = fix (Safe): Insert the section "Verification"
    "#]],
    );
    check_fix(
        &text,
        &expect![[r#"
        ---
        name: count-rows
        description: Counts rows. Use when rows are counted.
        metadata:
          source: "teacher-escalation"
          accepted: "2026-08-01T10:00:00Z"
        ---

        # Count

        Intro.

        ## When to Use

        Use when rows are counted.

        ## Steps

        1. Run `wc`.

        ## Verification

    "#]],
    );
}

#[test]
fn sections_are_inserted_in_front_of_the_notes() {
    let text = from_teacher(
        "# Count\n\n## When to Use\n\nx\n\n## Procedure\n\n1. Run `wc`.\n\n<!-- APPENDIX_START -->\n## Execution Notes Appendix\n\n- Run `wc` first.\n<!-- APPENDIX_END -->\n",
    );
    check_fix(
        &text,
        &expect![[r#"
        ---
        name: count-rows
        description: Counts rows. Use when rows are counted.
        metadata:
          source: "teacher-escalation"
          accepted: "2026-08-01T10:00:00Z"
        ---

        # Count

        ## When to Use

        x

        ## Procedure

        1. Run `wc`.

        ## Verification

        <!-- APPENDIX_START -->
        ## Execution Notes Appendix

        - Run `wc` first.
        <!-- APPENDIX_END -->
    "#]],
    );
}

#[test]
fn an_empty_section_is_told_at_its_heading() {
    check(
        &from_teacher(
            "# Count\n\n## When to Use\n\n<!-- later -->\n\n## Procedure\n\n### First\n\n1. Run `wc`.\n\n## Pitfalls\n\n## Verification\n\nLook at `wc`.\n",
        ),
        &expect![[r#"
            11 | ## When to Use
               | ^^^^^^^^^^^^^^ hint structure/empty-section: The section "When to Use" is empty: fill it in
            21 | ## Pitfalls
               | ^^^^^^^^^^^ hint structure/empty-section: The section "Pitfalls" is empty: fill it in, or leave it out if nothing goes wrong
        "#]],
    );
}

#[test]
fn other_skills_have_the_sections_that_they_like() {
    check_silent(&with("# Count\n\n## Pitfalls\n\n## Procedure\n"));
    check_silent(&with("").replace("---\n\n", "metadata:\n  source: https://example.org\n---\n\n"));
}
