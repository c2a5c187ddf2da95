//! A skill to fill in, for a file that has nothing yet.

use skill::{Span, quoted_yaml, slugify};

use crate::{
    Completion, CompletionKind, CompletionPlace, CompletionScope, line_end::line_end,
    name::is_valid_name,
};

/// What people type to get it.
const LABEL: &str = "skill";

/// The name of a skill whose folder tells none.
const NAME: &str = "my-skill";

/// A skill as it is often begun.
const FENCE: &str = "---";

/// Finds what is there of a skill in a file that has nothing else.
pub(super) fn empty_file_place(text: &str, offset: usize) -> Option<CompletionPlace> {
    let in_front = text.len() - text.trim_start_matches(is_blank).len();
    let word = text.trim_matches(is_blank);
    if !LABEL.starts_with(word) && !FENCE.starts_with(word) {
        return None;
    }
    let typed = if word.is_empty() {
        Span::empty(offset)
    } else {
        Span::new(in_front, in_front + word.len())
    };
    (typed.start <= offset && offset <= typed.end).then_some(CompletionPlace::EmptyFile { typed })
}

fn is_blank(it: char) -> bool {
    it.is_whitespace() || it == '\u{feff}'
}

/// Returns the scaffold; blank lines around it go away.
pub(super) fn scaffold(scope: &CompletionScope<'_>, typed: Span) -> Completion {
    let text = &*scope.document.text;
    let folder = scope.directory_name.map(slugify).filter(|it| is_valid_name(it));
    let template = Template {
        name: folder.as_deref().unwrap_or(NAME),
        description: None,
        takes_snippets: scope.takes_snippets,
        line_end: line_end(text),
    };
    let filter_text = if typed.of(text).starts_with('-') { FENCE } else { LABEL };
    let around = [Span::new(0, typed.start), Span::new(typed.end, text.len())];
    Completion {
        label: LABEL.to_owned(),
        detail: Some("a new skill".to_owned()),
        new_text: template.render(),
        is_snippet: scope.takes_snippets,
        filter_text: filter_text.to_owned(),
        removals: around.into_iter().filter(|span| !span.is_empty()).collect(),
        ..Completion::new(CompletionKind::Scaffold, typed, LABEL)
    }
}

/// Returns a skill to fill in, with what is known of it already.
pub fn skill_scaffold(name: &str, description: Option<&str>) -> String {
    let description = description.filter(|it| !it.is_empty());
    Template { name, description, takes_snippets: false, line_end: "\n" }.render()
}

struct Template<'a> {
    name: &'a str,
    /// `None`: it is to be filled in.
    description: Option<&'a str>,
    takes_snippets: bool,
    line_end: &'static str,
}

impl Template<'_> {
    fn render(&self) -> String {
        let name = self.name;
        let mut title = name.replace('-', " ");
        if let Some(first) = title.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let lines = [
            "---".to_owned(),
            format!("name: {}", self.hole(1, name)),
            format!("description: {}", self.description()),
            "---".to_owned(),
            String::new(),
            format!("# {}", self.hole(4, &title)),
            String::new(),
            "## When to Use".to_owned(),
            String::new(),
            format!("- {}", self.hole(5, "[TODO: a request that it is for]")),
            String::new(),
            "## Procedure".to_owned(),
            String::new(),
            format!("1. {}", self.hole(6, "[TODO: the first step]")),
            String::new(),
            "## Verification".to_owned(),
            String::new(),
            format!("- {}", self.hole(0, "[TODO: how to see that it worked]")),
            String::new(),
        ];
        lines.join(self.line_end)
    }

    fn description(&self) -> String {
        if let Some(description) = self.description {
            return quoted_yaml(description);
        }
        let does = self.hole(2, "[TODO: what it does].");
        format!("\"{does} Use when {}\"", self.hole(3, "[TODO: what people ask for]."))
    }

    /// What a person fills in: a place of the snippet, or the bare text.
    fn hole(&self, number: usize, text: &str) -> String {
        if self.takes_snippets { format!("${{{number}:{text}}}") } else { text.to_owned() }
    }
}
