//! How quick the server stays while a run streams without end and a tool floods its output.

use std::time::Instant;

use anyhow::Context;
use serde_json::{Value, json};

use crate::suite::{
    arguments::NamedCommand,
    documents,
    editor::{Editor, OpenDocument, skill_path},
    interleave::{Sampled, interleave},
    measurements::{Bench, milliseconds, stream::agents},
    model::Model,
    report::{Measurement, Unit},
};

pub(super) async fn measure(bench: &Bench) -> anyhow::Result<Vec<Measurement>> {
    let model = Model::start_endless().await.context("starting a model server")?;
    let settings = model.settings();
    let start = async |server: &NamedCommand| {
        Editor::start(server, &bench.dir, bench.plan.bound, settings.clone()).await
    };
    let prepare = async |server: &NamedCommand| {
        let mut editor = start(server).await?;
        let text = documents::skill("busy", bench.plan.small);
        let (_, document) = editor.open(&skill_path(&bench.dir, "busy"), text).await?;
        Ok((editor, document))
    };
    let servers = agents(bench, &start).await;
    let title = |what: &str| format!("a run streams, a command floods: {what}");
    let measurements = interleave(
        [
            Measurement::new(title("hover"), Unit::Milliseconds),
            Measurement::new(title("cancel the command → end of the turn"), Unit::Milliseconds),
            Measurement::new(title("cancel the stream → end of the turn"), Unit::Milliseconds),
        ],
        &servers,
        bench.turns(/*rounds*/ 20),
        prepare,
        async |(editor, document), _| {
            // The command comes first: the model says nothing else while it streams.
            let flood = begin(editor, "agent", "tool_call").await?;
            let stream = begin(editor, "chat", "assistant_chunk").await?;
            let hover = hover(editor, document).await?;
            let flood = cancel(editor, &flood).await?;
            let stream = cancel(editor, &stream).await?;
            Ok(Sampled { values: [hover, flood, stream], note: String::new() })
        },
    );
    Ok(measurements.await.into())
}

/// Starts a run and waits until it is in the midst of its work; returns its id.
async fn begin(editor: &mut Editor, mode: &str, until: &str) -> anyhow::Result<String> {
    let argument = json!({"prompt": "say and do much", "mode": mode});
    let params = json!({"command": "preceptor.run", "arguments": [argument]});
    editor.send_request("workspace/executeCommand", &params).await?;
    let begun = editor.wait_for(until, |received| {
        let event = &received.message["params"];
        (event["type"] == until).then(|| event["runId"].as_str().map(str::to_owned))
    });
    begun.await?.with_context(|| format!("{until} names no run"))
}

async fn hover(editor: &mut Editor, document: &OpenDocument) -> anyhow::Result<f64> {
    let params = json!({
        "textDocument": {"uri": document.uri},
        "position": {"line": 1, "character": 1},
    });
    let (took, _) = editor.request("textDocument/hover", &params).await?;
    Ok(milliseconds(took))
}

/// Stops a run; returns the time until its turn has ended.
async fn cancel(editor: &mut Editor, run_id: &str) -> anyhow::Result<f64> {
    let params = json!({"command": "preceptor.cancel", "arguments": [{"runId": run_id}]});
    let (sent, _) = editor.send_request("workspace/executeCommand", &params).await?;
    let ended: Instant = editor
        .wait_for("end of the turn", |received| {
            let event: &Value = &received.message["params"];
            let is_end = event["type"] == "interrupted" && event["runId"] == run_id;
            is_end.then_some(received.at)
        })
        .await?;
    Ok(milliseconds(ended.duration_since(sent)))
}
