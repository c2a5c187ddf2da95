//! `workspace/executeCommand`: one arm for each command.
//!
//! Nothing here waits for a model or a person. A command that edits waits for the editor, ten
//! seconds at most, in its handler's own task.

mod arguments;
mod operations;
mod skills;

use std::sync::Arc;

use agent::{
    event::Event,
    machine::{ApprovalDecision, ApprovalScope},
};
use runtime::{
    driver::{OperationError, Request, RunHandle, StartError},
    journal::{JournalError, Record},
    proposals::{AcceptAs, ProposalError},
    run_store::{self, RunFolder},
    uri,
};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tower_lsp::{
    jsonrpc::{Error, ErrorCode, Result},
    lsp_types::{ExecuteCommandParams, Range, ShowDocumentParams, Url, request::ShowDocument},
};
use tracing::{debug, info_span, warn};

use crate::{
    lsp::{
        commands::arguments::{
            Accept, Approve, As, Cancel, Dismiss, Events, FollowUp, Mode, NoArguments, Proposal,
            ProposalDocument, Reject, Reveal, Run, Runs, Scope, Show, ShowProposal, ShownDocument,
            Trust, VerifySkill, parse,
        },
        editor::EDIT_TIMEOUT,
        proposals::{self, AcceptError},
        runs::{self, NewRun},
        session::Session,
        settings::files,
        status, verification,
    },
    verification::VerifyError,
};

/// Every command that this server executes.
pub(crate) const COMMANDS: [&str; 25] = [
    "preceptor.approve",
    "preceptor.cancel",
    "preceptor.compact",
    "preceptor.dismiss",
    "preceptor.escalate",
    "preceptor.events",
    "preceptor.followUp",
    "preceptor.proposal.accept",
    "preceptor.proposal.reject",
    "preceptor.proposal.rollback",
    "preceptor.proposal.show",
    "preceptor.proposal.verify",
    "preceptor.proposals",
    "preceptor.resume",
    "preceptor.retry",
    "preceptor.reveal",
    "preceptor.run",
    "preceptor.runs",
    "preceptor.show",
    "preceptor.skill.new",
    "preceptor.skill.verify",
    "preceptor.skills",
    "preceptor.status",
    "preceptor.trust",
    "preceptor.undo",
];

/// Runs that `preceptor.runs` answers with unless it is told a number.
const LISTED_RUNS: usize = 50;
/// Most events that `preceptor.events` answers with.
const MAX_EVENTS: usize = 1_000;

/// Executes a command.
pub(crate) async fn execute(
    session: &Arc<Session>,
    params: ExecuteCommandParams,
) -> Result<Option<Value>> {
    let command = params.command.as_str();
    let arguments = params.arguments;
    let answer = match command {
        "preceptor.run" => run(session, parse(command, arguments)?).await?,
        "preceptor.followUp" => follow_up(session, parse(command, arguments)?).await?,
        "preceptor.cancel" => {
            let Cancel { run_id } = parse(command, arguments)?;
            let is_replay = session.verifying.get(&run_id).map(|stop| stop.cancel()).is_some();
            let is_run = session.runs.get(&run_id).is_some_and(|run| run.cancel());
            json!({ "cancelled": is_replay || is_run })
        }
        "preceptor.approve" => approve(session, parse(command, arguments)?).await?,
        "preceptor.resume" => operations::resume(session, parse(command, arguments)?).await?,
        "preceptor.retry" => operations::retry(session, parse(command, arguments)?).await?,
        "preceptor.escalate" => operations::escalate(session, parse(command, arguments)?).await?,
        "preceptor.compact" => operations::compact(session, parse(command, arguments)?).await?,
        "preceptor.undo" => operations::undo(session, parse(command, arguments)?).await?,
        "preceptor.reveal" => {
            let Reveal { uri, range } = parse(command, arguments)?;
            show(session, uri.as_str(), Some(range))
        }
        "preceptor.show" => {
            let Show { run_id, document } = parse(command, arguments)?;
            let folder = find_run(session, &run_id)?;
            let uri = match document {
                ShownDocument::Transcript => folder.transcript_uri(),
                ShownDocument::Teacher => teachers_view(folder).await?,
                ShownDocument::Verification => match folder.verification() {
                    path if path.is_file() => uri::from_path(&path),
                    _ => folder.transcript_uri(),
                },
            };
            show(session, &uri, None)
        }
        "preceptor.dismiss" => {
            let Dismiss { run_id, turn } = parse(command, arguments)?;
            if !session.turns.dismiss(&session.board, &run_id, turn) {
                return Err(unknown_run(&run_id));
            }
            json!({})
        }
        "preceptor.runs" => list_runs(session, parse(command, arguments)?).await?,
        "preceptor.events" => events(session, parse(command, arguments)?).await?,
        "preceptor.proposals" => {
            let NoArguments {} = parse(command, arguments)?;
            proposals::list(session).await
        }
        "preceptor.proposal.accept" => {
            let Accept { proposal_id, r#as, r#override } = parse(command, arguments)?;
            let accept_as = r#as.map(|it| match it {
                As::New => AcceptAs::New,
                As::Update => AcceptAs::Update,
            });
            let task = Arc::clone(session);
            let accepted = to_its_end(session, async move {
                proposals::accept(&task, &proposal_id, accept_as, r#override).await
            });
            let (uri, name) = accepted.await?.map_err(accept_error)?;
            json!({ "uri": uri, "name": name })
        }
        "preceptor.proposal.reject" => {
            let Reject { proposal_id, reason } = parse(command, arguments)?;
            let task = Arc::clone(session);
            let rejected =
                to_its_end(
                    session,
                    async move { proposals::reject(&task, &proposal_id, reason).await },
                );
            rejected.await?.map_err(accept_error)?;
            json!({})
        }
        "preceptor.proposal.rollback" => {
            let Proposal { proposal_id } = parse(command, arguments)?;
            let task = Arc::clone(session);
            let rolled_back =
                to_its_end(session, async move { proposals::roll_back(&task, &proposal_id).await });
            json!({ "uri": rolled_back.await?.map_err(accept_error)? })
        }
        "preceptor.proposal.show" => {
            let ShowProposal { proposal_id, document } = parse(command, arguments)?;
            let shows_update = document == ProposalDocument::Update;
            let task = Arc::clone(session);
            let found =
                blocking(move || proposals::document_uri(&task, &proposal_id, shows_update))
                    .await?;
            let uri = found.map_err(accept_error)?;
            show(session, uri.as_str(), None)
        }
        "preceptor.proposal.verify" => {
            let Proposal { proposal_id } = parse(command, arguments)?;
            let begun = verification::of_proposal(session, &proposal_id).await;
            json!({ "runId": begun.map_err(verify_error)? })
        }
        "preceptor.skill.verify" => {
            let VerifySkill { uri, run_id, prompt } = parse(command, arguments)?;
            let begun = verification::of_skill(session, uri, run_id, prompt).await;
            json!({ "runId": begun.map_err(verify_error)? })
        }
        "preceptor.skill.new" => skills::create(session, parse(command, arguments)?).await?,
        "preceptor.skills" => {
            let NoArguments {} = parse(command, arguments)?;
            skills::list(session).await?
        }
        "preceptor.status" => {
            let NoArguments {} = parse(command, arguments)?;
            status::status(session).await
        }
        "preceptor.trust" => {
            let Trust { trusted } = parse(command, arguments)?;
            let trusted = files::trust(session, trusted).await;
            json!({ "trusted": trusted.map_err(|error| failed(error.to_string()))? })
        }
        _ => {
            return Err(Error {
                code: ErrorCode::InvalidParams,
                message: format!("`command`: there is no command `{command}`").into(),
                data: None,
            });
        }
    };
    Ok(Some(answer))
}

async fn run(session: &Arc<Session>, arguments: Run) -> Result<Value> {
    let Run { prompt, uri, range, mode, attachments } = arguments;
    let is_chat = match mode.unwrap_or(Mode::Agent) {
        Mode::Agent => false,
        Mode::Chat => true,
        Mode::Task => {
            return Err(Error::invalid_params(
                "`mode`: \"task\" cannot be run yet; use \"agent\" or \"chat\"",
            ));
        }
    };
    require_prompt(&prompt)?;
    let new = NewRun {
        prompt: with_attachments(prompt, &attachments),
        asked_at: uri.map(|uri| (uri, range.unwrap_or_else(Range::default))),
        is_chat,
    };
    let run = runs::start(session, new).await.map_err(start_error)?;
    Ok(started(&run, 1))
}

async fn follow_up(session: &Arc<Session>, arguments: FollowUp) -> Result<Value> {
    let FollowUp { run_id, prompt, record_only, attachments } = arguments;
    if record_only {
        return Err(Error::invalid_params(
            "`recordOnly`: a follow-up cannot be recorded without being worked on yet",
        ));
    }
    require_prompt(&prompt)?;
    let run = operations::open(session, &run_id).await?;
    let request = Request { prompt: with_attachments(prompt, &attachments), origin: None };
    let waits = run.is_active() && run.pending().is_empty();
    let turn = run.ask(request.clone()).map_err(operation_error)?;
    if waits && let Err(error) = run.tell_queued(&request.prompt).await {
        warn!(%error, run_id, "that a request waits was not told");
    }
    Ok(started(&run, turn))
}

async fn approve(session: &Arc<Session>, arguments: Approve) -> Result<Value> {
    let Approve { run_id, decisions } = arguments;
    let mut taken = Vec::with_capacity(decisions.len());
    for decision in decisions {
        let scope = match decision.scope.unwrap_or(Scope::Once) {
            Scope::Once => ApprovalScope::Once,
            Scope::Run => ApprovalScope::Run,
            Scope::Always => ApprovalScope::Always,
        };
        taken.push(ApprovalDecision {
            tool_call_id: decision.tool_call_id,
            approved: decision.approved,
            arguments: decision.arguments,
            feedback: decision.feedback,
            scope,
            outside_sandbox: decision.outside_sandbox,
        });
    }
    let run = match session.runs.get(&run_id) {
        Some(run) => run,
        None => operations::open(session, &run_id).await?,
    };
    if taken.is_empty() {
        return Err(Error::invalid_params(
            "`decisions`: it is empty; name each call that you decide about by its `toolCallId`",
        ));
    }
    let accepted = run.decide_and_keep(taken).await.map_err(operation_error)?;
    Ok(json!({ "accepted": accepted }))
}

async fn list_runs(session: &Arc<Session>, arguments: Runs) -> Result<Value> {
    let limit = arguments.limit.unwrap_or(LISTED_RUNS);
    let session = Arc::clone(session);
    blocking(move || {
        let mut folders: Vec<RunFolder> =
            session.run_folders().iter().flat_map(|runs| run_store::list(runs)).collect();
        folders.sort_by(|a, b| b.run_id.cmp(&a.run_id));
        let summaries: Vec<_> = folders
            .iter()
            .filter_map(|folder| {
                let records = run_store::load(folder).ok()?;
                let is_alive = match session.runs.get(&folder.run_id) {
                    Some(run) => run.is_active(),
                    None => run_store::has_owner(folder),
                };
                run_store::summarize(folder, &records, is_alive)
            })
            .take(limit)
            .collect();
        json!(summaries)
    })
    .await
}

async fn events(session: &Arc<Session>, arguments: Events) -> Result<Value> {
    let Events { run_id, after, limit } = arguments;
    let folder = find_run(session, &run_id)?;
    let limit = limit.unwrap_or(MAX_EVENTS).clamp(1, MAX_EVENTS);
    let page = blocking(move || -> std::result::Result<Value, JournalError> {
        let mut records: Vec<Record> = run_store::load(&folder)?
            .into_iter()
            .filter(|record| record.seq > after && !matches!(record.event, Event::State(_)))
            .take(limit + 1)
            .collect();
        let more = records.len() > limit;
        records.truncate(limit);
        let events: Vec<Value> = records
            .iter()
            .filter_map(|record| serde_json::to_value(record).ok())
            .map(|mut payload| {
                if let Some(payload) = payload.as_object_mut() {
                    payload.insert("runId".to_owned(), json!(run_id));
                }
                payload
            })
            .collect();
        Ok(json!({ "events": events, "more": more }))
    })
    .await?;
    page.map_err(|error| failed(error.to_string()))
}

/// Writes what the teacher sees of a run and returns the document's address.
async fn teachers_view(folder: RunFolder) -> Result<String> {
    let written = blocking(move || folder.write_teachers_view()).await?;
    let uri = written.map_err(|error| failed(error.to_string()))?;
    uri.ok_or_else(|| {
        Error::invalid_params("`document`: the teacher was shown nothing of this run yet")
    })
}

/// Opens a document in the editor, in a task of its own, and answers with its address. `selection` is
/// where the cursor goes.
pub(crate) fn show(session: &Arc<Session>, uri: &str, selection: Option<Range>) -> Value {
    if let Ok(uri) = Url::parse(uri)
        && session.client().shows_documents
    {
        let task = Arc::clone(session);
        session.tasks.spawn(info_span!("show", %uri), async move {
            let params = ShowDocumentParams {
                uri,
                external: Some(false),
                take_focus: Some(true),
                selection,
            };
            if let Err(error) = task.outbox.request::<ShowDocument>(&params, EDIT_TIMEOUT).await {
                debug!(%error, "the document was not shown");
            }
        });
    }
    json!({ "uri": uri })
}

fn verify_error(error: VerifyError) -> Error {
    match error {
        VerifyError::NoRequest
        | VerifyError::TwoRequests
        | VerifyError::NoSkill(_)
        | VerifyError::NoRun(_) => Error::invalid_params(error.to_string()),
        VerifyError::Proposal(error) => accept_error(error.into()),
        error => failed(error.to_string()),
    }
}

fn started(run: &RunHandle, turn: u32) -> Value {
    let folder = run.folder();
    json!({
        "runId": folder.run_id,
        "turn": turn,
        "transcriptUri": folder.transcript_uri(),
    })
}

fn with_attachments(prompt: String, attachments: &[String]) -> String {
    if attachments.is_empty() {
        return prompt;
    }
    format!("{prompt}\n\nAttached files:\n- {}", attachments.join("\n- "))
}

fn require_prompt(prompt: &str) -> Result<()> {
    if prompt.trim().is_empty() {
        return Err(Error::invalid_params("`prompt`: it is empty; say what should be done"));
    }
    Ok(())
}

fn find_run(session: &Session, run_id: &str) -> Result<RunFolder> {
    session.find_run(run_id).ok_or_else(|| unknown_run(run_id))
}

fn unknown_run(run_id: &str) -> Error {
    Error::invalid_params(format!(
        "`runId`: there is no run `{run_id}`; `preceptor.runs` lists those that are there"
    ))
}

fn start_error(error: StartError) -> Error {
    match error {
        StartError::EmptyPrompt => Error::invalid_params(format!("`prompt`: {error}")),
        error => failed(format!("The run cannot start: {error}.")),
    }
}

fn operation_error(error: OperationError) -> Error {
    match error {
        OperationError::EmptyPrompt => Error::invalid_params(format!("`prompt`: {error}")),
        OperationError::NothingPending
        | OperationError::NotPending(_)
        | OperationError::DecidedTwice(_)
        | OperationError::Outside(_)
        | OperationError::Arguments(_) => Error::invalid_params(format!("`decisions`: {error}")),
        error => failed(error.to_string()),
    }
}

fn accept_error(error: AcceptError) -> Error {
    match error {
        AcceptError::Proposal(
            ProposalError::Unknown(_)
            | ProposalError::Decided { .. }
            | ProposalError::NotAccepted { .. }
            | ProposalError::External(_),
        ) => Error::invalid_params(format!("`proposalId`: {error}")),
        AcceptError::Proposal(ProposalError::NoUpdate(_) | ProposalError::OnlyUpdate(_)) => {
            Error::invalid_params(format!("`as`: {error}"))
        }
        error => failed(error.to_string()),
    }
}

/// A command that was right and could not be done. The code is LSP's `RequestFailed`.
fn failed(message: String) -> Error {
    Error { code: ErrorCode::ServerError(-32803), message: message.into(), data: None }
}

/// Runs work in a task of the session: a client that takes its request back must not leave half of
/// it done.
async fn to_its_end<T: Send + 'static>(
    session: &Session,
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T> {
    let (sender, receiver) = oneshot::channel();
    session.tasks.spawn(info_span!("proposal"), async move {
        // Nobody waits for the answer of a request that was taken back.
        let _ = sender.send(work.await);
    });
    receiver.await.map_err(|_| failed("The session ended first.".to_owned()))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| failed(error.to_string()))
}
