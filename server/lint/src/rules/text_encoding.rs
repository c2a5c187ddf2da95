//! `text/encoding`: the text was not UTF-8 when it was read.

use skill::Span;

use crate::{Level, Problem, Rule, SkillFile};

pub(super) static RULE: Rule = Rule {
    code: "text/encoding",
    level: Level::Warning,
    summary: "the text has characters that could not be decoded",
    page: include_str!("../../../preceptor/guide/rules/text/encoding.md"),
    check,
};

/// What stands for bytes that are no UTF-8. Nobody writes it by hand outside of code about text.
const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let text = file.text();
    let body = &file.document.body;
    let mut places = text
        .match_indices(REPLACEMENT)
        .map(|(start, it)| Span::new(start, start + it.len()))
        .filter(|span| {
            body.code_block_at(span.start).is_none() && body.inline_code_at(span.start).is_none()
        });
    let Some(first) = places.next() else { return Vec::new() };
    let message = "A character here could not be read: the file is not UTF-8. Save it as UTF-8 and \
                   put the right letter in";
    let related = places.map(|span| (span, "and here".to_owned())).collect();
    vec![Problem { related, ..Problem::new(first, message) }]
}
