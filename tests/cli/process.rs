//! What a shell sees: exit codes, streams and readers that go away.

use std::{
    io::Read,
    process::{Command, Stdio},
};

use crate::{
    BAD, GOOD,
    tools::{PRECEPTOR, command, printed, run, succeed, write},
};

#[test]
fn exit_codes_tell_clean_findings_and_failure_apart() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("bad/SKILL.md", BAD), ("good/SKILL.md", GOOD)]);
    for (arguments, expected) in [
        (&["good"][..], 0),
        (&["bad"], 1),
        (&["bad", "--fail-on", "never"], 0),
        (&["nowhere", "good"], 2),
        (&["good", "--config", "nowhere.toml"], 2),
        (&["--no-such-option"], 2),
    ] {
        let mut check = command(PRECEPTOR, folder.path());
        let output = run(check.arg("check").args(arguments));
        assert_eq!(output.status.code(), Some(expected), "{arguments:?}: {}", printed(&output));
    }
}

#[test]
fn the_configuration_of_the_folder_counts_unless_it_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let settings = "[lint]\nfail_on = \"warning\"\n\n[lint.rules]\n\"name/invalid\" = \"off\"\n";
    write(folder.path(), &[("bad/SKILL.md", BAD), ("preceptor.toml", settings)]);
    let check = |arguments: &[&str]| {
        let output = run(command(PRECEPTOR, folder.path()).arg("check").args(arguments));
        (output.status.code(), printed(&output).contains("name/invalid"))
    };
    assert_eq!(check(&[]), (Some(1), false));
    assert_eq!(check(&["--no-config"]), (Some(1), true));
    assert_eq!(check(&["--fail-on", "error"]), (Some(0), false));
}

#[test]
fn colors_are_for_terminals_and_on_demand() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("bad/SKILL.md", BAD)]);
    let has_color = |variables: &[(&str, &str)]| {
        let mut check = command(PRECEPTOR, folder.path());
        printed(&run(check.arg("check").envs(variables.iter().copied()))).contains('\u{1b}')
    };
    assert!(!has_color(&[]));
    assert!(has_color(&[("CLICOLOR_FORCE", "1")]));
    assert!(!has_color(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let homes: Vec<String> = (0..5000).map(|number| format!("- /home/mira{number}/x\n")).collect();
    let text = format!("---\nname: a\ndescription: A.\n---\n{}", homes.concat());
    write(folder.path(), &[("a/SKILL.md", &text)]);
    for arguments in [&["check"][..], &["schema"], &["rules"], &["completions", "zsh"]] {
        let mut process = command(PRECEPTOR, folder.path())
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(process.stdout.take());
        let mut stderr = String::new();
        process.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        let status = process.wait().unwrap();
        assert_eq!((status.code(), stderr.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn completions_are_a_script_that_the_shell_takes() {
    let folder = tempfile::tempdir().unwrap();
    let script = succeed(command(PRECEPTOR, folder.path()).args(["completions", "bash"]));
    assert!(script.contains("--fix-unsafe"), "{script}");
    write(folder.path(), &[("script", &script)]);
    succeed(Command::new("bash").arg("-n").arg(folder.path().join("script")));
}
