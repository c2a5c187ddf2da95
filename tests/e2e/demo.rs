//! The demo as a person starts it.

use std::process::Command;

use tempfile::TempDir;

const README: &str = include_str!("../../README.md");

#[test]
fn the_demo_is_told_as_the_readme_shows_it() {
    let home = TempDir::new().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_preceptor"))
        .arg("demo")
        .env("HOME", home.path())
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("XDG_STATE_HOME")
        .output()
        .unwrap();
    let story = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{story}");
    let mut lines = story.lines();
    let excerpt = README.split("```text\n").nth(1).and_then(|it| it.split("```").next()).unwrap();
    for line in excerpt.lines().filter(|line| line.trim() != "…") {
        // Where the machine is slow, the replay has ended when the proposal is looked at.
        let later = line.replace("Being verified.", "Verified.");
        let is_it = |it: &str| it == line || it == later;
        assert!(lines.any(is_it), "the demo does not go on with: {line}\n{story}");
    }
}
