//! Where findings about a whole file are shown.

use skill::{SkillDocument, Span};

use crate::lines::line_around;

/// Returns the title of the skill, or the first line of the body where it has none.
pub(crate) fn opening(document: &SkillDocument) -> Span {
    if let Some(title) = document.body.headings.first() {
        return title.span;
    }
    let body = document.body.span;
    let text = body.of(&document.text);
    let n_blank = text.len() - text.trim_start().len();
    line_around(&document.text, body.start + n_blank)
}
