//! Semantic tokens: what is shown in a color of its own, whole, in part and as a change.

use serde_json::{Value, json};
use skill::{LineIndex, Position, PositionEncoding};
use tokio::fs;

use crate::harness::{Client, ClientOptions};

/// Letters of two UTF-16 units in front of words, and line ends of Windows.
const SKILL: &str = "---\r\nname: demo\r\ndescription: \"😀 Größe\"\r\nallowed-tools: Read Bash(git:*)\r\n---\r\n# 😀 Demo\r\n\r\n😀 `read_file`, then /count-rows with $ARGUMENTS for $5.\r\n\r\n<!-- APPENDIX_START -->\r\n- 😀 `read_file` fails\r\n\r\n- /count-rows\r\n<!-- APPENDIX_END -->\r\n";

/// The legend's types, in its order.
const TYPES: [&str; 5] = ["property", "parameter", "function", "class", "protectedRegion"];

/// A client whose workspace has a skill on the disk, and another one that is open.
async fn start(capabilities: Value, text: &str) -> (Client, String) {
    let options = ClientOptions { capabilities, workspace: Some("w"), ..ClientOptions::default() };
    let mut client = Client::launch(&options).await;
    client.may_stay_unread = &["textDocument/publishDiagnostics"];
    let folder = client.dir().join("w/.agents/skills/count-rows");
    fs::create_dir_all(&folder).await.unwrap();
    let other = "---\nname: count-rows\ndescription: Counts. Use for rows.\n---\n";
    fs::write(folder.join("SKILL.md"), other).await.unwrap();
    let result = client.initialize(&options).await;
    let provider = &result["capabilities"]["semanticTokensProvider"];
    assert_eq!(provider["legend"]["tokenTypes"], json!(TYPES));
    assert_eq!(provider["legend"]["tokenModifiers"], json!(["declaration", "readonly"]));
    let uri = client.uri("w/.agents/skills/demo/SKILL.md");
    client.open(&uri, text).await;
    // The search runs beside: it is over when both skills are known.
    let query = json!({"query": ""});
    while client.request("workspace/symbol", query.clone()).await.as_array().unwrap().len() < 2 {}
    (client, uri)
}

async fn tokens(client: &mut Client, uri: &str) -> Value {
    let params = json!({"textDocument": {"uri": uri}});
    client.request("textDocument/semanticTokens/full", params).await
}

fn numbers(data: &Value) -> Vec<u64> {
    data.as_array().unwrap().iter().map(|it| it.as_u64().unwrap()).collect()
}

/// Reads tokens as a client does: line, text, and type with modifiers.
fn read(text: &str, data: &[u64], encoding: PositionEncoding) -> Vec<(u64, String, String)> {
    let line_index = LineIndex::new(text);
    let (mut line, mut character) = (0, 0);
    let tokens = data.chunks(5).map(|token| {
        let &[lines, start, length, kind, modifiers] = token else { panic!("{token:?}") };
        character = if lines == 0 { character + start } else { start };
        line += lines;
        let offset = |character: u64| {
            let [line, character] = [line, character].map(|it| usize::try_from(it).unwrap());
            line_index.offset(text, Position { line, character }, encoding)
        };
        let written = &text[offset(character)..offset(character + length)];
        let kind = TYPES[usize::try_from(kind).unwrap()];
        let modifier = ["", " declaration", " readonly"][usize::try_from(modifiers).unwrap()];
        (line, written.to_owned(), format!("{kind}{modifier}"))
    });
    tokens.collect()
}

#[track_caller]
fn check(data: &Value, encoding: PositionEncoding, expected: &[(u64, &str, &str)]) {
    let found = read(SKILL, &numbers(data), encoding);
    let found: Vec<(u64, &str, &str)> =
        found.iter().map(|(line, text, kind)| (*line, text.as_str(), kind.as_str())).collect();
    assert_eq!(found, expected);
}

const ALL: [(u64, &str, &str); 16] = [
    (1, "name", "property"),
    (1, "demo", "class declaration"),
    (2, "description", "property"),
    (3, "allowed-tools", "property"),
    (3, "Read", "function"),
    (3, "Bash", "function"),
    (7, "read_file", "function"),
    (7, "count-rows", "class"),
    (7, "$ARGUMENTS", "parameter"),
    (9, "<!-- APPENDIX_START -->", "protectedRegion readonly"),
    (10, "- 😀 `", "protectedRegion readonly"),
    (10, "read_file", "function readonly"),
    (10, "` fails", "protectedRegion readonly"),
    (12, "- /", "protectedRegion readonly"),
    (12, "count-rows", "class readonly"),
    (13, "<!-- APPENDIX_END -->", "protectedRegion readonly"),
];

#[tokio::test]
async fn words_that_name_something_are_told_apart() {
    let (mut client, uri) = start(json!({}), SKILL).await;
    let all = tokens(&mut client, &uri).await;
    check(&all["data"], PositionEncoding::Utf16, &ALL);
    let range = json!({
        "start": {"line": 7, "character": 5}, "end": {"line": 7, "character": 25},
    });
    let params = json!({"textDocument": {"uri": uri}, "range": range});
    let part = client.request("textDocument/semanticTokens/range", params).await;
    check(&part["data"], PositionEncoding::Utf16, &ALL[6..8]);
    client.finish().await;
}

#[tokio::test]
async fn columns_are_those_that_were_agreed_on() {
    let capabilities = json!({"general": {"positionEncodings": ["utf-8"]}});
    let (mut client, uri) = start(capabilities, SKILL).await;
    let all = tokens(&mut client, &uri).await;
    check(&all["data"], PositionEncoding::Utf8, &ALL);
    client.finish().await;
}

#[tokio::test]
async fn after_an_edit_only_the_change_is_sent() {
    let (mut client, uri) = start(json!({}), SKILL).await;
    let first = tokens(&mut client, &uri).await;
    let start = json!({"line": 6, "character": 0});
    let change = json!([{"range": {"start": start, "end": start}, "text": "😀 /count-rows\r\n"}]);
    client.change(&uri, 2, change).await;
    let params =
        |previous: &Value| json!({"textDocument": {"uri": uri}, "previousResultId": previous});
    let method = "textDocument/semanticTokens/full/delta";
    let delta = client.request(method, params(&first["resultId"])).await;
    let [edit] = delta["edits"].as_array().unwrap().as_slice() else { panic!("{delta}") };
    let mut data = numbers(&first["data"]);
    let [from, n_deleted] =
        ["start", "deleteCount"].map(|key| usize::try_from(edit[key].as_u64().unwrap()).unwrap());
    assert!(numbers(&edit["data"]).len() <= 10, "few tokens are sent: {edit}");
    data.splice(from..from + n_deleted, numbers(&edit["data"]));
    let whole = tokens(&mut client, &uri).await;
    assert_eq!(data, numbers(&whole["data"]));
    let unchanged = client.request(method, params(&whole["resultId"])).await;
    assert_eq!(unchanged["edits"], json!([]));
    let unknown = client.request(method, params(&first["resultId"])).await;
    assert_eq!(unknown["data"], whole["data"], "what the client has is not known any more");
    client.finish().await;
}

#[tokio::test]
async fn other_files_have_no_tokens() {
    let (mut client, _) = start(json!({}), SKILL).await;
    let uri = client.uri("w/README.md");
    client.open(&uri, SKILL).await;
    assert_eq!(tokens(&mut client, &uri).await, Value::Null);
    client.finish().await;
}
