//! From skill to skill: definition, references, rename, links and symbols, over files that are open
//! and files that are not.

use serde_json::{Value, json};
use tokio::fs;

use crate::harness::{Client, ClientOptions};

const COUNT: &str = "---\r\nname: count-rows\r\ndescription: Größe. Use when rows are counted.\r\n---\r\n# Count 😀\r\n\r\nThen run /sum-rows.\r\n";
const SUM: &str = "---\nname: sum-rows\ndescription: Sums. Use when rows are summed.\n---\n# Sum\n\n😀 First `/count-rows`, see [it](../count-rows/SKILL.md) and [how](scripts/a%20b.sh).\n\nNot counting /count-rows-x or count-rows.\n";

/// A client whose workspace has both skills on the disk; only the first one is open. They may not be
/// known yet.
async fn start_unsearched() -> (Client, String, String) {
    let capabilities = json!({"workspace": {"workspaceEdit": {
        "documentChanges": true, "resourceOperations": ["create", "rename", "delete"],
    }}});
    let options = ClientOptions { capabilities, workspace: Some("w"), ..ClientOptions::default() };
    let mut client = Client::launch(&options).await;
    client.may_stay_unread = &["textDocument/publishDiagnostics"];
    for (path, text) in [
        ("count-rows/SKILL.md", COUNT),
        ("sum-rows/SKILL.md", SUM),
        ("sum-rows/scripts/a b.sh", "ls\n"),
    ] {
        let path = client.dir().join("w/.agents/skills").join(path);
        fs::create_dir_all(path.parent().unwrap()).await.unwrap();
        fs::write(path, text).await.unwrap();
    }
    client.initialize(&options).await;
    let uri = |name: &str| client.uri(&format!("w/.agents/skills/{name}/SKILL.md"));
    let (count, sum) = (uri("count-rows"), uri("sum-rows"));
    client.open(&count, COUNT).await;
    (client, count, sum)
}

/// The same, with both skills known.
async fn start() -> (Client, String, String) {
    let (mut client, count, sum) = start_unsearched().await;
    // The search runs beside: it is over when both skills are known.
    while symbols(&mut client, "").await.len() < 2 {}
    (client, count, sum)
}

async fn symbols(client: &mut Client, query: &str) -> Vec<Value> {
    let found = client.request("workspace/symbol", json!({"query": query})).await;
    found.as_array().cloned().unwrap_or_default()
}

fn at(uri: &str, line: u32, character: u32) -> Value {
    json!({
        "textDocument": {"uri": uri},
        "position": {"line": line, "character": character},
        "context": {"includeDeclaration": true},
    })
}

fn place(location: &Value) -> (String, u64, u64) {
    let start = &location["range"]["start"];
    let uri = location["uri"].as_str().unwrap().rsplit('/').nth(1).unwrap().to_owned();
    (uri, start["line"].as_u64().unwrap(), start["character"].as_u64().unwrap())
}

fn places(locations: &Value) -> Vec<(String, u64, u64)> {
    locations.as_array().unwrap().iter().map(place).collect()
}

#[tokio::test]
async fn a_mention_leads_to_the_name_of_the_skill() {
    let (mut client, count, sum) = start().await;
    let found = client.request("textDocument/definition", at(&count, 6, 12)).await;
    assert_eq!(places(&found), [("sum-rows".to_owned(), 1, 6)]);
    client.open(&sum, SUM).await;
    let found = client.request("textDocument/definition", at(&sum, 6, 12)).await;
    assert_eq!(places(&found), [("count-rows".to_owned(), 1, 6)]);
    let found = client.request("textDocument/definition", at(&sum, 6, 72)).await;
    assert!(found[0]["uri"].as_str().unwrap().ends_with("/scripts/a%20b.sh"), "{found}");
    let found = client.request("textDocument/definition", at(&sum, 8, 16)).await;
    assert_eq!(found, json!([]), "a longer name is another one");
    client.finish().await;
}

#[tokio::test]
async fn routes_and_variables_of_a_skills_name_lead_nowhere() {
    let (mut client, count, _) = start().await;
    let routes = "😀 GET /sum-rows and $sum-rows in the shell.\r\n";
    client.open(&client.uri("w/.agents/skills/x/SKILL.md"), routes).await;
    let uri = client.uri("w/.agents/skills/x/SKILL.md");
    for character in [10, 24] {
        for method in ["definition", "hover", "prepareRename", "references"] {
            let method = format!("textDocument/{method}");
            let found = client.request(&method, at(&uri, 0, character)).await;
            assert!(found.is_null() || found == json!([]), "{method} {character}: {found}");
        }
    }
    let found = client.request("textDocument/references", at(&count, 6, 12)).await;
    assert_eq!(places(&found).len(), 2, "its name and the one mention: {found}");
    client.finish().await;
}

#[tokio::test]
async fn references_are_the_mentions_in_all_skills() {
    let (mut client, count, _) = start().await;
    let found = client.request("textDocument/references", at(&count, 1, 8)).await;
    let expected = [("count-rows", 1, 6), ("sum-rows", 6, 11), ("sum-rows", 6, 36)];
    let expected = expected.map(|(name, line, character)| (name.to_owned(), line, character));
    assert_eq!(places(&found), expected);
    client.finish().await;
}

#[tokio::test]
async fn references_and_rename_reach_the_files_that_skills_refer_to() {
    let (mut client, _, sum) = start_unsearched().await;
    let files = [
        ("count-rows/references/own.md", "😀 [up](../SKILL.md), $sum-rows.\r\n"),
        ("sum-rows/references/deep/how.md", "😀 /sum-rows-x, [it](../../../sum-rows/SKILL.md)\n"),
        ("sum-rows/notes.md", "/sum-rows\n"),
        ("sum-rows/references/data.txt", "/sum-rows\n"),
    ];
    for (path, text) in files {
        let path = format!("w/.agents/skills/{path}");
        let file = client.dir().join(&path);
        fs::create_dir_all(file.parent().unwrap()).await.unwrap();
        fs::write(&file, text).await.unwrap();
        let created = json!({"changes": [{"uri": client.uri(&path), "type": 1}]});
        client.notify("workspace/didChangeWatchedFiles", created).await;
    }
    client.open(&sum, SUM).await;
    let own = ("references".to_owned(), 0, 23);
    let deep = ("deep".to_owned(), 0, 30);
    let found = loop {
        let found = client.request("textDocument/references", at(&sum, 1, 8)).await;
        let found = places(&found);
        if found.contains(&own) && found.contains(&deep) {
            break found;
        }
    };
    let expected = [("sum-rows".to_owned(), 1, 6), ("count-rows".to_owned(), 6, 10), own, deep];
    assert_eq!(found, expected);
    let mut params = at(&sum, 1, 8);
    params["newName"] = json!("add-rows");
    let edit = client.request("textDocument/rename", params).await;
    let changes = edit["documentChanges"].as_array().unwrap();
    let edited = changes.iter().filter_map(|it| it["textDocument"]["uri"].as_str());
    let edited: Vec<_> = edited.map(|it| it.split("/skills/").last().unwrap()).collect();
    let expected = [
        "count-rows/SKILL.md",
        "count-rows/references/own.md",
        "sum-rows/SKILL.md",
        "sum-rows/references/deep/how.md",
    ];
    assert_eq!(edited, expected);
    assert_eq!(changes[1]["edits"][0]["newText"], "add-rows");
    client.finish().await;
}

#[tokio::test]
async fn a_link_with_an_anchor_leads_to_the_heading() {
    let (mut client, count, _) = start().await;
    let text = "---\r\nname: count-rows\r\ndescription: Größe. Use for rows.\r\n---\r\n# Count\r\n\r\n\
        😀 [here](#größe-der-zeilen), [there](../sum-rows/guide.md#2-sums), [no](#lost).\r\n\r\n\
        ## Größe der Zeilen\r\n\r\nText.\r\n";
    let guide = client.dir().join("w/.agents/skills/sum-rows/guide.md");
    fs::write(guide, "# Guide\n\nText.\n\n## 2. Sums\n\n😀 All.\n\n## End\n").await.unwrap();
    client.change(&count, 2, json!([{"text": text}])).await;
    let found = client.request("textDocument/definition", at(&count, 6, 5)).await;
    assert_eq!(places(&found), [("count-rows".to_owned(), 8, 0)], "on the link's words");
    let found = client.request("textDocument/definition", at(&count, 6, 60)).await;
    assert_eq!(places(&found), [("sum-rows".to_owned(), 4, 0)]);
    let found = client.request("textDocument/definition", at(&count, 6, 75)).await;
    assert_eq!(found, json!([]), "no heading is called so");
    let hover = client.request("textDocument/hover", at(&count, 6, 5)).await;
    let shown = hover["contents"]["value"].as_str().unwrap();
    assert_eq!(shown, "```md\n## Größe der Zeilen\n\nText.\n```");
    let hover = client.request("textDocument/hover", at(&count, 6, 34)).await;
    let shown = hover["contents"]["value"].as_str().unwrap();
    assert!(shown.contains("## 2. Sums\n\n😀 All.\n```"), "{shown}");
    client.finish().await;
}

#[tokio::test]
async fn rename_changes_the_folder_the_name_and_every_mention_in_one_edit() {
    let (mut client, count, sum) = start().await;
    let prepared = client.request("textDocument/prepareRename", at(&count, 1, 8)).await;
    assert_eq!(prepared["placeholder"], "count-rows");
    let mut params = at(&count, 1, 8);
    params["newName"] = json!("tally-rows");
    let edit = client.request("textDocument/rename", params).await;
    let changes = edit["documentChanges"].as_array().unwrap();
    let [own, other, folder] = changes.as_slice() else { panic!("three changes: {edit:#}") };
    assert_eq!(own["textDocument"], json!({"uri": count, "version": 1}));
    assert_eq!(own["edits"].as_array().unwrap().len(), 1);
    assert_eq!(own["edits"][0]["newText"], "tally-rows");
    assert_eq!(other["textDocument"], json!({"uri": sum, "version": null}));
    let starts: Vec<_> = other["edits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["range"]["start"]["character"].as_u64().unwrap())
        .collect();
    assert_eq!(starts, [11, 36]);
    assert_eq!(folder["kind"], "rename");
    assert_eq!(folder["oldUri"], client.uri("w/.agents/skills/count-rows"));
    assert_eq!(folder["newUri"], client.uri("w/.agents/skills/tally-rows"));
    assert_eq!(folder["options"]["overwrite"], false);
    client.finish().await;
}

/// What speaks of the skill beside the skills, and in code; and what only looks so.
const BESIDE: [(&str, &str); 15] = [
    (
        ".agents/skills/sum-rows/SKILL.md",
        "😀 `python ../count-rows/a.py`\r\n\r\n```sh\r\ncat ../count-rows/SKILL.md\r\n```\r\n<a href=\"../count-rows/SKILL.md\">it</a>\r\n",
    ),
    (".agents/skills/README.md", "- [it](count-rows/SKILL.md)\n- count-rows\n"),
    ("AGENTS.md", "😀 Run /count-rows of .agents/skills/count-rows/SKILL.md, GET /count-rows\n"),
    (".claude/agents/a.md", "---\r\nname: a\r\nskills: sum-rows, count-rows\r\n---\r\n"),
    (".claude/commands/x/c.md", "@.agents/skills/count-rows/SKILL.md\n"),
    (
        "preceptor.toml",
        "[[lint.overrides]]\npaths = [\".agents/skills/count-rows/**\", \"/count-rows\"]\n",
    ),
    ("docs/README.md", "/count-rows is no skill here\n"),
    ("docs/how.md", "😀 [it](../.agents/skills/count-rows/SKILL.md), /count-rows\r\n"),
    ("docs/root.md", "[it](/.agents/skills/count-rows/SKILL.md)\n"),
    (".agents/skills/count-rows/agents/openai.yaml", "default_prompt: \"Use $count-rows on it\"\n"),
    (".agents/skills/count-rows/scripts/a.sh", "cat .agents/skills/count-rows/b count-rows/c\n"),
    ("tools/a.py", "open('.agents/skills/count-rows/data.csv')  # /count-rows\n"),
    (".agents/.claude-plugin/plugin.json", "{\"skills\": [\"./skills/count-rows\"]}\n"),
    ("node_modules/x/a.md", "[it](../../.agents/skills/count-rows/SKILL.md)\n"),
    ("CLAUDE.md", "count-rows\n"),
];

async fn start_with_mentions_beside(annotates: bool) -> (Client, Value) {
    let mut edits = json!({"documentChanges": true, "resourceOperations": ["rename"]});
    if annotates {
        edits["changeAnnotationSupport"] = json!({});
    }
    let capabilities = json!({"workspace": {"workspaceEdit": edits}});
    let options = ClientOptions { capabilities, workspace: Some("w"), ..ClientOptions::default() };
    let mut client = Client::launch(&options).await;
    client.may_stay_unread = &["textDocument/publishDiagnostics"];
    let own = (".agents/skills/count-rows/SKILL.md", COUNT);
    for (path, text) in BESIDE.into_iter().chain([own]) {
        let path = client.dir().join("w").join(path);
        fs::create_dir_all(path.parent().unwrap()).await.unwrap();
        fs::write(path, text).await.unwrap();
    }
    client.initialize(&options).await;
    let uri = client.uri("w/.agents/skills/count-rows/SKILL.md");
    client.open(&uri, COUNT).await;
    while symbols(&mut client, "").await.len() < 2 {}
    let mut params = at(&uri, 1, 8);
    params["newName"] = json!("tally-rows");
    let edit = client.request("textDocument/rename", params).await;
    (client, edit)
}

#[tokio::test]
async fn rename_reaches_code_and_what_clients_read_beside_the_skills() {
    let (client, edit) = start_with_mentions_beside(/*annotates*/ true).await;
    let mut changed: Vec<(String, usize, bool)> = Vec::new();
    for change in edit["documentChanges"].as_array().unwrap() {
        let Some(uri) = change["textDocument"]["uri"].as_str() else { continue };
        let path = uri.split_once("/w/").unwrap().1.to_owned();
        let edits = change["edits"].as_array().unwrap();
        assert!(edits.iter().all(|it| it["newText"] == "tally-rows"), "{change:#}");
        let is_asked = edits.iter().all(|it| it["annotationId"] == "outside");
        changed.push((path, edits.len(), is_asked));
    }
    let expected = [
        (".agents/.claude-plugin/plugin.json", 1, true),
        (".agents/skills/README.md", 1, true),
        (".agents/skills/count-rows/SKILL.md", 1, false),
        (".agents/skills/count-rows/agents/openai.yaml", 1, false),
        (".agents/skills/count-rows/scripts/a.sh", 1, true),
        (".agents/skills/sum-rows/SKILL.md", 3, false),
        (".claude/agents/a.md", 1, true),
        (".claude/commands/x/c.md", 1, true),
        ("AGENTS.md", 2, true),
        ("docs/how.md", 1, true),
        ("docs/root.md", 1, true),
        ("preceptor.toml", 1, true),
        ("tools/a.py", 1, true),
    ];
    assert_eq!(changed, expected.map(|(path, n, asked)| (path.to_owned(), n, asked)));
    assert_eq!(edit["changeAnnotations"]["outside"]["needsConfirmation"], true);
    client.finish().await;

    let (client, edit) = start_with_mentions_beside(/*annotates*/ false).await;
    assert_eq!(edit["changeAnnotations"], Value::Null);
    assert!(!edit.to_string().contains("annotationId"), "{edit:#}");
    assert_eq!(edit["documentChanges"].as_array().unwrap().len(), 14, "{edit:#}");
    client.finish().await;
}

#[tokio::test]
async fn a_name_in_quotes_keeps_them() {
    let (mut client, count, _) = start().await;
    for (version, quote) in [(2, "\""), (3, "'")] {
        let name = format!("name: {quote}count-rows{quote}");
        let text = COUNT.replace("name: count-rows", &name);
        client.change(&count, version, json!([{"text": text}])).await;
        let mut params = at(&count, 1, 8);
        params["newName"] = json!("tally-rows");
        let edit = client.request("textDocument/rename", params).await;
        let change = &edit["documentChanges"][0]["edits"][0];
        assert_eq!(change["newText"], format!("{quote}tally-rows{quote}"), "{edit:#}");
        assert_eq!(change["range"]["start"], json!({"line": 1, "character": 6}));
    }
    client.finish().await;
}

#[tokio::test]
async fn a_path_in_a_document_that_nobody_saved_is_renamed() {
    let (mut client, count, _) = start().await;
    let notes = client.uri("w/notes.md");
    let path = client.dir().join("w/notes.md");
    fs::write(path, "# Notes\n").await.unwrap();
    client.open(&notes, "# Notes\r\n\r\n😀 [it](.agents/skills/count-rows/SKILL.md)\r\n").await;
    let mut params = at(&count, 1, 8);
    params["newName"] = json!("tally-rows");
    let edit = client.request("textDocument/rename", params).await;
    let mut changes = edit["documentChanges"].as_array().unwrap().iter();
    let change = changes.find(|it| it["textDocument"]["uri"] == notes).unwrap();
    assert_eq!(change["edits"][0]["range"]["start"], json!({"line": 2, "character": 23}));
    client.finish().await;
}

#[tokio::test]
async fn what_speaks_of_all_skills_waits_until_they_are_known() {
    let (mut client, count, _) = start_unsearched().await;
    let mut params = at(&count, 1, 8);
    params["newName"] = json!("tally-rows");
    let edit = client.request("textDocument/rename", params).await;
    let n_changes = edit["documentChanges"].as_array().unwrap().len();
    assert_eq!(n_changes, 3, "two texts and the folder: {edit:#}");
    client.finish().await;

    let (mut client, count, _) = start_unsearched().await;
    let found = client.request("textDocument/references", at(&count, 1, 8)).await;
    assert_eq!(found.as_array().unwrap().len(), 3, "{found:#}");
    client.finish().await;

    let (mut client, _, _) = start_unsearched().await;
    let uri = |name: &str| client.uri(&format!("w/.agents/skills/{name}"));
    let files = json!([{"oldUri": uri("count-rows"), "newUri": uri("tally-rows")}]);
    let edit = client.request("workspace/willRenameFiles", json!({"files": files})).await;
    assert_eq!(edit["documentChanges"].as_array().unwrap().len(), 2, "{edit:#}");
    client.finish().await;
}

#[tokio::test]
async fn a_skill_that_nobody_saved_has_its_name_and_folder_renamed_and_a_proposal_has_not() {
    let (mut client, _, _) = start().await;
    let text = COUNT.replace("name: count-rows", "name: new-rows");
    let new = client.uri("w/.agents/skills/new-rows/SKILL.md");
    client.open(&new, &text).await;
    let mut params = at(&new, 1, 8);
    params["newName"] = json!("tally-rows");
    let edit = client.request("textDocument/rename", params.clone()).await;
    assert_eq!(edit["documentChanges"][0]["edits"][0]["newText"], "tally-rows", "{edit:#}");
    let proposal = client.uri("w/.preceptor/proposals/1/other-rows/SKILL.md");
    client.open(&proposal, &COUNT.replace("name: count-rows", "name: other-rows")).await;
    let nothing = client.request("textDocument/prepareRename", at(&proposal, 1, 8)).await;
    assert_eq!(nothing, Value::Null, "it is no skill before it is accepted");
    params["textDocument"]["uri"] = json!(proposal);
    let nothing = client.request("textDocument/rename", params).await;
    assert_eq!(nothing, Value::Null);
    client.finish().await;
}

#[tokio::test]
async fn a_name_that_no_skill_can_have_or_that_is_taken_is_refused() {
    let (mut client, count, _) = start().await;
    for (name, reason) in
        [("Tally Rows", "is no name for a skill"), ("sum-rows", "already: choose another")]
    {
        let mut params = at(&count, 1, 8);
        params["newName"] = json!(name);
        let id = client.start_request("textDocument/rename", params).await;
        let answer = client.answer_to(id).await;
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains(reason), "{message}");
    }
    let nothing = client.request("textDocument/prepareRename", at(&count, 4, 3)).await;
    assert_eq!(nothing, Value::Null, "a heading is no name");
    let other = client.uri("w/.agents/skills/other-folder/SKILL.md");
    client.open(&other, &COUNT.replace("name: count-rows", "name: taken-name")).await;
    while !symbols(&mut client, "").await.iter().any(|it| it["name"] == "taken-name") {}
    let mut params = at(&count, 1, 8);
    params["newName"] = json!("taken-name");
    let id = client.start_request("textDocument/rename", params).await;
    let message = client.answer_to(id).await["error"]["message"].to_string();
    assert!(message.contains("`taken-name` is the name of"), "{message}");
    client.finish().await;
}

#[tokio::test]
async fn a_folder_with_another_name_is_renamed_with_the_links_to_it() {
    let (mut client, count, sum) = start().await;
    let text = COUNT.replace("name: count-rows", "name: tally-rows");
    client.change(&count, 2, json!([{"text": text}])).await;
    while !symbols(&mut client, "").await.iter().any(|it| it["name"] == "tally-rows") {}
    let position = json!({"line": 1, "character": 0});
    let params = json!({
        "textDocument": {"uri": count},
        "range": {"start": position, "end": position},
        "context": {"diagnostics": []},
    });
    let actions = client.request("textDocument/codeAction", params).await;
    let titles: Vec<_> =
        actions.as_array().unwrap().iter().map(|it| it["title"].as_str().unwrap()).collect();
    assert!(titles[0].starts_with("Rename it to `count-rows`, like its folder"), "{titles:#?}");
    let edits = &actions[0]["edit"]["documentChanges"][0];
    assert_eq!(edits["textDocument"]["uri"], count, "its own name: {edits:#}");
    assert_eq!(
        (&actions[0]["isPreferred"], &edits["edits"][0]["newText"]),
        (&json!(false), &json!("count-rows"))
    );
    assert!(titles[1].starts_with("Rename the folder to `tally-rows`"), "{titles:#?}");
    assert!(titles.iter().any(|it| it.starts_with("Ignore `name/directory-mismatch`")));
    let action = &actions[1];
    assert_eq!(action["isPreferred"], false);
    let changes = action["edit"]["documentChanges"].as_array().unwrap();
    let [other, folder] = changes.as_slice() else { panic!("two changes: {action:#}") };
    assert_eq!(other["textDocument"]["uri"], sum);
    assert_eq!(other["edits"].as_array().unwrap().len(), 1, "only the link: {other:#}");
    assert_eq!(other["edits"][0]["newText"], "tally-rows");
    assert_eq!(other["edits"][0]["range"]["start"]["character"], 36);
    assert_eq!(folder["kind"], "rename");
    assert_eq!(folder["oldUri"], client.uri("w/.agents/skills/count-rows"));
    assert_eq!(folder["newUri"], client.uri("w/.agents/skills/tally-rows"));
    client.finish().await;
}

#[tokio::test]
async fn a_folder_that_the_editor_renames_takes_its_name_and_mentions_along() {
    let (mut client, count, _) = start().await;
    let files = json!([{
        "oldUri": client.uri("w/.agents/skills/count-rows"),
        "newUri": client.uri("w/.agents/skills/tally-rows"),
    }]);
    let edit = client.request("workspace/willRenameFiles", json!({"files": files})).await;
    let changes = edit["documentChanges"].as_array().unwrap();
    assert_eq!(changes.len(), 2, "the editor renames the folder itself: {edit:#}");
    assert_eq!(changes[0]["textDocument"]["uri"], count);
    let files = json!([{
        "oldUri": client.uri("w/.agents/skills/count-rows"),
        "newUri": client.uri("w/.agents/skills/Tally Rows"),
    }]);
    let edit = client.request("workspace/willRenameFiles", json!({"files": files})).await;
    assert_eq!(edit, Value::Null);
    // A folder that moves at the same time: its paths are others anyway.
    let move_to = |name: &str| {
        let new_uri = client.uri(&format!("w/.claude/skills/{name}"));
        json!({"files": [{"oldUri": client.uri("w/.agents/skills/count-rows"), "newUri": new_uri}]})
    };
    let (renamed, kept) = (move_to("tally-rows"), move_to("count-rows"));
    let edit = client.request("workspace/willRenameFiles", renamed).await;
    let changes = edit["documentChanges"].as_array().unwrap();
    assert_eq!(changes[0]["textDocument"]["uri"], count);
    let [mention] = changes[1]["edits"].as_array().unwrap().as_slice() else { panic!("{edit:#}") };
    assert_eq!(mention["range"]["start"], json!({"line": 6, "character": 11}));
    assert_eq!(client.request("workspace/willRenameFiles", kept).await, Value::Null);
    client.finish().await;
}

#[tokio::test]
async fn a_folder_that_is_renamed_with_its_skill_needs_no_second_edit() {
    let (mut client, count, sum) = start().await;
    client.open(&sum, SUM).await;
    let renamed = |text: &str| json!([{"text": text.replace("count-rows/", "tally-rows/").replace("count-rows`", "tally-rows`")}]);
    client.change(&sum, 2, renamed(SUM)).await;
    let text = COUNT.replace("name: count-rows", "name: tally-rows");
    client.change(&count, 2, json!([{"text": text}])).await;
    let files = json!([{
        "oldUri": client.uri("w/.agents/skills/count-rows"),
        "newUri": client.uri("w/.agents/skills/tally-rows"),
    }]);
    let files = json!({"files": files});
    let edit = client.request("workspace/willRenameFiles", files.clone()).await;
    assert_eq!(edit, Value::Null, "the index may not know the new name yet");
    while !symbols(&mut client, "").await.iter().any(|it| it["name"] == "tally-rows") {}
    let edit = client.request("workspace/willRenameFiles", files).await;
    assert_eq!(edit, Value::Null);
    client.finish().await;
}

#[tokio::test]
async fn links_are_what_is_there() {
    let (mut client, _, sum) = start().await;
    client.open(&sum, SUM).await;
    let links = client.request("textDocument/documentLink", at(&sum, 0, 0)).await;
    let targets: Vec<_> = links
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["target"].as_str().unwrap().rsplit_once("/skills/").unwrap().1.to_owned())
        .collect();
    let expected = ["count-rows/SKILL.md", "count-rows/SKILL.md", "sum-rows/scripts/a%20b.sh"];
    assert_eq!(targets, expected);
    client.finish().await;
}

#[tokio::test]
async fn skills_are_found_by_some_letters_of_their_names() {
    let (mut client, count, _) = start().await;
    let found = symbols(&mut client, "cntrw").await;
    assert_eq!(found.len(), 1);
    assert_eq!(
        (&found[0]["name"], &found[0]["location"]["uri"]),
        (&json!("count-rows"), &json!(count))
    );
    assert_eq!(found[0]["containerName"], ".agents/skills", "below the workspace");
    client.finish().await;
}

#[tokio::test]
async fn folders_that_are_renamed_together_change_each_file_once() {
    let (mut client, count, sum) = start().await;
    let both = format!("{COUNT}😀 /count-rows and /sum-rows\r\n");
    client.change(&count, 2, json!([{"text": both}])).await;
    let uri = |name: &str| client.uri(&format!("w/.agents/skills/{name}"));
    let files = json!([
        {"oldUri": uri("count-rows"), "newUri": uri("tally-rows")},
        {"oldUri": uri("sum-rows"), "newUri": uri("add-rows")},
    ]);
    let edit = client.request("workspace/willRenameFiles", json!({"files": files})).await;
    let changes = edit["documentChanges"].as_array().unwrap();
    let uris: Vec<&str> =
        changes.iter().map(|it| it["textDocument"]["uri"].as_str().unwrap()).collect();
    assert_eq!(uris, [&count, &sum]);
    let text = crate::harness::applied(&both, &changes[0]["edits"]);
    assert!(text.ends_with("/add-rows.\r\n😀 /tally-rows and /add-rows\r\n"), "{text}");
    // A name that is taken: who could tell the two apart afterwards?
    let other = client.uri("w/.agents/skills/other-folder/SKILL.md");
    client.open(&other, &SUM.replace("name: sum-rows", "name: taken-name")).await;
    while !symbols(&mut client, "").await.iter().any(|it| it["name"] == "taken-name") {}
    let uri = |name: &str| client.uri(&format!("w/.agents/skills/{name}"));
    let files = json!([{"oldUri": uri("count-rows"), "newUri": uri("taken-name")}]);
    let edit = client.request("workspace/willRenameFiles", json!({"files": files})).await;
    assert_eq!(edit, Value::Null);
    client.finish().await;
}
