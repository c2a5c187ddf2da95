//! `--baseline` and `--write-baseline`.

use std::fs;

use expect_test::expect;

use crate::check::{
    Options, run_in,
    tests::{BAD, Folder, GOOD, output},
};

fn write_baseline(folder: &Folder) -> String {
    let options = Options { write_baseline: Some("known.json".into()), ..Options::default() };
    output(folder, &options, "")
}

fn with_baseline(file: &str) -> Options {
    Options { baseline: Some(file.into()), ..Options::default() }
}

#[test]
fn what_is_known_is_not_reported_again() {
    let folder = Folder::new(&[("a/SKILL.md", BAD), ("good/SKILL.md", GOOD)]);
    expect![[r#"
        checked 2 skills: no findings; 2 in the baseline
        exit code 0
    "#]]
    .assert_eq(&write_baseline(&folder));
    let moved = BAD.replace("---\nname", "---\nlicense: MIT\nname");
    folder.write("a/SKILL.md", format!("{moved}\nIn /home/finn/x.\n").as_bytes());
    expect![[r#"
        warning[portability/user-path]: `/home/finn` is one person's folder; nobody else has it
         --> a/SKILL.md:7:4
          |
        7 | In /home/finn/x.
          |    ^^^^^^^^^^
          |
          = fix: Write `~` instead (--fix-unsafe, after a look)

        checked 2 skills: 1 warning; 2 in the baseline
        exit code 0
    "#]]
    .assert_eq(&output(&folder, &with_baseline("known.json"), ""));
}

#[test]
fn a_baseline_is_the_same_from_every_folder() {
    let folder = Folder::new(&[("a/SKILL.md", BAD)]);
    write_baseline(&folder);
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let current_dir = folder.path().join("a");
    let options = with_baseline("../known.json");
    let exit_code =
        run_in(&current_dir, &options, &mut "".as_bytes(), &mut stdout, &mut stderr).unwrap();
    let report = String::from_utf8(stdout).unwrap();
    assert_eq!(exit_code, 0, "{report}");
    assert!(report.starts_with("checked 1 skill: no findings"), "{report}");
}

#[test]
fn a_baseline_that_cannot_be_used_is_said_and_everything_is_reported() {
    let folder = Folder::new(&[("a/SKILL.md", BAD), ("broken.json", "{")]);
    fs::create_dir(folder.path().join("folder.json")).unwrap();
    for (file, expected) in [
        ("none.json", "there is no such file; --write-baseline writes one"),
        ("broken.json", "line 1, column 1: EOF while parsing an object"),
        ("folder.json", "is a directory"),
    ] {
        let report = output(&folder, &with_baseline(file), "");
        assert!(report.contains("error[name/invalid]"), "{report}");
        let sentence = format!("error: cannot read the baseline {file}: {expected}\n");
        assert!(report.contains(&sentence), "{report}");
        assert!(report.ends_with("exit code 2\n"), "{report}");
    }
}
