//! What the teacher taught: the linter's look at a draft, and storing it as a proposal.

use std::sync::Arc;

use agent::{
    distill::DistilledSkill,
    machine::{Input, ProposedSkill},
    message::{Message, ModelRequest},
};
use llm::Redactor;

use super::{Driver, model_name};
use crate::{
    proposals::{ProposalError, Provenance},
    uri,
};

impl Driver {
    /// Lints a draft as it would be stored.
    pub(super) async fn check_draft(&self, skill: &DistilledSkill) -> Input {
        let (store, skill) = (self.parts.proposals.clone(), skill.clone());
        let (now, config) = (self.parts.clock.now(), Arc::clone(&self.parts.config));
        let teacher = self.teacher_name();
        let examine = move || store.examine(&skill, &teacher, now, &config);
        let findings = tokio::task::spawn_blocking(examine).await;
        // A linter that breaks off must not cost the lesson; storing it lints once more.
        let findings = findings
            .inspect_err(|error| tracing::error!(%error, "the draft was not linted"))
            .unwrap_or_default();
        Input::DraftChecked(findings)
    }

    /// Stores a skill for a person to decide about.
    pub(super) async fn propose(&mut self, skill: &DistilledSkill) -> Input {
        let provenance = Provenance {
            run_id: self.parts.folder.run_id.clone(),
            run_folder: self.parts.folder.path.clone(),
            turn: self.parts.machine.turn(),
            teacher_model: self.teacher_name(),
        };
        let (store, skill) = (self.parts.proposals.clone(), skill.clone());
        let (now, config) = (self.parts.clock.now(), Arc::clone(&self.parts.config));
        let stored = tokio::task::spawn_blocking(move || {
            let proposal = store.create(&skill, provenance, now, &config)?;
            let document = store.uri(&proposal);
            Ok::<_, ProposalError>((proposal, document))
        })
        .await;
        let proposed = match stored {
            Ok(Ok((proposal, document))) => Ok(ProposedSkill {
                verification: self.prepare_verification(&proposal).await,
                proposal_id: proposal.proposal_id,
                name: proposal.name,
                category: proposal.category,
                uri: document,
                target: proposal.target.as_deref().map(uri::from_path),
                risk: proposal.risk.name().to_owned(),
                findings: proposal.findings,
            }),
            Ok(Err(error)) => Err(error.to_string()),
            Err(error) => Err(format!("the skill could not be stored ({error})")),
        };
        Input::Proposed(proposed)
    }

    fn teacher_name(&self) -> String {
        model_name(&self.parts.models.teacher, &self.parts.config.teacher.model)
    }
}

/// Takes secrets out of what a lesson is made from: traces quote what commands printed, and a
/// lesson needs none of it.
pub(super) fn redacted(mut request: ModelRequest, redactor: &Redactor) -> ModelRequest {
    for message in &mut request.messages {
        let (Message::System { content }
        | Message::User { content, .. }
        | Message::Assistant { content, .. }
        | Message::Tool { content, .. }) = message;
        if let std::borrow::Cow::Owned(redacted) = redactor.redact(content) {
            *content = redacted;
        }
    }
    request
}
