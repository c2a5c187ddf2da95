//! The `tools` rules.

use expect_test::expect;
use skill::SkillDocument;

use crate::{
    Settings, SkillFile, check as run,
    tests::report::{check, check_fix, check_silent, findings},
    tool_sets,
};

/// Returns a skill with these lines in its frontmatter and this body.
fn with(lines: &str, body: &str) -> String {
    format!("---\nname: count-rows\ndescription: Counts rows.\n{lines}---\n\n{body}")
}

/// Returns a teacher's skill with these steps.
fn from_teacher(steps: &str) -> String {
    let metadata =
        "metadata:\n  source: \"teacher-escalation\"\n  accepted: \"2026-08-01T10:00:00Z\"\n";
    let body = format!(
        "# Count\n\n## When to Use\n\nUse for rows.\n\n## Procedure\n\n{steps}\n## Verification\n\nLook.\n"
    );
    with(metadata, &body)
}

#[test]
fn every_tool_has_its_source_and_its_place() {
    for set in tool_sets() {
        assert!(set.names.is_sorted(), "{}", set.owner);
        assert!(!set.source.is_empty() && !set.names.is_empty(), "{}", set.owner);
    }
    assert!(tool_sets()[1..].is_sorted_by_key(|set| set.owner));
}

#[test]
fn allowed_tools_that_nobody_has_are_told_once() {
    let text = with(
        "allowed-tools: \"Raed, Bash(git log:*) WebFecth WebFecth größe_tool Oracular\"\n",
        "",
    );
    check(
        &text,
        &expect![[r#"
            4 | allowed-tools: "Raed, Bash(git log:*) WebFecth WebFecth größe_tool Oracular"
              |                 ^^^^ warning tools/unknown: No known client has a tool `Raed`: allowing it does nothing; if one of yours has it, add it to `lint.known_tools`
            4 | allowed-tools: "Raed, Bash(git log:*) WebFecth WebFecth größe_tool Oracular"
              |                                       ^^^^^^^^ warning tools/unknown: No known client has a tool `WebFecth`: did you mean `WebFetch`?
              = 4:48 and here
              = fix (Safe): Write `WebFetch`
            4 | allowed-tools: "Raed, Bash(git log:*) WebFecth WebFecth größe_tool Oracular"
              |                                                         ^^^^^^^^^^ hint tools/unknown: No known client has a tool `größe_tool`: allowing it does nothing; if one of yours has it, add it to `lint.known_tools`
            4 | allowed-tools: "Raed, Bash(git log:*) WebFecth WebFecth größe_tool Oracular"
              |                                                                    ^^^^^^^^ warning tools/unknown: No known client has a tool `Oracular`: allowing it does nothing; if one of yours has it, add it to `lint.known_tools`
        "#]],
    );
    check_fix(
        &text,
        &expect![[r#"
            ---
            name: count-rows
            description: Counts rows.
            allowed-tools: "Raed, Bash(git log:*) WebFetch WebFetch größe_tool Oracular"
            ---

        "#]],
    );
}

#[test]
fn a_list_of_allowed_tools_is_looked_at_too() {
    let text = with("allowed-tools:\n  - Read\n  - \"TodoWirte\"\n", "");
    let found = findings(&text, None);
    let unknown = found.iter().find(|it| it.rule.code == "tools/unknown").unwrap();
    assert_eq!(unknown.span.of(&text), "TodoWirte");
}

#[test]
fn an_item_of_a_list_is_one_tool() {
    let text = with("allowed-tools: ['My Server/read', \"Bash(git log:*)\", Read]\n", "");
    let found = findings(&text, None);
    let codes: Vec<_> = found.iter().map(|it| it.rule.code).collect();
    assert_eq!(codes, ["allowed-tools/not-a-string"]);
}

#[test]
fn tools_of_clients_servers_and_settings_are_known() {
    for tools in [
        "Read Write Edit Bash(git:*) Grep Glob Task",
        "Read, Write, Edit",
        "bash read_file ask_user",
        "mcp__github__create_issue Azure/documentation github:search functions.exec",
        "Bash(npm run test:*) Bash(gh issue:*)",
        "Edit(src/**) *",
    ] {
        check_silent(&with(&format!("allowed-tools: \"{tools}\"\n"), ""));
    }
    let document = SkillDocument::parse(with("allowed-tools: Oracular\n", ""));
    let known_tools = vec!["Oracular".to_owned()];
    let settings = Settings { known_tools, ..Settings::default() };
    let found = run(&SkillFile::new(&document, &settings));
    assert!(!found.iter().any(|it| it.rule.code == "tools/unknown"), "{found:?}");
}

#[test]
fn a_slip_in_prose_is_told_where_it_is_called_a_tool() {
    let text =
        with("", "Größe: use the `WebFecth` tool. The tool `raed_file` reads. `WebFecth` tool\n");
    check(
        &text,
        &expect![[r#"
            6 | Größe: use the `WebFecth` tool. The tool `raed_file` reads. `WebFecth` tool
              |                 ^^^^^^^^ warning tools/unknown: No known client has a tool `WebFecth`: did you mean `WebFetch`?
              = 6:62 and here
              = fix (Safe): Write `WebFetch`
            6 | Größe: use the `WebFecth` tool. The tool `raed_file` reads. `WebFecth` tool
              |                                           ^^^^^^^^^ warning tools/unknown: No known client has a tool `raed_file`: did you mean `read_file`?
              = fix (Safe): Write `read_file`
        "#]],
    );
    check_fix(
        &text,
        &expect![[r#"
            ---
            name: count-rows
            description: Counts rows.
            ---

            Größe: use the `WebFetch` tool. The tool `read_file` reads. `WebFetch` tool
        "#]],
    );
    check_fix(
        &text.replace('\n', "\r\n"),
        &expect![[r#"
            ---\r
            name: count-rows\r
            description: Counts rows.\r
            ---\r
            \r
            Größe: use the `WebFetch` tool. The tool `read_file` reads. `WebFetch` tool\r
        "#]],
    );
}

#[test]
fn other_words_in_prose_are_no_tools() {
    check_silent(&with(
        "",
        "The `WebFecth` page, the `web-fetch` tool, the `read_files` tool, the `grap` tool, the \
         `count_rows` tool, the `WebFetch` tool, the `jq` tool.\n\n```\nthe WebFecth tool\n```\n",
    ));
}

#[test]
fn a_step_without_a_tool_is_told() {
    check(
        &from_teacher(
            "1. Run `wc -l`.\n2. Größe ansehen.\n   1. Be careful.\n3. Call read_file.\n4. Think.\n",
        ),
        &expect![[r#"
            18 | 2. Größe ansehen.
               | ^^^^^^^^^^^^^^^^^ hint tools/step-without-tool: The step names no tool and no command: a weaker model has to guess what to call
            21 | 4. Think.
               | ^^^^^^^^^ hint tools/step-without-tool: The step names no tool and no command: a weaker model has to guess what to call
        "#]],
    );
}

#[test]
fn commands_files_and_tools_are_enough() {
    check_silent(&from_teacher(
        "1. Run:\n\n   ```sh\n   wc -l x\n   ```\n2. Read [the notes](notes.md).\n3. Use WebFetch.\n4. Ask <host>.\n5. Answer with the number.\n",
    )
    .replace("[the notes](notes.md)", "`notes`"));
    check_silent(&with("", "## Procedure\n\n1. Think.\n2. Think again.\n"));
}
