//! The command on folders made for the purpose.

#![expect(clippy::needless_raw_string_hashes, reason = "the snapshots are written by a tool")]

use std::{fs, path::Path};

use expect_test::{Expect, expect};
use runtime::config::FailOn;
use tempfile::TempDir;

use crate::check::{Format, Options, run_in};

const GOOD: &str = "---\nname: good\ndescription: Is fine.\n---\n\n# Good\n";
const BAD: &str = "---\nname: Bad Name\ndescription: Größe in /home/mira/x.\n---\n";

/// A folder with files, gone at the end of the test.
struct Folder(TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (path, text) in files {
            folder.write(path, text.as_bytes());
        }
        folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    #[expect(clippy::disallowed_methods, reason = "a test makes its files")]
    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    #[expect(clippy::disallowed_methods, reason = "a test reads its files")]
    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).unwrap()
    }
}

/// Runs the command and renders all that comes out of it.
fn output(folder: &Folder, options: &Options, stdin: &str) -> String {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let exit_code =
        run_in(folder.path(), options, &mut stdin.as_bytes(), &mut stdout, &mut stderr).unwrap();
    let stdout = String::from_utf8(stdout).unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    let lines: Vec<_> = format!("{stdout}{stderr}exit code {exit_code}\n")
        .replace(&*folder.path().to_string_lossy(), "$DIR")
        .lines()
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect();
    lines.concat()
}

#[track_caller]
fn check(files: &[(&str, &str)], options: &Options, expected: &Expect) {
    expected.assert_eq(&output(&Folder::new(files), options, ""));
}

fn paths(paths: &[&str]) -> Options {
    Options { paths: paths.iter().map(Into::into).collect(), ..Options::default() }
}

#[test]
fn findings_are_shown_with_their_lines() {
    check(
        &[("skills/bad/SKILL.md", BAD)],
        &Options::default(),
        &expect![[r#"
        error[name/invalid]: `Bad Name` is no valid name: letters must be lower-case
         --> skills/bad/SKILL.md:2:7
          |
        2 | name: Bad Name
          |       ^^^^^^^^
          |
          = fix: Rename it to `bad-name` (--fix)

        warning[portability/user-path]: `/home/mira` is one person's folder; nobody else has it
         --> skills/bad/SKILL.md:3:23
          |
        3 | description: Größe in /home/mira/x.
          |                       ^^^^^^^^^^
          |
          = fix: Write `/home/<user>` instead (--fix-unsafe, after a look)

        checked 1 skill: 1 error, 1 warning; --fix can fix 1
        exit code 1
    "#]],
    );
}

#[test]
fn several_places_of_one_finding_are_named_by_their_lines() {
    let text = "---\nname: a\ndescription: A.\n---\n`/home/mira`\n`/home/mira` `/home/mira`\n\n`/home/mira`\n";
    check(
        &[("a/SKILL.md", text)],
        &Options::default(),
        &expect![[r#"
        warning[portability/user-path]: `/home/mira` is one person's folder; nobody else has it
         --> a/SKILL.md:5:2
          |
        5 | `/home/mira`
          |  ^^^^^^^^^^
          |
          = note: also in lines 6, 8
          = fix: Write `~` instead (--fix)

        checked 1 skill: 1 warning; --fix can fix 1
        exit code 0
    "#]],
    );
}

#[test]
fn an_empty_file_and_a_byte_order_mark_have_a_place_too() {
    check(
        &[("a/SKILL.md", "")],
        &Options::default(),
        &expect![[r#"
        error[frontmatter/missing]: The file has no frontmatter: clients need a block of fields between two `---` lines, with at least `name` and `description`
         --> a/SKILL.md:1:1
          |
        1 |
          | ^

        checked 1 skill: 1 error
        exit code 1
    "#]],
    );
    check(
        &[("a/SKILL.md", "\u{feff}# A\r\n\r\nWords.\r\n")],
        &Options::default(),
        &expect![[r#"
        error[frontmatter/missing]: The file has no frontmatter: clients need a block of fields between two `---` lines, with at least `name` and `description`
         --> a/SKILL.md:1:1
          |
        1 | # A
          | ^
          |
          = fix: Add a frontmatter made from the folder's name and the text (--fix)

        checked 1 skill: 1 error; --fix can fix 1
        exit code 1
    "#]],
    );
}

#[test]
fn clean_skills_and_no_skills_succeed() {
    check(
        &[("good/SKILL.md", GOOD)],
        &Options::default(),
        &expect![[r#"
        checked 1 skill: no findings
        exit code 0
    "#]],
    );
    check(
        &[("README.md", "")],
        &Options::default(),
        &expect![[r#"
        checked 0 skills: no findings
        no SKILL.md below the given paths
        exit code 0
    "#]],
    );
}

#[test]
fn json_has_the_agreed_shape() {
    let options = Options { format: Format::Json, ..Options::default() };
    check(
        &[("b/SKILL.md", BAD), ("good/SKILL.md", GOOD)],
        &options,
        &expect![[r#"
        {
          "files": 2,
          "diagnostics": [
            {
              "path": "b/SKILL.md",
              "line": 2,
              "column": 7,
              "endLine": 2,
              "endColumn": 15,
              "severity": "error",
              "code": "name/invalid",
              "message": "`Bad Name` is no valid name: letters must be lower-case",
              "fixable": true
            },
            {
              "path": "b/SKILL.md",
              "line": 3,
              "column": 23,
              "endLine": 3,
              "endColumn": 33,
              "severity": "warning",
              "code": "portability/user-path",
              "message": "`/home/mira` is one person's folder; nobody else has it",
              "fixable": true
            }
          ]
        }
        exit code 1
    "#]],
    );
}

#[test]
fn the_threshold_decides_about_failure() {
    let folder = Folder::new(&[("a/SKILL.md", "---\nname: a\ndescription: In /home/mira.\n---\n")]);
    for (fail_on, expected) in [
        (FailOn::Hint, "exit code 1"),
        (FailOn::Warning, "exit code 1"),
        (FailOn::Error, "exit code 0"),
        (FailOn::Never, "exit code 0"),
    ] {
        let options = Options { fail_on, ..Options::default() };
        assert_eq!(output(&folder, &options, "").lines().last(), Some(expected), "{fail_on:?}");
    }
}

/// The paths that a check of the folder takes.
#[track_caller]
fn check_discovery(files: &[&str], arguments: &[&str], expected: &[&str]) {
    let files: Vec<_> = files.iter().map(|path| (*path, "")).collect();
    let folder = Folder::new(&files);
    folder.write(".gitignore", b"vendor/\ndrafts/**\n");
    let options = Options { format: Format::Json, ..paths(arguments) };
    let report = output(&folder, &options, "");
    let found: Vec<_> =
        report.lines().filter_map(|line| line.trim().strip_prefix("\"path\": ")).collect();
    let expected: Vec<_> = expected.iter().map(|path| format!("\"{path}\",")).collect();
    assert_eq!(found, expected, "{report}");
}

#[test]
fn hidden_folders_are_searched_and_ignored_ones_are_not() {
    check_discovery(
        &[
            ".agents/skills/a/SKILL.md",
            ".git/SKILL.md",
            ".preceptor/proposals/x/SKILL.md",
            "vendor/b/SKILL.md",
            "drafts/c/SKILL.md",
            "d/skill.md",
            "SKILL.md",
        ],
        &[],
        &[".agents/skills/a/SKILL.md", "SKILL.md"],
    );
}

#[test]
fn named_paths_are_checked_even_if_ignored() {
    let files = ["vendor/b/SKILL.md", "drafts/c/SKILL.md", ".preceptor/p/SKILL.md", "d/notes.md"];
    check_discovery(&files, &["vendor"], &["vendor/b/SKILL.md"]);
    check_discovery(&files, &["./drafts/"], &["drafts/c/SKILL.md"]);
    check_discovery(&files, &["drafts/c/SKILL.md"], &["drafts/c/SKILL.md"]);
    check_discovery(&files, &[".preceptor"], &[".preceptor/p/SKILL.md"]);
    check_discovery(&files, &["d/notes.md"], &["d/notes.md"]);
}

#[test]
fn a_file_named_twice_is_checked_once() {
    check_discovery(&["a/SKILL.md"], &["a", "./a/SKILL.md", "a/../a"], &["a/SKILL.md"]);
}

#[test]
fn a_folder_called_like_the_file_is_searched() {
    check_discovery(&["SKILL.md/a/SKILL.md"], &[], &["SKILL.md/a/SKILL.md"]);
}

#[test]
fn what_cannot_be_checked_is_said_and_the_rest_is_checked() {
    let folder = Folder::new(&[("good/SKILL.md", GOOD), ("bad/SKILL.md", BAD)]);
    folder.write("latin/SKILL.md", b"---\nname: latin\ndescription: Gr\xf6\xdfe\n---\n");
    let mut options = paths(&[".", "nowhere"]);
    options.fail_on = FailOn::Never;
    expect![[r#"
        error[name/invalid]: `Bad Name` is no valid name: letters must be lower-case
         --> bad/SKILL.md:2:7
          |
        2 | name: Bad Name
          |       ^^^^^^^^
          |
          = fix: Rename it to `bad-name` (--fix)

        warning[portability/user-path]: `/home/mira` is one person's folder; nobody else has it
         --> bad/SKILL.md:3:23
          |
        3 | description: Größe in /home/mira/x.
          |                       ^^^^^^^^^^
          |
          = fix: Write `/home/<user>` instead (--fix-unsafe, after a look)

        checked 2 skills: 1 error, 1 warning; --fix can fix 1; 2 paths could not be checked
        error: cannot check nowhere: there is no such file or folder; check the path
        error: cannot check latin/SKILL.md: line 3 is not valid UTF-8; save the file as UTF-8
        exit code 2
    "#]]
    .assert_eq(&output(&folder, &options, ""));
}

#[cfg(unix)]
#[test]
fn links_are_followed_to_files_and_dangling_ones_reported() {
    let folder = Folder::new(&[("real.md", GOOD)]);
    fs::create_dir(folder.path().join("good")).unwrap();
    fs::create_dir(folder.path().join("gone")).unwrap();
    std::os::unix::fs::symlink("../real.md", folder.path().join("good/SKILL.md")).unwrap();
    std::os::unix::fs::symlink("../nowhere.md", folder.path().join("gone/SKILL.md")).unwrap();
    expect![[r#"
        checked 1 skill: no findings; 1 path could not be checked
        error: cannot read gone/SKILL.md: it is a link to a file that is not there; repair or remove the link
        exit code 2
    "#]].assert_eq(&output(&folder, &Options::default(), ""));
    expect![[r#"
        checked 0 skills: no findings; 1 path could not be checked
        error: cannot check gone/SKILL.md: it is a link to something that is not there; repair or remove the link
        exit code 2
    "#]].assert_eq(&output(&folder, &paths(&["gone/SKILL.md"]), ""));
}

#[test]
fn safe_fixes_are_written_and_the_rest_is_reported() {
    let folder = Folder::new(&[("bad-name/SKILL.md", BAD)]);
    let fix = Options { fix: true, ..Options::default() };
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
    let fix_unsafe = Options { fix_unsafe: true, ..Options::default() };
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
    output(&folder, &Options { fix: true, ..Options::default() }, "");
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
    let report = output(&folder, &Options { fix: true, ..Options::default() }, "");
    assert!(report.contains("cannot write bad/SKILL.md (permission denied)"), "{report}");
    assert!(report.ends_with("exit code 2\n"), "{report}");
    assert_eq!(folder.read("bad/SKILL.md"), BAD);
}

#[test]
fn standard_input_is_checked_under_its_name() {
    let folder = Folder::new(&[]);
    let stdin = |name: &str| Options { stdin: Some(name.into()), ..Options::default() };
    let text = "---\ndescription: Is fine.\n---\n";
    expect![[r#"
        error[name/missing]: The frontmatter has no `name`: it must be the name of the skill's folder
         --> skills/good/SKILL.md:1:1
          |
        1 | ---
          | ^^^
          |
          = fix: Name it `good`, like its folder (--fix)

        checked 1 skill: 1 error; --fix can fix 1
        exit code 1
    "#]].assert_eq(&output(&folder, &stdin("skills/good/SKILL.md"), text));
    let fix = Options { fix: true, ..stdin("skills/good/SKILL.md") };
    expect![[r#"
        checked 0 skills: no findings; 1 path could not be checked
        error: fixes are written to files: name the file instead of using --stdin
        exit code 2
    "#]]
    .assert_eq(&output(&folder, &fix, text));
}
