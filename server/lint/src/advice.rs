//! What a text advises against or shows as the wrong way.

use std::sync::LazyLock;

use regex::Regex;
use skill::{CodeBlock, Span};

use crate::{
    SkillFile,
    char_boundary::{head, tail},
    lines::{MAXIMUM_REACH, last_line, nearby, nearby_before, nearby_behind},
    pattern::pattern,
};

/// Advice against a value, or a value shown as the wrong way.
static NEGATED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)\b(?:never|don['’]t|do not|avoid|not|no|without|remove|replace|forbid\w*)\b",
        r"[^.;]{0,60}\b(?:hard-?\s?cod\w*|includ\w*|absolute|literal\w*|commit\w*|leak\w*|",
        r"(?:user|machine|person|author)-?\s?(?:specific|al)|us(?:e|ing) paths?|",
        r"(?:paths?|address(?:es)?|ips?|hosts?|commands?)\b[^.;]{0,30}\b(?:like|such as))",
        r"|\bhard-?\s?cod(?:e|ed|ing)\b|\binstead of\b[^.;]{0,20}$|\brather than\b[^.;]{0,20}$",
        r"|❌|🚫|\b(?:bad|wrong|incorrect)\b\s*[:(]|#\s*(?:bad|wrong)\b|\banti-?pattern",
    ))
});

/// Words of advice against what follows in the same clause.
static ADVICE_AGAINST: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)\b(?:never|don['’]t|do not|not|avoid|instead of|rather than|without|",
        r"replaces?|forbidden|no (?:direct|raw|bare|manual))\b[^;:]{0,60}$",
    ))
});

static PITFALLS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\bpitfalls?\b|\banti-?patterns?\b|\bcommon mistakes?\b"));

/// Tells whether the text at `span` is what the skill tells its reader not to write.
pub(crate) fn is_advised_against(file: &SkillFile<'_>, span: Span) -> bool {
    let text = file.text();
    let line = nearby(text, span.start);
    if NEGATED.is_match(sentence_before(text, span.start)) {
        return true;
    }
    if file.document.body.headings_above(span.start).any(|it| is_about_pitfalls(&it.text)) {
        return true;
    }
    // The comment behind the value, or the line above it in code, or above the block.
    let behind = nearby_behind(text, span.end);
    let comment = behind.split_once(['#', '←', '❌']).map(|(_, comment)| comment.to_lowercase());
    let is_marked_bad = behind.contains('❌')
        || comment.is_some_and(|comment| {
            ["bad", "wrong", "hard-coded", "hardcoded", "don't", "do not", "never"]
                .iter()
                .any(|word| comment.trim_start().starts_with(word))
        });
    let code_block = file.document.body.code_block_at(span.start);
    is_marked_bad || code_block.is_some_and(|block| is_wrong_way(text, block, line))
}

/// Tells whether a sentence advises against the command at `span`.
pub(crate) fn is_refused(file: &SkillFile<'_>, span: Span) -> bool {
    let is_prose = file.document.body.code_block_at(span.start).is_none();
    is_prose && ADVICE_AGAINST.is_match(sentence_before(file.text(), span.start))
}

/// Returns what stands between the start of the sentence and `offset`, on the same line.
pub(crate) fn sentence_before(text: &str, offset: usize) -> &str {
    let before = nearby_before(text, offset);
    before.rsplit_once(". ").map_or(before, |(_, sentence)| sentence)
}

/// Returns the last line in front of a block of code that is not blank.
pub(crate) fn line_in_front<'a>(text: &'a str, block: &CodeBlock) -> &'a str {
    let in_front = Span::new(0, block.span.start).of(text);
    last_line(tail(in_front, MAXIMUM_REACH).trim_end())
}

fn is_wrong_way(text: &str, block: &CodeBlock, line: Span) -> bool {
    let above = Span::new(block.span.start, line.start).of(text);
    let in_block = above.strip_suffix('\n').map_or("", last_line);
    is_label_of_the_wrong_way(in_block) || is_label_of_the_wrong_way(line_in_front(text, block))
}

/// Titles of the sections that hold the place: the longest may be a whole text.
fn is_about_pitfalls(title: &str) -> bool {
    PITFALLS.is_match(head(title, MAXIMUM_REACH))
}

/// A line that calls what follows wrong: a comment, "Bad:", "Don't do this:".
fn is_label_of_the_wrong_way(line: &str) -> bool {
    let label = line.trim().trim_start_matches(['#', '/', '-', '*', '>', ' ']).to_lowercase();
    let starts =
        ["bad", "wrong", "don't", "do not", "avoid", "never", "not this", "incorrect", "❌"];
    starts.iter().any(|start| label.starts_with(start)) && label.len() <= 80
}
