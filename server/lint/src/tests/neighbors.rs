//! Rules that compare a skill with others.

use expect_test::{Expect, expect};

use crate::{
    Acceptance, Safety,
    tests::{
        report::{findings_among, fixed_by, render},
        surroundings::Surroundings,
    },
};

const HEAD: &str = "---\nname: count-rows\ndescription: Counts rows. Use when rows are counted.\n";

fn surroundings(skills: &[(&str, &str)]) -> Surroundings {
    let skills = skills.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    Surroundings { skills: skills.collect(), ..Surroundings::in_directory("count-rows") }
}

fn report(text: &str, around: &Surroundings) -> String {
    let families = ["name/duplicate", "duplicate/", "references/", "provenance/"];
    let mut findings = findings_among(text, around);
    findings.retain(|it| families.iter().any(|family| it.rule.code.starts_with(family)));
    render(text, findings)
}

#[track_caller]
fn check(text: &str, around: &Surroundings, expected: &Expect) {
    expected.assert_eq(&report(text, around));
}

#[test]
fn a_second_skill_of_the_name_is_found() {
    let text = format!("{HEAD}---\n");
    let other = "---\nname: count-rows\n---\nother\n";
    let around = surroundings(&[("a/x/SKILL.md", other), ("b/SKILL.md", other)]);
    check(
        &text,
        &around,
        &expect![[r#"
        2 | name: count-rows
          |       ^^^^^^^^^^ warning name/duplicate: `count-rows` is also the name of `a/x/SKILL.md` (and 1 more), and they differ: a client that finds both loads one of them. Rename or remove one
    "#]],
    );
    assert_eq!(report(&text, &surroundings(&[("a/x/SKILL.md", &text)])), "", "a copy");
    assert_eq!(report(&text, &surroundings(&[("a/SKILL.md", "---\nname: a\n---\n")])), "");
}

#[test]
fn a_name_that_another_skill_has_is_not_taken_from_the_folder() {
    let text = "---\nname: sum-rows\ndescription: Sums. Use when asked.\n---\n";
    let taken = surroundings(&[("x/SKILL.md", "---\nname: count-rows\n---\n")]);
    let free = surroundings(&[("x/SKILL.md", "---\nname: x\n---\n")]);
    for (around, expected) in [(taken, 0), (free, 1)] {
        let findings = findings_among(text, &around);
        let mismatch = findings.iter().find(|it| it.rule.code == "name/directory-mismatch");
        assert_eq!(mismatch.unwrap().fixes.len(), expected);
    }
}

#[test]
fn a_similar_skill_is_found_and_a_short_one_is_not() {
    let steps = "1. Größe der Datei ansehen, then look at the header line of the table.\r\n\
                 2. Count the lines of it with a tool that knows quotes.\n\
                 3. Take one off for the header and tell the user how many rows are left.\n";
    let text = format!("{HEAD}---\n{steps}");
    let other = format!("---\nname: count-records\ndescription: Other words.\n---\n{steps}");
    check(
        &text,
        &surroundings(&[("count-records/SKILL.md", &other)]),
        &expect![[r#"
        2 | name: count-rows
          |       ^^^^^^^^^^ info duplicate/near: The skill is very similar to `count-records` (`count-records/SKILL.md`). Merge what they share, or make sure that the descriptions tell an agent when each is meant
    "#]],
    );
    let short = "---\nname: x\ndescription: Counts rows. Use when rows are counted.\n---\n";
    assert_eq!(report(&format!("{HEAD}---\n"), &surroundings(&[("x/SKILL.md", short)])), "");
    assert_eq!(report(&text, &surroundings(&[("x/SKILL.md", short)])), "");
}

#[test]
fn a_misspelled_skill_is_found_at_each_place() {
    let text = format!("{HEAD}---\nGröße: run /sum-colums, then `$sum-colums x`. Not /sum-rows.\n");
    let around = surroundings(&[("s/SKILL.md", "---\nname: sum-columns\n---\n")]);
    check(
        &text,
        &around,
        &expect![[r#"
        5 | Größe: run /sum-colums, then `$sum-colums x`. Not /sum-rows.
          |             ^^^^^^^^^^ hint references/unknown-skill: There is no skill `sum-colums`; did you mean `sum-columns`?
          = 5:32 `sum-colums` is also here
          = fix (Safe): Write `sum-columns`
    "#]],
    );
    let fixed = fixed_by(|text| findings_among(text, &around), &text, Safety::Safe);
    assert_eq!(fixed, text.replace("sum-colums", "sum-columns"));
    for body in ["/count-rows and /sum-columns", "/tmp/sum-colums", "$5-colums", "`rm /sum-colums`"]
    {
        assert_eq!(report(&format!("{HEAD}---\n{body}\n"), &around), "", "{body}");
    }
}

#[test]
fn what_a_teacher_published_and_nobody_accepted_is_found() {
    let teachers = format!(
        "{HEAD}metadata:\n  source: \"teacher-escalation\"\n  status: \"published\"\n---\n"
    );
    let around = |acceptance| Surroundings { acceptance, ..surroundings(&[]) };
    check(
        &teachers,
        &around(Acceptance::Missing),
        &expect![[r#"
        6 |   status: "published"
          |           ^^^^^^^^^^^ warning provenance/unreviewed: The skill came from a teacher model and says that it is published, but nobody is recorded to have accepted it here: read it before an agent does
    "#]],
    );
    for acceptance in [Acceptance::Unknown, Acceptance::Recorded] {
        assert_eq!(report(&teachers, &around(acceptance)), "");
    }
    for other in [
        teachers.replace("published", "draft"),
        teachers.replace("teacher-escalation", "user"),
        format!("{HEAD}---\n"),
    ] {
        assert_eq!(report(&other, &around(Acceptance::Missing)), "", "{other}");
    }
}
