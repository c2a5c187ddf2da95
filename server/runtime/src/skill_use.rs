//! How often skills were used, by what the journals of runs say.

use std::{
    collections::{BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use agent::{event::Event, tool::BuiltInTool};
use serde_json::Value;

use crate::run_store::{self, RunFolder};

/// Runs that are looked at in one folder, the newest ones.
const MAXIMUM_RUNS: usize = 1_000;

/// What each run used, as far as it was read: a journal that did not change is not read again.
#[derive(Debug, Default)]
pub struct SkillUse {
    known: HashMap<PathBuf, KnownRun>,
}

#[derive(Debug)]
struct KnownRun {
    modified: SystemTime,
    n_bytes: u64,
    skills: BTreeSet<String>,
}

impl SkillUse {
    /// Returns the runs in these folders that read the body of the skill of this name, the newest
    /// of each folder first.
    ///
    /// Reads files. A journal that cannot be read counts as one that used nothing.
    pub fn runs(&mut self, run_folders: &[PathBuf], skill: &str) -> Vec<RunFolder> {
        let mut runs: Vec<RunFolder> =
            run_folders.iter().flat_map(|folder| newest(folder)).collect();
        runs.retain(|run| self.used_in(&run.journal()).contains(skill));
        runs
    }

    /// Returns how many of the runs in these folders read the body of each skill, by its name; one
    /// that no run read is left out.
    ///
    /// Reads files, as [`Self::runs`] does.
    pub fn counts(&mut self, run_folders: &[PathBuf]) -> HashMap<String, usize> {
        let mut counts = HashMap::new();
        for run in run_folders.iter().flat_map(|folder| newest(folder)) {
            for skill in self.used_in(&run.journal()) {
                *counts.entry(skill.clone()).or_default() += 1;
            }
        }
        counts
    }

    fn used_in(&mut self, journal: &Path) -> &BTreeSet<String> {
        static NOTHING: BTreeSet<String> = BTreeSet::new();
        let metadata = journal.metadata().ok();
        let n_bytes = metadata.as_ref().map_or(0, fs::Metadata::len);
        let modified = metadata.and_then(|it| it.modified().ok()).unwrap_or(SystemTime::UNIX_EPOCH);
        let is_known = |it: &KnownRun| it.modified == modified && it.n_bytes == n_bytes;
        if !self.known.get(journal).is_some_and(is_known) {
            let text = fs::read_to_string(journal).unwrap_or_default();
            let skills = text.lines().filter_map(skill_of).collect();
            self.known.insert(journal.to_owned(), KnownRun { modified, n_bytes, skills });
        }
        self.known.get(journal).map_or(&NOTHING, |run| &run.skills)
    }
}

fn newest(folder: &Path) -> Vec<RunFolder> {
    let mut runs = run_store::list(folder);
    runs.truncate(MAXIMUM_RUNS);
    runs
}

/// Returns the name of the skill whose body a call asks for, if the event is such a call.
pub fn viewed_skill(event: &Event) -> Option<&str> {
    let Event::ToolCall { tool, arguments, .. } = event else { return None };
    let text = |name: &str| arguments.get(name).and_then(Value::as_str);
    let is_view =
        BuiltInTool::from_name(tool) == Some(BuiltInTool::Skills) && text("action") == Some("view");
    text("name").filter(|_| is_view)
}

/// The skill whose body a line of a journal asks for.
fn skill_of(line: &str) -> Option<String> {
    // Most records are about something else: they are not parsed.
    if !line.contains("\"tool_call\"") || !line.contains("\"skills\"") {
        return None;
    }
    let record: Value = serde_json::from_str(line).ok()?;
    let text = |pointer: &str| record.pointer(pointer).and_then(Value::as_str);
    let is_view = text("/type") == Some("tool_call")
        && text("/data/tool") == Some("skills")
        && text("/data/arguments/action") == Some("view");
    text("/data/arguments/name").filter(|_| is_view).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::SkillUse;

    const RUN: &str = "2026-11-21-093012-count-rows";
    const VIEW: &str = r#"{"seq":4,"type":"tool_call","data":{"tool":"skills","arguments":{"action":"view","name":"count-rows"},"toolCallId":"a"}}"#;
    const LIST: &str = r#"{"seq":5,"type":"tool_call","data":{"tool":"skills","arguments":{"action":"list"},"toolCallId":"b"}}"#;

    #[test]
    fn a_run_counts_once_for_each_skill_that_it_read() {
        let folder = TempDir::new().unwrap();
        let journal = folder.path().join(RUN).join("journal.jsonl");
        fs::create_dir_all(journal.parent().unwrap()).unwrap();
        fs::write(&journal, format!("{LIST}\nnot json\n")).unwrap();
        let folders = [folder.path().to_owned()];
        let mut skill_use = SkillUse::default();
        assert!(skill_use.runs(&folders, "count-rows").is_empty());
        fs::write(&journal, format!("{LIST}\n{VIEW}\n{VIEW}\n")).unwrap();
        let runs = skill_use.runs(&folders, "count-rows");
        assert_eq!(runs.iter().map(|run| run.run_id.as_str()).collect::<Vec<_>>(), [RUN]);
        assert!(skill_use.runs(&folders, "sum-rows").is_empty());
        let counts = skill_use.counts(&folders);
        assert_eq!(counts.into_iter().collect::<Vec<_>>(), [("count-rows".to_owned(), 1)]);
    }
}
