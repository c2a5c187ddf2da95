//! What a suppression says: which rules, and why.

use skill::Span;

use crate::suppression::KEYWORD;

/// What the inside of a comment says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Directive {
    /// Whether it is for the whole file.
    pub(crate) is_for_file: bool,
    /// The words that stand where codes of rules belong, in their order.
    pub(crate) rules: Vec<Span>,
    /// Why, if anything is said.
    pub(crate) reason: Option<Span>,
}

impl Directive {
    /// Reads the inside of a comment; `None` if it is about something else.
    pub(super) fn parse(text: &str, inside: Span) -> Option<Self> {
        let written = inside.of(text).trim_end();
        let rest = written.trim_start().strip_prefix(KEYWORD)?;
        let for_file = rest.strip_prefix("-file");
        let rest = for_file.unwrap_or(rest);
        if !rest.is_empty() && !rest.starts_with(|it: char| it.is_whitespace() || it == ':') {
            return None;
        }
        let start = inside.start + (written.len() - rest.len());
        let list = rest.split_once(':').map_or(rest, |(list, _)| list);
        let reason = trimmed(Span::new(start + list.len() + 1, start + rest.len()), text);
        let mut at = start;
        let mut rules = Vec::new();
        for item in list.split(',') {
            rules.extend(trimmed(Span::new(at, at + item.len()), text));
            at += item.len() + 1;
        }
        Some(Self { is_for_file: for_file.is_some(), rules, reason })
    }
}

/// Returns the span without white space around it; `None` if nothing is left.
fn trimmed(span: Span, text: &str) -> Option<Span> {
    let written = span.of(text);
    let start = span.start + (written.len() - written.trim_start().len());
    let trimmed = written.trim();
    (!trimmed.is_empty()).then(|| Span::new(start, start + trimmed.len()))
}
