//! Hover, quick fixes and fix-all on findings in skills.

use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Client, ClientOptions, applied};

const TWO_MISTAKES: &str = "---\nname: De mo\n---\n\n# Demo\n\nRun `/home/ana/bin/count`.\n";

async fn start() -> Client {
    let capabilities = json!({"workspace": {"workspaceEdit": {"documentChanges": true}}});
    Client::start(ClientOptions { capabilities, ..ClientOptions::default() }).await
}

fn point(line: u32, character: u32) -> Value {
    let position = json!({"line": line, "character": character});
    json!({"start": position, "end": position})
}

async fn code_actions(client: &mut Client, uri: &str, range: Value, only: &[&str]) -> Vec<Value> {
    let mut context = json!({"diagnostics": []});
    if !only.is_empty() {
        context["only"] = json!(only);
    }
    let params = json!({"textDocument": {"uri": uri}, "range": range, "context": context});
    let actions = client.request("textDocument/codeAction", params).await;
    actions.as_array().cloned().unwrap_or_default()
}

#[tokio::test]
async fn a_finding_names_its_rule_and_links_to_a_page_that_is_there() {
    let mut client = start().await;
    let uri = client.uri("demo/SKILL.md");
    client.open(&uri, TWO_MISTAKES).await;
    let diagnostics = client.diagnostics(&uri, 1).await;
    let finding = diagnostics
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["code"] == "name/invalid")
        .expect("the name is found invalid");
    assert_eq!(finding["source"], "preceptor");
    assert_eq!(finding["severity"], 1);
    assert_eq!(finding["data"]["rule"], "name/invalid");
    let href = finding["codeDescription"]["href"].as_str().unwrap();
    let path = href.strip_prefix("file://").unwrap();
    assert!(path.starts_with(client.dir().to_str().unwrap()), "{path}");
    let page = tokio::fs::read_to_string(path).await.unwrap();
    assert_eq!(Some(page.as_str()), lint::rule_page("name/invalid"));
    client.finish().await;
}

#[tokio::test]
async fn without_a_place_for_pages_there_are_findings_without_links() {
    let dir = Arc::new(TempDir::new().unwrap());
    // A file where the state folder should be.
    tokio::fs::write(dir.path().join("state"), "in the way").await.unwrap();
    let mut client =
        Client::start(ClientOptions { dir: Some(dir), ..ClientOptions::default() }).await;
    let uri = client.uri("demo/SKILL.md");
    client.open(&uri, TWO_MISTAKES).await;
    let diagnostics = client.diagnostics(&uri, 1).await;
    assert!(!diagnostics.as_array().unwrap().is_empty());
    assert!(diagnostics[0].get("codeDescription").is_none(), "{diagnostics}");
    client.finish().await;
}

#[tokio::test]
async fn hover_on_a_finding_shows_its_rules_page() {
    let mut client = start().await;
    let uri = client.uri("demo/SKILL.md");
    client.open(&uri, TWO_MISTAKES).await;
    client.diagnostics(&uri, 1).await;
    let params = json!({
        "textDocument": {"uri": uri},
        "position": {"line": 1, "character": 8},
    });
    let hover = client.request("textDocument/hover", params).await;
    assert_eq!(hover["contents"]["kind"], "markdown");
    let page = lint::rule_page("name/invalid").unwrap().trim_end();
    assert!(hover["contents"]["value"].as_str().unwrap().contains(page), "{hover}");
    let beside = json!({
        "textDocument": {"uri": uri},
        "position": {"line": 6, "character": 1},
    });
    assert_eq!(client.request("textDocument/hover", beside).await, Value::Null);
    client.finish().await;
}

/// Asks for the hover at a place: its text and its range.
async fn hover_at(client: &mut Client, uri: &str, line: u32, character: u32) -> (String, Value) {
    let params = json!({
        "textDocument": {"uri": uri},
        "position": {"line": line, "character": character},
    });
    let hover = client.request("textDocument/hover", params).await;
    let text = hover["contents"]["value"].as_str().unwrap_or_default().to_owned();
    (text, hover["range"].clone())
}

fn range(line: u32, start: u32, end: u32) -> Value {
    let position = |character: u32| json!({"line": line, "character": character});
    json!({"start": position(start), "end": position(end)})
}

#[tokio::test]
async fn hover_on_a_field_says_what_it_means() {
    let mut client = start().await;
    let uri = client.uri("demo/SKILL.md");
    let text = "---\r\n# 🦀 Größe\r\nname: demo\r\ndescription: \"🦀 Größe. Use for it.\"\r\nmetadata: {\"größe\": \"🦀\", source: \"x\"}\r\nauthor: x\r\n---\r\n\r\nname: demo\r\n";
    client.open(&uri, text).await;
    let diagnostics = client.diagnostics(&uri, 1).await;
    assert_eq!(diagnostics.as_array().unwrap().len(), 1, "{diagnostics}");
    assert_eq!(diagnostics[0]["code"], "frontmatter/unknown-field");
    let name = lint::field(lint::Place::Top, "name").unwrap().page();
    for character in [0, 4, 6, 10] {
        let (shown, key) = hover_at(&mut client, &uri, 2, character).await;
        assert!(shown.starts_with(&name), "{shown}");
        assert_eq!(key, range(2, 0, 4));
    }
    let (shown, key) = hover_at(&mut client, &uri, 3, 21).await;
    assert!(shown.contains("1 to 1024 characters") && shown.contains("(required)"), "{shown}");
    assert_eq!(key, range(3, 0, 11));
    let (shown, key) = hover_at(&mut client, &uri, 4, 28).await;
    assert!(shown.contains("**`metadata.source`**"), "{shown}");
    assert_eq!(key, range(4, 26, 32));
    for (line, character) in [(1, 2), (5, 8), (8, 2)] {
        let (_, key) = hover_at(&mut client, &uri, line, character).await;
        assert_eq!(key, Value::Null, "line {line}");
    }
    client.finish().await;
}

#[tokio::test]
async fn hover_on_a_key_with_a_finding_shows_the_page_and_then_the_field() {
    let mut client = start().await;
    let uri = client.uri("demo/SKILL.md");
    client.open(&uri, "---\nname: 🦀\ndescription:\n---\n").await;
    client.diagnostics(&uri, 1).await;
    let (shown, key) = hover_at(&mut client, &uri, 2, 3).await;
    let page = lint::rule_page("description/missing").unwrap().trim_end();
    let field = lint::field(lint::Place::Top, "description").unwrap().page();
    assert_eq!(shown, format!("{page}\n\n---\n\n{}", field.trim_end()));
    assert_eq!(key, range(2, 0, 11));
    let (shown, value) = hover_at(&mut client, &uri, 1, 7).await;
    assert!(shown.contains("# name/invalid") && !shown.contains("**`name`**"), "{shown}");
    assert_eq!(value, range(1, 6, 8));
    client.finish().await;
}

#[tokio::test]
async fn a_proposal_stands_in_the_folder_of_its_name() {
    let mut client = start().await;
    let text = "---\nname: count-rows\ndescription: Counts rows. Use for rows.\n---\n\n# Count\n";
    let uri = client.uri(".preceptor/proposals/2026-11-21-093012-count/count-rows/SKILL.md");
    client.open(&uri, text).await;
    assert_eq!(client.diagnostics(&uri, 1).await, json!([]));
    let elsewhere = client.uri("count-lines/SKILL.md");
    client.open(&elsewhere, text).await;
    let diagnostics = client.diagnostics(&elsewhere, 1).await;
    assert_eq!(diagnostics[0]["code"], "name/directory-mismatch");
    client.finish().await;
}

#[tokio::test]
async fn a_quick_fix_comes_from_the_range_and_clears_its_finding() {
    let mut client = start().await;
    let uri = client.uri("demo/SKILL.md");
    client.open(&uri, TWO_MISTAKES).await;
    let diagnostics = client.diagnostics(&uri, 1).await;
    let actions = code_actions(&mut client, &uri, point(1, 8), &["quickfix"]).await;
    let titles: Vec<_> = actions.iter().map(|it| it["title"].as_str().unwrap()).collect();
    let expected = ["Rename it to `de-mo`", "Ignore `name/invalid` here (write the reason)"];
    assert_eq!(titles, expected, "only what is at the cursor");
    let action = &actions[0];
    assert_eq!((&action["kind"], &action["isPreferred"]), (&json!("quickfix"), &json!(true)));
    assert!(diagnostics.as_array().unwrap().contains(&action["diagnostics"][0]));
    let change = &action["edit"]["documentChanges"][0];
    assert_eq!(change["textDocument"], json!({"uri": uri, "version": 1}));
    let fixed = applied(TWO_MISTAKES, &change["edits"]);
    client.change(&uri, 2, json!([{"text": fixed}])).await;
    let diagnostics = client.diagnostics(&uri, 2).await;
    let codes: Vec<&Value> = diagnostics.as_array().unwrap().iter().map(|it| &it["code"]).collect();
    assert!(!codes.contains(&&json!("name/invalid")), "{codes:?}");
    client.finish().await;
}

#[tokio::test]
async fn fix_all_leaves_nothing_that_is_safe_to_fix() {
    let mut client = start().await;
    let uri = client.uri("demo/SKILL.md");
    client.open(&uri, TWO_MISTAKES).await;
    client.diagnostics(&uri, 1).await;
    let fix_all = "source.fixAll.preceptor";
    let actions = code_actions(&mut client, &uri, point(0, 0), &["source.fixAll"]).await;
    assert_eq!(actions.len(), 1, "{actions:#?}");
    assert_eq!(actions[0]["kind"], fix_all);
    let fixed = applied(TWO_MISTAKES, &actions[0]["edit"]["documentChanges"][0]["edits"]);
    assert_ne!(fixed, TWO_MISTAKES);
    client.change(&uri, 2, json!([{"text": fixed}])).await;
    let diagnostics = client.diagnostics(&uri, 2).await;
    assert!(
        diagnostics.as_array().unwrap().iter().all(|it| it["data"]["fix"] != "safe"),
        "{diagnostics}"
    );
    assert!(code_actions(&mut client, &uri, point(0, 0), &[fix_all]).await.is_empty());
    client.finish().await;
}

#[tokio::test]
async fn fix_all_is_worked_out_when_it_is_chosen_and_offered_beside_a_fix() {
    let capabilities = json!({"textDocument": {"codeAction": {
        "dataSupport": true, "resolveSupport": {"properties": ["edit"]},
    }}});
    let mut client =
        Client::start(ClientOptions { capabilities, ..ClientOptions::default() }).await;
    let uri = client.uri("demo/SKILL.md");
    client.open(&uri, TWO_MISTAKES).await;
    client.diagnostics(&uri, 1).await;
    let is_fix_all = |it: &Value| it["kind"] == "source.fixAll.preceptor";
    let elsewhere = code_actions(&mut client, &uri, point(4, 1), &[]).await;
    assert!(!elsewhere.iter().any(is_fix_all), "{elsewhere:#?}");
    let beside = code_actions(&mut client, &uri, point(1, 8), &[]).await;
    assert!(beside.iter().any(is_fix_all), "{beside:#?}");
    let asked = code_actions(&mut client, &uri, point(4, 1), &["source.fixAll"]).await;
    assert_eq!(asked[0]["edit"], Value::Null);
    let resolved = client.request("codeAction/resolve", asked[0].clone()).await;
    let fixed = applied(TWO_MISTAKES, &resolved["edit"]["changes"][&uri]);
    assert!(!fixed.contains("De mo"), "{fixed}");
    let unknown = json!({"title": "x", "data": {"other": 1}});
    assert_eq!(client.request("codeAction/resolve", unknown.clone()).await, unknown);
    client.finish().await;
}

#[tokio::test]
async fn fix_all_mends_a_line_end_that_is_unlike_the_others() {
    let mut client = start().await;
    let uri = client.uri("demo/SKILL.md");
    let good = "---\nname: demo\ndescription: Größe 😀. Use when it is asked.\n---\n# Demo\n";
    let mixed = good.replacen("asked.\n", "asked.\r\n", 1);
    client.open(&uri, &mixed).await;
    client.diagnostics(&uri, 1).await;
    let actions = code_actions(&mut client, &uri, point(0, 0), &["source.fixAll"]).await;
    assert_eq!(applied(&mixed, &actions[0]["edit"]["documentChanges"][0]["edits"]), good);
    client.finish().await;
}

#[tokio::test]
async fn kinds_that_nobody_asked_for_are_left_out() {
    let mut client = start().await;
    let uri = client.uri("demo/SKILL.md");
    client.open(&uri, TWO_MISTAKES).await;
    client.diagnostics(&uri, 1).await;
    assert!(code_actions(&mut client, &uri, point(1, 8), &["refactor"]).await.is_empty());
    let all = code_actions(&mut client, &uri, point(1, 8), &[]).await;
    let kinds: Vec<&Value> = all.iter().map(|it| &it["kind"]).collect();
    assert_eq!(kinds, ["quickfix", "source.fixAll.preceptor", "quickfix"]);
    client.finish().await;
}

#[tokio::test]
async fn clients_without_versioned_edits_get_plain_ones() {
    let mut client = Client::start(ClientOptions::default()).await;
    let uri = client.uri("demo/SKILL.md");
    client.open(&uri, TWO_MISTAKES).await;
    client.diagnostics(&uri, 1).await;
    let actions = code_actions(&mut client, &uri, point(1, 8), &["quickfix"]).await;
    let edit = &actions[0]["edit"];
    assert!(edit.get("documentChanges").is_none(), "{edit}");
    assert!(!edit["changes"][&uri].as_array().unwrap().is_empty(), "{edit}");
    client.finish().await;
}

#[tokio::test]
async fn a_file_that_the_editor_decoded_from_another_encoding_is_found() {
    let mut client = start().await;
    let uri = client.uri("demo/SKILL.md");
    let text = "---\nname: demo\ndescription: Pr\u{fc}ft rows. Use when rows are checked.\n---\n";
    let folder = client.dir().join("demo");
    tokio::fs::create_dir_all(&folder).await.unwrap();
    let latin_1: Vec<u8> = text.chars().map(|it| u8::try_from(u32::from(it)).unwrap()).collect();
    tokio::fs::write(folder.join("SKILL.md"), latin_1).await.unwrap();
    client.open(&uri, text).await;
    let diagnostics = client.diagnostics(&uri, 1).await;
    assert_eq!(diagnostics[0]["code"], "text/encoding", "{diagnostics}");
    assert_eq!(diagnostics[0]["range"]["start"]["line"], 2);
    client.finish().await;
}

/// Editors do not send a byte order mark; one that does counts it as a character of its text.
#[tokio::test]
async fn a_byte_order_mark_is_found_whether_the_editor_shows_it_or_not() {
    let mut client = start().await;
    let text = "---\nname: demo\ndescription: Counts rows. Use when rows are checked.\n---\n";
    let with_mark = format!("\u{feff}{text}");
    for (name, shown, end) in [("demo", text, 0), ("other/demo", &*with_mark, 1)] {
        let uri = client.uri(&format!("{name}/SKILL.md"));
        let folder = client.dir().join(name);
        tokio::fs::create_dir_all(&folder).await.unwrap();
        tokio::fs::write(folder.join("SKILL.md"), &with_mark).await.unwrap();
        client.open(&uri, shown).await;
        let diagnostics = client.diagnostics(&uri, 1).await;
        let of_mark = diagnostics.as_array().unwrap();
        let of_mark = of_mark.iter().find(|it| it["code"] == "text/encoding").unwrap();
        assert_eq!(of_mark["range"]["start"]["character"], 0, "{diagnostics}");
        assert_eq!(of_mark["range"]["end"]["character"], end, "{diagnostics}");
    }
    let uri = client.uri("suppressed/SKILL.md");
    let comment = "\n<!-- preceptor-ignore-file text/encoding: an old program needs it -->\n";
    let text = text.replace("name: demo", "name: suppressed") + comment;
    let folder = client.dir().join("suppressed");
    tokio::fs::create_dir_all(&folder).await.unwrap();
    tokio::fs::write(folder.join("SKILL.md"), format!("\u{feff}{text}")).await.unwrap();
    client.open(&uri, &text).await;
    let diagnostics = client.diagnostics(&uri, 1).await;
    assert_eq!(diagnostics.as_array().unwrap().len(), 0, "{diagnostics}");
    client.finish().await;
}
