//! All safe fixes at once: offered beside one of them, and worked out when somebody takes the offer.

use std::sync::Arc;

use lint::{Neighborhood, Safety, Settings, fix_all};
use serde::{Deserialize, Serialize};
use tower_lsp::lsp_types::{
    CodeAction, CodeActionKind, CodeActionParams, CodeActionTriggerKind, Url, WorkspaceEdit,
};
use tracing::error;

use crate::lsp::{
    difference::difference,
    handlers::code_action::{has_safe_fix, is_wanted, reach, touches},
    linter::{self, Linted, lint_text},
    session::Session,
    to_proto,
};

/// The kind of the action that applies all safe fixes.
pub(crate) const FIX_ALL: CodeActionKind = CodeActionKind::new("source.fixAll.preceptor");

/// What the action that applies all safe fixes is sent with.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FixAllData {
    /// The document.
    fix_all: Url,
}

/// Fixes make room for others; rules converge long before this.
const MAX_ROUNDS: usize = 10;

/// All fixes are offered to who asks for them, and beside one of them; not on every line.
pub(super) fn is_offered(session: &Session, linted: &Linted, params: &CodeActionParams) -> bool {
    if !is_wanted(&FIX_ALL, &params.context) {
        return false;
    }
    let reach = reach(&linted.snapshot, params.range);
    let is_asked_for = params.context.only.is_some();
    let is_automatic = params.context.trigger_kind == Some(CodeActionTriggerKind::AUTOMATIC);
    // Worked out at once it is too much for each step of the cursor.
    if is_automatic && !is_asked_for && !session.client().resolves_code_actions {
        return false;
    }
    let mut fixable = linted.findings.iter().filter(|finding| has_safe_fix(finding));
    fixable.any(|finding| is_asked_for || touches(finding.span, reach))
}

/// Working it out lints once more, so that the edit is sent along only to who does not ask for it.
pub(super) async fn fix_all_action(session: &Session, linted: &Arc<Linted>) -> Option<CodeAction> {
    let action = CodeAction {
        title: "Apply all safe fixes".to_owned(),
        kind: Some(FIX_ALL),
        ..CodeAction::default()
    };
    if session.client().resolves_code_actions {
        let data = FixAllData { fix_all: linted.snapshot.uri.clone() };
        return Some(CodeAction { data: serde_json::to_value(data).ok(), ..action });
    }
    Some(CodeAction { edit: Some(fix_all_edit(session, linted).await?), ..action })
}

/// `codeAction/resolve`: adds the edit to an action that was sent without. It is about the text as
/// it is now.
pub(crate) async fn resolve(session: &Arc<Session>, action: CodeAction) -> CodeAction {
    let data = action.data.as_ref().and_then(|data| FixAllData::deserialize(data).ok());
    let snapshot = data.and_then(|data| session.documents.get(&data.fix_all));
    let Some(snapshot) = snapshot.filter(|it| linter::is_skill(&it.uri)) else { return action };
    let linted = session.linter.findings(session, snapshot).await;
    CodeAction { edit: fix_all_edit(session, &linted).await, ..action }
}

async fn fix_all_edit(session: &Session, linted: &Arc<Linted>) -> Option<WorkspaceEdit> {
    let found = Arc::clone(linted);
    let edit = tokio::task::spawn_blocking(move || {
        let text = found.snapshot.text();
        let settings = found.scope.settings(&found.snapshot.uri);
        let fixed = fixed_text(&found.snapshot.uri, text, &settings, found.neighborhood.as_ref());
        difference(text, &fixed)
    })
    .await
    .inspect_err(|error| error!(%error, "a rule panicked"))
    .ok()??;
    Some(to_proto::workspace_edit(&[edit], &linted.snapshot, session.client()))
}

/// Applies safe fixes until there are none left.
fn fixed_text(
    uri: &Url,
    text: &Arc<str>,
    settings: &Settings,
    neighborhood: Option<&Neighborhood>,
) -> Arc<str> {
    let mut text = Arc::clone(text);
    for _ in 0..MAX_ROUNDS {
        let findings = lint_text(uri, &text, settings, neighborhood);
        match fix_all(&text, &findings, Safety::Safe) {
            Some(fixed) => text = Arc::from(fixed.text),
            None => break,
        }
    }
    text
}
