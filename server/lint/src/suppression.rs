//! Comments that suppress findings.
//!
//! `<!-- preceptor-ignore rule[, rule]: reason -->` in the body and
//! `# preceptor-ignore rule[, rule]: reason` in the frontmatter; with `preceptor-ignore-file` for
//! the whole file. Rules are named by their full codes, one by one: whoever suppresses a family
//! suppresses what nobody has looked at. Without a reason a suppression hides nothing.

mod directive;
mod hiding;
mod insertion;
mod removal;
mod scope;

use memchr::memmem;
use skill::Span;

use crate::{
    SkillFile,
    suppression::{directive::Directive, scope::Scopes},
};

pub use crate::suppression::insertion::suppression_edit;
pub(crate) use crate::suppression::{
    hiding::Hiding,
    removal::{removal, whole_removal},
};

/// How every suppression begins. A text without it has none, and most have none.
pub(crate) const KEYWORD: &str = "preceptor-ignore";

/// One comment that suppresses findings.
#[derive(Debug)]
pub(crate) struct Suppression {
    /// The whole comment, with its markers.
    pub(crate) span: Span,
    /// Whether it stands in the frontmatter.
    pub(crate) is_yaml: bool,
    /// What it says.
    pub(crate) directive: Directive,
    /// What it is about.
    pub(crate) scope: Scope,
}

/// The part of a file that a suppression is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All of it.
    File,
    /// Findings that begin here, or just behind its last byte.
    Region(Span),
    /// Nothing: no line or block follows.
    Nothing,
}

impl Suppression {
    /// Returns the codes that count: with a reason behind them.
    pub(crate) fn codes<'a>(&'a self, text: &'a str) -> impl Iterator<Item = &'a str> {
        let counts = self.directive.reason.is_some();
        self.directive.rules.iter().filter(move |_| counts).map(move |span| span.of(text))
    }
}

/// Returns the suppressions of a file in the order of the text, also those that do not count.
pub(crate) fn suppressions(file: &SkillFile<'_>) -> Vec<Suppression> {
    let text = file.text();
    let Some(first) = memmem::find(text.as_bytes(), KEYWORD.as_bytes()) else { return Vec::new() };
    let scopes = Scopes::new(file.document);
    let in_frontmatter = yaml_comments(file, first).into_iter().map(|span| (span, true));
    let comments = &file.document.body.html_comments;
    let in_body = comments.iter().filter(|span| span.end > first).map(|&span| (span, false));
    in_frontmatter
        .chain(in_body)
        .filter_map(|(span, is_yaml)| {
            let directive = Directive::parse(text, inside(text, span, is_yaml)?)?;
            let scope = match (directive.is_for_file, is_yaml) {
                (true, _) => Scope::File,
                (false, true) => scopes.of_yaml_comment(span),
                (false, false) => scopes.of_html_comment(span),
            };
            Some(Suppression { span, is_yaml, directive, scope })
        })
        .collect()
}

/// Returns what a comment says; `None` if it is never closed.
fn inside(text: &str, span: Span, is_yaml: bool) -> Option<Span> {
    if is_yaml {
        return Some(Span::new(span.start + "#".len(), span.end));
    }
    let (opening, closing) = ("<!--".len(), "-->".len());
    let is_closed = span.of(text).ends_with("-->") && span.len() >= opening + closing;
    is_closed.then(|| Span::new(span.start + opening, span.end - closing))
}

/// Returns the comments of the frontmatter that begin with the keyword; `first` is where it is in
/// the text for the first time.
fn yaml_comments(file: &SkillFile<'_>, first: usize) -> Vec<Span> {
    let Some(frontmatter) = &file.document.frontmatter else { return Vec::new() };
    let text = file.text();
    let content = frontmatter.content;
    if first >= content.end {
        return Vec::new();
    }
    let found = content.of(text).match_indices(KEYWORD).map(|(at, _)| content.start + at);
    found
        .filter_map(|at| {
            let before = text.get(content.start..at)?.trim_end_matches([' ', '\t']);
            let before = before.strip_suffix('#')?;
            let is_comment = before.is_empty() || before.ends_with([' ', '\t', '\n']);
            let start = content.start + before.len();
            let is_value = scope::is_in_scalar(text, &frontmatter.entries, start);
            let rest = Span::new(start, content.end).of(text);
            let n_bytes = rest.find(['\r', '\n']).unwrap_or(rest.len());
            (is_comment && !is_value).then(|| Span::new(start, start + n_bytes))
        })
        .collect()
}
