//! The configuration's files: whose settings win where, mistakes at their keys, changes on disk,
//! and the same from a shell.

use std::{fs, path::Path, process::Stdio, sync::Arc};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use crate::harness::{Client, ClientOptions, with_code};

const INVALID: &str =
    "---\nname: De mo\ndescription: Counts rows. Use when rows are counted.\n---\n";

const ERROR: i64 = 1;
const WARNING: i64 = 2;
const INFORMATION: i64 = 3;
const HINT: i64 = 4;

fn level(level: &str) -> String {
    format!("[lint.rules]\n\"name/invalid\" = \"{level}\"\n")
}

/// A test's folder with files in it.
fn folder(files: &[(&str, &str)]) -> Arc<TempDir> {
    let dir = TempDir::new().unwrap();
    for (path, text) in files {
        write(dir.path(), path, text);
    }
    Arc::new(dir)
}

fn write(dir: &Path, path: &str, text: &str) {
    let path = dir.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

async fn start(dir: &Arc<TempDir>) -> Client {
    let options = ClientOptions {
        dir: Some(Arc::clone(dir)),
        workspace: Some("work"),
        ..ClientOptions::default()
    };
    Client::start(options).await
}

async fn open_invalid(client: &mut Client, path: &str) -> String {
    let uri = client.uri(path);
    client.open(&uri, INVALID).await;
    uri
}

async fn severity(client: &mut Client, uri: &str, version: i32) -> Value {
    client.diagnostics(uri, version).await[0]["severity"].take()
}

/// Waits until the finding in a document has a severity.
async fn wait_for_severity(client: &mut Client, uri: &str, version: i32, severity: i64) {
    while client.diagnostics(uri, version).await[0]["severity"] != severity {}
}

async fn file_changed(client: &mut Client, path: &str) {
    let changes = json!([{"uri": client.uri(path), "type": 2}]);
    client.notify("workspace/didChangeWatchedFiles", json!({ "changes": changes })).await;
}

#[tokio::test]
async fn the_workspaces_file_is_above_the_users_and_below_the_editors_settings() {
    let dir = folder(&[("config.toml", &level("hint")), ("work/preceptor.toml", &level("info"))]);
    let mut client = start(&dir).await;
    let inside = open_invalid(&mut client, "work/demo/SKILL.md").await;
    assert_eq!(severity(&mut client, &inside, 1).await, INFORMATION);
    let outside = open_invalid(&mut client, "demo/SKILL.md").await;
    assert_eq!(severity(&mut client, &outside, 1).await, HINT);
    let settings = json!({"preceptor": {"lint": {"rules": {"name/invalid": "warning"}}}});
    client.notify("workspace/didChangeConfiguration", json!({ "settings": settings })).await;
    wait_for_severity(&mut client, &inside, 1, WARNING).await;
    wait_for_severity(&mut client, &outside, 1, WARNING).await;
    client.finish().await;
}

#[tokio::test]
async fn folders_have_separate_settings() {
    let dir = folder(&[
        ("one/preceptor.toml", &level("info")),
        ("two/preceptor.toml", "[approval]\nmode = \"full\"\n"),
        ("one/inner/preceptor.toml", &level("hint")),
    ]);
    let options = ClientOptions { dir: Some(Arc::clone(&dir)), ..ClientOptions::default() };
    let mut client = Client::launch(&options).await;
    let named = |client: &Client, name: &str| json!({"uri": client.uri(name), "name": name});
    let params = json!({
        "processId": null,
        "capabilities": {},
        "workspaceFolders":
            [named(&client, "one"), named(&client, "two"), named(&client, "one/inner")],
    });
    client.request("initialize", params).await;
    client.notify("initialized", json!({})).await;
    for (path, expected) in
        [("one/a/SKILL.md", INFORMATION), ("two/a/SKILL.md", ERROR), ("one/inner/SKILL.md", HINT)]
    {
        let uri = open_invalid(&mut client, path).await;
        assert_eq!(severity(&mut client, &uri, 1).await, expected, "{path}");
    }
    let file = client.uri("two/preceptor.toml");
    let untrusted = client.diagnostics(&file, None).await[0].take();
    assert_eq!(untrusted["code"], "config/untrusted");
    let message = untrusted["message"].as_str().unwrap();
    assert!(!message.contains("preceptor.trust"), "the command is for the first folder: {message}");
    client.finish().await;
}

#[tokio::test]
async fn mistakes_stand_at_their_keys_and_the_last_good_settings_stay_until_they_are_mended() {
    let dir = folder(&[("work/preceptor.toml", &level("info"))]);
    let mut client = start(&dir).await;
    let file = client.uri("work/preceptor.toml");
    let skill = open_invalid(&mut client, "work/demo/SKILL.md").await;
    assert_eq!(severity(&mut client, &skill, 1).await, INFORMATION);
    let broken = [
        ("# ä\nlint = { rulse = {} }\n", 1, 9, "`lint.rulse`: unknown field"),
        ("[agent]\nmax_iterations = \"x\"\n", 1, 0, "`agent.max_iterations`: invalid type"),
        ("[lint]\nfail_on = \n", 1, 10, ""),
    ];
    for (text, line, character, message) in broken {
        write(dir.path(), "work/preceptor.toml", text);
        file_changed(&mut client, "work/preceptor.toml").await;
        let diagnostics = client.diagnostics(&file, None).await;
        let found = with_code(diagnostics.as_array().unwrap(), "config/invalid");
        assert_eq!(diagnostics.as_array().unwrap().len(), 1);
        assert_eq!(found["severity"], ERROR);
        let start = json!({"line": line, "character": character});
        assert_eq!(found["range"]["start"], start, "{found}");
        assert!(found["message"].as_str().unwrap().contains(message), "{found}");
    }
    client.change(&skill, 2, json!([{"text": INVALID}])).await;
    assert_eq!(severity(&mut client, &skill, 2).await, INFORMATION);

    write(dir.path(), "work/preceptor.toml", &level("hint"));
    file_changed(&mut client, "work/preceptor.toml").await;
    assert_eq!(client.diagnostics(&file, None).await, json!([]));
    wait_for_severity(&mut client, &skill, 2, HINT).await;
    fs::remove_file(dir.path().join("work/preceptor.toml")).unwrap();
    file_changed(&mut client, "work/preceptor.toml").await;
    wait_for_severity(&mut client, &skill, 2, ERROR).await;
    client.finish().await;
}

#[tokio::test]
async fn an_open_file_counts_as_it_was_saved_and_its_mistake_moves_with_the_text() {
    let dir = folder(&[("work/preceptor.toml", "lnit = 1\n")]);
    let mut client = start(&dir).await;
    let file = client.uri("work/preceptor.toml");
    assert_eq!(client.diagnostics(&file, None).await[0]["range"]["start"]["line"], 0);
    client.open(&file, "lnit = 1\n").await;
    client.diagnostics(&file, 1).await;
    let at_start = json!({"line": 0, "character": 0});
    let insert = json!({"range": {"start": at_start, "end": at_start}, "text": "# why\n"});
    client.change(&file, 2, json!([insert])).await;
    assert_eq!(client.diagnostics(&file, 2).await[0]["range"]["start"]["line"], 1);
    client.change(&file, 3, json!([{"text": "lint = {}\n"}])).await;
    let before = client.diagnostics(&file, 3).await;
    assert_eq!(before.as_array().unwrap().len(), 1, "nothing was saved yet: {before}");
    write(dir.path(), "work/preceptor.toml", "lint = {}\n");
    client.notify("textDocument/didSave", json!({"textDocument": {"uri": file}})).await;
    while client.diagnostics(&file, 3).await != json!([]) {}
    client.finish().await;
}

#[tokio::test]
async fn the_users_file_is_read_again_when_it_changes() {
    let dir = folder(&[("config.toml", &level("hint"))]);
    let mut client = start(&dir).await;
    let skill = open_invalid(&mut client, "work/demo/SKILL.md").await;
    assert_eq!(severity(&mut client, &skill, 1).await, HINT);
    write(dir.path(), "config.toml", &level("info"));
    file_changed(&mut client, "config.toml").await;
    wait_for_severity(&mut client, &skill, 1, INFORMATION).await;
    write(dir.path(), "config.toml", "# ü\n[agent]\ntriger = \"x\"\n");
    file_changed(&mut client, "config.toml").await;
    let message = client.notification("window/showMessage").await;
    let text = message["message"].as_str().unwrap();
    assert!(text.contains("config.toml:3:1: `agent.triger`: unknown field"), "{text}");
    client.change(&skill, 2, json!([{"text": INVALID}])).await;
    assert_eq!(severity(&mut client, &skill, 2).await, INFORMATION);
    client.finish().await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_never_ends_holds_nothing_up() {
    let dir = folder(&[]);
    fs::create_dir(dir.path().join("work")).unwrap();
    let path = dir.path().join("work/preceptor.toml");
    let made = Command::new("mkfifo").arg(&path).status().await.unwrap();
    assert!(made.success());
    let mut client = start(&dir).await;
    let file = client.uri("work/preceptor.toml");
    let diagnostics = client.diagnostics(&file, None).await;
    assert_eq!(diagnostics[0]["code"], "config/invalid", "{diagnostics}");
    client.finish().await;
}

/// Runs the binary in `work`, with nothing of this machine's user, and returns its exit code,
/// stdout and stderr.
pub(crate) async fn shell(dir: &Path, arguments: &[&str]) -> (i32, String, String) {
    shell_in(dir, &dir.join("work"), arguments).await
}

/// As [`shell`], in another folder.
pub(crate) async fn shell_in(
    dir: &Path,
    folder: &Path,
    arguments: &[&str],
) -> (i32, String, String) {
    let output = command(dir, arguments).current_dir(folder).output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// The program as a shell starts it, with folders of its own below `dir`.
pub(crate) fn command(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_preceptor"));
    command
        .args(arguments)
        .current_dir(dir.join("work"))
        .env("HOME", dir.join("home"))
        .env("XDG_CONFIG_HOME", dir.join("config"))
        .env("XDG_STATE_HOME", dir.join("xdg-state"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

#[tokio::test]
async fn in_a_shell_flags_are_above_the_workspaces_file_and_that_is_above_the_users() {
    let dir = folder(&[
        ("work/demo/SKILL.md", INVALID),
        ("config/preceptor/config.toml", &level("hint")),
        ("other.toml", &level("info")),
    ]);
    let dir = dir.path();
    let found = async |arguments: &[&str]| {
        let mut all = vec!["check", "--format", "json"];
        all.extend(arguments);
        let (code, stdout, stderr) = shell(dir, &all).await;
        let report: Value = serde_json::from_str(&stdout).unwrap_or_else(|_| panic!("{stderr}"));
        let severity = report["diagnostics"][0]["severity"].as_str().unwrap().to_owned();
        (code, severity)
    };
    let severe = |severity: &str| severity.to_owned();
    assert_eq!(found(&[]).await, (0, severe("hint")));
    assert_eq!(found(&["--config", "../other.toml"]).await, (0, severe("info")));
    write(dir, "work/preceptor.toml", "[lint]\nfail_no = \"never\"\n");
    let (code, _, stderr) = shell(dir, &["check"]).await;
    assert!(code == 2 && stderr.contains("preceptor.toml:2:1: `lint.fail_no`"), "{stderr}");
    let text = format!("[lint]\nfail_on = \"warning\"\n{}", level("warning"));
    write(dir, "work/preceptor.toml", &text);
    assert_eq!(found(&[]).await, (1, severe("warning")));
    assert_eq!(found(&["--config", "../other.toml"]).await, (1, severe("warning")));
    assert_eq!(found(&["--fail-on", "error"]).await, (0, severe("warning")));
    assert_eq!(found(&["--no-config"]).await, (1, severe("error")));
}

#[tokio::test]
async fn the_schema_is_printed() {
    let dir = folder(&[("work/a", "")]);
    let (code, stdout, _) = shell(dir.path(), &["schema"]).await;
    let schema: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(code, 0);
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    for table in ["student", "teacher", "lint", "mcp", "runners", "billable"] {
        assert!(schema["properties"][table].is_object(), "{table}");
    }
}

#[tokio::test]
async fn overrides_are_relative_to_the_folder_of_their_file_and_followed_as_it_changes() {
    let overrides = |glob: &str| {
        let rules = "rules = { \"name/invalid\" = \"hint\" }\n";
        format!("{}[[lint.overrides]]\npaths = [\"{glob}\"]\n{rules}", level("info"))
    };
    let dir = folder(&[("work/preceptor.toml", &overrides("vendor/**"))]);
    let mut client = start(&dir).await;
    let vendor = open_invalid(&mut client, "work/vendor/demo/SKILL.md").await;
    assert_eq!(severity(&mut client, &vendor, 1).await, HINT);
    let own = open_invalid(&mut client, "work/demo/SKILL.md").await;
    assert_eq!(severity(&mut client, &own, 1).await, INFORMATION);
    let outside = open_invalid(&mut client, "vendor/demo/SKILL.md").await;
    assert_eq!(severity(&mut client, &outside, 1).await, ERROR);
    let proposal = open_invalid(&mut client, "work/.preceptor/proposals/1-a/demo/SKILL.md").await;
    assert_eq!(severity(&mut client, &proposal, 1).await, INFORMATION);

    write(dir.path(), "work/preceptor.toml", &overrides(".agents/skills/demo"));
    file_changed(&mut client, "work/preceptor.toml").await;
    wait_for_severity(&mut client, &vendor, 1, INFORMATION).await;
    wait_for_severity(&mut client, &proposal, 1, HINT).await;
    client.may_stay_unread = &["textDocument/publishDiagnostics"];
    client.finish().await;
}

#[tokio::test]
async fn the_users_overrides_are_relative_to_each_folder() {
    let text =
        "[[lint.overrides]]\npaths = [\"vendor\"]\nrules = { \"name/invalid\" = \"hint\" }\n";
    let dir = folder(&[("config.toml", text)]);
    let mut client = start(&dir).await;
    for (path, expected) in [("work/vendor/a/SKILL.md", HINT), ("vendor/a/SKILL.md", ERROR)] {
        let uri = open_invalid(&mut client, path).await;
        assert_eq!(severity(&mut client, &uri, 1).await, expected, "{path}");
    }
    client.finish().await;
}

#[tokio::test]
async fn lenses_follow_the_trigger_of_the_file() {
    let dir = folder(&[("work/notes.md", "@ask why?\n")]);
    let options = ClientOptions {
        capabilities: json!({"workspace": {"codeLens": {"refreshSupport": true}}}),
        dir: Some(Arc::clone(&dir)),
        workspace: Some("work"),
        ..ClientOptions::default()
    };
    let mut client = Client::start(options).await;
    let notes = client.uri("work/notes.md");
    client.open(&notes, "@ask why?\n").await;
    let params = json!({"textDocument": {"uri": notes}});
    assert_eq!(client.request("textDocument/codeLens", params.clone()).await, json!([]));
    write(dir.path(), "config.toml", "agent.trigger = \"@ask\"\n");
    file_changed(&mut client, "config.toml").await;
    let refresh = client.server_request("workspace/codeLens/refresh").await;
    client.answer(&refresh, Value::Null).await;
    let lenses = client.request("textDocument/codeLens", params).await;
    assert_eq!(lenses[0]["command"]["arguments"][0]["prompt"], "why?", "{lenses}");
    client.finish().await;
}
