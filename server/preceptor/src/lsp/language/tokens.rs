//! How long a skill and its parts are for a model. All figures are estimates, marked `~`.

use skill::{SkillDocument, estimated_tokens};

/// Says how long a skill is, in Markdown.
pub(crate) fn of_skill(document: &SkillDocument) -> String {
    let all = estimated_tokens(&document.text);
    let listed = listed_tokens(document);
    let body = estimated_tokens(document.body.span.of(&document.text));
    format!(
        "Estimated length: **~{all} tokens**.\n\n- ~{listed} for name and description, which an \
         agent sees all the time\n- ~{body} for the text, which it reads when it uses the skill"
    )
}

/// Says how long the section of a heading is, in Markdown.
pub(crate) fn of_section(document: &SkillDocument, heading: usize) -> String {
    let text = &*document.text;
    let section = estimated_tokens(document.body.section(heading).of(text));
    let body = estimated_tokens(document.body.span.of(text));
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
