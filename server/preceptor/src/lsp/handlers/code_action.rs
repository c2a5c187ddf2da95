//! `textDocument/codeAction`: what can be done about requests and proposals, the fixes of findings
//! in the range, and all safe ones at once.
//!
//! Actions come from the range: some clients send no diagnostics along.

mod fix_all;

use std::sync::Arc;

use lint::{Finding, Fix, Safety};
use runtime::skills;
use serde_json::json;
use skill::{Span, TextEdit};
use tower_lsp::lsp_types::{
    CodeAction, CodeActionContext, CodeActionKind, CodeActionOrCommand, CodeActionParams,
    CodeActionResponse, Command, Diagnostic, Position, Range, Url,
};
use tracing::error;

use crate::lsp::{
    ask_lines,
    documents::Snapshot,
    language::{
        navigation::rename::{rename_folder, rename_skill_like_folder},
        refactorings::{self, extract_section, name_tool, new_skill},
    },
    linter::{self, Linted},
    proposals::{self, Decided, decided, deciding, edits, is_shown_already},
    session::Session,
    settings::files,
    skill_runs::used_by,
    to_proto,
    turns::actions::action,
};

pub(crate) use crate::lsp::handlers::code_action::fix_all::{FIX_ALL, resolve};

/// Longest request shown in a title, in characters.
const TITLE_CHARS: usize = 60;

/// Lines of a selection that are searched for requests.
const MAX_ASK_LINES: u32 = 200;

pub(crate) async fn code_action(
    session: &Arc<Session>,
    params: CodeActionParams,
) -> Option<CodeActionResponse> {
    let snapshot = session.documents.get(&params.text_document.uri)?;
    let mut actions = Vec::new();
    if is_wanted(&CodeActionKind::QUICKFIX, &params.context) {
        actions.extend(session.turns.actions(&snapshot.uri, params.range));
        actions.extend(ask_actions(session, &snapshot, params.range));
        actions.extend(proposal_actions(session, &snapshot.uri).await);
        actions.extend(
            edits::decisions_at(session, &snapshot.uri, params.range)
                .into_iter()
                .map(|(title, command, argument)| action(title, command, argument, None)),
        );
        actions.extend(files::actions(session, &snapshot.uri, params.range));
    }
    if linter::is_skill(&snapshot.uri) {
        let linted = session.linter.findings(session, Arc::clone(&snapshot)).await;
        if is_wanted(&CodeActionKind::QUICKFIX, &params.context) {
            actions.extend(quick_fixes(session, &linted, params.range));
            actions.extend(skill_renames(session, &linted, params.range).await);
        }
        if fix_all::is_offered(session, &linted, &params) {
            actions.extend(fix_all::fix_all_action(session, &linted).await);
        }
        if is_wanted(&CodeActionKind::QUICKFIX, &params.context) {
            actions.extend(verification(session, &snapshot, params.range).await);
            actions.extend(suppressions(session, &linted, params.range));
        }
    }
    actions.extend(refactorings(session, &snapshot, &params).await);
    Some(actions.into_iter().map(CodeActionOrCommand::CodeAction).collect())
}

/// Suppressing each rule that found something in the range, behind the fixes.
fn suppressions(session: &Session, linted: &Linted, range: Range) -> Vec<CodeAction> {
    let reach = reach(&linted.snapshot, range);
    let mut codes: Vec<&str> = Vec::new();
    let mut actions = Vec::new();
    for (finding, diagnostic) in linted.findings.iter().zip(&linted.diagnostics) {
        let code = finding.rule.code;
        let is_suppressible = !code.starts_with("suppression/");
        if is_suppressible && touches(finding.span, reach) && !codes.contains(&code) {
            codes.push(code);
            let Some(suppression) = refactorings::suppress(&linted.snapshot, finding) else {
                continue;
            };
            let kind = CodeActionKind::QUICKFIX;
            let action = suppression.action(kind, &linted.snapshot, session.client());
            let reason =
                suppression.edits.first().and_then(|it| reason_place(&linted.snapshot, it));
            let reason = reason.filter(|_| session.client().shows_documents);
            actions.extend(action.map(|action| CodeAction {
                diagnostics: Some(vec![diagnostic.clone()]),
                command: reason,
                ..action
            }));
        }
    }
    actions
}

/// Goes to where the reason is written, once the comment is there.
fn reason_place(snapshot: &Snapshot, edit: &TextEdit) -> Option<Command> {
    let n_before = edit.new_text.find(": ")? + ": ".len();
    let mut place = snapshot.range(edit.span).start;
    // The comment is of ASCII: one unit a character in every encoding.
    place.character += u32::try_from(n_before).ok()?;
    let argument = json!({ "uri": snapshot.uri, "range": Range::new(place, place) });
    let title = "Write the reason".to_owned();
    Some(Command::new(title, "preceptor.reveal".to_owned(), Some(vec![argument])))
}

/// What can be made of the text at the cursor, or of the selection.
async fn refactorings(
    session: &Arc<Session>,
    snapshot: &Arc<Snapshot>,
    params: &CodeActionParams,
) -> Vec<CodeAction> {
    let is_skill = linter::is_skill(&snapshot.uri);
    let selection = snapshot.span(params.range);
    let wants_extracts = is_wanted(&refactorings::EXTRACT, &params.context);
    let wants_rewrites = is_wanted(&refactorings::REWRITE, &params.context);
    if !is_skill && (selection.is_empty() || &*snapshot.language_id != "markdown") {
        return Vec::new();
    }
    let workspace = session.places(Some(&snapshot.uri)).workspace;
    let config = session.settings.config_for(&snapshot.uri);
    let save_dir = skills::save_dir(&workspace, &session.folders.home, &config.skills);
    let task = Arc::clone(session);
    let snapshot = Arc::clone(snapshot);
    let worked_out = tokio::task::spawn_blocking(move || {
        let mut found = Vec::new();
        if wants_extracts && is_skill {
            found.extend(
                extract_section(&snapshot, selection.start).map(|it| (refactorings::EXTRACT, it)),
            );
        }
        if wants_extracts && !selection.is_empty() {
            found.extend(
                new_skill(&snapshot, selection, &save_dir).map(|it| (refactorings::EXTRACT, it)),
            );
        }
        if wants_rewrites && is_skill {
            found.extend(
                name_tool(&snapshot, selection.start).map(|it| (refactorings::REWRITE, it)),
            );
        }
        let actions = found.into_iter();
        let actions = actions.filter_map(|(kind, it)| it.action(kind, &snapshot, task.client()));
        actions.collect()
    });
    worked_out
        .await
        .inspect_err(|error| error!(%error, "a refactoring panicked"))
        .unwrap_or_default()
}

/// Asking what the lines of the range ask.
fn ask_actions(session: &Session, snapshot: &Snapshot, range: Range) -> Vec<CodeAction> {
    let config = session.settings.config_for(&snapshot.uri);
    let busy = session.turns.active_in(&snapshot.uri);
    (range.start.line..=range.end.line.min(range.start.line.saturating_add(MAX_ASK_LINES)))
        .filter_map(|line| ask_lines::ask_line(snapshot, line, &config.agent.trigger))
        .filter(|ask| !busy.iter().any(|it| it.range.start.line == ask.range.start.line))
        .map(|ask| {
            let argument = json!({ "prompt": ask.prompt, "uri": snapshot.uri, "range": ask.range });
            let prompt = agent::clip::clip(&ask.prompt, TITLE_CHARS);
            action(format!("Ask Preceptor: {prompt}"), "preceptor.run", argument, None)
        })
        .collect()
}

/// Deciding about the proposal that the document is.
async fn proposal_actions(session: &Session, uri: &Url) -> Vec<CodeAction> {
    let Some(proposal) = proposals::at(session, uri).await else { return Vec::new() };
    let target = proposal.target.as_ref().and_then(|target| Url::from_file_path(target).ok());
    let decisions = match decided(&proposal) {
        Some((_, decision)) => decision.into_iter().collect(),
        None => deciding(Decided::of(&proposal, target.as_ref())),
    };
    decisions
        .into_iter()
        .filter(|(_, command, argument)| !is_shown_already(uri, command, argument))
        .map(|(title, command, argument)| action(title, command, argument, None))
        .collect()
}

/// Having the student try what a skill was used for last, at the skill's name.
async fn verification(
    session: &Arc<Session>,
    snapshot: &Arc<Snapshot>,
    range: Range,
) -> Option<CodeAction> {
    if !touches(snapshot.skill().field("name")?.span, reach(snapshot, range)) {
        return None;
    }
    let (task, document) = (Arc::clone(session), Arc::clone(snapshot));
    let used = tokio::task::spawn_blocking(move || used_by(&task, &document));
    let used = used.await.inspect_err(|error| error!(%error, "looking for runs panicked"));
    let latest = used.ok().flatten()?.runs.into_iter().next()?;
    let name = snapshot.skill().name()?;
    let argument = json!({ "uri": snapshot.uri, "runId": latest.run_id });
    let title = format!("Verify `{name}` with the last request that it was used for");
    Some(action(title, "preceptor.skill.verify", argument, None))
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

/// The fixes of the findings in a range; at a bare cursor, those of its line: an editor's key for
/// quick fixes is pressed anywhere on it. What the range touches comes first, safe fixes before
/// others: clients apply the first one on a short key.
fn quick_fixes(session: &Session, linted: &Linted, range: Range) -> Vec<CodeAction> {
    let touched = linted.snapshot.span(range);
    let reach = reach(&linted.snapshot, range);
    let mut found: Vec<(&Finding, &Diagnostic)> = linted
        .findings
        .iter()
        .zip(&linted.diagnostics)
        .filter(|(finding, _)| touches(finding.span, reach))
        .filter(|(finding, _)| !(is_mismatch(finding) && session.client().versioned_edits))
        .collect();
    found.sort_by_key(|(finding, _)| (!touches(finding.span, touched), !has_safe_fix(finding)));
    found
        .into_iter()
        .flat_map(|(finding, diagnostic)| {
            finding.fixes.iter().map(move |fix| quick_fix(session, linted, fix, diagnostic))
        })
        .collect()
}

/// The range; of a bare cursor, its line.
fn reach(snapshot: &Snapshot, range: Range) -> Span {
    let touched = snapshot.span(range);
    if !touched.is_empty() {
        return touched;
    }
    let start = snapshot.offset(Position::new(range.start.line, 0));
    Span::new(start, start + snapshot.line(range.start.line).map_or(0, str::len))
}

fn quick_fix(session: &Session, linted: &Linted, fix: &Fix, diagnostic: &Diagnostic) -> CodeAction {
    let is_safe = fix.safety == Safety::Safe;
    let note = if is_safe { "" } else { " (check the result)" };
    CodeAction {
        title: format!("{}{note}", fix.title),
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![diagnostic.clone()]),
        edit: Some(to_proto::workspace_edit(&fix.edits, &linted.snapshot, session.client())),
        is_preferred: Some(is_safe),
        ..CodeAction::default()
    }
}

/// Both ways to make name and folder equal, with what refers to the skill. They take more than edits
/// of one file, so that the fix of the rule is not what an editor is offered.
async fn skill_renames(session: &Arc<Session>, linted: &Linted, range: Range) -> Vec<CodeAction> {
    let reach = reach(&linted.snapshot, range);
    let mut found = linted.findings.iter().zip(&linted.diagnostics);
    let mismatch = found.find(|(finding, _)| is_mismatch(finding) && touches(finding.span, reach));
    let Some((_, diagnostic)) = mismatch else { return Vec::new() };
    let (task, snapshot) = (Arc::clone(session), Arc::clone(&linted.snapshot));
    // It reads the skills that speak of this one.
    let renames =
        move || [rename_skill_like_folder(&task, &snapshot), rename_folder(&task, &snapshot)];
    let renames = tokio::task::spawn_blocking(renames)
        .await
        .inspect_err(|error| error!(%error, "renaming a skill panicked"))
        .unwrap_or_default();
    let name = linted.snapshot.skill().name().unwrap_or_default();
    let folder = linter::directory_name(&linted.snapshot.uri).unwrap_or_default();
    let titles = [
        format!("Rename it to `{folder}`, like its folder, with the references to it"),
        format!("Rename the folder to `{name}`, with the links to it"),
    ];
    let renames = titles.into_iter().zip(renames).filter_map(|(title, edit)| Some((title, edit?)));
    renames
        .map(|(title, edit)| CodeAction {
            title: format!("{title} (check the result)"),
            kind: Some(CodeActionKind::QUICKFIX),
            diagnostics: Some(vec![diagnostic.clone()]),
            edit: Some(edit),
            is_preferred: Some(false),
            ..CodeAction::default()
        })
        .collect()
}

fn is_mismatch(finding: &Finding) -> bool {
    finding.rule.code == "name/directory-mismatch"
}

fn has_safe_fix(finding: &Finding) -> bool {
    finding.safe_fix().is_some()
}

/// A cursor at the edge of a finding is on it.
const fn touches(finding: Span, range: Span) -> bool {
    finding.start <= range.end && range.start <= finding.end
}

#[cfg(test)]
mod tests {
    use tower_lsp::lsp_types::{CodeActionContext, CodeActionKind};

    use super::{FIX_ALL, is_wanted};

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
}
