//! What can be written at a place of a skill.
//!
//! Quiet by design: in prose nothing is offered until somebody types what only a path, a skill, a
//! placeholder or a tool begins with. It takes two steps, so that nobody gathers files and skills
//! that no place asks for: [`completion_place`] says what is being written, and [`completions`]
//! what may stand there.

mod field_names;
mod frontmatter_lines;
mod link_paths;
mod marks;
mod place;
mod scaffold;
mod suppressions;
mod values;

use skill::{SkillDocument, Span};

pub use crate::completion::place::{CompletionPlace, completion_place};
pub use crate::completion::scaffold::skill_scaffold;
use crate::{Client, KnownTool};

/// What completions are made of.
#[derive(Debug, Clone, Copy)]
pub struct CompletionScope<'a> {
    /// The skill.
    pub document: &'a SkillDocument,
    /// The clients with fields of their own that load skills from where the file is; `None` if
    /// any client may.
    pub clients: Option<&'a [Client]>,
    /// The name of the folder that the file is in, if it is known.
    pub directory_name: Option<&'a str>,
    /// The paths of the folder's files, with `/` between the parts.
    pub files: &'a [String],
    /// The other skills that people can name.
    pub skills: &'a [NamedSkill],
    /// The tools that there are.
    pub tools: &'a [KnownTool],
    /// Whether the editor takes snippets.
    pub takes_snippets: bool,
}

/// A skill that another one may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedSkill {
    /// Its name.
    pub name: String,
    /// What it does and when to use it.
    pub description: String,
    /// Where it is, for people.
    pub place: String,
}

/// Something that can be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// How it is called in the list.
    pub label: String,
    /// What it is.
    pub kind: CompletionKind,
    /// A few words beside the label.
    pub detail: Option<String>,
    /// More about it, in Markdown.
    pub documentation: Option<String>,
    /// What it takes the place of: always a part of the cursor's line, with the cursor inside.
    pub span: Span,
    /// What is written: text, or a snippet in the protocol's syntax.
    pub new_text: String,
    /// Whether `new_text` is a snippet.
    pub is_snippet: bool,
    /// What is compared with what stands between the start of `span` and the cursor.
    pub filter_text: String,
    /// What goes away elsewhere.
    pub removals: Vec<Span>,
}

/// The kinds of completions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompletionKind {
    /// A whole skill to fill in.
    Scaffold,
    /// A field of the frontmatter.
    Field,
    /// A value of a field.
    Value,
    /// A tool.
    Tool,
    /// A file of the skill.
    File,
    /// Another skill.
    Skill,
    /// A placeholder that a client fills in.
    Placeholder,
    /// The comment that suppresses a rule.
    Suppression,
    /// The code of a rule.
    Rule,
}

impl Completion {
    /// Returns a completion that is called what it writes.
    fn new(kind: CompletionKind, span: Span, text: impl Into<String>) -> Self {
        let label: String = text.into();
        Self {
            kind,
            detail: None,
            documentation: None,
            span,
            new_text: label.clone(),
            is_snippet: false,
            filter_text: label.clone(),
            removals: Vec::new(),
            label,
        }
    }
}

/// Returns what may stand at `place`, the most likely first.
pub fn completions(scope: &CompletionScope<'_>, place: &CompletionPlace) -> Vec<Completion> {
    match place {
        CompletionPlace::EmptyFile { typed } => vec![scaffold::scaffold(scope, *typed)],
        CompletionPlace::FieldName(name) => field_names::field_names(scope, name),
        CompletionPlace::Value(value) => values::values(scope, value),
        CompletionPlace::Tool { typed, is_in_text } => values::tools(scope, *typed, *is_in_text),
        CompletionPlace::LinkPath { path } => link_paths::link_paths(scope, *path),
        CompletionPlace::Mark(mark) => marks::marks(scope, mark),
        CompletionPlace::Suppression { typed } => suppressions::suppressions(scope, *typed),
        CompletionPlace::SuppressedRule { code } => suppressions::rule_codes(*code),
    }
}
