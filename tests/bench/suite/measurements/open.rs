//! A document is opened: when are its diagnostics there?

use crate::suite::{
    documents,
    editor::skill_path,
    interleave::{Sampled, interleave},
    measurements::{Bench, milliseconds},
    plan::size,
    report::{Measurement, Unit},
};

pub(super) async fn measure(bench: &Bench, n_bytes: usize) -> [Measurement; 1] {
    let rounds = if n_bytes == bench.plan.large { 20 } else { 60 };
    interleave(
        [Measurement::new(format!("open → diagnostics, {}", size(n_bytes)), Unit::Milliseconds)],
        &bench.programs.servers,
        bench.turns(rounds),
        async |server| bench.start(server).await,
        async |editor, round| {
            // Another document each time: what a server remembers of one is of no use.
            let name = format!("open-{round}");
            let text = documents::skill(&name, n_bytes);
            let (took, document) = editor.open(&skill_path(&bench.dir, &name), text).await?;
            let note = format!("{} findings", document.diagnostics.len());
            editor.close(document).await?;
            Ok(Sampled { values: [milliseconds(took)], note })
        },
    )
    .await
}
