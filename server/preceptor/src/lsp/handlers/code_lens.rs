//! `textDocument/codeLens`: asking, stopping what was asked, and deciding about a proposal.

use std::sync::Arc;

use runtime::{acceptance::AcceptedSkills, proposals::Proposal, workspace::resolve_existing};
use serde_json::{Value, json};
use tower_lsp::lsp_types::{CodeLens, CodeLensParams, Command, Range, Url};
use tracing::error;

use crate::lsp::{
    ask_lines,
    documents::Snapshot,
    linter,
    proposals::{self, Decided, decided, deciding, is_shown_already},
    session::Session,
    skill_runs::{UsedBy, used_by},
    turns::ActiveRequest,
};

pub(crate) async fn code_lens(
    session: &Arc<Session>,
    params: CodeLensParams,
) -> Option<Vec<CodeLens>> {
    let snapshot = session.documents.get(&params.text_document.uri)?;
    let config = session.settings.config_for(&snapshot.uri);
    let busy = session.turns.active_in(&snapshot.uri);
    let mut lenses: Vec<CodeLens> = busy
        .iter()
        .map(|request| {
            let stop = json!({ "runId": request.run_id });
            let title = request.headline.as_deref().unwrap_or("Preceptor works on it: stop");
            lens(request.range, title, "preceptor.cancel", stop)
        })
        .collect();
    for ask in ask_lines::ask_lines(&snapshot, &config.agent.trigger) {
        let is_asked =
            |it: &ActiveRequest| !it.is_over && it.range.start.line == ask.range.start.line;
        if !busy.iter().any(is_asked) {
            let argument = json!({ "prompt": ask.prompt, "uri": snapshot.uri, "range": ask.range });
            lenses.push(lens(ask.range, "Ask Preceptor", "preceptor.run", argument));
        }
    }
    if let Some(proposal) = proposals::at(session, &snapshot.uri).await {
        lenses.extend(proposal_lenses(&snapshot, &proposal));
    }
    if linter::is_skill(&snapshot.uri) {
        lenses.extend(use_lenses(session, &snapshot).await);
    }
    Some(lenses)
}

/// What can be decided about the proposal that a document is, or what was.
fn proposal_lenses(snapshot: &Snapshot, proposal: &Proposal) -> Vec<CodeLens> {
    let here = Range::default();
    if let Some((became, decision)) = decided(proposal) {
        let words = Command::new(became, String::new(), None);
        let decision =
            decision.map(|(title, command, argument)| lens(here, &title, command, argument));
        let words = CodeLens { range: here, command: Some(words), data: None };
        return std::iter::once(words).chain(decision).collect();
    }
    let target = proposal.target.as_ref().and_then(|target| Url::from_file_path(target).ok());
    deciding(Decided::of(proposal, target.as_ref()))
        .into_iter()
        .filter(|(_, command, argument)| !is_shown_already(&snapshot.uri, command, argument))
        .map(|(title, command, argument)| lens(here, &title, command, argument))
        .collect()
}

/// How many runs used a skill, and the latest of them behind a click; where it was accepted as it
/// is, taking that back. Not for proposals, which no run may use.
async fn use_lenses(session: &Arc<Session>, snapshot: &Arc<Snapshot>) -> Vec<CodeLens> {
    let Ok(path) = snapshot.uri.to_file_path() else { return Vec::new() };
    let (task, snapshot) = (Arc::clone(session), Arc::clone(snapshot));
    let counted = tokio::task::spawn_blocking(move || {
        let UsedBy { name, runs } = used_by(&task, &snapshot)?;
        let accepted = AcceptedSkills::new(&task.folders.state).get(&resolve_existing(&path));
        let accepted = accepted.filter(|it| it.covers(snapshot.text()));
        Some((snapshot.range(name), runs, accepted))
    });
    let counted = counted.await.inspect_err(|error| error!(%error, "counting runs panicked"));
    let Ok(Some((range, runs, accepted))) = counted else { return Vec::new() };
    let title = match runs.len() {
        1 => "used by 1 run".to_owned(),
        n_runs => format!("used by {n_runs} runs"),
    };
    let used = match runs.first() {
        Some(latest) => lens(range, &title, "preceptor.show", json!({ "runId": latest.run_id })),
        // Editors show a lens without a command as words only.
        None => {
            CodeLens { range, command: Some(Command::new(title, String::new(), None)), data: None }
        }
    };
    let roll_back = accepted.map(|it| {
        let argument = json!({ "proposalId": it.proposal_id });
        lens(range, "Roll back", "preceptor.proposal.rollback", argument)
    });
    std::iter::once(used).chain(roll_back).collect()
}

fn lens(range: Range, title: &str, command: &str, argument: Value) -> CodeLens {
    CodeLens {
        range,
        command: Some(Command::new(title.to_owned(), command.to_owned(), Some(vec![argument]))),
        data: None,
    }
}
