//! The rules about single fields of the frontmatter.

use std::fmt::Write;

use expect_test::{Expect, expect};
use skill::SkillDocument;

use crate::{
    Safety, Settings, SkillFile, check as run, clients_of,
    tests::report::{check, check_fix, check_silent, check_unsafe_fix, findings},
};

/// Returns a whole skill with these lines in its frontmatter.
fn with(lines: &str) -> String {
    format!("---\nname: count-rows\ndescription: Counts rows. Use for rows.\n{lines}---\n")
}

/// Compares what is said about a file of this text at a place.
#[track_caller]
fn check_at(path: &str, lines: &str, expected: &Expect) {
    let document = SkillDocument::parse(with(lines));
    let settings = Settings::default();
    let file = SkillFile::new(&document, &settings).loaded_by(clients_of(path));
    let mut said = String::new();
    for it in run(&file) {
        writeln!(said, "{} {}: {}", it.severity, it.rule.code, it.message).unwrap();
    }
    expected.assert_eq(&said);
}

#[test]
fn a_stray_colon_is_told_once_and_quoted() {
    let text = "---\nname: count-rows\ndescription: Counts rows. Größe: use for \"rows\": all\n  of them.\nlicense: MIT: so\n---\n";
    check(
        text,
        &expect![[r#"
        3 | description: Counts rows. Größe: use for "rows": all
          |                                ^ error frontmatter/unquoted-colon: The `description` contains a colon and a space without quotes: strict clients take it for another field and refuse the skill; put the value in quotes
          = fix (Safe): Put the `description` in quotes
        5 | license: MIT: so
          |             ^ error frontmatter/unquoted-colon: The `license` contains a colon and a space without quotes: strict clients take it for another field and refuse the skill; put the value in quotes
          = fix (Safe): Put the `license` in quotes
    "#]],
    );
    check_fix(
        text,
        &expect![[r#"
        ---
        name: count-rows
        description: "Counts rows. Größe: use for \"rows\": all of them."
        license: "MIT: so"
        ---
    "#]],
    );
    check_fix(
        &text.replace('\n', "\r\n"),
        &expect![[r#"
        ---\r
        name: count-rows\r
        description: "Counts rows. Größe: use for \"rows\": all of them."\r
        license: "MIT: so"\r
        ---\r
    "#]],
    );
}

#[test]
fn what_may_be_a_comment_is_not_quoted_without_a_look() {
    let text = "---\nname: count-rows\ndescription: Counts: rows. Use for rows. # later\n---\n";
    assert_eq!(findings(text, None)[0].safe_fix(), None);
    check_unsafe_fix(
        text,
        &expect![[r#"
        ---
        name: count-rows
        description: "Counts: rows. Use for rows. # later"
        ---
    "#]],
    );
}

#[test]
fn an_error_besides_a_stray_colon_is_told_at_its_own_place() {
    check(
        "---\nname: count-rows\ndescription: Größe: use for rows.\nlicense: \"MIT\ncompatibility: jq\n---\n",
        &expect![[r#"
            3 | description: Größe: use for rows.
              |                   ^ error frontmatter/unquoted-colon: The `description` contains a colon and a space without quotes: strict clients take it for another field and refuse the skill; put the value in quotes
              = fix (Safe): Put the `description` in quotes
            4 | license: "MIT
              |          ^ error frontmatter/invalid-yaml: The frontmatter is not valid YAML: a quote that is opened here is not closed
        "#]],
    );
}

#[test]
fn colons_in_broken_values_of_other_kinds_are_not_stray() {
    for lines in ["license: [MIT: so\n", "license: \"MIT\": so\n", "license: @MIT: so\n"] {
        let found = findings(&with(lines), None);
        let codes: Vec<_> = found.iter().map(|it| it.rule.code).collect();
        assert_eq!(codes, ["frontmatter/invalid-yaml"], "{lines}");
    }
}

#[test]
fn a_field_that_is_set_twice_is_told_at_the_second() {
    let lines = "license: MIT\nmetadata:\n  größe: \"1\"\n  größe: \"2\"\nlicense: Apache-2.0\n";
    check(
        &with(lines),
        &expect![[r#"
        7 |   größe: "2"
          |   ^^^^^ error frontmatter/duplicate-key: The field `größe` is set a second time: some clients refuse the skill, others take this value, and others the first one
          = 6:3 `größe` is set here first
          = fix (Unsafe): Remove this `größe`
        8 | license: Apache-2.0
          | ^^^^^^^ error frontmatter/duplicate-key: The field `license` is set a second time: some clients refuse the skill, others take this value, and others the first one
          = 4:1 `license` is set here first
          = fix (Unsafe): Remove this `license`
    "#]],
    );
    check_unsafe_fix(
        &with(lines),
        &expect![[r#"
        ---
        name: count-rows
        description: Counts rows. Use for rows.
        license: MIT
        metadata:
          größe: "1"
        ---
    "#]],
    );
    check_unsafe_fix(
        &with(lines).replace('\n', "\r\n"),
        &expect![[r#"
        ---\r
        name: count-rows\r
        description: Counts rows. Use for rows.\r
        license: MIT\r
        metadata:\r
          größe: "1"\r
        ---\r
    "#]],
    );
}

#[test]
fn a_field_that_is_set_twice_in_braces_is_left_to_people() {
    check(
        &with("metadata: { a: b, a: c }\n"),
        &expect![[r#"
        4 | metadata: { a: b, a: c }
          |                   ^ error frontmatter/duplicate-key: The field `a` is set a second time: some clients refuse the skill, others take this value, and others the first one
          = 4:13 `a` is set here first
    "#]],
    );
}

#[test]
fn equal_keys_in_different_maps_are_not_twice() {
    check_silent(&with("metadata:\n  openclaw: { a: { x: y }, b: { x: y } }\n  name: x\n"));
}

#[test]
fn fields_of_another_type_are_told_at_their_value() {
    check(
        "---\nname: 123\ndescription: [Counts rows, Use for rows]\nlicense: true\ncompatibility: { a: b }\nmetadata: [a]\nallowed-tools: { Read: yes }\n---\n",
        &expect![[r#"
            2 | name: 123
              |       ^^^ error frontmatter/wrong-type: The `name` must be a text, and YAML reads a number here: strict clients refuse the skill
              = fix (Safe): Put it in quotes
            2 | name: 123
              |       ^^^ warning name/directory-mismatch: The `name` is `123` but the folder is `count-rows`: both must be equal
              = fix (Unsafe): Rename it to `count-rows`, like its folder
            3 | description: [Counts rows, Use for rows]
              |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^ error frontmatter/wrong-type: The `description` must be a text, not a list: strict clients refuse the skill
            4 | license: true
              |          ^^^^ warning frontmatter/wrong-type: The `license` must be a text, and YAML reads a truth value here: strict clients refuse the skill
              = fix (Safe): Put it in quotes
            5 | compatibility: { a: b }
              |                ^^^^^^^^ warning frontmatter/wrong-type: The `compatibility` must be a text, not fields of its own: strict clients refuse the skill
            6 | metadata: [a]
              |           ^^^ error frontmatter/wrong-type: The `metadata` must be a map of fields, not a list: strict clients refuse the skill
            7 | allowed-tools: { Read: yes }
              |                ^^^^^^^^^^^^^ error frontmatter/wrong-type: The `allowed-tools` must be one text with spaces between the tools, not fields of its own: strict clients refuse the skill
        "#]],
    );
    check_fix(
        "---\nname: 12\ndescription: 2026-08-01\n---\n",
        &expect![[r#"
            ---
            name: "12"
            description: "2026-08-01"
            ---
        "#]],
    );
}

#[test]
fn metadata_that_is_no_map_is_told() {
    check(
        &with("metadata: none\n"),
        &expect![[r#"
        4 | metadata: none
          |           ^^^^ error frontmatter/wrong-type: The `metadata` must be a map of fields, not a single value: strict clients refuse the skill
    "#]],
    );
}

#[test]
fn texts_and_empty_fields_are_of_the_right_type() {
    for lines in [
        "license:\n",
        "metadata:\n",
        "license: \"2.0\"\nmetadata: {}\n",
        "compatibility: >-\n  12\n",
        "license: 1.2.3\n",
    ] {
        check_silent(&with(lines));
    }
}

#[test]
fn metadata_that_is_no_text_is_told_at_each_value() {
    let lines = "metadata:\n  version: 1.10\n  größe: yes\n  updated: 2026-08-01\n  list: [a]\n  map:\n    a: b\n  empty:\n";
    check(
        &with(lines),
        &expect![[r#"
        5 |   version: 1.10
          |            ^^^^ warning frontmatter/non-string-metadata: `version` is a number, and the format asks for a text in `metadata`: strict clients refuse it; put it in quotes
          = fix (Safe): Put it in quotes
        6 |   größe: yes
          |          ^^^ warning frontmatter/non-string-metadata: `größe` is a truth value, and the format asks for a text in `metadata`: strict clients refuse it; put it in quotes
          = fix (Safe): Put it in quotes
        7 |   updated: 2026-08-01
          |            ^^^^^^^^^^ hint frontmatter/non-string-metadata: `updated` is a date, and the format asks for a text in `metadata`: strict clients refuse it; put it in quotes
          = fix (Safe): Put it in quotes
        8 |   list: [a]
          |         ^^^ warning frontmatter/non-string-metadata: `list` is a list, and the format asks for a text in `metadata`: strict clients refuse it; write it as one text
        10 |     a: b
           |     ^^^^ warning frontmatter/non-string-metadata: `map` is a map, and the format asks for a text in `metadata`: strict clients refuse it; write it as one text
        11 |   empty:
           |   ^^^^^ hint frontmatter/non-string-metadata: `empty` has no value: the format asks for a text in `metadata`
    "#]],
    );
    check_fix(
        &with(lines),
        &expect![[r#"
        ---
        name: count-rows
        description: Counts rows. Use for rows.
        metadata:
          version: "1.10"
          größe: "yes"
          updated: "2026-08-01"
          list: [a]
          map:
            a: b
          empty:
        ---
    "#]],
    );
}

#[test]
fn texts_and_the_maps_of_clients_are_fine_in_metadata() {
    for lines in [
        "metadata:\n  version: \"1.10\"\n  author: Mira\n  other: v1\n",
        "metadata:\n  openclaw:\n    emoji: x\n    requires: { bins: [jq] }\n",
        "metadata: {\"clawdbot\": {\"always\": true}}\n",
    ] {
        check_silent(&with(lines));
    }
}

#[test]
fn unknown_fields_move_below_metadata() {
    let lines = "author: Größe\ntitle: \"A: b\"\nyear: 2026\n";
    check(
        &with(lines),
        &expect![[r#"
        4 | author: Größe
          | ^^^^^^ hint frontmatter/unknown-field: `author` is not in the format and no known client reads it: what is for people belongs below `metadata`
          = fix (Safe): Move `author` below `metadata`
        5 | title: "A: b"
          | ^^^^^ hint frontmatter/unknown-field: `title` is not in the format and no known client reads it: what is for people belongs below `metadata`
          = fix (Safe): Move `title` below `metadata`
        6 | year: 2026
          | ^^^^ hint frontmatter/unknown-field: `year` is not in the format and no known client reads it: what is for people belongs below `metadata`
          = fix (Safe): Move `year` below `metadata`
    "#]],
    );
    check_fix(
        &with(lines),
        &expect![[r#"
        ---
        name: count-rows
        description: Counts rows. Use for rows.
        metadata:
          author: Größe
          title: "A: b"
          year: "2026"
        ---
    "#]],
    );
    check_fix(
        &with(lines).replace('\n', "\r\n"),
        &expect![[r#"
        ---\r
        name: count-rows\r
        description: Counts rows. Use for rows.\r
        metadata:\r
          author: Größe\r
          title: "A: b"\r
          year: "2026"\r
        ---\r
    "#]],
    );
}

#[test]
fn unknown_fields_join_the_metadata_that_is_there() {
    check_fix(
        &with("metadata:\n    a: b\n    # c\nauthor: |\n  Mira\n  Moss\nlicense: MIT\n"),
        &expect![[r#"
            ---
            name: count-rows
            description: Counts rows. Use for rows.
            metadata:
                a: b
                author: "Mira\nMoss"
                # c
            license: MIT
            ---
        "#]],
    );
}

#[test]
fn an_unknown_list_becomes_one_text_after_a_look() {
    let text = with("dependencies:\n  - jq\n  - \"curl\"\nlicense: MIT\n");
    assert_eq!(findings(&text, None)[0].safe_fix(), None);
    check_unsafe_fix(
        &text,
        &expect![[r#"
        ---
        name: count-rows
        description: Counts rows. Use for rows.
        license: MIT
        metadata:
          dependencies: jq, curl
        ---
    "#]],
    );
}

#[test]
fn a_field_is_not_moved_where_that_loses_something() {
    for lines in [
        "author: Mira\nmetadata: { a: b }\n",
        "author: Mira\nmetadata:\n  author: x\n",
        "owner-of: { a: b }\n",
        "lists: [a, [b]]\n",
        "authors:\n",
    ] {
        let found = findings(&with(lines), None);
        let unknown = found.iter().find(|it| it.rule.code == "frontmatter/unknown-field").unwrap();
        assert_eq!(unknown.fixes, [], "{lines}");
    }
}

#[test]
fn a_near_miss_is_renamed() {
    let lines = "allowed_tools: Read\nLicence: MIT\ndisable-model-invokation: true\n";
    check(
        &with(lines),
        &expect![[r#"
        4 | allowed_tools: Read
          | ^^^^^^^^^^^^^ hint frontmatter/unknown-field: `allowed_tools` is a field of no known client: did you mean `allowed-tools`?
          = fix (Safe): Rename it to `allowed-tools`
        5 | Licence: MIT
          | ^^^^^^^ hint frontmatter/unknown-field: `Licence` is a field of no known client: did you mean `license`?
          = fix (Safe): Rename it to `license`
        6 | disable-model-invokation: true
          | ^^^^^^^^^^^^^^^^^^^^^^^^ hint frontmatter/unknown-field: `disable-model-invokation` is a field of no known client: did you mean `disable-model-invocation`?
          = fix (Safe): Rename it to `disable-model-invocation`
    "#]],
    );
    check_fix(
        &with(lines),
        &expect![[r#"
        ---
        name: count-rows
        description: Counts rows. Use for rows.
        allowed-tools: Read
        license: MIT
        disable-model-invocation: true
        ---
    "#]],
    );
}

#[test]
fn a_near_miss_of_a_field_that_is_there_is_not_renamed() {
    let found = findings(&with("Description: more\n"), None);
    assert_eq!(found[0].fixes, []);
}

#[test]
fn fields_of_clients_are_known() {
    check_silent(&with("argument-hint: <file>\nmodel: x\nhomepage: https://example.org\n"));
}

#[test]
fn fields_that_nobody_reads_in_this_folder_are_told_once() {
    let lines = "globs: \"*.csv\"\nicon: x\nargument-hint: <file>\n";
    let path = "/x/.cursor/skills/count-rows/SKILL.md";
    check_at(
        path,
        lines,
        &expect![[r#"
        hint frontmatter/client-field: `argument-hint` is read by Claude Code, Grok, VS Code (Copilot) and Windsurf only; other clients pass over it
    "#]],
    );
    check_at(
        "/x/.claude/skills/count-rows/SKILL.md",
        lines,
        &expect![[r#"
        hint frontmatter/client-field: `globs` and `icon` are read by Cursor only; other clients pass over them
    "#]],
    );
    check_at("/x/.agents/skills/count-rows/SKILL.md", lines, &expect![[r#""#]]);
    check_at(
        "/x/.codex/skills/count-rows/SKILL.md",
        "icon: x\n",
        &expect![[r#"
        hint frontmatter/client-field: `icon` is read by Cursor only; other clients pass over it
    "#]],
    );
}

#[test]
fn fields_that_belong_below_metadata_are_told_in_every_folder() {
    check(
        &with("tags: [a, b]\ncategory: data\n"),
        &expect![[r#"
        4 | tags: [a, b]
          | ^^^^ hint frontmatter/client-field: `tags` and `category` are read by Odysseus only; other clients pass over them, and for people they belong below `metadata`
          = 5:1 `category` too
    "#]],
    );
    check_silent(&with("version: \"1.0\"\n"));
}

#[test]
fn compatibility_is_counted_in_characters() {
    let text = |n: usize| with(&format!("compatibility: {}\n", "ü".repeat(n)));
    check_silent(&text(500));
    let text = text(501);
    let found = findings(&text, None);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].span.of(&text), "ü".repeat(501));
    expect!["The `compatibility` has 501 characters; the format allows at most 500: name what the skill needs and explain it in the body"].assert_eq(&found[0].message);
}

#[test]
fn a_list_of_tools_becomes_one_string() {
    let lines = "allowed-tools:\n  - Read\n  - Bash(git log:*)\nlicense: MIT\n";
    check(
        &with(lines),
        &expect![[r#"
        5 |   - Read
          |   ^^^^^^ warning allowed-tools/not-a-string: The `allowed-tools` are a list: the format has one string with spaces between the tools, and only some clients take lists
          = fix (Safe): Join them into one string
    "#]],
    );
    check_fix(
        &with(lines),
        &expect![[r#"
        ---
        name: count-rows
        description: Counts rows. Use for rows.
        allowed-tools: Read Bash(git log:*)
        license: MIT
        ---
    "#]],
    );
    check_fix(
        &with("allowed-tools: [Read, \"Write\"]\n"),
        &expect![[r#"
        ---
        name: count-rows
        description: Counts rows. Use for rows.
        allowed-tools: Read Write
        ---
    "#]],
    );
    check_at(
        "/x/.claude/skills/a/SKILL.md",
        "allowed-tools: [Read]\n",
        &expect![[r#"
        hint allowed-tools/not-a-string: The `allowed-tools` are a list: the format has one string with spaces between the tools, and only some clients take lists
    "#]],
    );
}

#[test]
fn tools_with_spaces_in_their_names_are_not_joined() {
    let found = findings(&with("allowed-tools: [Read, My Server/read]\n"), None);
    assert_eq!(found[0].fixes, []);
}

#[test]
fn comments_stay_where_a_fix_is_safe() {
    check_fix(
        &with("allowed-tools: [\"Read\", \"Größe\"] # t\n"),
        &expect![[r#"
        ---
        name: count-rows
        description: Counts rows. Use for rows.
        allowed-tools: Read Größe # t
        ---
    "#]],
    );
    let found = findings(&with("allowed-tools:\n  - Read # a\n  - Write\n"), None);
    let safety: Vec<_> = found.iter().flat_map(|it| &it.fixes).map(|it| it.safety).collect();
    assert_eq!(safety, [Safety::Unsafe]);
}

#[test]
fn a_field_takes_its_comments_along() {
    check_fix(
        &with("unk: \"three # 3\" # drei 😀\nnote: | # head\n  # text\nplain: a#b\n"),
        &expect![[r##"
            ---
            name: count-rows
            description: Counts rows. Use for rows.
            metadata:
              unk: "three # 3" # drei 😀
              note: "# text" # head
              plain: a#b
            ---
        "##]],
    );
    check_fix(
        &with("metadata:\n    a: b # c\nauthor: # Größe\n  # who\n  Mira # here\n")
            .replace('\n', "\r\n"),
        &expect![[r#"
            ---\r
            name: count-rows\r
            description: Counts rows. Use for rows.\r
            metadata:\r
                a: b # c\r
                # Größe\r
                # who\r
                # here\r
                author: Mira\r
            ---\r
        "#]],
    );
    check_unsafe_fix(
        &with("helpers: # all\n  - one # 1\n  # two\n  - \"zwei # 2\"\n"),
        &expect![[r#"
        ---
        name: count-rows
        description: Counts rows. Use for rows.
        metadata:
          # all
          # 1
          # two
          helpers: "one, zwei # 2"
        ---
    "#]],
    );
}
