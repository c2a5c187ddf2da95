//! Runs on scripted models, with real tools and real files.

use std::{path::PathBuf, sync::Arc, time::Duration};

use agent::{
    event::Event,
    machine::{ApprovalDecision, ApprovalScope},
};
use serde_json::json;
use tokio::{sync::mpsc, time::timeout};

use super::{OperationError, Request, RunHandle, RunSetup, StartError};
use crate::{
    acceptance::AcceptedSkills,
    clock::SystemClock,
    config::{Config, Layer},
    editor::NoEditor,
    folders::Folders,
    journal::{self, Record},
    proposals::{ProposalStore, published_text},
    run_store::{self, RunFolder},
    sandbox::Sandbox,
};

mod operations;

const STUDENT: &str = r#"
[[reply]]
prompt = "count-csv-rows"
step = 0
calls = [{ name = "skills", arguments = { action = "view", name = "count-csv-rows" } }]
[[reply]]
prompt = "count-csv-rows"
step = 1
calls = [{ name = "bash", arguments = { command = "tail -n +2 data.csv | wc -l" } }]
[[reply]]
prompt = "count-csv-rows"
step = 2
text = "There are 3 data rows."
[[reply]]
step = 0
calls = [{ name = "bash", arguments = { command = "wc --rows data.csv" } }]
[[reply]]
step = 1
text = "I could not determine the number of rows."
chunk_chars = 4
delay_ms = 1
"#;

const TEACHER: &str = r#"
[[reply]]
tools = true
step = 0
calls = [{ name = "bash", arguments = { command = "tail -n +2 data.csv | wc -l" } }]
[[reply]]
tools = true
step = 1
text = "There are 3 data rows."
[[reply]]
tools = false
text = '''
```json
{"action": "add", "name": "count-csv-rows", "description": "Counts the data rows of a CSV file.",
 "when_to_use": "The user asks how many rows a CSV file has.",
 "procedure": ["Call `bash` with `tail -n +2 <file> | wc -l`."], "pitfalls": [],
 "verification": ["The number is one less than the number of lines."], "category": "data",
 "source": "user", "status": "published"}
```
'''
"#;

struct Bench {
    folder: tempfile::TempDir,
    config: Config,
    sender: mpsc::Sender<Arc<Record>>,
    records: mpsc::Receiver<Arc<Record>>,
    seen: Vec<Arc<Record>>,
}

impl Bench {
    fn new(student: &str, teacher: &str, approval: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let workspace = folder.path().join("w");
        std::fs::create_dir(&workspace).unwrap();
        std::fs::write(workspace.join("data.csv"), "name\na\nb\nc\n").unwrap();
        std::fs::write(folder.path().join("student.toml"), student).unwrap();
        std::fs::write(folder.path().join("teacher.toml"), teacher).unwrap();
        let layer = Layer::from_json(
            "test",
            json!({
                "student": {"provider": "script", "model": "small", "script": "../student.toml"},
                "teacher": {"provider": "script", "model": "big", "script": "../teacher.toml", "enabled": true},
                "approval": {"mode": approval},
                "sandbox": {"mode": "off"},
            }),
        )
        .unwrap();
        let (sender, records) = mpsc::channel(1_024);
        let config = Config::merged([&layer]).unwrap();
        Self { folder, config, sender, records, seen: Vec::new() }
    }

    fn workspace(&self) -> PathBuf {
        self.folder.path().join("w")
    }

    fn setup(&self) -> RunSetup {
        RunSetup {
            workspace: self.workspace(),
            stand_in: None,
            runs: self.workspace().join(".preceptor/runs"),
            proposals: ProposalStore::new(&self.workspace(), &Folders::below(self.folder.path())),
            config: Arc::new(self.config.clone()),
            folders: Arc::new(Folders::below(self.folder.path())),
            editor: Arc::new(NoEditor),
            clock: Arc::new(SystemClock),
            skill_use: Arc::default(),
            sandbox: Sandbox::default(),
            skills: None,
            is_chat: false,
            recorded: None,
        }
    }

    async fn start(&self, prompt: &str) -> RunHandle {
        RunHandle::start(self.setup(), request(prompt), self.sender.clone()).await.unwrap()
    }

    /// Waits until the task of a run that was dropped has let go of its journal.
    async fn until_free(&self, folder: &RunFolder) {
        let free = async {
            while run_store::has_owner(folder) {
                tokio::task::yield_now().await;
            }
        };
        timeout(Duration::from_secs(20), free).await.expect("the run ends");
    }

    async fn wait_for(&mut self, is_it: impl Fn(&Event) -> bool) -> Arc<Record> {
        let wait = async {
            loop {
                let record = self.records.recv().await.unwrap();
                self.seen.push(Arc::clone(&record));
                if is_it(&record.event) {
                    return record;
                }
            }
        };
        timeout(Duration::from_secs(20), wait).await.expect("the event comes")
    }
}

fn records_of(handle: &RunHandle) -> Vec<Record> {
    journal::read(&handle.folder().journal()).unwrap()
}

fn request(prompt: &str) -> Request {
    Request { prompt: prompt.to_owned(), origin: None }
}

async fn wait_until_idle(handle: &RunHandle) {
    timeout(Duration::from_secs(20), handle.idle()).await.expect("the turn ends");
}

fn types(records: &[Record]) -> Vec<String> {
    records
        .iter()
        .map(|record| {
            let value = serde_json::to_value(record).unwrap();
            let name = value["type"].as_str().unwrap().to_owned();
            if record.teacher { format!("teacher:{name}") } else { name }
        })
        .filter(|name| !name.ends_with("state"))
        .collect()
}

#[tokio::test]
async fn what_the_teacher_taught_is_what_the_student_succeeds_with() {
    let mut bench = Bench::new(STUDENT, TEACHER, "full");
    let handle = bench.start("How many data rows has data.csv?").await;
    let proposed = bench.wait_for(|event| matches!(event, Event::SkillProposed { .. })).await;
    wait_until_idle(&handle).await;
    let mut names = types(&records_of(&handle));
    names.dedup();
    expect_test::expect![[r#"
        [
            "run_started",
            "ready",
            "processing",
            "llm_call",
            "assistant_stream_end",
            "tool_call",
            "tool_output",
            "assistant_chunk",
            "llm_call",
            "assistant_stream_end",
            "signal",
            "teacher:teacher_takeover",
            "teacher:llm_call",
            "teacher:assistant_stream_end",
            "teacher:tool_call",
            "teacher:tool_output",
            "teacher:assistant_chunk",
            "teacher:llm_call",
            "teacher:assistant_stream_end",
            "teacher:turn_complete",
            "teacher:processing",
            "teacher:llm_call",
            "teacher:skill_proposed",
        ]
    "#]]
    .assert_debug_eq(&names);
    let Event::SkillProposed { proposal_id, findings, .. } = &proposed.event else {
        unreachable!()
    };
    assert_eq!(findings, &[]);

    // Nothing of it reaches a prompt before a person accepts it.
    let again = bench.start("How many data rows has data.csv?").await;
    bench.wait_for(|event| matches!(event, Event::TeacherTakeover { .. })).await;
    again.cancel();
    wait_until_idle(&again).await;

    let store = bench.setup().proposals;
    let proposal = store.get(proposal_id).unwrap();
    let text = std::fs::read_to_string(store.document(&proposal)).unwrap();
    assert!(text.contains("source: \"teacher-escalation\""), "{text}");
    assert!(text.contains("status: \"draft\""), "{text}");
    let text = published_text(
        &text,
        &proposal.name,
        "2026-11-21T09:34:50Z".parse().unwrap(),
        &proposal.verification,
    );
    let root = bench.workspace().canonicalize().unwrap();
    let target = root.join(".agents/skills/count-csv-rows/SKILL.md");
    std::fs::create_dir_all(target.parent().unwrap()).unwrap();
    std::fs::write(&target, &text).unwrap();
    AcceptedSkills::new(&bench.setup().folders.state)
        .keep(&target, &proposal.name, &text, proposal_id, "now".to_owned())
        .unwrap();

    let handle = bench.start("How many data rows has data.csv?").await;
    wait_until_idle(&handle).await;
    let records = records_of(&handle);
    assert!(!types(&records).iter().any(|name| name.contains("takeover")), "{:?}", types(&records));
    let answer = records.iter().find_map(|record| match &record.event {
        Event::TurnComplete { final_response, .. } => final_response.clone(),
        _ => None,
    });
    assert_eq!(answer.as_deref(), Some("There are 3 data rows."));
    let transcript = std::fs::read_to_string(handle.folder().transcript()).unwrap();
    assert!(transcript.contains("*Skills offered: count-csv-rows.*"), "{transcript}");
}

#[tokio::test]
async fn numbers_rise_by_one_and_the_journal_comes_first() {
    let mut bench = Bench::new(STUDENT, TEACHER, "full");
    let handle = bench.start("How many?").await;
    bench.wait_for(|event| matches!(event, Event::SkillProposed { .. })).await;
    wait_until_idle(&handle).await;
    let journal = records_of(&handle);
    let numbers: Vec<u64> = journal.iter().map(|record| record.seq).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    let seen: Vec<Record> = bench.seen.iter().map(|record| Record::clone(record)).collect();
    assert_eq!(journal, seen);
    let summary = run_store::summarize(handle.folder(), &journal, false).unwrap();
    assert_eq!((summary.status.as_str(), summary.teacher, summary.turns), ("completed", true, 1));
}

#[tokio::test]
async fn a_call_waits_for_a_person_and_goes_on_with_the_decision() {
    let mut bench = Bench::new(STUDENT, "", "ask");
    bench.config.teacher.enabled = false;
    let handle = bench.start("How many?").await;
    bench.wait_for(|event| matches!(event, Event::ApprovalRequired { .. })).await;
    assert!(handle.is_active());
    let decision = |id: &str| ApprovalDecision {
        tool_call_id: id.to_owned(),
        approved: false,
        arguments: None,
        feedback: Some("not that".to_owned()),
        scope: ApprovalScope::Once,
        outside_sandbox: false,
    };
    let id = handle.pending()[0].tool_call_id.clone();
    let other = Err(OperationError::NotPending("none".to_owned()));
    assert_eq!(handle.decide(vec![decision("none")]), other);
    assert_eq!(handle.decide(vec![decision(&id), decision("none")]), other);
    let yes = ApprovalDecision { approved: true, ..decision(&id) };
    let twice = Err(OperationError::DecidedTwice(id.clone()));
    assert_eq!(handle.decide(vec![yes.clone(), decision(&id)]), twice);
    let blank = serde_json::Map::from_iter([("command".to_owned(), " ".into())]);
    let blank = ApprovalDecision { arguments: Some(blank), ..yes };
    assert!(matches!(handle.decide(vec![blank]), Err(OperationError::Arguments(_))));
    assert_eq!(handle.decide(vec![decision(&id)]), Ok(1));
    bench.wait_for(|event| matches!(event, Event::TurnComplete { .. })).await;
    wait_until_idle(&handle).await;
    assert!(handle.pending().is_empty());
    let outputs: Vec<_> = bench
        .seen
        .iter()
        .filter_map(|record| match &record.event {
            Event::ToolOutput { output, .. } => Some(output.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(outputs, ["This call was declined, so it was not run. The person says: not that"]);
}

#[tokio::test]
async fn cancelling_a_command_closes_the_turn_and_the_run_goes_on() {
    let student = r#"
[[reply]]
prompt = "go on"
step = 0
text = "Here I am."
[[reply]]
step = 0
calls = [{ name = "bash", arguments = { command = "sleep 60" } }]
"#;
    let mut bench = Bench::new(student, "", "full");
    let handle = bench.start("Sleep.").await;
    bench.wait_for(|event| matches!(event, Event::ToolCall { .. })).await;
    assert!(handle.cancel());
    bench.wait_for(|event| matches!(event, Event::Interrupted {})).await;
    assert_eq!(handle.ask(request("go on")), Ok(2));
    let last = bench.wait_for(|event| matches!(event, Event::TurnComplete { .. })).await;
    assert_eq!(last.turn, 2);
    handle.close().await;
}

#[tokio::test]
async fn a_run_that_is_closed_while_it_asks_leaves_its_question_open() {
    let mut bench = Bench::new(STUDENT, "", "ask");
    // Whoever listens is slow: the question is journalled and waits to be shown.
    (bench.sender, bench.records) = mpsc::channel(1);
    let starting = RunHandle::start(bench.setup(), request("How many?"), bench.sender.clone());
    let calling = bench.wait_for(|event| matches!(event, Event::ToolCall { .. }));
    let (handle, _) = tokio::join!(starting, calling);
    let handle = handle.unwrap();
    let asking = bench.wait_for(|event| matches!(event, Event::ApprovalRequired { .. }));
    let closing = async { tokio::join!(handle.close(), asking) };
    timeout(Duration::from_secs(20), closing).await.expect("it closes");
    let records = records_of(&handle);
    assert_eq!(types(&records).last().map(String::as_str), Some("approval_required"));
}

#[tokio::test]
async fn closing_a_run_closes_its_turn() {
    let student = "[[reply]]\ntext = \"slow slow slow\"\nchunk_chars = 1\ndelay_ms = 500\n";
    let mut bench = Bench::new(student, "", "full");
    let handle = bench.start("Talk.").await;
    bench.wait_for(|event| matches!(event, Event::AssistantChunk { .. })).await;
    let journal = handle.folder().journal();
    timeout(Duration::from_secs(10), handle.close()).await.expect("it closes");
    let records = journal::read(&journal).unwrap();
    assert_eq!(types(&records).last().map(String::as_str), Some("interrupted"));
}

#[tokio::test]
async fn without_a_model_the_turn_ends_with_a_sentence() {
    let mut bench = Bench::new(STUDENT, TEACHER, "full");
    bench.config.student.script = None;
    let _handle = bench.start("How many?").await;
    let record = bench.wait_for(|event| matches!(event, Event::Error { .. })).await;
    let Event::Error { error, class } = &record.event else { unreachable!() };
    assert_eq!(class, "configuration");
    assert!(error.contains("`student.script` names no scenario file"), "{error}");
}

#[tokio::test]
async fn an_empty_request_makes_no_run() {
    let bench = Bench::new(STUDENT, TEACHER, "full");
    let started = RunHandle::start(bench.setup(), request(" \n"), bench.sender.clone()).await;
    assert!(matches!(started, Err(StartError::EmptyPrompt)));
    assert_eq!(run_store::list(&bench.workspace().join(".preceptor/runs")), [] as [RunFolder; 0]);
}

#[tokio::test]
async fn a_journal_that_cannot_be_written_ends_the_turn_with_a_sentence() {
    let mut bench = Bench::new(STUDENT, TEACHER, "ask");
    let handle = bench.start("How many?").await;
    bench.wait_for(|event| matches!(event, Event::ApprovalRequired { .. })).await;
    handle.recorder().break_journal().await;
    let id = handle.pending()[0].tool_call_id.clone();
    let decision = ApprovalDecision {
        tool_call_id: id,
        approved: true,
        arguments: None,
        feedback: None,
        scope: ApprovalScope::Once,
        outside_sandbox: false,
    };
    handle.decide(vec![decision]).unwrap();
    let record = bench.wait_for(|event| matches!(event, Event::Error { .. })).await;
    let Event::Error { error, class } = &record.event else { unreachable!() };
    assert_eq!(class, "storage");
    assert!(error.contains("check free space and permissions"), "{error}");
    wait_until_idle(&handle).await;
}
