//! That the student tries a proposal: said by a lock, which ends with the process, however it does.

use std::fs::File;

use agent::event::Verification;
use rustix::{
    fs::{FlockOperation, flock},
    io::Errno,
};

use crate::proposals::{Proposal, ProposalError, ProposalKind, ProposalStatus, ProposalStore};

/// How often somebody else may be in the way who only looks.
const TRIES: usize = 50;

/// As long as this lives, the student tries a proposal.
#[derive(Debug)]
pub struct ReplayMark {
    folder: File,
}

impl ProposalStore {
    /// Says that the student begins to try a proposal.
    ///
    /// # Errors
    /// [`ProposalError::NothingToTry`] of what is no skill, [`ProposalError::BeingTried`] if it does
    /// so already; [`ProposalError`].
    pub fn begin_replay(&self, id: &str) -> Result<ReplayMark, ProposalError> {
        if matches!(self.get(id)?.kind, ProposalKind::Config | ProposalKind::External) {
            return Err(ProposalError::NothingToTry(id.to_owned()));
        }
        let path = self.folder_of(id);
        let folder =
            File::open(&path).map_err(|error| ProposalError::Io { path: path.clone(), error })?;
        let mut n_tries = 0;
        while flock(&folder, FlockOperation::NonBlockingLockExclusive) == Err(Errno::WOULDBLOCK) {
            n_tries += 1;
            if n_tries == TRIES {
                return Err(ProposalError::BeingTried(id.to_owned()));
            }
            std::thread::yield_now();
        }
        self.set_verification(id, &Verification::pending())?;
        Ok(ReplayMark { folder })
    }

    /// Returns the proposals whose replay a process has begun that is not there any more, and notes
    /// that they are interrupted.
    pub fn settle_interrupted(&self) -> Vec<Proposal> {
        let mut settled = Vec::new();
        for proposal in self.list() {
            let kept = self.load_as_kept(&proposal.proposal_id);
            let is_news = proposal.status == ProposalStatus::Pending
                && kept.is_some_and(|kept| kept.verification != proposal.verification);
            if !is_news {
                continue;
            }
            let mut is_settled = false;
            let kept = self.change(&proposal.proposal_id, |kept| {
                is_settled = kept.verification == proposal.verification;
                Ok(is_settled)
            });
            if let Ok(kept) = kept
                && is_settled
            {
                settled.push(kept);
            }
        }
        settled
    }

    /// Returns a proposal as it stands: what nobody tries any more is not being tried.
    pub(super) fn as_it_stands(&self, mut proposal: Proposal) -> Proposal {
        if proposal.verification.outcome == "pending" && !self.is_being_tried(&proposal) {
            let run_id = proposal.verification.run_id.take();
            proposal.verification = Verification { run_id, ..Verification::interrupted() };
        }
        proposal
    }

    fn is_being_tried(&self, proposal: &Proposal) -> bool {
        let Ok(folder) = File::open(self.folder_of(&proposal.proposal_id)) else { return false };
        flock(&folder, FlockOperation::NonBlockingLockShared) == Err(Errno::WOULDBLOCK)
    }
}

/// Closing the folder is not enough: a process that is being started holds it until it runs its
/// program, and the lock with it.
impl Drop for ReplayMark {
    fn drop(&mut self) {
        if let Err(error) = flock(&self.folder, FlockOperation::Unlock) {
            tracing::debug!(%error, "a proposal stays marked as being tried");
        }
    }
}
