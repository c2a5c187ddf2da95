//! A run's turns as standard work-done progress, with the editor's own button to stop them.

use std::{sync::Arc, time::Duration};

use agent::event::{Event, StateRecord};
use runtime::{journal::Record, run_store::first_line};
use tower_lsp::lsp_types::{
    NumberOrString, ProgressParams, ProgressParamsValue, WorkDoneProgress, WorkDoneProgressBegin,
    WorkDoneProgressCancelParams, WorkDoneProgressCreateParams, WorkDoneProgressEnd,
    WorkDoneProgressReport, notification::Progress, request::WorkDoneProgressCreate,
};
use tracing::debug;

use crate::lsp::session::Session;

/// How long the client may take to make a progress.
const CREATE_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest message, in characters.
const MESSAGE_CHARS: usize = 100;
/// What a run's token starts with.
const TOKEN: &str = "preceptor/";

/// Shows one run's progress; made for clients that announced it.
#[derive(Debug)]
pub(crate) struct RunProgress {
    session: Arc<Session>,
    run_id: String,
    is_shown: bool,
    turn: u32,
}

impl RunProgress {
    pub(crate) fn new(session: &Arc<Session>, run_id: &str) -> Self {
        Self { session: Arc::clone(session), run_id: run_id.to_owned(), is_shown: false, turn: 0 }
    }

    /// Shows what a record says.
    pub(crate) async fn apply(&mut self, record: &Record) {
        if !self.session.client().shows_progress {
            return;
        }
        match &record.event {
            Event::State(StateRecord::Request { prompt, .. }) => {
                self.turn = record.turn;
                self.begin(prompt).await;
            }
            _ if !self.is_shown => {}
            Event::Processing { message } => self.report(message).await,
            Event::ToolCall { tool, arguments, .. } => {
                let argument = arguments.get("command").or_else(|| arguments.get("path"));
                let argument = argument.and_then(|it| it.as_str()).unwrap_or_default();
                let who = if record.teacher { "The teacher" } else { "The student" };
                self.report(&format!("{who} calls {tool} {argument}")).await;
            }
            Event::ToolLog { log, .. } => self.report(log).await,
            Event::ApprovalRequired { .. } => self.report("Waits for your approval.").await,
            Event::TeacherTakeover { teacher_model, .. } => {
                self.report(&format!("The teacher {teacher_model} takes over.")).await;
            }
            Event::TurnComplete { stop_reason, .. } => {
                let message = match stop_reason.as_str() {
                    "max_iterations" => "Stopped: out of steps.",
                    "length" => "Done; the answer was cut.",
                    _ if record.teacher => "Done, by the teacher.",
                    _ => "Done.",
                };
                self.end(message).await;
            }
            Event::Interrupted {} => self.end("Stopped.").await,
            Event::Error { error, .. } => self.end(error).await,
            _ => {}
        }
    }

    async fn begin(&mut self, prompt: &str) {
        let token = self.token();
        let params = WorkDoneProgressCreateParams { token: token.clone() };
        let created =
            self.session.outbox.request::<WorkDoneProgressCreate>(&params, CREATE_TIMEOUT).await;
        if let Err(error) = created {
            debug!(%error, "no progress is shown");
            return;
        }
        self.is_shown = true;
        self.send(WorkDoneProgress::Begin(WorkDoneProgressBegin {
            title: "Preceptor".to_owned(),
            cancellable: Some(true),
            message: Some(agent::clip::clip(first_line(prompt), MESSAGE_CHARS)),
            percentage: None,
        }))
        .await;
    }

    async fn report(&self, message: &str) {
        self.send(WorkDoneProgress::Report(WorkDoneProgressReport {
            cancellable: Some(true),
            message: Some(agent::clip::clip(first_line(message), MESSAGE_CHARS)),
            percentage: None,
        }))
        .await;
    }

    async fn end(&mut self, message: &str) {
        self.send(WorkDoneProgress::End(WorkDoneProgressEnd {
            message: Some(agent::clip::clip(first_line(message), MESSAGE_CHARS)),
        }))
        .await;
        self.is_shown = false;
    }

    async fn send(&self, progress: WorkDoneProgress) {
        let value = ProgressParamsValue::WorkDone(progress);
        let params = ProgressParams { token: self.token(), value };
        self.session.outbox.notify::<Progress>(&params).await;
    }

    /// Each turn has a progress of its own: a token that ended is not used again.
    fn token(&self) -> NumberOrString {
        NumberOrString::String(format!("{TOKEN}{}#{}", self.run_id, self.turn))
    }
}

/// Stops the run whose progress the person cancelled.
pub(crate) fn cancelled(session: &Session, params: &WorkDoneProgressCancelParams) {
    let NumberOrString::String(token) = &params.token else { return };
    let run_id = token.strip_prefix(TOKEN).and_then(|rest| rest.rsplit_once('#'));
    if let Some(run) = run_id.and_then(|(run_id, _)| session.runs.get(run_id)) {
        run.cancel();
    }
}
