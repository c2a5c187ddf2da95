//! What can be asked about where: `$0` is the cursor.

use skill::SkillDocument;

use crate::hover_places;

const FRONTMATTER: &str = "---\nname: demo\nallowed-tools: Read Bash(git:*)\n---\n";

#[track_caller]
fn check(fixture: &str, expected: &[(&str, &str)]) {
    let offset = fixture.find("$0").unwrap();
    let document = SkillDocument::parse(fixture.replacen("$0", "", 1));
    let found = hover_places(&document, None, offset);
    let found: Vec<_> = found
        .iter()
        .map(|(span, place)| {
            let shown = format!("{place:?}");
            let kind = shown.split(['(', ' ']).next().unwrap().to_owned();
            (span.of(&document.text).to_owned(), kind)
        })
        .collect();
    let found: Vec<_> = found.iter().map(|(text, kind)| (text.as_str(), kind.as_str())).collect();
    assert_eq!(found, expected, "{fixture:?}");
}

#[test]
fn the_opening_line_is_the_skill_and_a_heading_its_section() {
    check("-$0--\nname: demo\n---\n", &[("---", "Skill")]);
    check("# 😀 Größ$0e\r\n\r\ntext\r\n", &[("# 😀 Größe", "Section")]);
    check("# A\n\nte$0xt\n", &[]);
}

#[test]
fn tools_are_known_in_their_fields_and_as_code() {
    let field = |tools: &str| format!("---\nallowed-tools: {tools}\n---\n");
    check(&field("$0Read Bash(git:*)"), &[("Read", "Tool")]);
    check(&field("Read Ba$0sh(git:*)"), &[("Bash", "Tool")]);
    check(&field("Read Bash(gi$0t:*)"), &[]);
    check(&format!("{FRONTMATTER}😀 `Re$0ad(x)` it\n"), &[("`Read(x)`", "Tool")]);
    check(&format!("{FRONTMATTER}`cat $0x y`\n"), &[]);
}

#[test]
fn links_paths_and_skills_are_known_in_the_text() {
    check("# A\n\n[a$0](b.md)\n", &[("[a](b.md)", "Link")]);
    check("# A\n\n`scripts/r$0un.py`\n", &[("`scripts/run.py`", "Path")]);
    check("# A\n\nRun $0/sum-rows.\n", &[("/sum-rows", "SkillName")]);
    check("# A\n\n😀 (\\$ $sum-r$0ows)\n", &[("$sum-rows", "SkillName")]);
    check("# A\n\nRun $s$0um.\n", &[("$sum", "SkillName")]);
    check("# A\n\n`$s$0um`, and/or /su$0m/x\n", &[]);
    check("# A\n\nand/or$0\n", &[]);
    check("```sh\n/sum-r$0ows [a](b.md)\n```\n", &[]);
}

#[test]
fn placeholders_are_known_in_code_too() {
    check("```sh\n${CLAUDE_SKILL_D$0IR}/x.sh\n```\n", &[("${CLAUDE_SKILL_DIR}", "Placeholder")]);
    check("# A\n\nfor $ARG$0UMENTS.\n", &[("$ARGUMENTS", "Placeholder")]);
}
