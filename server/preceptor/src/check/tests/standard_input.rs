//! `--stdin`: a text that is not in a file yet.

use expect_test::expect;
use lint::Safety;

use crate::check::{
    Options, run_in,
    tests::{BAD, Folder, output},
};

#[test]
fn standard_input_is_checked_under_its_name() {
    let folder = Folder::new(&[]);
    let stdin = |name: &str| Options { stdin: Some(name.into()), ..Options::default() };
    let text = "---\ndescription: Is fine. Use for it.\n---\n";
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
}

/// Runs the command with fixes and returns what it prints, standard output first.
fn fixed(bytes: &[u8]) -> (Vec<u8>, String, u8) {
    let folder = Folder::new(&[]);
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let options = Options {
        stdin: Some("bad-name/SKILL.md".into()),
        fix: Some(Safety::Safe),
        ..Options::default()
    };
    let exit_code =
        run_in(folder.path(), &options, &mut &*bytes, &mut stdout, &mut stderr).unwrap();
    (stdout, String::from_utf8(stderr).unwrap(), exit_code)
}

#[test]
fn a_fixed_text_is_all_that_standard_output_gets() {
    let (stdout, stderr, exit_code) = fixed(BAD.as_bytes());
    assert_eq!(String::from_utf8(stdout).unwrap(), BAD.replace("Bad Name", "bad-name"));
    assert!(stderr.contains("checked 1 skill: 1 warning; fixed 1"), "{stderr}");
    assert_eq!(exit_code, 0);
}

#[test]
fn a_text_that_cannot_be_fixed_comes_back_as_it_was() {
    let clean = b"---\nname: bad-name\ndescription: Is fine. Use for it.\n---\n";
    assert_eq!(fixed(clean).0, clean);
    let latin = b"---\nname: Latin\ndescription: Gr\xf6\xdfe.\n---\n";
    let (stdout, stderr, exit_code) = fixed(latin);
    assert_eq!(stdout, latin);
    assert!(stderr.contains("cannot fix bad-name/SKILL.md"), "{stderr}");
    assert_eq!(exit_code, 2);
}
