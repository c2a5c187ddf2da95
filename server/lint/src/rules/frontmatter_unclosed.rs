//! `frontmatter/unclosed`: the block of fields has no end.

use skill::{Frontmatter, SkillDocument, TextEdit};

use crate::{Fix, Level, Problem, Rule, Safety, SkillFile, line_end::line_end};

pub(super) static RULE: Rule = Rule {
    code: "frontmatter/unclosed",
    level: Level::Error,
    summary: "the `---` block at the top is never closed",
    page: include_str!("../../../preceptor/guide/rules/frontmatter/unclosed.md"),
    check,
};

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let unclosed = file.document.frontmatter.as_ref().filter(|it| it.closing.is_none());
    let problem = unclosed.map(|frontmatter| {
        Problem::new(
            frontmatter.opening,
            "The frontmatter is opened here and never closed: put a line `---` behind its last \
             field",
        )
        .with_fix(close(file.document, frontmatter))
    });
    problem.into_iter().collect()
}

/// Closes the block where its end is plain to see: behind valid fields and in front of a blank
/// line or the end of the file.
fn close(document: &SkillDocument, frontmatter: &Frontmatter) -> Option<Fix> {
    let content = frontmatter.content;
    let behind = document.text.get(content.end..)?;
    let ends_plainly = behind.trim_start_matches([' ', '\t']).starts_with(['\n', '\r', '#'])
        || behind.trim().is_empty();
    let has_text = |key| frontmatter.field(key).is_some_and(|value| value.as_text().is_some());
    let is_plain =
        ends_plainly && frontmatter.error.is_none() && has_text("name") && has_text("description");
    if !is_plain {
        return None;
    }
    let line_end = line_end(&document.text);
    let missing_line_end =
        if content.of(&document.text).ends_with(['\n', '\r']) { "" } else { line_end };
    Some(Fix {
        title: "Close the frontmatter".to_owned(),
        edits: vec![TextEdit::insert(content.end, format!("{missing_line_end}---{line_end}"))],
        safety: Safety::Safe,
    })
}
