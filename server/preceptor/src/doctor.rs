//! `preceptor doctor`: what keeps the program from working, and what to do about it.
//!
//! It changes nothing and calls no model: servers are only asked which models they have.

mod sandbox;
mod settings;

use std::{
    env,
    fmt::Write as _,
    io::{self, Write},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::Context;
use llm::Role;
use runtime::{
    always::AlwaysAllowed,
    config::{Config, Endpoint, Provider, SandboxMode, TeacherMode, WORKSPACE_FILE},
    folders::Folders,
    models,
};
use tokio::process::Command;

use crate::{check, configuration, trust::printable};

/// Exit code: something needs doing.
const EXIT_UNWELL: u8 = 1;
/// How long a model server or a program may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Models of a server that are named at most.
const NAMED_MODELS: usize = 5;

/// How one thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Well,
    /// It may be meant so.
    Note,
    /// Somebody has to do something.
    Unwell,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Check {
    state: State,
    /// What was looked at, in a word.
    what: &'static str,
    /// How it is and, unless it is well, what to do about it.
    sentence: String,
}

impl Check {
    fn well(what: &'static str, sentence: impl Into<String>) -> Self {
        Self { state: State::Well, what, sentence: sentence.into() }
    }

    fn note(what: &'static str, sentence: impl Into<String>) -> Self {
        Self { state: State::Note, what, sentence: sentence.into() }
    }

    fn unwell(what: &'static str, sentence: impl Into<String>) -> Self {
        Self { state: State::Unwell, what, sentence: sentence.into() }
    }
}

/// Looks at everything, reports it to `stdout` and returns the exit code: 0 if all is well, 1 if
/// something needs doing. `config` takes the place of the user's file.
///
/// # Errors
/// If the current folder is gone or `stdout` cannot be written.
pub(crate) async fn run(config: Option<&Path>, stdout: &mut impl Write) -> anyhow::Result<u8> {
    let workspace = env::current_dir().context("finding the current folder")?;
    let checks = examine(config, &workspace).await;
    let is_unwell = checks.iter().any(|check| check.state == State::Unwell);
    let report = report(&checks, check::wants_color());
    stdout.write_all(report.as_bytes()).context("writing the report")?;
    Ok(if is_unwell { EXIT_UNWELL } else { 0 })
}

async fn examine(config: Option<&Path>, workspace: &Path) -> Vec<Check> {
    let mut checks = Vec::new();
    let folders = Folders::from_environment();
    let mut mode = SandboxMode::WorkspaceWrite;
    if let Err(error) = &folders {
        checks.push(Check::unwell("settings", format!("{error}.")));
    }
    match configuration::of_run(config) {
        Ok(configured) => {
            mode = configured.config.sandbox.mode;
            let users = folders.as_ref().ok().map(|it| it.config_file.as_path());
            checks.extend(config.or(users).map(user_file));
            checks.push(workspace_file(workspace, configured.notice.as_deref()));
            let (student, teacher) = tokio::join!(
                model(Role::Student, &configured.config.student, workspace),
                teacher(&configured.config, workspace),
            );
            checks.extend([student, teacher]);
            checks.extend(settings::checks(&configured.config, workspace, folders.as_ref().ok()));
        }
        Err(error) => {
            checks.push(Check::unwell(
                "settings",
                format!("{}. Until that is mended, no model is looked for.", sentence(&error)),
            ));
        }
    }
    checks.push(bash().await);
    checks.push(sandbox::check(mode, workspace).await);
    if let Ok(folders) = &folders {
        checks.push(folder("state", &folders.state));
        checks.extend(always_allowed(&AlwaysAllowed::new(&folders.state), workspace));
    }
    checks.push(folder("workspace", workspace));
    checks
}

/// Names what runs in this workspace without asking because a person said so once.
fn always_allowed(always: &AlwaysAllowed, workspace: &Path) -> Option<Check> {
    let allowed = always.load(workspace);
    if allowed.is_empty() {
        return None;
    }
    let list = allowed.iter().map(|grant| {
        let place = if grant.outside_sandbox { " (outside the sandbox)" } else { "" };
        format!("\n    {}{place}: {}", printable(&grant.tool), printable(&grant.target))
    });
    Some(Check::note(
        "approvals",
        format!(
            "These calls never ask here; `preceptor trust --forget CALL` takes one back, `preceptor trust \
             --revoke` all of them:{}",
            list.collect::<String>()
        ),
    ))
}

fn user_file(path: &Path) -> Check {
    let shown = path.display();
    if path.exists() {
        Check::well("settings", format!("Yours are in {shown}."))
    } else {
        Check::note(
            "settings",
            format!("There is no {shown}, so the defaults hold; make it to name your models."),
        )
    }
}

fn workspace_file(workspace: &Path, notice: Option<&str>) -> Check {
    if let Some(notice) = notice {
        return Check::note("workspace", format!("{notice}."));
    }
    let path = workspace.join(WORKSPACE_FILE);
    Check::well(
        "workspace",
        if path.exists() {
            format!("Its settings are in {}.", path.display())
        } else {
            format!("It has no {WORKSPACE_FILE}, and need not have one.")
        },
    )
}

async fn teacher(config: &Config, workspace: &Path) -> Check {
    let table = Role::Teacher.settings_table();
    if !config.teacher.enabled {
        return Check::note(
            table,
            "None is enabled, so nobody takes over; set `teacher.enabled` to have one.",
        );
    }
    if config.teacher.model.trim().is_empty() {
        return Check::unwell(table, "`teacher.model` names none: set it, or nobody takes over.");
    }
    if config.teacher.mode == TeacherMode::Off {
        return Check::note(
            table,
            "`teacher.mode` is \"off\", so nobody takes over; set it to \"takeover\" to have that.",
        );
    }
    model(Role::Teacher, &config.teacher.endpoint(), workspace).await
}

async fn model(role: Role, endpoint: &Endpoint, workspace: &Path) -> Check {
    let table = role.settings_table();
    match models::probe(role, endpoint, workspace, PATIENCE).await {
        Ok(_) if endpoint.provider == Provider::Script => {
            let script = endpoint.script.as_deref().unwrap_or(Path::new("")).display();
            Check::well(table, format!("It plays the scenario {script}; no model is asked."))
        }
        Ok(listed) => served(table, endpoint, &listed),
        Err(failure) => Check::unwell(table, failure.message),
    }
}

fn served(table: &'static str, endpoint: &Endpoint, listed: &[String]) -> Check {
    let (model, base_url) = (&endpoint.model, models::without_credentials(&endpoint.base_url));
    if listed.is_empty() && model.is_empty() {
        return Check::note(
            table,
            format!("{base_url} answers and lists no model; name one in `{table}.model`."),
        );
    }
    // A name without a tag stands for its newest version on some servers.
    let is_it = |id: &String| {
        id == model || id.strip_prefix(model.as_str()).is_some_and(|tag| tag.starts_with(':'))
    };
    if listed.is_empty() || listed.iter().any(is_it) {
        return Check::well(table, format!("`{model}` at {base_url} answers."));
    }
    match listed.first() {
        Some(first) if model.is_empty() => {
            Check::well(table, format!("`{first}` at {base_url} answers; no other is named."))
        }
        _ => Check::unwell(
            table,
            format!(
                "{base_url} does not have the model `{model}`, but {}: set `{table}.model` to one \
                 of them, or load it there.",
                names(listed)
            ),
        ),
    }
}

fn names(listed: &[String]) -> String {
    let named: Vec<String> =
        listed.iter().take(NAMED_MODELS).map(|name| format!("`{name}`")).collect();
    let n_more = listed.len().saturating_sub(NAMED_MODELS);
    if n_more == 0 { named.join(", ") } else { format!("{} and {n_more} more", named.join(", ")) }
}

async fn bash() -> Check {
    let mut command = Command::new("bash");
    command.arg("--version").stdin(Stdio::null()).kill_on_drop(true);
    match tokio::time::timeout(PATIENCE, command.output()).await {
        Ok(Ok(output)) if output.status.success() => {
            let text = String::from_utf8_lossy(&output.stdout);
            Check::well("bash", format!("{}.", text.lines().next().unwrap_or_default()))
        }
        Ok(Ok(output)) => Check::unwell(
            "bash",
            format!("`bash --version` ends with {}: the agent's commands need it.", output.status),
        ),
        Ok(Err(error)) => Check::unwell(
            "bash",
            format!("It cannot be started ({error}): install it, the agent's commands need it."),
        ),
        Err(_) => Check::unwell(
            "bash",
            format!("`bash --version` takes longer than {} seconds.", PATIENCE.as_secs()),
        ),
    }
}

/// Checks that files can be made in a folder, or in the one that it would be made in.
fn folder(what: &'static str, path: &Path) -> Check {
    let existing =
        path.ancestors().find(|path| path.is_dir()).map_or_else(PathBuf::new, Into::into);
    match tempfile::tempfile_in(&existing) {
        Ok(_) => Check::well(what, format!("{} can be written.", path.display())),
        Err(error) => Check::unwell(
            what,
            format!(
                "{} cannot be written ({}): check its permissions and the free space.",
                path.display(),
                io::Error::from(error.kind())
            ),
        ),
    }
}

/// Returns the whole chain of causes, as the beginning of a sentence.
fn sentence(error: &anyhow::Error) -> String {
    format!("{error:#}").trim_end_matches('.').to_owned()
}

fn report(checks: &[Check], color: bool) -> String {
    let width = checks.iter().map(|check| check.what.len()).max().unwrap_or_default();
    let mut out = String::new();
    for Check { state, what, sentence } in checks {
        let (mark, code) = match state {
            State::Well => ("✓", "32"),
            State::Note => ("·", "33"),
            State::Unwell => ("✗", "31"),
        };
        let mark = if color { format!("\u{1b}[{code}m{mark}\u{1b}[0m") } else { mark.to_owned() };
        // A mistake in a file is shown with its lines.
        let indent = format!("\n{:1$}", "", width + 4);
        let sentence = sentence.trim_end().replace('\n', &indent);
        let _ = writeln!(out, "{mark} {what:width$}  {sentence}");
    }
    let n_unwell = checks.iter().filter(|check| check.state == State::Unwell).count();
    let _ = match n_unwell {
        0 => writeln!(out, "\nAll is well."),
        1 => writeln!(out, "\n1 thing needs doing."),
        n => writeln!(out, "\n{n} things need doing."),
    };
    out
}

#[cfg(test)]
mod tests {
    use agent::policy::Grant;
    use expect_test::{Expect, expect};
    use runtime::{always::AlwaysAllowed, config::Endpoint};

    use super::{Check, State, always_allowed, folder, report, served};

    #[track_caller]
    fn check_model(model: &str, listed: &[&str], state: State, expected: &Expect) {
        let endpoint = Endpoint { model: model.to_owned(), ..Endpoint::default() };
        let listed: Vec<String> = listed.iter().map(|it| (*it).to_owned()).collect();
        let check = served("student", &endpoint, &listed);
        assert_eq!(check.state, state, "{check:?}");
        expected.assert_eq(&check.sentence);
    }

    #[test]
    fn a_model_is_looked_for_among_those_that_are_served() {
        check_model(
            "a",
            &["b", "a"],
            State::Well,
            &expect![["`a` at http://127.0.0.1:8080/v1 answers."]],
        );
        check_model(
            "a",
            &["a:latest"],
            State::Well,
            &expect![["`a` at http://127.0.0.1:8080/v1 answers."]],
        );
        check_model("a", &[], State::Well, &expect![["`a` at http://127.0.0.1:8080/v1 answers."]]);
        check_model(
            "",
            &["b", "a"],
            State::Well,
            &expect![["`b` at http://127.0.0.1:8080/v1 answers; no other is named."]],
        );
        check_model(
            "",
            &[],
            State::Note,
            &expect![[
                "http://127.0.0.1:8080/v1 answers and lists no model; name one in `student.model`."
            ]],
        );
        check_model(
            "a",
            &["ab", "b"],
            State::Unwell,
            &expect![[
                "http://127.0.0.1:8080/v1 does not have the model `a`, but `ab`, `b`: set `student.model` to one of them, or load it there."
            ]],
        );
        let many = ["b", "c", "d", "e", "f", "g", "h"];
        check_model(
            "a",
            &many,
            State::Unwell,
            &expect![[
                "http://127.0.0.1:8080/v1 does not have the model `a`, but `b`, `c`, `d`, `e`, `f` and 2 more: set `student.model` to one of them, or load it there."
            ]],
        );
    }

    #[test]
    fn a_folder_that_is_not_there_yet_is_judged_by_the_one_around_it() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(folder("state", &dir.path().join("a/b")).state, State::Well);
        assert!(!dir.path().join("a").exists(), "nothing is made");
        #[cfg(target_os = "linux")]
        assert_eq!(folder("state", std::path::Path::new("/proc/a")).state, State::Unwell);
    }

    #[test]
    fn the_report_marks_what_needs_doing_and_counts_it() {
        let mut checks = vec![
            Check::well("bash", "It is there."),
            Check::note("workspace", "It is new."),
            Check::unwell("student", "It is gone.\nStart it."),
        ];
        expect![[r"
            ✓ bash       It is there.
            · workspace  It is new.
            ✗ student    It is gone.
                         Start it.

            1 thing needs doing.
        "]]
        .assert_eq(&report(&checks, false));
        assert!(report(&checks, true).contains("\u{1b}[31m✗\u{1b}[0m student"));
        checks.pop();
        assert!(report(&checks, false).ends_with("\nAll is well.\n"));
    }

    #[test]
    fn what_never_asks_is_listed_with_the_way_back() {
        let folder = tempfile::tempdir().unwrap();
        let always = AlwaysAllowed::new(&folder.path().join("state"));
        assert_eq!(always_allowed(&always, folder.path()), None);
        let grant = Grant {
            tool: "bash".to_owned(),
            target: "ls\u{1b}[2J".to_owned(),
            outside_sandbox: false,
        };
        always.keep(folder.path(), grant).unwrap();
        let check = always_allowed(&always, folder.path()).unwrap();
        expect![[r"
            These calls never ask here; `preceptor trust --forget CALL` takes one back, `preceptor trust --revoke` all of them:
                bash: ls\u{1b}[2J"]]
        .assert_eq(&check.sentence);
    }
}
