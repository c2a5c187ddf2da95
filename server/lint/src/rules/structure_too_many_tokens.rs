//! `structure/too-many-tokens`: a body that takes much of a model's context.

use skill::estimated_tokens;

use crate::{Level, Problem, Rule, SkillFile, opening::opening};

pub(super) static RULE: Rule = Rule {
    code: "structure/too-many-tokens",
    level: Level::Info,
    summary: "the body has more than about 5,000 tokens",
    page: include_str!("../../../preceptor/guide/rules/structure/too-many-tokens.md"),
    check,
};

const MAXIMUM_TOKENS: usize = 5_000;

/// An estimate is no more exact than this.
const ROUNDING: usize = 100;

/// The message changes once in so many tokens, not with each paragraph that is written.
const STEP: usize = 500;

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let body = file.document.body.span.of(file.text());
    // Two bytes to a token are fewer than any language has; mostly there are three or four.
    if body.len() < 2 * (MAXIMUM_TOKENS + ROUNDING) {
        return Vec::new();
    }
    let n_tokens = estimated_tokens(body);
    if n_tokens < MAXIMUM_TOKENS + ROUNDING {
        return Vec::new();
    }
    let rounded = n_tokens / STEP * STEP;
    let message = format!(
        "The body has more than about {rounded} tokens, and the format advises at most {MAXIMUM_TOKENS}: \
         all of it is in the way of the task as soon as the skill is used"
    );
    vec![Problem::new(opening(file.document), message)]
}
