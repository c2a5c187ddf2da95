//! Several calls at once, also with one that breaks off by a fault of its own.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex},
    time::Duration,
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

/// Holds whoever asks for a file until another one asks as well, for a while.
#[derive(Default)]
struct Meeting {
    n_come: Mutex<usize>,
    somebody_came: Condvar,
}

impl Editor for Meeting {
    fn buffer(&self, _path: &Path) -> Option<Buffer> {
        let mut n_come = self.n_come.lock().unwrap();
        *n_come += 1;
        self.somebody_came.notify_all();
        let (n_come, _) = self
            .somebody_came
            .wait_timeout_while(n_come, Duration::from_secs(10), |n_come| *n_come < 2)
            .unwrap();
        assert!(*n_come >= 2, "nobody else came");
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

#[tokio::test]
async fn calls_that_only_read_run_at_the_same_time() {
    let shelf = Shelf::with_editor(|_| Arc::new(Meeting::default()));
    for name in ["one.txt", "two.txt"] {
        shelf.write(name, "text\n");
    }
    let calls = [
        call("a", "read_file", json!({"path": "one.txt"})),
        call("b", "read_file", json!({"path": "two.txt"})),
    ];
    let outcomes = shelf.toolbox.run_all(&calls, 1, &shelf.cancel).await;
    let seen: Vec<_> = outcomes.iter().map(|it| (it.id.as_str(), it.result.kind)).collect();
    assert_eq!(seen, [("a", ResultKind::Ok), ("b", ResultKind::Ok)]);
}

fn call(id: &str, tool: &str, arguments: Value) -> PreparedCall {
    let arguments: Map<String, Value> = serde_json::from_value(arguments).unwrap();
    PreparedCall { id: id.to_owned(), tool: tool.to_owned(), arguments, outside_sandbox: false }
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
