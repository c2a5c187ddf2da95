//! Proposals in the editor: accepting, rejecting, and what is left to save.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use agent::event::Event;
use jiff::Timestamp;
use llm::Redactor;
use runtime::{
    acceptance::AcceptedSkills,
    atomic,
    clock::{self, Clock, SystemClock},
    proposals::{
        Proposal, ProposalError, ProposalStatus, ProposalStore, check, published_text,
        refuse_errors,
    },
    recorder::Recorder,
    run_store::RunFolder,
    workspace::resolve_existing,
};
use serde_json::{Value, json};
use tower_lsp::lsp_types::{
    ApplyWorkspaceEditParams, CreateFile, CreateFileOptions, Diagnostic, DiagnosticSeverity,
    DocumentChangeOperation, DocumentChanges, MessageType, NumberOrString, OneOf,
    OptionalVersionedTextDocumentIdentifier, Position, Range, ResourceOp, TextDocumentEdit,
    TextEdit, Url, WorkspaceEdit, request::ApplyWorkspaceEdit,
};
use tracing::{error, warn};

use crate::lsp::{
    board::Publisher,
    editor::{self, EDIT_TIMEOUT},
    outbox::RequestError,
    session::Session,
    to_proto::SOURCE,
};

/// A proposal was not accepted, or not rejected.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AcceptError {
    /// It is not there, was decided about, has errors, or cannot be read.
    #[error(transparent)]
    Proposal(#[from] ProposalError),
    /// The editor did not make the file.
    #[error(
        "the editor refused to create {path} ({reason}); nothing was accepted and the proposal \
         still waits: see that the folder can be written, then accept it again"
    )]
    Refused {
        /// The file.
        path: PathBuf,
        /// The editor's words.
        reason: String,
    },
    /// The editor did not answer.
    #[error(
        "the editor did not say within ten seconds whether it created {path}; nothing was \
         accepted and the proposal still waits: accept it again, a file that is there by now is taken"
    )]
    NoAnswer {
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
}

/// Accepted skills whose buffers are not saved yet, with the accepted text.
#[derive(Debug, Default)]
pub(crate) struct UnsavedSkills {
    texts: Mutex<BTreeMap<Url, Arc<str>>>,
}

impl UnsavedSkills {
    fn texts(&self) -> MutexGuard<'_, BTreeMap<Url, Arc<str>>> {
        self.texts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the proposals that wait, as `preceptor.proposals` answers.
pub(crate) async fn list(session: &Arc<Session>) -> Value {
    let stores = session.proposal_stores();
    let listed = tokio::task::spawn_blocking(move || {
        let waiting = stores.iter().flat_map(|store| {
            let pending = store.list().into_iter();
            pending
                .filter(|proposal| proposal.status == ProposalStatus::Pending)
                .map(|proposal| describe(store, &proposal))
                .collect::<Vec<_>>()
        });
        waiting.collect::<Vec<_>>()
    });
    json!(listed.await.unwrap_or_default())
}

fn describe(store: &ProposalStore, proposal: &Proposal) -> Value {
    json!({
        "proposalId": proposal.proposal_id,
        "kind": proposal.kind,
        "name": proposal.name,
        "category": proposal.category,
        "uri": store.uri(proposal),
        "risk": proposal.risk,
        "runId": proposal.run_id,
        "findings": proposal.findings,
        "verification": proposal.verification,
    })
}

/// Returns the address of a proposal's document.
pub(crate) fn document_uri(session: &Session, proposal_id: &str) -> Result<Url, AcceptError> {
    let (store, proposal) = find(session, proposal_id)?;
    Url::from_file_path(store.document(&proposal))
        .map_err(|()| ProposalError::Unknown(proposal_id.to_owned()).into())
}

/// Saves a proposal as a new skill: through the editor, else on disk. Returns where and under
/// which name.
pub(crate) async fn accept(
    session: &Arc<Session>,
    proposal_id: &str,
    overrides_errors: bool,
) -> Result<(Url, String), AcceptError> {
    // One at a time: two clicks on the same action must not make two skills.
    let _turn = session.accepting.lock().await;
    let (store, mut proposal) = find_pending(session, proposal_id)?;
    let document = store.document(&proposal);
    let text = match editor::open_document(session, &document) {
        Some(snapshot) => Arc::clone(snapshot.text()),
        None => read(&document)?,
    };
    let config = session.settings.config_in(store.folder());
    if !overrides_errors {
        let findings = check(&text, &proposal.name, &store.settings(&config, &proposal.name));
        refuse_errors(&proposal, &findings)?;
    }
    let save_dir = store.save_dir(&config.skills);
    let now = SystemClock.now();
    let (name, is_there) = free_name(&save_dir, &proposal, &text, now);
    let target = save_dir.join(&name).join("SKILL.md");
    let is_led_away = target.starts_with(store.folder())
        && !resolve_existing(&target).starts_with(resolve_existing(store.folder()));
    if is_led_away {
        let reason =
            "a link leads it out of the workspace; replace the link by a folder".to_owned();
        return Err(AcceptError::Refused { path: target, reason });
    }
    let text: Arc<str> = published_text(&text, &name, now, &proposal.verification).into();
    // The record comes first: a skill that is there without one would be accepted a second time,
    // under another name.
    let accepted = AcceptedSkills::new(&session.folders.state);
    let canonical = resolve_existing(&target);
    accepted
        .keep(&canonical, &name, &text, proposal_id, clock::to_second(now))
        .map_err(|error| AcceptError::Write { path: session.folders.state.clone(), error })?;
    let uri = if is_there {
        address(&target)?
    } else {
        match create(session, &target, &text).await {
            Ok(uri) => uri,
            Err(error) => {
                if let Err(error) = accepted.forget(&canonical) {
                    warn!(%error, "the acceptance of a skill that is not there stays");
                }
                return Err(error);
            }
        }
    };
    // One that is recorded makes it matter which others are not.
    session.closed_skills.changed();
    proposal.status = ProposalStatus::Accepted;
    proposal.target = Some(target.clone());
    store.save(&proposal)?;
    record(
        session,
        &proposal,
        [
            Event::SkillSaved {
                proposal_id: proposal.proposal_id.clone(),
                name: name.clone(),
                category: proposal.category.clone(),
                uri: uri.to_string(),
            },
            Event::ProposalResolved {
                proposal_id: proposal.proposal_id.clone(),
                outcome: "accepted".to_owned(),
            },
        ],
    )
    .await;
    finish_saving(session, &uri, &target, &text).await;
    session.refresh_code_lenses();
    Ok((uri, name))
}

/// Refuses a proposal; its folder stays, with the reason.
pub(crate) async fn reject(
    session: &Arc<Session>,
    proposal_id: &str,
    reason: Option<String>,
) -> Result<(), AcceptError> {
    let _turn = session.accepting.lock().await;
    let (store, mut proposal) = find_pending(session, proposal_id)?;
    proposal.status = ProposalStatus::Rejected;
    proposal.reason = reason;
    store.save(&proposal)?;
    let resolved = Event::ProposalResolved {
        proposal_id: proposal.proposal_id.clone(),
        outcome: "rejected".to_owned(),
    };
    record(session, &proposal, [resolved]).await;
    session.refresh_code_lenses();
    Ok(())
}

/// Returns the proposal that waits and whose document this is. Documents outside of the stores,
/// which is most of them, are told from their paths alone.
pub(crate) async fn waiting_at(session: &Session, uri: &Url) -> Option<Proposal> {
    let path = uri.to_file_path().ok()?;
    let store = session.proposal_stores().into_iter().find(|store| store.is_around(&path))?;
    let proposal = tokio::task::spawn_blocking(move || store.by_document(&path))
        .await
        .inspect_err(|error| error!(%error, "reading a proposal failed"))
        .ok()??;
    (proposal.status == ProposalStatus::Pending).then_some(proposal)
}

/// Acts on a document that was saved: an accepted skill has nothing left to save, and the text
/// that was saved is the accepted one from now on.
pub(crate) fn saved(session: &Arc<Session>, uri: &Url) {
    let Some(accepted) = session.unsaved_skills.texts().remove(uri) else { return };
    session.board.set(uri, Publisher::Proposals, Vec::new());
    let text = session.documents.get(uri).map_or(accepted, |it| Arc::clone(it.text()));
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

/// Acts on a document that was closed: if an accepted skill was never saved, and its file is still
/// empty, the accepted text is written.
pub(crate) fn closed(session: &Arc<Session>, uri: &Url) {
    let Some(text) = session.unsaved_skills.texts().remove(uri) else { return };
    session.board.set(uri, Publisher::Proposals, Vec::new());
    let Ok(path) = uri.to_file_path() else { return };
    let task = Arc::clone(session);
    session.tasks.spawn(tracing::info_span!("skill", %uri), async move {
        let shown = path.display().to_string();
        let written = tokio::task::spawn_blocking(move || write_if_empty(&path, &text)).await;
        match written {
            Ok(Ok(true)) => task.outbox.show_message(
                MessageType::INFO,
                format!("{shown} was closed unsaved; Preceptor wrote the accepted skill to it."),
            ),
            Ok(Ok(false)) => {}
            Ok(Err(error)) => task.outbox.show_message(
                MessageType::ERROR,
                format!("The accepted skill {shown} cannot be written ({error})."),
            ),
            Err(error) => warn!(%error, "writing the accepted skill failed"),
        }
    });
}

async fn create(session: &Session, target: &Path, text: &str) -> Result<Url, AcceptError> {
    let client = session.client();
    let uri = address(target)?;
    if !(client.applies_edits && client.versioned_edits && client.creates_files) {
        write(target, text)?;
        session.outbox.show_message(
            MessageType::INFO,
            format!("The skill was written to {}.", target.display()),
        );
        return Ok(uri);
    }
    let params = ApplyWorkspaceEditParams {
        label: Some("Accept skill".to_owned()),
        edit: creation(&uri, text),
    };
    let answer = session.outbox.request::<ApplyWorkspaceEdit>(&params, EDIT_TIMEOUT).await;
    let path = || target.to_path_buf();
    match answer {
        Ok(answer) if answer.applied => Ok(uri),
        Ok(answer) => Err(AcceptError::Refused {
            path: path(),
            reason: answer.failure_reason.unwrap_or_else(|| "no reason given".to_owned()),
        }),
        Err(RequestError::Timeout { .. } | RequestError::Closed { .. }) => {
            Err(AcceptError::NoAnswer { path: path() })
        }
        Err(error) => Err(AcceptError::Refused { path: path(), reason: error.to_string() }),
    }
}

fn address(target: &Path) -> Result<Url, AcceptError> {
    Url::from_file_path(target).map_err(|()| AcceptError::Refused {
        path: target.to_path_buf(),
        reason: "the path has no address".to_owned(),
    })
}

fn creation(uri: &Url, text: &str) -> WorkspaceEdit {
    let create = CreateFile {
        uri: uri.clone(),
        options: Some(CreateFileOptions { overwrite: Some(false), ignore_if_exists: None }),
        annotation_id: None,
    };
    let insert = TextDocumentEdit {
        text_document: OptionalVersionedTextDocumentIdentifier { uri: uri.clone(), version: None },
        edits: vec![OneOf::Left(TextEdit::new(Range::default(), text.to_owned()))],
    };
    WorkspaceEdit {
        document_changes: Some(DocumentChanges::Operations(vec![
            DocumentChangeOperation::Op(ResourceOp::Create(create)),
            DocumentChangeOperation::Edit(insert),
        ])),
        ..WorkspaceEdit::default()
    }
}

/// Editors leave the text in an unsaved buffer: it is saved where the client can be asked to, else
/// the skill's document says that it is not.
async fn finish_saving(session: &Arc<Session>, uri: &Url, target: &Path, text: &Arc<str>) {
    if is_on_disk(target, text) {
        return;
    }
    session.unsaved_skills.texts().insert(uri.clone(), Arc::clone(text));
    if session.client().preceptor.save
        && editor::save(session, uri).await
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
        ..Diagnostic::default()
    };
    session.board.set(uri, Publisher::Proposals, vec![hint.into()]);
}

/// Journals what became of a proposal, in the run that it came from.
pub(crate) async fn record(
    session: &Session,
    proposal: &Proposal,
    events: impl IntoIterator<Item = Event>,
) {
    let live = session.runs.get(&proposal.run_id).map(|run| run.recorder());
    let recorder = match live {
        Some(recorder) => Ok(recorder),
        None => {
            let folder =
                RunFolder { run_id: proposal.run_id.clone(), path: proposal.run_folder.clone() };
            Recorder::reopen(&folder, Arc::new(SystemClock), Redactor::new([]), None).map(Arc::new)
        }
    };
    for event in events {
        let recorded = match &recorder {
            Ok(recorder) => recorder.record(proposal.turn, true, event).await.map(|_| ()),
            Err(_) => Ok(()),
        };
        if let Err(error) = recorded {
            warn!(%error, proposal = proposal.proposal_id, "the outcome is not in the journal");
        }
    }
    if let Err(error) = &recorder {
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

/// Returns the name itself, or with the first number that makes it free, and whether the skill is
/// there already: an editor may have made it after its answer was not waited for any longer.
fn free_name(save_dir: &Path, proposal: &Proposal, text: &str, now: Timestamp) -> (String, bool) {
    let name = proposal.name.as_str();
    let mut free = name.to_owned();
    for n in 2_u32.. {
        let folder = save_dir.join(&free);
        if !folder.exists() {
            break;
        }
        if read(&folder.join("SKILL.md")).is_ok_and(|there| {
            is_same_apart_from_acceptance(
                &there,
                &published_text(text, &free, now, &proposal.verification),
            )
        }) {
            return (free, true);
        }
        let suffix = format!("-{n}");
        let room = skill::MAXIMUM_NAME_LENGTH - suffix.len();
        let base: String = name.chars().take(room).collect();
        free = format!("{}{suffix}", base.trim_end_matches('-'));
    }
    (free, false)
}

/// Whether two texts differ in white space and the time of acceptance only.
fn is_same_apart_from_acceptance(a: &str, b: &str) -> bool {
    let lines = |text: &'_ str| -> Vec<String> {
        text.lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with("accepted:"))
            .map(str::to_owned)
            .collect()
    };
    lines(a) == lines(b)
}

#[expect(clippy::disallowed_methods, reason = "a proposal is a file")]
fn read(path: &Path) -> Result<Arc<str>, ProposalError> {
    std::fs::read_to_string(path)
        .map(Arc::from)
        .map_err(|error| ProposalError::Io { path: path.to_path_buf(), error })
}

#[expect(clippy::disallowed_methods, reason = "what the editor saved is on the disk")]
fn is_on_disk(path: &Path, text: &str) -> bool {
    std::fs::read_to_string(path)
        .is_ok_and(|on_disk| on_disk.split_whitespace().eq(text.split_whitespace()))
}

fn write_if_empty(path: &Path, text: &str) -> io::Result<bool> {
    let is_empty = match path.metadata() {
        Ok(metadata) => metadata.len() == 0,
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    };
    if is_empty {
        atomic::write(path, text.as_bytes())?;
    }
    Ok(is_empty)
}

fn write(path: &Path, text: &str) -> Result<(), AcceptError> {
    atomic::write(path, text.as_bytes())
        .map_err(|error| AcceptError::Write { path: path.to_path_buf(), error })
}
