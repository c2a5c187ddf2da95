//! The `notes` rules.

use expect_test::expect;
use skill::SkillDocument;

use crate::{
    Settings, SkillFile, check as run,
    tests::report::{check, check_fix, check_silent, findings},
};

const START: &str = "<!-- APPENDIX_START -->\n";
const END: &str = "<!-- APPENDIX_END -->\n";

/// Returns a skill with this body.
fn with(body: &str) -> String {
    format!(
        "---\nname: count-rows\ndescription: Counts rows.\n---\n\n# Count\n\nCount every row of the größte table with `wc -l`.\n\n{body}"
    )
}

/// Returns a skill with these notes.
fn with_notes(notes: &str) -> String {
    with(&format!("{START}## Execution Notes Appendix\n\n{notes}{END}"))
}

fn codes(text: &str) -> Vec<&'static str> {
    findings(text, Some("count-rows")).iter().map(|it| it.rule.code).collect()
}

#[test]
fn each_marker_that_is_wrong_is_told() {
    check(
        &with(START),
        &expect![[r#"
        10 | <!-- APPENDIX_START -->
           | ^^^^^^^^^^^^^^^^^^^^^^^ error notes/unbalanced-markers: `APPENDIX_START` has no `APPENDIX_END` behind it: everything up to the end of the file would count as the region
    "#]],
    );
    check(
        &with(END),
        &expect![[r#"
        10 | <!-- APPENDIX_END -->
           | ^^^^^^^^^^^^^^^^^^^^^ error notes/unbalanced-markers: `APPENDIX_END` has no `APPENDIX_START` in front of it
    "#]],
    );
    check(
        &with(&format!("{END}ü\n{START}")),
        &expect![[r#"
        10 | <!-- APPENDIX_END -->
           | ^^^^^^^^^^^^^^^^^^^^^ error notes/unbalanced-markers: `APPENDIX_END` has no `APPENDIX_START` in front of it
        12 | <!-- APPENDIX_START -->
           | ^^^^^^^^^^^^^^^^^^^^^^^ error notes/unbalanced-markers: `APPENDIX_START` has no `APPENDIX_END` behind it: everything up to the end of the file would count as the region
    "#]],
    );
    check(
        &with(&format!("{START}{END}\n{START}{END}")),
        &expect![[r#"
        13 | <!-- APPENDIX_START -->
           | ^^^^^^^^^^^^^^^^^^^^^^^ error notes/unbalanced-markers: `APPENDIX_START` is there a second time: only one region of a kind is kept up
    "#]],
    );
    let nested = format!("{START}<!--SLOW_UPDATE_START-->\nü\n<!-- SLOW_UPDATE_END -->\n{END}");
    check(
        &with(&nested),
        &expect![[r#"
        11 | <!--SLOW_UPDATE_START-->
           | ^^^^^^^^^^^^^^^^^^^^^^^^ error notes/unbalanced-markers: `SLOW_UPDATE_START` stands inside the region of `APPENDIX_START`: regions must not nest
           = 10:1 that one starts here
        13 | <!-- SLOW_UPDATE_END -->
           | ^^^^^^^^^^^^^^^^^^^^^^^^ error notes/unbalanced-markers: `SLOW_UPDATE_END` has no `SLOW_UPDATE_START` in front of it
    "#]],
    );
}

#[test]
fn regions_side_by_side_and_markers_in_code_are_fine() {
    check_silent(&with(&format!(
        "<!-- SLOW_UPDATE_START -->\nMore.\n<!-- SLOW_UPDATE_END -->\n\n{START}{END}"
    )));
    check_silent(&with(&format!("```\n{START}```\n\n`<!-- APPENDIX_END -->`\n\n<!-- other -->\n")));
}

#[test]
fn a_note_that_is_there_twice_is_merged() {
    let notes = "- Count the größte rows.\n- Count every row\n  with wc.\n- count  the GRÖSSTE rows ;\n- count every row with WC\n";
    let text = with_notes(&notes.replace("GRÖSSTE", "GRÖßTE"));
    check(
        &text,
        &expect![[r#"
        16 | - count  the GRÖßTE rows ;
           |   ^^^^^^^^^^^^^^^^^^^^^^^^ hint notes/duplicate: This note says the same as an earlier one
           = 13:3 the earlier one
           = fix (Safe): Merge it into the earlier note
        17 | - count every row with WC
           |   ^^^^^^^^^^^^^^^^^^^^^^^ hint notes/duplicate: This note says the same as an earlier one
           = 14:3 the earlier one
           = fix (Safe): Merge it into the earlier note
    "#]],
    );
    check_fix(
        &text,
        &expect![[r#"
        ---
        name: count-rows
        description: Counts rows.
        ---

        # Count

        Count every row of the größte table with `wc -l`.

        <!-- APPENDIX_START -->
        ## Execution Notes Appendix

        - Count the größte rows.
        - Count every row
          with wc.
        <!-- APPENDIX_END -->
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
        # Count\r
        \r
        Count every row of the größte table with `wc -l`.\r
        \r
        <!-- APPENDIX_START -->\r
        ## Execution Notes Appendix\r
        \r
        - Count the größte rows.\r
        - Count every row\r
          with wc.\r
        <!-- APPENDIX_END -->\r
    "#]],
    );
}

#[test]
fn a_note_without_a_rule_is_told() {
    check(
        &with_notes("- Counting rows: take wc.\n- Größe quotes customers addresses.\n"),
        &expect![[r#"
            14 | - Größe quotes customers addresses.
               |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ hint notes/unanchored: No rule of the skill says what this note stresses: a note reminds of a rule, so put the rule into the body
        "#]],
    );
}

#[test]
fn more_than_twelve_notes_are_too_many() {
    let notes = |n: usize| -> String {
        (0..n)
            .map(|idx| format!("- Count every row of table {idx}.\n"))
            .collect::<Vec<_>>()
            .concat()
    };
    assert_eq!(codes(&with_notes(&notes(12))), [""; 0]);
    check(
        &with_notes(&notes(13)),
        &expect![[r#"
        10 | <!-- APPENDIX_START -->
           | ^^^^^^^^^^^^^^^^^^^^^^^ hint notes/too-many: There are 13 execution notes, and more than 12 hide each other: consolidate them
    "#]],
    );
}

#[test]
fn the_settings_say_how_many_notes_are_too_many() {
    let text = with_notes("- Count every row.\n- Count the table.\n- Count with `wc -l`.\n");
    let document = SkillDocument::parse(text);
    for (maximum_notes, expected) in [(Some(2), 1), (Some(3), 0), (None, 0)] {
        let settings = Settings { maximum_notes, ..Settings::default() };
        let found = run(&SkillFile::new(&document, &settings).in_directory(Some("count-rows")));
        let n_found = found.iter().filter(|it| it.rule.code == "notes/too-many").count();
        assert_eq!(n_found, expected, "{maximum_notes:?}");
    }
}

#[test]
fn lists_outside_of_the_region_are_no_notes() {
    check_silent(&with("- Count.\n- Count.\n- Quote customers addresses.\n"));
}
