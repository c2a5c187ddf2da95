//! Sentences and marks that give an agent orders in another's name.

use std::sync::LazyLock;

use regex::Regex;
use skill::Span;

use crate::{
    SkillFile,
    advice::{is_advised_against, sentence_before},
    lines::{nearby_before, nearby_behind},
    pattern::pattern,
    placeholder::is_prose,
};

/// An order, or what makes a text look like one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Directive {
    /// The words or the mark.
    pub(crate) span: Span,
    /// What it is.
    pub(crate) kind: DirectiveKind,
}

/// The kinds of orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DirectiveKind {
    /// "Ignore all previous instructions".
    Override,
    /// A mark with which chats tell who speaks.
    RoleTag,
    /// A mark around the record of another agent's work.
    TraceMarker,
}

static OVERRIDE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)(?-u:\b)(?:ignore|disregard|forget|override)\s+",
        r"(?:(?:all|any|every|each|the|your|my|of|these|those|other|and)\s+){0,4}",
        r"(?:previous|previously|prior|preceding|earlier|above|former|foregoing|system)\s+",
        r"(?:(?:given|system|user|and|security|safety)\s+){0,2}",
        r"(?:instructions?|prompts?|messages?|directives?|directions|orders|guidelines|context)(?-u:\b)",
    ))
});

/// What only a chat's plumbing writes. `<system>` may also be a placeholder: it counts at the
/// start of a line and where it is closed.
static ROLE_TAG: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"<\|(?:im_start|im_end|im_sep|system|user|assistant|eot_id|start_header_id|end_header_id|",
        r"begin_of_text|endoftext|end|channel|message)\|>",
        r"|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>",
        r"|</(?:system|assistant|system-reminder|system_prompt|system-prompt)>",
        r"|(?m:^)\s{0,3}<(?:system|assistant|system-reminder|system_prompt|system-prompt)>",
    ))
});

static TRACE_MARKER: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"<<<(?:END_)?UNTRUSTED_TRACE[^>\n]{0,80}>>>"));

/// Literals without which none of the patterns matches, whatever the letters' case.
static LITERALS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i-u:ignore|disregard|forget|override)",
        r"|<\||INST\]|SYS>>|_of_turn>|<system|</system|<assistant|</assistant|<<<",
    ))
});

/// Texts that teach how to defend against such orders show them.
static DEFENSES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)prompt.{0,3}(?:injection|guard)|jailbreak|guardrail|red.team|injection (?:attack|pattern|",
        r"attempt)|adversarial|chat.?templates?|prompt security",
    ))
});

/// Returns the orders in `file`, in the order of the text.
///
/// What is quoted or shown as code is left out, but for trace markers and for HTML comments, which
/// people do not see.
pub(crate) fn directives(file: &SkillFile<'_>) -> Vec<Directive> {
    let text = file.text();
    if !LITERALS.is_match(text) {
        return Vec::new();
    }
    let comments = &file.document.body.html_comments;
    let in_comment = |span: Span| {
        let n_before = comments.partition_point(|comment| comment.start <= span.start);
        let comment = n_before.checked_sub(1).and_then(|at| comments.get(at));
        comment.is_some_and(|comment| comment.contains(span))
    };
    let is_meant = |span: Span| {
        in_comment(span)
            || ((is_prose(file, span) || span.start < file.document.body.span.start)
                && !is_quoted(text, span)
                && !is_advised_against(file, span)
                && !is_described(text, span))
    };
    let mut found = Vec::new();
    for (pattern, kind) in
        [(&OVERRIDE, DirectiveKind::Override), (&ROLE_TAG, DirectiveKind::RoleTag)]
    {
        let spans = pattern.find_iter(text).map(|it| trimmed(text, it.start(), it.end()));
        found.extend(spans.filter(|it| is_meant(*it)).map(|span| Directive { span, kind }));
    }
    found.extend(TRACE_MARKER.find_iter(text).map(|it| Directive {
        span: Span::new(it.start(), it.end()),
        kind: DirectiveKind::TraceMarker,
    }));
    found.sort_by_key(|directive| directive.span);
    found
}

/// Tells whether the skill is about such orders.
pub(crate) fn is_about_directives(file: &SkillFile<'_>) -> bool {
    let document = file.document;
    let titles = document.body.headings.iter().map(|heading| heading.text.as_str());
    let fields = document.name().into_iter().chain(document.description());
    fields.chain(titles).any(|it| DEFENSES.is_match(it))
}

fn trimmed(text: &str, start: usize, end: usize) -> Span {
    let matched = Span::new(start, end).of(text);
    Span::new(end - matched.trim_start().len(), end)
}

/// Tells whether the text at `span` stands between quotation marks, brackets or stars on its line.
fn is_quoted(text: &str, span: Span) -> bool {
    let before = nearby_before(text, span.start);
    let behind = nearby_behind(text, span.end);
    let opens = |open: &[char]| before.contains(open);
    let is_between = |mark: char| before.matches(mark).count() % 2 == 1 && behind.contains(mark);
    is_between('"')
        || is_between('`')
        || (opens(&['“', '„', '«', '「']) && behind.contains(['”', '“', '»', '」']))
        || before.ends_with(['\'', '‘', '*', '|'])
        || before.trim_end().ends_with(['"', '|'])
}

/// Tells whether the sentence tells of such orders instead of giving one.
fn is_described(text: &str, span: Span) -> bool {
    static TELLS: LazyLock<Regex> = LazyLock::new(|| {
        pattern(concat!(
            r"(?i)\b(?:attempts?|tries|trying|asks?|says?|saying|such as|like|e\.g\.|for example|",
            r"phrases?|patterns?|never|not|detects?|flags?|contains?|injections?|telling|tells?)\b",
            r"[^,;:]{0,40}$",
        ))
    });
    TELLS.is_match(sentence_before(text, span.start))
}
