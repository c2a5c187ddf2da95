//! Tools that break off by a fault of their own.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use agent::tool::{PreparedCall, ResultKind};
use futures::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::Shelf;
use crate::editor::{Buffer, EditError, Editor};

/// Panics wherever a file of that name is asked for.
struct Faulty(&'static str);

impl Editor for Faulty {
    fn buffer(&self, path: &Path) -> Option<Buffer> {
        assert!(!path.ends_with(self.0), "a fault, as a test wants it");
        None
    }

    fn replace<'a>(
        &'a self,
        _path: &'a Path,
        _expected: &'a str,
        _text: &'a str,
    ) -> BoxFuture<'a, Result<(), EditError>> {
        unreachable!("nothing is open")
    }

    fn modified_files(&self) -> Vec<PathBuf> {
        Vec::new()
    }
}

fn call(id: &str, tool: &str, arguments: Value) -> PreparedCall {
    let arguments: Map<String, Value> = serde_json::from_value(arguments).unwrap();
    PreparedCall { id: id.to_owned(), tool: tool.to_owned(), arguments }
}

#[tokio::test]
async fn a_tool_that_panics_has_a_result_and_the_others_keep_theirs() {
    let shelf = Shelf::with_editor(|_| Arc::new(Faulty("bad.txt")));
    for name in ["good.txt", "bad.txt"] {
        shelf.write(name, "text\n");
    }
    let calls = [
        call("a", "read_file", json!({"path": "good.txt"})),
        call("b", "read_file", json!({"path": "bad.txt"})),
        call("c", "write_file", json!({"path": "bad.txt", "content": "x"})),
        call("d", "read_file", json!({"path": "good.txt"})),
    ];
    let outcomes = shelf.toolbox.run_all(&calls, 1, &shelf.cancel).await;
    let seen: Vec<_> = outcomes.iter().map(|it| (it.id.as_str(), it.result.kind)).collect();
    assert_eq!(
        seen,
        [
            ("a", ResultKind::Ok),
            ("b", ResultKind::Failed),
            ("c", ResultKind::Failed),
            ("d", ResultKind::Ok),
        ]
    );
    assert!(outcomes[1].result.output.contains("broke off"), "{:?}", outcomes[1]);
}
