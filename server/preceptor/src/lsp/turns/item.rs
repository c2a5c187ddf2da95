//! One thing to show about a turn.

use std::path::Path;

use agent::{
    detect::{Signal, Verdict},
    event::{PendingTool, Verification},
    machine::{MODEL_CALL, TAKEOVER},
    preview::{change, reason, risk, summary},
    verification::outcome_words,
};
use serde_json::{Map, Value, json};
use tower_lsp::lsp_types::{Diagnostic, DiagnosticSeverity, NumberOrString, Range};

use crate::{
    lsp::{
        guide::GuidePages,
        proposals::{updated_name, what_was_shown},
        to_proto::SOURCE,
        turns::takeover::Takeover,
    },
    question::{stopped, visible},
};

/// The place behind all items of a line, see [`Item::urgency`].
pub(super) const LEAST_URGENT: u8 = 3;

/// Longest message of a diagnostic, in characters.
const MESSAGE_CHARS: usize = 300;

/// Longest call that a question shows whole, in characters.
const CALL_CHARS: usize = 4_000;

/// Something about a turn that a person should see.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    pub(super) turn: u32,
    pub(super) kind: Kind,
}

/// What it is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Failed {
        signals: Vec<Signal>,
        /// Why the teacher did not come in.
        gate: Option<String>,
        gate_name: Option<String>,
        /// Whether it failed or that is not sure; `None`: nobody knows yet.
        verdict: Option<Verdict>,
    },
    Takeover(Takeover),
    EscalationFailed {
        reason: String,
    },
    Approval {
        tool_call_id: String,
        call: String,
        /// What an edit puts in and takes out.
        preview: Option<String>,
        /// Whether nothing would confine it.
        outside_sandbox: bool,
        /// What the sandbox kept it from.
        stopped: Option<String>,
        /// What it would do at worst, in a word.
        risk: String,
        /// Why it is asked about and what it costs, as sentences; empty where nobody said.
        reason: String,
    },
    /// The teacher waits for the person's word.
    Offer {
        tool_call_id: String,
        arguments: Map<String, Value>,
    },
    Proposal {
        proposal_id: String,
        name: String,
        uri: String,
        /// The address of the skill that it could update.
        target: Option<String>,
        n_errors: usize,
        n_findings: usize,
        verification: Verification,
    },
    NoSkill {
        reason: String,
    },
    Error {
        error: String,
        class: String,
    },
    Interrupted,
    Repeating {
        evidence: String,
    },
}

impl Kind {
    pub(super) fn approval(tool: &PendingTool) -> Self {
        if tool.tool == TAKEOVER {
            let tool_call_id = tool.tool_call_id.clone();
            return Self::Offer { tool_call_id, arguments: tool.arguments.clone() };
        }
        let preview = change(tool);
        let lines = |mark| {
            preview
                .as_ref()
                .map_or(0, |text| text.lines().filter(|it| it.starts_with(mark)).count())
        };
        let (n_added, n_removed) = (lines('+'), lines('-'));
        let size =
            if preview.is_some() { format!(" (+{n_added} −{n_removed})") } else { String::new() };
        let call = match tool.arguments.get("model").and_then(Value::as_str) {
            Some(model) if tool.tool == MODEL_CALL => {
                format!("calls of {model}, whose price nobody knows")
            }
            _ => format!("{}: {}{size}", tool.tool, summary(&tool.arguments)),
        };
        Self::Approval {
            tool_call_id: tool.tool_call_id.clone(),
            call: visible(&call),
            preview: preview.map(|preview| visible(&preview)),
            outside_sandbox: tool.outside_sandbox,
            stopped: stopped(tool),
            risk: risk(tool),
            reason: visible(&reason(tool)),
        }
    }
}

impl Kind {
    /// Returns the id under which it waits for a person; `None`: it does not.
    pub(super) fn waits_as(&self) -> Option<&str> {
        match self {
            Self::Approval { tool_call_id, .. } | Self::Offer { tool_call_id, .. } => {
                Some(tool_call_id)
            }
            _ => None,
        }
    }

    /// Returns what a person is asked about a call, the risk and the reason first; `None` where no
    /// call waits. A call is shown whole, or its beginning and its end with how much is between.
    fn question(&self) -> Option<String> {
        let Self::Approval { call, outside_sandbox, stopped, risk, reason, .. } = self else {
            return None;
        };
        let to = if *outside_sandbox { " to run outside the sandbox" } else { "" };
        let sentences = [stopped.as_deref().unwrap_or_default(), reason, &shortened(call)];
        let sentences: Vec<&str> = sentences.into_iter().filter(|it| !it.is_empty()).collect();
        Some(format!("Waits for your approval{to} (risk: {risk}): {}", sentences.join(" ")))
    }
}

impl Item {
    pub(super) fn diagnostic(&self, run_id: &str, range: Range, guide: &GuidePages) -> Diagnostic {
        let (code, severity, message) = match &self.kind {
            Kind::Failed { signals, verdict: Some(Verdict::Unsure), gate: Some(gate), .. } => (
                "turn/unsure",
                DiagnosticSeverity::WARNING,
                format!(
                    "The student could not go on: {}. {gate}",
                    strongest(signals).trim_end_matches('.')
                ),
            ),
            Kind::Failed { signals, verdict: Some(Verdict::Unsure), .. } => (
                "turn/unsure",
                DiagnosticSeverity::HINT,
                format!(
                    "It is not sure that the student got it done: {}.",
                    strongest(signals).trim_end_matches('.')
                ),
            ),
            Kind::Failed { signals, gate, .. } => (
                "turn/failed",
                DiagnosticSeverity::WARNING,
                format!(
                    "The student failed: {}.{}",
                    strongest(signals).trim_end_matches('.'),
                    gate.as_ref().map(|gate| format!(" {gate}")).unwrap_or_default()
                ),
            ),
            Kind::Takeover(Takeover { model, reason, .. }) => (
                "turn/takeover",
                DiagnosticSeverity::INFORMATION,
                format!("The teacher `{model}` took over: {reason}"),
            ),
            Kind::EscalationFailed { reason } => (
                "turn/escalation-failed",
                DiagnosticSeverity::ERROR,
                format!("The takeover failed: {reason}"),
            ),
            Kind::Approval { .. } => (
                "turn/approval",
                DiagnosticSeverity::WARNING,
                self.kind.question().unwrap_or_default(),
            ),
            Kind::Offer { arguments, .. } => (
                "turn/approval",
                DiagnosticSeverity::WARNING,
                format!(
                    "Waits for your approval: takeover by the teacher `{}`.",
                    text(arguments, "model")
                ),
            ),
            Kind::Proposal { name, target, n_errors, n_findings, verification, .. } => (
                "turn/proposal",
                DiagnosticSeverity::INFORMATION,
                format!(
                    "The teacher proposes the skill `{name}`{}{}. {}",
                    state(*n_errors, *n_findings),
                    target.as_ref().map_or_else(String::new, |target| format!(
                        ", which says nearly what `{}` says",
                        updated_name(target)
                    )),
                    outcome_words(&verification.outcome),
                ),
            ),
            Kind::NoSkill { reason } => (
                "turn/no-skill",
                DiagnosticSeverity::HINT,
                format!("No skill was proposed: {}.", reason.trim_end_matches('.')),
            ),
            Kind::Error { error, .. } => ("turn/error", DiagnosticSeverity::ERROR, error.clone()),
            Kind::Interrupted => (
                "turn/interrupted",
                DiagnosticSeverity::HINT,
                "The request was stopped.".to_owned(),
            ),
            Kind::Repeating { evidence } => (
                "turn/repeating",
                DiagnosticSeverity::WARNING,
                format!("It goes round in circles: {evidence}. It was told to do otherwise."),
            ),
        };
        Diagnostic {
            range,
            severity: Some(severity),
            code: Some(NumberOrString::String(code.to_owned())),
            code_description: guide.description(code),
            source: Some(SOURCE.to_owned()),
            // A question is as long as what it is about.
            message: match &self.kind {
                Kind::Approval { .. } => message,
                _ => agent::clip::clip(&message, MESSAGE_CHARS),
            },
            data: Some(self.data(run_id)),
            ..Diagnostic::default()
        }
    }

    /// Returns its place among the items of a line, the most urgent first.
    pub(super) fn urgency(&self) -> u8 {
        match &self.kind {
            Kind::Approval { .. } | Kind::Offer { .. } => 0,
            Kind::Proposal { .. } => 1,
            _ => 2,
        }
    }

    /// Returns everything there is to know about it, as Markdown; `replays` is the folder that
    /// replays are kept in.
    pub(super) fn detail(&self, replays: &Path) -> String {
        match &self.kind {
            Kind::Failed { signals, gate, gate_name, verdict } => {
                let evidence: Vec<String> = signals
                    .iter()
                    .map(|signal| {
                        let kind = json!(signal.kind);
                        let kind = kind.as_str().unwrap_or_default();
                        format!(
                            "- `{kind}` ({:.0} %): {}",
                            signal.confidence * 100.0,
                            signal.evidence
                        )
                    })
                    .collect();
                let name = gate_name.as_ref().map(|name| format!(" (gate `{name}`)"));
                let name = name.unwrap_or_default();
                let gate = gate.as_ref().map(|gate| format!("\n\n{gate}{name}"));
                let gate = gate.unwrap_or_default();
                let title = match verdict {
                    Some(Verdict::Unsure) => "What speaks against the student's answer",
                    _ => "Why the student failed",
                };
                format!("**{title}**\n\n{}{gate}", evidence.join("\n"))
            }
            Kind::Takeover(takeover) => {
                let Takeover { model, reason, .. } = takeover;
                let did = takeover.list();
                format!("**The teacher took over**: `{model}`\n\nBecause: {reason}\n\n{did}")
            }
            Kind::EscalationFailed { reason } => format!("**The takeover failed**\n\n{reason}"),
            Kind::Approval { call, preview, outside_sandbox, stopped, risk, reason, .. } => {
                let to = if *outside_sandbox { " to run outside the sandbox" } else { "" };
                let stopped = stopped.as_ref().map_or_else(String::new, |it| format!("\n\n{it}"));
                let reason = format!("Risk: {risk}. {reason}");
                let reason = reason.trim_end();
                let preview = preview
                    .as_ref()
                    .map_or_else(String::new, |preview| format!("\n\n{}", fenced("diff", preview)));
                format!(
                    "**Waits for your approval{to}**\n\n{}{preview}{stopped}\n\n{reason}",
                    fenced("text", call)
                )
            }
            Kind::Offer { arguments, .. } => {
                let edited = listed(
                    "The student changed these files; they can be put back first:",
                    changed_files(arguments),
                );
                let by_commands = listed(
                    "Commands changed these files, and nobody keeps what they held before:",
                    paths(arguments, "changedByCommands"),
                );
                format!(
                    "**The teacher `{}` waits for your word**\n\nBecause: {}{edited}{by_commands}",
                    text(arguments, "model"),
                    text(arguments, "reason")
                )
            }
            Kind::Proposal { name, uri, target, n_errors, n_findings, verification, .. } => {
                format!(
                    "**Proposed skill** [{name}]({uri}){}{}\n\n{}\n\nIt enters no prompt before you \
                     accept it, but that of the replay that tests it.",
                    state(*n_errors, *n_findings),
                    target.as_deref().map_or_else(String::new, |it| what_it_updates(it, uri)),
                    what_was_shown(verification, replays),
                )
            }
            Kind::NoSkill { reason } => format!("**No skill was proposed**: {reason}"),
            Kind::Error { error, class } => format!("**Error** (`{class}`)\n\n{error}"),
            Kind::Interrupted => "**The request was stopped**".to_owned(),
            Kind::Repeating { evidence } => format!(
                "**It goes round in circles**\n\n{evidence}. It was told so; if it goes on, the \
                 turn stops."
            ),
        }
    }

    fn data(&self, run_id: &str) -> Value {
        let mut data = json!({ "runId": run_id, "turn": self.turn });
        let more = match &self.kind {
            Kind::Failed { signals, gate, gate_name, .. } => {
                json!({ "signals": signals, "gate": gate, "gateName": gate_name })
            }
            Kind::Takeover(takeover) => json!({ "teacherModel": takeover.model }),
            Kind::Approval { tool_call_id, .. } | Kind::Offer { tool_call_id, .. } => {
                json!({ "toolCallId": tool_call_id })
            }
            Kind::Proposal { proposal_id, name, uri, .. } => {
                json!({ "proposalId": proposal_id, "name": name, "uri": uri })
            }
            Kind::Error { class, .. } => json!({ "class": class }),
            Kind::EscalationFailed { .. }
            | Kind::NoSkill { .. }
            | Kind::Interrupted
            | Kind::Repeating { .. } => json!({}),
        };
        if let (Some(data), Value::Object(more)) = (data.as_object_mut(), more) {
            data.extend(more);
        }
        data
    }
}

/// Names the skill that says nearly the same. The document that shows the update lies above the
/// folder of the proposed skill.
fn what_it_updates(target: &str, document: &str) -> String {
    let folder = document.rsplitn(3, '/').nth(2).unwrap_or_default();
    format!(
        "\n\n[{}]({target}) says nearly the same: accept it as an update of that ([what would \
         change]({folder}/update.md)), or as a skill of its own.",
        updated_name(target)
    )
}

/// Returns a call whole, or its two ends where it is very long.
fn shortened(call: &str) -> String {
    let n_chars = call.chars().count();
    if n_chars <= CALL_CHARS {
        return call.to_owned();
    }
    let half = CALL_CHARS / 2;
    let head: String = call.chars().take(half).collect();
    let tail: String = call.chars().skip(n_chars - half).collect();
    let n_between = n_chars - 2 * half;
    format!("{head}\n[… {n_between} characters between, which the transcript shows …]\n{tail}")
}

/// Returns an argument of the question whether the teacher may take over.
pub(super) fn text<'a>(arguments: &'a Map<String, Value>, name: &str) -> &'a str {
    arguments.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Returns the files that the student changed, as that question names them.
pub(super) fn changed_files(arguments: &Map<String, Value>) -> impl Iterator<Item = &str> {
    paths(arguments, "changedFiles")
}

fn paths<'a>(arguments: &'a Map<String, Value>, name: &str) -> impl Iterator<Item = &'a str> {
    let files = arguments.get(name).and_then(Value::as_array);
    files.into_iter().flatten().filter_map(Value::as_str)
}

/// A list of files behind a sentence about them, as Markdown.
fn listed<'a>(what: &str, paths: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> =
        paths.map(|path| format!("- `{}`", path.replace(['`', '\n'], " "))).collect();
    if names.is_empty() { String::new() } else { format!("\n\n{what}\n\n{}", names.join("\n")) }
}

/// A fence that is longer than any in the text.
fn fenced(language: &str, text: &str) -> String {
    let longest = text.split(|it| it != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}{language}\n{text}\n{fence}")
}

fn strongest(signals: &[Signal]) -> String {
    signals
        .iter()
        .max_by(|a, b| a.confidence.total_cmp(&b.confidence))
        .map_or_else(|| "it did not get the request done".to_owned(), Signal::sentence)
}

fn state(n_errors: usize, n_findings: usize) -> String {
    match (n_errors, n_findings) {
        (0, 0) => String::new(),
        (0, 1) => " (1 finding)".to_owned(),
        (0, n) => format!(" ({n} findings)"),
        (1, _) => " (1 error to mend first)".to_owned(),
        (n, _) => format!(" ({n} errors to mend first)"),
    }
}

#[cfg(test)]
mod tests {
    use agent::event::{PendingTool, ToolBilling};
    use serde_json::{Map, json};

    use super::Kind;

    fn question(command: &str) -> String {
        let call = PendingTool {
            tool: "bash".to_owned(),
            arguments: Map::from_iter([("command".to_owned(), json!(command))]),
            tool_call_id: "call_1".to_owned(),
            billing: ToolBilling {
                block_reason: Some("It exceeds the cap.".to_owned()),
                estimated_cost_usd: Some(9.0),
                remaining_cap_usd: Some(5.0),
                ..ToolBilling::default()
            },
            asked_because: None,
            outside_sandbox: false,
            stopped_by: Vec::new(),
            diff: None,
        };
        Kind::approval(&call).question().unwrap()
    }

    #[test]
    fn a_question_shows_the_end_of_a_command_behind_its_risk_and_cost() {
        let intro = "Waits for your approval (risk: deletes, costs money): It exceeds the cap. ";
        let command = format!("{}rm -rf src", "echo on; ".repeat(150));
        assert_eq!(question(&command), format!("{intro}bash: {command}"));
    }

    #[test]
    fn a_question_about_a_very_long_command_shows_both_ends_and_how_much_is_between() {
        let command = format!("echo first; {}rm -rf src", "echo on; ".repeat(1_000));
        let question = question(&command);
        let intro = "Waits for your approval (risk: deletes, costs money): It exceeds the cap. ";
        assert!(question.starts_with(&format!("{intro}bash: echo first; ")), "{question}");
        assert!(question.ends_with("echo on; rm -rf src"), "{question}");
        let n_between = "bash: ".len() + command.len() - 4_000;
        let between = format!("[… {n_between} characters between, which the transcript shows …]");
        assert!(question.contains(&between), "{question}");
    }
}
