//! What a proposal's replay showed, as Markdown for hovers.

use std::path::Path;

use agent::{event::Verification, verification::outcome_words};
use runtime::{proposals::Proposal, replay::runs_folder, run_store::RunFolder, uri};

use crate::lsp::{proposals::decided, session::Session};

/// Returns what came of a replay, with links to what there is to read about it; `replays` is the
/// folder that replays are kept in.
pub(crate) fn what_was_shown(verification: &Verification, replays: &Path) -> String {
    let words = outcome_words(&verification.outcome);
    format!("**{words}** {}{}", verification.reason, replay_links(verification, replays))
}

/// Returns what a hover in a proposal's document says about the proposal.
pub(crate) fn about(session: &Session, proposal: &Proposal) -> String {
    let shown = what_was_shown(&proposal.verification, &runs_folder(&session.folders));
    match decided(proposal) {
        Some((became, _)) => format!("{became}.\n\n{shown}"),
        None => shown,
    }
}

/// Leads to the documents of the replay, as far as they are there.
fn replay_links(verification: &Verification, replays: &Path) -> String {
    let folder = verification.run_id.as_deref().and_then(|id| RunFolder::find(replays, id));
    let Some(folder) = folder else { return String::new() };
    let transcript = folder.transcript_uri();
    let report = folder.verification();
    if report.is_file() {
        let report = uri::from_path(&report);
        format!("\n\n[What the replay showed]({report}) · [its transcript]({transcript})")
    } else {
        format!("\n\n[The replay's transcript]({transcript})")
    }
}
