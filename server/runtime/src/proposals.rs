//! What waits for a person: skills that the teacher wrote.
//!
//! The text is an ordinary document in the workspace, `.preceptor/proposals/<id>/<name>/SKILL.md`.
//! What it is and what became of it stands in the user's state folder: a workspace is content from
//! elsewhere, and must not bring proposals along that claim to be checked. Nothing in here enters
//! a prompt.

mod store;
#[cfg(test)]
mod tests;
mod text;

use std::{io, path::PathBuf};

use agent::event::{Finding, Verification};
use serde::{Deserialize, Serialize};

pub use crate::proposals::{
    store::{ProposalStore, target},
    text::{check, published_text, refuse_errors},
};

/// What became of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalStatus {
    /// It waits.
    Pending,
    /// A person took it.
    Accepted,
    /// A person refused it.
    Rejected,
}

/// A stored proposal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Proposal {
    /// Names it: time and slug.
    pub proposal_id: String,
    /// The folder whose store it is in.
    pub folder: PathBuf,
    /// `skill`.
    pub kind: String,
    /// The skill's name.
    pub name: String,
    /// One word.
    pub category: String,
    /// `low`, `medium` or `high`.
    pub risk: String,
    /// The run that it came from.
    pub run_id: String,
    /// The run's folder.
    pub run_folder: PathBuf,
    /// The turn that it came from.
    pub turn: u32,
    /// The teacher that wrote it.
    pub teacher_model: String,
    /// UTC, to the second.
    pub created: String,
    /// SHA-256 of the text as it was stored.
    pub sha256: String,
    /// What became of it.
    pub status: ProposalStatus,
    /// Whether the student was seen to use it.
    pub verification: Verification,
    /// What the linter found when it was stored.
    pub findings: Vec<Finding>,
    /// Why a person refused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where it was saved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<PathBuf>,
}

/// A proposal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProposalError {
    /// There is none of that name.
    #[error("there is no proposal `{0}`; `preceptor.proposals` lists those that wait")]
    Unknown(String),
    /// Somebody decided about it before.
    #[error("proposal `{id}` was already {outcome}")]
    Decided {
        /// Which.
        id: String,
        /// `accepted` or `rejected`.
        outcome: &'static str,
    },
    /// The linter found errors in it.
    #[error(
        "proposal `{id}` has errors that have to be mended first ({findings}); open it and mend \
         them, or accept it with `override`"
    )]
    HasErrors {
        /// Which.
        id: String,
        /// The findings, one after the other.
        findings: String,
    },
    /// Its files cannot be read or written.
    #[error("{path} cannot be used ({error}): check free space and permissions")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's words.
        error: io::Error,
    },
}

/// Where a proposal comes from.
#[derive(Debug, Clone)]
pub struct Provenance {
    /// The run.
    pub run_id: String,
    /// Its folder.
    pub run_folder: PathBuf,
    /// The turn.
    pub turn: u32,
    /// The teacher.
    pub teacher_model: String,
}
