//! Versions, encodings and line ends, seen through the diagnostics of skills.

use serde_json::{Value, json};

use crate::harness::{Client, ClientOptions};

const VALID: &str = "---\nname: demo\ndescription: Counts rows. Use when rows are counted.\n---\n";
const INVALID: &str =
    "---\nname: De mo\ndescription: Counts rows. Use when rows are counted.\n---\n";

fn codes(diagnostics: &Value) -> Vec<&str> {
    diagnostics.as_array().unwrap().iter().map(|it| it["code"].as_str().unwrap()).collect()
}

async fn start_with_encoding(encoding: &str) -> Client {
    let capabilities = json!({"general": {"positionEncodings": [encoding]}});
    Client::start(ClientOptions { capabilities, ..ClientOptions::default() }).await
}

#[tokio::test]
async fn every_publish_has_its_version_also_when_no_finding_changed() {
    let mut client = Client::start(ClientOptions::default()).await;
    let uri = client.uri("demo/SKILL.md");
    client.open(&uri, VALID).await;
    assert_eq!(client.diagnostics(&uri, 1).await, json!([]));
    client.change(&uri, 2, json!([{"text": format!("{VALID}\nmore\n")}])).await;
    assert_eq!(client.diagnostics(&uri, 2).await, json!([]));
    client.change(&uri, 7, json!([{"text": INVALID}])).await;
    assert_eq!(codes(&client.diagnostics(&uri, 7).await), ["name/invalid"]);
    client.finish().await;
}

#[tokio::test]
async fn the_last_version_of_a_burst_is_published() {
    let mut client = Client::start(ClientOptions::default()).await;
    let uri = client.uri("demo/SKILL.md");
    client.open(&uri, VALID).await;
    for version in 2..=400 {
        let text = if version % 2 == 0 { INVALID } else { VALID };
        client.change(&uri, version, json!([{"text": text}])).await;
    }
    client.change(&uri, 401, json!([{"text": INVALID}])).await;
    assert_eq!(codes(&client.diagnostics(&uri, 401).await), ["name/invalid"]);
    client.finish().await;
}

#[tokio::test]
async fn a_closed_document_has_no_findings_and_opens_with_its_first_version_again() {
    let mut client = Client::start(ClientOptions::default()).await;
    let uri = client.uri("demo/SKILL.md");
    for _ in 0..2 {
        client.open(&uri, INVALID).await;
        assert_eq!(codes(&client.diagnostics(&uri, 1).await), ["name/invalid"]);
        client.notify("textDocument/didSave", json!({"textDocument": {"uri": uri}})).await;
        client.notify("textDocument/didClose", json!({"textDocument": {"uri": uri}})).await;
        assert_eq!(client.diagnostics(&uri, None).await, json!([]));
    }
    client.finish().await;
}

#[tokio::test]
async fn other_documents_than_skills_have_no_findings() {
    let mut client = Client::start(ClientOptions::default()).await;
    for name in ["README.md", "skill.md", "SKILL.md.txt", "SKILL.md/notes.md"] {
        let uri = client.uri(name);
        client.open(&uri, INVALID).await;
        client.change(&uri, 2, json!([{"text": "other"}])).await;
        let params = json!({
            "textDocument": {"uri": uri},
            "position": {"line": 1, "character": 8},
        });
        assert_eq!(client.request("textDocument/hover", params).await, Value::Null);
    }
    client.finish().await;
}

#[tokio::test]
async fn ranges_count_what_was_agreed_on_and_lines_end_at_every_line_end() {
    let text = "---\r\nname: 🦀 é X\rdescription: Counts. Use when counting.\r\n---\r\n";
    for (encoding, end) in [("utf-16", 12), ("utf-8", 15)] {
        let mut client = start_with_encoding(encoding).await;
        let uri = client.uri("demo/SKILL.md");
        client.open(&uri, text).await;
        let diagnostics = client.diagnostics(&uri, 1).await;
        assert_eq!(codes(&diagnostics), ["name/invalid", "text/encoding"], "{diagnostics}");
        assert_eq!(
            diagnostics[0]["range"],
            json!({"start": {"line": 1, "character": 6}, "end": {"line": 1, "character": end}}),
            "{encoding}"
        );
        client.finish().await;
    }
}

#[tokio::test]
async fn changes_apply_in_the_agreed_encoding() {
    let text = "---\r\nname: demo # 🦀é\r\ndescription: Counts. Use when counting.\r\n---\r\n";
    for (encoding, column) in [("utf-16", 16), ("utf-8", 19)] {
        let mut client = start_with_encoding(encoding).await;
        let uri = client.uri("demo/SKILL.md");
        client.open(&uri, text).await;
        assert_eq!(client.diagnostics(&uri, 1).await, json!([]));
        // Everything behind `name: ` up to the end of the crab and its letter.
        let range = json!({
            "start": {"line": 1, "character": 6},
            "end": {"line": 1, "character": column},
        });
        client.change(&uri, 2, json!([{"range": range, "text": "De mo"}])).await;
        let diagnostics = client.diagnostics(&uri, 2).await;
        assert_eq!(codes(&diagnostics), ["name/invalid"]);
        assert_eq!(diagnostics[0]["range"]["end"], json!({"line": 1, "character": 11}));
        client.finish().await;
    }
}

#[tokio::test]
async fn changes_outside_of_the_text_are_clamped() {
    let mut client = Client::start(ClientOptions::default()).await;
    let uri = client.uri("demo/SKILL.md");
    client.open(&uri, INVALID).await;
    client.diagnostics(&uri, 1).await;
    let range = json!({
        "start": {"line": 99, "character": 99},
        "end": {"line": 0, "character": 4_000_000_000_u32},
    });
    client.change(&uri, 2, json!([{"range": range, "text": ""}])).await;
    let diagnostics = client.diagnostics(&uri, 2).await;
    assert!(codes(&diagnostics).contains(&"frontmatter/unclosed"), "{diagnostics}");
    client.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn hovers_between_changes_see_the_findings_of_their_own_version() {
    let mut client = Client::start(ClientOptions::default()).await;
    let uri = client.uri("demo/SKILL.md");
    client.open(&uri, VALID).await;
    let mut hovers = Vec::new();
    for version in 2..102 {
        let text = if version % 2 == 0 { INVALID } else { VALID };
        client.change(&uri, version, json!([{"text": text}])).await;
        let params = json!({
            "textDocument": {"uri": uri},
            "position": {"line": 1, "character": 8},
        });
        hovers.push((version, client.start_request("textDocument/hover", params).await));
    }
    for (version, hover) in hovers {
        let result = client.answer_to(hover).await["result"].take();
        let shown = result["contents"]["value"].as_str().unwrap_or_default();
        assert_eq!(shown.contains("name/invalid"), version % 2 == 0, "version {version}");
    }
    client.diagnostics(&uri, 101).await;
    client.finish().await;
}
