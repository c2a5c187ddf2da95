//! Taking turns: an editor, a second one and a shell may decide at the same moment.
//!
//! Whoever decides holds one lock from before it looks until all is written, which is as long as an
//! editor takes. What is only read, changed and written back in one go holds another one, so that
//! the end of a replay waits for no editor.

use std::{fs::File, time::Duration};

use rustix::fs::{FlockOperation, flock};

use crate::{
    atomic, file_lock,
    proposals::{Proposal, ProposalError, ProposalStore},
};

/// How long somebody waits for its turn. Whoever has it mostly waits for an editor, which takes a
/// moment; after this a person should hear of it.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a change waits for another one to be written.
const WRITING_PATIENCE: Duration = Duration::from_secs(10);

/// As long as this lives, nobody else decides about a proposal, in whatever process. The lock ends
/// with the process, however it does.
#[derive(Debug)]
pub struct Turn {
    lock: File,
}

impl ProposalStore {
    /// Waits until nobody else decides. Blocks, for two seconds at most.
    ///
    /// # Errors
    /// [`ProposalError::BeingDecided`] if somebody still does by then, [`ProposalError::Io`].
    pub fn take_turn(&self) -> Result<Turn, ProposalError> {
        self.lock("deciding", PATIENCE)?.ok_or(ProposalError::BeingDecided)
    }

    /// Changes what is kept of a proposal, as it is by then. Nothing is kept of a change that says
    /// `false`.
    pub(super) fn change(
        &self,
        id: &str,
        change: impl FnOnce(&mut Proposal) -> Result<bool, ProposalError>,
    ) -> Result<Proposal, ProposalError> {
        let _writing = self.lock("writing", WRITING_PATIENCE)?;
        let mut proposal = self.get(id)?;
        if change(&mut proposal)? {
            self.save(&proposal)?;
        }
        Ok(proposal)
    }

    /// Returns the lock, or nothing if somebody else holds it all the while.
    fn lock(&self, name: &str, patience: Duration) -> Result<Option<Turn>, ProposalError> {
        let path = self.manifests.join(format!("{name}.lock"));
        let failed = |error| ProposalError::io(&path, error);
        atomic::make_private_folder(&self.manifests).map_err(failed)?;
        let lock = file_lock::open_private(&path).map_err(failed)?;
        Ok(file_lock::lock(&lock, patience).then_some(Turn { lock }))
    }
}

/// Closing the file is not enough: a process that is being started holds it until it runs its
/// program, and the lock with it.
impl Drop for Turn {
    fn drop(&mut self) {
        if let Err(error) = flock(&self.lock, FlockOperation::Unlock) {
            tracing::debug!(%error, "the proposals stay locked");
        }
    }
}
