//! Real processes that are killed, or that the disk has no room for.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use runtime::run_store::{self, RunFolder};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::harness::PATIENCE;
#[cfg(target_os = "linux")]
use crate::sandbox::{running, unheard_of};

/// How often a run is killed.
const KILLS: usize = 24;

/// Reads, writes, runs a command and talks, slowly enough to be killed anywhere.
const STUDENT: &str = r#"
[[reply]]
step = 0
text = "I look at the file first, then I write."
calls = [
  { name = "read_file", arguments = { path = "data.csv" } },
  { name = "bash", arguments = { command = "sleep 0.02; echo looked" } },
]
chunk_chars = 4
delay_ms = 12
[[reply]]
step = 1
calls = [{ name = "write_file", arguments = { path = "made.txt", content = "made" } }]
[[reply]]
step = 2
text = "Everything is written down, and nothing of this may be lost on the way."
chunk_chars = 4
delay_ms = 12
"#;

fn folder(student: &str) -> TempDir {
    let dir = TempDir::new().unwrap();
    fs::create_dir_all(dir.path().join("work")).unwrap();
    fs::create_dir_all(dir.path().join("config/preceptor")).unwrap();
    fs::write(dir.path().join("work/data.csv"), "a,b\n1,2\n").unwrap();
    fs::write(dir.path().join("student.toml"), student).unwrap();
    let settings = format!(
        "[student]\nprovider = \"script\"\nmodel = \"small\"\nscript = \"{}\"\n",
        dir.path().join("student.toml").display()
    );
    fs::write(dir.path().join("config/preceptor/config.toml"), settings).unwrap();
    dir
}

/// Starts a run through a shell that first does `before`.
fn start(dir: &Path, before: &str) -> Child {
    let program = env!("CARGO_BIN_EXE_preceptor");
    Command::new("sh")
        .arg("-c")
        .arg(format!("{before} exec {program} run --json --approve full 'do it'"))
        .current_dir(dir.join("work"))
        .env("HOME", dir.join("home"))
        .env("XDG_CONFIG_HOME", dir.join("config"))
        .env("XDG_STATE_HOME", dir.join("state"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// Returns everything that was shown; kills the run after so many lines.
async fn shown(child: &mut Child, n_lines: usize) -> Vec<Value> {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut shown = Vec::new();
    let read = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            // A line that the kill cut in the middle was not shown whole.
            if let Ok(event) = serde_json::from_str(&line) {
                shown.push(event);
            }
            if shown.len() == n_lines {
                child.start_kill().unwrap();
            }
        }
    };
    timeout(PATIENCE, read).await.expect("the run ends");
    shown
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_command_and_what_it_left_running_end_with_a_server_that_is_killed() {
    let seconds = &unheard_of(9);
    let student = format!(
        "[[reply]]\nstep = 0\ncalls = [{{ name = \"bash\", arguments = {{ command = \
         \"setsid sleep {seconds} & sleep {seconds}\" }} }}]\n"
    );
    let dir = folder(&student);
    let mut child = start(dir.path(), "");
    let wait_for = async |n_running: usize| {
        let end = Instant::now() + PATIENCE;
        while running(seconds) != n_running {
            assert!(Instant::now() < end, "{} of {n_running} run", running(seconds));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    wait_for(2).await;
    child.kill().await.unwrap();
    wait_for(0).await;
}

fn runs(dir: &Path) -> PathBuf {
    dir.join("work/.preceptor/runs")
}

fn only_run(dir: &Path) -> RunFolder {
    let folders = run_store::list(&runs(dir));
    assert_eq!(folders.len(), 1);
    folders.into_iter().next().unwrap()
}

#[tokio::test]
async fn nothing_that_was_shown_is_lost_wherever_a_run_is_killed() {
    let dir = folder(STUDENT);
    let n_lines = shown(&mut start(dir.path(), ""), usize::MAX).await.len();
    assert!(n_lines > 15, "{n_lines}");
    let mut n_interrupted = 0;
    for kill in 0..KILLS {
        let dir = folder(STUDENT);
        let after = 1 + kill * (n_lines - 2) / KILLS;
        let mut child = start(dir.path(), "");
        let shown = shown(&mut child, after).await;
        child.wait().await.unwrap();
        let folder = only_run(dir.path());
        assert!(!run_store::has_owner(&folder), "its owner is gone");
        let records = run_store::load(&folder).unwrap();
        let journal: Vec<Value> =
            records.iter().map(|record| serde_json::to_value(record).unwrap()).collect();
        for mut event in shown {
            event.as_object_mut().unwrap().remove("runId");
            assert!(journal.contains(&event), "killed after {after}: {event} is lost");
        }
        let numbers: Vec<u64> = records.iter().map(|record| record.seq).collect();
        assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
        let has_ended = journal.iter().any(|record| record["type"] == "turn_complete");
        let has_begun = records.iter().any(|record| record.turn == 1);
        let status = run_store::summarize(&folder, &records, false).unwrap().status;
        if has_begun && !has_ended {
            assert_eq!(status, "interrupted", "killed after {after}");
            n_interrupted += 1;
        }
    }
    assert!(n_interrupted > KILLS / 2, "{n_interrupted} of {KILLS}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_ends_the_turn_with_a_sentence() {
    let talk = "many words ".repeat(8_000);
    let dir = folder(&format!("[[reply]]\ntext = \"{talk}\"\nchunk_chars = 400\ndelay_ms = 1\n"));
    // A limit for the size of files is to a journal what a full disk is: half a line is written.
    let mut child = start(dir.path(), "trap '' XFSZ; ulimit -f 32;");
    let shown = shown(&mut child, usize::MAX).await;
    assert_eq!(child.wait().await.unwrap().code(), Some(1));
    let last = shown.last().unwrap();
    assert_eq!((&last["type"], &last["data"]["class"]), (&"error".into(), &"storage".into()));
    assert!(last["data"]["error"].as_str().unwrap().contains("check free space"), "{last}");
    let folder = only_run(dir.path());
    let journal: Vec<Value> = run_store::load(&folder)
        .unwrap()
        .iter()
        .map(|record| serde_json::to_value(record).unwrap())
        .collect();
    for mut event in shown.into_iter().filter(|event| event["type"] != "error") {
        event.as_object_mut().unwrap().remove("runId");
        assert!(journal.contains(&event), "{event} is lost");
    }
    assert_eq!(fs::read(folder.journal()).unwrap().last(), Some(&b'\n'), "no half record is left");
}

#[tokio::test]
async fn a_folder_that_takes_no_runs_is_said_in_a_sentence() {
    let dir = folder(STUDENT);
    // Permissions would not keep everybody out: a file in its place does.
    fs::write(dir.path().join("work/.preceptor"), "").unwrap();
    let mut child = start(dir.path(), "");
    assert_eq!(shown(&mut child, usize::MAX).await, [] as [Value; 0]);
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).await.unwrap();
    assert!(said.contains("cannot be made") && said.contains("permissions"), "{said}");
    assert_eq!(child.wait().await.unwrap().code(), Some(2));
}
