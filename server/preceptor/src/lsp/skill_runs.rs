//! Which runs used the skill that a document is the text of.

use std::sync::PoisonError;

use runtime::run_store::RunFolder;
use skill::Span;

use crate::lsp::{documents::Snapshot, session::Session};

/// The runs that used a skill.
#[derive(Debug)]
pub(crate) struct UsedBy {
    /// Where the text says its name.
    pub(crate) name: Span,
    /// The runs, the newest first.
    pub(crate) runs: Vec<RunFolder>,
}

/// Returns the runs that used a skill; `None` for a document without a name, and for a proposal,
/// which no run may use. Reads files.
pub(crate) fn used_by(session: &Session, snapshot: &Snapshot) -> Option<UsedBy> {
    let path = snapshot.uri.to_file_path().ok()?;
    if session.proposal_stores().iter().any(|store| store.is_around(&path)) {
        return None;
    }
    let name = snapshot.skill().field("name")?;
    let folders = session.run_folders();
    let mut skill_use = session.skill_use.lock().unwrap_or_else(PoisonError::into_inner);
    let runs = skill_use.runs(&folders, name.as_text()?.trim());
    Some(UsedBy { name: name.span, runs })
}
