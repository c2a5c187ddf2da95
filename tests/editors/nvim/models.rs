//! The models of the stories: what a student and a teacher answer, and the settings that name them.

use std::fmt::Write as _;

use serde_json::json;

use crate::model_server::{Event, ModelServer, Request, ev_call, ev_finish, ev_text};

/// The name of the skill that the teacher distills.
pub(crate) const SKILL: &str = "count-csv-rows";

/// Its description.
pub(crate) const DESCRIPTION: &str =
    "Counts the data rows of a CSV file. Use when somebody asks how many rows a CSV file has.";

const COUNT: &str = "tail -n +2 data.csv | wc -l";

/// Starts a student that misspells the file, unless it was offered the skill.
pub(crate) async fn student_that_needs_the_skill() -> ModelServer {
    let server = ModelServer::start().await;
    let view = json!({"action": "view", "name": SKILL}).to_string();
    server
        .when(move |it| !knows_skill(it) && tool_results(it) == 0, bash("wc -l < data.cvs"))
        .when(
            |it| !knows_skill(it) && tool_results(it) == 1,
            says("I give up: I was unable to find the file."),
        )
        .when(|it| knows_skill(it) && tool_results(it) == 0, calls("skills", &view))
        .when(|it| knows_skill(it) && tool_results(it) == 1, bash(COUNT))
        .when(
            |it| knows_skill(it) && tool_results(it) == 2,
            says("The student counted 3 data rows."),
        );
    server
}

/// Starts a student that does what the skill says where it is offered, and gives up else; how often
/// it is asked does not matter.
pub(crate) async fn student_that_reads_the_skill() -> ModelServer {
    let server = ModelServer::start().await;
    let view = json!({"action": "view", "name": SKILL}).to_string();
    server
        .when(|it| knows_skill(it) && tool_results(it) == 0, calls("skills", &view))
        .when(
            |it| knows_skill(it) && tool_results(it) == 1,
            bash(&format!("{COUNT} > counted.txt")),
        )
        .when(knows_skill, says("The student counted 3 data rows."))
        .when(|_| true, says("I give up: I was unable to count the rows."));
    server
}

/// Starts a student that counts into a file.
pub(crate) async fn student_that_writes_a_file() -> ModelServer {
    let server = ModelServer::start().await;
    server
        .then(bash(&format!("{COUNT} > counted.txt")))
        .then(says("The student counted 3 data rows."));
    server
}

/// Starts a student that reads a file and changes a line of it.
pub(crate) async fn student_that_edits_a_file() -> ModelServer {
    let server = ModelServer::start().await;
    let read = json!({"path": "data.csv"}).to_string();
    let edit = json!({"path": "data.csv", "old": "Bergen,291", "new": "Trondheim,212"}).to_string();
    server
        .then(calls("read_file", &read))
        .then(calls("edit_file", &edit))
        .then(says("The student counted 3 data rows."));
    server
}

/// Starts a student that writes a file with a tool that can be taken back, and takes its time when
/// it is asked to.
pub(crate) async fn student_that_can_be_taken_back() -> ModelServer {
    let server = ModelServer::start().await;
    // Long enough to be worth a summary.
    let content = format!("3\n{}", "and not a row more\n".repeat(300));
    let file = json!({"path": "counted.txt", "content": content}).to_string();
    let is_slow = |it: &Request| it.mentions("take your time");
    server
        .when(|it| it.body.get("tools").is_none(), says("Rows were counted."))
        .when(move |it| is_slow(it) && tool_results(it) == 0, bash("sleep 1"))
        .when(is_slow, says("Went on to the end."))
        .when(|it| tool_results(it) == 0, calls("write_file", &file))
        .when(|it| tool_results(it) == 1, says("The student counted 3 data rows."));
    server
}

/// Starts a student that gives up, whatever it is asked.
pub(crate) async fn student_that_gives_up() -> ModelServer {
    let server = ModelServer::start().await;
    server.when(|_| true, says("I give up: I was unable to find the file."));
    server
}

/// Starts a teacher that never ends its first answer, gives the next one at once, and writes a
/// skill when it is asked for one only.
pub(crate) async fn teacher_that_has_to_be_stopped() -> ModelServer {
    let server = ModelServer::start().await;
    server
        .when(compares, says("DIFFERENT: it gave up."))
        .then(vec![ev_text("I shall look. "), Event::Hang])
        .then(says("The teacher counted 3 data rows."))
        .then(says("NO_SKILL"))
        .then(says(&skill()));
    server
}

/// Starts a teacher that writes a skill, learns something more, and then something else.
pub(crate) async fn teacher_that_goes_on_learning() -> ModelServer {
    let server = ModelServer::start().await;
    for pitfall in [
        None,
        Some("A quoted field may hold line breaks."),
        Some("A file of another program may begin with comments."),
    ] {
        server.then(says("The teacher counted 3 data rows.")).then(says(&skill_with(pitfall)));
    }
    server
}

/// Returns what a teacher distills.
fn skill() -> String {
    skill_with(None)
}

/// Returns what a teacher distills, with one more pitfall.
fn skill_with(pitfall: Option<&str>) -> String {
    let known = "A name typed from memory may not exist.";
    let pitfalls: Vec<&str> = [known].into_iter().chain(pitfall).collect();
    let skill = json!({
        "action": "add",
        "name": SKILL,
        "description": DESCRIPTION,
        "when_to_use": "Somebody asks how many rows or records a CSV file has.",
        "procedure": [
            "List the folder with `list_files` and take the name of the file from there.",
            "Leave out the header and count the rest: run `tail -n +2 FILE | wc -l` with `bash`.",
        ],
        "pitfalls": pitfalls,
        "verification": ["The number is one less than `wc -l FILE` prints."],
        "category": "data",
    });
    skill.to_string()
}

/// Starts a teacher that counts, answers and distills what it did.
pub(crate) async fn teacher() -> ModelServer {
    let server = ModelServer::start().await;
    server
        .when(compares, says("EQUAL: both count 3 rows."))
        .then(bash(COUNT))
        .then(says("The teacher counted 3 data rows."))
        .then(says(&skill()));
    server
}

/// Returns the user's settings for an approval mode and the models.
pub(crate) fn settings(
    approval: &str,
    student: &ModelServer,
    teacher: Option<&ModelServer>,
) -> String {
    let mut settings = format!(
        "approval = {{ mode = \"{approval}\" }}\n\
         budget = {{ unknown_price = \"allow\" }}\n\
         [student]\nbase_url = \"{}\"\nmodel = \"served-model\"\ncontext_window = 32768\n",
        student.base_url()
    );
    if let Some(teacher) = teacher {
        write!(
            settings,
            "[teacher]\nenabled = true\nbase_url = \"{}\"\nmodel = \"served-model\"\n\
             context_window = 32768\n",
            teacher.base_url()
        )
        .expect("writing to a string succeeds");
    }
    settings
}

/// Whether a request asks the teacher to compare the student's work with its own.
pub(crate) fn compares(request: &Request) -> bool {
    request.mentions("Did the second get to the same result?")
}

/// Returns how many tool results a request carries.
pub(crate) fn tool_results(request: &Request) -> usize {
    request.messages().filter(|message| message["role"] == "tool").count()
}

fn knows_skill(request: &Request) -> bool {
    request.mentions(SKILL)
}

/// A call of a command.
pub(crate) fn bash(command: &str) -> Vec<Event> {
    calls("bash", &json!({"command": command}).to_string())
}

/// A call of a tool, with its arguments as JSON.
pub(crate) fn calls(tool: &str, arguments: &str) -> Vec<Event> {
    vec![ev_call("call_1", tool, arguments), ev_finish("tool_calls")]
}

/// An answer.
pub(crate) fn says(text: &str) -> Vec<Event> {
    vec![ev_text(text), ev_finish("stop")]
}
