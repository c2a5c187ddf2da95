//! `structure/too-long`: more lines than clients advise.

use memchr::memchr_iter;

use crate::{Level, Problem, Rule, SkillFile, opening::opening};

pub(super) static RULE: Rule = Rule {
    code: "structure/too-long",
    level: Level::Warning,
    summary: "the body has more than 500 lines",
    page: include_str!("../../../preceptor/guide/rules/structure/too-long.md"),
    check,
};

const MAXIMUM_LINES: usize = 500;

/// The message changes once in so many lines, not with each line that is written.
const STEP: usize = 50;

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let body = file.document.body.span.of(file.text()).trim();
    // A line end is a byte, so most files are done here.
    if body.len() <= MAXIMUM_LINES {
        return Vec::new();
    }
    let n_lines = memchr_iter(b'\n', body.as_bytes()).count() + 1;
    if n_lines <= MAXIMUM_LINES {
        return Vec::new();
    }
    let rounded = (n_lines - 1) / STEP * STEP;
    let message = format!(
        "The body has more than {rounded} lines, and the format advises at most {MAXIMUM_LINES}: move what \
         is not needed every time into files of its own and say when to read them"
    );
    vec![Problem::new(opening(file.document), message)]
}
