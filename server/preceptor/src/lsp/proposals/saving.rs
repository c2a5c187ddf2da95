//! What is left to do when a proposal was accepted: its file is saved.

use std::{
    collections::BTreeMap,
    io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use runtime::{acceptance::AcceptedSkills, atomic, proposals::Plan, workspace::resolve_existing};
use serde_json::json;
use tokio::time::{Instant, timeout_at};
use tower_lsp::lsp_types::{
    Diagnostic, DiagnosticSeverity, MessageType, NumberOrString, Position, Range, Url,
};
use tracing::warn;

use crate::lsp::{
    board::Publisher,
    editor,
    proposals::{edits, note_edit},
    session::Session,
    to_proto::SOURCE,
};

/// Accepted texts whose buffers are not saved yet.
#[derive(Debug, Default)]
pub(crate) struct UnsavedSkills {
    texts: Mutex<BTreeMap<Url, Unsaved>>,
}

#[derive(Debug)]
struct Unsaved {
    text: Arc<str>,
    /// What the file held before; `None` where it was not there.
    before: Option<Arc<str>>,
}

impl UnsavedSkills {
    fn texts(&self) -> MutexGuard<'_, BTreeMap<Url, Unsaved>> {
        self.texts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has nothing left to save: what was accepted was taken back.
    pub(super) fn forget(&self, session: &Session, uri: &Url) {
        if self.texts().remove(uri).is_some() {
            session.board.set(uri, Publisher::Proposals, Vec::new());
        }
    }
}

/// Acts on a document that was saved: an accepted skill has nothing left to save, and the text
/// that was saved is the accepted one from now on; what was written in a proposal's document is what
/// is proposed.
pub(crate) fn saved(session: &Arc<Session>, uri: &Url) {
    note_edit(session, uri);
    if let Some(snapshot) = session.documents.get(uri) {
        edits::show(session, &snapshot);
    }
    let Some(unsaved) = session.unsaved_skills.texts().remove(uri) else { return };
    session.board.set(uri, Publisher::Proposals, Vec::new());
    let text = session.documents.get(uri).map_or(unsaved.text, |it| Arc::clone(it.text()));
    let Ok(path) = uri.to_file_path() else { return };
    let state = session.folders.state.clone();
    session.tasks.spawn(tracing::info_span!("skill", %uri), async move {
        let renew = move || AcceptedSkills::new(&state).saved(&resolve_existing(&path), &text);
        match tokio::task::spawn_blocking(renew).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => warn!(%error, "the acceptance was not renewed"),
            Err(error) => warn!(%error, "renewing the acceptance failed"),
        }
    });
}

/// Acts on a document that was closed: if an accepted text was never saved, and the file is as it
/// was before, the text is written.
pub(crate) fn closed(session: &Arc<Session>, uri: &Url) {
    let Some(unsaved) = session.unsaved_skills.texts().remove(uri) else { return };
    session.board.set(uri, Publisher::Proposals, Vec::new());
    let Ok(path) = uri.to_file_path() else { return };
    let task = Arc::clone(session);
    session.tasks.spawn(tracing::info_span!("skill", %uri), async move {
        let shown = path.display().to_string();
        let written = tokio::task::spawn_blocking(move || write_if_as_before(&path, &unsaved));
        match written.await {
            Ok(Ok(true)) => task.outbox.show_message(
                MessageType::INFO,
                format!("{shown} was closed unsaved; Preceptor wrote the accepted text to it."),
            ),
            Ok(Ok(false)) => {}
            Ok(Err(error)) => task.outbox.show_message(
                MessageType::ERROR,
                format!("The accepted text of {shown} cannot be written ({error})."),
            ),
            Err(error) => warn!(%error, "writing the accepted skill failed"),
        }
    });
}

/// Editors leave the text in an unsaved buffer: it is saved where the client can be asked to, else
/// the document says that it is not. After the `deadline` nobody waits for the client any more.
pub(super) async fn finish_saving(
    session: &Arc<Session>,
    uri: &Url,
    plan: &Plan,
    deadline: Instant,
) {
    let (target, text) = (&plan.target, &plan.text);
    if is_on_disk(target, text) {
        return;
    }
    let unsaved = Unsaved { text: Arc::clone(text), before: plan.before.clone() };
    session.unsaved_skills.texts().insert(uri.clone(), unsaved);
    if session.client().preceptor.save
        && timeout_at(deadline, editor::save(session, uri)).await.unwrap_or(false)
        && is_on_disk(target, text)
    {
        saved(session, uri);
        return;
    }
    if !session.unsaved_skills.texts().contains_key(uri) {
        return;
    }
    let hint = Diagnostic {
        range: Range::new(Position::new(0, 0), Position::new(0, 3)),
        severity: Some(DiagnosticSeverity::HINT),
        code: Some(NumberOrString::String("skill/unsaved".to_owned())),
        code_description: session.guide.description("skill/unsaved"),
        source: Some(SOURCE.to_owned()),
        message: "This accepted skill is not saved yet: save the document.".to_owned(),
        data: Some(json!({ "code": "skill/unsaved" })),
        ..Diagnostic::default()
    };
    session.board.set(uri, Publisher::Proposals, vec![hint.into()]);
}

#[expect(clippy::disallowed_methods, reason = "what the editor saved is on the disk")]
fn is_on_disk(path: &Path, text: &str) -> bool {
    std::fs::read_to_string(path)
        .is_ok_and(|on_disk| on_disk.split_whitespace().eq(text.split_whitespace()))
}

#[expect(clippy::disallowed_methods, reason = "the file is what the person left it as")]
fn write_if_as_before(path: &Path, unsaved: &Unsaved) -> io::Result<bool> {
    let is_as_before = match std::fs::read_to_string(path) {
        Ok(text) => text.is_empty() || unsaved.before.as_deref() == Some(&text),
        Err(error) => error.kind() == io::ErrorKind::NotFound && unsaved.before.is_none(),
    };
    if is_as_before {
        atomic::write(path, unsaved.text.as_bytes())?;
    }
    Ok(is_as_before)
}
