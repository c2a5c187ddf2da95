//! What a replay stands on: the workspace's own place, what lies around it, what git ignores in it.

use std::{fs, path::Path, process::Command, sync::Arc};

use agent::verification::Outcome;
use runtime::{config::Config, folders::Folders, workspace_copy::contents};
use tempfile::TempDir;

use crate::verification::{Trial, check, reaching_out, skill};

/// One that reads the skill where it is offered and runs a command, and gives up else.
fn runs(command: &str) -> String {
    format!(
        "[[reply]]\nprompt = \"count-rows\"\nstep = 0\n\
         calls = [{{ name = \"skills\", arguments = {{ action = \"view\", name = \"count-rows\" }} }}]\n\
         [[reply]]\nprompt = \"count-rows\"\nstep = 1\n\
         calls = [{{ name = \"bash\", arguments = {{ command = '''{command}''' }} }}]\n\
         [[reply]]\nprompt = \"count-rows\"\nstep = 2\ntext = \"There are 3 data rows.\"\n\
         [[reply]]\ntext = \"I could not determine the number of rows.\"\n"
    )
}

/// Runs it in a workspace that `prepare` furnished; the teacher wrote `count` to `count.txt`.
async fn replayed(
    folder: TempDir,
    command: &str,
    count: &str,
    prepare: impl FnOnce(&Path),
) -> (Trial, runtime::verifier::Answer) {
    let place = folder.path().canonicalize().unwrap().join("w");
    let command = command.replace("PLACE", place.to_str().unwrap());
    let trial = Trial::within(folder, &runs(&command), Some(count), prepare);
    let before = contents(&trial.workspace());
    let answer = trial.verify().await;
    assert_eq!(contents(&trial.workspace()), before);
    (trial, answer)
}

fn git(folder: &Path, arguments: &[&str]) {
    let status = Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@example.org"])
        .args(arguments)
        .current_dir(folder)
        .status();
    assert!(status.unwrap().success(), "{arguments:?}");
}

/// The person's settings of git are somewhere else than the test's home.
const COMMITS: &str = "GIT_CONFIG_GLOBAL=/dev/null git rev-list --count HEAD > count.txt";

const BY_PATH: &str = "tail -n +2 PLACE/data.csv | wc -l > PLACE/count.txt && test $PWD = PLACE";

#[tokio::test]
async fn the_workspaces_own_path_is_the_copys() {
    // Below the temporary folder, which a command has of its own, and elsewhere.
    for folder in [TempDir::new(), TempDir::new_in(env!("CARGO_TARGET_TMPDIR"))] {
        let (_, answer) = replayed(folder.unwrap(), BY_PATH, "3\n", |_| {}).await;
        check(&answer, Outcome::Verified, "left the same files");
    }
}

#[tokio::test]
async fn file_tools_take_the_workspaces_own_path_for_the_copys() {
    let trial = Trial::new("", Some("3\n"));
    let path = trial.workspace().join("count.txt");
    let student = runs("true").replace(
        "{ name = \"bash\", arguments = { command = '''true''' } }",
        &format!(
            "{{ name = \"write_file\", arguments = {{ path = \"{}\", content = \"3\\n\" }} }}",
            path.display()
        ),
    );
    fs::write(trial.folder.path().join("student.toml"), student).unwrap();
    check(&trial.verify().await, Outcome::Verified, "left the same files");
    assert!(!path.exists());
}

#[tokio::test]
async fn where_a_copy_cannot_be_shown_in_its_place_nobody_is_to_blame() {
    // A copy never covers the home.
    for command in ["cat PLACE/none.csv", "test -e PLACE/data.csv.gz"] {
        let folder = TempDir::new().unwrap();
        let place = folder.path().canonicalize().unwrap().join("w");
        let command = command.replace("PLACE", place.to_str().unwrap());
        let student = runs(&command).replace("There are 3", "I was unable to count the");
        let mut trial = Trial::within(folder, &student, Some("3\n"), |_| {});
        let folders = Folders::clone(&trial.question.ground.folders);
        let home = place.join("home");
        trial.question.ground.folders = Arc::new(Folders { home, ..folders });
        check(&trial.verify().await, Outcome::Inconclusive, "in the workspace's own place only");
    }
}

#[tokio::test]
async fn git_finds_the_repository_that_the_workspace_lies_in() {
    let (trial, answer) = replayed(TempDir::new().unwrap(), COMMITS, "1\n", |workspace| {
        let outer = workspace.parent().unwrap();
        git(outer, &["init", "-q"]);
        git(outer, &["add", "w"]);
        git(outer, &["commit", "-qm", "one"]);
    })
    .await;
    check(&answer, Outcome::Verified, "left the same files");
    assert!(!trial.folder.path().join(".git/config.worktree").exists());
}

#[tokio::test]
async fn git_finds_the_repository_of_a_submodule() {
    let (_, answer) = replayed(TempDir::new().unwrap(), COMMITS, "1\n", |workspace| {
        let outer = workspace.parent().unwrap();
        git(outer, &["init", "-q"]);
        fs::create_dir_all(outer.join(".git/modules")).unwrap();
        let own = outer.join(".git/modules/w");
        git(workspace, &["init", "-q", "--separate-git-dir", own.to_str().unwrap()]);
        fs::write(workspace.join(".git"), "gitdir: ../.git/modules/w\n").unwrap();
        git(workspace, &["add", "data.csv"]);
        git(workspace, &["commit", "-qm", "one"]);
    })
    .await;
    check(&answer, Outcome::Verified, "left the same files");
}

#[tokio::test]
async fn nothing_is_made_in_a_repository_that_only_a_replay_looks_at() {
    let (trial, answer) = replayed(TempDir::new().unwrap(), COMMITS, "1\n", |workspace| {
        git(workspace, &["init", "-q"]);
        git(workspace, &["add", "data.csv"]);
        git(workspace, &["commit", "-qm", "one"]);
        fs::remove_dir_all(workspace.join(".git/hooks")).unwrap();
    })
    .await;
    check(&answer, Outcome::Verified, "left the same files");
    for part in [".git/hooks", ".git/config.worktree"] {
        assert!(!trial.workspace().join(part).exists(), "{part}");
    }
}

fn ignores(workspace: &Path) {
    fs::write(workspace.join(".gitignore"), "build/\nvendor/*\n/deep/a/*\ndist/\n").unwrap();
    for (path, text) in [("build/out/n", "3\n"), ("vendor/n", "4\n"), ("deep/a/n", "")] {
        fs::create_dir_all(workspace.join(path).parent().unwrap()).unwrap();
        fs::write(workspace.join(path), text).unwrap();
    }
    fs::create_dir(workspace.join("empty")).unwrap();
}

#[tokio::test]
async fn what_git_ignores_is_where_it_was_and_looks_as_it_did() {
    let count = "cat build/out/n > count.txt; cat PLACE/vendor/n >> count.txt; \
                 (cd build && tail -n 1 ../data.csv >> ../count.txt); \
                 find . -name n -type f | sort >> count.txt; echo x > deep/a/b; echo x > empty/b; \
                 rm empty/b";
    let files = "3\n4\nc\n./build/out/n\n./deep/a/n\n./vendor/n\n";
    let (_, answer) = replayed(TempDir::new().unwrap(), count, files, ignores).await;
    check(&answer, Outcome::Verified, "left the same files");
}

#[tokio::test]
async fn what_git_ignores_is_not_written() {
    for write in ["echo x > build/out/n", "touch build/new", "rm -r vendor/n", "chmod 0 build"] {
        let (trial, answer) = replayed(TempDir::new().unwrap(), write, "3\n", ignores).await;
        check(&answer, Outcome::Inconclusive, "needs more than its copy");
        assert_eq!(fs::read_to_string(trial.workspace().join("build/out/n")).unwrap(), "3\n");
        assert!(!trial.workspace().join("build/new").exists());
        assert!(trial.workspace().join("vendor/n").exists());
    }
}

#[tokio::test]
async fn file_tools_read_what_git_ignores_too() {
    let student = runs("true").replace(
        "{ name = \"bash\", arguments = { command = '''true''' } }",
        "{ name = \"read_file\", arguments = { path = \"build/out/n\" } }, \
         { name = \"list_files\", arguments = { path = \"build\" } }",
    );
    let mut trial = Trial::within(TempDir::new().unwrap(), &student, None, ignores);
    trial.question.teacher.as_mut().unwrap().after = None;
    let answer = trial.verify().await;
    check(&answer, Outcome::Verified, "The teacher judged");
    let transcript = fs::read_to_string(answer.replay.unwrap().transcript()).unwrap();
    assert!(!transcript.contains("outside the workspace"), "{transcript}");
}

#[tokio::test]
async fn what_the_teacher_made_is_not_there_before() {
    let build = "test ! -e dist && mkdir dist && echo 3 > dist/n && cat dist/n > count.txt";
    let mut trial = Trial::within(TempDir::new().unwrap(), &runs(build), None, ignores);
    fs::create_dir(trial.workspace().join("dist")).unwrap();
    fs::write(trial.workspace().join("dist/n"), "3\n").unwrap();
    // What the student made counts for a check, though git ignores it.
    let section = "## Verification\n\n- Run `grep -q 3 dist/n`.\n";
    trial.question.skill = skill(&format!("{}\n{section}", trial.question.skill.text));
    trial.question.teacher = None;
    check(&trial.verify().await, Outcome::Verified, "passes `grep -q 3 dist/n`");
}

#[tokio::test]
async fn a_call_that_says_nothing_when_it_reaches_no_machine_is_answered() {
    for command in
        ["curl -sf http://127.0.0.1:9/x > out.json", "curl -sf http://127.0.0.1:9 | wc -c"]
    {
        let trial = reaching_out(command, Some("exit code: 0\n3"));
        check(&trial.verify().await, Outcome::Verified, "1 call was answered");
        let trial = reaching_out(command, None);
        check(&trial.verify().await, Outcome::Inconclusive, "talks to other machines");
    }
}

#[tokio::test]
async fn of_several_checks_one_that_fails_decides() {
    for checks in
        [["test -e count.txt", "grep -q 3 count.txt"], ["grep -q 3 count.txt", "test -e count.txt"]]
    {
        let mut trial = Trial::new(&runs("echo three > count.txt"), Some("3\n"));
        let [first, second] = checks;
        let section = format!("## Verification\n\n- Run `{first}`.\n- Run `{second}`.\n");
        trial.question.skill = skill(&format!("{}\n{section}", trial.question.skill.text));
        check(&trial.verify().await, Outcome::NotVerified, "fails `grep -q 3 count.txt`");
    }
}

#[tokio::test]
async fn a_check_that_only_prints_passes_by_printing_the_same() {
    let section = "## Verification\n\n- Run `cat count.txt` and see that it prints 3.\n";
    for (command, words) in [
        ("echo three > count.txt", "The teacher judged"),
        ("echo 3 > count.txt; touch more.txt", "passes `cat count.txt`"),
    ] {
        let mut trial = Trial::new(&runs(command), Some("3\n"));
        trial.question.skill = skill(&format!("{}\n{section}", trial.question.skill.text));
        let answer = trial.verify().await;
        check(&answer, Outcome::Verified, words);
    }
}

#[tokio::test]
async fn the_teacher_is_shown_what_files_hold_that_differ() {
    let trial = Trial::new(&runs("echo three > count.txt"), Some("3\n"));
    let teacher = "[[reply]]\nprompt = \"which the other left otherwise:\\nthree\"\n\
                   text = \"DIFFERENT: a word is no number.\"\n\
                   [[reply]]\ntext = \"EQUAL: 3.\"\n";
    fs::write(trial.folder.path().join("teacher.toml"), teacher).unwrap();
    check(&trial.verify().await, Outcome::NotVerified, "a word is no number");
}

#[tokio::test]
async fn the_teacher_is_shown_no_secret_of_a_file() {
    let command = "echo 'password: hunter2secret' > count.txt";
    let trial = Trial::new(&runs(command), Some("api_key: hunter3secret\n"));
    let teacher = "[[reply]]\nprompt = \"hunter\"\ntext = \"EQUAL: seen.\"\n\
                   [[reply]]\nprompt = \"redacted:secret\"\n\
                   text = \"DIFFERENT: nothing was seen.\"\n";
    fs::write(trial.folder.path().join("teacher.toml"), teacher).unwrap();
    check(&trial.verify().await, Outcome::NotVerified, "nothing was seen");
}

#[tokio::test]
async fn a_failure_after_an_answered_call_speaks_against_nobody() {
    let trial = reaching_out("curl -sf http://127.0.0.1:9/x > out.json", Some("exit code: 0"));
    let student = fs::read_to_string(trial.folder.path().join("student.toml")).unwrap();
    let student = student.replace("There are 3 data rows.", "I was unable to count the rows.");
    fs::write(trial.folder.path().join("student.toml"), student).unwrap();
    let config = Config::clone(&trial.question.ground.config);
    assert!(config.verify.enabled);
    check(&trial.verify().await, Outcome::Inconclusive, "was missing");
}
