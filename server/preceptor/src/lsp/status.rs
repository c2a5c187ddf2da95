//! `preceptor.status`: what runs, what it costs, and whether the models can be reached.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use agent::{ledger::Money, message::FailureClass, policy::Grant};
use futures::future;
use llm::Role;
use runtime::{
    always::AlwaysAllowed,
    clock::{Clock, SystemClock},
    config::{Config, Endpoint, SandboxMode},
    day_book::DayBook,
    driver, models,
    proposals::{ProposalStatus, ProposalStore},
    trust,
};
use serde_json::{Value, json};
use tracing::warn;

use crate::lsp::session::Session;

/// How long a model server may take to show that it is there.
const PROBE_LIMIT: Duration = Duration::from_secs(2);

/// Returns the status as the protocol has it. The servers are asked at the same time, and no model
/// is called; a teacher that is switched off is left alone.
pub(crate) async fn status(session: &Arc<Session>) -> Value {
    let places = session.places(None);
    let config = session.settings.config_in(&places.workspace);
    let (workspace, base) = (places.workspace.clone(), places.workspace);
    let (student, teacher, files, sandbox) = future::join4(
        reaches(Role::Student, config.student.clone(), workspace.clone()),
        async {
            config.teacher.enabled
                && reaches(Role::Teacher, config.teacher.endpoint(), workspace.clone()).await
        },
        count_files(session, workspace.clone()),
        sandbox(session, &config, &base),
    )
    .await;
    let Files { trusted, n_proposals, spent, always_allowed } = files;
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "student": model(&config.student, &base, student),
        "teacher": teacher_model(session, &config, &base, teacher),
        "trusted": trusted,
        "sandbox": sandbox,
        "activeRuns": session.runs.n_active(),
        "pendingProposals": n_proposals,
        "spentUsd": spent.usd(),
        "alwaysAllowed": always_allowed,
    })
}

/// Returns what confines commands, and what is promised and cannot be enforced here.
async fn sandbox(session: &Session, config: &Config, workspace: &Path) -> Value {
    let mode = config.sandbox.mode;
    if mode == SandboxMode::Off {
        let gap = "`sandbox.mode` is \"off\": commands run with your rights and reach the network";
        return json!({"mode": mode, "layers": [], "gaps": [gap]});
    }
    let ability = session.options.sandbox.last_ability_in(workspace).await;
    let gaps: Vec<String> = ability.gaps().iter().map(ToString::to_string).collect();
    json!({"mode": mode, "layers": ability.layers, "gaps": gaps})
}

/// Whether a model server is there. One that refuses the key is; an address that belongs to
/// something else is not.
async fn reaches(role: Role, endpoint: Endpoint, base: PathBuf) -> bool {
    match models::probe(role, &endpoint, &base, PROBE_LIMIT).await {
        Ok(_) => true,
        Err(failure) => {
            !matches!(failure.class, FailureClass::Network | FailureClass::Configuration)
        }
    }
}

/// What files say.
#[derive(Debug, Default)]
struct Files {
    trusted: bool,
    /// Proposals that wait.
    n_proposals: usize,
    /// By the runs of all servers of this person today (UTC), as far as prices are known.
    spent: Money,
    /// What is always allowed in the workspace.
    always_allowed: BTreeSet<Grant>,
}

async fn count_files(session: &Arc<Session>, workspace: PathBuf) -> Files {
    let (stores, folders) = (session.proposal_stores(), Arc::clone(&session.folders));
    let counting = tokio::task::spawn_blocking(move || {
        let proposals = stores.iter().flat_map(ProposalStore::list);
        let n_proposals = proposals.filter(|it| it.status == ProposalStatus::Pending).count();
        let spent = DayBook::new(&folders.state).spent(SystemClock.now());
        let spent = spent.inspect_err(|error| warn!(%error, "the books of the day are unreadable"));
        Files {
            trusted: trust::trusts(&folders, &workspace),
            n_proposals,
            spent: spent.unwrap_or_default(),
            always_allowed: AlwaysAllowed::new(&folders.state).load(&workspace),
        }
    });
    counting.await.unwrap_or_default()
}

/// Describes the teacher, with the gate that the settings close and what stopped it last.
fn teacher_model(session: &Session, config: &Config, base: &Path, is_reachable: bool) -> Value {
    let mut teacher = model(&config.teacher.endpoint(), base, is_reachable);
    let gate = driver::closed_gate(config)
        .map(|gate| json!({ "gate": gate.name(), "reason": gate.sentence() }));
    if let Some(teacher) = teacher.as_object_mut() {
        teacher.insert("enabled".to_owned(), json!(config.teacher.enabled));
        teacher.insert("closedGate".to_owned(), json!(gate));
        teacher.insert("lastStopped".to_owned(), json!(session.turns.stopped()));
    }
    teacher
}

fn model(endpoint: &Endpoint, base: &Path, is_reachable: bool) -> Value {
    json!({
        "provider": endpoint.provider,
        "model": models::configured_name(endpoint),
        "baseUrl": models::address(endpoint, base),
        "reachable": is_reachable,
        "contextWindow": endpoint.context_window,
        "toolMode": endpoint.tool_mode,
    })
}
