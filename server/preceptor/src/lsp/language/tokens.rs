//! How long a skill and its parts are for a model. All figures are estimates, marked `~`.

use skill::{SkillDocument, estimated_tokens};

use crate::lsp::documents::Snapshot;

/// Says how long a skill is, in Markdown.
pub(crate) fn of_skill(snapshot: &Snapshot) -> String {
    let document = snapshot.skill();
    let listed = listed_tokens(document);
    let body = snapshot.n_body_tokens();
    let all = snapshot.n_tokens();
    format!(
        "Estimated length: **~{all} tokens**.\n\n- ~{listed} for name and description, which an \
         agent sees all the time\n- ~{body} for the text, which it reads when it uses the skill"
    )
}

/// Says how long the section of a heading is, in Markdown.
pub(crate) fn of_section(snapshot: &Snapshot, heading: usize) -> String {
    let document = snapshot.skill();
    let section = document.body.section(heading);
    let body = snapshot.n_body_tokens();
    let is_all = section == document.body.span;
    let section = if is_all { body } else { estimated_tokens(section.of(&document.text)) };
    format!("Estimated length of this section: **~{section} tokens** of ~{body}.")
}

/// Says how long the description is, in Markdown; `None` if there is none.
pub(crate) fn of_description(document: &SkillDocument) -> Option<String> {
    let tokens = estimated_tokens(document.description()?);
    Some(format!("Estimated length: **~{tokens} tokens**, which an agent sees all the time."))
}

fn listed_tokens(document: &SkillDocument) -> usize {
    let fields = [document.name(), document.description()];
    fields.into_iter().flatten().map(estimated_tokens).sum()
}
