//! Skills and transcripts as documents of a language: what editors ask about their structure.
//!
//! Each feature is a function from a snapshot to the protocol's answer; which documents it is for
//! and how it is announced stands in [`features`].

mod anchors;
pub(crate) mod completion;
pub(crate) mod explanation;
pub(crate) mod features;
mod file_preview;
pub(crate) mod folding;
pub(crate) mod formatting;
pub(crate) mod inlay_hints;
mod known_skills;
mod known_tools;
pub(crate) mod navigation;
pub(crate) mod refactorings;
pub(crate) mod selection;
pub(crate) mod semantic_tokens;
pub(crate) mod symbols;
pub(crate) mod tokens;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use tower_lsp::lsp_types::Url;
use tracing::error;

use crate::{
    lsp::{documents::Snapshot, linter::is_skill, session::Session},
    neighborhood::SKILL_FILE_NAME,
};

/// Works out an answer about an open document, off the threads that serve messages.
///
/// `None` for documents that are not open or not of the kind: editors that take no registrations
/// ask about every file.
pub(crate) async fn answer<T: Send + 'static>(
    session: &Session,
    uri: &Url,
    is_of_kind: fn(&Url) -> bool,
    work_out: impl FnOnce(&Snapshot) -> T + Send + 'static,
) -> Option<T> {
    if !is_of_kind(uri) {
        return None;
    }
    answer_about(session.documents.get(uri)?, work_out).await
}

/// Works out an answer about one version of a document, off the threads that serve messages.
pub(crate) async fn answer_about<T: Send + 'static>(
    snapshot: Arc<Snapshot>,
    work_out: impl FnOnce(&Snapshot) -> T + Send + 'static,
) -> Option<T> {
    self::work_out(move || work_out(&snapshot)).await
}

/// Works something out off the threads that serve messages; `None` if it breaks down.
pub(crate) async fn work_out<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    tokio::task::spawn_blocking(work)
        .await
        .inspect_err(|error| error!(%error, "a language feature panicked"))
        .ok()
}

/// Says whether a document is the text of a skill: its main file, or Markdown in its `references/`.
pub(crate) fn is_skill_text(uri: &Url) -> bool {
    is_skill(uri) || is_reference(uri)
}

/// Returns the folder of the skill that a document is the text of. Looks at the disk.
pub(crate) fn skill_folder(uri: &Url) -> Option<PathBuf> {
    let path = uri.to_file_path().ok()?;
    if is_skill(uri) {
        return path.parent().map(Path::to_path_buf);
    }
    let is_markdown = path.extension().is_some_and(|it| it.eq_ignore_ascii_case("md"));
    let mut folders = path.ancestors().skip(1);
    let is_of_skill =
        |it: &&Path| it.ends_with("references") && it.with_file_name(SKILL_FILE_NAME).is_file();
    let references = folders.find(is_of_skill).filter(|_| is_markdown)?;
    references.parent().map(Path::to_path_buf)
}

fn is_reference(uri: &Url) -> bool {
    uri.path().contains("/references/") && skill_folder(uri).is_some()
}

/// Says whether a document is Markdown of this server: a skill, or the transcript of a run.
pub(crate) fn is_skill_or_transcript(uri: &Url) -> bool {
    is_skill(uri) || is_transcript(uri)
}

fn is_transcript(uri: &Url) -> bool {
    uri.path().ends_with("/transcript.md") && uri.path().contains("/.preceptor/")
}
