//! A server's life without work: start, initialize, shut down, exit.

use crate::suite::{
    interleave::{Sampled, interleave},
    measurements::{Bench, milliseconds},
    report::{Measurement, Unit},
};

pub(super) async fn measure_start(bench: &Bench) -> [Measurement; 1] {
    interleave(
        [Measurement::new("spawn → initialize answered", Unit::Milliseconds)],
        &bench.programs.servers,
        bench.turns(/*rounds*/ 40),
        async |server| Ok(server.clone()),
        async |server, _| {
            let editor = bench.start(server).await?;
            let values = [milliseconds(editor.start)];
            // Not every server ends well, which is another question.
            editor.kill().await?;
            Ok(Sampled { values, note: String::new() })
        },
    )
    .await
}

pub(super) async fn measure_stop(bench: &Bench) -> [Measurement; 1] {
    interleave(
        [Measurement::new("shutdown and exit → process gone", Unit::Milliseconds)],
        &bench.programs.servers,
        bench.turns(/*rounds*/ 40),
        async |server| Ok(server.clone()),
        async |server, _| {
            let took = bench.start(server).await?.stop().await?;
            Ok(Sampled { values: [milliseconds(took)], note: String::new() })
        },
    )
    .await
}
