//! A skill that is there for two clients: which copy a text means, in every feature.

use serde_json::{Value, json};
use tokio::fs;

use crate::harness::{Client, ClientOptions};

const ROOTS: [&str; 2] = [".agents", ".claude"];

const SUM: &str = "---\nname: sum-rows\ndescription: Sums. Use when rows are summed.\n---\n# Sum\n\n😀 First `/count-rows`, see [it](../count-rows/SKILL.md).\n";

/// What speaks of the skill beside its copies.
const BESIDE: [(&str, &str); 3] = [
    ("AGENTS.md", "😀 Run /count-rows in any case.\r\n"),
    ("CLAUDE.md", "😀 Run /count-rows in any case.\r\n"),
    ("README.md", "The /count-rows skill.\n"),
];

fn count(description: &str) -> String {
    format!(
        "---\r\nname: count-rows\r\ndescription: {description}. Use when rows are counted.\r\n---\r\n# Count 😀\r\n\r\nThen run /sum-rows.\r\n"
    )
}

/// A client whose workspace has two skills for two clients, with what a copy says of itself.
async fn start(says: impl Fn(&str) -> String) -> Client {
    let capabilities = json!({"workspace": {"workspaceEdit": {
        "documentChanges": true, "resourceOperations": ["rename"],
    }}});
    let options = ClientOptions { capabilities, workspace: Some("w"), ..ClientOptions::default() };
    let mut client = Client::launch(&options).await;
    client.may_stay_unread = &["textDocument/publishDiagnostics"];
    let beside = BESIDE.map(|(path, text)| (path.to_owned(), text.to_owned()));
    let copies = ROOTS.into_iter().flat_map(|root| {
        [
            (format!("{root}/skills/count-rows/SKILL.md"), count(&says(root))),
            (format!("{root}/skills/sum-rows/SKILL.md"), SUM.to_owned()),
        ]
    });
    for (path, text) in beside.into_iter().chain(copies) {
        let path = client.dir().join("w").join(path);
        fs::create_dir_all(path.parent().unwrap()).await.unwrap();
        fs::write(path, text).await.unwrap();
    }
    client.initialize(&options).await;
    while symbols(&mut client).await.len() < 4 {}
    client
}

async fn symbols(client: &mut Client) -> Vec<Value> {
    let found = client.request("workspace/symbol", json!({"query": ""})).await;
    found.as_array().cloned().unwrap_or_default()
}

fn skill(client: &Client, root: &str, name: &str) -> String {
    client.uri(&format!("w/{root}/skills/{name}/SKILL.md"))
}

fn at(uri: &str, line: u32, character: u32) -> Value {
    let position = json!({"line": line, "character": character});
    json!({"textDocument": {"uri": uri}, "position": position})
}

async fn rename(client: &mut Client, uri: &str, line: u32, character: u32) -> Vec<Value> {
    let mut params = at(uri, line, character);
    params["newName"] = json!("tally-rows");
    let mut edit = client.request("textDocument/rename", params).await;
    serde_json::from_value(edit["documentChanges"].take()).unwrap_or_else(|_| panic!("{edit:#}"))
}

/// The paths of what changes, below the workspace.
fn changed(changes: &[Value]) -> Vec<&str> {
    let uris = changes.iter().map(|it| {
        let changed = it["textDocument"]["uri"].as_str();
        changed.unwrap_or_else(|| it["newUri"].as_str().unwrap())
    });
    uris.map(|uri| uri.split_once("/w/").unwrap().1).collect()
}

#[tokio::test]
async fn hover_definition_and_completion_speak_of_the_same_copy() {
    let mut client = start(|root| format!("Größe of {root}")).await;
    for root in ROOTS {
        let sum = skill(&client, root, "sum-rows");
        let text = format!("{SUM}\n😀 Run /cou\n");
        client.open(&sum, &text).await;
        let found = client.request("textDocument/definition", at(&sum, 6, 12)).await;
        assert_eq!(
            found[0]["uri"],
            skill(&client, root, "count-rows"),
            "its own neighbor: {found}"
        );
        assert_eq!(found.as_array().unwrap().len(), 1);
        let hover = client.request("textDocument/hover", at(&sum, 6, 12)).await;
        let shown = hover["contents"]["value"].as_str().unwrap();
        assert!(shown.contains(&format!("Größe of {root}")), "{shown}");
        assert!(shown.contains(&format!("`{root}/skills/count-rows/SKILL.md` (workspace)")));
        let mut offered = client.request("textDocument/completion", at(&sum, 8, 11)).await;
        let items: Vec<Value> = serde_json::from_value(offered["items"].take()).unwrap();
        let item = items.iter().find(|it| it["label"] == "/count-rows").unwrap();
        let told = item["documentation"]["value"].as_str().unwrap();
        assert!(told.contains(&format!("Größe of {root}")), "{told}");
    }
    client.finish().await;
}

#[tokio::test]
async fn a_skill_is_renamed_with_what_means_this_copy() {
    let mut client = start(|_| "Größe".to_owned()).await;
    let text = count("Größe");
    let (own, sum) =
        (skill(&client, ".claude", "count-rows"), skill(&client, ".claude", "sum-rows"));
    client.open(&own, &text).await;
    client.open(&sum, SUM).await;
    // At the name and at a mention, it is the same rename. Claude Code's instructions mean its own
    // copy; those of others do not, and what everybody reads is left as long as one copy has the name.
    for (uri, line, character) in [(&own, 1, 8), (&sum, 6, 12)] {
        let changes = rename(&mut client, uri, line, character).await;
        let expected = [
            ".claude/skills/count-rows/SKILL.md",
            ".claude/skills/sum-rows/SKILL.md",
            "CLAUDE.md",
            ".claude/skills/tally-rows",
        ];
        assert_eq!(changed(&changes), expected);
        assert_eq!(changes[1]["edits"].as_array().unwrap().len(), 2, "{changes:#?}");
        assert_eq!(changes[2]["edits"][0]["range"]["start"], json!({"line": 0, "character": 8}));
    }
    // The other client's may follow.
    let text = text.replace("name: count-rows", "name: tally-rows");
    client.open(&skill(&client, ".claude", "tally-rows"), &text).await;
    while !symbols(&mut client).await.iter().any(|it| it["name"] == "tally-rows") {}
    let mirror = skill(&client, ".agents", "count-rows");
    client.open(&mirror, &count("Größe")).await;
    let changes = rename(&mut client, &mirror, 1, 8).await;
    let changed = changed(&changes);
    assert_eq!(changed.last(), Some(&".agents/skills/tally-rows"));
    assert!(changed.contains(&"AGENTS.md") && !changed.contains(&"CLAUDE.md"), "{changed:?}");
    client.finish().await;
}
