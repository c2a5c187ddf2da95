//! Paths that lead to files that rules speak of.

use std::{os::unix::fs::symlink, sync::Arc};

use agent::tool::ResultKind;
use serde_json::json;

use super::Shelf;
use crate::{
    config::{ApprovalMode, ApprovalRule, Config, RuleDecision},
    editor::NoEditor,
};

#[tokio::test]
async fn a_link_is_no_way_around_a_rule() {
    let mut config = Config::default();
    config.approval.mode = ApprovalMode::Edits;
    for tool in ["read_file", "write_file", "edit_file"] {
        config.approval.rules.push(ApprovalRule {
            tool: tool.to_owned(),
            when: [("path".to_owned(), "secrets/*".to_owned())].into(),
            outside_sandbox: false,
            decision: RuleDecision::Deny,
        });
    }
    let shelf = Shelf::with(config, |_| Arc::new(NoEditor));
    std::fs::create_dir(shelf.path("secrets")).unwrap();
    for file in ["secrets/a", "plain", "preceptor.toml"] {
        shelf.write(file, "one\n");
    }
    for (link, target) in
        [("lnk", "secrets"), ("pub", "secrets/a"), ("t", "preceptor.toml"), ("same", "plain")]
    {
        symlink(target, shelf.path(link)).unwrap();
    }
    shelf.call("read_file", json!({"path": "t"})).await;
    for (tool, arguments, place) in [
        ("read_file", json!({"path": "lnk/a"}), "secrets/a"),
        ("read_file", json!({"path": "./pub"}), "secrets/a"),
        ("write_file", json!({"path": "lnk/b", "content": "x"}), "secrets/b"),
        ("edit_file", json!({"path": "pub", "old": "one", "new": "x"}), "secrets/a"),
        ("edit_file", json!({"path": "t", "old": "one", "new": "x"}), "preceptor.toml"),
        ("bash", json!({"command": "echo x > lnk/b"}), "secrets/b"),
        ("bash", json!({"command": "true; cat < pub"}), "secrets/a"),
    ] {
        let result = shelf.call(tool, arguments.clone()).await.result;
        assert_eq!(result.kind, ResultKind::Failed, "{tool} {arguments}");
        let told = format!("leads to `{place}`");
        assert!(result.output.contains(&told), "{tool} {arguments}: {}", result.output);
    }
    assert!(!shelf.path("secrets/b").exists());
    assert_eq!(shelf.read("secrets/a") + &shelf.read("preceptor.toml"), "one\none\n");
    let read = shelf.call("read_file", json!({"path": "same"})).await.result;
    assert_eq!(read.output, "one\n", "a link is none by itself");
    let fed = shelf.call("bash", json!({"command": "cat < same"})).await.result;
    assert_eq!(fed.output, "exit code: 0\none");
    let edited = json!({"path": "same", "old": "one", "new": "two"});
    assert_eq!(shelf.call("edit_file", edited).await.result.kind, ResultKind::Ok);
}
