//! `preceptor proposals`, `accept` and `reject`: what an editor's actions do, from a shell.

mod verifying;

use std::{
    env, fs, io,
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use agent::{
    event::{Event, Verification},
    verification::outcome_words,
};
use anyhow::Context;
use jiff::Timestamp;
use llm::Redactor;
use runtime::{
    atomic,
    clock::SystemClock,
    config::Config,
    folders::Folders,
    proposals::{
        AcceptAs, Plan, Proposal, ProposalError, ProposalKind, ProposalState, ProposalStore,
        ProposalSummary, Request, Restoration,
    },
    recorder::Recorder,
    replay::runs_folder,
    run_store::RunFolder,
};

pub(crate) use self::verifying::verify;
use crate::{
    configuration, place, rules::print, runs::readable, trust::printable, verification::VerifyError,
};

/// Exit code: it was done.
const EXIT_DONE: u8 = 0;
/// Exit code: there is no such proposal, or it cannot be decided about so.
const EXIT_REFUSED: u8 = 1;

/// How a proposal is accepted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Acceptance {
    /// Whether it changes what nearly says the same.
    pub(crate) as_update: bool,
    /// Whether errors of the linter may be in it.
    pub(crate) overrides_errors: bool,
    /// Whether the text counts as it is, whoever changed it.
    pub(crate) takes_text_as_it_is: bool,
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("there is no proposal `{0}` here; `preceptor proposals --all` lists all that are")]
    Unknown(String),
    #[error("`{given}` means several proposals, such as {first} and {second}: give a whole id")]
    Ambiguous { given: String, first: String, second: String },
    #[error(transparent)]
    Proposal(#[from] ProposalError),
    #[error("{target} cannot be written ({error}): check free space and permissions")]
    Write { target: String, error: io::Error },
    #[error(transparent)]
    Verify(#[from] VerifyError),
}

/// The proposals of the workspace, and of runs that had none.
struct Place {
    stores: Vec<ProposalStore>,
    folders: Folders,
    config: Config,
}

impl Place {
    fn here() -> anyhow::Result<Self> {
        let workspace = place::workspace()?;
        let folders = Folders::from_environment()?;
        let stores = [&workspace, &folders.state];
        let stores = stores.iter().map(|folder| ProposalStore::new(folder, &folders)).collect();
        Ok(Self { stores, folders, config: configuration::of_workspace(&workspace, None)?.config })
    }

    /// Returns the document that tells what a replay showed, or its transcript while there is none.
    fn what_was_shown(&self, verification: &Verification) -> Option<PathBuf> {
        let replays = runs_folder(&self.folders);
        let replay = RunFolder::find(&replays, verification.run_id.as_deref()?)?;
        let documents = [replay.verification(), replay.transcript()];
        documents.into_iter().find(|document| document.is_file())
    }

    /// Finds a proposal by its id, the beginning of it, or the name of the skill: of those that wait,
    /// if any is meant, else of all.
    fn find(&self, given: &str) -> Result<(&ProposalStore, Proposal), Refusal> {
        let all: Vec<(&ProposalStore, Proposal)> = self
            .stores
            .iter()
            .flat_map(|store| store.list().into_iter().map(move |proposal| (store, proposal)))
            .collect();
        if let Some(found) = all.iter().find(|(_, proposal)| proposal.proposal_id == given) {
            return Ok(found.clone());
        }
        let is_meant = |proposal: &Proposal| {
            !given.is_empty() && (proposal.proposal_id.starts_with(given) || proposal.name == given)
        };
        let meant: Vec<_> = all.into_iter().filter(|(_, it)| is_meant(it)).collect();
        let waits = |(store, it): &&(&ProposalStore, Proposal)| store.state(it).waits();
        let waiting: Vec<_> = meant.iter().filter(waits).cloned().collect();
        let meant = if waiting.is_empty() { meant } else { waiting };
        match meant.as_slice() {
            [found] => Ok(found.clone()),
            [first, second, ..] => Err(Refusal::Ambiguous {
                given: printable(given),
                first: first.1.proposal_id.clone(),
                second: second.1.proposal_id.clone(),
            }),
            [] => Err(Refusal::Unknown(printable(given))),
        }
    }
}

/// Prints the proposals that wait, or all; returns the exit code.
///
/// # Errors
/// If the configuration cannot be used or stdout cannot be written.
pub(crate) fn list(all: bool, is_json: bool, stdout: &mut dyn Write) -> anyhow::Result<u8> {
    let place = Place::here()?;
    let mut listed_all = Vec::new();
    for store in &place.stores {
        for proposal in store.list() {
            if all || store.state(&proposal).waits() {
                let listed = Listed {
                    path: shown_path(&store.document(&proposal)),
                    target: proposal.target.as_deref().map(|it| (shown_path(it), it.is_file())),
                    replay: place.what_was_shown(&proposal.verification),
                    summary: store.summary(&proposal),
                };
                listed_all.push(listed);
            }
        }
    }
    let out = if is_json {
        let summaries: Vec<&ProposalSummary> = listed_all.iter().map(|it| &it.summary).collect();
        serde_json::to_string_pretty(&summaries).context("writing the proposals as JSON")? + "\n"
    } else if listed_all.is_empty() {
        let what = if all { "There are no proposals here." } else { "Nothing waits for you here." };
        format!("{what}\n")
    } else {
        listed_all.iter().map(entry).collect::<Vec<_>>().join("\n")
    };
    print(stdout, &out)?;
    Ok(EXIT_DONE)
}

/// A proposal, and paths as they are typed here.
struct Listed {
    summary: ProposalSummary,
    /// Its document.
    path: String,
    /// The file that it would change, and whether that is there.
    target: Option<(String, bool)>,
    /// What its replay showed, if it was replayed.
    replay: Option<PathBuf>,
}

fn entry(listed: &Listed) -> String {
    let Listed { summary, path, target, replay } = listed;
    let ProposalSummary { proposal_id, kind, name, category, risk, state, .. } = summary;
    let mut lines = vec![
        proposal_id.clone(),
        format!(
            "  {} `{}` ({}), {} risk: {}",
            kind.name(),
            printable(name),
            printable(category),
            risk.name(),
            state.replace('_', " ")
        ),
    ];
    if let Some(reason) = &summary.reason {
        lines.push(format!("  because: {}", printable(reason.trim())));
    }
    if let Some(by) = &summary.superseded_by {
        lines.push(format!("  by: {by}"));
    }
    let waits = [ProposalState::Pending, ProposalState::Edited, ProposalState::Stale];
    if waits.iter().any(|it| it.name() == *state) {
        if matches!(kind, ProposalKind::Skill) {
            let verification = &summary.verification;
            let words = outcome_words(&verification.outcome);
            lines.push(format!("  {words} {}", printable(&verification.reason)));
            lines.extend(replay.as_deref().map(|it| format!("  shown in {}", shown_path(it))));
        }
        for finding in &summary.findings {
            let message = printable(&finding.message);
            lines.push(format!(
                "  {} line {}: {message} [{}]",
                finding.severity, finding.line, finding.code
            ));
        }
        match (target, kind) {
            (Some((target, false)), ProposalKind::Skill) => {
                lines.push(format!("  could have updated {target}, which is not there any more"));
            }
            (Some((target, true)), ProposalKind::Skill) => {
                lines.push(format!("  could update {target} (--as-update)"));
            }
            (Some((target, _)), _) => lines.push(format!("  changes {target}")),
            (None, _) => {}
        }
    }
    lines.push(format!("  {path}"));
    lines.join("\n") + "\n"
}

/// Prints a proposal's text, or what it would change; returns the exit code.
///
/// # Errors
/// If the configuration cannot be used or a stream cannot be written.
pub(crate) fn show(
    given: &str,
    update: bool,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> anyhow::Result<u8> {
    let place = Place::here()?;
    let text = place.find(given).and_then(|(store, it)| Ok(store.read(&it, update)?));
    match text {
        Ok(text) => {
            print(stdout, &readable(&text))?;
            Ok(EXIT_DONE)
        }
        Err(refusal) => refuse(&refusal, stderr),
    }
}

/// Accepts a proposal; returns the exit code.
///
/// # Errors
/// If the configuration cannot be used or a stream cannot be written.
pub(crate) async fn accept(
    given: &str,
    acceptance: Acceptance,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> anyhow::Result<u8> {
    let place = Place::here()?;
    let (proposal, plan) = match save(&place, given, acceptance, Timestamp::now()) {
        Ok(saved) => saved,
        Err(refusal) => return refuse(&refusal, stderr),
    };
    let saved = (proposal.kind != ProposalKind::Config).then(|| Event::SkillSaved {
        proposal_id: proposal.proposal_id.clone(),
        name: plan.name.clone(),
        category: proposal.category.clone(),
        uri: runtime::uri::from_path(&plan.target),
    });
    record(&proposal, saved.into_iter().chain([resolved(&proposal)])).await;
    let did = if plan.before.is_some() { "Updated" } else { "Accepted" };
    let target = shown_path(&plan.target);
    let out = format!(
        "{did}: {target}\n`preceptor proposals rollback {}` takes it back.\n",
        proposal.proposal_id
    );
    print(stdout, &out)?;
    Ok(EXIT_DONE)
}

fn save(
    place: &Place,
    given: &str,
    acceptance: Acceptance,
    now: Timestamp,
) -> Result<(Proposal, Plan), Refusal> {
    let (store, proposal) = place.find(given)?;
    let turn = store.take_turn()?;
    let request = Request {
        accept_as: acceptance.as_update.then_some(AcceptAs::Update),
        overrides_errors: acceptance.overrides_errors,
        takes_text_as_it_is: acceptance.takes_text_as_it_is,
        open: &|_| None,
    };
    let (mut proposal, plan) =
        store.plan(&turn, &proposal.proposal_id, &request, &place.config, now)?;
    store.begin(&proposal, &plan, now)?;
    let written = match &plan.before {
        _ if plan.is_there => Ok(()),
        Some(before) => atomic::write_over(&plan.target, before.as_bytes(), plan.text.as_bytes()),
        None => atomic::write(&plan.target, plan.text.as_bytes()),
    };
    if let Err(error) = written {
        store.give_up(&proposal, &plan);
        return Err(Refusal::Write { target: shown_path(&plan.target), error });
    }
    store.finish(&mut proposal, &plan, now)?;
    Ok((proposal, plan))
}

/// Rejects a proposal; returns the exit code.
///
/// # Errors
/// If the configuration cannot be used or a stream cannot be written.
pub(crate) async fn reject(
    given: &str,
    reason: Option<String>,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> anyhow::Result<u8> {
    let place = Place::here()?;
    let rejected = place
        .find(given)
        .and_then(|(store, proposal)| Ok(store.reject(&proposal.proposal_id, reason)?));
    match rejected {
        Ok(proposal) => {
            record(&proposal, [resolved(&proposal)]).await;
            print(stdout, &format!("Rejected: {}\n", proposal.proposal_id))?;
            Ok(EXIT_DONE)
        }
        Err(refusal) => refuse(&refusal, stderr),
    }
}

/// Restores what was there before a proposal was accepted; returns the exit code.
///
/// # Errors
/// If the configuration cannot be used or a stream cannot be written.
pub(crate) async fn roll_back(
    given: &str,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> anyhow::Result<u8> {
    let place = Place::here()?;
    let (proposal, restoration) = match restore(&place, given) {
        Ok(restored) => restored,
        Err(refusal) => return refuse(&refusal, stderr),
    };
    record(&proposal, [resolved(&proposal)]).await;
    let target = shown_path(&restoration.target);
    let out = match restoration.before {
        Some(_) => format!("Restored: {target}\n"),
        None => format!("Removed: {target}\n"),
    };
    print(stdout, &out)?;
    Ok(EXIT_DONE)
}

#[expect(clippy::disallowed_methods, reason = "the command line takes the file away")]
fn restore(place: &Place, given: &str) -> Result<(Proposal, Restoration), Refusal> {
    let (store, proposal) = place.find(given)?;
    let turn = store.take_turn()?;
    let (mut proposal, restoration) =
        store.plan_rollback(&turn, &proposal.proposal_id, &|_| None)?;
    let target = &restoration.target;
    let written = match (&restoration.current, &restoration.before) {
        (Some(current), Some(before)) => {
            atomic::write_over(target, current.as_bytes(), before.as_bytes())
        }
        (Some(_), None) => fs::remove_file(target).inspect(|()| {
            // A folder with something else in it stays.
            let _ = target.parent().map(fs::remove_dir);
        }),
        (None, _) => Ok(()),
    };
    written.map_err(|error| Refusal::Write { target: shown_path(target), error })?;
    store.rolled_back(&mut proposal)?;
    Ok((proposal, restoration))
}

/// Notes what became of a proposal in the run that the proposal came from. A server that works on that run
/// has its journal: it is told by the store alone.
async fn record(proposal: &Proposal, events: impl IntoIterator<Item = Event>) {
    let folder = RunFolder { run_id: proposal.run_id.clone(), path: proposal.run_folder.clone() };
    let recorder = Recorder::reopen(&folder, Arc::new(SystemClock), Redactor::new([]), None);
    let recorder = match recorder {
        Ok(recorder) => recorder,
        Err(error) => {
            tracing::info!(%error, "the decision is not in the run's journal");
            return;
        }
    };
    for event in events {
        if let Err(error) = recorder.record(proposal.turn, /*teacher*/ true, event).await {
            tracing::warn!(%error, "the decision is not in the run's journal");
        }
    }
}

fn resolved(proposal: &Proposal) -> Event {
    Event::ProposalResolved {
        proposal_id: proposal.proposal_id.clone(),
        outcome: proposal.status.name().to_owned(),
    }
}

fn refuse(refusal: &Refusal, stderr: &mut dyn Write) -> anyhow::Result<u8> {
    let way = match refusal {
        Refusal::Proposal(ProposalError::TextDrifted { .. }) => {
            "\nIf you changed it yourself: `preceptor accept --edited`."
        }
        _ => "",
    };
    writeln!(stderr, "error: {refusal}{way}").context("writing to stderr")?;
    Ok(EXIT_REFUSED)
}

/// Returns a path as it is typed here.
fn shown_path(path: &Path) -> String {
    let current_dir = env::current_dir().unwrap_or_default();
    let below = path.strip_prefix(&current_dir).ok();
    printable(&below.unwrap_or(path).display().to_string())
}
