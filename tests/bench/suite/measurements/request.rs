//! Requests about a document that does not change.

use anyhow::Context;
use serde_json::{Value, json};

use crate::suite::{
    arguments::NamedCommand,
    documents,
    editor::{Editor, OpenDocument, skill_path},
    interleave::{Sampled, interleave},
    measurements::{Bench, milliseconds},
    plan::size,
    report::{Measurement, Unit},
};

/// The line of the skill's name: every server has something to say there.
const LINE: u64 = 1;

pub(super) async fn measure_hover(bench: &Bench, n_bytes: usize) -> [Measurement; 1] {
    measure(bench, n_bytes, "textDocument/hover", async |editor, document| {
        // Some servers explain the key, others the finding at the value.
        let candidates = [1, 8].map(|character| {
            json!({
                "textDocument": {"uri": document.uri},
                "position": {"line": LINE, "character": character},
            })
        });
        for params in &candidates {
            let (_, answer) = editor.request("textDocument/hover", params).await?;
            if !answer.is_null() {
                return Ok(params.clone());
            }
        }
        let [first, _] = candidates;
        Ok(first)
    })
    .await
}

pub(super) async fn measure_code_action(bench: &Bench, n_bytes: usize) -> [Measurement; 1] {
    measure(bench, n_bytes, "textDocument/codeAction", async |_, document| {
        let here = document.diagnostics.iter().filter(|it| it["range"]["start"]["line"] == LINE);
        Ok(json!({
            "textDocument": {"uri": document.uri},
            "range": {
                "start": {"line": LINE, "character": 0},
                "end": {"line": LINE, "character": 12},
            },
            "context": {"diagnostics": here.collect::<Vec<_>>()},
        }))
    })
    .await
}

async fn measure(
    bench: &Bench,
    n_bytes: usize,
    method: &str,
    params: impl AsyncFn(&mut Editor, &OpenDocument) -> anyhow::Result<Value>,
) -> [Measurement; 1] {
    let short = method.rsplit('/').next().unwrap_or(method);
    let prepare = async |server: &NamedCommand| {
        let mut editor = bench.start(server).await?;
        let text = documents::skill("request", n_bytes);
        let (_, document) = editor.open(&skill_path(&bench.dir, "request"), text).await?;
        let params = params(&mut editor, &document).await.context("finding something to ask")?;
        Ok((editor, params))
    };
    interleave(
        [Measurement::new(format!("{short}, {}", size(n_bytes)), Unit::Milliseconds)],
        &bench.programs.servers,
        bench.turns(/*rounds*/ 200),
        prepare,
        async |(editor, params), _| {
            let (took, answer) = editor.request(method, params).await?;
            Ok(Sampled { values: [milliseconds(took)], note: described(&answer) })
        },
    )
    .await
}

fn described(answer: &Value) -> String {
    match answer {
        Value::Null => "nothing to say".to_owned(),
        Value::Array(items) => format!("{} actions", items.len()),
        other => format!("{} bytes", other.to_string().len()),
    }
}
