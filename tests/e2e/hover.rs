//! Hover on what a skill's text names: tools, files, other skills, placeholders; and on its parts,
//! how long they are.

use serde_json::{Value, json};
use skill::{LineIndex, PositionEncoding};

use crate::harness::{Client, ClientOptions};

/// Letters of two UTF-16 units in front of what is asked about, and line ends of Windows.
const SKILL: &str = "---\r
name: demo\r
description: \"😀 Counts rows. Use when somebody asks how many there are.\"\r
allowed-tools: Bash(git:*) edit_file mcp__db__query\r
---\r
\r
# 😀 Demo\r
\r
😀 Use tool `Read(x)` or `bash`, then /sum-rows and $ARGUMENTS.\r
\r
😀 See [sizes](references/gr%C3%B6%C3%9Fe.md#top), [lost](references/lost.md), `scripts/run.py`\r
and [all](references) of https://example.org.\r
";

async fn open() -> (Client, String) {
    let options = ClientOptions { workspace: Some("w"), ..ClientOptions::default() };
    let mut client = Client::start(options).await;
    client.may_stay_unread = &["textDocument/publishDiagnostics"];
    let long = (1..=30).map(|it| format!("line {it}")).collect::<Vec<_>>().join("\n");
    let other = "---\nname: sum-rows\ndescription: Sums up rows. Use for sums.\n---\n";
    for (path, text) in [
        ("w/.claude/skills/demo/SKILL.md", SKILL),
        ("w/.claude/skills/demo/references/größe.md", &format!("# Größe\n```sh\nls\n```\n{long}")),
        ("w/.claude/skills/demo/scripts/run.py", "print(1)\n"),
        ("w/.claude/skills/sum-rows/SKILL.md", other),
    ] {
        let path = client.dir().join(path);
        tokio::fs::create_dir_all(path.parent().unwrap()).await.unwrap();
        tokio::fs::write(path, text).await.unwrap();
    }
    let uri = client.uri("w/.claude/skills/demo/SKILL.md");
    client.open(&uri, SKILL).await;
    (client, uri)
}

/// Hovers over the first place of `what`, on its second character.
async fn hover(client: &mut Client, uri: &str, what: &str) -> (String, String) {
    let line_index = LineIndex::new(SKILL);
    let at = line_index.position(SKILL, SKILL.find(what).unwrap() + 1, PositionEncoding::Utf16);
    let position = json!({"line": at.line, "character": at.character});
    let params = json!({"textDocument": {"uri": uri}, "position": position});
    let hover = client.request("textDocument/hover", params).await;
    let text = hover["contents"]["value"].as_str().unwrap_or_default().to_owned();
    let offset = |position: &Value| {
        let number = |key: &str| usize::try_from(position[key].as_u64().unwrap()).unwrap();
        let position = skill::Position { line: number("line"), character: number("character") };
        line_index.offset(SKILL, position, PositionEncoding::Utf16)
    };
    let range = &hover["range"];
    let is_there = !hover.is_null();
    let shown = if is_there { &SKILL[offset(&range["start"])..offset(&range["end"])] } else { "" };
    (text, shown.to_owned())
}

#[tokio::test]
async fn tools_say_what_they_do_and_who_has_them() {
    let (mut client, uri) = open().await;
    let (text, shown) = hover(&mut client, &uri, "Bash(").await;
    assert!(
        text.starts_with("**`Bash`** (tool)") && text.contains("Had by: Claude Code"),
        "{text}"
    );
    assert_eq!(shown, "Bash");
    let (text, shown) = hover(&mut client, &uri, "edit_file").await;
    assert!(text.contains("- `old` (string, required): "), "{text}");
    assert_eq!(shown, "edit_file");
    let (text, _) = hover(&mut client, &uri, "mcp__db__query").await;
    assert!(text.contains("`query` of the server `db`"), "{text}");
    let (text, shown) = hover(&mut client, &uri, "`Read(x)`").await;
    assert!(text.starts_with("**`Read`** (tool)"), "{text}");
    assert_eq!(shown, "`Read(x)`");
    let (text, _) = hover(&mut client, &uri, "`bash`").await;
    assert_eq!(text, "", "a word that is an ordinary one too");
    client.finish().await;
}

#[tokio::test]
async fn links_show_the_beginning_of_what_they_lead_to() {
    let (mut client, uri) = open().await;
    let (text, shown) = hover(&mut client, &uri, "[sizes]").await;
    assert!(text.starts_with("**`references/größe.md`** ("), "{text}");
    assert!(text.contains("````md\n# Größe\n```sh\n"), "{text}");
    assert!(text.contains("\nline 16\n````\n…") && !text.contains("line 17"), "{text}");
    assert_eq!(shown, "[sizes](references/gr%C3%B6%C3%9Fe.md#top)");
    let (text, _) = hover(&mut client, &uri, "`scripts/run.py`").await;
    assert!(text.contains("(9 bytes, ~") && text.contains("```py\nprint(1)\n```"), "{text}");
    let (text, _) = hover(&mut client, &uri, "[all]").await;
    assert_eq!(text, "**`references`** (folder)\n\n- `größe.md`");
    let (text, _) = hover(&mut client, &uri, "https://").await;
    assert_eq!(text, "");
    client.finish().await;
}

#[tokio::test]
async fn a_link_to_nothing_says_so() {
    let (mut client, uri) = open().await;
    let (text, _) = hover(&mut client, &uri, "[lost](").await;
    assert!(text.contains("**`references/lost.md`** is not there."), "{text}");
    client.finish().await;
}

#[tokio::test]
async fn skills_and_placeholders_say_what_they_stand_for() {
    let (mut client, uri) = open().await;
    let (text, shown) = hover(&mut client, &uri, "/sum-rows").await;
    assert_eq!(
        text,
        "**`sum-rows`** (skill)\n\nSums up rows. Use for sums.\n\n- Where: `.claude/skills/sum-rows/SKILL.md` (workspace)"
    );
    assert_eq!(shown, "/sum-rows");
    let (text, shown) = hover(&mut client, &uri, "$ARGUMENTS").await;
    assert!(text.contains("(placeholder)") && text.contains("Filled in by: Claude Code"), "{text}");
    assert_eq!(shown, "$ARGUMENTS");
    client.finish().await;
}

#[tokio::test]
async fn the_skill_and_its_sections_say_how_long_they_are() {
    let (mut client, uri) = open().await;
    let all = skill::estimated_tokens(SKILL);
    let (text, shown) = hover(&mut client, &uri, "---").await;
    assert!(text.contains(&format!("**~{all} tokens**")), "{text}");
    assert_eq!(shown, "---");
    let (text, _) = hover(&mut client, &uri, "name:").await;
    assert!(text.contains("**`name`** (required)"), "{text}");
    assert!(text.contains(&format!("**~{all} tokens**")), "{text}");
    let (text, shown) = hover(&mut client, &uri, "# 😀").await;
    assert!(text.starts_with("Estimated length of this section: **~"), "{text}");
    assert_eq!(shown, "# 😀 Demo");
    let (text, _) = hover(&mut client, &uri, "description:").await;
    let description = "😀 Counts rows. Use when somebody asks how many there are.";
    let n_tokens = skill::estimated_tokens(description);
    assert!(text.contains(&format!("**~{n_tokens} tokens**")), "{text}");
    client.finish().await;
}

#[tokio::test]
async fn a_file_of_the_references_is_a_text_of_the_skill() {
    let (mut client, skill) = open().await;
    let uri = skill.replace("SKILL.md", "references/größe.md");
    let uri =
        client.uri(uri.split_once("/w/").map(|(_, path)| format!("w/{path}")).unwrap().as_str());
    let text = "---\r\nname: größe\r\n---\r\n# 😀 Größe\r\n\r\n😀 Run /sum-rows on [it](../scripts/run.py).\r\n\r\n/\r\n\r\n@preceptor why?\r\n";
    client.open(&uri, text).await;
    let at = |line: u32, character: u32| {
        json!({
            "textDocument": {"uri": uri},
            "position": {"line": line, "character": character},
        })
    };
    let hovered = client.request("textDocument/hover", at(5, 9)).await;
    let shown = hovered["contents"]["value"].as_str().unwrap();
    assert!(shown.starts_with("**`sum-rows`** (skill)"), "{shown}");
    let hovered = client.request("textDocument/hover", at(5, 22)).await;
    let shown = hovered["contents"]["value"].as_str().unwrap();
    assert!(shown.contains("print(1)"), "{shown}");
    for (line, character) in [(0, 1), (1, 2)] {
        let nothing = client.request("textDocument/hover", at(line, character)).await;
        assert_eq!(nothing, Value::Null, "its fields are nobody's");
        let nothing = client.request("textDocument/completion", at(line, character)).await;
        assert_eq!(nothing, Value::Null);
    }
    let offered = client.request("textDocument/completion", at(7, 1)).await;
    let labels: Vec<_> =
        offered["items"].as_array().unwrap().iter().map(|it| &it["label"]).collect();
    assert!(labels.contains(&&json!("/sum-rows")), "{labels:?}");
    let change = json!([{"text": "[a](../scr)\n"}]);
    client.change(&uri, 2, change).await;
    let offered = client.request("textDocument/completion", at(0, 10)).await;
    assert!(offered.to_string().contains("\"label\":\"../scripts/run.py\""), "{offered}");
    client.change(&uri, 3, json!([{"text": text}])).await;
    let links = client.request("textDocument/documentLink", at(0, 0)).await;
    let targets: Vec<_> =
        links.as_array().unwrap().iter().map(|it| it["target"].as_str().unwrap()).collect();
    assert!(targets.iter().any(|it| it.ends_with("/scripts/run.py")), "{targets:?}");
    let lenses = client.request("textDocument/codeLens", at(0, 0)).await;
    assert_eq!(lenses[0]["command"]["title"], "Ask Preceptor");
    client.finish().await;
}
