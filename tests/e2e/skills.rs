//! The commands about skills: which there are, and a new one.

use serde_json::{Value, json};
use tokio::fs;

use crate::harness::{Client, ClientOptions};

const SKILL: &str =
    "---\r\nname: größe\r\ndescription: \"Zählt 😀. Use when it is asked.\"\r\n---\r\n# 😀\r\n";

async fn start() -> Client {
    let options = ClientOptions { workspace: Some("w"), ..ClientOptions::default() };
    let mut client = Client::launch(&options).await;
    client.may_stay_unread = &["textDocument/publishDiagnostics"];
    let folder = client.dir().join("w/.claude/skills/count");
    fs::create_dir_all(&folder).await.unwrap();
    fs::write(folder.join("SKILL.md"), SKILL).await.unwrap();
    client.initialize(&options).await;
    client
}

async fn execute(client: &mut Client, command: &str, argument: Value) -> Value {
    let params = json!({"command": command, "arguments": [argument]});
    let id = client.start_request("workspace/executeCommand", params).await;
    client.answer_to(id).await
}

#[tokio::test]
async fn skills_are_listed_with_what_is_found_in_them() {
    let mut client = start().await;
    let uri = client.uri("w/.claude/skills/count/SKILL.md");
    let closed = execute(&mut client, "preceptor.skills", json!({})).await["result"].take();
    let [skill] = closed.as_array().unwrap().as_slice() else { panic!("{closed}") };
    assert_eq!(skill["name"], "größe");
    assert_eq!(skill["description"], "Zählt 😀. Use when it is asked.");
    assert_eq!((&skill["uri"], &skill["scope"]), (&json!(uri), &json!("workspace")));
    assert!(skill["tokens"].as_u64().unwrap() > 10, "{skill}");
    assert!(skill["diagnostics"].as_u64().unwrap() > 0, "the name is not the folder's: {skill}");

    client.open(&uri, &SKILL.replace("größe", "count")).await;
    client.diagnostics(&uri, 1).await;
    let open = execute(&mut client, "preceptor.skills", json!({})).await["result"].take();
    assert_eq!((&open[0]["name"], &open[0]["diagnostics"]), (&json!("count"), &json!(0)));
    client.finish().await;
}

#[tokio::test]
async fn a_new_skill_is_written_to_be_filled_in_and_never_over_another_one() {
    let mut client = start().await;
    let new = json!({"name": "sum-up", "description": "Sums \"up\" 😀. Use when sums are asked."});
    let answer = execute(&mut client, "preceptor.skill.new", new.clone()).await;
    assert_eq!(answer["result"]["uri"], client.uri("w/.claude/skills/sum-up/SKILL.md"), "{answer}");
    let path = client.dir().join("w/.claude/skills/sum-up/SKILL.md");
    let text = fs::read_to_string(&path).await.unwrap();
    let document = skill::SkillDocument::parse(text);
    assert_eq!(document.name(), Some("sum-up"));
    assert_eq!(document.description(), new["description"].as_str());
    let again = execute(&mut client, "preceptor.skill.new", new).await;
    assert_eq!(again["error"]["code"], -32602, "{again}");
    loop {
        let listed = execute(&mut client, "preceptor.skills", json!({})).await["result"].take();
        if listed.as_array().unwrap().iter().any(|it| it["name"] == "sum-up") {
            break;
        }
    }
    let elsewhere = json!({"name": "sum-up", "dir": "tools/skills"});
    let answer = execute(&mut client, "preceptor.skill.new", elsewhere).await;
    assert_eq!(answer["result"]["uri"], client.uri("w/tools/skills/sum-up/SKILL.md"), "{answer}");
    client.finish().await;
}

#[tokio::test]
async fn a_name_that_no_skill_can_have_is_refused() {
    let mut client = start().await;
    for name in ["Sum", "../sum", "", "a--b"] {
        let answer = execute(&mut client, "preceptor.skill.new", json!({"name": name})).await;
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
        assert!(answer["error"]["message"].as_str().unwrap().contains("`name`"), "{answer}");
    }
    client.finish().await;
}

#[tokio::test]
async fn without_a_workspace_a_new_skill_needs_a_folder() {
    let mut client = Client::start(ClientOptions::default()).await;
    let answer = execute(&mut client, "preceptor.skill.new", json!({"name": "sum"})).await;
    assert!(answer["error"]["message"].as_str().unwrap().contains("`dir`"), "{answer}");
    let dir = client.dir().join("mine");
    let answer =
        execute(&mut client, "preceptor.skill.new", json!({"name": "sum", "dir": dir})).await;
    assert_eq!(answer["result"]["uri"], client.uri("mine/sum/SKILL.md"), "{answer}");
    client.finish().await;
}
