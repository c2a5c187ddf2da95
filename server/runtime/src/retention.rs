//! How long replays are kept, and what turns changed: until they are old or there are many of them,
//! and as long as a proposal that waits leads to them.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use jiff::Timestamp;
use serde_json::Value;

use crate::{
    folders::Folders,
    replay::runs_folder,
    run_store::{self, RunFolder},
    turn_changes::{TurnChanges, changes_folder},
};

/// Megabytes that are kept of each kind.
const MAX_MB: u64 = 200;
/// What is younger is not removed: its proposal may not lead to it yet.
const YOUNG: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Removes what is older than so many days, and the oldest of what is more than a state folder
/// should hold. What cannot be removed stays, and is tried again the next time.
pub(crate) fn tidy(folders: &Folders, now: Timestamp, keep_days: u32) {
    let limits = Limits { now: now.into(), longest: DAY * keep_days, max_bytes: MAX_MB << 20 };
    let (linked, changes) = linked(folders);
    let replays = run_store::list(&runs_folder(folders));
    let replays = replays.into_iter().map(|folder| Kept {
        is_needed: linked.contains(&folder.run_id) || run_store::has_owner(&folder),
        path: folder.path,
    });
    limits.apply(replays.collect());
    let turns = fs::read_dir(changes_folder(folders)).into_iter().flatten().flatten();
    let turns =
        turns.map(|entry| Kept { is_needed: changes.contains(&entry.path()), path: entry.path() });
    limits.apply(turns.collect());
}

struct Kept {
    path: PathBuf,
    is_needed: bool,
}

struct Limits {
    now: SystemTime,
    longest: Duration,
    max_bytes: u64,
}

impl Limits {
    fn apply(&self, kept: Vec<Kept>) {
        let mut all: Vec<(Duration, Kept)> = kept
            .into_iter()
            .filter_map(|kept| {
                let changed = fs::metadata(&kept.path).ok()?.modified().ok()?;
                Some((self.now.duration_since(changed).unwrap_or_default(), kept))
            })
            .collect();
        all.sort_by_key(|(age, _)| *age);
        let mut n_bytes = 0;
        for (age, Kept { path, is_needed }) in all {
            n_bytes += size(&path);
            let is_over = age > self.longest || n_bytes > self.max_bytes;
            if is_over
                && age > YOUNG
                && !is_needed
                && let Err(error) = fs::remove_dir_all(&path)
            {
                tracing::debug!(%error, path = %path.display(), "what is old stays");
            }
        }
    }
}

/// Returns the replays that proposals lead to which wait, with those that these lead to, and where
/// it is kept what their turns changed.
fn linked(folders: &Folders) -> (BTreeSet<String>, BTreeSet<PathBuf>) {
    let (mut replays, mut changes) = (BTreeSet::new(), BTreeSet::new());
    let manifests = fs::read_dir(folders.state.join("proposals")).into_iter().flatten().flatten();
    for manifest in manifests {
        let Ok(json) = fs::read(manifest.path()) else { continue };
        let Ok(proposal) = serde_json::from_slice::<Value>(&json) else { continue };
        let text = |name: &str| proposal.get(name).and_then(Value::as_str);
        if text("status") != Some("pending") {
            continue;
        }
        let replay = proposal.pointer("/verification/runId").and_then(Value::as_str);
        if let Some(replay) = replay.and_then(|id| RunFolder::find(&runs_folder(folders), id)) {
            replays.extend(mentioned(&replay.verification()));
            replays.insert(replay.run_id);
        }
        let turn = proposal.get("turn").and_then(Value::as_u64).and_then(|it| it.try_into().ok());
        if let (Some(run_id), Some(path), Some(turn)) = (text("runId"), text("runFolder"), turn) {
            let run = RunFolder { run_id: run_id.to_owned(), path: path.into() };
            changes.insert(TurnChanges::of(folders, &run, turn).folder().to_path_buf());
        }
    }
    (replays, changes)
}

/// Returns the runs whose transcripts a document leads to.
fn mentioned(document: &Path) -> Vec<String> {
    let text = fs::read_to_string(document).unwrap_or_default();
    let links = text.split("](../").skip(1);
    links.filter_map(|rest| Some(rest.split_once("/transcript.md)")?.0.to_owned())).collect()
}

fn size(folder: &Path) -> u64 {
    let mut n_bytes = 0;
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(metadata) if metadata.is_dir() => folders.push(entry.path()),
                Ok(metadata) => n_bytes += metadata.len(),
                Err(_) => {}
            }
        }
    }
    n_bytes
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, File},
        path::Path,
        time::{Duration, SystemTime},
    };

    use jiff::Timestamp;
    use serde_json::json;
    use tempfile::TempDir;

    use super::{DAY, Kept, Limits, tidy};
    use crate::folders::Folders;

    fn age(path: &Path, age: Duration) {
        let time = SystemTime::now() - age;
        File::open(path).unwrap().set_modified(time).unwrap();
    }

    fn replay(folders: &Folders, id: &str, days: u32) {
        let folder = folders.state.join("replays").join(id);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("journal.jsonl"), "").unwrap();
        age(&folder, DAY * days);
    }

    fn left(folders: &Folders) -> Vec<String> {
        let mut left: Vec<String> = fs::read_dir(folders.state.join("replays"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        left
    }

    #[test]
    fn what_is_old_is_removed_unless_a_proposal_that_waits_leads_to_it() {
        let dir = TempDir::new().unwrap();
        let folders = Folders::below(dir.path());
        for (id, days) in
            [("control", 40), ("linked", 40), ("decided", 40), ("old", 40), ("new", 2)]
        {
            replay(&folders, id, days);
        }
        let linked = folders.state.join("replays/linked");
        fs::write(linked.join("verification.md"), "- [transcript](../control/transcript.md)\n")
            .unwrap();
        age(&linked, DAY * 40);
        fs::create_dir_all(folders.state.join("proposals")).unwrap();
        for (status, replay) in [("pending", "linked"), ("rejected", "decided")] {
            let manifest = json!({"status": status, "verification": {"runId": replay}});
            let path = folders.state.join(format!("proposals/{replay}.json"));
            fs::write(path, manifest.to_string()).unwrap();
        }
        tidy(&folders, Timestamp::now(), 30);
        assert_eq!(left(&folders), ["control", "linked", "new"]);
        tidy(&folders, Timestamp::now(), 0);
        assert_eq!(left(&folders), ["control", "linked"]);
    }

    #[test]
    fn of_too_much_the_oldest_is_removed_and_what_has_just_come_never() {
        let dir = TempDir::new().unwrap();
        let folder = |name: &str, days: u32| {
            let path = dir.path().join(name);
            fs::create_dir(&path).unwrap();
            fs::write(path.join("a"), [0; 100]).unwrap();
            age(&path, DAY * days);
            Kept { path, is_needed: false }
        };
        let kept = vec![folder("old", 3), folder("new", 0), folder("older", 4), folder("young", 1)];
        let limits = |max_bytes| Limits { now: SystemTime::now(), longest: DAY * 30, max_bytes };
        limits(300).apply(kept);
        let names = ["new", "young", "old", "older"];
        let is_there = || names.map(|name| dir.path().join(name).exists());
        assert_eq!(is_there(), [true, true, true, false]);
        let kept = names.map(|name| Kept { path: dir.path().join(name), is_needed: name == "old" });
        limits(50).apply(kept.into());
        assert_eq!(is_there(), [true, false, true, false]);
    }
}
