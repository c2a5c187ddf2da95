//! A model's reply on its way through the server to the editor; for servers with an agent.

use std::time::Instant;

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::suite::{
    arguments::NamedCommand,
    editor::Editor,
    interleave::{Sampled, interleave},
    measurements::{Bench, milliseconds},
    model::Model,
    report::{Measurement, Unit},
};

/// The command that starts a run.
const RUN: &str = "preceptor.run";

/// Events that end a turn.
const ENDS: [&str; 4] = ["turn_complete", "interrupted", "error", "session_terminated"];

pub(super) async fn measure(bench: &Bench) -> anyhow::Result<Vec<Measurement>> {
    let model = Model::start(bench.plan.chunks).await.context("starting a model server")?;
    let settings = model.settings();
    let start = async |server: &NamedCommand| {
        Editor::start(server, &bench.dir, bench.plan.bound, settings.clone()).await
    };
    let agents = agents(bench, start).await;
    let n_chunks = bench.plan.chunks;
    let title = |what: &str| format!("a reply of {n_chunks} chunks: {what}");
    let measurements = interleave(
        [
            Measurement::new(title("request → first text"), Unit::Milliseconds),
            Measurement::new(title("request → end of the turn"), Unit::Milliseconds),
            Measurement::new(title("the model's own part"), Unit::Milliseconds),
            Measurement::new(title("pieces of text at the editor"), Unit::Events),
        ],
        &agents,
        bench.turns(/*rounds*/ 10),
        start,
        async |editor, _| {
            let turn = follow_turn(editor).await?;
            if turn.n_bytes != model.n_bytes() {
                bail!("{} of {} bytes of the reply arrived", turn.n_bytes, model.n_bytes());
            }
            let writing = model.last_writing().context("the model was not asked")?;
            let first = turn.first_text.context("no text arrived")?;
            #[expect(clippy::cast_precision_loss, reason = "there are few events")]
            let n_pieces = turn.n_pieces as f64;
            let values = [
                milliseconds(first.duration_since(turn.asked)),
                milliseconds(turn.ended.duration_since(turn.asked)),
                milliseconds(writing),
                n_pieces,
            ];
            Ok(Sampled { values, note: format!("{} bytes of text", turn.n_bytes) })
        },
    );
    Ok(measurements.await.into())
}

/// Returns the servers that work on requests.
pub(super) async fn agents(
    bench: &Bench,
    start: impl AsyncFn(&NamedCommand) -> anyhow::Result<Editor>,
) -> Vec<NamedCommand> {
    let mut agents = Vec::new();
    for server in &bench.programs.servers {
        // One that does not start is listed with its failure.
        if start(server).await.map_or(true, |editor| runs_requests(&editor)) {
            agents.push(server.clone());
        }
    }
    agents
}

fn runs_requests(editor: &Editor) -> bool {
    let commands = editor.capabilities.pointer("/executeCommandProvider/commands");
    commands.and_then(Value::as_array).is_some_and(|it| it.iter().any(|it| it == RUN))
}

/// A turn as the editor saw it.
struct Turn {
    asked: Instant,
    first_text: Option<Instant>,
    ended: Instant,
    n_pieces: usize,
    n_bytes: usize,
}

async fn follow_turn(editor: &mut Editor) -> anyhow::Result<Turn> {
    let params = json!({"command": RUN, "arguments": [{"prompt": "say much", "mode": "chat"}]});
    let (asked, _) = editor.send_request("workspace/executeCommand", &params).await?;
    let mut turn = Turn { asked, first_text: None, ended: asked, n_pieces: 0, n_bytes: 0 };
    let end = editor.wait_for("end of the turn", |received| {
        if received.message["method"] != "preceptor/event" {
            return received.message.get("error").map(Value::to_string);
        }
        let event = &received.message["params"];
        let kind = event["type"].as_str().unwrap_or_default();
        if kind == "assistant_chunk" {
            turn.first_text.get_or_insert(received.at);
            turn.n_pieces += 1;
            turn.n_bytes += event["data"]["content"].as_str().map_or(0, str::len);
        }
        turn.ended = received.at;
        ENDS.contains(&kind).then(|| match kind {
            "turn_complete" => kind.to_owned(),
            _ => event.to_string(),
        })
    });
    match end.await?.as_str() {
        "turn_complete" => Ok(turn),
        other => bail!("the turn failed: {other}"),
    }
}
