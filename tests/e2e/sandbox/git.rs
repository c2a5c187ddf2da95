//! Git in the sandbox: what works, and what it relies on.

use std::{fs, path::Path, process::Command};

use runtime::sandbox::Layer;

use super::Cell;

#[tokio::test]
async fn git_works_and_what_it_runs_stays_as_it_is() {
    let cell = Cell::new().await;
    let who = "git config user.name n; git config user.email e@e";
    assert_eq!(cell.run(&format!("git init -q . && {who}")).await.exit_code, Some(0));
    let commit = "echo a > a && git add a && git commit -qm one && git log --format=%s";
    assert_eq!(cell.run(commit).await.output, "exit code: 0\none");
    if cell.has(Layer::MountNamespace) {
        for attempt in [
            "echo evil > .git/hooks/pre-commit",
            "git config core.fsmonitor evil",
            "git config core.hooksPath /tmp",
            "rm -rf .git/hooks/* .git/hooks",
            "echo evil > .git/config.worktree",
            "rm .git/config.worktree",
            "touch f && mv f .git/config.worktree",
        ] {
            let result = cell.run(attempt).await;
            assert_ne!(result.exit_code, Some(0), "{attempt}: {}", result.output);
        }
        let result = cell.run("echo evil > .git/hooks/pre-commit").await;
        Cell::check_stopped(&result, Layer::MountNamespace);
        for attempt in ["mv .git other", "mv .git/hooks .git/other", "mv .git/config c"] {
            assert_eq!(cell.run(attempt).await.exit_code, Some(1), "{attempt}");
        }
        assert!(!cell.path(".git/hooks/pre-commit").exists());
    }
}

fn git(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=n", "-c", "user.email=e@e"]).args(arguments);
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    let output = command.current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn git_finds_the_repository_that_a_workspace_is_a_part_of() {
    let cell = Cell::new().await;
    let repository = cell.dir.path().join("r");
    fs::create_dir_all(repository.join("sub")).unwrap();
    fs::write(repository.join("sub/a"), "a\n").unwrap();
    fs::write(repository.join("private"), "s3cret\n").unwrap();
    git(&repository, &["init", "-q", "."]);
    git(&repository, &["add", "sub"]);
    git(&repository, &["commit", "-q", "-m", "one"]);
    git(&repository, &["worktree", "add", "-q", "-b", "two", "../tree"]);
    for place in ["r/sub", "tree"] {
        let cell = cell.at(place).await;
        let result = cell.run("git log --format=%s && git diff --stat && git status -uno -s").await;
        assert_eq!(result.output, "exit code: 0\none", "{place}");
        let result = cell.run("cat \"$(git rev-parse --git-common-dir)/../private\"").await;
        assert_ne!(result.exit_code, Some(0), "{place}: {}", result.output);
        if cell.has(Layer::MountNamespace) {
            for attempt in [
                "echo x > \"$(git rev-parse --git-common-dir)/hooks/pre-commit\"",
                "git config core.fsmonitor evil",
                "mv .git other",
            ] {
                let result = cell.run(attempt).await;
                assert_ne!(result.exit_code, Some(0), "{place}: {attempt}: {}", result.output);
            }
        }
    }
    assert!(!repository.join(".git/hooks/pre-commit").exists());
}

#[tokio::test]
async fn what_git_would_run_is_taken_away_and_ordinary_repositories_stay() {
    let cell = Cell::new().await;
    assert_eq!(cell.run("git init -q . && git config user.name n").await.exit_code, Some(0));
    for (attempt, made) in [
        (
            "mkdir -p sub/.git && printf '[core]\\n\\tfsmonitor = evil\\n' > sub/.git/config",
            "sub/.git/config",
        ),
        ("d=.git/common; touch ${d}dir", ".git/commondir"),
        (
            "mkdir -p .git/modules/x/hooks && cp /bin/true .git/modules/x/hooks/post-checkout && touch .git/modules/x/HEAD && mkdir .git/modules/x/objects .git/modules/x/refs",
            ".git/modules/x/hooks/post-checkout",
        ),
        ("git init -q other && git -C other config core.pager evil; true", "other/.git/config"),
    ] {
        let result = cell.run(attempt).await;
        assert_eq!(result.exit_code, Some(0), "{attempt}: {}", result.output);
        // Of settings, the lines that would run something become comments.
        match fs::read_to_string(cell.path(made)) {
            Ok(settings) => assert!(settings.contains("# ") && settings.contains("evil"), "{made}"),
            Err(_) => assert!(!cell.path(made).exists() && !made.ends_with("config"), "{made}"),
        }
        let told = format!("[sandbox: `{made}` ");
        assert!(result.output.contains(&told), "{attempt}: {}", result.output);
        assert!(result.output.contains(&format!("({})]", Layer::GitWatch)), "{}", result.output);
        let [stop] = result.stopped_by.as_slice() else { panic!("{:?}", result.stopped_by) };
        assert_eq!(stop.layer, Layer::GitWatch.to_string(), "it may be let run outside");
    }
    for ordinary in [
        "git init -q plain && cd plain && git config user.name n && git config user.email e@e && \
         touch a && git add a && git commit -qm one && git remote add o https://example.org/r",
        "git clone -q plain copy",
        "git -C plain worktree add -q ../tree",
    ] {
        let result = cell.run(ordinary).await;
        assert_eq!(result.exit_code, Some(0), "{ordinary}: {}", result.output);
        assert!(!result.output.contains("[sandbox: "), "{ordinary}: {}", result.output);
    }
    for kept in ["plain/.git/config", "copy/.git/config", "plain/.git/worktrees/tree/commondir"] {
        assert!(cell.path(kept).exists(), "{kept}");
    }
}

#[tokio::test]
async fn what_git_would_run_in_repositories_that_are_there_is_put_back() {
    let cell = Cell::new().await;
    let root = cell.path("");
    git(&root, &["init", "-q", "."]);
    for made in [".git/modules/libs/foo", "nested/.git"] {
        let folder = cell.path(made);
        fs::create_dir_all(folder.parent().unwrap()).unwrap();
        git(&root, &["init", "-q", "--bare", folder.to_str().unwrap()]);
        let before = fs::read_to_string(folder.join("config")).unwrap();
        for attempt in [
            format!("printf '[core]\\n\\tfsmonitor = evil\\n' >> {made}/config"),
            format!("cp /bin/true {made}/hooks/post-checkout"),
        ] {
            let result = cell.run(&attempt).await;
            let told = format!("({})]", Layer::GitWatch);
            assert!(result.output.contains(&told), "{attempt}: {}", result.output);
        }
        let mended = format!("{before}[core]\n\t# fsmonitor = evil\n");
        assert_eq!(fs::read_to_string(folder.join("config")).unwrap(), mended, "{made}");
        assert!(!folder.join("hooks/post-checkout").exists(), "{made}");
        let ordinary = format!("git --git-dir {made} config user.name somebody");
        let result = cell.run(&ordinary).await;
        assert_eq!(result.output.trim_end(), "exit code: 0", "{made}");
    }
}

#[tokio::test]
async fn git_packs_stashes_and_cleans() {
    let cell = Cell::new().await;
    let root = cell.path("");
    git(&root, &["init", "-q", "."]);
    git(&root, &["commit", "-q", "--allow-empty", "-m", "one"]);
    fs::create_dir(cell.path(".preceptor")).unwrap();
    fs::write(cell.path(".preceptor/kept"), "kept\n").unwrap();
    let who = "git -c user.name=n -c user.email=e@e";
    for command in [
        "git gc -q && git update-server-info".to_owned(),
        format!("touch a && {who} stash -u -q && test ! -e a && git stash pop -q && test -e a"),
        "git clean -fdq && test ! -e a".to_owned(),
    ] {
        let result = cell.run(&command).await;
        assert_eq!(result.exit_code, Some(0), "{command}: {}", result.output);
        assert!(!result.output.contains("preceptor"), "{command}: {}", result.output);
    }
    assert!(cell.path(".preceptor/kept").exists());
}

#[tokio::test]
async fn a_limit_beside_what_was_taken_away_does_not_keep_from_asking() {
    let cell = Cell::new().await;
    if !cell.has(Layer::LandlockFiles) {
        return;
    }
    let hook = "new/.git/hooks/pre-commit";
    let result = cell
        .run(&format!(
            "git init -q new && printf '#!/bin/sh\\n' > {hook} && chmod +x {hook}; \
             echo 'File size limit exceeded' >&2; false"
        ))
        .await;
    assert!(result.output.contains("`sandbox.max_file_mb` allows more"), "{}", result.output);
    let layers: Vec<_> = result.stopped_by.iter().map(|it| it.layer.as_str()).collect();
    assert!(layers.contains(&"the watch over git's files"), "{layers:?}: {}", result.output);
}
