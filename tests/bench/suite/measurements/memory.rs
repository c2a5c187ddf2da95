//! Memory of a fresh process, and of one that has a large document.

use serde_json::json;

use crate::suite::{
    documents,
    editor::skill_path,
    interleave::{Sampled, interleave},
    measurements::Bench,
    memory::Memory,
    plan::size,
    report::{Measurement, Unit},
};

pub(super) async fn measure(bench: &Bench) -> [Measurement; 3] {
    let large = size(bench.plan.large);
    let title = |what: &str| Measurement::new(what, Unit::Mebibytes);
    interleave(
        [
            title("resident memory after the start"),
            title(&format!("resident memory with an open document of {large}")),
            title(&format!("peak memory with an open document of {large}")),
        ],
        &bench.programs.servers,
        bench.turns(/*rounds*/ 7),
        async |server| Ok(server.clone()),
        async |server, _| {
            let mut editor = bench.start(server).await?;
            // Whoever answers this has dealt with what came before.
            let nowhere = json!({
                "textDocument": {"uri": "file:///nowhere/SKILL.md"},
                "position": {"line": 0, "character": 0},
            });
            editor.request("textDocument/hover", &nowhere).await?;
            let start = Memory::of(editor.process_id)?;
            let text = documents::skill("memory", bench.plan.large);
            editor.open(&skill_path(&bench.dir, "memory"), text).await?;
            let full = Memory::of(editor.process_id)?;
            editor.kill().await?;
            Ok(Sampled { values: [start.resident, full.resident, full.peak], note: String::new() })
        },
    )
    .await
}
