//! `textDocument/codeAction`: the fixes of findings in the range, and all safe ones at once.
//!
//! Actions come from the range: some clients send no diagnostics along.

use std::sync::Arc;

use lint::{Finding, Safety, fix_all};
use runtime::config::Config;
use skill::{Span, TextEdit};
use tower_lsp::lsp_types::{
    CodeAction, CodeActionContext, CodeActionKind, CodeActionOrCommand, CodeActionParams,
    CodeActionResponse, Diagnostic, Url,
};
use tracing::error;

use crate::lsp::{
    linter::{self, Linted, lint_text},
    session::Session,
    to_proto,
};

/// The kind of the action that applies all safe fixes.
pub(crate) const FIX_ALL: CodeActionKind = CodeActionKind::new("source.fixAll.preceptor");

/// Fixes make room for others; rules converge long before this.
const MAX_ROUNDS: usize = 10;

pub(crate) async fn code_action(
    session: &Arc<Session>,
    params: CodeActionParams,
) -> Option<CodeActionResponse> {
    let snapshot = session.documents.get(&params.text_document.uri)?;
    if !linter::is_skill(&snapshot.uri) {
        return None;
    }
    let linted = session.linter.findings(session, Arc::clone(&snapshot)).await;
    let mut actions = Vec::new();
    if is_wanted(&CodeActionKind::QUICKFIX, &params.context) {
        let range = snapshot.span(params.range);
        actions.extend(quick_fixes(session, &linted, range));
    }
    if is_wanted(&FIX_ALL, &params.context) && linted.findings.iter().any(has_safe_fix) {
        actions.extend(fix_all_action(session, &linted).await);
    }
    Some(actions.into_iter().map(CodeActionOrCommand::CodeAction).collect())
}

/// Without a filter everything is wanted; else the kind itself or one above it.
fn is_wanted(kind: &CodeActionKind, context: &CodeActionContext) -> bool {
    let Some(only) = &context.only else {
        return true;
    };
    only.iter().any(|wanted| {
        let rest = kind.as_str().strip_prefix(wanted.as_str());
        rest.is_some_and(|it| wanted.as_str().is_empty() || it.is_empty() || it.starts_with('.'))
    })
}

/// Safe fixes first: clients apply the first one on a short key.
fn quick_fixes(session: &Session, linted: &Linted, range: Span) -> Vec<CodeAction> {
    let here = linted
        .findings
        .iter()
        .zip(&linted.diagnostics)
        .filter(|(finding, _)| touches(finding.span, range));
    let mut actions: Vec<CodeAction> = here
        .filter_map(|(finding, diagnostic)| quick_fix(session, linted, finding, diagnostic))
        .collect();
    actions.sort_by_key(|action| action.is_preferred != Some(true));
    actions
}

fn quick_fix(
    session: &Session,
    linted: &Linted,
    finding: &Finding,
    diagnostic: &Diagnostic,
) -> Option<CodeAction> {
    let fix = finding.fix.as_ref()?;
    let is_safe = fix.safety == Safety::Safe;
    let note = if is_safe { "" } else { " (check the result)" };
    Some(CodeAction {
        title: format!("{}{note}", fix.title),
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![diagnostic.clone()]),
        edit: Some(to_proto::workspace_edit(&fix.edits, &linted.snapshot, session.client())),
        is_preferred: Some(is_safe),
        ..CodeAction::default()
    })
}

async fn fix_all_action(session: &Session, linted: &Arc<Linted>) -> Option<CodeAction> {
    let config = session.settings.config();
    let found = Arc::clone(linted);
    let edit = tokio::task::spawn_blocking(move || {
        let text = found.snapshot.text();
        let fixed = fixed_text(&found.snapshot.uri, text, &config);
        difference(text, &fixed)
    })
    .await
    .inspect_err(|error| error!(%error, "a rule panicked"))
    .ok()??;
    Some(CodeAction {
        title: "Apply all safe fixes".to_owned(),
        kind: Some(FIX_ALL),
        edit: Some(to_proto::workspace_edit(&[edit], &linted.snapshot, session.client())),
        ..CodeAction::default()
    })
}

/// Applies safe fixes until there are none left.
fn fixed_text(uri: &Url, text: &Arc<str>, config: &Config) -> Arc<str> {
    let mut text = Arc::clone(text);
    for _ in 0..MAX_ROUNDS {
        let findings = lint_text(uri, &text, config);
        match fix_all(&text, &findings, Safety::Safe) {
            Some(fixed) => text = Arc::from(fixed.text),
            None => break,
        }
    }
    text
}

/// Returns one edit from `old` to `new` that leaves alone what both begin and end with.
fn difference(old: &str, new: &str) -> Option<TextEdit> {
    let same = |pairs: &mut dyn Iterator<Item = (char, char)>| -> usize {
        pairs.take_while(|(old, new)| old == new).map(|(it, _)| it.len_utf8()).sum()
    };
    let start = same(&mut old.chars().zip(new.chars()));
    let (old_rest, new_rest) = (old.get(start..)?, new.get(start..)?);
    let n_same_end = same(&mut old_rest.chars().rev().zip(new_rest.chars().rev()));
    let span = Span::new(start, old.len() - n_same_end);
    let new_text = new_rest.get(..new_rest.len() - n_same_end)?;
    (!span.is_empty() || !new_text.is_empty()).then(|| TextEdit::replace(span, new_text))
}

fn has_safe_fix(finding: &Finding) -> bool {
    finding.fix.as_ref().is_some_and(|fix| fix.safety == Safety::Safe)
}

/// A cursor at the edge of a finding is on it.
const fn touches(finding: Span, range: Span) -> bool {
    finding.start <= range.end && range.start <= finding.end
}

#[cfg(test)]
mod tests {
    use skill::apply_edits;
    use tower_lsp::lsp_types::{CodeActionContext, CodeActionKind};

    use super::{FIX_ALL, difference, is_wanted};

    #[track_caller]
    fn check_wanted(only: &'static str, kind: &CodeActionKind, expected: bool) {
        let context = CodeActionContext {
            only: Some(vec![CodeActionKind::new(only)]),
            ..CodeActionContext::default()
        };
        assert_eq!(is_wanted(kind, &context), expected, "{only:?} for {kind:?}");
    }

    #[test]
    fn a_kind_is_wanted_by_itself_and_the_kinds_above_it() {
        for only in ["", "source", "source.fixAll", "source.fixAll.preceptor"] {
            check_wanted(only, &FIX_ALL, true);
        }
        for only in ["quickfix", "source.fix", "source.fixAll.other", "source.organizeImports"] {
            check_wanted(only, &FIX_ALL, false);
        }
        check_wanted("quickfix", &CodeActionKind::QUICKFIX, true);
        check_wanted("quick", &CodeActionKind::QUICKFIX, false);
    }

    #[test]
    fn the_difference_makes_the_new_text_of_the_old() {
        let texts = ["", "a", "aa", "aaa", "größe", "größer", "x🦀y", "x🦞y", "one\ntwo", "two"];
        for old in texts {
            for new in texts {
                let edits: Vec<_> = difference(old, new).into_iter().collect();
                assert_eq!(apply_edits(old, &edits).unwrap(), new, "{old:?}");
                assert_eq!(edits.is_empty(), old == new);
            }
        }
    }
}
