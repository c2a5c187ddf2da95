//! Rendered skills, and that they read back as what was meant.

use expect_test::expect;

use crate::{NodeKind, SkillDocument, SkillDraft, quoted_yaml, render, yaml_value};

/// Texts that break naive quoting.
const AWKWARD: [&str; 26] = [
    "plain words",
    "Use: this",
    "ends with a colon:",
    "a # b",
    "# heading",
    "it's \"quoted\"",
    "'single'",
    "\"double\"",
    "back\\slash \\n",
    "two\nlines",
    "win\r\ndows",
    "tab\there",
    "---",
    "...",
    "- item",
    "? key",
    "[list]",
    "{map}",
    "&anchor *alias !tag",
    "%directive @at `tick`",
    "| block > fold",
    "12",
    "true",
    "größe 数える 🦀",
    "\u{feff}bom \u{2028}separator \u{7}bell \u{85}next",
    "no: yes: maybe",
];

fn draft() -> SkillDraft {
    SkillDraft {
        name: "count-csv-rows".to_owned(),
        description: "Counts the data rows of a CSV file".to_owned(),
        metadata: vec![
            ("source".to_owned(), "teacher-escalation".to_owned()),
            ("category".to_owned(), "data".to_owned()),
        ],
        title: "Count CSV rows".to_owned(),
        when_to_use: "When the user asks how many rows a file has.".to_owned(),
        procedure: vec![
            "Step 1: Look at the header.".to_owned(),
            "2. Count:\n\n```sh\ntail -n +2 data.csv | wc -l\n```\nSay the number.".to_owned(),
            "3 rows are enough to see the header.".to_owned(),
        ],
        pitfalls: Vec::new(),
        verification: vec!["The number is not negative.".to_owned()],
    }
}

#[test]
fn a_draft_becomes_a_skill_in_the_default_profile() {
    expect![[r#"
        ---
        name: count-csv-rows
        description: Counts the data rows of a CSV file. Use when the user asks how many rows a file has.
        metadata:
          source: "teacher-escalation"
          category: "data"
        ---

        # Count CSV rows

        ## When to Use

        When the user asks how many rows a file has.

        ## Procedure

        1. Look at the header.
        2. Count:

           ```sh
           tail -n +2 data.csv | wc -l
           ```
           Say the number.
        3. 3 rows are enough to see the header.

        ## Verification

        - The number is not negative.
    "#]].assert_eq(&render(&draft()));
}

#[test]
fn pitfalls_have_a_section_where_there_are_some() {
    let pitfalls = vec!["A quoted field may\nspan lines.".to_owned(), "  ".to_owned()];
    let text = render(&SkillDraft { pitfalls, ..draft() });
    assert!(text.contains("\n## Pitfalls\n\n- A quoted field may\n  span lines.\n\n## "), "{text}");
}

#[test]
fn a_description_that_says_when_is_left_alone() {
    let description = "Counts rows. Use when rows are to be counted.".to_owned();
    let document = SkillDocument::parse(render(&SkillDraft { description, ..draft() }));
    assert_eq!(document.description(), Some("Counts rows. Use when rows are to be counted."));
}

#[test]
fn the_sentence_that_says_when_reads_like_one() {
    for (when_to_use, expected) in [
        ("The user asks.", "Counts. Use when the user asks."),
        ("when the user asks", "Counts. Use when the user asks."),
        ("CSV files are at hand", "Counts. Use when CSV files are at hand."),
        ("Use when rows matter.", "Counts. Use when rows matter."),
        ("Use this skill when\nrows matter.", "Counts. Use this skill when rows matter."),
        ("", "Counts"),
    ] {
        let draft = SkillDraft {
            description: "Counts".to_owned(),
            when_to_use: when_to_use.to_owned(),
            ..SkillDraft::default()
        };
        let document = SkillDocument::parse(render(&draft));
        assert_eq!(document.description(), Some(expected), "{when_to_use:?}");
    }
}

#[test]
fn steps_of_several_lines_stay_in_their_item() {
    let document = SkillDocument::parse(render(&draft()));
    let blocks: Vec<_> = document.body.code_blocks.iter().collect();
    assert_eq!(blocks.len(), 1);
    assert_eq!(blocks[0].content.of(&document.text), "tail -n +2 data.csv | wc -l\n");
}

#[test]
fn any_text_reads_back_as_it_was_written() {
    for text in AWKWARD {
        for scalar in [yaml_value(text), quoted_yaml(text)] {
            let document = SkillDocument::parse(format!("---\nkey: {scalar}\n---\n"));
            let frontmatter = document.frontmatter.as_ref().unwrap();
            assert_eq!(frontmatter.error, None, "{scalar}");
            let read = frontmatter.field("key").map(|value| &value.kind);
            assert!(
                matches!(read, Some(NodeKind::Scalar { text: read, .. }) if read == text),
                "{text:?} as {scalar} became {read:?}"
            );
        }
    }
}

#[test]
fn awkward_fields_do_not_break_the_skill() {
    for text in AWKWARD {
        for step in AWKWARD {
            let draft = SkillDraft {
                description: text.to_owned(),
                metadata: vec![(text.to_owned(), step.to_owned())],
                title: text.to_owned(),
                when_to_use: step.to_owned(),
                procedure: vec![step.to_owned(), text.to_owned()],
                ..draft()
            };
            let rendered = render(&draft);
            let document = SkillDocument::parse(rendered.as_str());
            let frontmatter = document.frontmatter.as_ref().unwrap();
            assert_eq!(frontmatter.error, None, "{rendered}");
            assert_eq!(document.name(), Some("count-csv-rows"), "{rendered}");
            assert!(document.description().is_some_and(|it| it.starts_with(text)), "{rendered}");
            let metadata = frontmatter.field("metadata").unwrap().entries();
            assert_eq!(metadata[0].key, text, "{rendered}");
            assert_eq!(metadata[0].value.as_text(), Some(step), "{rendered}");
            let sections = document.body.headings.iter().filter(|it| it.level == 2);
            let sections: Vec<_> = sections.map(|it| it.text.as_str()).collect();
            assert_eq!(sections, ["When to Use", "Procedure", "Verification"], "{rendered}");
        }
    }
}
