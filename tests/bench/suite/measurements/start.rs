//! A server's life without work: start, initialize, shut down, exit.

use crate::suite::{
    interleave::{Sampled, interleave},
    measurements::{Bench, milliseconds},
    report::{Measurement, Unit},
};

pub(super) async fn measure(bench: &Bench) -> [Measurement; 2] {
    interleave(
        [
            Measurement::new("spawn → initialize answered", Unit::Milliseconds),
            Measurement::new("shutdown and exit → process gone", Unit::Milliseconds),
        ],
        &bench.programs.servers,
        bench.turns(/*rounds*/ 40),
        async |server| Ok(server.clone()),
        async |server, _| {
            let editor = bench.start(server).await?;
            let start = milliseconds(editor.start);
            let stop = milliseconds(editor.stop().await?);
            Ok(Sampled { values: [start, stop], note: String::new() })
        },
    )
    .await
}
