//! Which runs wait for a person, and what that person has allowed of what waits.
//!
//! One file a run, in the user's state folder: a journal lies in the workspace and is content from
//! elsewhere, so it can neither have anybody asked at the next start nor say what they decided. A
//! file that cannot be read says nothing.

use std::{
    io,
    path::{Path, PathBuf},
};

use agent::tool::PreparedCall;
use serde::{Deserialize, Serialize};

use crate::{acceptance::sha256, atomic, run_store::RunFolder, workspace::resolve_existing};

/// A run that waits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WaitingRun {
    /// The run's folder, with links resolved.
    pub folder: PathBuf,
    /// The calls that the person allowed, which wait for a decision about others of their reply.
    pub allowed: Vec<PreparedCall>,
}

/// The runs that wait, of all workspaces.
#[derive(Debug, Clone)]
pub struct WaitingRuns {
    folder: PathBuf,
}

impl WaitingRuns {
    /// Opens the records in a state folder; nothing is made before the first is kept.
    pub fn new(state: &Path) -> Self {
        Self { folder: state.join("waiting") }
    }

    /// Keeps that a run waits, and what the person has allowed so far.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn keep(&self, run: &RunFolder, allowed: Vec<PreparedCall>) -> io::Result<()> {
        let record = WaitingRun { folder: resolve_existing(&run.path), allowed };
        let json = serde_json::to_vec_pretty(&record).map_err(io::Error::from)?;
        atomic::write_private(&self.file(&record.folder), &json)
    }

    /// Keeps that a run waits no more.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn forget(&self, run: &RunFolder) -> io::Result<()> {
        match std::fs::remove_file(self.file(&resolve_existing(&run.path))) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Returns what the person has allowed of the calls that wait in a run.
    pub fn allowed(&self, run: &RunFolder) -> Vec<PreparedCall> {
        let folder = resolve_existing(&run.path);
        let record = read(&self.file(&folder)).filter(|record| record.folder == folder);
        record.map(|record| record.allowed).unwrap_or_default()
    }

    /// Returns the runs that wait, newest first; forgets those that are not there any more.
    pub fn all(&self) -> Vec<RunFolder> {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut runs = Vec::new();
        for path in entries.map(|entry| entry.path()) {
            let Some(record) = read(&path).filter(|it| self.file(&it.folder) == path) else {
                continue;
            };
            let id = record.folder.file_name().and_then(|name| name.to_str());
            let found =
                record.folder.parent().zip(id).and_then(|(runs, id)| RunFolder::find(runs, id));
            match found {
                Some(run) => runs.push(run),
                None => {
                    if let Err(error) = std::fs::remove_file(&path) {
                        tracing::debug!(%error, path = %path.display(), "is still there");
                    }
                }
            }
        }
        runs.sort_by(|a, b| b.run_id.cmp(&a.run_id));
        runs
    }

    fn file(&self, folder: &Path) -> PathBuf {
        self.folder.join(format!("{}.json", sha256(&folder.to_string_lossy())))
    }
}

fn read(file: &Path) -> Option<WaitingRun> {
    serde_json::from_slice(&std::fs::read(file).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use agent::tool::PreparedCall;
    use serde_json::json;

    use super::WaitingRuns;
    use crate::run_store::RunFolder;

    fn call(command: &str) -> PreparedCall {
        let arguments = json!({"command": command}).as_object().unwrap().clone();
        PreparedCall {
            id: "a".to_owned(),
            tool: "bash".to_owned(),
            arguments,
            outside_sandbox: false,
        }
    }

    #[test]
    fn what_waits_is_kept_until_it_is_decided_or_gone() {
        let folder = tempfile::tempdir().unwrap();
        let waiting = WaitingRuns::new(&folder.path().join("state"));
        assert!(waiting.all().is_empty());
        let run = |id: &str| {
            let path = folder.path().join("w/.preceptor/runs").join(id);
            std::fs::create_dir_all(&path).unwrap();
            std::fs::write(path.join("journal.jsonl"), "").unwrap();
            RunFolder { run_id: id.to_owned(), path: path.canonicalize().unwrap() }
        };
        let (first, second, gone) = (run("1"), run("2"), run("3"));
        for run in [&first, &second, &gone] {
            waiting.keep(run, Vec::new()).unwrap();
        }
        waiting.keep(&first, vec![call("ls")]).unwrap();
        std::fs::remove_dir_all(&gone.path).unwrap();
        assert_eq!(waiting.all(), [second.clone(), first.clone()]);
        assert_eq!(std::fs::read_dir(folder.path().join("state/waiting")).unwrap().count(), 2);
        assert_eq!(waiting.allowed(&first), [call("ls")]);
        assert!(waiting.allowed(&second).is_empty());
        waiting.forget(&first).unwrap();
        waiting.forget(&first).unwrap();
        assert_eq!(waiting.all(), [second]);
        assert!(waiting.allowed(&first).is_empty());
    }
}
