//! A skill is tried by the student before anybody accepts it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use agent::{
    event::Event,
    ledger::Money,
    verification::{Outcome, RecordedCalls},
};
use runtime::{
    clock::SystemClock,
    config::{Config, Layer},
    editor::NoEditor,
    folders::Folders,
    replay::Ground,
    sandbox::Sandbox,
    skills::{FoundSkill, Scope},
    verifier::{Answer, Question, TeacherWork, verify},
    workspace_copy::{WorkspaceCopy, contents},
};
use serde_json::json;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// A student that reads the skill where it is offered and does what it says, and gives up else.
pub(crate) const STUDENT: &str = r#"
[[reply]]
prompt = "count-rows"
step = 0
calls = [{ name = "skills", arguments = { action = "view", name = "count-rows" } }]
[[reply]]
prompt = "count-rows"
step = 1
calls = [{ name = "bash", arguments = { command = "tail -n +2 data.csv | wc -l > count.txt" } }]
[[reply]]
prompt = "count-rows"
step = 2
text = "There are 3 data rows."
[[reply]]
text = "I could not determine the number of rows."
"#;

/// One that knows how to do it.
pub(crate) const EXPERT: &str = r#"
[[reply]]
step = 0
calls = [{ name = "bash", arguments = { command = "tail -n +2 data.csv | wc -l > count.txt" } }]
[[reply]]
text = "There are 3 data rows."
"#;

pub(crate) const SKILL: &str =
    "---\nname: count-rows\ndescription: Counts rows.\n---\n\n# Count rows\n";

pub(crate) struct Trial {
    pub(crate) folder: TempDir,
    pub(crate) question: Question,
}

impl Trial {
    /// A request about a CSV file, on which the teacher wrote `count.txt` with `count` in it.
    pub(crate) fn new(student: &str, count: Option<&str>) -> Self {
        Self::within(TempDir::new().unwrap(), student, count, |_| {})
    }

    /// The same in this folder, where something is done before the workspace is first looked at.
    pub(crate) fn within(
        folder: TempDir,
        student: &str,
        count: Option<&str>,
        prepare: impl FnOnce(&Path),
    ) -> Self {
        let workspace = folder.path().canonicalize().unwrap().join("w");
        fs::create_dir(&workspace).unwrap();
        fs::write(workspace.join("data.csv"), "name\na\nb\nc\n").unwrap();
        prepare(&workspace);
        fs::write(folder.path().join("student.toml"), student).unwrap();
        fs::write(folder.path().join("teacher.toml"), "[[reply]]\ntext = \"EQUAL: 3.\"\n").unwrap();
        let layer = Layer::from_json(
            "test",
            json!({
                "student": {"provider": "script", "model": "small", "script": "../student.toml"},
                "teacher": {"provider": "script", "model": "big", "script": "../teacher.toml", "enabled": true},
            }),
        )
        .unwrap();
        let before = WorkspaceCopy::new(&workspace, &NoEditor, 10).unwrap();
        let after = WorkspaceCopy::new(&workspace, &NoEditor, 10).unwrap();
        let found = after.contents();
        if let Some(count) = count {
            fs::write(after.root().join("count.txt"), count).unwrap();
        }
        let answer = "There are 3 data rows.".to_owned();
        let ground = Ground {
            workspace: workspace.clone(),
            before: Arc::new(before),
            config: Arc::new(Config::merged([&layer]).unwrap()),
            folders: Arc::new(Folders::below(folder.path())),
            clock: Arc::new(SystemClock),
            sandbox: Sandbox::with_program(env!("CARGO_BIN_EXE_preceptor").into()),
            recorded: Arc::default(),
            spent: Money::default(),
        };
        let question = Question {
            ground,
            prompt: "how many data rows has data.csv?".to_owned(),
            skill: skill(SKILL),
            others: Vec::new(),
            teacher: Some(TeacherWork { answer, found, after: Some(Arc::new(after)) }),
            target: None,
            earlier: Vec::new(),
            changed_since: Vec::new(),
            is_before_unknown: false,
        };
        Self { folder, question }
    }

    pub(crate) fn workspace(&self) -> PathBuf {
        self.question.ground.workspace.clone()
    }

    pub(crate) async fn verify(&self) -> Answer {
        verify(&self.question, &CancellationToken::new(), |_| {}).await
    }
}

pub(crate) fn skill(text: &str) -> FoundSkill {
    FoundSkill {
        name: "count-rows".to_owned(),
        description: "Counts rows.".to_owned(),
        path: Path::new("/proposed/count-rows/SKILL.md").to_path_buf(),
        text: text.into(),
        scope: Scope::Workspace,
        is_offered: true,
    }
}

#[track_caller]
pub(crate) fn check(answer: &Answer, outcome: Outcome, words: &str) {
    assert_eq!(answer.finding.outcome, outcome, "{answer:?}");
    assert!(answer.finding.reason.contains(words), "{}", answer.finding.reason);
}

#[tokio::test]
async fn a_skill_that_leads_to_the_teachers_files_is_verified() {
    let trial = Trial::new(STUDENT, Some("3\n"));
    let before = contents(&trial.workspace());
    let answer = trial.verify().await;
    check(&answer, Outcome::Verified, "the same files as the teacher");
    assert_eq!((answer.finding.repairs, answer.finding.is_unnecessary), (Some(1), false));
    assert_eq!(contents(&trial.workspace()), before, "the workspace is as it was");
    let transcript = fs::read_to_string(answer.replay.unwrap().transcript()).unwrap();
    assert!(transcript.contains("There are 3 data rows."), "{transcript}");
    assert!(answer.control.is_some());
    assert!(trial.folder.path().join("w").read_dir().unwrap().count() == 1);
}

#[tokio::test]
async fn what_the_first_attempt_left_behind_is_not_compared() {
    let mut trial = Trial::new(STUDENT, Some("3\n"));
    let teacher = trial.question.teacher.as_mut().unwrap();
    fs::write(teacher.after.as_ref().unwrap().root().join("junk.txt"), "junk\n").unwrap();
    let mut found = trial.question.ground.before.contents();
    let after = teacher.after.as_ref().unwrap().contents();
    let junk = Path::new("junk.txt");
    found.insert(junk.to_path_buf(), after[junk].clone());
    teacher.found = found;
    check(&trial.verify().await, Outcome::Verified, "the same files as the teacher");
}

#[tokio::test]
async fn a_skill_that_was_not_needed_is_unnecessary() {
    // The expert reads the skill as well, since it is there.
    let reads = "[[reply]]\nprompt = \"count-rows\"\nstep = 0\n\
                 calls = [{ name = \"skills\", arguments = { action = \"view\", name = \"count-rows\" } }]\n\
                 [[reply]]\nprompt = \"count-rows\"\nstep = 1\n\
                 calls = [{ name = \"bash\", arguments = { command = \"echo 3 > count.txt\" } }]\n";
    let trial = Trial::new(&format!("{reads}{EXPERT}"), Some("3\n"));
    let answer = trial.verify().await;
    check(&answer, Outcome::Verified, "unnecessary");
    assert!(answer.finding.is_unnecessary);
}

#[tokio::test]
async fn a_student_that_ignores_the_skill_is_never_verified() {
    let trial = Trial::new(EXPERT, Some("3\n"));
    let answer = trial.verify().await;
    check(&answer, Outcome::Inconclusive, "without reading the skill");
    assert!(answer.finding.is_unnecessary && answer.control.is_some(), "{answer:?}");
    assert_eq!((answer.finding.repairs, answer.finding.regressions), (Some(0), None));
}

#[tokio::test]
async fn a_student_that_gives_up_again_is_not_verified() {
    let trial = Trial::new("[[reply]]\ntext = \"I could not do it.\"\n", Some("3\n"));
    let answer = trial.verify().await;
    check(&answer, Outcome::NotVerified, "failed with the skill, too");
    check(&answer, Outcome::NotVerified, "Without it the student did not manage either.");
    assert!(answer.finding.reason.ends_with("No earlier request was tried with it."));
}

#[tokio::test]
async fn a_check_of_the_skill_decides_where_files_differ() {
    let text = format!("{SKILL}\n## Verification\n\n- Run `test -s count.txt`.\n");
    let mut trial = Trial::new(STUDENT, Some("three\n"));
    trial.question.skill = skill(&text);
    check(&trial.verify().await, Outcome::Verified, "passes `test -s count.txt`");
    trial.question.skill = skill(&text.replace("test -s", "grep -q three"));
    check(&trial.verify().await, Outcome::NotVerified, "fails `grep -q three count.txt`");
}

#[tokio::test]
async fn without_files_and_checks_the_teacher_compares() {
    let mut trial = Trial::new(&STUDENT.replace(" > count.txt", ""), None);
    check(&trial.verify().await, Outcome::Verified, "judged");
    fs::write(trial.folder.path().join("teacher.toml"), "[[reply]]\ntext = \"DIFFERENT: 4.\"\n")
        .unwrap();
    check(&trial.verify().await, Outcome::NotVerified, "4");
    trial.question.teacher = None;
    check(&trial.verify().await, Outcome::Inconclusive, "no command");
}

#[tokio::test]
async fn limits_and_servers_that_fail_decide_nothing() {
    let looping =
        "[[reply]]\ncalls = [{ name = \"bash\", arguments = { command = \"date +%N\" } }]\n";
    let trial = Trial::new(looping, Some("3\n"));
    check(&trial.verify().await, Outcome::Inconclusive, "ran out of its 20 steps");
    let trial = Trial::new("not = \"a scenario\"\n", Some("3\n"));
    check(&trial.verify().await, Outcome::Inconclusive, "ended with an error");
}

#[tokio::test]
async fn a_replay_stays_in_its_copy() {
    let escape = "[[reply]]\nstep = 0\n\
                  calls = [{ name = \"bash\", arguments = { command = \"echo x > WORKSPACE/x; git -C WORKSPACE init\" } }]\n\
                  [[reply]]\ntext = \"Done.\"\n";
    let mut trial = Trial::new(escape, None);
    let workspace = trial.workspace();
    let escape = escape.replace("WORKSPACE", workspace.to_str().unwrap());
    fs::write(trial.folder.path().join("student.toml"), escape).unwrap();
    trial.question.teacher = None;
    let before = contents(&workspace);
    trial.verify().await;
    assert_eq!(contents(&workspace), before);
    assert!(!workspace.join(".git").exists());
}

/// A student that wants something outside of its copy, and one teacher's call that did that.
pub(crate) fn reaching_out(command: &str, taught: Option<&str>) -> Trial {
    let student = "[[reply]]\nstep = 0\n\
                   calls = [{ name = \"skills\", arguments = { action = \"view\", name = \"count-rows\" } }]\n\
                   [[reply]]\nstep = 1\ncalls = [{ name = \"bash\", arguments = { command = \"COMMAND\" } }]\n\
                   [[reply]]\ntext = \"There are 3 data rows.\"\n";
    let mut trial = Trial::within(TempDir::new().unwrap(), student, None, |workspace| {
        fs::create_dir(workspace.join(".git")).unwrap();
        fs::write(workspace.join(".git/config"), "[core]\n").unwrap();
    });
    let student = student.replace("COMMAND", command);
    fs::write(trial.folder.path().join("student.toml"), student).unwrap();
    if let Some(output) = taught {
        let arguments = json!({"command": command}).as_object().unwrap().clone();
        let (tool, tool_call_id) = ("bash".to_owned(), "1".to_owned());
        let call = Event::ToolCall {
            tool: tool.clone(),
            arguments,
            tool_call_id: tool_call_id.clone(),
            raw: None,
        };
        let output = output.to_owned();
        let result =
            Event::ToolOutput { tool, tool_call_id, output, success: true, exit_code: Some(0) };
        trial.question.ground.recorded = Arc::new(RecordedCalls::of(&[call, result]));
    }
    trial
}

/// Git's own files are only read by a replay.
const REACHING_OUT: &str = "echo '[user]' >> .git/config";

fn git_config(trial: &Trial) -> String {
    fs::read_to_string(trial.workspace().join(".git/config")).unwrap()
}

#[tokio::test]
async fn a_call_that_reaches_out_is_answered_with_what_the_teachers_came_to() {
    let trial = reaching_out(REACHING_OUT, Some("exit code: 0\nsent 3 rows"));
    let answer = trial.verify().await;
    check(&answer, Outcome::Verified, "1 call was answered from the teacher's trace");
    let transcript = fs::read_to_string(answer.replay.unwrap().transcript()).unwrap();
    assert!(transcript.contains("sent 3 rows"), "{transcript}");
    assert!(transcript.contains("a replay has no effects outside of its copy"), "{transcript}");
    assert_eq!(git_config(&trial), "[core]\n");
}

#[tokio::test]
async fn a_call_that_reaches_out_and_that_the_teacher_did_not_make_ends_the_replay() {
    let trial = reaching_out(REACHING_OUT, None);
    let answer = trial.verify().await;
    check(&answer, Outcome::Inconclusive, "`bash: echo '[user]' >> .git/config`");
    let waiting = trial.question.ground.folders.state.join("waiting");
    assert!(!waiting.exists(), "nobody is asked about it later");
    assert_eq!(git_config(&trial), "[core]\n");
}

#[tokio::test]
async fn a_branch_that_the_teacher_made_is_answered_or_ends_the_replay() {
    for (command, taught, outcome, words) in [
        ("git tag v1", Some("exit code: 0\n"), Outcome::Verified, "1 call was answered"),
        (
            "git checkout -q -b feat",
            Some("exit code: 0\n"),
            Outcome::Verified,
            "1 call was answered",
        ),
        ("git tag v1", None, Outcome::Inconclusive, "`bash: git tag v1`, which "),
    ] {
        let mut trial = reaching_out(command, taught);
        let mut config = Config::clone(&trial.question.ground.config);
        config.approval.mode = serde_json::from_value(json!("full")).unwrap();
        trial.question.ground.config = Arc::new(config);
        fs::remove_dir_all(trial.workspace().join(".git")).unwrap();
        for arguments in [
            "init -q -b main",
            "-c user.name=a -c user.email=a@example.org commit -q --allow-empty -m one",
            "tag v1",
            "branch feat",
        ] {
            let git = Command::new("git")
                .args(arguments.split(' '))
                .current_dir(trial.workspace())
                .status();
            assert!(git.unwrap().success(), "{arguments}");
        }
        check(&trial.verify().await, outcome, words);
    }
}

#[tokio::test]
async fn a_rule_that_lets_commands_out_of_the_sandbox_lets_none_out_of_a_replay() {
    let mut trial = reaching_out(REACHING_OUT, None);
    let mut config = Config::clone(&trial.question.ground.config);
    config.approval.rules = serde_json::from_value(json!([
        {"tool": "bash", "when": {"command": "echo *"}, "outside_sandbox": true, "decision": "allow"},
    ]))
    .unwrap();
    trial.question.ground.config = Arc::new(config);
    check(&trial.verify().await, Outcome::Inconclusive, "`bash: echo ");
    assert_eq!(git_config(&trial), "[core]\n");
}

#[tokio::test]
async fn a_call_that_a_person_would_be_asked_about_is_answered_or_ends_the_replay() {
    for (taught, outcome, words) in [
        (Some("exit code: 0\n4"), Outcome::Verified, "1 call was answered"),
        (None, Outcome::Inconclusive, "needs a person's word"),
    ] {
        let mut trial = reaching_out("wc -l data.csv > count.txt", taught);
        let mut config = Config::clone(&trial.question.ground.config);
        config.approval.rules =
            serde_json::from_value(json!([{"tool": "bash", "decision": "ask"}])).unwrap();
        trial.question.ground.config = Arc::new(config);
        check(&trial.verify().await, outcome, words);
    }
}
