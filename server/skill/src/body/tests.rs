//! Bodies, rendered as lists of their parts.

use std::fmt::Write;

use expect_test::{Expect, expect};

use crate::SkillDocument;

#[track_caller]
fn check(text: &str, expected: &Expect) {
    let document = SkillDocument::parse(text);
    let body = &document.body;
    let mut out = String::new();
    for heading in &body.headings {
        let written = heading.span.of(text);
        writeln!(out, "heading {} {:?} as {written:?}", heading.level, heading.text).unwrap();
    }
    for paragraph in &body.paragraphs {
        let written = paragraph.span.of(text);
        writeln!(out, "paragraph {:?} as {written:?}", paragraph.text).unwrap();
    }
    for block in &body.code_blocks {
        let (info, language) = (&block.info, block.language());
        writeln!(out, "code {info:?} {language:?} {:?}", block.content.of(text)).unwrap();
        assert!(block.span.contains(block.content), "{block:?}");
    }
    for code in &body.inline_code {
        writeln!(out, "inline {:?} as {:?}", code.text, code.span.of(text)).unwrap();
    }
    for link in &body.links {
        let written = link.destination_span.map(|span| span.of(text));
        let kind = if link.is_image { "image" } else { "link" };
        writeln!(out, "{kind} {:?} as {written:?}", link.destination).unwrap();
    }
    for comment in &body.html_comments {
        writeln!(out, "comment {:?}", comment.of(text)).unwrap();
    }
    expected.assert_eq(&out);
}

#[test]
fn parts_stand_where_they_stand_in_the_whole_text() {
    check(
        "---\nname: größe\n---\n# Ünder `code`\n\nSee [notes](references/notes.md \"title\") and ![a](b.png).\n\n    indented\n",
        &expect![[r##"
            heading 1 "Ünder code" as "# Ünder `code`"
            paragraph "See notes and a." as "See [notes](references/notes.md \"title\") and ![a](b.png).\n"
            code None "" "indented\n"
            inline "code" as "`code`"
            link "references/notes.md" as Some("references/notes.md")
            image "b.png" as Some("b.png")
        "##]],
    );
}

#[test]
fn code_in_fences_is_code() {
    check(
        "```bash {a=1}\nls\n\ncat x\n```\n\n~~~\n```\n~~~\n\n```\n```\n\n1. step\n   ```sh\n   cd x\n   ls\n   ```\n",
        &expect![[r#"
            code Some("bash {a=1}") "bash" "ls\n\ncat x\n"
            code Some("") "" "```\n"
            code Some("") "" ""
            code Some("sh") "sh" "cd x\n   ls\n"
        "#]],
    );
    check(
        "```py\nnever closed\n",
        &expect![[r#"
        code Some("py") "py" "never closed\n"
    "#]],
    );
}

#[test]
fn carriage_returns_do_not_shift_parts() {
    check(
        "# A\r\n\r\n```sh\r\nls\r\ncd\r\n```\r\n`x`\r\n",
        &expect![[r##"
        heading 1 "A" as "# A"
        paragraph "x" as "`x`\r\n"
        code Some("sh") "sh" "ls\r\ncd\r\n"
        inline "x" as "`x`"
    "##]],
    );
}

#[test]
fn comments_are_found_in_blocks_and_lines() {
    check(
        "<!-- one\nof two lines -->\n\nwords <!-- two --> more <!-- three -->\n\n`<!-- code -->`\n\n<!-- open\n",
        &expect![[r#"
            paragraph "words  more " as "words <!-- two --> more <!-- three -->\n"
            paragraph "<!-- code -->" as "`<!-- code -->`\n"
            inline "<!-- code -->" as "`<!-- code -->`"
            comment "<!-- one\nof two lines -->"
            comment "<!-- two -->"
            comment "<!-- three -->"
            comment "<!-- open\n"
        "#]],
    );
}

#[test]
fn references_have_the_destination_of_their_definition() {
    check(
        "[a][r] and <https://example.org>\n\n[r]: notes.md\n",
        &expect![[r#"
            paragraph "a and https://example.org" as "[a][r] and <https://example.org>\n"
            link "notes.md" as Some("notes.md")
            link "https://example.org" as Some("https://example.org")
        "#]],
    );
}

#[test]
fn headings_above_a_place_are_the_innermost_first() {
    let text = "# A\n\n## B\n\n### C\n\n## D\n\nhere\n\n# E\n";
    let document = SkillDocument::parse(text);
    let offset = text.find("here").unwrap();
    let above = document.body.headings_above(offset).map(|it| it.text.as_str());
    assert_eq!(above.collect::<Vec<_>>(), ["D", "A"]);
}

#[test]
fn blocks_are_in_order_and_the_outer_one_is_first() {
    let text = "---\nname: x\n---\n# A\n\none\ntwo\n\n- item\n  - inner\n- next\n\n| a |\n|---|\n\n<!-- c -->\nbelow\n\n```sh\nls\n```\n";
    let document = SkillDocument::parse(text);
    let blocks: Vec<_> = document.blocks().iter().map(|span| span.of(text)).collect();
    let expected = [
        "# A",
        "one\ntwo",
        "- item\n  - inner",
        "- inner",
        "- next",
        "| a |\n|---|",
        "<!-- c -->",
        "below",
        "```sh\nls\n```",
    ];
    assert_eq!(blocks, expected);
}

#[test]
fn destinations_stand_where_they_are_written() {
    check(
        "[a.md](a.md \"not a.md\") [b](<b c.md> 'b c.md') [![i](i.png)](é/\\(x\\).md) [](n(1).md) [e]()\r\n\r\n[Ref]\n\n[ref]: <r.md> \"r.md\"\n",
        &expect![[r#"
            paragraph "a.md b i  e" as "[a.md](a.md \"not a.md\") [b](<b c.md> 'b c.md') [![i](i.png)](é/\\(x\\).md) [](n(1).md) [e]()\r\n"
            paragraph "Ref" as "[Ref]\n"
            link "a.md" as Some("a.md")
            link "b c.md" as Some("b c.md")
            link "é/(x).md" as Some("é/\\(x\\).md")
            image "i.png" as Some("i.png")
            link "n(1).md" as Some("n(1).md")
            link "" as None
            link "r.md" as Some("r.md")
        "#]],
    );
}
