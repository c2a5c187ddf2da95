//! `preceptor proposals verify`: has the student try a proposal, without an editor.

use std::{io::Write, sync::Arc};

use agent::{event::Verification, verification::outcome_words};
use anyhow::Context;
use runtime::{
    editor::NoEditor,
    proposals::{Proposal, ProposalStore, ReplayMark},
    run_store::RunFolder,
    sandbox::Sandbox,
    verifier::{self, Question},
};
use tokio_util::sync::CancellationToken;

use super::{EXIT_DONE, EXIT_REFUSED, Place, Refusal, record, refuse, shown_path};
use crate::{
    rules::print,
    trust::printable,
    verification::{self, Asked, VerifyError, told},
};

/// What is tried, and what says so.
struct Trial {
    store: ProposalStore,
    proposal: Proposal,
    question: Question,
    mark: ReplayMark,
}

/// Has the student try a proposal and waits for what comes of it; returns the exit code. Ctrl-C
/// stops it, which is then said in the proposal.
///
/// # Errors
/// If the configuration cannot be used or a stream cannot be written.
pub(crate) async fn verify(
    given: &str,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> anyhow::Result<u8> {
    let place = Place::here()?;
    let Trial { store, proposal, question, mark } = match trial(&place, given) {
        Ok(trial) => trial,
        Err(refusal) => return refuse(&refusal, stderr),
    };
    record(&proposal, [told(&proposal, Verification::pending())]).await;
    writeln!(stderr, "The student tries `{}`…", printable(&proposal.name))
        .context("writing to stderr")?;
    let cancel = CancellationToken::new();
    let answer = {
        let verification = verifier::verify(&question, &cancel, |_| {});
        tokio::pin!(verification);
        loop {
            tokio::select! {
                answer = &mut verification => break answer,
                Ok(()) = tokio::signal::ctrl_c(), if !cancel.is_cancelled() => cancel.cancel(),
            }
        }
    };
    let run_id = answer.replay.map(|folder| folder.run_id);
    let verification = answer.finding.verification_after(&proposal.verification, run_id);
    let kept = store.set_verification(&proposal.proposal_id, &verification);
    drop(mark);
    record(&proposal, [told(&proposal, verification.clone())]).await;
    if let Err(error) = kept {
        return refuse(&error.into(), stderr);
    }
    let words = outcome_words(&verification.outcome);
    let shown = place.what_was_shown(&verification);
    let shown = shown.map(|path| format!("Shown in {}\n", shown_path(&path))).unwrap_or_default();
    print(stdout, &format!("{words} {}\n{shown}", printable(&verification.reason)))?;
    Ok(if verification.outcome == "verified" { EXIT_DONE } else { EXIT_REFUSED })
}

fn trial(place: &Place, given: &str) -> Result<Trial, Refusal> {
    let (store, proposal) = place.find(given)?;
    let proposal = store.pending(&proposal.proposal_id)?;
    let folder = RunFolder { run_id: proposal.run_id.clone(), path: proposal.run_folder.clone() };
    let here = verification::Place {
        workspace: store.folder().to_path_buf(),
        config: Arc::new(place.config.clone()),
        folders: Arc::new(place.folders.clone()),
        sandbox: Sandbox::of_this_program(),
        editor: &NoEditor,
    };
    let asked = Asked::InRun { folder, turn: Some(proposal.turn) };
    let mut question = here.question(&store.document(&proposal), None, asked)?;
    question.target.clone_from(&proposal.target);
    let mark = store.begin_replay(&proposal.proposal_id).map_err(VerifyError::from)?;
    Ok(Trial { store: store.clone(), proposal, question, mark })
}
