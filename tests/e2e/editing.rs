//! The agent's tools and the editor's buffers: what is read, where a change goes, what is lost.

use std::{fs, time::Duration};

use serde_json::{Value, json};
use tokio::time;

use crate::harness::{Agent, AgentOptions, bash, calls, says, tool_results};

const TEXT: &str = "a,b\n1,2\n3,4\n";
const UNSAVED: &str = "a,b\n1,2\n3,4\n5,6\n";

async fn start(saves: bool) -> Agent {
    Agent::start_with(AgentOptions {
        settings: json!({"teacher": {"enabled": false}}),
        capabilities: json!({"experimental": {"preceptor": {"save": saves}}}),
        ..AgentOptions::default()
    })
    .await
}

/// Opens `data.csv` as it stands on disk.
async fn open(agent: &mut Agent) -> String {
    let uri = agent.uri("data.csv");
    agent.client.open(&uri, TEXT).await;
    uri
}

/// Opens `data.csv` and changes it without saving.
async fn open_and_type(agent: &mut Agent) -> String {
    let uri = open(agent).await;
    agent.client.change(&uri, 2, json!([{"text": UNSAVED}])).await;
    uri
}

/// Lets the student read `data.csv`, change a cell and answer.
fn let_the_student_edit(agent: &Agent) {
    let edit = json!({"path": "data.csv", "old": "3,4", "new": "3,9"});
    agent
        .student
        .then(calls([("read_file", json!({"path": "data.csv"}))]))
        .then(calls([("edit_file", edit)]))
        .then(says("The cell is changed."));
}

/// Waits for an edit of `data.csv` at a version, asserts that it touches nothing but the cell, and
/// returns the request.
async fn cell_edit(agent: &mut Agent, version: i32) -> Value {
    let request = agent.client.server_request("workspace/applyEdit").await;
    let changes = &request["params"]["edit"]["documentChanges"];
    assert_eq!(changes.as_array().unwrap().len(), 1, "{changes}");
    let document = &changes[0]["textDocument"];
    assert_eq!(*document, json!({"uri": agent.uri("data.csv"), "version": version}));
    for edit in changes[0]["edits"].as_array().unwrap() {
        for end in ["start", "end"] {
            assert_eq!(edit["range"][end]["line"], 2, "only the cell's line is touched: {edit}");
        }
    }
    request
}

/// The outputs of a run's calls so far, as `success` and `output`.
fn outputs(agent: &Agent) -> Vec<(bool, String)> {
    let events = agent.client.events.iter().filter(|event| event["type"] == "tool_output");
    let output = |event: &Value| {
        let data = &event["data"];
        (data["success"].as_bool().unwrap(), data["output"].as_str().unwrap().to_owned())
    };
    events.map(output).collect()
}

#[tokio::test]
async fn what_is_typed_and_not_saved_is_what_is_read() {
    let mut agent = start(true).await;
    open_and_type(&mut agent).await;
    agent.student.then(calls([("read_file", json!({"path": "data.csv"}))])).then(says("3 rows."));
    agent.ask_and_wait().await;
    let requests = agent.student.requests();
    assert!(tool_results(&requests[1])[0].contains("5,6"));
    agent.finish().await;
}

/// Waits until nobody could take the time of a file's last change for now.
async fn let_it_lie(agent: &Agent, path: &str) {
    let metadata = fs::metadata(agent.path(path)).unwrap();
    let written = metadata.modified().unwrap();
    while written.elapsed().unwrap_or_default() < Duration::from_millis(200) {
        time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn what_an_editor_kept_unsaved_over_a_restart_is_what_is_read() {
    let mut agent = start(false).await;
    let_it_lie(&agent, "data.csv").await;
    let uri = agent.uri("data.csv");
    agent.client.open(&uri, UNSAVED).await;
    agent
        .student
        .then(calls([("read_file", json!({"path": "data.csv"}))]))
        .then(bash("wc -l < data.csv"))
        .then(says("3 rows."));
    agent.ask_and_wait().await;
    assert!(outputs(&agent)[0].1.contains("5,6"), "{:?}", outputs(&agent));
    let named = outputs(&agent)[1].1.lines().next().unwrap().contains("data.csv");
    assert!(named, "{:?}", outputs(&agent));
    agent.finish().await;
}

#[tokio::test]
async fn what_editors_leave_out_of_a_file_is_no_change_of_the_persons() {
    let mut agent = start(false).await;
    agent.write("data.csv", "\u{feff}a,b\r\n1,2\r\n3,4");
    let_it_lie(&agent, "data.csv").await;
    open(&mut agent).await;
    agent.student.then(bash("wc -l < data.csv")).then(says("2 rows."));
    agent.ask_and_wait().await;
    assert!(!outputs(&agent)[0].1.contains("data.csv"), "{:?}", outputs(&agent));
    agent.finish().await;
}

#[tokio::test]
async fn a_modified_buffer_is_edited_by_the_editor_alone() {
    let mut agent = start(false).await;
    let uri = open_and_type(&mut agent).await;
    let_the_student_edit(&agent);
    let run_id = agent.ask().await;
    let request = cell_edit(&mut agent, 2).await;
    let edited = UNSAVED.replace("3,4", "3,9");
    agent.client.change(&uri, 3, json!([{"text": edited}])).await;
    agent.client.answer(&request, json!({"applied": true})).await;
    agent.turn_end(&run_id, 1).await;
    assert_eq!(agent.read("data.csv"), TEXT);
    let changed = agent.event(&run_id, "file_changed").await;
    assert_eq!(changed["data"]["uri"], uri);
    assert_eq!([&changed["data"]["added"], &changed["data"]["removed"]], [1, 1]);
    agent.finish().await;
}

#[tokio::test]
async fn an_unmodified_buffer_is_edited_on_disk_where_nobody_saves() {
    let mut agent = start(false).await;
    open(&mut agent).await;
    let_the_student_edit(&agent);
    agent.ask_and_wait().await;
    assert_eq!(agent.read("data.csv"), TEXT.replace("3,4", "3,9"));
    // `finish` fails if the editor was asked for anything.
    agent.finish().await;
}

#[tokio::test]
async fn a_client_that_saves_edits_and_is_asked_to_save() {
    let mut agent = start(true).await;
    let uri = open(&mut agent).await;
    let_the_student_edit(&agent);
    let run_id = agent.ask().await;
    let request = cell_edit(&mut agent, 1).await;
    let edited = TEXT.replace("3,4", "3,9");
    agent.client.change(&uri, 2, json!([{"text": edited}])).await;
    agent.client.answer(&request, json!({"applied": true})).await;
    let request = agent.client.server_request("preceptor/save").await;
    assert_eq!(request["params"], json!({"uri": uri}));
    agent.write("data.csv", &edited);
    agent.client.notify("textDocument/didSave", json!({"textDocument": {"uri": uri}})).await;
    agent.client.answer(&request, json!({"saved": true})).await;
    agent.turn_end(&run_id, 1).await;
    assert!(outputs(&agent).iter().all(|(success, _)| *success), "{:?}", outputs(&agent));
    agent.finish().await;
}

#[tokio::test]
async fn a_command_after_an_unsaved_edit_names_the_file() {
    let mut agent = start(false).await;
    let uri = open_and_type(&mut agent).await;
    agent.student.then(bash("wc -l < data.csv")).then(says("There are 2 rows."));
    agent.ask_and_wait().await;
    let (_, output) = outputs(&agent).remove(0);
    assert!(output.lines().next().unwrap().contains("data.csv"), "{output}");
    agent.write("data.csv", UNSAVED);
    agent.client.notify("textDocument/didSave", json!({"textDocument": {"uri": uri}})).await;
    agent.student.then(bash("wc -l < data.csv")).then(says("There are 3 rows."));
    agent.ask_and_wait().await;
    let (_, output) = outputs(&agent).remove(1);
    assert!(!output.contains("data.csv"), "{output}");
    agent.finish().await;
}

#[tokio::test]
async fn a_refused_edit_is_told_to_the_model_and_nothing_is_lost() {
    let mut agent = start(false).await;
    open_and_type(&mut agent).await;
    let_the_student_edit(&agent);
    let run_id = agent.ask().await;
    let request = cell_edit(&mut agent, 2).await;
    let refusal = json!({"applied": false, "failureReason": "the buffer is read-only"});
    agent.client.answer(&request, refusal).await;
    agent.turn_end(&run_id, 1).await;
    let (success, output) = outputs(&agent).remove(1);
    assert!(!success && output.contains("the buffer is read-only"), "{output}");
    let requests = agent.student.requests();
    assert!(tool_results(&requests[2])[1].contains("the buffer is read-only"));
    assert_eq!(agent.read("data.csv"), TEXT);
    assert!(!agent.kinds(&run_id).contains(&"file_changed"));
    let notes = agent.notes();
    let shown = agent.diagnostic(&notes, "turn/error").await;
    assert!(
        shown["message"].as_str().unwrap().contains("mend what stands in the way there"),
        "{shown}"
    );
    agent.finish().await;
}

#[tokio::test]
async fn an_edit_that_the_person_was_faster_than_is_to_be_made_again() {
    let mut agent = start(false).await;
    let uri = open_and_type(&mut agent).await;
    let_the_student_edit(&agent);
    let run_id = agent.ask().await;
    let request = cell_edit(&mut agent, 2).await;
    agent.client.change(&uri, 3, json!([{"text": "a,b\n"}])).await;
    agent.client.answer(&request, json!({"applied": false})).await;
    agent.turn_end(&run_id, 1).await;
    let (success, output) = outputs(&agent).remove(1);
    assert!(!success && output.contains("read it again"), "{output}");
    assert_eq!(agent.read("data.csv"), TEXT);
    agent.finish().await;
}

#[tokio::test]
async fn an_editor_that_does_not_answer_is_no_success() {
    let mut agent = start(false).await;
    open_and_type(&mut agent).await;
    let_the_student_edit(&agent);
    let run_id = agent.ask().await;
    let request = cell_edit(&mut agent, 2).await;
    // From here on the clock jumps to the next deadline as soon as everybody waits.
    time::pause();
    let output = agent
        .client
        .wait_for("the second output", |it| {
            it["params"]["type"] == "tool_output" && it["params"]["data"]["tool"] == "edit_file"
        })
        .await;
    time::resume();
    assert_eq!(output["params"]["data"]["success"], false);
    let withdrawn = agent.client.notification("$/cancelRequest").await;
    assert_eq!(withdrawn["id"], request["id"]);
    agent.turn_end(&run_id, 1).await;
    agent.finish().await;
}

#[tokio::test]
async fn an_editor_that_answers_with_an_error_is_no_success() {
    let mut agent = start(false).await;
    open_and_type(&mut agent).await;
    let_the_student_edit(&agent);
    let run_id = agent.ask().await;
    let request = cell_edit(&mut agent, 2).await;
    let error = json!({"code": -32603, "message": "the view is gone"});
    let answer = json!({"jsonrpc": "2.0", "id": request["id"], "error": error});
    agent.client.send(&answer).await;
    agent.turn_end(&run_id, 1).await;
    let (success, output) = outputs(&agent).remove(1);
    assert!(!success && output.contains("the view is gone"), "{output}");
    agent.finish().await;
}

#[tokio::test]
async fn a_modified_buffer_of_a_client_without_edits_is_left_alone() {
    let mut agent = Agent::start_with(AgentOptions {
        settings: json!({"teacher": {"enabled": false}}),
        capabilities: json!({
            "workspace": {"applyEdit": false},
            "experimental": {"preceptor": {"save": false}},
        }),
        ..AgentOptions::default()
    })
    .await;
    open_and_type(&mut agent).await;
    let_the_student_edit(&agent);
    agent.ask_and_wait().await;
    let (success, output) = outputs(&agent).remove(1);
    assert!(!success && output.contains("save"), "{output}");
    assert_eq!(agent.read("data.csv"), TEXT);
    agent.finish().await;
}

#[tokio::test]
async fn a_file_that_is_not_open_is_written_on_disk() {
    let mut agent = start(true).await;
    agent
        .student
        .then(calls([("write_file", json!({"path": "new/rows.txt", "content": "2\n"}))]))
        .then(says("Written."));
    let run_id = agent.ask_and_wait().await;
    assert_eq!(agent.read("new/rows.txt"), "2\n");
    let changed = agent.event(&run_id, "file_changed").await;
    assert_eq!(changed["data"]["uri"], agent.uri("new/rows.txt"));
    assert_eq!([&changed["data"]["added"], &changed["data"]["removed"]], [1, 0]);
    agent.finish().await;
}

#[tokio::test]
async fn a_file_that_was_not_read_is_neither_overwritten_nor_edited() {
    let mut agent = start(true).await;
    agent
        .student
        .then(calls([
            ("write_file", json!({"path": "data.csv", "content": "gone\n"})),
            ("edit_file", json!({"path": "data.csv", "old": "3,4", "new": "gone"})),
        ]))
        .then(says("Then I leave it."));
    agent.ask_and_wait().await;
    for (success, output) in outputs(&agent) {
        assert!(!success && output.contains("read"), "{output}");
    }
    assert_eq!(agent.read("data.csv"), TEXT);
    agent.finish().await;
}

#[tokio::test]
async fn what_is_outside_and_what_is_the_servers_own_is_neither_read_nor_written() {
    let mut agent = start(true).await;
    fs::write(agent.client.dir().join("secret.txt"), "hidden words\n").unwrap();
    agent
        .student
        .then(calls([
            ("read_file", json!({"path": "../secret.txt"})),
            ("write_file", json!({"path": "../made.txt", "content": "x"})),
            ("list_files", json!({"path": ".preceptor"})),
            ("write_file", json!({"path": ".preceptor/made.txt", "content": "x"})),
        ]))
        .then(calls([("list_files", json!({}))]))
        .then(says("Then I leave it."));
    agent.ask_and_wait().await;
    let outputs = outputs(&agent);
    for (success, output) in &outputs[..4] {
        assert!(!success && !output.contains("hidden words"), "{output}");
    }
    assert!(outputs[4].1.contains("data.csv") && !outputs[4].1.contains(".preceptor"));
    assert!(!agent.client.dir().join("made.txt").exists());
    agent.finish().await;
}

#[tokio::test]
async fn a_file_that_is_no_text_says_so() {
    let mut agent = start(true).await;
    fs::write(agent.path("bytes.bin"), b"ab\xffc").unwrap();
    agent.student.then(calls([("read_file", json!({"path": "bytes.bin"}))])).then(says("I see."));
    agent.ask_and_wait().await;
    let (success, output) = outputs(&agent).remove(0);
    assert!(!success && output.contains("UTF-8"), "{output}");
    agent.finish().await;
}

#[tokio::test]
async fn line_ends_and_the_rest_of_the_file_stay_as_they_are() {
    let mut agent = Agent::start_with(AgentOptions {
        settings: json!({"teacher": {"enabled": false}}),
        files: vec![("dos.txt", "eins\r\nzwei\u{1F980}\r\ndrei\r\n".to_owned())],
        ..AgentOptions::default()
    })
    .await;
    agent
        .student
        .then(calls([("read_file", json!({"path": "dos.txt"}))]))
        .then(calls([(
            "edit_file",
            json!({"path": "dos.txt", "old": "eins\nzwei", "new": "one\ntwo"}),
        )]))
        .then(says("Done."));
    agent.ask_and_wait().await;
    assert_eq!(agent.read("dos.txt"), "one\r\ntwo\u{1F980}\r\ndrei\r\n");
    agent.finish().await;
}
