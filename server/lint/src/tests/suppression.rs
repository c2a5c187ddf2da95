//! Comments that suppress findings.

use expect_test::{Expect, expect};
use skill::{SkillDocument, Span, apply_edits};

use crate::{
    Flaw, Level, Settings, SkillFile, check as run, suppression_edit,
    tests::{
        report::{check, check_fix, check_silent, findings_among, report},
        surroundings::Surroundings,
    },
};

const FRONTMATTER: &str = "---\nname: count-rows\ndescription: Counts. Use for rows.\n---\n\n";

/// Claims that everything in a body is suppressed, and nothing in vain.
#[track_caller]
fn check_body_silent(body: &str) {
    check_silent(&format!("{FRONTMATTER}{body}"));
}

#[track_caller]
fn check_body(body: &str, expected: &Expect) {
    check(&format!("{FRONTMATTER}{body}"), expected);
}

/// Compares a body after the safe fixes.
#[track_caller]
fn check_body_fix(body: &str, expected: &Expect) {
    check_fix(&format!("{FRONTMATTER}{body}"), expected);
}

#[track_caller]
fn codes(text: &str, settings: &Settings) -> Vec<&'static str> {
    let document = SkillDocument::parse(text);
    run(&SkillFile::new(&document, settings)).iter().map(|it| it.rule.code).collect()
}

#[test]
fn a_comment_by_itself_is_for_the_block_that_follows() {
    let comment = "<!-- preceptor-ignore portability/user-path: from the report -->";
    for block in [
        "In a\nparagraph: `/home/ana`.\n",
        "- An item with `/home/ana`.\n  - And its items.\n",
        "```sh\nls\ncd /home/ana\n```\n",
        "| path |\n|---|\n| `/home/ana` |\n",
        "# `/home/ana`\n",
        "> Quoted: `/home/ana`.\n",
    ] {
        check_body_silent(&format!("{comment}\n{block}"));
        check_body_silent(&format!("{comment}\n\n{block}"));
        let text = format!("{FRONTMATTER}{comment}\n{block}");
        check_silent(&text.replace('\n', "\r\n"));
    }
    check_body_silent(&format!("- {comment}\n  Item with `/home/ana`.\n"));
    check_body_silent(&format!("{comment}\n[link]: /home/ana/x\n"));
    check_body_silent(&format!("> {comment}\n> Quoted: `/home/ana`.\n"));
    check_body_silent(&format!("Words\n       {comment}\n`/home/ana`.\n"));
}

#[test]
fn what_follows_the_block_is_not_suppressed() {
    check_body(
        "<!-- preceptor-ignore portability/user-path: größer -->\nÄ `/home/ana`.\n\nAnd `/home/ben`.\n",
        &expect![[r#"
            9 | And `/home/ben`.
              |      ^^^^^^^^^ warning portability/user-path: `/home/ben` is one person's folder; nobody else has it
              = fix (Safe): Write `~` instead
        "#]],
    );
    check_body(
        "<!-- preceptor-ignore portability/user-path: why not -->\n- `/home/ana`\n- `/home/ben`\n",
        &expect![[r#"
            8 | - `/home/ben`
              |    ^^^^^^^^^ warning portability/user-path: `/home/ben` is one person's folder; nobody else has it
              = fix (Safe): Write `~` instead
        "#]],
    );
}

#[test]
fn a_comment_behind_something_is_for_its_line() {
    check_body(
        "Ä `/home/ana`. <!-- preceptor-ignore portability/user-path: a sample -->\nAnd `/home/ben`.\n",
        &expect![[r#"
            7 | And `/home/ben`.
              |      ^^^^^^^^^ warning portability/user-path: `/home/ben` is one person's folder; nobody else has it
              = fix (Safe): Write `~` instead
        "#]],
    );
    check_body_silent(
        "| a |\n|---|\n| `/home/ana` <!-- preceptor-ignore portability/user-path: sample --> |\n",
    );
    check_body_silent(
        "# `/home/ana` <!-- preceptor-ignore portability/user-path: sample -->\n\nWords.\n",
    );
}

#[test]
fn a_finding_moves_to_the_first_place_that_is_not_suppressed() {
    check_body(
        "`/home/ana/a`. <!-- preceptor-ignore portability/user-path: sample -->\n\n\
         `/home/ana/b`, then `/home/ana/c`.\n\n\
         <!-- preceptor-ignore portability/user-path: sample -->\n`/home/ana/d`.\n",
        &expect![[r#"
            8 | `/home/ana/b`, then `/home/ana/c`.
              |  ^^^^^^^^^ warning portability/user-path: `/home/ana` is one person's folder; nobody else has it
              = 8:22 `/home/ana` is also here
              = fix (Safe): Write `~` instead
        "#]],
    );
}

#[test]
fn a_fix_leaves_suppressed_places_alone() {
    check_body_fix(
        "`/home/ana/a`. <!-- preceptor-ignore portability/user-path: sample -->\n\n`/home/ana/b`.\n",
        &expect![[r#"
            ---
            name: count-rows
            description: Counts. Use for rows.
            ---

            `/home/ana/a`. <!-- preceptor-ignore portability/user-path: sample -->

            `~/b`.
        "#]],
    );
}

#[test]
fn a_file_can_be_left_alone_by_a_rule() {
    check_body_silent(
        "`/home/ana` and `/home/ben`.\n\n\
         <!-- preceptor-ignore-file portability/user-path: all from the report -->\n",
    );
    check_silent(
        "---\nname: count-rows\ndescription: Counts. Use for rows.\n\
         # preceptor-ignore-file portability/user-path: all from the report\n---\n\n`/home/ana`\n",
    );
    check_silent(
        "`/home/ana`\n\n<!-- preceptor-ignore-file frontmatter/missing, portability/user-path: \
         a fragment -->\n",
    );
}

#[test]
fn comments_in_a_row_are_for_the_same_block() {
    check_body_silent(
        "<!-- preceptor-ignore portability/user-path: sample -->\n\
         <!-- preceptor-ignore portability/ip-address: sample -->\n\
         `ping 10.44.3.9`, `ls /home/ana`\n",
    );
    check_body_silent(
        "<!-- preceptor-ignore portability/user-path,\n  portability/ip-address:\n  sample -->\n\
         `ping 10.44.3.9`, `ls /home/ana`\n",
    );
}

#[test]
fn a_reason_may_quote_what_it_is_about() {
    check_body_silent(
        "<!-- preceptor-ignore portability/user-path: /home/ana is the report's -->\n`/home/ana`\n",
    );
}

#[test]
fn a_comment_in_the_frontmatter_is_for_the_field_that_follows() {
    check_silent(
        "---\nname: count-rows\n# preceptor-ignore portability/user-path: sample\n\n# More.\n\
         description: >-\n  Counts rows. Use for\n  /home/ana/rows.\n---\n",
    );
    check_silent(
        "---\r\nname: other # preceptor-ignore name/directory-mismatch: an alias\r\n\
         description: Counts. Use for rows.\r\n---\r\n",
    );
    check_silent(
        "---\nname: count-rows\ndescription: Counts. Use for rows.\nmetadata:\n  a: b\n  \
         # preceptor-ignore portability/user-path: sample\n  c: /home/ana\n---\n",
    );
    check(
        "---\nname: count-rows\n# preceptor-ignore portability/user-path: sample\n\
         license: /home/ana\ndescription: Counts /home/ben. Use for rows.\n---\n",
        &expect![[r#"
            5 | description: Counts /home/ben. Use for rows.
              |                     ^^^^^^^^^ warning portability/user-path: `/home/ben` is one person's folder; nobody else has it
              = fix (Unsafe): Write `/home/<user>` instead
        "#]],
    );
}

#[test]
fn a_value_is_no_comment() {
    check(
        "---\nname: count-rows\ndescription: |\n  Counts. Use for rows.\n  \
         # preceptor-ignore-file portability/user-path: no\n---\n\n`/home/ana`\n",
        &expect![[r#"
            8 | `/home/ana`
              |  ^^^^^^^^^ warning portability/user-path: `/home/ana` is one person's folder; nobody else has it
              = fix (Safe): Write `~` instead
        "#]],
    );
    check(
        "---\nname: count-rows\n\
         description: \"Use for # preceptor-ignore-file portability/user-path: no\"\n---\n\n\
         `/home/ana`\n",
        &expect![[r#"
            6 | `/home/ana`
              |  ^^^^^^^^^ warning portability/user-path: `/home/ana` is one person's folder; nobody else has it
              = fix (Safe): Write `~` instead
        "#]],
    );
}

#[test]
fn broken_frontmatter_has_comments_too() {
    check_silent(
        "---\nname: count-rows\n# preceptor-ignore frontmatter/unquoted-colon: for lenient clients\n\
         description: Use: for rows\n---\n",
    );
}

#[test]
fn code_suppresses_nothing() {
    check_body(
        "```markdown\n<!-- preceptor-ignore-file portability/user-path: no -->\n```\n\n\
         `<!-- preceptor-ignore-file portability/user-path: no -->`\n\n\
         <!-- preceptor-ignored portability/user-path: no -->\n\n    \
         <!-- preceptor-ignore-file portability/user-path: no -->\n\n`/home/ana`\n\n\
         <!-- preceptor-ignore-file portability/user-path: never closed\n",
        &expect![[r#"
            16 | `/home/ana`
               |  ^^^^^^^^^ warning portability/user-path: `/home/ana` is one person's folder; nobody else has it
               = fix (Safe): Write `~` instead
        "#]],
    );
}

#[test]
fn a_suppression_without_a_reason_does_not_count() {
    check_body(
        "<!-- preceptor-ignore portability/user-path -->\n`/home/ana`\n\n\
         <!-- preceptor-ignore portability/user-path: -->\n`/home/ben`\n",
        &expect![[r#"
            6 | <!-- preceptor-ignore portability/user-path -->
              | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ hint suppression/unused: A suppression without a reason hides nothing: write the reason behind a colon, `preceptor-ignore family/rule: reason`
            7 | `/home/ana`
              |  ^^^^^^^^^ warning portability/user-path: `/home/ana` is one person's folder; nobody else has it
              = fix (Safe): Write `~` instead
            9 | <!-- preceptor-ignore portability/user-path: -->
              | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ hint suppression/unused: A suppression without a reason hides nothing: write the reason behind a colon, `preceptor-ignore family/rule: reason`
            10 | `/home/ben`
               |  ^^^^^^^^^ warning portability/user-path: `/home/ben` is one person's folder; nobody else has it
               = fix (Safe): Write `~` instead
        "#]],
    );
}

#[test]
fn what_hides_nothing_is_unused() {
    check_body(
        "<!-- preceptor-ignore portability/user-path, portability/ip-address: sample -->\n\
         `/home/ana`\n\n\
         <!-- preceptor-ignore-file name/invalid, name/missing: an alias -->\n\nWords.\n\n\
         <!-- preceptor-ignore portability/user-path: nothing follows -->\n",
        &expect![[r#"
            6 | <!-- preceptor-ignore portability/user-path, portability/ip-address: sample -->
              |                                              ^^^^^^^^^^^^^^^^^^^^^^ hint suppression/unused: `portability/ip-address` finds nothing in the lines that this is about, so it need not be suppressed
              = fix (Safe): Remove `portability/ip-address` from the suppression
            9 | <!-- preceptor-ignore-file name/invalid, name/missing: an alias -->
              | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ hint suppression/unused: `name/invalid` or `name/missing` finds nothing in this file, so this suppression can go
              = fix (Safe): Remove the suppression
            13 | <!-- preceptor-ignore portability/user-path: nothing follows -->
               | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ hint suppression/unused: `portability/user-path` finds nothing here, as nothing follows, so this suppression can go
               = fix (Safe): Remove the suppression
        "#]],
    );
}

#[test]
fn a_rule_that_does_not_exist_is_said() {
    check_body(
        "<!-- preceptor-ignore user-path: a -->\n`/home/ana`\n\n\
         <!-- preceptor-ignore portability/*, qwertz: b -->\nWords.\n\n\
         <!-- preceptor-ignore: c -->\nWords.\n",
        &expect![[r#"
            6 | <!-- preceptor-ignore user-path: a -->
              |                       ^^^^^^^^^ hint suppression/unknown-rule: There is no rule `user-path`: did you mean `portability/user-path`?
              = fix (Safe): Write `portability/user-path`
            7 | `/home/ana`
              |  ^^^^^^^^^ warning portability/user-path: `/home/ana` is one person's folder; nobody else has it
              = fix (Safe): Write `~` instead
            9 | <!-- preceptor-ignore portability/*, qwertz: b -->
              |                       ^^^^^^^^^^^^^ hint suppression/unknown-rule: `portability/*` names no rule: name each rule that is to be silent here
            9 | <!-- preceptor-ignore portability/*, qwertz: b -->
              |                                      ^^^^^^ hint suppression/unknown-rule: There is no rule `qwertz`: `preceptor rules` lists them all
              = fix (Safe): Remove `qwertz` from the suppression
            12 | <!-- preceptor-ignore: c -->
               | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ hint suppression/unknown-rule: A suppression that names no rule hides nothing: write `preceptor-ignore family/rule: reason`
        "#]],
    );
}

#[test]
fn removing_a_suppression_leaves_no_hole() {
    let comment = "<!-- preceptor-ignore name/invalid: alias -->";
    check_body_fix(
        &format!("One.\n\n{comment}\n\nTwo.\n"),
        &expect![[r#"
        ---
        name: count-rows
        description: Counts. Use for rows.
        ---

        One.

        Two.
    "#]],
    );
    check_body_fix(
        &format!("One.\n{comment}\nTwo.\n"),
        &expect![[r#"
        ---
        name: count-rows
        description: Counts. Use for rows.
        ---

        One.

        Two.
    "#]],
    );
    check_body_fix(
        &format!("# One\n{comment}\nTwo.\n"),
        &expect![[r#"
        ---
        name: count-rows
        description: Counts. Use for rows.
        ---

        # One
        Two.
    "#]],
    );
    check_body_fix(
        &format!("- One.\n{comment}\n- Two.\n"),
        &expect![[r#"
        ---
        name: count-rows
        description: Counts. Use for rows.
        ---

        - One.
        - Two.
    "#]],
    );
    check_body_fix(
        &format!("- {comment}\n  Two.\n"),
        &expect![[r#"
            ---
            name: count-rows
            description: Counts. Use for rows.
            ---

            - Two.
        "#]],
    );
    check_body_fix(
        &format!("One. {comment}\nTwo.\n"),
        &expect![[r#"
        ---
        name: count-rows
        description: Counts. Use for rows.
        ---

        One.
        Two.
    "#]],
    );
    check_body_fix(
        &format!("One {comment} two.\n"),
        &expect![[r#"
        ---
        name: count-rows
        description: Counts. Use for rows.
        ---

        One two.
    "#]],
    );
    check_body_fix(
        &format!("Ä.\r\n\r\n{comment}\r\n\r\nTwo.\r\n"),
        &expect![[r#"
            ---\r
            name: count-rows\r
            description: Counts. Use for rows.\r
            ---\r
            \r
            Ä.\r
            \r
            Two.\r
        "#]],
    );
    check_body_fix(
        &format!("One.\n\n{comment}\n"),
        &expect![[r#"
            ---
            name: count-rows
            description: Counts. Use for rows.
            ---

            One.
        "#]],
    );
}

#[test]
fn removing_a_comment_leaves_the_fields() {
    check_fix(
        "---\n# preceptor-ignore name/invalid: alias\nname: count-rows\n\
         description: Counts. Use for rows. # preceptor-ignore name/invalid: alias\n---\n",
        &expect![[r#"
            ---
            name: count-rows
            description: Counts. Use for rows.
            ---
        "#]],
    );
}

#[test]
fn some_codes_are_taken_out_of_a_suppression() {
    check_body_fix(
        "<!-- preceptor-ignore name/invalid, portability/user-path, name/missing, qwertz: a -->\n\
         `/home/ana`\n\n\
         <!-- preceptor-ignore portability/user-pth: b -->\n`/home/ben`\n",
        &expect![[r#"
            ---
            name: count-rows
            description: Counts. Use for rows.
            ---

            <!-- preceptor-ignore portability/user-path: a -->
            `/home/ana`

            `~`
        "#]],
    );
}

#[test]
fn a_rule_that_is_off_is_not_called_unused() {
    let text = format!(
        "{FRONTMATTER}<!-- preceptor-ignore portability/user-path: sample -->\nWords.\n\n\
         <!-- preceptor-ignore-file suppression/unknown-rule: of another version -->\n\n\
         <!-- preceptor-ignore clouds/rainy: of another version -->\nWords.\n"
    );
    assert_eq!(codes(&text, &Settings::default()), ["suppression/unused"]);
    let levels = [("portability/user-path".to_owned(), Level::Off)].into();
    assert!(codes(&text, &Settings { levels, ..Settings::default() }).is_empty());
}

#[test]
fn what_was_not_looked_at_is_not_called_unused() {
    let suppressed = |code: &str| {
        format!("{FRONTMATTER}<!-- preceptor-ignore-file {code}: known -->\n\n[a](gone.md)\n")
    };
    for code in ["links/broken", "name/duplicate", "duplicate/near", "text/encoding"] {
        assert!(codes(&suppressed(code), &Settings::default()).is_empty(), "{code}");
    }
    // With its folder in sight, a rule about the folder can be asked; one about others cannot.
    let around =
        Surroundings { files: Some(String::new()), ..Surroundings::in_directory("count-rows") };
    let unused = |code| {
        let text = suppressed(code).replace("gone.md", "https://a.example");
        let found = findings_among(&text, &around);
        found.iter().any(|it| it.rule.code == "suppression/unused")
    };
    assert!(unused("links/broken"));
    assert!(!unused("name/duplicate"));
}

#[test]
fn what_only_the_bytes_show_is_suppressed_like_all_else() {
    let settings = Settings::default();
    let found = |text: &str| {
        let document = SkillDocument::parse(text);
        let start = text.find("Words").unwrap();
        let flaw = Flaw { span: Span::new(start, start + 5), message: "The file is not UTF-8" };
        let found = run(&SkillFile::new(&document, &settings)
            .in_directory(Some("count-rows"))
            .with_flaw(Some(flaw)));
        found.iter().map(|it| it.rule.code).collect::<Vec<_>>()
    };
    assert_eq!(found(&format!("{FRONTMATTER}Words.\n")), ["text/encoding"]);
    let comment = "<!-- preceptor-ignore text/encoding: a sample -->";
    assert!(found(&format!("{FRONTMATTER}{comment}\nWords.\n")).is_empty());
}

#[test]
fn nothing_is_suppressed_in_a_proposal() {
    let text = format!(
        "{FRONTMATTER}<!-- preceptor-ignore-file portability/user-path, suppression/unused: no -->\n\n\
         `/home/ana`\n"
    );
    assert!(codes(&text, &Settings::default()).is_empty());
    let settings = Settings { is_proposal: true, ..Settings::default() };
    assert_eq!(codes(&text, &settings), ["suppression/unused", "portability/user-path"]);
    assert_eq!(report(&text, None), "");
}

/// A suppression that is added hides its finding once somebody wrote the reason.
#[track_caller]
fn check_insertion(text: &str, code: &str) {
    let settings = Settings::default();
    let document = SkillDocument::parse(text);
    let found = run(&SkillFile::new(&document, &settings).in_directory(Some("count-rows")));
    let finding = found.iter().find(|it| it.rule.code == code).unwrap();
    let mut edit = suppression_edit(&document, finding.span.start, code).unwrap();
    let without_reason = apply_edits(text, &[edit.clone()]).unwrap();
    assert!(codes(&without_reason, &settings).contains(&code), "{without_reason}");
    edit.new_text = edit.new_text.replacen(&format!("{code}: "), &format!("{code}: why "), 1);
    let with_reason = apply_edits(text, &[edit]).unwrap();
    assert!(!codes(&with_reason, &settings).contains(&code), "{with_reason}");
    let before: Vec<_> = found.iter().map(|it| it.rule.code).collect();
    let left = codes(&with_reason, &settings);
    assert!(left.iter().all(|it| before.contains(it)), "{left:?}: {with_reason}");
}

#[test]
fn a_suppression_can_be_added_wherever_a_finding_stands() {
    let code = "portability/user-path";
    for body in [
        "In /home/ana/work.\r\n",
        "- one\r\n- Größe: /home/ana/work\r\n- two\r\n",
        "- one\n\n  ```sh\n  cd /home/ana/work\n  ```\n",
        "| a | b |\n|---|---|\n| c | /home/ana/work |\n",
        "## In /home/ana/work\n",
        "Größe:\r\n\r\n    cd /home/ana/work\r\n    ls\r\n\r\nEnd.\r\n",
        "- one\n\n      cd /home/ana/work\n\n- two\n",
        "Größe:\n\n\tcd /home/ana/work\n",
        "Words[^1].\n\n[^1]: In /home/ana/work.\n",
    ] {
        check_insertion(&format!("{FRONTMATTER}{body}"), code);
    }
    check_insertion("---\nname: Count\ndescription: Counts. Use for it.\n---\n", "name/invalid");
    let folded = "---\nname: count-rows\ndescription: >\n  Counts.\n  In /home/ana/x.\n---\n";
    check_insertion(folded, code);
}

#[test]
fn a_suppression_leaves_the_fences_whole() {
    for (text, code) in [
        ("---\ndescription: Größe. Use for it.\n---\n", "name/missing"),
        ("---\r\nname: count-rows\r\n---\r\n\r\n# 😀\r\n", "description/missing"),
        ("---\nname: count-rows\ndescription: [a\n---\n", "frontmatter/invalid-yaml"),
        ("\u{feff}---\nname: count-rows\ndescription: Counts. Use for it.\n---\n", "text/encoding"),
    ] {
        check_insertion(text, code);
    }
    let unclosed = SkillDocument::parse("---\nname: count-rows\n\n# Größe\n");
    assert_eq!(suppression_edit(&unclosed, 0, "frontmatter/unclosed"), None);
}

#[test]
fn no_suppression_is_offered_where_none_can_be_written() {
    let code = "portability/user-path";
    for body in [
        "<!--\nIn /home/ana/work.\n-->\n\nGröße.\n",
        "[it]: /home/ana/work \"title\"\r\n\r\nSee [it].\r\n",
    ] {
        let text = format!("{FRONTMATTER}{body}");
        let document = SkillDocument::parse(&*text);
        let offset = text.find("/home").unwrap();
        assert_eq!(suppression_edit(&document, offset, code), None, "{text}");
    }
}
