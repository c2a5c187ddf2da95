//! Which files are checked, and what is said about those that cannot be.

use std::fs;

use expect_test::expect;
use runtime::config::{Config, FailOn, Layer, LintSettings};

use crate::check::{
    Format, Options,
    tests::{BAD, Folder, GOOD, output, paths},
};

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

        hint[description/no-trigger]: The `description` says what the skill does but not when to use it: agents choose skills by it, so add a sentence such as "Use when …"
         --> latin/SKILL.md:3:14
          |
        3 | description: Gr��e
          |              ^^^^^

        warning[text/encoding]: A character is lost here: U+FFFD stands for what was not UTF-8. Put the right one in, and save the file as UTF-8
         --> latin/SKILL.md:3:16
          |
        3 | description: Gr��e
          |                ^
          |
          = note: and here: line 3

        checked 3 skills: 1 error, 2 warnings, 1 hint; --fix can fix 1; 1 path could not be checked
        error: cannot check nowhere: there is no such file or folder; check the path
        exit code 2
    "#]]
    .assert_eq(&output(&folder, &options, ""));
}

#[cfg(unix)]
#[test]
fn links_are_followed_to_files_and_dangling_ones_passed_over() {
    let folder = Folder::new(&[("real.md", GOOD)]);
    fs::create_dir(folder.path().join("good")).unwrap();
    fs::create_dir(folder.path().join("gone")).unwrap();
    std::os::unix::fs::symlink("../real.md", folder.path().join("good/SKILL.md")).unwrap();
    std::os::unix::fs::symlink("../nowhere.md", folder.path().join("gone/SKILL.md")).unwrap();
    expect![[r#"
        checked 1 skill: no findings
        note: 1 link leads nowhere and was passed over: gone/SKILL.md
        exit code 0
    "#]]
    .assert_eq(&output(&folder, &Options::default(), ""));
    expect![[r#"
        checked 0 skills: no findings; 1 path could not be checked
        error: cannot check gone/SKILL.md: it is a link to something that is not there; repair or remove the link
        exit code 2
    "#]].assert_eq(&output(&folder, &paths(&["gone/SKILL.md"]), ""));
}

#[cfg(unix)]
#[test]
fn of_many_links_that_lead_nowhere_a_few_are_named() {
    let folder = Folder::new(&[("good/SKILL.md", GOOD)]);
    for name in ["a", "b", "c", "d", "e"] {
        fs::create_dir(folder.path().join(name)).unwrap();
        std::os::unix::fs::symlink("nowhere", folder.path().join(name).join("SKILL.md")).unwrap();
    }
    expect![[r#"
        checked 1 skill: no findings
        note: 5 links lead nowhere and were passed over: a/SKILL.md, b/SKILL.md, c/SKILL.md and 2 more
        exit code 0
    "#]]
    .assert_eq(&output(&folder, &Options::default(), ""));
}

#[test]
fn globs_that_the_shell_left_alone_are_expanded() {
    let files =
        ["a/x/SKILL.md", "a/y/SKILL.md", "a/README.md", "b/x/SKILL.md", "b/z/deep/SKILL.md"];
    check_discovery(&files, &["a/*"], &["a/x/SKILL.md", "a/y/SKILL.md"]);
    check_discovery(&files, &["*/x"], &["a/x/SKILL.md", "b/x/SKILL.md"]);
    check_discovery(&files, &["b/**/SKILL.md"], &["b/x/SKILL.md", "b/z/deep/SKILL.md"]);
    check_discovery(&files, &["./a/[x]/SKILL.md"], &["a/x/SKILL.md"]);
    check_discovery(&files, &["a/*.md"], &["a/README.md"]);
}

#[test]
fn a_name_with_the_letters_of_a_glob_is_taken_literally() {
    check_discovery(&["a[1]/SKILL.md", "a1/SKILL.md"], &["a[1]"], &["a[1]/SKILL.md"]);
}

#[test]
fn globs_without_a_match_are_said() {
    let folder = Folder::new(&[("a/SKILL.md", GOOD)]);
    expect![[r#"
        checked 0 skills: no findings; 2 paths could not be checked
        error: cannot check x/*: nothing matches it; check the path
        error: cannot check [a: the glob is wrong: unclosed character class; missing ']'
        exit code 2
    "#]]
    .assert_eq(&output(&folder, &paths(&["x/*", "[a"]), ""));
}

#[test]
fn overrides_of_a_path_hold_for_its_files() {
    let lint = "[[lint.overrides]]\npaths = ['old/**']\nrules = { 'name/invalid' = 'off' }\n";
    let layer = Layer::from_toml("preceptor.toml", lint).unwrap();
    let config = Config::merged([&layer]).unwrap();
    let settings = LintSettings::new(&config);
    let text = "---\nname: B\ndescription: B. Use for it.\n---\n";
    let folder = Folder::new(&[("new/B/SKILL.md", text), ("old/B/SKILL.md", text)]);
    let report = output(&folder, &Options { settings, ..Options::default() }, "");
    assert!(report.contains("error[name/invalid]"), "{report}");
    assert!(report.contains("new/B/SKILL.md:2:7") && !report.contains("old/B"), "{report}");
}

#[cfg(unix)]
#[test]
fn pipes_loops_and_closed_doors_keep_nothing_else_from_being_checked() {
    use std::os::unix::fs::symlink;

    let folder = Folder::new(&[("good/SKILL.md", GOOD), ("folder/SKILL.md/x.md", "")]);
    for name in ["pipe", "loop"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    let pipe = folder.path().join("pipe/SKILL.md");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    symlink("SKILL.md", folder.path().join("loop/SKILL.md")).unwrap();
    symlink("..", folder.path().join("loop/up")).unwrap();
    expect![[r#"
        checked 1 skill: no findings
        note: 1 link leads nowhere and was passed over: loop/SKILL.md
        exit code 0
    "#]]
    .assert_eq(&output(&folder, &Options::default(), ""));
    expect![[r#"
        checked 1 skill: no findings; 2 paths could not be checked
        error: cannot check pipe/SKILL.md: it is no file; leave it out
        error: cannot check folder/SKILL.md: it is a folder, and a skill's main file has to be a file
        exit code 2
    "#]]
    .assert_eq(&output(&folder, &paths(&["pipe/SKILL.md", "folder/SKILL.md", "good"]), ""));
}
