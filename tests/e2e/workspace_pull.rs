//! Diagnostics of the whole workspace: of skills that are not open, and only when there is news.

use serde_json::{Value, json};
use tokio::fs;

use crate::harness::{Client, ClientOptions};

/// Letters of two UTF-16 units in front of the finding, and line ends of Windows.
const BAD: &str = "---\r\nname: bad\r\ndescription: Größe. Use when it is asked.\r\n---\r\n😀 see [x](references/no.md)\r\n";
const GOOD: &str = "---\nname: good\ndescription: Sums up. Use when sums are asked.\n---\n# Good\n";

fn pulling() -> Value {
    json!({
        "textDocument": {"diagnostic": {}},
        "workspace": {"diagnostics": {"refreshSupport": true}},
    })
}

/// A client whose workspace has a skill with a finding and one without; none is open.
async fn start(settings: Value) -> (Client, String) {
    let options = ClientOptions {
        capabilities: pulling(),
        initialization_options: settings,
        workspace: Some("w"),
        ..ClientOptions::default()
    };
    let mut client = Client::launch(&options).await;
    client.may_stay_unread = &["workspace/diagnostic/refresh", "$/cancelRequest"];
    write(&client, "bad", BAD).await;
    write(&client, "good", GOOD).await;
    let result = client.initialize(&options).await;
    assert_eq!(result["capabilities"]["diagnosticProvider"]["workspaceDiagnostics"], true);
    let bad = address(&client, "bad");
    (client, bad)
}

fn address(client: &Client, name: &str) -> String {
    client.uri(&format!("w/.agents/skills/{name}/SKILL.md"))
}

async fn write(client: &Client, name: &str, text: &str) {
    let folder = client.dir().join("w/.agents/skills").join(name);
    fs::create_dir_all(&folder).await.unwrap();
    fs::write(folder.join("SKILL.md"), text).await.unwrap();
}

/// Tells the server that a file is another one, and goes on as editors do.
async fn changed(client: &mut Client, uri: &str) {
    let changes = json!([{"uri": uri, "type": 2}]);
    client.notify("workspace/didChangeWatchedFiles", json!({"changes": changes})).await;
}

/// Asks; `previous` is the last answer.
async fn ask(client: &mut Client, previous: &Value) -> i64 {
    let items = previous["items"].as_array().cloned().unwrap_or_default();
    let ids: Vec<Value> =
        items.iter().map(|it| json!({"uri": it["uri"], "value": it["resultId"]})).collect();
    let params = json!({"identifier": "preceptor", "previousResultIds": ids});
    client.start_request("workspace/diagnostic", params).await
}

async fn answer(client: &mut Client, id: i64) -> Value {
    client.answer_to(id).await["result"].take()
}

/// Asks for anything else: what is answered shows that the server is free.
async fn is_free(client: &mut Client) {
    client.request("workspace/symbol", json!({"query": "x"})).await;
}

#[tokio::test]
async fn skills_that_are_not_open_are_reported_and_then_held_back_until_there_is_news() {
    let (mut client, bad) = start(json!({})).await;
    let id = ask(&mut client, &json!({})).await;
    let first = answer(&mut client, id).await;
    let [report] = first["items"].as_array().unwrap().as_slice() else { panic!("{first}") };
    assert_eq!((&report["uri"], &report["kind"]), (&json!(bad), &json!("full")));
    let finding = &report["items"][0];
    assert_eq!(
        (&finding["code"], &finding["source"]),
        (&json!("links/broken"), &json!("preceptor"))
    );
    assert_eq!(finding["range"]["start"], json!({"line": 4, "character": 11}));

    let held = ask(&mut client, &first).await;
    is_free(&mut client).await;
    write(&client, "bad", &BAD.replace("[x](references/no.md)", "nothing")).await;
    changed(&mut client, &bad).await;
    let second = answer(&mut client, held).await;
    assert_eq!(second["items"][0]["items"], json!([]));

    // What is around a skill counts as well.
    let held = ask(&mut client, &second).await;
    write(&client, "other", &GOOD.replace("good", "bad")).await;
    let other = address(&client, "other");
    changed(&mut client, &other).await;
    let mut third = answer(&mut client, held).await;
    while third["items"].as_array().unwrap().len() < 2 {
        let held = ask(&mut client, &third).await;
        third = answer(&mut client, held).await;
    }
    for report in third["items"].as_array().unwrap() {
        let codes: Vec<_> = report["items"].as_array().into_iter().flatten().collect();
        let is_duplicate = codes.iter().any(|it| it["code"] == "name/duplicate");
        assert!(is_duplicate || report["kind"] == "unchanged", "{report}");
    }
    fs::remove_dir_all(client.dir().join("w/.agents/skills/other")).await.unwrap();
    let held = ask(&mut client, &third).await;
    changed(&mut client, &other).await;
    let last = answer(&mut client, held).await;
    let of_other = last["items"].as_array().unwrap().iter().find(|it| it["uri"] == other.as_str());
    assert_eq!(of_other.unwrap()["items"], json!([]), "what is gone has no findings");
    client.finish().await;
}

#[tokio::test]
async fn an_open_skill_is_left_to_its_own_requests_until_it_is_closed() {
    let (mut client, bad) = start(json!({})).await;
    client.open(&bad, BAD).await;
    let document = json!({"textDocument": {"uri": bad}});
    let own = client.request("textDocument/diagnostic", document.clone()).await;
    assert_eq!(own["items"][0]["code"], "links/broken");
    let id = ask(&mut client, &json!({})).await;
    let first = answer(&mut client, id).await;
    assert_eq!(first["items"], json!([]), "who asks for the first time does not wait for news");
    let held = ask(&mut client, &first).await;
    is_free(&mut client).await;
    client.notify("textDocument/didClose", document.clone()).await;
    // The last answer about the document is what the client goes on to show.
    let closed = client.request("textDocument/diagnostic", document).await;
    assert_eq!(closed["items"], own["items"]);
    let report = answer(&mut client, held).await;
    assert_eq!(report["items"][0]["uri"], bad);
    assert_eq!(report["items"][0]["resultId"], closed["resultId"]);
    client.finish().await;
}

#[tokio::test]
async fn findings_that_were_never_saved_are_taken_back_once_their_document_is_closed() {
    let (mut client, _) = start(json!({})).await;
    let id = ask(&mut client, &json!({})).await;
    let first = answer(&mut client, id).await;
    let good = address(&client, "good");
    for (uri, is_there) in [(&good, true), (&address(&client, "moved"), false)] {
        client.open(uri, BAD).await;
        let document = json!({"textDocument": {"uri": uri}});
        let own = client.request("textDocument/diagnostic", document.clone()).await;
        assert_ne!(own["items"], json!([]));
        let held = ask(&mut client, &first).await;
        client.notify("textDocument/didClose", document).await;
        // The client does not name the document: it has forgotten what it was answered.
        let report = answer(&mut client, held).await;
        let of_closed = report["items"].as_array().unwrap().iter().find(|it| it["uri"] == **uri);
        assert_eq!(of_closed.unwrap()["items"], json!([]), "is there: {is_there}");
    }
    let held = ask(&mut client, &first).await;
    is_free(&mut client).await;
    client.notify("$/cancelRequest", json!({"id": held})).await;
    let cancelled = client.answer_to(held).await;
    assert!(cancelled["error"].is_object(), "once is enough: {cancelled}");
    client.finish().await;
}

#[tokio::test]
async fn new_settings_are_news_and_hold_for_each_path() {
    let (mut client, _) = start(json!({})).await;
    let id = ask(&mut client, &json!({})).await;
    let first = answer(&mut client, id).await;
    let held = ask(&mut client, &first).await;
    let overrides = json!([{"paths": [".agents/skills/bad/**"], "rules": {"links/broken": "off"}}]);
    let settings = json!({"preceptor": {"lint": {"overrides": overrides}}});
    client.notify("workspace/didChangeConfiguration", json!({"settings": settings})).await;
    let second = answer(&mut client, held).await;
    assert_eq!(second["items"][0]["items"], json!([]));
    client.finish().await;
}

#[tokio::test]
async fn a_request_that_is_held_back_can_be_taken_back() {
    let (mut client, _) = start(json!({"lint": {"rules": {"links/broken": "off"}}})).await;
    let held = ask(&mut client, &json!({})).await;
    is_free(&mut client).await;
    client.notify("$/cancelRequest", json!({"id": held})).await;
    let answer = client.answer_to(held).await;
    assert_eq!(answer["error"]["code"], -32800);
    client.finish().await;
}

#[tokio::test]
async fn a_client_that_takes_parts_gets_them_before_the_answer() {
    let options =
        ClientOptions { capabilities: pulling(), workspace: Some("w"), ..ClientOptions::default() };
    let mut client = Client::launch(&options).await;
    for number in 0..70 {
        let name = format!("bad-{number}");
        write(&client, &name, &BAD.replace("name: bad", &format!("name: {name}"))).await;
    }
    client.initialize(&options).await;
    let params = json!({"previousResultIds": [], "partialResultToken": "t"});
    let id = client.start_request("workspace/diagnostic", params).await;
    let whole = client.answer_to(id).await;
    assert_eq!(whole["result"]["items"], json!([]));
    let mut n_reported = 0;
    for _ in 0..2 {
        let part = client.wait_for("a part", |it| it["method"] == "$/progress").await;
        assert_eq!(part["params"]["token"], "t");
        assert!(part["place"].as_u64() < whole["place"].as_u64(), "parts come first");
        n_reported += part["params"]["value"]["items"].as_array().unwrap().len();
    }
    assert_eq!(n_reported, 70);
    client.finish().await;
}

#[tokio::test]
async fn a_workspace_without_findings_is_silent_after_the_first_answer() {
    let options =
        ClientOptions { capabilities: pulling(), workspace: Some("w"), ..ClientOptions::default() };
    let mut client = Client::launch(&options).await;
    write(&client, "good", GOOD).await;
    client.initialize(&options).await;
    let id = ask(&mut client, &json!({})).await;
    let first = answer(&mut client, id).await;
    assert_eq!(first["items"], json!([]));
    ask(&mut client, &first).await;
    is_free(&mut client).await;
    // `finish` claims that nothing more was answered.
    client.finish().await;
}
