//! Asks the person about calls that wait, by a request to the client.
//!
//! The diagnostics at the request's line and the command `preceptor.approve` are always there; this
//! is the way beside them, for clients that can ask: `preceptor/requestPermission` where it was
//! announced, else `window/showMessageRequest`. One call of a run is asked about at a time. A call
//! that is decided elsewhere takes its question back, and whatever is no clear answer decides
//! nothing: the call goes on waiting.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use agent::{
    event::{Event, PendingTool, ToolState},
    machine::{ApprovalDecision, ApprovalScope, MODEL_CALL, TAKEOVER},
    preview::{cost, risk},
};
use runtime::{
    driver::{OperationError, RunHandle},
    journal::Record,
    uri,
};
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;
use tower_lsp::lsp_types::{
    MessageActionItem, MessageType, ShowMessageRequestParams, request::ShowMessageRequest,
};
use tracing::{debug, info_span, warn};

use crate::{
    lsp::{
        methods::{
            PermissionAnswer, PermissionOption, PermissionParams, PlannedChange, RequestPermission,
        },
        outbox::RequestError,
        session::Session,
    },
    question::{in_words, stopped, title},
};

/// How long a person may think; the question ends with the turn anyway.
pub(crate) const PERSONS_TIME: Duration = Duration::from_secs(24 * 60 * 60);

/// The answers that a person can give: id and title of each.
const OPTIONS: [(Choice, &str, &str); 4] = [
    (Choice::Once, "allow_once", "Approve"),
    (Choice::Run, "allow_run", "Approve for this run"),
    (Choice::Always, "allow_always", "Always approve here"),
    (Choice::Reject, "reject", "Reject"),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    Once,
    Run,
    Always,
    Reject,
}

/// The questions of one run. Dropping it takes back the one that is open.
#[derive(Debug)]
pub(crate) struct Approvals {
    waiting: watch::Sender<Vec<Waiting>>,
    /// `None`: the client cannot be asked.
    _asker: Option<AbortOnDropHandle<()>>,
}

/// A call that nobody decided about yet.
#[derive(Debug, Clone, PartialEq)]
struct Waiting {
    call: PendingTool,
    /// Whether the teacher wants it.
    teacher: bool,
    /// How often it was asked about with something new to say.
    round: u32,
}

impl Waiting {
    fn key(&self) -> Key {
        (self.call.tool_call_id.clone(), !self.call.stopped_by.is_empty(), self.round)
    }
}

/// Tells questions apart: the call, whether it has run and was stopped, and how often it was asked
/// about.
type Key = (String, bool, u32);

impl Approvals {
    /// Prepares to ask about the calls of a run; nothing is asked before [`Approvals::apply`].
    pub(crate) fn new(session: &Arc<Session>, run: &Arc<RunHandle>) -> Self {
        let (waiting, calls) = watch::channel(Vec::new());
        let way = Way::of(session);
        let asker = way.map(|way| {
            let run_id = &run.folder().run_id;
            let asker = Asker { session: Arc::clone(session), run: Arc::clone(run), way };
            session.tasks.spawn_owned(info_span!("approvals", run = run_id), asker.work(calls))
        });
        Self { waiting, _asker: asker }
    }

    /// Takes a record of the run: what waits, what was decided, what ended.
    pub(crate) fn apply(&self, record: &Record) {
        self.waiting.send_if_modified(|waiting| match &record.event {
            Event::ApprovalRequired { tools, .. } => {
                let before = std::mem::take(waiting);
                let teacher = record.teacher;
                waiting.extend(tools.iter().cloned().map(|call| {
                    let earlier =
                        before.iter().find(|it| it.call.tool_call_id == call.tool_call_id);
                    let round = earlier
                        .map_or(0, |it| it.round + u32::from(it.call.billing != call.billing));
                    Waiting { call, teacher, round }
                }));
                true
            }
            Event::ToolStateChange { tool_call_id, state, .. } if *state != ToolState::Running => {
                let n_before = waiting.len();
                waiting.retain(|it| it.call.tool_call_id != *tool_call_id);
                waiting.len() != n_before
            }
            Event::TurnComplete { .. }
            | Event::Interrupted {}
            | Event::Error { .. }
            | Event::SessionTerminated { .. } => {
                let is_modified = !waiting.is_empty();
                waiting.clear();
                is_modified
            }
            _ => false,
        });
    }
}

/// How this client asks its person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Permission,
    Message,
}

impl Way {
    fn of(session: &Session) -> Option<Self> {
        let client = session.client();
        if client.preceptor.permissions {
            Some(Self::Permission)
        } else {
            client.shows_message_requests.then_some(Self::Message)
        }
    }
}

struct Asker {
    session: Arc<Session>,
    run: Arc<RunHandle>,
    way: Way,
}

impl Asker {
    async fn work(self, mut waiting: watch::Receiver<Vec<Waiting>>) {
        let mut asked: BTreeSet<Key> = BTreeSet::new();
        loop {
            let next = {
                let waiting = waiting.borrow_and_update();
                asked.retain(|key| is_waiting(&waiting, key));
                waiting.iter().find(|it| !asked.contains(&it.key())).cloned()
            };
            let Some(next) = next else {
                if waiting.changed().await.is_err() {
                    return;
                }
                continue;
            };
            let key = next.key();
            asked.insert(key.clone());
            // Dropping the question withdraws it.
            let decision = tokio::select! {
                biased;
                _ = waiting.wait_for(|waiting| !is_waiting(waiting, &key)) => continue,
                decision = self.ask(&next) => decision,
            };
            let Some(decision) = decision else { continue };
            match self.run.decide(vec![decision]) {
                // What this decides beside the call itself is not asked about.
                Ok(_) => {
                    if waiting.wait_for(|waiting| !is_waiting(waiting, &key)).await.is_err() {
                        return;
                    }
                }
                Err(error @ OperationError::Arguments(_)) => {
                    let message = format!("Preceptor: the call still waits, for {error}.");
                    self.session.outbox.show_message(MessageType::WARNING, message);
                }
                Err(error) => debug!(%error, "the answer came too late"),
            }
        }
    }

    /// Asks about one call; `None` is no decision.
    async fn ask(&self, waiting: &Waiting) -> Option<ApprovalDecision> {
        let answered = match self.way {
            Way::Permission => self.ask_permission(waiting).await,
            Way::Message => self.ask_message(waiting).await,
        };
        match answered {
            Ok(decision) => decision,
            Err(error) => {
                debug!(%error, "nobody decided");
                None
            }
        }
    }

    async fn ask_permission(
        &self,
        waiting: &Waiting,
    ) -> Result<Option<ApprovalDecision>, RequestError> {
        let Waiting { call, .. } = waiting;
        let change = self.run.planned_change(call).await.map(|change| PlannedChange {
            uri: uri::from_path(&change.path),
            is_new: change.before.is_none(),
            diff: change.diff(),
            text: change.after,
        });
        let params = PermissionParams {
            run_id: self.run.folder().run_id.clone(),
            tool_call_id: call.tool_call_id.clone(),
            tool: call.tool.clone(),
            title: title(call),
            arguments: call.arguments.clone(),
            reason: Self::reason(waiting),
            outside_sandbox: call.outside_sandbox,
            estimated_cost_usd: call.billing.estimated_cost_usd,
            remaining_cap_usd: call.billing.remaining_cap_usd,
            change,
            options: options(call)
                .map(|(_, id, title)| PermissionOption {
                    id: id.to_owned(),
                    title: title.to_owned(),
                })
                .collect(),
        };
        let answer =
            self.session.outbox.request::<RequestPermission>(&params, PERSONS_TIME).await?;
        let Some(PermissionAnswer { option_id, arguments, feedback }) = answer else {
            return Ok(None);
        };
        let Some((choice, ..)) = options(call).find(|(_, id, _)| *id == option_id) else {
            warn!(option_id, "the client chose an option that was not offered");
            return Ok(None);
        };
        let decision = decision(call, choice);
        let arguments = if decision.approved { arguments } else { None };
        Ok(Some(ApprovalDecision { arguments, feedback, ..decision }))
    }

    async fn ask_message(
        &self,
        waiting: &Waiting,
    ) -> Result<Option<ApprovalDecision>, RequestError> {
        let Waiting { call, .. } = waiting;
        let actions = options(call).map(|(_, _, title)| MessageActionItem {
            title: title.to_owned(),
            properties: HashMap::new(),
        });
        let params = ShowMessageRequestParams {
            typ: MessageType::WARNING,
            message: format!("{}: {}\n{}", title(call), in_words(call), Self::reason(waiting)),
            actions: Some(actions.collect()),
        };
        let answer =
            self.session.outbox.request::<ShowMessageRequest>(&params, PERSONS_TIME).await?;
        let chosen = answer
            .and_then(|answer| options(call).find(|(_, _, title)| *title == answer.title.as_str()));
        Ok(chosen.map(|(choice, ..)| decision(call, choice)))
    }

    /// Returns who wants the call and why it is asked about, as one sentence.
    fn reason(waiting: &Waiting) -> String {
        let who = if waiting.teacher { "teacher" } else { "student" };
        if waiting.call.tool == MODEL_CALL {
            return format!("It is the {who}'s turn, and nobody knows what its model costs.");
        }
        if waiting.call.tool == TAKEOVER {
            return "The student failed, and `teacher.mode` is \"ask\".".to_owned();
        }
        let risk = risk(&waiting.call);
        let cost = cost(&waiting.call).map(|it| format!(" {it}")).unwrap_or_default();
        let billing = &waiting.call.billing;
        let why = match (stopped(&waiting.call), &billing.block_reason, &waiting.call.asked_because)
        {
            (Some(sentence), _, _) => format!(". {sentence}"),
            (None, Some(sentence), _) => format!(". {sentence}"),
            (None, None, Some(clause)) => format!(", and {clause}."),
            (None, None, None) => ".".to_owned(),
        };
        format!("The {who} wants it{why}{cost} Risk: {risk}.")
    }
}

/// Returns what can be answered about a call. Whether the teacher need not ask is for the settings.
fn options(call: &PendingTool) -> impl Iterator<Item = (Choice, &'static str, &'static str)> {
    let is_takeover = call.tool == TAKEOVER;
    OPTIONS.into_iter().filter(move |(choice, ..)| *choice != Choice::Always || !is_takeover)
}

fn is_waiting(waiting: &[Waiting], key: &Key) -> bool {
    waiting.iter().any(|it| it.key() == *key)
}

fn decision(call: &PendingTool, choice: Choice) -> ApprovalDecision {
    ApprovalDecision {
        tool_call_id: call.tool_call_id.clone(),
        approved: choice != Choice::Reject,
        arguments: None,
        feedback: None,
        scope: match choice {
            Choice::Once | Choice::Reject => ApprovalScope::Once,
            Choice::Run => ApprovalScope::Run,
            Choice::Always => ApprovalScope::Always,
        },
        outside_sandbox: call.outside_sandbox,
    }
}
