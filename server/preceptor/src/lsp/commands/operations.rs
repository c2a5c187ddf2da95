//! What a person does with a run that is there: going on, again, shorter, back.

use std::sync::Arc;

use agent::machine::Escalation;
use runtime::driver::RunHandle;
use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, Result};

use crate::lsp::{
    commands::{
        arguments::{Escalate, EscalationMode, RunOnly},
        failed, operation_error, to_its_end,
    },
    runs::{self, OpenError},
    session::Session,
    settings::files,
};

/// Returns a run to work on: a live one under the settings that it began with, or one of an
/// earlier session under those of now.
pub(super) async fn open(session: &Arc<Session>, run_id: &str) -> Result<Arc<RunHandle>> {
    let (task, id) = (Arc::clone(session), run_id.to_owned());
    // Half of an opening would leave a run that nobody shows.
    let opened = to_its_end(session, async move { runs::open(&task, &id).await }).await?;
    let run = opened.map_err(|error| match error {
        OpenError::Unknown(_) => Error::invalid_params(format!("`runId`: {error}")),
        error => failed(format!("The run cannot be opened: {error}.")),
    })?;
    require_same_settings(session, &run).await?;
    Ok(run)
}

/// A run keeps the settings that it began with. Under others, trust that was taken back among
/// them, it does not go on.
async fn require_same_settings(session: &Arc<Session>, run: &RunHandle) -> Result<()> {
    files::reload(session).await;
    if session.settings.config_in(run.workspace()).is_same_for_runs(run.config()) {
        return Ok(());
    }
    Err(failed(
        "The settings have changed since this run began, or the folder is not trusted or not open \
         any more: start a new run."
            .to_owned(),
    ))
}

/// Goes on with what was broken off. Calls that waited for a person wait again, in their turn.
pub(super) async fn resume(session: &Arc<Session>, arguments: RunOnly) -> Result<Value> {
    let run = open(session, &arguments.run_id).await?;
    if !run.pending().is_empty() {
        return Ok(json!({ "turn": run.n_turns() }));
    }
    let turn = run.resume().map_err(operation_error)?;
    Ok(json!({ "turn": turn }))
}

pub(super) async fn retry(session: &Arc<Session>, arguments: RunOnly) -> Result<Value> {
    let run = open(session, &arguments.run_id).await?;
    let turn = run.retry().map_err(operation_error)?;
    Ok(json!({ "turn": turn }))
}

/// Has the teacher come in, whatever the student's failure looked like to the gates.
pub(super) async fn escalate(session: &Arc<Session>, arguments: Escalate) -> Result<Value> {
    let Escalate { run_id, mode, roll_back } = arguments;
    let escalation = match mode {
        EscalationMode::Takeover if roll_back => Escalation::TakeoverAfterRollBack,
        EscalationMode::Takeover => Escalation::Takeover,
        EscalationMode::Propose if roll_back => {
            let message = "`rollBack`: a skill is written without anything being changed";
            return Err(Error::invalid_params(message));
        }
        EscalationMode::Propose => Escalation::Propose,
    };
    let run = open(session, &run_id).await?;
    run.escalate(escalation).map_err(operation_error)?;
    Ok(json!({ "started": true }))
}

pub(super) async fn compact(session: &Arc<Session>, arguments: RunOnly) -> Result<Value> {
    let run = open(session, &arguments.run_id).await?;
    run.compact().map_err(operation_error)?;
    Ok(json!({}))
}

pub(super) async fn undo(session: &Arc<Session>, arguments: RunOnly) -> Result<Value> {
    let run = open(session, &arguments.run_id).await?;
    let undone = to_its_end(session, async move { run.undo().await }).await?;
    let undone = undone.map_err(operation_error)?;
    if undone.files.is_unanswered {
        return Err(failed(format!(
            "The request was taken back ({} messages), but not all of its files. {}",
            undone.removed_messages,
            undone.files.sentences().join(" ")
        )));
    }
    Ok(json!({
        "removedMessages": undone.removed_messages,
        "restoredFiles": undone.files.restored,
    }))
}
