//! `preceptor runs` and `preceptor show`: what was asked in a workspace, and what came of it.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use agent::event::Event;
use anyhow::Context;
use runtime::{
    folders::Folders,
    replay::runs_folder,
    run_store::{self, RunFolder, RunSummary},
};
use serde_json::{Value, json};

use crate::{configuration, place, rules::print, trust::printable};

/// Exit code: it was printed.
const EXIT_DONE: u8 = 0;
/// Exit code: there is no such run.
const EXIT_UNKNOWN: u8 = 1;

/// What stands for the newest run.
const LAST: &str = "last";

/// Prints the runs of the workspace, newest first; returns the exit code.
///
/// # Errors
/// If the configuration cannot be used or stdout cannot be written.
pub(crate) fn list(limit: usize, is_json: bool, stdout: &mut dyn Write) -> anyhow::Result<u8> {
    let summaries: Vec<RunSummary> = run_store::list(&runs_dir()?)
        .iter()
        .filter_map(|folder| {
            let records = run_store::load(folder).ok()?;
            run_store::summarize(folder, &records, run_store::has_owner(folder))
        })
        .take(limit)
        .collect();
    let out = if is_json {
        serde_json::to_string_pretty(&summaries).context("writing the runs as JSON")? + "\n"
    } else if summaries.is_empty() {
        "There are no runs here. `preceptor run \"…\"` starts one.\n".to_owned()
    } else {
        table(&summaries)
    };
    print(stdout, &out)?;
    Ok(EXIT_DONE)
}

fn table(summaries: &[RunSummary]) -> String {
    let width = summaries.iter().map(|run| run.run_id.len()).max().unwrap_or_default();
    let lines = summaries.iter().map(|run| {
        let turns =
            if run.turns == 1 { "1 turn".to_owned() } else { format!("{} turns", run.turns) };
        let teacher = if run.teacher { ", teacher" } else { "" };
        let cost =
            if run.cost_usd.is_zero() { String::new() } else { format!(", {}", run.cost_usd) };
        let did = format!("{turns}{teacher}{cost}");
        format!(
            "{id:width$}  {status:11}  {did:24}  {title}\n",
            id = run.run_id,
            status = run.status,
            title = printable(&run.title)
        )
    });
    lines.collect()
}

/// Prints the transcript of a run, or its events; returns the exit code.
///
/// # Errors
/// If the configuration or the run's files cannot be used, or a stream cannot be written.
pub(crate) fn show(
    run: &str,
    is_json: bool,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> anyhow::Result<u8> {
    let folders = run_store::list(&runs_dir()?);
    let replays = run_store::list(&runs_folder(&Folders::from_environment()?));
    // A replay is no run of the person's: only what names nothing else may be one.
    let found = find(&folders, run).or_else(|reason| {
        let replay = replays.iter().find(|replay| run != LAST && replay.run_id == run);
        replay.ok_or(reason)
    });
    let found = match found {
        Ok(found) => found,
        Err(reason) => {
            writeln!(stderr, "error: {reason}").context("writing to stderr")?;
            return Ok(EXIT_UNKNOWN);
        }
    };
    let out = if is_json { events(found)? } else { readable(&transcript(&found.transcript())?) };
    print(stdout, &out)?;
    Ok(EXIT_DONE)
}

/// Finds a run by its id, the beginning of it, or as the newest one.
fn find<'a>(folders: &'a [RunFolder], run: &str) -> Result<&'a RunFolder, String> {
    if run == LAST {
        return folders.first().ok_or_else(|| "there are no runs here".to_owned());
    }
    if let Some(folder) = folders.iter().find(|folder| folder.run_id == run) {
        return Ok(folder);
    }
    let mut fitting = folders.iter().filter(|it| !run.is_empty() && it.run_id.starts_with(run));
    let run = printable(run);
    match (fitting.next(), fitting.next()) {
        (Some(folder), None) => Ok(folder),
        (Some(a), Some(b)) => {
            Err(format!("`{run}` begins several runs, such as {} and {}", a.run_id, b.run_id))
        }
        _ => Err(format!("there is no run `{run}` here; `preceptor runs` lists those that are")),
    }
}

fn events(folder: &RunFolder) -> anyhow::Result<String> {
    let mut out = String::new();
    let records = run_store::load(folder)?;
    for record in records.iter().filter(|record| !matches!(record.event, Event::State(_))) {
        let mut payload = serde_json::to_value(record).context("writing an event as JSON")?;
        if let Value::Object(payload) = &mut payload {
            payload.insert("runId".to_owned(), json!(folder.run_id));
        }
        out.push_str(&payload.to_string());
        out.push('\n');
    }
    Ok(out)
}

#[expect(clippy::disallowed_methods, reason = "the command line prints the file")]
fn transcript(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
}

/// Returns a text that models wrote as a terminal may show it, line by line.
pub(crate) fn readable(text: &str) -> String {
    text.lines().map(|line| printable(&line.replace('\t', "    ")) + "\n").collect()
}

fn runs_dir() -> anyhow::Result<PathBuf> {
    let workspace = place::workspace()?;
    let config = configuration::of_workspace(&workspace, None)?.config;
    Ok(workspace.join(&config.runs.dir))
}

#[cfg(test)]
mod tests {
    use runtime::run_store::RunFolder;

    use super::{find, readable};

    #[test]
    fn a_run_is_found_by_the_beginning_of_its_id_if_only_one_begins_so() {
        let run = |id: &str| RunFolder { run_id: id.to_owned(), path: id.into() };
        let folders = [run("2026-11-22-a"), run("2026-11-21-b"), run("2026-11-21-b-2")];
        let id = |run: &str| find(&folders, run).map(|it| it.run_id.as_str());
        assert_eq!(id("last"), Ok("2026-11-22-a"));
        assert_eq!(id("2026-11-22"), Ok("2026-11-22-a"));
        assert_eq!(id("2026-11-21-b"), Ok("2026-11-21-b"), "the whole id is no beginning");
        assert!(id("2026-11-2").unwrap_err().contains("several runs"));
        assert!(id("").is_err() && id("../x").is_err());
    }

    #[test]
    fn nothing_that_a_model_wrote_moves_the_cursor() {
        assert_eq!(readable("a\u{1b}[2J\n\tb\n"), "a\\u{1b}[2J\n    b\n");
    }
}
