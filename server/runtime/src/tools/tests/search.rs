//! `search`: what it finds, what it leaves out, what it says about the rest.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use agent::tool::ResultKind;
use expect_test::{Expect, expect};
use futures::future::BoxFuture;
use serde_json::{Value, json};

use super::Shelf;
use crate::{
    config::{Config, Layer},
    editor::{Buffer, EditError, Editor, NoEditor},
};

/// An editor with buffers that nobody saved.
struct Unsaved(Vec<(PathBuf, &'static str)>);

impl Editor for Unsaved {
    fn buffer(&self, path: &Path) -> Option<Buffer> {
        let (_, text) = self.0.iter().find(|(open, _)| open == path)?;
        Some(Buffer { text: Arc::from(*text), is_modified: true })
    }

    fn replace<'a>(
        &'a self,
        _path: &'a Path,
        _expected: &'a str,
        _text: &'a str,
    ) -> BoxFuture<'a, Result<(), EditError>> {
        Box::pin(async { Err(EditError::Refused("it only shows".to_owned())) })
    }

    fn modified_files(&self) -> Vec<PathBuf> {
        self.0.iter().map(|(path, _)| path.clone()).collect()
    }
}

fn shelf_with(files: &[(&str, &[u8])]) -> Shelf {
    let shelf = Shelf::new();
    for (path, content) in files {
        let path = shelf.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    shelf
}

async fn check(shelf: &Shelf, arguments: Value, expected: Expect) {
    let outcome = shelf.call("search", arguments).await;
    expected.assert_eq(&format!("{:?}\n{}", outcome.result.kind, outcome.result.output));
}

#[tokio::test]
async fn matches_come_with_path_and_line_in_the_order_of_the_names() {
    let shelf = shelf_with(&[
        ("b.py", b"x = 1\ndef count(rows):\r\n    return 2\n"),
        ("a/deep.rs", b"fn count() {}\n"),
        (".hidden", b"count"),
    ]);
    check(
        &shelf,
        json!({"pattern": r"count(\(\))?"}),
        expect![[r"
            Ok
            .hidden:1: count
            a/deep.rs:1: fn count() {}
            b.py:2: def count(rows):"]],
    )
    .await;
    check(&shelf, json!({"pattern": "COUNT"}), expect![["Ok\n[no line matches]"]]).await;
    let folder = json!({"pattern": "(?i)COUNT", "path": "a"});
    check(&shelf, folder, expect![["Ok\na/deep.rs:1: fn count() {}"]]).await;
    let file = json!({"pattern": "return", "path": "b.py"});
    check(&shelf, file, expect![["Ok\nb.py:3:     return 2"]]).await;
}

#[tokio::test]
async fn what_is_ignored_binary_linked_or_our_own_is_left_out() {
    let shelf = shelf_with(&[
        (".gitignore", b"target/\n"),
        ("target/out.txt", b"word\n"),
        (".git/config", b"word\n"),
        (".preceptor/runs/r/transcript.md", b"word\n"),
        ("program", b"word\n\0\x01word\n"),
        ("latin", b"word \xe9t\xe9\n"),
    ]);
    std::fs::write(shelf.folder.path().join("outside.txt"), "word\n").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(shelf.folder.path().join("outside.txt"), shelf.path("link"))
        .unwrap();
    check(&shelf, json!({"pattern": "word"}), expect![["Ok\nlatin:1: word �t�"]]).await;
    let everything = json!({"pattern": "word", "glob": "*"});
    check(&shelf, everything, expect![["Ok\nlatin:1: word �t�"]]).await;
    let own = shelf.call("search", json!({"pattern": "word", "path": ".preceptor"})).await.result;
    assert_eq!(own.kind, ResultKind::Failed, "{}", own.output);
    let outside = shelf.call("search", json!({"pattern": "word", "path": ".."})).await.result;
    assert_eq!(outside.kind, ResultKind::Failed, "{}", outside.output);
}

#[tokio::test]
async fn globs_choose_files_and_leave_some_out() {
    let shelf = shelf_with(&[
        ("src/a.rs", b"word\n"),
        ("src/deep/b.rs", b"word\n"),
        ("src/c.py", b"word\n"),
        ("d.rs", b"word\n"),
    ]);
    let glob = |glob: &str| json!({"pattern": "word", "glob": glob});
    check(
        &shelf,
        glob("*.rs"),
        expect![[r"
            Ok
            d.rs:1: word
            src/a.rs:1: word
            src/deep/b.rs:1: word"]],
    )
    .await;
    check(&shelf, glob("src/*.rs"), expect![["Ok\nsrc/a.rs:1: word"]]).await;
    check(&shelf, glob("!*.rs"), expect![["Ok\nsrc/c.py:1: word"]]).await;
    let broken = shelf.call("search", glob("src/[")).await.result;
    assert!(broken.output.starts_with("`glob` cannot be used"), "{}", broken.output);
}

#[tokio::test]
async fn the_editors_text_counts_before_the_disk() {
    let shelf = Shelf::with_editor(|root| {
        Arc::new(Unsaved(vec![
            (root.join("open.txt"), "first\nin the buffer\n"),
            (root.join("new.txt"), "in no file yet\n"),
        ]))
    });
    shelf.write("open.txt", "in the file\n");
    check(
        &shelf,
        json!({"pattern": "^in "}),
        expect![[r"
            Ok
            open.txt:2: in the buffer
            new.txt:1: in no file yet"]],
    )
    .await;
}

#[tokio::test]
async fn long_lines_and_many_matches_are_cut_and_say_so() {
    let line = format!("{}needle{}\n", "a".repeat(1_000), "b".repeat(1_000));
    let shelf = shelf_with(&[("wide", line.as_bytes()), ("x", "y\n".repeat(201).as_bytes())]);
    let wide = shelf.output("search", json!({"pattern": "needle"})).await;
    assert!(wide.starts_with("wide:1: …aaa") && wide.contains("needle"), "{wide}");
    assert_eq!(wide.chars().count(), "wide:1: ".len() + 250 + 2);
    let many = shelf.output("search", json!({"pattern": "^y"})).await;
    assert_eq!(many.lines().count(), 201);
    assert!(many.ends_with("or a longer `pattern`]"), "{many}");
    shelf.write("x", &"y\n".repeat(200));
    assert_eq!(shelf.output("search", json!({"pattern": "^y"})).await.lines().count(), 200);
}

#[tokio::test]
async fn what_cannot_be_searched_for_is_said_in_a_sentence() {
    let shelf = shelf_with(&[("a", b"word\n")]);
    for (arguments, expected) in [
        (
            json!({"pattern": "count("}),
            expect![[
                "Failed\n`pattern` is no regular expression for lines (unclosed group); a backslash before a character takes it as it is"
            ]],
        ),
        (
            json!({"pattern": "a\nb"}),
            expect![[r#"
            Failed
            `pattern` is no regular expression for lines (the literal "\n" is not allowed in a regex); a backslash before a character takes it as it is"#]],
        ),
        (json!({"pattern": ""}), expect![["Failed\n`pattern` is empty; say what to look for"]]),
        (
            json!({"pattern": "word", "path": "gone"}),
            expect![[
                "Failed\nThere is no file or folder `gone`; `list_files` shows what is there"
            ]],
        ),
    ] {
        check(&shelf, arguments, expected).await;
    }
}

#[tokio::test]
async fn a_cancelled_search_ends() {
    let shelf = shelf_with(&[("a", b"word\n")]);
    shelf.cancel.cancel();
    let result = shelf.call("search", json!({"pattern": "word"})).await.result;
    assert_eq!(result.kind, ResultKind::Cancelled);
}

#[tokio::test]
async fn what_a_rule_keeps_from_being_read_is_not_found_and_said_to_be_left_out() {
    let rules = json!([
        {"tool": "read_file", "when": {"path": "secret/*"}, "decision": "deny"},
        {"tool": "read_file", "when": {"path": "asked.txt"}, "decision": "ask"},
        {"tool": "search", "when": {"path": "unsearched.txt"}, "decision": "deny"},
    ]);
    let layer = Layer::from_json("test", json!({"approval": {"rules": rules}})).unwrap();
    let config = Config::merged([&layer]).unwrap();
    let shelf = Shelf::with(config, |_| Arc::new(NoEditor));
    std::fs::create_dir_all(shelf.path("secret/deep")).unwrap();
    for path in ["secret/key", "secret/deep/key", "asked.txt", "unsearched.txt", "open.txt"] {
        shelf.write(path, "the key\n");
    }
    check(
        &shelf,
        json!({"pattern": "key"}),
        expect![["
        Ok
        open.txt:1: the key
        [4 files were left out: this person has a rule about reading them]"]],
    )
    .await;
    check(
        &shelf,
        json!({"pattern": "key", "path": "secret/key"}),
        expect![["
        Ok
        [no line matches]
        [1 file was left out: this person has a rule about reading it]"]],
    )
    .await;
}
