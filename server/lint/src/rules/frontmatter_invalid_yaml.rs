//! `frontmatter/invalid-yaml`: a strict parser refuses the block.

use skill::{Frontmatter, SkillDocument, Span, TextEdit, YamlError, apply_edits};

use crate::{Level, Problem, Rule, SkillFile, stray_colon::stray_colons};

pub(super) static RULE: Rule = Rule {
    code: "frontmatter/invalid-yaml",
    level: Level::Error,
    summary: "the frontmatter is not valid YAML",
    page: include_str!("../../../preceptor/guide/rules/frontmatter/invalid-yaml.md"),
    check,
};

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let problem = file.document.frontmatter.as_ref().and_then(|frontmatter| {
        let YamlError { span, message } =
            error_besides_colons(file.document, frontmatter.error.as_ref()?)?;
        Some(Problem::new(span, format!("The frontmatter is not valid YAML: {message}")))
    });
    problem.into_iter().collect()
}

/// What is wrong besides values that only lack quotes, which are a rule of their own.
fn error_besides_colons(document: &SkillDocument, error: &YamlError) -> Option<YamlError> {
    let edits: Vec<_> =
        stray_colons(document).iter().map(|it| it.quoting(&document.text)).collect();
    if edits.is_empty() {
        return Some(error.clone());
    }
    let quoted = apply_edits(&document.text, &edits).ok()?;
    let YamlError { span, message } = Frontmatter::parse(&quoted)?.error?;
    let span = Span::new(place_before(&edits, span.start), place_before(&edits, span.end));
    Some(YamlError { span, message })
}

/// Returns where a place in the edited text was before the edits, which are in order.
fn place_before(edits: &[TextEdit], place: usize) -> usize {
    let mut n_added = 0;
    let mut n_removed = 0;
    for edit in edits {
        let start = edit.span.start + n_added - n_removed;
        let end = start + edit.new_text.len();
        if place < start {
            break;
        }
        if place < end {
            return edit.span.start;
        }
        n_added += edit.new_text.len();
        n_removed += edit.span.len();
    }
    place + n_removed - n_added
}
