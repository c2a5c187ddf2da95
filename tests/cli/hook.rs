//! The hooks for pre-commit, in a repository that has them switched on.

use std::{fs, path::Path};

use crate::{
    BAD, GOOD,
    tools::{command, copy, install_pretended_cargo, printed, run, succeed, tool, write},
};

const HOOKS: [&str; 3] =
    [".pre-commit-hooks.yaml", ".github/actions/check/preceptor", "server/preceptor/Cargo.toml"];

fn git(folder: &Path, arguments: &[&str]) -> String {
    succeed(command("git", folder).args(arguments))
}

/// Makes a repository of all that is in a folder and returns its commit.
fn commit_all(folder: &Path) -> String {
    git(folder, &["init", "--quiet"]);
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "--message", "all"]);
    git(folder, &["rev-parse", "HEAD"])
}

#[test]
fn hooks_check_fix_and_let_pass() {
    let Some(pre_commit) = tool("bin/pre-commit", "hooks") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (hooks, project) = (folder.path().join("hooks"), folder.path().join("project"));
    copy(&HOOKS, &hooks);
    succeed(command(&pre_commit, &hooks).args(["validate-manifest", HOOKS[0]]));
    let revision = commit_all(&hooks);
    let switched_on = |hook: &str| {
        let repository = hooks.display();
        let settings =
            format!("repos:\n- repo: {repository}\n  rev: {revision}\n  hooks:\n  - id: {hook}\n");
        write(&project, &[(".pre-commit-config.yaml", &settings)]);
        git(&project, &["add", "--all"]);
    };
    write(&project, &[("skills/bad-name/SKILL.md", BAD), ("skills/good/SKILL.md", GOOD)]);
    commit_all(&project);
    install_pretended_cargo(&project);
    write(&project, &[(".git/info/exclude", "/tools/\n/home/\n")]);
    let run_hooks = || run(command(&pre_commit, &project).args(["run", "--all-files"]));

    for hook in ["preceptor", "preceptor-system"] {
        switched_on(hook);
        let output = run_hooks();
        let report = printed(&output);
        assert_eq!(output.status.code(), Some(1), "{report}");
        assert!(report.contains("skills/bad-name/SKILL.md:2:7"), "{report}");
        assert!(report.contains("checked 2 skills"), "{report}");
    }
    let asked = fs::read_to_string(project.join("tools/cargo.log")).unwrap();
    assert!(asked.starts_with("install --quiet --locked --path "), "{asked}");
    assert!(asked.contains("/server/preceptor --root "), "{asked}");

    switched_on("preceptor-fix");
    let fixing = run_hooks();
    assert!(printed(&fixing).contains("files were modified by this hook"), "{}", printed(&fixing));
    let fixed = fs::read_to_string(project.join("skills/bad-name/SKILL.md")).unwrap();
    assert_eq!(fixed, BAD.replace("Bad Name", "bad-name"));
    git(&project, &["add", "--all"]);
    let clean = run_hooks();
    assert!(clean.status.success(), "{}", printed(&clean));
    let asked = fs::read_to_string(project.join("tools/cargo.log")).unwrap();
    assert_eq!(asked.lines().count(), 1, "it is built once");
}
