//! Neovim against the real server: each test tells one story in Lua and checks what the models saw.
//!
//! A machine without Neovim skips these tests by name, except where CI is set.
#![expect(clippy::disallowed_methods, reason = "a story starts from files and ends in them")]
#![expect(clippy::expect_used, reason = "a test that cannot be set up should stop")]

mod editor;
#[expect(dead_code, unused_imports, reason = "these tests use a part of it")]
#[expect(clippy::indexing_slicing, reason = "indexing JSON gives null where nothing is")]
#[path = "../../support/model_server.rs"]
mod model_server;
mod models;
mod trials;

use editor::Editor;
use models::{DESCRIPTION, tool_results};

const NOTES: &str = "# Notes

@preceptor how many data rows has data.csv?
";

const MORE_NOTES: &str = "# Notes

@preceptor how many data rows has data.csv?

@preceptor how many records has data.csv?

@preceptor how many rows of data.csv are no header?
";

const DATA: &str = "city,people\nOslo,709\nBergen,291\nTromsø,77\n";

const BAD_SKILL: &str = "---
name: Count Rows
description: Counts the data rows of a CSV file. Use when somebody asks how many rows it has.
---

# Count rows

Run `tail -n +2 FILE | wc -l`.
";

/// A field and a link are yet to be written, at the ends of their lines.
const UNFINISHED_SKILL: &str = "---
name: count-rows
description: Counts the data rows of a CSV file. Use when somebody asks how many rows it has.

---

# Count rows

😀 See [sizes]
";

/// Three of its findings have a safe fix.
const MENDABLE_SKILL: &str = "---
name: Sum Columns
description: Adds up a column of a CSV file. Use when somebody asks for the sum of a column.
metadata:
  version: 1.0
---

# Sum columns

1. Read the header of the file with `read_file`.
2. Take the number of the column from it.
2. Run `awk -F, '{ sum += $2 } END { print sum }' FILE` with `bash`.
";

const NAMED_SKILL: &str = "---
name: count-rows
description: Counts the data rows of a CSV file. Use when somebody asks how many rows it has.
---

# Count rows

See [sizes](references/größe.md).
";

/// A command of its verification passes once somebody counted into a file.
const CHECKED_SKILL: &str = "---
name: count-csv-rows
description: Counts the data rows of a CSV file. Use when somebody asks how many rows it has.
---

# Count rows

Run `tail -n +2 FILE | wc -l > counted.txt`.

## Verification

- Run `test -s counted.txt`.
";

/// It names the other one behind a character of four bytes.
const NAMING_SKILL: &str = "---
name: list-towns
description: Lists the towns of a table. Use when somebody asks which towns there are.
---

# List towns

## Usage

😀 Count with /count-rows first.
";

#[tokio::test(flavor = "multi_thread")]
async fn a_finding_is_shown_and_its_fix_clears_it() {
    let Some(editor) = Editor::find("findings") else { return };
    editor
        .write("notes.md", NOTES)
        .write(".agents/skills/count-rows/SKILL.md", BAD_SKILL)
        .tell("findings.lua")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_values_and_paths_are_completed_and_explained() {
    let Some(editor) = Editor::find("completion") else { return };
    editor
        .write(".claude/skills/count-rows/SKILL.md", UNFINISHED_SKILL)
        .write(".claude/skills/count-rows/references/größe.md", "# Größe\n\nRows are counted.\n")
        .tell("completion.lua")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skill_is_outlined_folded_and_mended() {
    let Some(editor) = Editor::find("outline") else { return };
    editor.write(".agents/skills/sum-columns/SKILL.md", MENDABLE_SKILL).tell("outline.lua").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skill_is_gone_to_and_renamed_with_all_that_names_it() {
    let Some(editor) = Editor::find("navigation") else { return };
    editor
        .write(".claude/skills/count-rows/SKILL.md", NAMED_SKILL)
        .write(".claude/skills/count-rows/references/größe.md", "# Größe\n\nRows are counted.\n")
        .write(".claude/skills/list-towns/SKILL.md", NAMING_SKILL)
        .tell("navigation.lua")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rename_is_told_to_documents_that_no_window_shows() {
    let Some(editor) = Editor::find("renaming") else { return };
    let linking = NAMING_SKILL.replace("/count-rows", "[it](../count-rows/SKILL.md)");
    editor
        .write(".claude/skills/count-rows/SKILL.md", NAMED_SKILL)
        .write(".claude/skills/count-rows/references/größe.md", "# Größe\n\nRows are counted.\n")
        .write(".claude/skills/list-towns/SKILL.md", &linking)
        .tell("renaming.lua")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_health_check_finds_program_and_client() {
    let Some(editor) = Editor::find("health") else { return };
    editor.write("notes.md", NOTES).tell("health.lua").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_request_becomes_a_skill_that_the_student_uses() {
    let Some(editor) = Editor::find("learning") else { return };
    let student = models::student_that_needs_the_skill().await;
    let teacher = models::teacher().await;
    editor
        .write("notes.md", NOTES)
        .write("data.csv", DATA)
        .configure(&models::settings("full", &student, Some(&teacher)))
        .tell("learning.lua")
        .await;

    let taught = teacher.requests().into_iter().filter(|request| !models::compares(request));
    assert_eq!(taught.count(), 3, "two steps of the takeover and one distillation");
    let second_asks = student
        .requests()
        .into_iter()
        .filter(|request| request.mentions("in data.csv today?"))
        .collect::<Vec<_>>();
    let offer = second_asks.first().expect("the second ask line reached the student");
    assert_eq!(tool_results(offer), 0);
    assert!(offer.mentions(models::SKILL) && offer.mentions(DESCRIPTION), "{:#}", offer.body);
    let reading = second_asks.get(1).expect("the student went on after it asked for the skill");
    assert!(reading.mentions("Leave out the header"), "{:#}", reading.body);
    assert_eq!(second_asks.len(), 3, "the student views the skill, counts and answers");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_teacher_is_stopped_takes_over_when_told_and_writes_a_skill_when_asked() {
    let Some(editor) = Editor::find("takeover") else { return };
    let student = models::student_that_gives_up().await;
    let teacher = models::teacher_that_has_to_be_stopped().await;
    editor
        .write("notes.md", NOTES)
        .write("data.csv", DATA)
        .configure(&models::settings("full", &student, Some(&teacher)))
        .tell("takeover.lua")
        .await;
    let taught = teacher.requests().into_iter().filter(|request| !models::compares(request));
    assert_eq!(taught.count(), 4, "one was stopped, then a takeover, its lesson and another one");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_outcome_of_a_replay_is_told_and_tried_again() {
    let Some(editor) = Editor::find("verifying") else { return };
    let student = trials::student().await;
    let teacher = trials::teacher().await;
    editor
        .write("trials.md", trials::TRIALS)
        .write("data.csv", DATA)
        .configure(&models::settings("full", &student, Some(&teacher)))
        .tell("verifying.lua")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skill_is_tried_on_a_request_that_a_person_names() {
    let Some(editor) = Editor::find("trying") else { return };
    let student = models::student_that_reads_the_skill().await;
    editor
        .write(".agents/skills/count-csv-rows/SKILL.md", CHECKED_SKILL)
        .write("data.csv", DATA)
        .configure(&models::settings("full", &student, None))
        .tell("trying.lua")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skill_is_updated_with_what_was_written_by_hand_kept_and_put_back() {
    let Some(editor) = Editor::find("updating") else { return };
    let student = models::student_that_gives_up().await;
    let teacher = models::teacher_that_goes_on_learning().await;
    let settings = models::settings("full", &student, Some(&teacher));
    editor
        .write("notes.md", MORE_NOTES)
        .write("data.csv", DATA)
        .configure(&format!("{settings}[verify]\nenabled = false\n"))
        .tell("updating.lua")
        .await;
    assert_eq!(teacher.requests().len(), 6, "three answers and a lesson of each");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_runs_only_after_it_was_approved_in_the_document() {
    let Some(editor) = Editor::find("approval") else { return };
    let student = models::student_that_writes_a_file().await;
    editor
        .write("notes.md", NOTES)
        .write("data.csv", DATA)
        .configure(&models::settings("ask", &student, None))
        .tell("approval.lua")
        .await;
    assert_eq!(student.requests().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_ask_stop_and_tell_the_status() {
    let Some(editor) = Editor::find("commands") else { return };
    let student = models::student_that_writes_a_file().await;
    editor
        .write("notes.md", NOTES)
        .write("data.csv", DATA)
        .configure(&models::settings("ask", &student, None))
        .tell("commands.lua")
        .await;
    let requests = student.requests();
    assert!(requests.first().is_some_and(|it| it.mentions("count what is typed here")));
    assert!(requests.get(1).is_some_and(|it| it.mentions("and how many now?")));
    assert_eq!(requests.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_take_back_ask_again_go_on_and_show() {
    let Some(editor) = Editor::find("operations") else { return };
    let student = models::student_that_can_be_taken_back().await;
    editor
        .write("notes.md", NOTES)
        .write("data.csv", DATA)
        .configure(&models::settings("edits", &student, None))
        .tell("operations.lua")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_runs_after_its_question_was_answered() {
    let Some(editor) = Editor::find("question") else { return };
    let student = models::student_that_writes_a_file().await;
    editor
        .write("notes.md", NOTES)
        .write("data.csv", DATA)
        .configure(&models::settings("ask", &student, None))
        .tell("question.lua")
        .await;
    assert_eq!(student.requests().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_is_asked_about_with_its_difference() {
    let Some(editor) = Editor::find("change") else { return };
    let student = models::student_that_edits_a_file().await;
    editor
        .write("notes.md", NOTES)
        .write("data.csv", DATA)
        .configure(&models::settings("ask", &student, None))
        .tell("change.lua")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_edited_at_its_question_and_shown_again() {
    let Some(editor) = Editor::find("edited") else { return };
    let student = models::student_that_writes_a_file().await;
    editor
        .write("notes.md", NOTES)
        .write("data.csv", DATA)
        .configure(&models::settings("ask", &student, None))
        .tell("edited.lua")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_rejected_with_words_for_the_model() {
    let Some(editor) = Editor::find("feedback") else { return };
    let student = models::student_that_writes_a_file().await;
    editor
        .write("notes.md", NOTES)
        .write("data.csv", DATA)
        .configure(&models::settings("ask", &student, None))
        .tell("feedback.lua")
        .await;
    let requests = student.requests();
    assert!(requests.last().is_some_and(|it| it.mentions("count them in your head")));
}
