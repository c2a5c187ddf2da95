//! What holds for the events of every run: they are journalled before they are sent, and tell each
//! turn from its beginning to its one end.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

/// What ends a turn.
pub(crate) const ENDS: [&str; 4] = ["turn_complete", "interrupted", "error", "session_terminated"];

/// What the teacher's attempt consists of, if it comes after the takeover of its turn.
const WORK: [&str; 6] = [
    "assistant_chunk",
    "assistant_message",
    "assistant_stream_end",
    "thinking_chunk",
    "tool_call",
    "tool_output",
];

/// Asserts that the journal has an event that has just arrived.
#[track_caller]
pub(crate) fn assert_is_written(dir: &Path, event: &Value) {
    let run_id = event["runId"].as_str().expect("an event names its run");
    let sent = without_run(event);
    let written = read(dir, run_id).into_iter().find(|record| record["seq"] == sent["seq"]);
    assert_eq!(written.as_ref(), Some(&sent), "the journal precedes the event");
}

/// Asserts what holds for the events of all runs together.
#[track_caller]
pub(crate) fn assert_are_in_order(dir: &Path, events: &[Value]) {
    let mut runs: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for event in events {
        runs.entry(event["runId"].as_str().unwrap_or_default()).or_default().push(event);
    }
    for (run_id, events) in runs {
        let journal = read(dir, run_id);
        let numbers: Vec<u64> =
            journal.iter().filter_map(|record| record["seq"].as_u64()).collect();
        let first = numbers.first().copied().unwrap_or_default();
        assert!(
            numbers.iter().copied().eq((first..).take(journal.len())),
            "the journal's numbers rise by one: {numbers:?}"
        );
        let shown: Vec<Value> =
            journal.into_iter().filter(|record| record["type"] != "state").collect();
        let sent: Vec<Value> = events.iter().map(|event| without_run(event)).collect();
        // An earlier server sent what is before the first of these. What a run does while the
        // server shuts down is journalled for the next one.
        let n_earlier = shown.iter().take_while(|it| it["seq"] != sent[0]["seq"]).count();
        assert_eq!(
            Some(sent.as_slice()),
            shown.get(n_earlier..n_earlier + sent.len()),
            "every record but those of state is sent, in its order"
        );
        let turns: BTreeSet<u64> = shown
            .iter()
            .filter_map(|record| record["turn"].as_u64())
            .filter(|it| *it > 0)
            .collect();
        for turn in turns {
            let records: Vec<&Value> =
                shown.iter().filter(|record| record["turn"] == turn).collect();
            assert_turn(run_id, turn, &records);
        }
    }
}

#[track_caller]
fn assert_turn(run_id: &str, turn: u64, events: &[&Value]) {
    let kinds: Vec<&str> = events.iter().filter_map(|event| event["type"].as_str()).collect();
    let place = format!("turn {turn} of {run_id}: {kinds:?}");
    let all =
        |kind: &str| -> Vec<usize> { (0..kinds.len()).filter(|idx| kinds[*idx] == kind).collect() };
    let ends: Vec<usize> = (0..kinds.len()).filter(|idx| ENDS.contains(&kinds[*idx])).collect();
    // Decisions about other calls of the reply may have come since it was asked.
    let last = kinds.iter().rev().find(|kind| **kind != "tool_state_change");
    if last == Some(&"approval_required") {
        assert!(ends.is_empty(), "a turn that waits has not ended; {place}");
        return;
    }
    assert_eq!(ends.len(), 1, "a turn ends once; {place}");
    let takeovers = all("teacher_takeover");
    assert!(takeovers.len() <= 1, "a turn is taken over once; {place}");
    for (idx, event) in events.iter().enumerate() {
        if WORK.contains(&kinds[idx]) {
            assert!(idx < ends[0], "work comes before the turn's end; {place}");
            let by_teacher = takeovers.first().is_some_and(|takeover| idx > *takeover);
            assert_eq!(event["teacher"], by_teacher, "{event} in {place}");
        }
    }
    for takeover in takeovers {
        assert_eq!(events[takeover]["teacher"], true, "{place}");
    }
    for kind in ["skill_proposed", "skill_save_failed", "verification"] {
        for idx in all(kind) {
            assert!(idx > ends[0], "the turn ends before `{kind}`; {place}");
            // What a replay of any skill showed is about no teacher's attempt.
            let data = &events[idx]["data"];
            let by_teacher = kind != "verification" || !data["proposalId"].is_null();
            assert_eq!(events[idx]["teacher"], by_teacher, "{kind} in {place}");
        }
    }
    assert_calls_are_paired(events, &place);
}

/// A model may use an id again in a later step: what counts is that no call is left open.
#[track_caller]
fn assert_calls_are_paired(events: &[&Value], place: &str) {
    let mut open: Vec<&str> = Vec::new();
    for event in events {
        let id = event["data"]["toolCallId"].as_str().unwrap_or_default();
        match event["type"].as_str() {
            Some("tool_call") => open.push(id),
            Some("tool_output") => {
                let call = open.iter().position(|it| *it == id);
                open.remove(call.unwrap_or_else(|| panic!("`{id}` was not called; {place}")));
            }
            _ => {}
        }
    }
    assert!(open.is_empty(), "calls without a result: {open:?}; {place}");
}

/// Returns the records of a run, first to last.
pub(crate) fn read(dir: &Path, run_id: &str) -> Vec<Value> {
    let journal = run_folder(dir, run_id).join("journal.jsonl");
    let text = fs::read_to_string(&journal).expect("the run has a journal");
    text.lines().map(|line| serde_json::from_str(line).expect("a record is JSON")).collect()
}

fn run_folder(dir: &Path, run_id: &str) -> PathBuf {
    let folders = fs::read_dir(dir).expect("the test has a folder").flatten();
    let runs = folders.map(|it| it.path().join(".preceptor/runs").join(run_id));
    let mut runs = runs.chain([dir.join("state/replays").join(run_id)]);
    runs.find(|it| it.is_dir()).unwrap_or_else(|| dir.join("work/.preceptor/runs").join(run_id))
}

fn without_run(event: &Value) -> Value {
    let mut record = event.clone();
    record.as_object_mut().expect("an event is an object").remove("runId");
    record
}
