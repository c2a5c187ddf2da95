//! What can be done about a proposal, as commands with titles: for code actions and lenses.

use runtime::proposals::{Proposal, ProposalKind, ProposalStatus};
use serde_json::{Value, json};
use tower_lsp::lsp_types::Url;

/// A title, a command and its argument.
pub(crate) type Decision = (String, &'static str, Value);

/// A proposal that waits, as far as titles go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Decided<'a> {
    /// Names it.
    pub(crate) proposal_id: &'a str,
    /// What it is.
    pub(crate) kind: ProposalKind,
    /// The skill's name.
    pub(crate) name: &'a str,
    /// The address of the skill that it could update.
    pub(crate) target: Option<&'a str>,
    /// The replay that tried it.
    pub(crate) replay: Option<&'a str>,
}

/// Returns what can be decided about a proposal that waits, the one that is wanted most often first.
pub(crate) fn deciding(proposal: Decided<'_>) -> Vec<Decision> {
    let Decided { proposal_id, kind, name, target, replay } = proposal;
    let argument = json!({ "proposalId": proposal_id });
    let what = match kind {
        ProposalKind::Skill => format!("skill `{name}`"),
        ProposalKind::Edit => format!("edit of `{name}`"),
        ProposalKind::Note => format!("note on `{name}`"),
        ProposalKind::Config => "change of `preceptor.toml`".to_owned(),
        ProposalKind::External => format!("task `{name}`"),
    };
    let mut decisions: Vec<Decision> = Vec::new();
    if let Some(target) = target {
        let show = json!({ "proposalId": proposal_id, "document": "update" });
        let updated = updated_name(target);
        let title = if kind == ProposalKind::Skill {
            let update = json!({ "proposalId": proposal_id, "as": "update" });
            let title = format!("Update skill `{updated}`");
            decisions.push((title, "preceptor.proposal.accept", update));
            format!("Show the update of `{updated}`")
        } else {
            format!("Show the change of `{updated}`")
        };
        decisions.push((title, "preceptor.proposal.show", show));
    }
    if kind != ProposalKind::External {
        decisions.push((format!("Accept {what}"), "preceptor.proposal.accept", argument.clone()));
    }
    decisions.push((format!("Show {what}"), "preceptor.proposal.show", argument.clone()));
    if matches!(kind, ProposalKind::Skill | ProposalKind::Edit | ProposalKind::Note) {
        decisions.push((format!("Verify {what}"), "preceptor.proposal.verify", argument.clone()));
    }
    decisions.push((format!("Reject {what}"), "preceptor.proposal.reject", argument));
    if let Some(replay) = replay {
        let argument = json!({ "runId": replay, "document": "verification" });
        decisions.push((format!("Show the replay of `{name}`"), "preceptor.show", argument));
    }
    decisions
}

/// Returns what became of a proposal, with what can still be done about it; `None` while it waits.
pub(crate) fn decided(proposal: &Proposal) -> Option<(String, Option<Decision>)> {
    let argument = json!({ "proposalId": proposal.proposal_id });
    match proposal.status {
        ProposalStatus::Pending => None,
        ProposalStatus::Accepted => {
            let name = proposal.accepted.as_ref().map_or(&proposal.name, |it| &it.name);
            let title = format!("Roll back `{name}`");
            let roll_back = (title, "preceptor.proposal.rollback", argument);
            Some((format!("Accepted as `{name}`"), Some(roll_back)))
        }
        ProposalStatus::Rejected => {
            let reason = proposal.reason.as_ref();
            let reason = reason.map(|it| format!(": {}", it.trim())).unwrap_or_default();
            Some((format!("Rejected{reason}"), None))
        }
        ProposalStatus::Superseded => {
            let by = proposal.superseded_by.clone().unwrap_or_default();
            let show = json!({ "proposalId": by });
            let show = (format!("Show `{by}`"), "preceptor.proposal.show", show);
            Some((format!("Superseded by `{by}`"), Some(show)))
        }
        ProposalStatus::RolledBack => Some(("Accepted, then rolled back".to_owned(), None)),
    }
}

impl<'a> Decided<'a> {
    /// Returns a stored proposal as titles need it; `target` is the address of what it would change.
    pub(crate) fn of(proposal: &'a Proposal, target: Option<&'a Url>) -> Self {
        Self {
            proposal_id: &proposal.proposal_id,
            kind: proposal.kind,
            name: &proposal.name,
            target: target.map(Url::as_str),
            replay: proposal.verification.run_id.as_deref(),
        }
    }
}

/// Returns whether a command shows the document that a person looks at anyway.
pub(crate) fn is_shown_already(uri: &Url, command: &str, argument: &Value) -> bool {
    let is_update = uri.path().ends_with("/update.md");
    let shows_update = argument.get("document").is_some();
    let id = argument.get("proposalId").and_then(Value::as_str).unwrap_or_default();
    command == "preceptor.proposal.show"
        && shows_update == is_update
        && uri.path().contains(&format!("/{id}/"))
}

/// Returns the name of a skill, which is its folder's, or that of a file that is no skill.
pub(crate) fn updated_name(address: &str) -> String {
    let path = Url::parse(address).ok().and_then(|uri| uri.to_file_path().ok());
    let path = path.unwrap_or_else(|| address.into());
    let file = path.file_name().unwrap_or_default();
    let folder = path.parent().and_then(|folder| folder.file_name());
    let name = if file == "SKILL.md" { folder.unwrap_or(file) } else { file };
    name.to_string_lossy().into_owned()
}
