//! `textDocument/codeLens`: asking, stopping what was asked, and deciding about a proposal.

use std::sync::Arc;

use serde_json::{Value, json};
use tower_lsp::lsp_types::{CodeLens, CodeLensParams, Command, Range};

use crate::lsp::{ask_lines, proposals, session::Session, turns::actions::proposal_commands};

pub(crate) async fn code_lens(
    session: &Arc<Session>,
    params: CodeLensParams,
) -> Option<Vec<CodeLens>> {
    let snapshot = session.documents.get(&params.text_document.uri)?;
    let config = session.settings.config_for(&snapshot.uri);
    let busy = session.turns.active_in(&snapshot.uri);
    let mut lenses: Vec<CodeLens> = busy
        .iter()
        .map(|(run_id, range)| {
            let stop = json!({ "runId": run_id });
            lens(*range, "Preceptor works on it: stop", "preceptor.cancel", stop)
        })
        .collect();
    for ask in ask_lines::ask_lines(&snapshot, &config.agent.trigger) {
        if !busy.iter().any(|(_, range)| range.start.line == ask.range.start.line) {
            let argument = json!({ "prompt": ask.prompt, "uri": snapshot.uri, "range": ask.range });
            lenses.push(lens(ask.range, "Ask Preceptor", "preceptor.run", argument));
        }
    }
    if let Some(proposal) = proposals::waiting_at(session, &snapshot.uri).await {
        for (title, command, argument) in proposal_commands(&proposal.proposal_id, &proposal.name) {
            if command != "preceptor.proposal.show" {
                lenses.push(lens(Range::default(), &title, command, argument));
            }
        }
    }
    Some(lenses)
}

fn lens(range: Range, title: &str, command: &str, argument: Value) -> CodeLens {
    CodeLens {
        range,
        command: Some(Command::new(title.to_owned(), command.to_owned(), Some(vec![argument]))),
        data: None,
    }
}
