//! Skills that are not open: what they are, and what is found in them.
//!
//! A skill is read and linted again only when its text, its settings or what is around it are other
//! ones. Whoever holds an answer back until there is news waits for [`ClosedSkills::changes`].

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use lint::Neighborhood;
use skill::estimated_tokens;
use tokio::sync::watch;
use tower_lsp::lsp_types::{Diagnostic, Url};

use crate::{
    lsp::{lint_scope::LintScope, linter, session::Session, to_proto},
    neighborhood,
};

/// What is known of the skills that are not open.
#[derive(Debug)]
pub(crate) struct ClosedSkills {
    /// By path, in the form of the index.
    examined: Mutex<HashMap<Arc<str>, Arc<ClosedSkill>>>,
    /// What the client shows for these may be from before they were closed.
    left_over: Mutex<HashSet<Url>>,
    /// Counts what may have changed findings.
    changes: watch::Sender<u64>,
    /// Whether anybody was told what is found in all of them.
    is_told: AtomicBool,
}

impl Default for ClosedSkills {
    fn default() -> Self {
        Self {
            examined: Mutex::default(),
            left_over: Mutex::default(),
            changes: watch::Sender::new(0),
            is_told: AtomicBool::new(false),
        }
    }
}

/// A skill as it is on the disk.
#[derive(Debug)]
pub(crate) struct ClosedSkill {
    /// Its address.
    pub(crate) uri: Url,
    /// What it says that it does; empty if it says nothing.
    pub(crate) description: String,
    /// Its estimated length.
    pub(crate) n_tokens: usize,
    /// What is found in it.
    pub(crate) diagnostics: Vec<Diagnostic>,
    text_hash: u64,
    scope: LintScope,
    neighborhood: Neighborhood,
}

/// The workspace folders, to name files as the client does: the index resolves links.
#[derive(Debug)]
pub(crate) struct FolderNames {
    /// As the client names them, and as the index does; the innermost first.
    folders: Vec<(PathBuf, String)>,
}

impl ClosedSkills {
    /// Notes that other things may be found than before.
    pub(crate) fn changed(&self) {
        self.changes.send_modify(|n_changes| *n_changes = n_changes.wrapping_add(1));
    }

    /// Notes that the client is told what is found; tells whether it was told before.
    pub(crate) fn tell(&self) -> bool {
        self.is_told.swap(true, Ordering::Relaxed)
    }

    /// Returns what tells of changes from now on.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Examines the skill at a path of the index; `None` if it is open, or cannot be read any more.
    /// Looks at the disk and may take a while.
    pub(crate) fn examine(
        &self,
        session: &Session,
        names: &FolderNames,
        path: &Arc<str>,
    ) -> Option<Arc<ClosedSkill>> {
        let (text_hash, neighborhood) = session.neighbors.around_closed(session, path)?;
        let uri = names.uri(path)?;
        if session.documents.get(&uri).is_some() {
            return None;
        }
        let scope = LintScope::of(session, &uri);
        let known = self.examined().get(path).cloned();
        if let Some(known) = known
            && known.uri == uri
            && known.text_hash == text_hash
            && known.scope == scope
            && known.neighborhood == neighborhood
        {
            return Some(known);
        }
        let text = neighborhood::read_skill(&uri.to_file_path().ok()?)?;
        let snapshot = session.documents.closed_file(uri.clone(), &text);
        let document = snapshot.skill();
        let settings = scope.settings(&uri);
        let findings = linter::lint_document(
            &uri,
            document,
            &settings,
            Some(&neighborhood),
            /*flaw*/ None,
        );
        session.guide.unpack();
        let diagnostics = findings
            .iter()
            .map(|finding| to_proto::diagnostic(finding, &snapshot, &session.guide))
            .collect();
        let skill = Arc::new(ClosedSkill {
            description: document.description().unwrap_or_default().trim().to_owned(),
            n_tokens: estimated_tokens(&text),
            diagnostics,
            text_hash,
            neighborhood,
            scope: scope.clone(),
            uri: uri.clone(),
        });
        self.examined().insert(Arc::clone(path), Arc::clone(&skill));
        Some(skill)
    }

    /// Examines the skill at an address; `None` if it is none of those that were found, or open.
    pub(crate) fn examine_at(&self, session: &Session, uri: &Url) -> Option<Arc<ClosedSkill>> {
        let path: Arc<str> = neighborhood::key(&uri.to_file_path().ok()?)?.into();
        self.examine(session, &FolderNames::of(session), &path)
    }

    /// Drops what is known of skills that are not there any more.
    pub(crate) fn forget(&self, is_gone: impl Fn(&Arc<str>) -> bool) {
        self.examined().retain(|path, _| !is_gone(path));
    }

    /// Notes that the client has to be told of a skill, also if nothing is found in it or it is not
    /// there any more: VS Code drops the last answer about a document that is out of view, keeps
    /// what it shows, and does not name it when it asks about the workspace.
    pub(crate) fn leave_over(&self, uri: &Url) {
        self.left_over().insert(uri.clone());
        self.changed();
    }

    /// Returns the skills of which the client has to be told in any case.
    pub(crate) fn all_left_over(&self) -> HashSet<Url> {
        self.left_over().clone()
    }

    /// Notes that the client was told.
    pub(crate) fn told_of(&self, uris: &HashSet<Url>) {
        self.left_over().retain(|uri| !uris.contains(uri));
    }

    fn left_over(&self) -> MutexGuard<'_, HashSet<Url>> {
        self.left_over.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn examined(&self) -> MutexGuard<'_, HashMap<Arc<str>, Arc<ClosedSkill>>> {
        self.examined.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FolderNames {
    /// Returns the names of the workspace folders now. Looks at the disk.
    pub(crate) fn of(session: &Session) -> Self {
        let named = session.workspace_folders().into_iter();
        let mut folders: Vec<(PathBuf, String)> = named
            .filter_map(|folder| Some((folder.clone(), neighborhood::key(&folder)?)))
            .collect();
        folders.sort_by_key(|(_, key)| std::cmp::Reverse(key.len()));
        Self { folders }
    }

    /// Tells whether a path of the index is in the workspace.
    pub(crate) fn hold(&self, path: &str) -> bool {
        self.folders.iter().any(|(_, key)| below(path, key).is_some())
    }

    /// Returns the address of a path of the index.
    fn uri(&self, path: &str) -> Option<Url> {
        let named =
            self.folders.iter().find_map(|(folder, key)| Some(folder.join(below(path, key)?)));
        Url::from_file_path(named.unwrap_or_else(|| PathBuf::from(path))).ok()
    }
}

/// What is behind the folder in a path.
fn below<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    path.strip_prefix(folder.trim_end_matches('/'))?.strip_prefix('/')
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::FolderNames;

    #[cfg(unix)]
    #[test]
    fn files_are_named_by_the_innermost_folder_as_the_client_names_it() {
        let names = FolderNames {
            folders: vec![
                (PathBuf::from("/link/deep"), "/w/deep".to_owned()),
                (PathBuf::from("/w/"), "/w".to_owned()),
            ],
        };
        let uri = |path: &str| names.uri(path).unwrap().to_string();
        assert_eq!(uri("/w/deep/a b/SKILL.md"), "file:///link/deep/a%20b/SKILL.md");
        assert_eq!(uri("/w/x/SKILL.md"), "file:///w/x/SKILL.md");
        assert_eq!(uri("/wide/SKILL.md"), "file:///wide/SKILL.md");
        assert!(names.hold("/w/x/SKILL.md") && !names.hold("/wide/SKILL.md"));
    }
}
