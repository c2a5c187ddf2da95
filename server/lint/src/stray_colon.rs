//! Values with a colon and a space that stand without quotes.

use skill::{Entry, NodeKind, SkillDocument, Span, TextEdit, quoted_yaml};

/// A value that strict YAML takes for another field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StrayColon<'a> {
    /// The field.
    pub(crate) entry: &'a Entry,
    /// The first such colon in its value.
    pub(crate) colon: Span,
}

/// Returns the fields that a strict parser stumbles over because of a colon, in their order.
pub(crate) fn stray_colons(document: &SkillDocument) -> Vec<StrayColon<'_>> {
    let broken = document.frontmatter.as_ref().filter(|it| it.error.is_some());
    let mut found = Vec::new();
    if let Some(frontmatter) = broken {
        collect(&document.text, &frontmatter.entries, &mut found);
    }
    found
}

fn collect<'a>(text: &str, entries: &'a [Entry], found: &mut Vec<StrayColon<'a>>) {
    for entry in entries.iter().filter(|entry| entry.recovered) {
        match &entry.value.kind {
            NodeKind::Mapping(entries) => collect(text, entries, found),
            NodeKind::Scalar { .. } => {
                found
                    .extend(colon(text, entry.value.span).map(|colon| StrayColon { entry, colon }));
            }
            _ => {}
        }
    }
}

/// The first colon that YAML takes for the end of a key, in a value that starts as a plain text.
fn colon(text: &str, value: Span) -> Option<Span> {
    let written = value.of(text);
    let starts_otherwise = written.starts_with([
        '"', '\'', '[', ']', '{', '}', '|', '>', '&', '*', '!', '%', '@', '`', '#', ',',
    ]) || written.starts_with("- ");
    let mut colons = written.match_indices(':').map(|(at, _)| at);
    let at = colons.find(|at| {
        let behind = written.get(at + 1..).unwrap_or_default();
        behind.is_empty() || behind.starts_with([' ', '\t', '\r', '\n'])
    })?;
    (!starts_otherwise).then(|| Span::new(at, at + 1).shifted(value.start))
}

impl StrayColon<'_> {
    /// Returns the edit that puts the value in quotes.
    pub(crate) fn quoting(&self, text: &str) -> TextEdit {
        let span = self.entry.value.span;
        let words: Vec<_> = span.of(text).split_whitespace().collect();
        TextEdit::replace(span, quoted_yaml(&words.join(" ")))
    }

    /// Tells whether the value has what a parser would take for a comment if it got that far.
    pub(crate) fn may_have_comment(&self, text: &str) -> bool {
        self.entry.value.span.of(text).contains(" #")
    }
}
