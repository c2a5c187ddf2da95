//! What can be done about an item: commands of this server, as code actions.

use agent::{detect::SignalKind, machine::ROLL_BACK};
use runtime::proposals::ProposalKind;
use serde_json::{Map, Value, json};
use tower_lsp::lsp_types::{CodeAction, CodeActionKind, Command, Diagnostic};

use crate::lsp::{
    proposals::{Decided, deciding},
    turns::item::{Item, Kind, changed_files, text},
};

/// Characters of a call that a title shows, half from each end: the end of a command may be what
/// matters.
const CALL_CHARS: usize = 80;

/// What a turn that ran out of steps is asked when it may have more.
const GO_ON: &str = "Go on where you stopped.";

/// What a run is at, as far as it decides which actions make sense.
#[derive(Debug, Clone, Copy)]
pub(super) struct Situation {
    /// Whether a turn is under way or waits.
    pub(super) is_active: bool,
    /// Whether it waits for a word about the teacher.
    pub(super) offers_takeover: bool,
    /// Whether the teacher comes in if a person asks for it.
    pub(super) may_escalate: bool,
    /// How many files the last request changed that can be put back.
    pub(super) n_changed: usize,
}

impl Situation {
    /// Asking once more would end what is under way.
    fn allows(self, command: &str) -> bool {
        match command {
            "preceptor.followUp" | "preceptor.resume" | "preceptor.retry" => !self.is_active,
            "preceptor.escalate" => self.may_escalate && (!self.is_active || self.offers_takeover),
            _ => true,
        }
    }
}

/// Returns the actions, the one that is wanted most often first.
pub(super) fn actions(
    run_id: &str,
    item: &Item,
    situation: Situation,
    diagnostic: &Diagnostic,
) -> Vec<CodeAction> {
    let run = json!({ "runId": run_id });
    let turn = json!({ "runId": run_id, "turn": item.turn });
    let retry = ("Retry".to_owned(), "preceptor.retry", run.clone());
    let show = ("Show the transcript".to_owned(), "preceptor.show", run.clone());
    let dismiss = ("Dismiss".to_owned(), "preceptor.dismiss", turn);
    let take_over = (
        "Let the teacher take over".to_owned(),
        "preceptor.escalate",
        json!({ "runId": run_id, "mode": "takeover" }),
    );
    let teach = (
        "Ask the teacher for a skill".to_owned(),
        "preceptor.escalate",
        json!({ "runId": run_id, "mode": "propose" }),
    );
    let take_over_after_roll_back = (
        format!("Let the teacher take over, with {} put back first", files(situation.n_changed)),
        "preceptor.escalate",
        json!({ "runId": run_id, "mode": "takeover", "rollBack": true }),
    );
    let view = (
        "Show what the teacher sees".to_owned(),
        "preceptor.show",
        json!({ "runId": run_id, "document": "teacher" }),
    );
    let mut actions = match &item.kind {
        Kind::Failed { signals, .. }
            if signals.iter().any(|it| it.kind == SignalKind::MaxIterations) =>
        {
            let go_on = json!({ "runId": run_id, "prompt": GO_ON });
            let go_on = ("Go on".to_owned(), "preceptor.followUp", go_on);
            vec![go_on, take_over.clone(), teach, retry, show, dismiss]
        }
        Kind::Failed { .. } => vec![take_over.clone(), teach, retry, show, dismiss],
        Kind::EscalationFailed { .. } => vec![take_over.clone(), retry, show, dismiss],
        Kind::Error { .. } => vec![retry, go_on(run), show, dismiss],
        Kind::Interrupted => vec![go_on(run), retry, show, dismiss],
        Kind::NoSkill { .. } => vec![teach, show, dismiss],
        Kind::Takeover(_) => vec![show, dismiss],
        Kind::Offer { tool_call_id, arguments } => {
            let mut actions = offer_actions(run_id, tool_call_id, arguments);
            actions.push(show);
            actions
        }
        Kind::Repeating { .. } => {
            vec![("Stop the run".to_owned(), "preceptor.cancel", run), show, dismiss]
        }
        Kind::Approval { tool_call_id, call, outside_sandbox, risk, .. } => {
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
                (
                    format!("Approve `{call}`{place} (risk: {risk})"),
                    "preceptor.approve",
                    decision(true, "once"),
                ),
                (
                    format!("Approve `{call}`{place} for this run (risk: {risk})"),
                    "preceptor.approve",
                    decision(true, "run"),
                ),
                (format!("Reject `{call}`{place}"), "preceptor.approve", decision(false, "once")),
                show,
            ]
        }
        Kind::Proposal { proposal_id, name, target, verification, .. } => deciding(Decided {
            proposal_id,
            kind: ProposalKind::Skill,
            name,
            target: target.as_deref(),
            replay: verification.run_id.as_deref(),
        }),
    };
    let can_roll_back = matches!(item.kind, Kind::Failed { .. } | Kind::EscalationFailed { .. });
    if can_roll_back && situation.n_changed > 0 {
        let behind = actions.iter().position(|it| *it == take_over).map_or(0, |at| at + 1);
        actions.insert(behind, take_over_after_roll_back);
    }
    let is_viewed = match &item.kind {
        Kind::Failed { .. } => situation.may_escalate,
        Kind::Offer { .. } | Kind::Takeover(_) | Kind::NoSkill { .. } => true,
        _ => false,
    };
    if is_viewed {
        actions.push(view);
    }
    actions
        .into_iter()
        .filter(|(_, command, _)| situation.allows(command))
        .map(|(title, command, argument)| action(title, command, argument, Some(diagnostic)))
        .collect()
}

/// Returns what can be done about an answer that nothing speaks against: the person may know
/// better.
pub(super) fn on_an_answer(run_id: &str, situation: Situation) -> Vec<CodeAction> {
    let command = "preceptor.escalate";
    if !situation.allows(command) {
        return Vec::new();
    }
    let mut choices = vec![("Not done: let the teacher take over".to_owned(), "takeover", false)];
    if situation.n_changed > 0 {
        let put_back = files(situation.n_changed);
        let title = format!("Not done: let the teacher take over, with {put_back} put back first");
        choices.push((title, "takeover", true));
    }
    choices.push(("Not done: ask the teacher for a skill".to_owned(), "propose", false));
    let to_action = |(title, mode, rolls_back): (String, &str, bool)| {
        let argument = if rolls_back {
            json!({ "runId": run_id, "mode": mode, "rollBack": true })
        } else {
            json!({ "runId": run_id, "mode": mode })
        };
        action(title, command, argument, None)
    };
    choices.into_iter().map(to_action).collect()
}

/// Goes on with work that was broken off, without asking for it again.
fn go_on(run: Value) -> (String, &'static str, Value) {
    ("Go on".to_owned(), "preceptor.resume", run)
}

/// Returns the answers to the question whether the teacher may take over.
fn offer_actions(
    run_id: &str,
    tool_call_id: &str,
    arguments: &Map<String, Value>,
) -> Vec<(String, &'static str, Value)> {
    let takeover = format!("the takeover by `{}`", ends(text(arguments, "model")));
    let decision = |approved: bool, scope: &str, arguments: Option<Map<String, Value>>| {
        // No arguments of a person's are as good as none.
        json!({ "runId": run_id, "decisions": [
            {
                "toolCallId": tool_call_id,
                "approved": approved,
                "scope": scope,
                "arguments": arguments,
            },
        ]})
    };
    let approve = "preceptor.approve";
    let mut actions = vec![(format!("Approve {takeover}"), approve, decision(true, "once", None))];
    let n_files = changed_files(arguments).count();
    if n_files > 0 {
        let mut edited = arguments.clone();
        edited.insert(ROLL_BACK.to_owned(), Value::Bool(true));
        actions.push((
            format!("Approve {takeover}, with {} put back first", files(n_files)),
            approve,
            decision(true, "once", Some(edited)),
        ));
    }
    actions.push((
        format!("Approve {takeover} for this run"),
        approve,
        decision(true, "run", None),
    ));
    actions.push((format!("Reject {takeover}"), approve, decision(false, "once", None)));
    actions
}

fn files(n_files: usize) -> String {
    if n_files == 1 { "1 file".to_owned() } else { format!("{n_files} files") }
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
