//! Proposals in the editor: listing, accepting, rejecting and rolling them back.

mod commands;
pub(crate) mod edits;
mod saving;
mod telling;
mod writing;

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use agent::event::Event;
use runtime::{
    clock::{Clock, SystemClock},
    editor::Editor,
    proposals::{
        AcceptAs, Plan, Proposal, ProposalError, ProposalKind, ProposalStatus, ProposalStore,
        Request,
    },
    run_store::RunFolder,
};
use serde_json::{Value, json};
use tokio::time::Instant;
use tower_lsp::lsp_types::Url;
use tracing::{error, info_span, warn};

pub(crate) use crate::lsp::proposals::{
    commands::{Decided, decided, deciding, is_shown_already, updated_name},
    saving::{UnsavedSkills, closed, saved},
    telling::{about, what_was_shown},
};
use crate::lsp::{
    editor::{self, EDIT_TIMEOUT, SessionEditor},
    neighbors,
    proposals::{
        saving::finish_saving,
        writing::{address, create, delete, update},
    },
    runs,
    session::Session,
};

/// A proposal was not accepted, not rejected, or not rolled back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AcceptError {
    /// It is not there, was decided about, has errors, or cannot be read.
    #[error(transparent)]
    Proposal(#[from] ProposalError),
    /// The editor did not make the change.
    #[error(
        "the editor refused to {verb} {path} ({reason}); nothing was changed and the proposal is \
         what it was: see that the folder can be written, then try again"
    )]
    Refused {
        /// What it was to do.
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// The editor's words.
        reason: String,
    },
    /// The editor did not answer.
    #[error(
        "the editor did not say within ten seconds whether it would {verb} {path}; the proposal is \
         what it was: try again, what is done by then counts"
    )]
    NoAnswer {
        /// What it was to do.
        verb: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// A file cannot be written.
    #[error("{path} cannot be written ({error}): check free space and permissions")]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's words.
        error: io::Error,
    },
    /// The work broke off.
    #[error("the proposal was not looked at ({0}): try again")]
    Broken(String),
}

/// Returns the proposals that wait, as `preceptor.proposals` answers.
pub(crate) async fn list(session: &Arc<Session>) -> Value {
    let stores = session.proposal_stores();
    let listed = tokio::task::spawn_blocking(move || {
        let waiting = stores.iter().flat_map(|store| {
            let pending = store.list().into_iter();
            pending
                .filter(|proposal| proposal.status == ProposalStatus::Pending)
                .map(|proposal| store.summary(&proposal))
                .collect::<Vec<_>>()
        });
        waiting.collect::<Vec<_>>()
    });
    json!(listed.await.unwrap_or_default())
}

/// Returns the address of a proposal's document, or of the one that shows what it would change.
pub(crate) fn document_uri(
    session: &Session,
    proposal_id: &str,
    shows_update: bool,
) -> Result<Url, AcceptError> {
    let (store, proposal) = find(session, proposal_id)?;
    let document = if shows_update {
        let update = store.update_document(&proposal);
        if !update.is_file() {
            return Err(ProposalError::NoUpdate(proposal_id.to_owned()).into());
        }
        update
    } else {
        store.document(&proposal)
    };
    Url::from_file_path(document)
        .map_err(|()| ProposalError::Unknown(proposal_id.to_owned()).into())
}

/// Saves a proposal, through the editor, else on disk. Returns where and under which name.
pub(crate) async fn accept(
    session: &Arc<Session>,
    proposal_id: &str,
    accept_as: Option<AcceptAs>,
    overrides_errors: bool,
) -> Result<(Url, String), AcceptError> {
    let accepted = accept_now(session, proposal_id, accept_as, overrides_errors).await;
    if let Err(AcceptError::Proposal(error)) = &accepted {
        note_decision(session, error).await;
    }
    accepted
}

/// What was decided in a shell, or by another server, is news to the run that shows it here.
async fn note_decision(session: &Arc<Session>, error: &ProposalError) {
    let ProposalError::Decided { id, .. } = error else { return };
    if session.turns.shows_proposal(id)
        && let Ok((_, proposal)) = find(session, id)
    {
        record(session, &proposal, [resolved(&proposal)]).await;
    }
}

async fn accept_now(
    session: &Arc<Session>,
    proposal_id: &str,
    accept_as: Option<AcceptAs>,
    overrides_errors: bool,
) -> Result<(Url, String), AcceptError> {
    // One at a time: two clicks on the same action must not make two skills.
    let _turn = session.accepting.lock().await;
    let now = SystemClock.now();
    // For both that the client is asked for, the edit and the save.
    let deadline = Instant::now() + EDIT_TIMEOUT;
    let (task, id) = (Arc::clone(session), proposal_id.to_owned());
    let (store, turn, mut proposal, plan) = blocking(move || {
        let (store, _) = find_pending(&task, &id)?;
        let turn = store.take_turn()?;
        let config = task.settings.config_in(store.folder());
        let request = Request {
            accept_as,
            overrides_errors,
            takes_text_as_it_is: false,
            open: &|path| open_text(&task, &store, path),
        };
        let (proposal, plan) = store.plan(&turn, &id, &request, &config, now)?;
        store.begin(&proposal, &plan, now)?;
        Ok((store, turn, proposal, plan))
    })
    .await?;
    let uri = match write(session, &plan).await {
        Ok(uri) => uri,
        Err(error) => {
            store.give_up(&proposal, &plan);
            return Err(error);
        }
    };
    // One that is recorded makes it matter which others are not.
    session.closed_skills.changed();
    let (proposal, plan) = blocking(move || {
        store.finish(&mut proposal, &plan, now)?;
        drop(turn);
        Ok((proposal, plan))
    })
    .await?;
    let saved = (proposal.kind != ProposalKind::Config).then(|| Event::SkillSaved {
        proposal_id: proposal.proposal_id.clone(),
        name: plan.name.clone(),
        category: proposal.category.clone(),
        uri: uri.to_string(),
    });
    let resolved = resolved(&proposal);
    record(session, &proposal, saved.into_iter().chain([resolved])).await;
    finish_saving(session, &uri, &plan, deadline).await;
    edits::refresh(session);
    session.refresh_code_lenses();
    Ok((uri, plan.name))
}

async fn write(session: &Arc<Session>, plan: &Plan) -> Result<Url, AcceptError> {
    match &plan.before {
        _ if plan.is_there => address(&plan.target),
        Some(before) => update(session, &plan.target, before, &plan.text).await,
        None => create(session, &plan.target, &plan.text).await,
    }
}

/// Refuses a proposal; its document stays, and the reason.
pub(crate) async fn reject(
    session: &Arc<Session>,
    proposal_id: &str,
    reason: Option<String>,
) -> Result<(), AcceptError> {
    let _turn = session.accepting.lock().await;
    let (task, id) = (Arc::clone(session), proposal_id.to_owned());
    let rejected = blocking(move || find_pending(&task, &id)?.0.reject(&id, reason)).await;
    if let Err(AcceptError::Proposal(error)) = &rejected {
        note_decision(session, error).await;
    }
    let proposal = rejected?;
    record(session, &proposal, [resolved(&proposal)]).await;
    edits::refresh(session);
    session.refresh_code_lenses();
    Ok(())
}

/// Restores what was there before a proposal was accepted. Returns the file's address.
pub(crate) async fn roll_back(
    session: &Arc<Session>,
    proposal_id: &str,
) -> Result<Url, AcceptError> {
    let _turn = session.accepting.lock().await;
    let (task, id) = (Arc::clone(session), proposal_id.to_owned());
    let (store, turn, mut proposal, restoration) = blocking(move || {
        let (store, _) = find(&task, &id)?;
        let turn = store.take_turn()?;
        let open = |path: &Path| open_text(&task, &store, path);
        let (proposal, restoration) = store.plan_rollback(&turn, &id, &open)?;
        Ok((store, turn, proposal, restoration))
    })
    .await?;
    let target = &restoration.target;
    match (&restoration.current, &restoration.before) {
        (Some(current), Some(before)) => {
            update(session, target, current, before).await?;
        }
        (Some(_), None) => delete(session, target).await?,
        (None, _) => {}
    }
    let proposal = blocking(move || {
        store.rolled_back(&mut proposal)?;
        drop(turn);
        Ok(proposal)
    })
    .await?;
    let uri = address(target)?;
    session.unsaved_skills.forget(session, &uri);
    session.closed_skills.changed();
    neighbors::files_changed(session, [&uri]);
    record(session, &proposal, [resolved(&proposal)]).await;
    edits::refresh(session);
    session.refresh_code_lenses();
    Ok(uri)
}

fn resolved(proposal: &Proposal) -> Event {
    Event::ProposalResolved {
        proposal_id: proposal.proposal_id.clone(),
        outcome: proposal.status.name().to_owned(),
    }
}

/// Notes in the runs of older proposals that a new one took their place.
pub(crate) fn tell_superseded(session: &Arc<Session>, by: &str) {
    let (task, by) = (Arc::clone(session), by.to_owned());
    session.tasks.spawn(info_span!("superseded", by), async move {
        let stores = task.proposal_stores();
        let found = tokio::task::spawn_blocking(move || {
            let all = stores.iter().flat_map(ProposalStore::list);
            all.filter(|it| it.superseded_by.as_ref() == Some(&by)).collect::<Vec<_>>()
        });
        for proposal in found.await.unwrap_or_default() {
            record(&task, &proposal, [resolved(&proposal)]).await;
        }
        edits::refresh(&task);
        task.refresh_code_lenses();
    });
}

/// Returns the proposal whose document this is, decided about or not. Documents outside of the
/// stores, which is most of them, are told from their paths alone.
pub(crate) async fn at(session: &Session, uri: &Url) -> Option<Proposal> {
    let path = uri.to_file_path().ok()?;
    let store = session.proposal_stores().into_iter().find(|store| store.is_around(&path))?;
    tokio::task::spawn_blocking(move || store.by_document(&path))
        .await
        .inspect_err(|error| error!(%error, "reading a proposal failed"))
        .ok()?
}

/// Acts on the document of a proposal that was saved: what a person wrote is what is proposed.
pub(super) fn note_edit(session: &Arc<Session>, uri: &Url) {
    let Ok(path) = uri.to_file_path() else { return };
    let stores = session.proposal_stores();
    let Some(store) = stores.into_iter().find(|store| store.is_around(&path)) else { return };
    let Some(snapshot) = session.documents.get(uri) else { return };
    let task = Arc::clone(session);
    session.tasks.spawn(info_span!("proposal", %uri), async move {
        let _turn = task.accepting.lock().await;
        let config = task.settings.config_in(store.folder());
        let noted = tokio::task::spawn_blocking(move || {
            let Some(mut proposal) = store.by_document(&path) else { return Ok(false) };
            if store.document(&proposal) != path {
                return Ok(false);
            }
            store.edited(&mut proposal, snapshot.text(), &config)
        });
        match noted.await {
            Ok(Ok(true)) => {
                edits::refresh(&task);
                task.refresh_code_lenses();
            }
            Ok(Ok(false)) => {}
            Ok(Err(error)) => warn!(%error, "the change of a proposal was not noted"),
            Err(error) => error!(%error, "the change of a proposal was not noted"),
        }
    });
}

/// Returns the text of an open document. Of a proposal, a person sees all of it; another file's
/// counts while the disk does not hold a newer one.
fn open_text(session: &Arc<Session>, store: &ProposalStore, path: &Path) -> Option<Arc<str>> {
    if store.is_around(path) {
        return editor::open_document(session, path).map(|it| Arc::clone(it.text()));
    }
    SessionEditor::new(session).buffer(path).map(|buffer| buffer.text)
}

/// Journals what became of a proposal, in the run that it came from.
pub(crate) async fn record(
    session: &Session,
    proposal: &Proposal,
    events: impl IntoIterator<Item = Event>,
) {
    let folder = RunFolder { run_id: proposal.run_id.clone(), path: proposal.run_folder.clone() };
    if let Err(error) = runs::note(session, &folder, proposal.turn, true, events).await {
        warn!(%error, proposal = proposal.proposal_id, "the outcome is not in the journal");
    }
}

fn find(session: &Session, proposal_id: &str) -> Result<(ProposalStore, Proposal), ProposalError> {
    for store in session.proposal_stores() {
        if let Ok(proposal) = store.get(proposal_id) {
            return Ok((store, proposal));
        }
    }
    Err(ProposalError::Unknown(proposal_id.to_owned()))
}

/// Returns a proposal that waits, with its store.
pub(crate) fn find_pending(
    session: &Session,
    proposal_id: &str,
) -> Result<(ProposalStore, Proposal), ProposalError> {
    let (store, _) = find(session, proposal_id)?;
    let proposal = store.pending(proposal_id)?;
    Ok((store, proposal))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ProposalError> + Send + 'static,
) -> Result<T, AcceptError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(worked_out) => Ok(worked_out?),
        Err(error) => Err(AcceptError::Broken(error.to_string())),
    }
}
