//! Outline, folding, selection and formatting of skills; nothing of it for other files.

use serde_json::{Value, json};

use crate::harness::{Client, ClientOptions, applied};

/// Letters of two UTF-16 units, and line ends of Windows.
const SKILL: &str = "---\r\nname: demo\r\nmetadata:\r\n  emoji: \"😀\"\r\n---\r\n# 😀 Demo\r\n\r\nSee `a b`.\r\n\r\n## Steps\r\n\r\n```sh\r\nls\r\n```\r\n\r\n# End\r\n";

async fn open(capabilities: Value, path: &str, text: &str) -> (Client, String) {
    let capabilities = json!({ "textDocument": capabilities });
    let options = ClientOptions { capabilities, ..ClientOptions::default() };
    let mut client = Client::start(options).await;
    client.may_stay_unread = &["textDocument/publishDiagnostics"];
    let uri = client.uri(path);
    client.open(&uri, text).await;
    (client, uri)
}

fn range(lines: (u32, u32), characters: (u32, u32)) -> Value {
    json!({
        "start": {"line": lines.0, "character": characters.0},
        "end": {"line": lines.1, "character": characters.1},
    })
}

#[tokio::test]
async fn the_outline_has_the_fields_and_the_sections_in_each_other() {
    let nested = json!({"documentSymbol": {"hierarchicalDocumentSymbolSupport": true}});
    let (mut client, uri) = open(nested, "demo/SKILL.md", SKILL).await;
    let params = json!({"textDocument": {"uri": uri}});
    let symbols = client.request("textDocument/documentSymbol", params).await;
    let names = |symbols: &Value| -> Vec<String> {
        let symbols = symbols.as_array().unwrap().iter();
        symbols.map(|it| it["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&symbols), ["demo", "😀 Demo", "End"]);
    assert_eq!(names(&symbols[0]["children"]), ["name", "metadata"]);
    assert_eq!(symbols[0]["children"][1]["children"][0]["detail"], "😀");
    assert_eq!(symbols[0]["children"][1]["children"][0]["range"], range((3, 3), (2, 13)));
    assert_eq!(names(&symbols[1]["children"]), ["Steps"]);
    assert_eq!(symbols[1]["range"], range((5, 13), (0, 3)));
    assert_eq!(symbols[1]["selectionRange"], range((5, 5), (0, 9)));
    client.finish().await;
}

#[tokio::test]
async fn an_editor_without_trees_gets_a_flat_outline() {
    let (mut client, uri) = open(json!({}), "demo/SKILL.md", SKILL).await;
    let params = json!({"textDocument": {"uri": uri}});
    let symbols = client.request("textDocument/documentSymbol", params).await;
    let steps = symbols.as_array().unwrap().iter().find(|it| it["name"] == "Steps").unwrap();
    assert_eq!(steps["containerName"], "😀 Demo");
    assert_eq!(steps["location"]["uri"], uri);
    client.finish().await;
}

#[tokio::test]
async fn fields_sections_and_code_fold() {
    let (mut client, uri) = open(json!({}), "demo/SKILL.md", SKILL).await;
    let params = json!({"textDocument": {"uri": uri}});
    let folds = client.request("textDocument/foldingRange", params).await;
    let lines: Vec<_> = folds
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["startLine"].as_u64().unwrap(), it["endLine"].as_u64().unwrap()))
        .collect();
    assert_eq!(lines, [(0, 4), (2, 3), (5, 13), (9, 13), (11, 13)]);
    client.finish().await;
}

#[tokio::test]
async fn lists_and_items_of_several_lines_fold() {
    let text = "# 😀 Demo\r\n\r\n1. One\r\n2. Two\r\n   - a\r\n   - b 😀\r\n     c\r\n3. End\r\n\r\n- alone\r\n\r\nText.\r\n";
    let (mut client, uri) = open(json!({}), "demo/SKILL.md", text).await;
    let params = json!({"textDocument": {"uri": uri}});
    let folds = client.request("textDocument/foldingRange", params).await;
    let lines: Vec<_> = folds
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["startLine"].as_u64().unwrap(), it["endLine"].as_u64().unwrap()))
        .collect();
    assert_eq!(lines, [(0, 11), (2, 7), (3, 6), (4, 6), (5, 6)]);
    client.finish().await;
}

#[tokio::test]
async fn a_protected_region_and_a_long_comment_fold() {
    let text = "---\nname: demo\n---\n<!-- APPENDIX_START -->\n- note\n<!-- APPENDIX_END -->\n\n<!-- a\nb -->\n";
    let (mut client, uri) = open(json!({}), "demo/SKILL.md", text).await;
    let params = json!({"textDocument": {"uri": uri}});
    let folds = client.request("textDocument/foldingRange", params).await;
    assert_eq!(folds[1], json!({"startLine": 3, "endLine": 5, "kind": "region"}));
    assert_eq!(folds[2], json!({"startLine": 7, "endLine": 8, "kind": "comment"}));
    client.finish().await;
}

#[tokio::test]
async fn a_selection_grows_from_the_word_to_the_document() {
    let (mut client, uri) = open(json!({}), "demo/SKILL.md", SKILL).await;
    let positions = json!([{"line": 7, "character": 5}, {"line": 3, "character": 11}]);
    let params = json!({"textDocument": {"uri": uri}, "positions": positions});
    let ranges = client.request("textDocument/selectionRange", params).await;
    let steps = |range: &Value| -> Vec<Value> {
        let mut steps = Vec::new();
        let mut at = range.clone();
        while !at.is_null() {
            steps.push(at["range"].clone());
            at = at["parent"].clone();
        }
        steps
    };
    let in_code = steps(&ranges[0]);
    assert_eq!(in_code[0], range((7, 7), (5, 6)));
    assert_eq!(in_code[1], range((7, 7), (5, 8)));
    assert_eq!(in_code[2], range((7, 7), (4, 9)));
    assert_eq!(in_code[3], range((7, 7), (0, 10)));
    assert_eq!(in_code[4], range((5, 13), (0, 3)));
    assert_eq!(in_code.last().unwrap()["start"], json!({"line": 0, "character": 0}));
    let in_field = steps(&ranges[1]);
    assert!(in_field.contains(&range((3, 3), (2, 13))), "the field: {in_field:?}");
    assert!(in_field.contains(&range((2, 3), (0, 13))), "the map: {in_field:?}");
    client.finish().await;
}

#[tokio::test]
async fn behind_the_last_word_a_selection_is_the_whole_document() {
    let (mut client, uri) = open(json!({}), "demo/SKILL.md", "😀\r\n\r\n\r\n").await;
    let positions = json!([{"line": 3, "character": 0}, {"line": 2, "character": 0}]);
    let params = json!({"textDocument": {"uri": uri}, "positions": positions});
    let ranges = client.request("textDocument/selectionRange", params).await;
    let whole = json!({"range": range((0, 3), (0, 0))});
    assert_eq!(ranges, json!([whole, whole]));
    client.finish().await;
}

#[tokio::test]
async fn formatting_orders_the_fields_and_means_the_same() {
    let text = "---\r\ndescription: 'Größe 😀'\r\nname: demo\r\n---\r\n* one\r\n* two\r\n";
    let (mut client, uri) = open(json!({}), "demo/SKILL.md", text).await;
    let options = json!({"tabSize": 2, "insertSpaces": true});
    let params = json!({"textDocument": {"uri": uri}, "options": options});
    let edits = client.request("textDocument/formatting", params).await;
    let expected = "---\r\nname: demo\r\ndescription: \"Größe 😀\"\r\n---\r\n- one\r\n- two\r\n";
    assert_eq!(applied(text, &edits), expected);
    client.finish().await;
}

#[tokio::test]
async fn other_files_get_no_answer() {
    let (mut client, uri) = open(json!({}), "demo/README.md", "# A\n\n* one\n\n## B\n").await;
    let options = json!({"tabSize": 2, "insertSpaces": true});
    for method in ["documentSymbol", "foldingRange", "formatting", "selectionRange"] {
        let params = json!({"textDocument": {"uri": uri}, "options": options, "positions": []});
        let answer = client.request(&format!("textDocument/{method}"), params).await;
        assert_eq!(answer, Value::Null, "{method}");
    }
    client.finish().await;
}

#[tokio::test]
async fn an_editor_that_takes_registrations_is_told_which_documents() {
    let capabilities = json!({"textDocument": {"formatting": {"dynamicRegistration": true}}});
    let options = ClientOptions { capabilities, ..ClientOptions::default() };
    let mut client = Client::launch(&options).await;
    client.answers_registrations = false;
    client.initialize(&options).await;
    let request = client.server_request("client/registerCapability").await;
    let registrations = request["params"]["registrations"].as_array().unwrap();
    let formatting = registrations.iter().find(|it| it["method"] == "textDocument/formatting");
    let selector = &formatting.unwrap()["registerOptions"]["documentSelector"];
    assert_eq!(selector, &json!([{"scheme": "file", "pattern": "**/SKILL.md"}]));
    client.answer(&request, Value::Null).await;
    client.finish().await;
}

#[tokio::test]
async fn hints_of_documents_that_were_open_before_are_asked_for_once_registered() {
    let capabilities = json!({
        "textDocument": {"inlayHint": {"dynamicRegistration": true}},
        "workspace": {"inlayHint": {"refreshSupport": true}},
    });
    let options = ClientOptions { capabilities, ..ClientOptions::default() };
    let mut client = Client::start(options).await;
    let refresh = client.server_request("workspace/inlayHint/refresh").await;
    client.answer(&refresh, Value::Null).await;
    client.finish().await;
}

#[tokio::test]
async fn hints_tell_what_a_skill_costs_and_who_finds_it() {
    let text = "---\nname: demo\ndescription: \"Größe 😀.\"\n---\n# Demo\n\nCount the rows.\n";
    let (mut client, uri) = open(json!({}), ".claude/skills/demo/SKILL.md", text).await;
    let whole = range((0, 7), (0, 0));
    let params = json!({"textDocument": {"uri": uri}, "range": whole});
    let hints = client.request("textDocument/inlayHint", params).await;
    let shown: Vec<_> = hints
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["position"]["line"].as_u64().unwrap(), it["label"].as_str().unwrap()))
        .collect();
    let found_by = "found by Claude Code and 3 more";
    assert_eq!(shown, [(1, found_by), (2, "~5 tokens"), (3, "body ~8 tokens")]);
    assert_eq!(hints[1]["position"]["character"], 24, "behind the emoji, in UTF-16");
    let params = json!({"textDocument": {"uri": uri}, "range": range((2, 2), (0, 30))});
    let hints = client.request("textDocument/inlayHint", params).await;
    assert_eq!(hints.as_array().unwrap().len(), 1, "only those in view");
    client.finish().await;
}
