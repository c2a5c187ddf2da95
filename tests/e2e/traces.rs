//! A replay leaves no trace: in the workspace, in its repository, among the processes, in the
//! folder for temporary files; nor does one that is killed.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Command as Program,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
    time::timeout,
};

use crate::{
    configuration::{command, shell},
    harness::PATIENCE,
    sandbox::{running, unheard_of},
};

/// What the student does with the skill: it tries to change the repository, in every way that comes
/// to mind, leaves processes behind, and writes all over the place.
const MISCHIEF: &str = "git status; git add -A; git stash; git commit --allow-empty -m replay; \
                        git tag replay; git worktree add ../elsewhere; git gc; \
                        echo x >> .git/HEAD; rm -rf .git/refs; chmod 777 kept.sh build; \
                        echo x > build/out; touch tracked.txt; rm -f kept.sh; \
                        echo x > $TMPDIR/left; mkdir -p /tmp/left; setsid sleep SECONDS & ";

/// One that reads the skill where it is offered and gives up else.
const STUDENT: &str = r#"
[[reply]]
prompt = "count-rows"
step = 0
calls = [{ name = "skills", arguments = { action = "view", name = "count-rows" } }]
[[reply]]
prompt = "count-rows"
step = 1
calls = [{ name = "bash", arguments = { command = 'COMMAND' } }]
[[reply]]
prompt = "count-rows"
step = 2
text = "There are 3 data rows."
[[reply]]
text = "I was unable to count the rows."
"#;

struct Scene {
    dir: TempDir,
    seconds: String,
}

impl Scene {
    /// A repository with a commit, a change of its own and ignored files; `command` is what the
    /// student does with the skill.
    fn new(command: &str, number: u32) -> Self {
        let dir = TempDir::new().unwrap();
        let seconds = unheard_of(number);
        let lesson = json!({
            "action": "add",
            "name": "count-rows",
            "description": "Counts the rows of a CSV file. Use when somebody asks for them.",
            "when_to_use": "Somebody asks how many rows a CSV file has.",
            "procedure": ["Count with `tail -n +2 data.csv | wc -l`."],
            "pitfalls": [],
            "verification": ["The number is right."],
            "category": "data",
        });
        let teacher = format!(
            "[[reply]]\ntools = true\nstep = 0\n\
             calls = [{{ name = \"bash\", arguments = {{ command = \"tail -n +2 data.csv | wc -l > \
             count.txt\" }} }}]\n\
             [[reply]]\ntools = true\ntext = \"There are 3 data rows.\"\n\
             [[reply]]\nprompt = \"Two models worked\"\ntext = \"EQUAL: both say 3.\"\n\
             [[reply]]\ntools = false\ntext = '''{lesson}'''\n"
        );
        let config = "[student]\nprovider = \"script\"\nmodel = \"small\"\nscript = \
                      \"../student.toml\"\n\
                      [teacher]\nenabled = true\nprovider = \"script\"\nmodel = \"big\"\nscript = \
                      \"../teacher.toml\"\n\
                      [budget]\nunknown_price = \"allow\"\n";
        for (path, text) in [
            ("work/data.csv", "name\na\nb\nc\n"),
            ("work/tracked.txt", "committed\n"),
            ("work/kept.sh", "#!/bin/sh\n"),
            ("work/.gitignore", "build/\n.preceptor/\n"),
            ("work/build/out", "built\n"),
            ("teacher.toml", &teacher),
            ("config/preceptor/config.toml", config),
            ("temp/somebody-elses", "kept\n"),
        ] {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let scene = Self { dir, seconds };
        scene.write_student(command);
        for arguments in [
            &["init", "-q"][..],
            &["add", "-A"],
            &["commit", "-q", "-m", "first"],
            &["tag", "first"],
        ] {
            let mut git = Program::new("git");
            git.args(["-c", "user.name=a", "-c", "user.email=a@example.org"]).args(arguments);
            let output = git.current_dir(scene.work()).output().unwrap();
            assert!(output.status.success(), "{output:?}");
        }
        fs::write(scene.work().join("tracked.txt"), "changed and not committed\n").unwrap();
        std::os::unix::fs::symlink("tracked.txt", scene.work().join("link.txt")).unwrap();
        scene
    }

    fn write_student(&self, command: &str) {
        let student = STUDENT.replace("COMMAND", &command.replace("SECONDS", &self.seconds));
        fs::write(self.dir.path().join("student.toml"), student).unwrap();
    }

    fn work(&self) -> PathBuf {
        self.dir.path().join("work")
    }

    fn temp(&self) -> PathBuf {
        self.dir.path().join("temp")
    }

    fn run(&self, prompt: &str) -> Command {
        let mut run = command(self.dir.path(), &["run", "--json", "--approve", "full", prompt]);
        run.env("TMPDIR", self.temp());
        run
    }

    /// Waits until so many processes run that the student left behind.
    async fn wait_for_processes(&self, n_running: usize) {
        let end = Instant::now() + PATIENCE;
        while running(&self.seconds) != n_running {
            let n_now = running(&self.seconds);
            assert!(Instant::now() < end, "{n_now} processes instead of {n_running}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn names_in_temp(&self) -> Vec<String> {
        let entries = fs::read_dir(self.temp()).unwrap().flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// All there is to know about the files below a folder, but for our own: kind, mode, owner, size,
/// time of the last change, content.
fn manifest(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut manifest = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(inside) = folders.pop() {
        for entry in fs::read_dir(inside).unwrap() {
            let path = entry.unwrap().path();
            let metadata = fs::symlink_metadata(&path).unwrap();
            let content = if metadata.is_symlink() {
                fs::read_link(&path).unwrap().display().to_string()
            } else if metadata.is_dir() {
                if path.file_name().is_some_and(|name| name == ".preceptor") {
                    continue;
                }
                folders.push(path.clone());
                String::new()
            } else {
                format!("{:?}", fs::read(&path).unwrap())
            };
            let (mode, owner) = (metadata.mode(), metadata.uid());
            let times = (metadata.mtime(), metadata.mtime_nsec(), metadata.ctime_nsec());
            let about = format!("{mode:o} {owner} {} {times:?} {content}", metadata.nlink());
            manifest.insert(path, about);
        }
    }
    manifest
}

#[track_caller]
fn assert_same(before: &BTreeMap<PathBuf, String>, after: &BTreeMap<PathBuf, String>) {
    for (path, about) in before {
        assert_eq!(after.get(path), Some(about), "{}", path.display());
    }
    let new: Vec<_> = after.keys().filter(|path| !before.contains_key(*path)).collect();
    assert!(new.is_empty(), "{new:?}");
}

/// The teacher counts into a file; from then on nothing may change.
fn has_teachers_file(scene: &Scene) -> bool {
    let text = fs::read_to_string(scene.work().join("count.txt")).unwrap_or_default();
    text.trim() == "3"
}

#[tokio::test]
async fn a_replay_leaves_everything_as_it_is() {
    let scene = Scene::new(&format!("{MISCHIEF} echo 3 > count.txt"), 21);
    let mut child = scene.run("how many rows has data.csv?").spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (mut before, mut outcome) = (None, String::new());
    while let Some(line) = timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap() {
        let event: Value = serde_json::from_str(&line).unwrap();
        match event["type"].as_str() {
            // The teacher's work is done.
            Some("skill_proposed") => before = Some(manifest(&scene.work())),
            Some("verification") => {
                event["data"]["outcome"].as_str().unwrap().clone_into(&mut outcome);
            }
            _ => {}
        }
    }
    child.wait().await.unwrap();
    // What git may not write ends it, or it came to an end: in both cases it tried.
    assert!(["verified", "inconclusive"].contains(&outcome.as_str()), "{outcome}");
    assert!(has_teachers_file(&scene));
    scene.wait_for_processes(0).await;
    assert_same(&before.unwrap(), &manifest(&scene.work()));
    assert_eq!(scene.names_in_temp(), ["somebody-elses"]);
}

#[tokio::test]
async fn a_replay_that_is_killed_leaves_everything_as_it_is_and_says_that_it_was_interrupted() {
    let scene = Scene::new(&format!("{MISCHIEF} sleep SECONDS"), 22);
    let mut child = scene.run("how many rows has data.csv?").spawn().unwrap();
    // The student tries the skill, and will not come to an end.
    scene.wait_for_processes(2).await;
    assert!(has_teachers_file(&scene));
    let before = manifest(&scene.work());
    child.kill().await.unwrap();
    scene.wait_for_processes(0).await;
    assert_same(&before, &manifest(&scene.work()));
    let (code, listed, stderr) = shell(scene.dir.path(), &["proposals", "--json"]).await;
    assert_eq!(code, 0, "{stderr}");
    assert!(listed.contains("The replay was interrupted"), "{listed}");

    // Whoever copies next removes what was left.
    assert!(scene.names_in_temp().len() > 1, "{:?}", scene.names_in_temp());
    scene.write_student("echo 3 > count.txt");
    let output = scene.run("how many rows has it?").output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(scene.names_in_temp(), ["somebody-elses"]);
}
