//! One character is typed: when are the diagnostics of that version there?

use crate::suite::{
    documents,
    editor::skill_path,
    interleave::{Sampled, Turns, interleave},
    measurements::{Bench, milliseconds},
    plan::size,
    report::{Measurement, Unit},
};

pub(super) async fn measure(bench: &Bench, n_bytes: usize) -> [Measurement; 1] {
    let rounds = if n_bytes == bench.plan.large { 30 } else { 100 };
    interleave(
        [Measurement::new(format!("edit → diagnostics, {}", size(n_bytes)), Unit::Milliseconds)],
        &bench.programs.servers,
        // People do not type the next letter at the moment the findings appear.
        Turns { pause: bench.plan.pace, ..bench.turns(rounds) },
        async |server| {
            let mut editor = bench.start(server).await?;
            let text = documents::skill("edit", n_bytes);
            let (_, document) = editor.open(&skill_path(&bench.dir, "edit"), text).await?;
            Ok((editor, document))
        },
        async |(editor, document), _| {
            let took = editor.type_character(document).await?;
            let note = format!("{} findings", document.diagnostics.len());
            Ok(Sampled { values: [milliseconds(took)], note })
        },
    )
    .await
}
