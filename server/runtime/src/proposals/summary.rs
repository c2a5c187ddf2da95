//! What lists show of a proposal, in an editor and in a shell.

use std::fs;

use agent::event::{Finding, Verification};
use serde::Serialize;

use crate::{
    proposals::{Proposal, ProposalError, ProposalKind, ProposalStore, Risk},
    uri,
};

/// What `preceptor.proposals` and `preceptor proposals` say about a proposal.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProposalSummary {
    /// Names it.
    pub proposal_id: String,
    /// What it is.
    pub kind: ProposalKind,
    /// The skill's name, or what else it is about.
    pub name: String,
    /// One word.
    pub category: String,
    /// The address of its document.
    pub uri: String,
    /// The address of the file that it would change, or was saved as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// How closely a person should look.
    pub risk: Risk,
    /// The run that it came from.
    pub run_id: String,
    /// What it is at: see [`crate::proposals::ProposalState`].
    pub state: &'static str,
    /// What the linter finds in it.
    pub findings: Vec<Finding>,
    /// Whether the student was seen to use it.
    pub verification: Verification,
    /// Why a person refused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The one that says the same better.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<String>,
}

impl ProposalStore {
    /// Returns what lists show of a proposal. Looks at its files.
    pub fn summary(&self, proposal: &Proposal) -> ProposalSummary {
        ProposalSummary {
            proposal_id: proposal.proposal_id.clone(),
            kind: proposal.kind,
            name: proposal.name.clone(),
            category: proposal.category.clone(),
            uri: self.uri(proposal),
            target: proposal.target.as_deref().map(uri::from_path),
            risk: proposal.risk,
            run_id: proposal.run_id.clone(),
            state: self.state(proposal).name(),
            findings: proposal.findings.clone(),
            verification: proposal.verification.clone(),
            reason: proposal.reason.clone(),
            superseded_by: proposal.superseded_by.clone(),
        }
    }

    /// Reads the document of a proposal, or the one that shows what it would change.
    ///
    /// # Errors
    /// [`ProposalError::Io`], [`ProposalError::NoUpdate`].
    pub fn read(&self, proposal: &Proposal, update: bool) -> Result<String, ProposalError> {
        let path = if update { self.update_document(proposal) } else { self.document(proposal) };
        if update && !path.is_file() {
            return Err(ProposalError::NoUpdate(proposal.proposal_id.clone()));
        }
        fs::read_to_string(&path).map_err(|error| ProposalError::Io { path, error })
    }
}
