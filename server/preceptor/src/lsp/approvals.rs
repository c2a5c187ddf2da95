//! Asks the person about calls that wait, by a request to the client.
//!
//! The diagnostics at the request's line and the command `preceptor.approve` are always there; this
//! is the way beside them, for clients that can ask: `preceptor/requestPermission` where it was
//! announced, else `window/showMessageRequest`. One call of a run is asked about at a time. A call
//! that is decided elsewhere takes its question back, and whatever is no clear answer decides
//! nothing: the call goes on waiting.

use std::{
    collections::{BTreeSet, HashMap},
    fmt::Write as _,
    sync::Arc,
    time::Duration,
};

use agent::{
    event::{Event, PendingTool, ToolState},
    machine::{ApprovalDecision, MODEL_CALL},
    tool::{Access, BuiltInTool},
};
use runtime::{config::ApprovalMode, driver::RunHandle, journal::Record};
use serde_json::Value;
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;
use tower_lsp::lsp_types::{
    MessageActionItem, MessageType, ShowMessageRequestParams, request::ShowMessageRequest,
};
use tracing::{debug, info_span, warn};

use crate::lsp::{
    methods::{PermissionAnswer, PermissionOption, PermissionParams, RequestPermission},
    outbox::RequestError,
    session::Session,
};

/// How long a person may think; the question ends with the turn anyway.
const PERSONS_TIME: Duration = Duration::from_secs(24 * 60 * 60);

/// Characters of an argument that a message shows, unless it is a command: those are shown whole.
const ARGUMENT_CHARS: usize = 1_000;

/// The answers that a person can give: id and title of each.
const OPTIONS: [(Choice, &str, &str); 3] = [
    (Choice::Once, "allow_once", "Approve"),
    (Choice::Run, "allow_run", "Approve for this run"),
    (Choice::Reject, "reject", "Reject"),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    Once,
    Run,
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
}

impl Approvals {
    /// Prepares to ask about the calls of a run; nothing is asked before [`Approvals::apply`].
    pub(crate) fn new(session: &Arc<Session>, run: &Arc<RunHandle>, mode: ApprovalMode) -> Self {
        let (waiting, calls) = watch::channel(Vec::new());
        let way = Way::of(session);
        let asker = way.map(|way| {
            let run_id = &run.folder().run_id;
            let asker = Asker { session: Arc::clone(session), run: Arc::clone(run), way, mode };
            session.tasks.spawn_owned(info_span!("approvals", run = run_id), asker.work(calls))
        });
        Self { waiting, _asker: asker }
    }

    /// Takes a record of the run: what waits, what was decided, what ended.
    pub(crate) fn apply(&self, record: &Record) {
        self.waiting.send_if_modified(|waiting| match &record.event {
            Event::ApprovalRequired { tools, .. } => {
                waiting.clear();
                let teacher = record.teacher;
                waiting.extend(tools.iter().cloned().map(|call| Waiting { call, teacher }));
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
    /// The run's own.
    mode: ApprovalMode,
}

impl Asker {
    async fn work(self, mut waiting: watch::Receiver<Vec<Waiting>>) {
        let mut asked: BTreeSet<String> = BTreeSet::new();
        loop {
            let next = {
                let waiting = waiting.borrow_and_update();
                asked.retain(|id| is_waiting(&waiting, id));
                waiting.iter().find(|it| !asked.contains(&it.call.tool_call_id)).cloned()
            };
            let Some(next) = next else {
                if waiting.changed().await.is_err() {
                    return;
                }
                continue;
            };
            let id = next.call.tool_call_id.clone();
            asked.insert(id.clone());
            // Dropping the question withdraws it.
            let decision = tokio::select! {
                biased;
                _ = waiting.wait_for(|waiting| !is_waiting(waiting, &id)) => continue,
                decision = self.ask(&next) => decision,
            };
            let Some(decision) = decision else { continue };
            match self.run.decide(vec![decision]) {
                // What this decides beside the call itself is not asked about.
                Ok(_) => {
                    if waiting.wait_for(|waiting| !is_waiting(waiting, &id)).await.is_err() {
                        return;
                    }
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
        let params = PermissionParams {
            run_id: self.run.folder().run_id.clone(),
            tool_call_id: call.tool_call_id.clone(),
            tool: call.tool.clone(),
            title: title(call),
            arguments: call.arguments.clone(),
            reason: self.reason(waiting),
            options: OPTIONS
                .map(|(_, id, title)| PermissionOption {
                    id: id.to_owned(),
                    title: title.to_owned(),
                })
                .to_vec(),
        };
        let answer =
            self.session.outbox.request::<RequestPermission>(&params, PERSONS_TIME).await?;
        let Some(PermissionAnswer { option_id, arguments, feedback }) = answer else {
            return Ok(None);
        };
        let Some((choice, ..)) = OPTIONS.into_iter().find(|(_, id, _)| *id == option_id) else {
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
        let actions = OPTIONS.map(|(_, _, title)| MessageActionItem {
            title: title.to_owned(),
            properties: HashMap::new(),
        });
        let params = ShowMessageRequestParams {
            typ: MessageType::WARNING,
            message: format!("{}: {}\n{}", title(call), in_words(call), self.reason(waiting)),
            actions: Some(actions.to_vec()),
        };
        let answer =
            self.session.outbox.request::<ShowMessageRequest>(&params, PERSONS_TIME).await?;
        let chosen = answer.and_then(|answer| {
            OPTIONS.into_iter().find(|(_, _, title)| *title == answer.title.as_str())
        });
        Ok(chosen.map(|(choice, ..)| decision(call, choice)))
    }

    /// Returns who wants the call and why it is asked about, as one sentence.
    fn reason(&self, waiting: &Waiting) -> String {
        let who = if waiting.teacher { "teacher" } else { "student" };
        if waiting.call.tool == MODEL_CALL {
            return format!("It is the {who}'s turn, and nobody knows what its model costs.");
        }
        let access =
            BuiltInTool::from_name(&waiting.call.tool).map_or(Access::Execute, BuiltInTool::access);
        let why = match (self.mode, access) {
            (ApprovalMode::Ask, Access::Edit | Access::Execute) => "`approval.mode` is \"ask\"",
            (ApprovalMode::Edits, Access::Execute) => "`approval.mode` is \"edits\"",
            _ => "a rule in `approval.rules` asks",
        };
        format!("The {who} wants it, and {why}.")
    }
}

fn is_waiting(waiting: &[Waiting], id: &str) -> bool {
    waiting.iter().any(|it| it.call.tool_call_id == id)
}

fn decision(call: &PendingTool, choice: Choice) -> ApprovalDecision {
    ApprovalDecision {
        tool_call_id: call.tool_call_id.clone(),
        approved: choice != Choice::Reject,
        arguments: None,
        feedback: None,
        for_run: choice == Choice::Run,
    }
}

/// Returns what kind of thing is asked about, in a few words.
fn title(call: &PendingTool) -> String {
    match BuiltInTool::from_name(&call.tool) {
        Some(BuiltInTool::Bash) => "Run a command".to_owned(),
        Some(BuiltInTool::WriteFile) => "Write a file".to_owned(),
        Some(BuiltInTool::EditFile) => "Edit a file".to_owned(),
        None if call.tool == MODEL_CALL => "Call a model without a known price".to_owned(),
        _ => format!("Run the tool `{}`", call.tool),
    }
}

/// Returns the call as a person reads it: the command or the path first and in full, other
/// arguments up to a length.
fn in_words(call: &PendingTool) -> String {
    let mut lines = Vec::with_capacity(call.arguments.len());
    if let Some(command) = call.arguments.get("command") {
        lines.push(visible(&text(command)));
    }
    if let Some(path) = call.arguments.get("path") {
        lines.push(visible(&text(path)));
    }
    for (name, value) in &call.arguments {
        if matches!(name.as_str(), "command" | "path") {
            continue;
        }
        let value = text(value);
        let n_chars = value.chars().count();
        let mut line = format!("{name}: {}", visible(&agent::clip::clip(&value, ARGUMENT_CHARS)));
        if n_chars > ARGUMENT_CHARS {
            let _ = write!(line, " [{n_chars} characters]");
        }
        lines.push(line);
    }
    lines.join("\n")
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Spells out characters that would hide or reorder others.
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        let is_plain = matches!(character, '\n' | '\t') || !is_deceptive(character);
        if is_plain {
            out.push(character);
        } else {
            out.extend(character.escape_unicode());
        }
    }
    out
}

fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use agent::event::PendingTool;
    use expect_test::{Expect, expect};
    use serde_json::{Value, json};

    use super::{in_words, title};

    fn shown(tool: &str, arguments: Value) -> String {
        let Value::Object(arguments) = arguments else { unreachable!() };
        let call =
            PendingTool { tool: tool.to_owned(), arguments, tool_call_id: "call_1".to_owned() };
        format!("{}: {}", title(&call), in_words(&call))
    }

    #[track_caller]
    fn check(tool: &str, arguments: Value, expected: &Expect) {
        expected.assert_eq(&shown(tool, arguments));
    }

    #[test]
    fn a_command_is_shown_whole_and_what_would_hide_in_it_is_spelled_out() {
        let long = format!("echo {} && rm -r x", "a".repeat(2_000));
        assert_eq!(
            shown("bash", json!({"command": long, "timeout_s": 3})),
            format!("Run a command: {long}\ntimeout_s: 3")
        );
        check(
            "bash",
            json!({"command": "echo \u{202e}txt\u{1b}[8m\n\tls"}),
            &expect![[r"
                Run a command: echo \u{202e}txt\u{1b}[8m
                	ls"]],
        );
    }

    #[test]
    fn other_arguments_are_cut_and_say_so() {
        check(
            "write_file",
            json!({"path": "a.txt", "content": "b"}),
            &expect![["Write a file: a.txt\ncontent: b"]],
        );
        let call = |content: String| shown("write_file", json!({ "content": content }));
        assert!(call("x".repeat(1_001)).ends_with("x… [1001 characters]"));
        assert!(call("x".repeat(1_000)).ends_with('x'));
    }
}
