//! A folder of skills is checked from the command line.

use std::{fs, time::Instant};

use anyhow::{Context, bail};

use crate::suite::{
    documents,
    editor::skill_path,
    interleave::{Sampled, interleave},
    measurements::{Bench, milliseconds},
    plan::size,
    report::{Measurement, Unit},
};

pub(super) async fn measure(bench: &Bench) -> anyhow::Result<[Measurement; 1]> {
    let (n_skills, n_bytes) = (bench.plan.skills, bench.plan.small);
    let dir = bench.dir.join("checked");
    for number in 0..n_skills {
        let name = format!("skill-{number}");
        let path = skill_path(&dir, &name);
        fs::create_dir_all(path.parent().context("a skill is in a folder")?)?;
        fs::write(&path, documents::skill(&name, n_bytes))
            .with_context(|| format!("writing {}", path.display()))?;
    }
    let title = format!("check of {n_skills} skills of {} each", size(n_bytes));
    let measurements = interleave(
        [Measurement::new(title, Unit::Milliseconds)],
        &bench.programs.checkers,
        bench.turns(/*rounds*/ 20),
        async |checker| Ok(checker.clone()),
        async |checker, _| {
            let started = Instant::now();
            let process = checker.spawn(&bench.dir, &[&dir])?;
            let output = tokio::time::timeout(bench.plan.bound, process.wait_with_output());
            let Ok(output) = output.await else {
                bail!("not finished within {} s", bench.plan.bound.as_secs_f64());
            };
            let output = output.context("waiting for the end")?;
            let took = started.elapsed();
            // The customary codes: nothing found, something found.
            let Some(code @ 0..=1) = output.status.code() else {
                bail!("it ended with {}", output.status);
            };
            let note = format!("exit code {code}, {} bytes printed", output.stdout.len());
            Ok(Sampled { values: [milliseconds(took)], note })
        },
    );
    Ok(measurements.await)
}
