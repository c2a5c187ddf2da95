//! Having the student try a skill because somebody asks for it.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use agent::{
    event::{Event, Verification},
    verification::{Finding, outcome_words},
};
use futures::future::BoxFuture;
use runtime::{
    proposals::{Proposal, ProposalStore},
    run_store::RunFolder,
    uri,
    verifier::{Question, verify},
};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tower_lsp::lsp_types::{
    MessageActionItem, MessageType, ShowMessageRequestParams, Url, request::ShowMessageRequest,
};
use tracing::{debug, error, info_span, warn};

use crate::{
    lsp::{
        approvals::PERSONS_TIME,
        commands,
        editor::{self, SessionEditor},
        linter::is_skill,
        proposals, runs,
        session::Session,
    },
    verification::{Asked, Place, VerifyError, told},
};

/// Opens what a replay showed.
const SHOW: &str = "Show the Replay";

/// Has the student try a proposal again; returns the replay's id once it has begun.
pub(crate) async fn of_proposal(
    session: &Arc<Session>,
    proposal_id: &str,
) -> Result<String, VerifyError> {
    let (store, proposal) = proposals::find_pending(session, proposal_id)?;
    let document = store.document(&proposal);
    let folder = RunFolder { run_id: proposal.run_id.clone(), path: proposal.run_folder.clone() };
    let asked = Asked::InRun { folder, turn: Some(proposal.turn) };
    let mut question = question(session, store.folder().to_path_buf(), &document, asked).await?;
    question.target.clone_from(&proposal.target);
    let (marked, id) = (store.clone(), proposal.proposal_id.clone());
    let mark = tokio::task::spawn_blocking(move || marked.begin_replay(&id))
        .await
        .map_err(|error| VerifyError::NotBegun(error.to_string()))??;
    let pending = Verification::pending();
    proposals::record(session, &proposal, [told(&proposal, pending)]).await;
    let task = Arc::clone(session);
    let earlier = proposal.verification.clone();
    begin(session, question, move |finding, run_id| {
        Box::pin(async move {
            let verification = finding.verification_after(&earlier, run_id);
            let (id, shown) = (proposal.proposal_id.clone(), verification.clone());
            let keep = move || {
                let kept = store.set_verification(&id, &shown);
                drop(mark);
                kept
            };
            match tokio::task::spawn_blocking(keep).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => warn!(%error, "what a replay showed was not kept"),
                Err(error) => error!(%error, "what a replay showed was not kept"),
            }
            proposals::record(&task, &proposal, [told(&proposal, verification)]).await;
        })
    })
    .await
}

/// Says of proposals whose replay a process had begun that is not there any more that it was
/// interrupted: in their runs, and to the person.
pub(crate) async fn tell_of_interrupted(session: &Arc<Session>) {
    let stores = session.proposal_stores();
    let settle = move || stores.iter().flat_map(ProposalStore::settle_interrupted).collect();
    let settled: Vec<Proposal> = tokio::task::spawn_blocking(settle).await.unwrap_or_default();
    for proposal in settled {
        let message = format!(
            "The replay of the proposed `{}` was interrupted. *Verify* in its document tries it \
             again.",
            proposal.name
        );
        session.outbox.show_message(MessageType::INFO, message);
        let event = told(&proposal, proposal.verification.clone());
        proposals::record(session, &proposal, [event]).await;
    }
}

/// Has the student try a request with a skill that is there, the user's or the workspace's, whether
/// it is accepted or not; returns the replay's id once it has begun. The outcome is shown as a
/// message, and kept in the replay's journal.
pub(crate) async fn of_skill(
    session: &Arc<Session>,
    uri: Url,
    run_id: Option<String>,
    prompt: Option<String>,
) -> Result<String, VerifyError> {
    let path = uri.to_file_path().map_err(|()| VerifyError::NoSkill(uri.to_string()))?;
    if !is_skill(&uri) {
        return Err(VerifyError::NoSkill(uri.to_string()));
    }
    let asked = match (prompt.filter(|prompt| !prompt.trim().is_empty()), run_id) {
        (Some(_), Some(_)) => return Err(VerifyError::TwoRequests),
        (Some(prompt), None) => Asked::Now { prompt },
        (None, Some(run_id)) => {
            let folder = session.find_run(&run_id).ok_or(VerifyError::NoRun(run_id))?;
            Asked::InRun { folder, turn: None }
        }
        (None, None) => return Err(VerifyError::NoRequest),
    };
    let workspace = session.places(Some(&uri)).workspace;
    let question = question(session, workspace, &path, asked).await?;
    let (task, name) = (Arc::clone(session), question.skill.name.clone());
    begin(session, question, move |finding, run_id| {
        Box::pin(async move {
            let verification = finding.verification(run_id);
            let words = outcome_words(&verification.outcome);
            let message = format!("Skill `{name}`: {words} {}", verification.reason);
            let Some(run_id) = verification.run_id.clone() else {
                task.outbox.show_message(MessageType::INFO, message);
                return;
            };
            tell(&task, message, &run_id);
            let event = Event::Verification {
                proposal_id: None,
                uri: Some(uri.to_string()),
                outcome: verification.outcome,
                reason: verification.reason,
                replay_run_id: verification.run_id,
            };
            record_in_replay(&task, &run_id, event).await;
        })
    })
    .await
}

/// Tells what a replay of no proposal showed, with the way to what there is to read about it: a
/// button where messages stand aside, and else the path.
fn tell(session: &Arc<Session>, message: String, run_id: &str) {
    let Some(document) = session.find_run(run_id).map(|folder| folder.verification()) else {
        session.outbox.show_message(MessageType::INFO, message);
        return;
    };
    let client = session.client();
    let has_buttons = client.preceptor.events && client.shows_message_requests;
    if !has_buttons || !client.shows_documents {
        let message = format!("{message} Shown in {}", document.display());
        session.outbox.show_message(MessageType::INFO, message);
        return;
    }
    let task = Arc::clone(session);
    session.tasks.spawn(info_span!("verification", run_id), async move {
        let show = MessageActionItem { title: SHOW.to_owned(), properties: HashMap::new() };
        let actions = Some(vec![show]);
        let params = ShowMessageRequestParams { typ: MessageType::INFO, message, actions };
        match task.outbox.request::<ShowMessageRequest>(&params, PERSONS_TIME).await {
            Ok(Some(_)) => {
                commands::show(&task, &uri::from_path(&document), None);
            }
            Ok(None) => {}
            Err(error) => debug!(%error, "nobody saw what a replay showed"),
        }
    });
}

async fn record_in_replay(session: &Session, run_id: &str, event: Event) {
    let Some(folder) = session.find_run(run_id) else { return };
    if let Err(error) = runs::note(session, &folder, 1, /*teacher*/ false, [event]).await {
        warn!(%error, run_id, "the outcome is not in the replay's journal");
    }
}

/// Looks up all that a replay needs: on the disk, in a thread that may wait for it.
async fn question(
    session: &Arc<Session>,
    workspace: PathBuf,
    skill: &Path,
    asked: Asked,
) -> Result<Question, VerifyError> {
    let (task, skill) = (Arc::clone(session), skill.to_path_buf());
    let looked_up =
        tokio::task::spawn_blocking(move || look_up(&task, workspace, &skill, asked)).await;
    looked_up.unwrap_or_else(|error| Err(VerifyError::NotBegun(error.to_string())))
}

fn look_up(
    session: &Arc<Session>,
    workspace: PathBuf,
    path: &Path,
    asked: Asked,
) -> Result<Question, VerifyError> {
    let text = editor::open_document(session, path).map(|it| Arc::clone(it.text()));
    let place = Place {
        config: session.settings.config_in(&workspace),
        workspace,
        folders: Arc::clone(&session.folders),
        sandbox: session.options.sandbox.clone(),
        editor: &SessionEditor::new(session),
    };
    place.question(path, text, asked)
}

/// Starts the replays in a task of their own and returns the first one's id, or why there is none.
async fn begin(
    session: &Arc<Session>,
    question: Question,
    ended: impl FnOnce(Finding, Option<String>) -> BoxFuture<'static, ()> + Send + 'static,
) -> Result<String, VerifyError> {
    let (begun, has_begun) = oneshot::channel();
    let task = Arc::clone(session);
    let span = info_span!("verification", skill = question.skill.name);
    session.tasks.spawn(span, async move {
        let cancel = CancellationToken::new();
        let mut begun = Some(begun);
        let mut replay_id = None;
        let answer = verify(&question, &cancel, |folder| {
            replay_id = Some(folder.run_id.clone());
            task.verifying.insert(folder.run_id.clone(), cancel.clone());
            if let Some(begun) = begun.take() {
                let _ = begun.send(Ok(folder.run_id.clone()));
            }
        })
        .await;
        if let Some(replay_id) = replay_id {
            task.verifying.remove(&replay_id);
        }
        if let Some(begun) = begun {
            let _ = begun.send(Err(answer.finding.reason.clone()));
        }
        let run_id = answer.replay.map(|folder| folder.run_id);
        ended(answer.finding, run_id).await;
    });
    match has_begun.await {
        Ok(Ok(run_id)) => Ok(run_id),
        Ok(Err(reason)) => Err(VerifyError::NotBegun(reason)),
        Err(_) => Err(VerifyError::NotBegun("The server is shutting down.".to_owned())),
    }
}
