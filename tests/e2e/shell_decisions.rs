//! Proposals and runs from a shell: what the editor's actions do, on the command line.

use std::{fs, path::Path};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    configuration::{shell, shell_in},
    harness::{Agent, SKILL, bash, calls, distilled, says, tool_results},
    model_server::{ModelServer, Request},
};

/// A folder in which the student fails and the teacher does not.
struct Shell {
    dir: TempDir,
    student: ModelServer,
    teacher: ModelServer,
}

impl Shell {
    async fn start() -> Self {
        let (student, teacher) = (ModelServer::start().await, ModelServer::start().await);
        let dir = TempDir::new().unwrap();
        fs::create_dir_all(dir.path().join("work")).unwrap();
        fs::create_dir_all(dir.path().join("config/preceptor")).unwrap();
        fs::write(dir.path().join("work/data.csv"), "a,b\n1,2\n3,4\n").unwrap();
        let settings = format!(
            "[student]\nbase_url = \"{}\"\nmodel = \"served-model\"\ncontext_window = 32768\n\
             api_key_env = \"PRECEPTOR_TEST_STUDENT_KEY\"\n[teacher]\nenabled = true\n\
             base_url = \"{}\"\nmodel = \"teacher-model\"\ncontext_window = 32768\n\
             api_key_env = \"PRECEPTOR_TEST_TEACHER_KEY\"\n[approval]\nmode = \"full\"\n\
             [budget]\nunknown_price = \"allow\"\n[verify]\nenabled = false\n",
            student.base_url(),
            teacher.base_url()
        );
        fs::write(dir.path().join("config/preceptor/config.toml"), settings).unwrap();
        Self { dir, student, teacher }
    }

    /// Has the teacher teach a lesson, and returns the proposal's id.
    async fn proposed(&self, lesson: &Value) -> String {
        self.student.then(says("I was unable to count the rows."));
        self.teacher
            .then(bash("tail -n +2 data.csv | wc -l"))
            .then(says("There are 2 rows."))
            .then(says(&lesson.to_string()));
        let (_, stdout, stderr) = self.run(&["run", "how many rows has data.csv?"]).await;
        assert!(stdout.contains("preceptor accept "), "{stdout}{stderr}");
        let listed = self.ok(&["proposals", "--json"]).await;
        let listed: Value = serde_json::from_str(&listed).unwrap();
        listed[0]["proposalId"].as_str().unwrap().to_owned()
    }

    async fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        shell(self.dir.path(), arguments).await
    }

    /// Has the student know what to do once it has read the skill.
    fn knows_after_reading(&self) {
        let view = json!({"action": "view", "name": "count-csv-rows"});
        let knows = |n: usize| {
            move |request: &Request| {
                request.mentions("- count-csv-rows:") && tool_results(request).len() == n
            }
        };
        self.student
            .when(knows(0), calls([("skills", view)]))
            .when(knows(1), bash("tail -n +2 data.csv | wc -l"))
            .when(knows(2), says("There are 2 rows."))
            .when(|_| true, says("I was unable to count the rows."));
    }

    /// Runs what has to succeed, and returns what it prints.
    async fn ok(&self, arguments: &[&str]) -> String {
        let (code, stdout, stderr) = self.run(arguments).await;
        assert_eq!((code, stderr.as_str()), (0, ""), "{arguments:?}");
        stdout
    }

    /// Runs what is refused, and returns the sentence.
    async fn refused(&self, arguments: &[&str]) -> String {
        let (code, stdout, stderr) = self.run(arguments).await;
        assert_eq!((code, stdout.as_str()), (1, ""), "{arguments:?}: {stderr}");
        stderr
    }

    fn path(&self, path: &str) -> std::path::PathBuf {
        self.dir.path().join("work").join(path)
    }
}

fn better() -> Value {
    let mut lesson = distilled();
    lesson["pitfalls"] =
        json!(["A name typed from memory may not exist.", "A quoted field may hold line breaks."]);
    lesson
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[tokio::test]
async fn a_proposal_is_listed_shown_accepted_and_rolled_back() {
    let shell = Shell::start().await;
    assert_eq!(shell.ok(&["proposals"]).await, "Nothing waits for you here.\n");
    let id = shell.proposed(&distilled()).await;
    let listed = shell.ok(&["proposals"]).await;
    assert_eq!(
        listed,
        format!(
            "{id}\n  skill `count-csv-rows` (data), medium risk: pending\n  Not replayed. It was \
             not replayed on the student.\n  .preceptor/proposals/{id}/count-csv-rows/SKILL.md\n"
        )
    );
    let text = shell.ok(&["proposals", "show", "count-csv-rows"]).await;
    assert!(text.starts_with("---\nname: count-csv-rows\n"), "{text}");
    let refused = shell.refused(&["proposals", "show", &id, "--update"]).await;
    assert!(refused.contains("updates no skill that is there"), "{refused}");

    let accepted = shell.ok(&["accept", &id]).await;
    assert_eq!(
        accepted,
        format!("Accepted: {SKILL}\n`preceptor proposals rollback {id}` takes it back.\n")
    );
    assert!(read(&shell.path(SKILL)).contains("status: \"published\""));
    let refused = shell.refused(&["accept", &id]).await;
    assert_eq!(refused, format!("error: proposal `{id}` was already accepted\n"));
    assert_eq!(shell.ok(&["proposals"]).await, "Nothing waits for you here.\n");
    assert!(shell.ok(&["proposals", "--all"]).await.contains("medium risk: accepted"));
    // The run's own page says so.
    let events = shell.ok(&["show", "last", "--json"]).await;
    let last: Value = serde_json::from_str(events.lines().last().unwrap()).unwrap();
    assert_eq!(last["type"], "proposal_resolved", "{last}");
    assert_eq!(last["data"], json!({"proposalId": id, "outcome": "accepted"}));

    let removed = shell.ok(&["proposals", "rollback", &id]).await;
    assert_eq!(removed, format!("Removed: {SKILL}\n"));
    assert!(!shell.path(SKILL).parent().unwrap().exists());
    let refused = shell.refused(&["proposals", "rollback", &id]).await;
    assert!(refused.contains("it is rolled_back, not accepted"), "{refused}");
}

#[tokio::test]
async fn a_proposal_is_tried_and_what_that_showed_can_be_read() {
    let shell = Shell::start().await;
    let id = shell.proposed(&distilled()).await;
    shell.knows_after_reading();
    shell.teacher.then(says("EQUAL: both say 2."));
    let (code, stdout, stderr) = shell.run(&["proposals", "verify", "count-csv-rows"]).await;
    assert_eq!((code, stderr.as_str()), (0, "The student tries `count-csv-rows`…\n"), "{stdout}");
    assert!(stdout.starts_with("Verified. The teacher judged"), "{stdout}");
    let report = stdout.lines().last().unwrap().strip_prefix("Shown in ").unwrap();
    assert!(read(Path::new(report)).contains("# Verification of `count-csv-rows`"));
    let listed = shell.ok(&["proposals"]).await;
    assert!(listed.contains(&format!("\n  shown in {report}\n")), "{listed}");
    let listed: Value = serde_json::from_str(&shell.ok(&["proposals", "--json"]).await).unwrap();
    let replay = listed[0]["verification"]["runId"].as_str().unwrap();
    assert!(shell.ok(&["show", replay]).await.contains("There are 2 rows."));
    let events = shell.ok(&["show", "last", "--json"]).await;
    let last: Value = serde_json::from_str(events.lines().last().unwrap()).unwrap();
    assert_eq!(last["data"]["outcome"], "verified", "{last}");
    assert_eq!(last["data"]["proposalId"], id.as_str());
    let refused = shell.refused(&["proposals", "verify", "nothing"]).await;
    assert!(refused.contains("there is no proposal `nothing` here"), "{refused}");
}

#[tokio::test]
async fn a_folder_of_the_workspace_knows_its_proposals_and_runs() {
    let shell = Shell::start().await;
    let id = shell.proposed(&distilled()).await;
    fs::create_dir_all(shell.path("src/deep")).unwrap();
    let folder = shell.path("src/deep");
    let below = |arguments: &'static [&'static str]| shell_in(shell.dir.path(), &folder, arguments);
    let (_, listed, _) = below(&["proposals"]).await;
    assert!(listed.starts_with(&id), "{listed}");
    assert!(below(&["runs"]).await.1.contains("how many rows has data.csv?"));
    let (code, accepted, stderr) = below(&["accept", "count-csv-rows"]).await;
    assert_eq!(code, 0, "{accepted}{stderr}");
    assert!(read(&shell.path(SKILL)).contains("status: \"published\""));
}

#[tokio::test]
async fn a_near_duplicate_is_shown_and_accepted_as_an_update() {
    let shell = Shell::start().await;
    let first = shell.proposed(&distilled()).await;
    shell.ok(&["accept", &first]).await;
    let before = read(&shell.path(SKILL));
    let second = shell.proposed(&better()).await;
    let listed = shell.ok(&["proposals"]).await;
    assert!(listed.contains(&format!("could update {SKILL} (--as-update)")), "{listed}");
    let update = shell.ok(&["proposals", "show", &second, "--update"]).await;
    assert!(update.contains("+- A quoted field may hold line breaks."), "{update}");
    let updated = shell.ok(&["accept", &second, "--as-update"]).await;
    assert!(updated.starts_with(&format!("Updated: {SKILL}\n")), "{updated}");
    assert!(read(&shell.path(SKILL)).contains("A quoted field may hold line breaks."));
    let refused = shell.refused(&["proposals", "rollback", &first]).await;
    assert!(refused.contains(&format!("updated by the proposal `{second}`")), "{refused}");
    let restored = shell.ok(&["proposals", "rollback", &second]).await;
    assert_eq!(restored, format!("Restored: {SKILL}\n"));
    assert_eq!(read(&shell.path(SKILL)), before);
}

#[tokio::test]
async fn a_reason_is_kept_and_the_same_is_not_proposed_again() {
    let shell = Shell::start().await;
    let id = shell.proposed(&distilled()).await;
    let rejected = shell.ok(&["reject", &id, "--reason", "counts the header"]).await;
    assert_eq!(rejected, format!("Rejected: {id}\n"));
    let listed = shell.ok(&["proposals", "--all"]).await;
    assert!(listed.contains("medium risk: rejected\n  because: counts the header\n"), "{listed}");
    shell.student.then(says("I was unable to count the rows."));
    shell
        .teacher
        .then(bash("tail -n +2 data.csv | wc -l"))
        .then(says("There are 2 rows."))
        .then(says(&distilled().to_string()));
    let (_, stdout, _) = shell.run(&["run", "how many rows has data.csv?"]).await;
    let reason = "[no skill: the same skill was proposed before and rejected (counts the header)]";
    assert!(stdout.contains(reason), "{stdout}");
    let refused = shell.refused(&["reject", "nothing"]).await;
    assert!(refused.contains("there is no proposal `nothing` here"), "{refused}");
}

#[tokio::test]
async fn a_text_that_was_changed_is_accepted_if_somebody_says_so() {
    let shell = Shell::start().await;
    let id = shell.proposed(&distilled()).await;
    let document = shell.path(&format!(".preceptor/proposals/{id}/count-csv-rows/SKILL.md"));
    fs::write(&document, read(&document).replace("Counts the", "Counts all")).unwrap();
    assert!(shell.ok(&["proposals"]).await.contains("medium risk: stale"));
    let refused = shell.refused(&["accept", &id]).await;
    assert!(refused.contains("If you changed it yourself: `preceptor accept --edited`."));
    shell.ok(&["accept", &id, "--edited"]).await;
    assert!(read(&shell.path(SKILL)).contains("Counts all data rows"));
}

#[tokio::test]
async fn runs_are_listed_and_shown() {
    let shell = Shell::start().await;
    let none = shell.ok(&["runs"]).await;
    assert_eq!(none, "There are no runs here. `preceptor run \"…\"` starts one.\n");
    let refused = shell.refused(&["show", "last"]).await;
    assert_eq!(refused, "error: there are no runs here\n");
    shell.proposed(&distilled()).await;
    let listed: Value = serde_json::from_str(&shell.ok(&["runs", "--json"]).await).unwrap();
    let run = &listed[0];
    assert_eq!((&run["turns"], &run["teacher"]), (&json!(1), &json!(true)), "{run}");
    let id = run["runId"].as_str().unwrap();
    let line = shell.ok(&["runs"]).await;
    assert!(line.starts_with(id), "{line}");
    assert!(line.contains("completed") && line.contains("1 turn, teacher"), "{line}");
    assert!(line.trim_end().ends_with("how many rows has data.csv?"), "{line}");
    let transcript = shell.ok(&["show", &id[..20]]).await;
    assert!(transcript.contains("how many rows has data.csv?"), "{transcript}");
    assert!(transcript.contains("There are 2 rows."), "{transcript}");
    let refused = shell.refused(&["show", "1999"]).await;
    assert!(refused.contains("there is no run `1999` here"), "{refused}");
}

/// A server, and a shell of the same user in the same folder.
async fn editor_and_shell() -> Agent {
    let agent = Agent::start().await;
    fs::create_dir_all(agent.client.dir().join("xdg-state")).unwrap();
    let state = agent.client.dir().join("xdg-state/preceptor");
    std::os::unix::fs::symlink(agent.client.dir().join("state"), state).unwrap();
    agent
}

#[tokio::test]
async fn while_the_editor_is_asked_nobody_decides_in_a_shell() {
    let mut agent = editor_and_shell().await;
    let (_, proposal_id) = agent.proposed(&distilled()).await;
    let argument = json!({"proposalId": proposal_id});
    let id = agent.start_command("preceptor.proposal.accept", argument).await;
    let (request, _, text) = agent.creation().await;
    for decision in ["accept", "reject"] {
        let (code, stdout, stderr) = shell(agent.client.dir(), &[decision, &proposal_id]).await;
        assert_eq!((code, stdout.as_str()), (1, ""), "{stderr}");
        assert!(stderr.contains("somebody else decides about a proposal right now"), "{stderr}");
    }
    assert!(!agent.path(SKILL).exists());
    agent.apply(&request, SKILL, &text).await;
    agent.save_when_asked(SKILL, &text).await;
    assert!(agent.client.answer_to(id).await["error"].is_null());
    let (code, _, stderr) = shell(agent.client.dir(), &["reject", &proposal_id]).await;
    assert_eq!(code, 1);
    assert_eq!(stderr, format!("error: proposal `{proposal_id}` was already accepted\n"));
    agent.finish().await;
}

#[tokio::test]
async fn what_a_shell_decides_first_is_what_the_editor_hears() {
    let mut agent = editor_and_shell().await;
    let (_, proposal_id) = agent.proposed(&distilled()).await;
    let argument = json!({"proposalId": proposal_id});
    let id = agent.start_command("preceptor.proposal.accept", argument.clone()).await;
    let (request, ..) = agent.creation().await;
    let refusal = json!({"applied": false, "failureReason": "the folder is read-only"});
    agent.client.answer(&request, refusal).await;
    assert!(!agent.client.answer_to(id).await["error"].is_null());
    // The turn is given back with the answer.
    let (code, _, stderr) = shell(agent.client.dir(), &["reject", &proposal_id]).await;
    assert_eq!((code, stderr.as_str()), (0, ""));
    let notes = agent.notes();
    let error = agent.refusal("preceptor.proposal.reject", argument).await;
    assert!(error["message"].as_str().unwrap().contains("already rejected"), "{error}");
    agent
        .diagnostics_when(&notes, "no proposal", |it| {
            it.iter().all(|diagnostic| diagnostic["code"] != "turn/proposal")
        })
        .await;
    agent.finish().await;
}
