//! What a turn changed in the workspace, kept so that its request can be replayed later.
//!
//! Only what differs between the files before the turn and after it is kept, in the user's state
//! folder: in the workspace, somebody else could have written it. What the person changed
//! elsewhere since then stays as it is now, and is told from what is written down of all files.

use std::{
    collections::BTreeSet,
    fs, io,
    ops::RangeInclusive,
    path::{Component, Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    acceptance::sha256,
    atomic,
    folders::Folders,
    run_store::RunFolder,
    tools::checkpoints::{checkpoint_folders, files_below},
    workspace::resolve_existing,
    workspace_copy::{Content, Contents, CopyError, WorkspaceCopy, differences},
};

/// Where changes are kept in the state folder.
const FOLDER: &str = "turns";
/// Megabytes of changed files that are kept at most.
const MAX_MB: u64 = 64;
/// Names the files that changed.
const LIST: &str = "changes.json";
/// Says what all files held before the turn.
const BEFORE: &str = "before.json";

/// What a turn changed.
#[derive(Debug, Clone)]
pub struct TurnChanges {
    folder: PathBuf,
}

/// The files around a turn.
#[derive(Debug)]
pub struct AroundTurn {
    /// As they were before it.
    pub before: WorkspaceCopy,
    /// As the teacher found them.
    pub found: Contents,
    /// As they were after it.
    pub after: WorkspaceCopy,
    /// Those that nobody can put back to what they were before it: changed since, and not by it.
    pub changed_since: Vec<PathBuf>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Changed {
    path: PathBuf,
    was_there: bool,
    is_there: bool,
    found: Option<Content>,
}

impl TurnChanges {
    /// Names those of a turn; they need not be kept.
    pub fn of(folders: &Folders, run: &RunFolder, turn: u32) -> Self {
        let name = sha256(&format!("{}\n{turn}", run.path.display()));
        Self { folder: changes_folder(folders).join(name) }
    }

    /// Returns the folder that they are kept in, if they are.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Keeps what changed. Changes of many megabytes are not kept.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn keep(
        &self,
        before: &WorkspaceCopy,
        found: &Contents,
        after: &WorkspaceCopy,
    ) -> io::Result<()> {
        let (was, is) = (before.contents(), after.contents());
        let mut paths: BTreeSet<&Path> = differences(&was, &is).into_iter().collect();
        paths.extend(differences(found, &is));
        let roots = [before.root(), after.root()];
        let sizes = roots.iter().flat_map(|root| paths.iter().map(|path| root.join(path)));
        let n_bytes: u64 =
            sizes.filter_map(|path| fs::symlink_metadata(path).ok()).map(|it| it.len()).sum();
        if n_bytes > MAX_MB * 1024 * 1024 {
            tracing::debug!(n_bytes, "what the turn changed is too large to be kept");
            return Ok(());
        }
        let mut list = Vec::with_capacity(paths.len());
        for path in paths {
            let changed = Changed {
                path: path.to_path_buf(),
                was_there: was.contains_key(path),
                is_there: is.contains_key(path),
                found: found.get(path).cloned(),
            };
            for (copy, part, is_there) in
                [(before, "before", changed.was_there), (after, "after", changed.is_there)]
            {
                if is_there {
                    copy.take_out(path, &self.folder.join(part).join(path))?;
                }
            }
            list.push(changed);
        }
        let was: Vec<(&PathBuf, &Content)> =
            was.iter().filter(|(path, _)| path.to_str().is_some()).collect();
        let json = serde_json::to_vec(&was).map_err(io::Error::from)?;
        atomic::write_private(&self.folder.join(BEFORE), &json)?;
        let json = serde_json::to_vec(&list).map_err(io::Error::from)?;
        atomic::write_private(&self.folder.join(LIST), &json)
    }

    /// Returns the files around the turn, made of those of now; `None` if nothing was kept.
    ///
    /// # Errors
    /// [`CopyError`].
    pub fn around(&self, now: &WorkspaceCopy) -> Result<Option<AroundTurn>, CopyError> {
        let Some(list) = self.list() else { return Ok(None) };
        let (before, after) = (now.duplicate()?, now.duplicate()?);
        for Changed { path, was_there, is_there, .. } in &list {
            for (copy, part, is_there) in
                [(&before, "before", was_there), (&after, "after", is_there)]
            {
                let kept = is_there.then(|| self.folder.join(part).join(path));
                copy.put(path, kept.as_deref())?;
            }
        }
        let mut found = before.contents();
        let changed_since = match self.contents_before() {
            Some(was) => differences(&was, &found)
                .into_iter()
                .filter(|path| path.to_str().is_some())
                .map(Path::to_path_buf)
                .collect(),
            None => Vec::new(),
        };
        for Changed { path, found: content, .. } in list {
            match content {
                Some(content) => found.insert(path, content),
                None => found.remove(&path),
            };
        }
        Ok(Some(AroundTurn { before, found, after, changed_since }))
    }

    /// Returns what all files held before the turn, if that was written down.
    fn contents_before(&self) -> Option<Contents> {
        let json = fs::read(self.folder.join(BEFORE)).ok()?;
        let was: Vec<(PathBuf, Content)> = serde_json::from_slice(&json).ok()?;
        Some(was.into_iter().collect())
    }

    fn list(&self) -> Option<Vec<Changed>> {
        let json = fs::read(self.folder.join(LIST)).ok()?;
        let list: Vec<Changed> = serde_json::from_slice(&json).ok()?;
        let is_inside =
            |path: &Path| path.components().all(|it| matches!(it, Component::Normal(_)));
        list.iter().all(|changed| is_inside(&changed.path)).then_some(list)
    }
}

/// Puts back what these turns of a run changed by the tools for files, which keep what was there
/// before, and what commands changed, as far as that is kept.
///
/// # Errors
/// [`CopyError::Io`].
pub fn put_checkpoints_back(
    run: &RunFolder,
    turns: RangeInclusive<u32>,
    copy: &WorkspaceCopy,
) -> Result<(), CopyError> {
    // The first of them says last what was there before all.
    for turn in turns.rev() {
        for folder in checkpoint_folders(&run.path, turn) {
            for (part, was_there) in [("files", true), ("created", false)] {
                let part = folder.join(part);
                let inside = resolve_existing(&part);
                for kept in files_below(&part) {
                    // A workspace that brings a run along must not have us read anything else.
                    if !resolve_existing(&kept).starts_with(&inside) {
                        continue;
                    }
                    if let Ok(relative) = kept.strip_prefix(&part) {
                        copy.put(relative, was_there.then_some(&kept))?;
                    }
                }
            }
        }
    }
    Ok(())
}

/// Returns the folder that changes are kept in.
pub(crate) fn changes_folder(folders: &Folders) -> PathBuf {
    folders.state.join(FOLDER)
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use tempfile::TempDir;

    use super::{TurnChanges, put_checkpoints_back};
    use crate::{
        editor::NoEditor,
        folders::Folders,
        run_store::RunFolder,
        workspace_copy::{WorkspaceCopy, contents, differences},
    };

    #[test]
    fn a_turn_can_be_gone_back_to_while_the_rest_goes_on() {
        let folder = TempDir::new().unwrap();
        let work = folder.path().join("work");
        let write = |path: &str, text: &str| {
            let path = work.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let copy = || WorkspaceCopy::new(&work, &NoEditor, 1).unwrap();
        write("a.txt", "before");
        write("removed/b.txt", "before");
        write("c.txt", "before");
        let before = copy();
        write("junk.txt", "the student's");
        let found = contents(&work);
        write("a.txt", "after");
        write("made/new.txt", "after");
        fs::remove_dir_all(work.join("removed")).unwrap();
        let after = copy();
        let run = RunFolder { run_id: "run".to_owned(), path: folder.path().join("runs/run") };
        let folders = Folders::below(folder.path());
        let changes = TurnChanges::of(&folders, &run, 1);
        changes.keep(&before, &found, &after).unwrap();

        write("a.txt", "later");
        write("c.txt", "later");
        let around = changes.around(&copy()).unwrap().unwrap();
        assert_eq!(around.changed_since, [Path::new("c.txt")]);
        let text = |copy: &WorkspaceCopy, path: &str| {
            fs::read_to_string(copy.root().join(path)).unwrap_or_else(|_| "none".to_owned())
        };
        let texts = |copy| {
            ["a.txt", "removed/b.txt", "made/new.txt", "junk.txt", "c.txt"].map(|it| text(copy, it))
        };
        assert_eq!(texts(&around.before), ["before", "before", "none", "none", "later"]);
        assert_eq!(texts(&around.after), ["after", "none", "after", "the student's", "later"]);
        let after = around.after.contents();
        let teachers: Vec<String> = differences(&around.found, &after)
            .into_iter()
            .map(|path| path.display().to_string())
            .collect();
        assert_eq!(teachers, ["a.txt", "made/new.txt", "removed/b.txt"]);
        assert!(TurnChanges::of(&folders, &run, 2).around(&copy()).unwrap().is_none());
    }

    #[test]
    fn checkpoints_of_the_turn_and_those_after_it_are_put_back() {
        let folder = TempDir::new().unwrap();
        let work = folder.path().join("work");
        let run = RunFolder { run_id: "run".to_owned(), path: folder.path().join("run") };
        for (path, text) in [
            ("work/a.txt", "now"),
            ("work/b.txt", "now"),
            ("work/new.txt", "now"),
            ("run/checkpoints/turn-1/files/a.txt", "first"),
            ("run/checkpoints/turn-2/files/a.txt", "second"),
            ("run/checkpoints/turn-2/files/b.txt", "second"),
            ("run/checkpoints/turn-2/created/new.txt", ""),
        ] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let before = |turns| {
            let copy = WorkspaceCopy::new(&work, &NoEditor, 1).unwrap();
            put_checkpoints_back(&run, turns, &copy).unwrap();
            ["a.txt", "b.txt", "new.txt"].map(|path| {
                fs::read_to_string(copy.root().join(path)).unwrap_or_else(|_| "none".to_owned())
            })
        };
        assert_eq!(before(1..=2), ["first", "second", "none"]);
        assert_eq!(before(2..=2), ["second", "second", "none"]);
        assert_eq!(before(3..=3), ["now", "now", "now"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_came_since_leads_nothing_out_of_the_copy() {
        let folder = TempDir::new().unwrap();
        let work = folder.path().join("work");
        let elsewhere = folder.path().join("elsewhere");
        for path in [&work.join("d"), &elsewhere] {
            fs::create_dir_all(path).unwrap();
        }
        fs::write(work.join("d/a.txt"), "before").unwrap();
        let before = WorkspaceCopy::new(&work, &NoEditor, 1).unwrap();
        fs::write(work.join("d/a.txt"), "after").unwrap();
        let after = WorkspaceCopy::new(&work, &NoEditor, 1).unwrap();
        let run = RunFolder { run_id: "run".to_owned(), path: folder.path().join("run") };
        let changes = TurnChanges::of(&Folders::below(folder.path()), &run, 1);
        changes.keep(&before, &before.contents(), &after).unwrap();
        fs::remove_dir_all(work.join("d")).unwrap();
        std::os::unix::fs::symlink(&elsewhere, work.join("d")).unwrap();
        let now = WorkspaceCopy::new(&work, &NoEditor, 1).unwrap();
        let around = changes.around(&now).unwrap().unwrap();
        assert_eq!(fs::read_to_string(around.before.root().join("d/a.txt")).unwrap(), "before");
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
    }
}
