//! The skills around the open ones: an index of the workspace that follows the editor and the disk.
//!
//! Everything here looks at the disk or takes a while, so it runs on threads that may be busy. A
//! change is worked in alone, and of the open skills only those are linted again whose surroundings
//! it made other ones. The text of an open buffer counts before that on the disk.

use std::{
    collections::{BTreeSet, HashMap},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use lint::{Neighborhood, SkillDigest, SkillIndex};
use skill::SkillDocument;
use tower_lsp::lsp_types::Url;
use tracing::{debug, error, info_span};

use crate::{
    lsp::{documents::Snapshot, linter, session::Session},
    neighborhood::{
        SKILL_FILE_NAME, SkillOnDisk, acceptance, find_skills, is_left_out, key, list_folder_of,
    },
};

/// The most skills that one search takes in; a workspace with more is no workspace.
const MAXIMUM_SKILLS: usize = 20_000;

/// The index, and which of its skills are open.
#[derive(Debug, Default)]
pub(crate) struct Neighbors {
    state: Mutex<State>,
    /// Held while the disk is looked at for it, so that what was seen last is what stays.
    looking: Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    index: SkillIndex,
    /// The open skills, by their names in the index.
    open: HashMap<String, Url>,
}

impl Neighbors {
    /// Takes an open skill's text in and returns what is around it; `None` for what is no file and
    /// for proposals, which are no skills yet. Looks at the disk.
    pub(crate) fn around(
        &self,
        session: &Session,
        snapshot: &Snapshot,
        document: &SkillDocument,
    ) -> Option<Neighborhood> {
        let path = snapshot.uri.to_file_path().ok()?;
        let key = key(&path)?;
        if is_left_out(&path) {
            return None;
        }
        let is_known = self.state().index.contains(&key);
        let folder = if is_known { None } else { list_folder_of(&path) };
        let digest = SkillDigest::new(&key, document);
        let mut state = self.state();
        // A lint that ends late must not undo what came after it.
        if session.documents.is_current(snapshot) {
            state.open.insert(key.clone(), snapshot.uri.clone());
            let mut touched = state.index.update(&key, digest);
            if !is_known {
                touched.extend(state.index.set_folder(&key, folder.map(Arc::new)));
            }
            touched.remove(key.as_str());
            let touched = state.open_among(&touched);
            drop(state);
            linter::lint_again(session, &touched);
        } else {
            drop(state);
        }
        let neighborhood = self.state().index.neighborhood(&key)?;
        let acceptance = acceptance(&session.folders.state, Path::new(&key));
        Some(Neighborhood { acceptance, ..neighborhood })
    }

    /// Returns all skills as path and name; with its address, one that is open.
    pub(crate) fn skills(&self) -> Vec<(Arc<str>, Arc<str>, Option<Url>)> {
        let state = self.state();
        let skills = state.index.names();
        skills
            .map(|(path, name)| {
                (Arc::clone(path), Arc::clone(name), state.open.get(&**path).cloned())
            })
            .collect()
    }

    /// Tells whether what was around a skill is around it still.
    pub(crate) fn are_unchanged(&self, known: &Neighborhood) -> bool {
        let now = self.state().index.neighborhood(&known.path);
        now.is_some_and(|now| Neighborhood { acceptance: known.acceptance, ..now } == *known)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn open_among(&self, touched: &BTreeSet<Arc<str>>) -> Vec<Url> {
        touched.iter().filter_map(|path| self.open.get(&**path).cloned()).collect()
    }

    /// Takes in what is on the disk; of an open skill, only its folder.
    fn take(&mut self, skill: SkillOnDisk) -> BTreeSet<Arc<str>> {
        let SkillOnDisk { key, digest, folder } = skill;
        let mut touched = BTreeSet::new();
        if !self.open.contains_key(&key) {
            touched.extend(self.index.update(&key, digest));
        }
        touched.extend(self.index.set_folder(&key, folder.map(Arc::new)));
        touched
    }
}

/// Looks for all skills of the workspace and of the user, and forgets those that are gone. Returns
/// at once.
pub(crate) fn search(session: &Arc<Session>) {
    in_the_background(session, |session| {
        let found = search_folders(session, /*known ones too*/ true);
        let known: Vec<Arc<str>> = session.neighbors.state().index.paths().cloned().collect();
        let gone = known.into_iter().filter(|path| !found.contains(&**path));
        forget(session, gone);
    });
}

/// Works in that files came, went or changed. Returns at once.
pub(crate) fn files_changed<'a>(session: &Arc<Session>, uris: impl IntoIterator<Item = &'a Url>) {
    let paths: Vec<PathBuf> = uris.into_iter().filter_map(|uri| uri.to_file_path().ok()).collect();
    let paths: Vec<PathBuf> = paths.into_iter().filter(|path| !is_left_out(path)).collect();
    if !paths.is_empty() {
        in_the_background(session, move |session| work_in(session, &paths));
    }
}

/// Works in that a document was closed: from now on the disk counts. Returns at once.
pub(crate) fn closed(session: &Arc<Session>, uri: &Url) {
    let Ok(path) = uri.to_file_path() else { return };
    if !linter::is_skill(uri) || is_left_out(&path) {
        return;
    }
    let uri = uri.clone();
    in_the_background(session, move |session| {
        if session.documents.get(&uri).is_some() {
            return;
        }
        if let Some(key) = key(&path) {
            session.neighbors.state().open.remove(&key);
        }
        work_in(session, &[path]);
    });
}

fn in_the_background(session: &Arc<Session>, work: impl FnOnce(&Session) + Send + 'static) {
    let task = Arc::clone(session);
    session.tasks.spawn(info_span!("neighbors"), async move {
        if let Err(error) = tokio::task::spawn_blocking(move || looking(&task, work)).await {
            error!(%error, "looking at the skills of the workspace broke down");
        }
    });
}

fn looking(session: &Session, work: impl FnOnce(&Session)) {
    let _looking = session.neighbors.looking.lock().unwrap_or_else(PoisonError::into_inner);
    work(session);
}

/// Reads what is there at some paths. Each skill around them is read or listed once.
fn work_in(session: &Session, paths: &[PathBuf]) {
    let mut to_read: BTreeSet<PathBuf> = BTreeSet::new();
    let mut to_list: BTreeSet<String> = BTreeSet::new();
    let mut gone: BTreeSet<Arc<str>> = BTreeSet::new();
    let mut is_search_needed = false;
    for path in paths {
        let Some(key) = key(path) else { continue };
        let is_skill = path.file_name().is_some_and(|name| name == SKILL_FILE_NAME);
        let state = session.neighbors.state();
        if path.is_dir() {
            is_search_needed = true;
        } else if path.exists() {
            if is_skill && state.index.contains(&key) {
                to_read.insert(path.clone());
            } else if is_skill {
                is_search_needed = true;
            }
        } else {
            // A file is gone, or a folder with all that was in it.
            gone.extend(state.index.at_or_below(&key));
        }
        to_list.extend(state.index.around(&key).map(ToString::to_string));
    }
    forget(session, gone.into_iter());
    for path in to_read {
        take_in(session, &path);
    }
    for key in to_list {
        let folder = list_folder_of(Path::new(&key)).map(Arc::new);
        let mut state = session.neighbors.state();
        let touched = state.index.set_folder(&key, folder);
        let touched = state.open_among(&touched);
        drop(state);
        linter::lint_again(session, &touched);
    }
    if is_search_needed {
        search_folders(session, /*known ones too*/ false);
    }
}

/// Reads the skills below all folders and returns the names of those that are there.
fn search_folders(session: &Session, takes_known: bool) -> BTreeSet<String> {
    let mut folders = session.workspace_folders();
    folders.extend(runtime::skills::user_folders(&session.folders.home));
    let mut found = BTreeSet::new();
    for folder in folders {
        find_skills(&folder, |path| {
            let Some(key) = key(path) else { return true };
            let is_new = found.insert(key.clone());
            if is_new && (takes_known || !session.neighbors.state().index.contains(&key)) {
                take_in(session, path);
            }
            found.len() < MAXIMUM_SKILLS && !session.tasks.is_ended()
        });
    }
    debug!(n = found.len(), "searched for skills");
    found
}

/// Reads a skill and lists its folder.
fn take_in(session: &Session, path: &Path) {
    let Some(skill) = SkillOnDisk::load(path) else { return };
    let mut state = session.neighbors.state();
    let touched = state.take(skill);
    let touched = state.open_among(&touched);
    drop(state);
    linter::lint_again(session, &touched);
}

/// Takes skills out that are not open.
fn forget(session: &Session, paths: impl Iterator<Item = Arc<str>>) {
    for path in paths {
        let mut state = session.neighbors.state();
        if state.open.contains_key(&*path) {
            continue;
        }
        let touched = state.index.remove(&path);
        let touched = state.open_among(&touched);
        drop(state);
        linter::lint_again(session, &touched);
    }
}
