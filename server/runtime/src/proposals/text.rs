//! The text of a proposed skill: as it is stored, as the linter sees it, as it is saved.

use agent::{
    distill::DistilledSkill,
    event::{Finding, Verification},
};
use jiff::Timestamp;
use skill::{LineIndex, NodeKind, SkillDocument, SkillDraft, TextEdit};

use crate::{
    clock,
    proposals::{Proposal, ProposalError},
};

/// The markers around a skill's notes.
const NOTES_START: &str = "<!-- APPENDIX_START -->";
const NOTES_END: &str = "<!-- APPENDIX_END -->";

/// What the linter finds in a proposed skill's text, as data. Nothing in the text suppresses it.
pub fn check(text: &str, name: &str, settings: &lint::Settings) -> Vec<Finding> {
    let settings = &lint::Settings { is_proposal: true, ..settings.clone() };
    let document = SkillDocument::parse(text);
    let index = LineIndex::new(text);
    let settings = settings.for_proposals();
    lint::check(&lint::SkillFile::new(&document, &settings).in_directory(Some(name)))
        .into_iter()
        .map(|finding| Finding {
            code: finding.rule.code.to_owned(),
            severity: finding.severity.to_string(),
            line: index.position(text, finding.span.start, skill::PositionEncoding::Utf32).line + 1,
            message: finding.message,
        })
        .collect()
}

/// Refuses a text with errors, unless a person overrides that.
///
/// # Errors
/// [`ProposalError::HasErrors`].
pub fn refuse_errors(proposal: &Proposal, findings: &[Finding]) -> Result<(), ProposalError> {
    let errors: Vec<String> = findings
        .iter()
        .filter(|finding| finding.severity == "error")
        .map(|finding| format!("line {}: {} [{}]", finding.line, finding.message, finding.code))
        .collect();
    if errors.is_empty() {
        return Ok(());
    }
    Err(ProposalError::HasErrors { id: proposal.proposal_id.clone(), findings: errors.join("; ") })
}

/// Returns a proposal's text as it is saved: under its name, published, with the time at which it
/// was accepted and what the student showed. Everything else stays as the person may have edited it.
pub fn published_text(
    text: &str,
    name: &str,
    accepted: Timestamp,
    verification: &Verification,
) -> String {
    let document = SkillDocument::parse(text);
    let mut edits = Vec::new();
    if let Some(node) = document.field("name")
        && document.name() != Some(name)
    {
        edits.push(TextEdit::replace(node.span, name));
    }
    let metadata = document.field("metadata");
    if let Some(metadata) = metadata
        && let NodeKind::Mapping(entries) = &metadata.kind
        && let Some(status) = entries.iter().find(|entry| entry.key == "status")
        && !entries.iter().any(|entry| entry.key == "accepted")
    {
        let line = text.get(..status.key_span.start).unwrap_or_default();
        let indent: String = line.chars().rev().take_while(|character| *character == ' ').collect();
        edits.push(TextEdit::replace(status.value.span, "\"published\""));
        // Times stand together.
        let created = entries.iter().find(|entry| entry.key == "created").unwrap_or(status);
        let accepted = format!("\n{indent}accepted: \"{}\"", clock::to_second(accepted));
        edits.push(TextEdit::insert(created.value.span.end, accepted));
        if let Some(shown) = entries.iter().find(|entry| entry.key == "verification") {
            let outcome = match verification.outcome.as_str() {
                outcome @ ("verified" | "not_verified" | "inconclusive") => outcome,
                _ => "none",
            };
            edits.push(TextEdit::replace(shown.value.span, format!("\"{outcome}\"")));
        }
    }
    skill::apply_edits(text, &edits).unwrap_or_else(|_| text.to_owned())
}

/// Returns a skill as it is proposed, with what the server says of it.
pub(super) fn draft(
    skill: &DistilledSkill,
    name: &str,
    teacher_model: &str,
    now: Timestamp,
) -> SkillDraft {
    let metadata = [
        ("source", "teacher-escalation"),
        ("teacher_model", teacher_model),
        ("category", &skill.category),
        ("status", "draft"),
        ("created", &clock::to_second(now)),
        ("verification", "none"),
    ];
    SkillDraft {
        name: name.to_owned(),
        description: skill.description.clone(),
        metadata: metadata
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect(),
        title: title(name, &[&skill.name, &skill.description, &skill.when_to_use]),
        when_to_use: skill.when_to_use.clone(),
        procedure: skill.procedure.clone(),
        pitfalls: skill.pitfalls.clone(),
        verification: skill.verification.clone(),
    }
}

/// Returns a skill's text with one more note in its region of notes, which is made where there is
/// none. Markers in the note's words are taken out: they would end the region.
pub(super) fn with_note(text: &str, note: &str) -> String {
    let mut note = note.to_owned();
    // What is left may make a marker again.
    while note.contains("<!--") || note.contains("-->") {
        note = note.replace("<!--", "").replace("-->", "");
    }
    let note = note.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some(end) = text.rfind(NOTES_END) {
        let (head, tail) = text.split_at(end);
        return format!("{}\n- {note}\n{tail}", head.trim_end());
    }
    let text = text.trim_end();
    format!("{text}\n\n{NOTES_START}\n## Execution Notes Appendix\n\n- {note}\n{NOTES_END}\n")
}

/// Returns a name as a heading: `count-csv-rows` becomes `Count CSV rows` where the texts about it
/// write CSV so.
fn title(name: &str, texts: &[&str]) -> String {
    let spelled = |word: &str| {
        let mut words = texts.iter().flat_map(|text| text.split(|it: char| !it.is_alphanumeric()));
        let is_spelled =
            |it: &&str| it.eq_ignore_ascii_case(word) && it.chars().skip(1).any(char::is_uppercase);
        words.find(is_spelled).unwrap_or(word).to_owned()
    };
    let words: Vec<String> = name.split('-').map(spelled).collect();
    let words = words.join(" ");
    let mut characters = words.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => words,
    }
}

/// A text that has commands run or files changed deserves a closer look.
pub(super) fn runs_commands(text: &str) -> bool {
    let text = text.to_lowercase();
    let signs = ["bash", "write_file", "edit_file", "run `", "execute `", "```sh", "```console"];
    signs.iter().any(|sign| text.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::title;

    #[test]
    fn headings_spell_words_as_the_texts_do() {
        let check = |name, text, expected| assert_eq!(title(name, &[text]), expected);
        check("count-csv-rows", "Counts rows of a CSV file.", "Count CSV rows");
        check("count-csv-rows", "Counts rows. Csv, count.", "Count csv rows");
        check("open-github-issue", "An issue of GitHub; ISSUE.", "Open GitHub ISSUE");
        check("tidy", "", "Tidy");
    }
}
