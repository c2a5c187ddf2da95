//! What waits for a person: skills that the teacher wrote.
//!
//! The text is an ordinary document in the workspace, `.preceptor/proposals/<id>/<name>/SKILL.md`.
//! What it is and what became of it stands in the user's state folder: a workspace is content from
//! elsewhere, and must not bring proposals along that claim to be checked. Nothing in here enters
//! a prompt.

mod creating;
mod deciding;
mod evidence;
mod merge;
mod replaying;
mod similarity;
mod state;
mod store;
mod summary;
#[cfg(test)]
mod tests;
mod text;
mod turn;
mod update;

use std::{
    io,
    path::{Path, PathBuf},
};

use agent::event::{Finding, Verification};
use serde::{Deserialize, Serialize};

use crate::acceptance::Acceptance;

pub use crate::proposals::{
    creating::Change,
    deciding::{AcceptAs, Plan, Request, Restoration},
    replaying::ReplayMark,
    state::ProposalState,
    store::{ProposalStore, target},
    summary::ProposalSummary,
    text::{check, published_text, refuse_errors},
    turn::Turn,
    update::TargetChange,
};

/// What is proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalKind {
    /// A skill; near-duplicates of one that is there can update it.
    Skill,
    /// Another text for a skill that is there.
    Edit,
    /// A note in a skill that is there.
    Note,
    /// Another text for the workspace's configuration.
    Config,
    /// Something that a person does by hand, elsewhere.
    External,
}

impl ProposalKind {
    /// Returns the name that events and commands use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Skill => "skill",
            Self::Edit => "edit",
            Self::Note => "note",
            Self::Config => "config",
            Self::External => "external",
        }
    }
}

/// How closely a person should look. The server says so, never a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// Words.
    Low,
    /// It has commands run or files changed, or changes how skills are checked.
    Medium,
    /// It has errors, or changes what the agent may do.
    High,
}

impl Risk {
    /// Returns the name that events and commands use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

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
    /// A later one says the same better.
    Superseded,
    /// A person took it, and took that back.
    RolledBack,
}

impl ProposalStatus {
    /// Returns the name that events and commands use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Superseded => "superseded",
            Self::RolledBack => "rolled_back",
        }
    }

    /// Returns the words that follow "was already".
    fn words(self) -> &'static str {
        match self {
            Self::Pending => "stored",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Superseded => "superseded by a later one",
            Self::RolledBack => "accepted and rolled back",
        }
    }
}

/// A skill that says something like what is proposed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SimilarSkill {
    /// Its name.
    pub name: String,
    /// Its `SKILL.md`.
    pub path: PathBuf,
    /// How much of the words both share, from 0 to 100.
    pub percent: u8,
}

impl SimilarSkill {
    /// Says how much of the words both share. All words may be shared by texts that differ.
    pub(crate) fn share(&self) -> String {
        if self.percent >= 100 { "nearly all".to_owned() } else { format!("{} %", self.percent) }
    }
}

/// How a proposal was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Accepted {
    /// The name that it was saved under.
    pub name: String,
    /// Whether something stood there before.
    pub is_update: bool,
    /// SHA-256 of the text that was accepted.
    pub sha256: String,
    /// UTC, to the second.
    pub at: String,
    /// The record of whatever was accepted there before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record_before: Option<Acceptance>,
}

/// A stored proposal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Proposal {
    /// Names it: time and slug.
    pub proposal_id: String,
    /// The folder whose store it is in.
    pub folder: PathBuf,
    /// What it is.
    pub kind: ProposalKind,
    /// The skill's name, or what else it is about.
    pub name: String,
    /// One word.
    pub category: String,
    /// How closely a person should look.
    pub risk: Risk,
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
    /// SHA-256 of the text as it was stored, or as a person saved it since.
    pub sha256: String,
    /// SHA-256 of the words as they were proposed, without the server's.
    #[serde(default)]
    pub fingerprint: String,
    /// Whether a person changed the text.
    #[serde(default)]
    pub is_edited: bool,
    /// What became of it.
    pub status: ProposalStatus,
    /// Whether the student was seen to use it.
    pub verification: Verification,
    /// SHA-256 of the text that the student tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tried_sha256: Option<String>,
    /// What the linter found when it was stored.
    pub findings: Vec<Finding>,
    /// Skills that say something like it, the most similar one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub similar: Vec<SimilarSkill>,
    /// Why a person refused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The one that says the same better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<String>,
    /// The file that it would change; where it was saved, once it is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<PathBuf>,
    /// What the document that shows the change was made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<Pins>,
    /// How it was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Accepted>,
}

/// The texts that a shown change was made of. Only what was shown is accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pins {
    /// SHA-256 of the proposal's text.
    pub text_sha256: String,
    /// SHA-256 of the target's text.
    pub target_sha256: String,
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
        /// What was decided.
        outcome: &'static str,
    },
    /// Somebody else is at it, in this process or another one.
    #[error(
        "somebody else decides about a proposal right now, in another editor or in a shell: see \
         what came of that, then try again"
    )]
    BeingDecided,
    /// No request shows what it is worth.
    #[error("proposal `{0}` is no skill: there is nothing that the student could try with it")]
    NothingToTry(String),
    /// The student tries it already.
    #[error("proposal `{0}` is being verified already: wait for the end, or cancel its replay")]
    BeingTried(String),
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
    /// Its text is another one, and nobody was seen to change it.
    #[error(
        "the text of proposal `{id}` is not the one that was proposed: open it, read it, and accept \
         it while it is open, or save it there (something changed {path} outside of your editor)"
    )]
    TextDrifted {
        /// Which.
        id: String,
        /// Its document.
        path: PathBuf,
    },
    /// What it would change is another text by now, or the proposal is, than what was shown.
    #[error(
        "the update is out of date: look at it, then accept it again ({update} shows it as it would \
         be now; {target} or the proposal was changed after it was shown)"
    )]
    UpdateDrifted {
        /// What it would change.
        target: PathBuf,
        /// The document that shows the update, made anew.
        update: PathBuf,
    },
    /// What it would change is not there.
    #[error("{0} is not there any more, so that nothing can be updated; {1}")]
    TargetGone(PathBuf, &'static str),
    /// It is no update of anything.
    #[error("proposal `{0}` updates no skill that is there: accept it as a new one")]
    NoUpdate(String),
    /// It changes something that is there.
    #[error("proposal `{0}` changes a file that is there, and cannot be accepted as a new skill")]
    OnlyUpdate(String),
    /// It is done by hand.
    #[error(
        "proposal `{0}` is something to do by hand, outside of Preceptor, which never runs it: \
         read it, do it if you like, then reject it with the reason `done`"
    )]
    External(String),
    /// It would not be a configuration.
    #[error("proposal `{id}` cannot be accepted, because it is no valid configuration: {reason}")]
    NoConfiguration {
        /// Which.
        id: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A link leads out of the workspace.
    #[error(
        "{0} cannot be written: a link leads it out of the workspace; replace the link by a folder"
    )]
    LedAway(PathBuf),
    /// A person refused the same before.
    #[error("the same skill was proposed before and rejected{0}")]
    RejectedBefore(RejectionReason),
    /// No folder could be named after it.
    #[error(
        "the name `{0}` has no letter or digit that a skill's name can have (a to z, 0 to 9): give \
         it another name"
    )]
    Nameless(String),
    /// It says nothing new.
    #[error("the skill `{name}` says all of it already: {path}")]
    AlreadyKnown {
        /// The skill that is there.
        name: String,
        /// Where.
        path: PathBuf,
    },
    /// Only what was accepted can be rolled back.
    #[error("proposal `{id}` cannot be rolled back: it is {state}, not accepted")]
    NotAccepted {
        /// Which.
        id: String,
        /// What it is.
        state: &'static str,
    },
    /// Somebody worked on it since.
    #[error(
        "{target} was changed after it was accepted, so that rolling it back would lose that; {way}"
    )]
    ChangedSince {
        /// The file.
        target: PathBuf,
        /// What to do instead.
        way: String,
    },
    /// A later proposal updated it.
    #[error("{target} was updated by the proposal `{by}` since: roll that one back first")]
    UpdatedSince {
        /// The file.
        target: PathBuf,
        /// The later proposal.
        by: String,
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

impl ProposalError {
    fn io(path: &Path, error: io::Error) -> Self {
        Self::Io { path: path.to_path_buf(), error }
    }
}

/// Why a person refused something, as the end of a sentence.
#[derive(Debug, Clone)]
pub struct RejectionReason(pub Option<String>);

impl std::fmt::Display for RejectionReason {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Some(reason) => write!(formatter, " ({})", reason.trim()),
            None => Ok(()),
        }
    }
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
