//! What can be done about an item: commands of this server, as code actions.

use agent::detect::SignalKind;
use serde_json::{Value, json};
use tower_lsp::lsp_types::{CodeAction, CodeActionKind, Command, Diagnostic};

use crate::lsp::turns::item::{Item, Kind};

/// Characters of a call that a title shows, half from each end: the end of a command may be what
/// matters.
const CALL_CHARS: usize = 80;

/// What a turn that ran out of steps is asked when it may have more.
const GO_ON: &str = "Go on where you stopped.";

/// Commands that make sense between two turns only.
const AT_REST: [&str; 3] = ["preceptor.followUp", "preceptor.resume", "preceptor.retry"];

/// Returns the actions, the one that is wanted most often first.
pub(super) fn actions(
    run_id: &str,
    item: &Item,
    is_active: bool,
    diagnostic: &Diagnostic,
) -> Vec<CodeAction> {
    let run = json!({ "runId": run_id });
    let turn = json!({ "runId": run_id, "turn": item.turn });
    let retry = ("Retry".to_owned(), "preceptor.retry", run.clone());
    let show = ("Show the transcript".to_owned(), "preceptor.show", run.clone());
    let dismiss = ("Dismiss".to_owned(), "preceptor.dismiss", turn);
    let actions = match &item.kind {
        Kind::Failed { signals, .. }
            if signals.iter().any(|it| it.kind == SignalKind::MaxIterations) =>
        {
            let go_on = json!({ "runId": run_id, "prompt": GO_ON });
            vec![("Go on".to_owned(), "preceptor.followUp", go_on), retry, show, dismiss]
        }
        Kind::Interrupted => {
            let go_on = ("Go on".to_owned(), "preceptor.resume", run);
            vec![go_on, retry, show, dismiss]
        }
        Kind::Failed { .. } | Kind::Error { .. } | Kind::EscalationFailed { .. } => {
            vec![retry, show, dismiss]
        }
        Kind::Repeating { .. } => {
            vec![("Stop the run".to_owned(), "preceptor.cancel", run), show, dismiss]
        }
        Kind::Takeover { .. } | Kind::NoSkill { .. } => vec![show, dismiss],
        Kind::Approval { tool_call_id, call, outside_sandbox, .. } => {
            let call = ends(&call.replace('\n', " "));
            let place = if *outside_sandbox { " outside the sandbox" } else { "" };
            let decision = |approved: bool, scope: &str| {
                let decision = if *outside_sandbox {
                    json!({ "toolCallId": tool_call_id, "approved": approved, "scope": scope,
                        "outsideSandbox": true })
                } else {
                    json!({ "toolCallId": tool_call_id, "approved": approved, "scope": scope })
                };
                json!({ "runId": run_id, "decisions": [decision] })
            };
            vec![
                (format!("Approve `{call}`{place}"), "preceptor.approve", decision(true, "once")),
                (
                    format!("Approve `{call}`{place} for this run"),
                    "preceptor.approve",
                    decision(true, "run"),
                ),
                (format!("Reject `{call}`{place}"), "preceptor.approve", decision(false, "once")),
                show,
            ]
        }
        Kind::Proposal { proposal_id, name, .. } => proposal_commands(proposal_id, name),
    };
    actions
        .into_iter()
        // Asking once more would end what is under way.
        .filter(|(_, command, _)| !(is_active && AT_REST.contains(command)))
        .map(|(title, command, argument)| action(title, command, argument, Some(diagnostic)))
        .collect()
}

fn ends(call: &str) -> String {
    let n_chars = call.chars().count();
    if n_chars <= CALL_CHARS {
        return call.to_owned();
    }
    let half = CALL_CHARS / 2;
    let head: String = call.chars().take(half).collect();
    let tail: String = call.chars().skip(n_chars - half).collect();
    format!("{head} … {tail}")
}

/// Returns what can be done about a proposal, as title, command and argument.
pub(crate) fn proposal_commands(
    proposal_id: &str,
    name: &str,
) -> Vec<(String, &'static str, Value)> {
    let proposal = json!({ "proposalId": proposal_id });
    vec![
        (format!("Accept skill `{name}`"), "preceptor.proposal.accept", proposal.clone()),
        (format!("Show skill `{name}`"), "preceptor.proposal.show", proposal.clone()),
        (format!("Reject skill `{name}`"), "preceptor.proposal.reject", proposal),
    ]
}

/// Builds a code action that runs one of this server's commands.
pub(crate) fn action(
    title: String,
    command: &str,
    argument: Value,
    diagnostic: Option<&Diagnostic>,
) -> CodeAction {
    CodeAction {
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: diagnostic.map(|diagnostic| vec![diagnostic.clone()]),
        command: Some(Command::new(title.clone(), command.to_owned(), Some(vec![argument]))),
        title,
        ..CodeAction::default()
    }
}
