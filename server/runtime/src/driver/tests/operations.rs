//! What a person does with a run beside asking.

use std::{fs, sync::Arc};

use agent::{
    event::{Event, ToolState},
    machine::{ApprovalDecision, ApprovalScope},
};

use super::{Bench, records_of, request, types, wait_until_idle};
use crate::{
    driver::{OperationError, RunHandle, StartError},
    journal, run_store,
};

/// Writes a new file and changes another, then a third turn changes that once more.
const WRITER: &str = r#"
[[reply]]
prompt = "second"
step = 0
calls = [{ name = "edit_file", arguments = { path = "data.csv", old = "nz", new = "ny" } }]
[[reply]]
step = 0
calls = [
  { name = "read_file", arguments = { path = "data.csv" } },
  { name = "edit_file", arguments = { path = "data.csv", old = "a", new = "z", all = true } },
  { name = "write_file", arguments = { path = "new/made.txt", content = "made" } },
]
[[reply]]
text = "Done."
"#;

fn approval(handle: &RunHandle, approved: bool) -> Vec<ApprovalDecision> {
    let pending = handle.pending();
    let decide = |call: &agent::event::PendingTool| ApprovalDecision {
        tool_call_id: call.tool_call_id.clone(),
        approved,
        arguments: None,
        feedback: None,
        scope: ApprovalScope::Once,
        outside_sandbox: false,
    };
    pending.iter().map(decide).collect()
}

async fn writer() -> (Bench, RunHandle) {
    let mut bench = Bench::new(WRITER, "", "full");
    bench.config.teacher.enabled = false;
    let handle = bench.start("first").await;
    wait_until_idle(&handle).await;
    assert!(bench.workspace().join("new/made.txt").exists());
    (bench, handle)
}

#[tokio::test]
async fn undo_gives_files_back_request_by_request() {
    let (bench, handle) = writer().await;
    handle.ask(request("second")).unwrap();
    wait_until_idle(&handle).await;
    let data = || fs::read_to_string(bench.workspace().join("data.csv")).unwrap();
    assert_eq!(data(), "nyme\nz\nb\nc\n");
    let undone = handle.undo().await.unwrap();
    assert_eq!(undone.files.restored, ["data.csv"]);
    assert!(undone.removed_messages >= 3);
    assert_eq!(data(), "nzme\nz\nb\nc\n");
    let undone = handle.undo().await.unwrap();
    assert_eq!(undone.files.restored, ["data.csv", "new/made.txt"]);
    assert_eq!(data(), "name\na\nb\nc\n");
    assert!(!bench.workspace().join("new/made.txt").exists());
    let undone = handle.undo().await.unwrap();
    assert_eq!((undone.removed_messages, undone.files.restored.len()), (0, 0));
}

#[tokio::test]
async fn undo_leaves_what_a_person_changed_since() {
    let (bench, handle) = writer().await;
    fs::write(bench.workspace().join("data.csv"), "mine\n").unwrap();
    let undone = handle.undo().await.unwrap();
    assert_eq!(undone.files.restored, ["new/made.txt"]);
    let refused = [("data.csv".to_owned(), "it was changed since".to_owned())];
    assert_eq!(undone.files.refused, refused);
    assert_eq!(fs::read_to_string(bench.workspace().join("data.csv")).unwrap(), "mine\n");
    let told = records_of(&handle).into_iter().any(|record| {
        matches!(record.event, Event::ToolLog { log, .. } if log.contains("`data.csv` was left"))
    });
    assert!(told);
}

#[tokio::test]
async fn undo_of_a_turn_under_way_stops_it_first() {
    let student = "[[reply]]\nstep = 0\ncalls = [\
        { name = \"write_file\", arguments = { path = \"made\", content = \"x\" } }, \
        { name = \"bash\", arguments = { command = \"echo > runs; sleep 600\" } }]\n";
    let mut bench = Bench::new(student, "", "full");
    let handle = bench.start("make it").await;
    bench.wait_for(|event| matches!(event, Event::ToolCall { tool, .. } if tool == "bash")).await;
    let undone = handle.undo().await.unwrap();
    assert!(!bench.workspace().join("made").exists(), "{undone:?}");
    let names = types(&records_of(&handle));
    assert_eq!(names.iter().filter(|name| *name == "interrupted").count(), 1, "{names:?}");
    assert_eq!(names.last().map(String::as_str), Some("undo_complete"));
    assert!(!handle.is_active());
}

#[tokio::test]
async fn calls_that_waited_wait_again_after_a_restart_and_run_once() {
    let mut bench = Bench::new(super::STUDENT, "", "ask");
    bench.config.teacher.enabled = false;
    let handle = bench.start("How many?").await;
    bench.wait_for(|event| matches!(event, Event::ApprovalRequired { .. })).await;
    let (folder, waiting) = (handle.folder().clone(), handle.pending());
    // The process ends here: nothing is closed, the system takes the lock back.
    drop(handle);
    bench.until_free(&folder).await;
    let records = run_store::load(&folder).unwrap();
    let status = run_store::summarize(&folder, &records, false).unwrap().status;
    assert_eq!(status, "interrupted");

    let handle =
        RunHandle::reopen(bench.setup(), folder.clone(), bench.sender.clone()).await.unwrap();
    assert_eq!(handle.pending(), waiting);
    assert!(handle.is_active());
    assert_eq!(handle.resume(), Err(OperationError::Waiting));
    let second = RunHandle::reopen(bench.setup(), folder.clone(), bench.sender.clone()).await;
    let Err(StartError::Journal(error)) = second else { panic!("two owners") };
    assert!(error.to_string().contains("another process works on this run"), "{error}");
    bench.wait_for(|event| matches!(event, Event::ApprovalRequired { .. })).await;
    handle.decide(approval(&handle, true)).unwrap();
    wait_until_idle(&handle).await;
    handle.close().await;
    let records = journal::read(&folder.journal()).unwrap();
    let names = types(&records);
    assert_eq!(names.iter().filter(|name| *name == "tool_output").count(), 1, "{names:?}");
    assert_eq!(names.last().map(String::as_str), Some("turn_complete"));
    let numbers: Vec<u64> = records.iter().map(|record| record.seq).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
}

#[tokio::test]
async fn whoever_decides_is_answered_when_the_journal_has_it() {
    let mut bench = Bench::new(super::STUDENT, "", "ask");
    bench.config.teacher.enabled = false;
    let handle = bench.start("How many?").await;
    bench.wait_for(|event| matches!(event, Event::ApprovalRequired { .. })).await;
    let decisions = approval(&handle, false);
    assert_eq!(handle.decide_and_keep(decisions.clone()).await, Ok(1));
    let rejected =
        |event: &Event| matches!(event, Event::ToolStateChange { state: ToolState::Rejected, .. });
    assert!(records_of(&handle).iter().any(|record| rejected(&record.event)));
    wait_until_idle(&handle).await;
    let late = handle.decide_and_keep(decisions).await;
    assert_eq!(late, Err(OperationError::NothingPending));
}

#[tokio::test]
async fn that_a_call_waits_is_written_into_the_transcript_once() {
    let mut bench = Bench::new(super::STUDENT, "", "ask");
    bench.config.teacher.enabled = false;
    let mut handle = bench.start("How many?").await;
    let folder = handle.folder().clone();
    for _ in 0..3 {
        bench.wait_for(|event| matches!(event, Event::ApprovalRequired { .. })).await;
        drop(handle);
        bench.until_free(&folder).await;
        handle =
            RunHandle::reopen(bench.setup(), folder.clone(), bench.sender.clone()).await.unwrap();
    }
    bench.wait_for(|event| matches!(event, Event::ApprovalRequired { .. })).await;
    let transcript = fs::read_to_string(folder.transcript()).unwrap();
    assert_eq!(transcript.matches("waits for your approval").count(), 1, "{transcript}");
    let question = "Risk: reads. `approval.mode` is \"ask\".";
    assert_eq!(transcript.matches(question).count(), 1, "{transcript}");
    handle.close().await;
}

#[tokio::test]
async fn a_turn_that_was_broken_off_is_closed_and_gone_on_with() {
    let student = "[[reply]]\nprompt = \"broken off\"\ntext = \"All done.\"\n\
                   [[reply]]\ntext = \"slow slow slow\"\nchunk_chars = 5\ndelay_ms = 30000\n";
    let mut bench = Bench::new(student, "", "full");
    bench.config.teacher.enabled = false;
    let handle = bench.start("Talk.").await;
    bench.wait_for(|event| matches!(event, Event::AssistantChunk { .. })).await;
    let folder = handle.folder().clone();
    drop(handle);
    bench.until_free(&folder).await;
    let handle =
        RunHandle::reopen(bench.setup(), folder.clone(), bench.sender.clone()).await.unwrap();
    bench.wait_for(|event| matches!(event, Event::Interrupted {})).await;
    assert_eq!(handle.resume(), Ok(2));
    wait_until_idle(&handle).await;
    let names = types(&records_of(&handle));
    assert_eq!(names.iter().filter(|name| *name == "interrupted").count(), 1, "{names:?}");
    assert_eq!(names.last().map(String::as_str), Some("turn_complete"));
}

#[tokio::test]
async fn a_request_that_waits_is_shown() {
    let student = "[[reply]]\ntext = \"slow slow slow\"\nchunk_chars = 5\ndelay_ms = 200\n";
    let mut bench = Bench::new(student, "", "full");
    bench.config.teacher.enabled = false;
    let handle = bench.start("Talk.").await;
    bench.wait_for(|event| matches!(event, Event::AssistantChunk { .. })).await;
    assert_eq!(handle.ask(request("and louder")), Ok(2));
    handle.tell_queued("and louder").await.unwrap();
    let told = bench.wait_for(|event| matches!(event, Event::ToolLog { .. })).await;
    let Event::ToolLog { log, .. } = &told.event else { unreachable!() };
    assert_eq!((log.as_str(), told.turn), ("Waits for the end of this turn: and louder", 1));
    let undone = handle.undo().await;
    assert_eq!(undone, Err(OperationError::Queued));
    wait_until_idle(&handle).await;
    let last = records_of(&handle)
        .into_iter()
        .rfind(|record| matches!(record.event, Event::TurnComplete { .. }));
    assert_eq!(last.map(|record| record.turn), Some(2));
}

#[tokio::test]
async fn a_history_is_made_shorter_between_turns() {
    let student = "[[reply]]\ntools = false\ntext = \"They asked for rows.\"\n\
                   [[reply]]\ntext = \"Done.\"\n";
    let mut bench = Bench::new(student, "", "full");
    bench.config.teacher.enabled = false;
    let handle = bench.start(&"a long request ".repeat(200)).await;
    wait_until_idle(&handle).await;
    handle.ask(request("and now?")).unwrap();
    wait_until_idle(&handle).await;
    handle.compact().unwrap();
    let record = bench.wait_for(|event| matches!(event, Event::Compacted { .. })).await;
    let Event::Compacted { old_tokens, new_tokens } = record.event else { unreachable!() };
    assert!(new_tokens < old_tokens);
    let kinds: Vec<String> = records_of(&handle)
        .into_iter()
        .filter_map(|record| match record.event {
            Event::LlmCall { kind, .. } => Some(kind),
            _ => None,
        })
        .collect();
    assert_eq!(kinds, ["main", "main", "compaction"]);
}

#[tokio::test]
async fn several_runs_at_once_keep_their_journals_apart() {
    let bench = Bench::new(super::STUDENT, super::TEACHER, "full");
    let starts = (0..6).map(|n| {
        let (setup, sender) = (bench.setup(), bench.sender.clone());
        async move { RunHandle::start(setup, request(&format!("Run {n}")), sender).await.unwrap() }
    });
    let handles: Vec<Arc<RunHandle>> =
        futures::future::join_all(starts).await.into_iter().map(Arc::new).collect();
    for (n, handle) in handles.iter().enumerate() {
        wait_until_idle(handle).await;
        let records = records_of(handle);
        let numbers: Vec<u64> = records.iter().map(|record| record.seq).collect();
        assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
        let summary = run_store::summarize(handle.folder(), &records, false).unwrap();
        assert_eq!((summary.title, summary.turns), (format!("Run {n}"), 1));
    }
}
