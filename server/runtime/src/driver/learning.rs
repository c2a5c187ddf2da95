//! What the teacher taught: the linter's look at a draft, and storing it as a proposal.

use std::sync::Arc;

use agent::{
    distill::DistilledSkill,
    machine::{Input, ProposedSkill},
    message::{Message, ModelRequest},
};
use llm::Redactor;
use serde_json::{Map, Value};

use super::{Driver, model_name};
use crate::{
    proposals::{ProposalError, Provenance},
    recorder::redact_texts,
    uri,
};

impl Driver {
    /// Tells the machine what a person refused, where a teacher could propose it again.
    pub(super) async fn tell_refused(&mut self) {
        if !self.parts.config.teacher.enabled {
            return;
        }
        let store = self.parts.proposals.clone();
        match tokio::task::spawn_blocking(move || store.refused()).await {
            Ok(refused) => self.parts.machine.set_refused(refused),
            Err(error) => tracing::error!(%error, "what was refused was not read"),
        }
    }

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

/// Takes secrets out of what a model is sent: what commands printed, and what calls were made of.
pub(super) fn redacted(mut request: ModelRequest, redactor: &Redactor) -> ModelRequest {
    for message in &mut request.messages {
        let (Message::System { content }
        | Message::User { content, .. }
        | Message::Assistant { content, .. }
        | Message::Tool { content, .. }) = message;
        if let std::borrow::Cow::Owned(redacted) = redactor.redact(content) {
            *content = redacted;
        }
        if let Message::Assistant { thinking, tool_calls, .. } = message {
            if let Some(thinking) = thinking {
                *thinking = redactor.redact(thinking).into_owned();
            }
            for call in tool_calls {
                call.arguments = redacted_arguments(&call.arguments, redactor);
            }
        }
    }
    request
}

/// Takes secrets out of the text of a call's arguments: out of each value, as it is meant, and out
/// of the whole, because the name of a value may tell what it is. Servers refuse arguments that are
/// no JSON, so what was an object stays one.
pub(super) fn redacted_arguments(arguments: &str, redactor: &Redactor) -> String {
    let object = serde_json::from_str::<Value>(arguments).ok().filter(Value::is_object);
    let Some(mut object) = object else { return redactor.redact(arguments).into_owned() };
    let inside =
        if redact_texts(&mut object, redactor) { object.to_string() } else { arguments.to_owned() };
    let redacted = redactor.redact(&inside).into_owned();
    let is_object = serde_json::from_str::<Map<String, Value>>(&redacted).is_ok();
    if is_object { redacted } else { inside }
}

#[cfg(test)]
mod tests {
    use llm::Redactor;
    use serde_json::{Value, json};

    use super::redacted_arguments;

    #[test]
    fn secrets_leave_arguments_by_their_form_and_by_their_name() {
        let document = "kind: Secret\ndata:\n  a: aHVudGVy\n";
        let arguments =
            json!({"path": "a.yml", "content": document, "login": {"db_password": "hunterpw"}});
        let redacted = redacted_arguments(&arguments.to_string(), &Redactor::default());
        let expected = json!({
            "path": "a.yml",
            "content": "kind: Secret\ndata:\n  a: [redacted:secret]\n",
            "login": {"db_password": "[redacted:secret]"},
        });
        assert_eq!(serde_json::from_str::<Value>(&redacted).unwrap(), expected);
        let plain = r#"{ "path": "a.txt" }"#;
        assert_eq!(redacted_arguments(plain, &Redactor::default()), plain);
        let broken = r#"{"command": "mysql -phunter2"#;
        assert_eq!(
            redacted_arguments(broken, &Redactor::default()),
            r#"{"command": "mysql -p[redacted:secret]"#
        );
    }
}
