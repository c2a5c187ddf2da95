//! What `--fix` and `--fix-unsafe` write.

use std::fs;

use expect_test::expect;
use lint::Safety;

use crate::check::{
    Options,
    tests::{BAD, Folder, output, paths},
};

#[test]
fn safe_fixes_are_written_and_the_rest_is_reported() {
    let folder = Folder::new(&[("bad-name/SKILL.md", BAD)]);
    let fix = Options { fix: Some(Safety::Safe), ..Options::default() };
    expect![[r#"
        warning[portability/user-path]: `/home/mira` is one person's folder; nobody else has it
         --> bad-name/SKILL.md:3:23
          |
        3 | description: Größe in /home/mira/x.
          |                       ^^^^^^^^^^
          |
          = fix: Write `/home/<user>` instead (--fix-unsafe, after a look)

        checked 1 skill: 1 warning; fixed 1
        exit code 0
    "#]]
    .assert_eq(&output(&folder, &fix, ""));
    let fixed = folder.read("bad-name/SKILL.md");
    assert_eq!(fixed, BAD.replace("Bad Name", "bad-name"));
    output(&folder, &fix, "");
    assert_eq!(folder.read("bad-name/SKILL.md"), fixed);
}

#[test]
fn all_fixes_are_written_on_demand() {
    let folder = Folder::new(&[("bad-name/SKILL.md", BAD)]);
    let fix_unsafe = Options { fix: Some(Safety::Unsafe), ..Options::default() };
    expect![[r#"
        checked 1 skill: no findings; fixed 2
        exit code 0
    "#]]
    .assert_eq(&output(&folder, &fix_unsafe, ""));
    assert!(folder.read("bad-name/SKILL.md").contains("/home/<user>/x"));
}

#[cfg(unix)]
#[test]
fn fixing_keeps_permissions_links_and_leaves_nothing_behind() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let folder = Folder::new(&[("store/text.md", BAD)]);
    let target = folder.path().join("store/text.md");
    fs::set_permissions(&target, fs::Permissions::from_mode(0o640)).unwrap();
    fs::create_dir(folder.path().join("bad-name")).unwrap();
    symlink("../store/text.md", folder.path().join("bad-name/SKILL.md")).unwrap();
    output(&folder, &Options { fix: Some(Safety::Safe), ..Options::default() }, "");
    assert!(folder.read("store/text.md").contains("name: bad-name"));
    assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(fs::symlink_metadata(folder.path().join("bad-name/SKILL.md")).unwrap().is_symlink());
    let store = ignore::WalkBuilder::new(folder.path().join("store")).hidden(false).build();
    assert_eq!(store.count(), 2);
}

#[cfg(unix)]
#[test]
fn a_read_only_file_is_not_fixed() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new(&[("bad/SKILL.md", BAD)]);
    let path = folder.path().join("bad/SKILL.md");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    let report = output(&folder, &Options { fix: Some(Safety::Safe), ..Options::default() }, "");
    assert!(report.contains("cannot write bad/SKILL.md (permission denied)"), "{report}");
    assert!(report.ends_with("exit code 2\n"), "{report}");
    assert_eq!(folder.read("bad/SKILL.md"), BAD);
}

#[test]
fn line_ends_and_byte_order_marks_survive_a_fix() {
    let text = format!("\u{feff}{}", BAD.replace('\n', "\r\n"));
    let folder = Folder::new(&[("bad-name/SKILL.md", &text)]);
    output(&folder, &Options { fix: Some(Safety::Unsafe), ..Options::default() }, "");
    let fixed = folder.read("bad-name/SKILL.md");
    assert!(fixed.contains("name: bad-name\r\n"), "{fixed:?}");
    assert_eq!(fixed.matches('\n').count(), fixed.matches("\r\n").count());
}

#[test]
fn what_is_no_utf_8_is_reported_and_never_written() {
    let folder = Folder::new(&[]);
    let bytes = b"---\nname: Latin\ndescription: Gr\xf6\xdfe in /home/mira.\n---\n";
    folder.write("latin/SKILL.md", bytes);
    let report = output(&folder, &Options { fix: Some(Safety::Safe), ..Options::default() }, "");
    expect![[r#"
        error[name/invalid]: `Latin` is no valid name: letters must be lower-case
         --> latin/SKILL.md:2:7
          |
        2 | name: Latin
          |       ^^^^^
          |
          = fix: Rename it to `latin` (--fix)

        hint[description/no-trigger]: The `description` says what the skill does but not when to use it: agents choose skills by it, so add a sentence such as "Use when …"
         --> latin/SKILL.md:3:14
          |
        3 | description: Gr��e in /home/mira.
          |              ^^^^^^^^^^^^^^^^^^^^

        warning[text/encoding]: A character is lost here: U+FFFD stands for what was not UTF-8. Put the right one in, and save the file as UTF-8
         --> latin/SKILL.md:3:16
          |
        3 | description: Gr��e in /home/mira.
          |                ^
          |
          = note: and here: line 3

        warning[portability/user-path]: `/home/mira` is one person's folder; nobody else has it
         --> latin/SKILL.md:3:23
          |
        3 | description: Gr��e in /home/mira.
          |                       ^^^^^^^^^^
          |
          = fix: Write `/home/<user>` instead (--fix-unsafe, after a look)

        checked 1 skill: 1 error, 2 warnings, 1 hint; --fix can fix 1; 1 path could not be checked
        error: cannot fix latin/SKILL.md: nothing in it was changed, because it is not UTF-8; save it as UTF-8
        exit code 2
    "#]]
    .assert_eq(&report);
    assert_eq!(folder.read_bytes("latin/SKILL.md"), bytes);
}

#[cfg(unix)]
#[test]
fn two_links_to_one_file_are_one_skill() {
    use std::os::unix::fs::symlink;

    let folder = Folder::new(&[("store/text.md", BAD)]);
    for name in ["bad-name", "other"] {
        fs::create_dir(folder.path().join(name)).unwrap();
        symlink("../store/text.md", folder.path().join(name).join("SKILL.md")).unwrap();
    }
    let fix = Options { fix: Some(Safety::Safe), ..Options::default() };
    let report = output(&folder, &fix, "");
    assert!(report.contains("checked 1 skill: 1 warning; fixed 1"), "{report}");
    let fixed = folder.read("store/text.md");
    assert!(fixed.contains("name: bad-name"), "{fixed}");
    output(&folder, &fix, "");
    assert_eq!(folder.read("store/text.md"), fixed);
}

#[cfg(unix)]
#[test]
fn a_file_is_shown_by_its_own_path_before_any_link_to_it() {
    use std::os::unix::fs::symlink;

    let folder = Folder::new(&[("real/SKILL.md", BAD)]);
    fs::create_dir(folder.path().join("also")).unwrap();
    symlink("../real/SKILL.md", folder.path().join("also/SKILL.md")).unwrap();
    symlink("real", folder.path().join("folder")).unwrap();
    for (named, shown) in [
        (&["."][..], "real/SKILL.md:"),
        (&["also", "real"], "real/SKILL.md:"),
        (&["also", "folder"], "folder/SKILL.md:"),
    ] {
        let options = Options { fix: Some(Safety::Safe), ..paths(named) };
        let report = output(&folder, &options, "");
        assert!(report.contains(shown) && report.contains("checked 1 skill"), "{report}");
    }
    assert!(folder.read("real/SKILL.md").contains("name: bad-name"));
}

#[test]
fn what_a_baseline_knows_is_not_fixed() {
    let folder = Folder::new(&[("bad-name/SKILL.md", BAD)]);
    let write = Options { write_baseline: Some("known.json".into()), ..Options::default() };
    output(&folder, &write, "");
    let text = format!("{BAD}\nIn `/home/finn/x`.\n");
    folder.write("bad-name/SKILL.md", text.as_bytes());
    let fix = Options {
        baseline: Some("known.json".into()),
        fix: Some(Safety::Safe),
        ..Options::default()
    };
    expect![[r#"
        checked 1 skill: no findings; 2 in the baseline; fixed 1
        exit code 0
    "#]]
    .assert_eq(&output(&folder, &fix, ""));
    let fixed = folder.read("bad-name/SKILL.md");
    assert_eq!(fixed, text.replace("/home/finn", "~"));
    // Without the baseline nobody knows what to leave, so nothing is changed.
    folder.write("known.json", b"{");
    let report = output(&folder, &fix, "");
    assert!(report.contains("error: cannot read the baseline known.json"), "{report}");
    assert_eq!(folder.read("bad-name/SKILL.md"), fixed);
}
