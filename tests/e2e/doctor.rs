//! `preceptor doctor` as a process: what it finds, and the code that it ends with.

use std::fs;

use serde_json::json;
use tempfile::TempDir;
use tokio::process::Command;

use crate::model_server::{ModelServer, Reply};

/// Runs the doctor in a folder with these settings; returns its report and whether all is well.
async fn doctor(settings: &str) -> (String, bool) {
    let dir = TempDir::new().unwrap();
    fs::create_dir_all(dir.path().join("config/preceptor")).unwrap();
    fs::create_dir(dir.path().join("work")).unwrap();
    fs::write(dir.path().join("config/preceptor/config.toml"), settings).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_preceptor"))
        .arg("doctor")
        .current_dir(dir.path().join("work"))
        .env("HOME", dir.path())
        .env("XDG_CONFIG_HOME", dir.path().join("config"))
        .env("XDG_STATE_HOME", dir.path().join("state"))
        .env("PRECEPTOR_STUDENT_API_KEY", "a-secret-key")
        .output()
        .await
        .unwrap();
    let code = output.status.code();
    assert!(matches!(code, Some(0 | 1)), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!dir.path().join("state").exists(), "a look leaves nothing behind");
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(!report.contains('\u{1b}') && !report.contains("a-secret-key"), "{report}");
    (report, code == Some(0))
}

fn student(server: &ModelServer, model: &str) -> String {
    format!("[student]\nbase_url = \"{}\"\nmodel = \"{model}\"\n", server.base_url())
}

#[tokio::test]
async fn all_is_well_where_the_student_answers() {
    let server = ModelServer::start().await;
    let (report, is_well) = doctor(&student(&server, "served-model")).await;
    assert!(is_well, "{report}");
    assert!(report.contains("✓ student") && report.ends_with("\nAll is well.\n"), "{report}");
    assert!(report.contains("· teacher"), "{report}");
    assert!(server.requests().is_empty(), "no model is called");
}

#[tokio::test]
async fn what_is_wrong_with_a_model_is_named_with_its_setting() {
    let server = ModelServer::start().await;
    let (report, is_well) = doctor(&student(&server, "other")).await;
    assert!(!is_well && report.contains("✗ student"), "{report}");
    assert!(report.contains("`served-model`: set `student.model`"), "{report}");

    server.lists(Reply::error(401, "authentication_error", "bad key"));
    let (report, is_well) = doctor(&student(&server, "served-model")).await;
    assert!(!is_well && report.contains("PRECEPTOR_STUDENT_API_KEY"), "{report}");

    let (report, is_well) = doctor("[student]\nbase_url = \"http://127.0.0.1:1/v1\"\n").await;
    assert!(!is_well && report.contains("start it, or set student.base_url"), "{report}");
    assert!(report.ends_with("\n1 thing needs doing.\n"), "{report}");
    let with_teacher = format!("{}[teacher]\nenabled = true\n", student(&server, "served-model"));
    server.lists(Reply::json(200, &json!({"data": [{"id": "served-model"}]})));
    let (report, is_well) = doctor(&with_teacher).await;
    assert!(!is_well && report.contains("✗ teacher    `teacher.model` names none"), "{report}");
}

#[tokio::test]
async fn a_mistake_in_the_settings_is_shown_with_its_place() {
    let (report, is_well) = doctor("[student]\nmodle = \"x\"\n").await;
    assert!(!is_well && report.contains("✗ settings"), "{report}");
    assert!(report.contains("modle") && report.contains("config.toml"), "{report}");
}
