//! Values of fields that have only some, and tools.

use skill::Span;

use crate::{
    Client, Completion, CompletionKind, CompletionPlace, CompletionScope, KnownTool, Place,
    completion::field_names::is_key, field, line_text::word_at, name::is_valid_name,
};

/// Fields that list tools.
const TOOL_FIELDS: [&str; 4] =
    ["allowed-tools", "builtin-tools", "command-tool", "disallowed-tools"];

/// The value of a field that is being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValuePlace {
    /// Where the field stands.
    pub place: Place,
    /// The field's name.
    pub field: String,
    /// What is there of the value.
    pub typed: Span,
    /// Whether there has to be a space in front of the value.
    pub needs_space: bool,
}

/// Finds the value that is being written on the last of `lines`.
pub(super) fn value_place(text: &str, lines: &[Span], offset: usize) -> Option<CompletionPlace> {
    let (line, above) = lines.split_last()?;
    let written = line.of(text);
    let indent = written.len() - written.trim_start_matches(' ').len();
    let content = Span::new(line.start + indent, line.end);
    if content.of(text).starts_with("- ") {
        let key = top_key(text, above)?;
        return tool_in_list(text, key, Span::new(content.start + 2, content.end), offset);
    }
    let (key, behind) = content.of(text).split_once(':')?;
    let value_start = content.start + key.len() + 1;
    if offset < value_start || !(behind.is_empty() || behind.starts_with(' ')) {
        return None;
    }
    let place = match indent {
        0 => Place::Top,
        _ if top_key(text, above) == Some("metadata") => Place::Metadata,
        _ => return None,
    };
    let value = Span::new(value_start, line.end);
    if place == Place::Top && TOOL_FIELDS.contains(&key) {
        // A value begins behind a space.
        return if offset == value.start { None } else { tool_in_list(text, key, value, offset) };
    }
    let behind = behind.split_once(" #").map_or(behind, |(value, _)| value);
    let n_blank = behind.len() - behind.trim_start().len();
    let quote = behind.trim_start().starts_with(['"', '\'']);
    let first = value_start + n_blank + usize::from(quote);
    let last = value_start + behind.trim_end().trim_end_matches(['"', '\'']).len();
    let needs_space = behind.is_empty() || offset == value_start;
    let start = first.min(offset);
    let typed = Span::new(start, last.max(offset));
    Some(CompletionPlace::Value(ValuePlace { place, field: key.to_owned(), typed, needs_space }))
}

/// Returns the name of the nearest field at the top level.
fn top_key<'a>(text: &'a str, above: &[Span]) -> Option<&'a str> {
    let lines = above.iter().rev().map(|line| line.of(text));
    lines.filter(|line| line.starts_with(is_key)).find_map(|line| Some(line.split_once(':')?.0))
}

/// One word of a list of tools; what is in parentheses is up to the tool.
fn tool_in_list(text: &str, key: &str, value: Span, offset: usize) -> Option<CompletionPlace> {
    if !TOOL_FIELDS.contains(&key) || offset < value.start {
        return None;
    }
    let before = Span::new(value.start, offset).of(text);
    if before.matches('(').count() > before.matches(')').count() {
        return None;
    }
    let typed = word_at(text, offset, |it| it.is_ascii_alphanumeric() || it == '_' || it == '-');
    let in_front = Span::new(value.start, typed.start).of(text);
    (in_front.is_empty() || in_front.ends_with([' ', ',', '"', '\'', '[']))
        .then_some(CompletionPlace::Tool { typed, is_in_text: false })
}

/// Returns what the field may be set to, where that is known.
pub(super) fn values(scope: &CompletionScope<'_>, at: &ValuePlace) -> Vec<Completion> {
    let Some(field) = field(at.place, &at.field) else { return Vec::new() };
    let folder = scope.directory_name.filter(|it| is_valid_name(it));
    let choices = match folder {
        Some(folder) if (field.place, field.name) == (Place::Top, "name") => vec![folder],
        _ => field.choices().to_vec(),
    };
    let completion = |value: &str| Completion {
        documentation: Some(field.page()),
        new_text: format!("{}{value}", if at.needs_space { " " } else { "" }),
        ..Completion::new(CompletionKind::Value, at.typed, value)
    };
    choices.into_iter().map(completion).collect()
}

/// Returns the tools, those of the folder's clients first. In the text, only those that begin with
/// what is typed: most code there is no tool, and a list that is merely like it would get in the way.
pub(super) fn tools(scope: &CompletionScope<'_>, typed: Span, is_in_text: bool) -> Vec<Completion> {
    let word = typed.of(&scope.document.text);
    let begins_so = |tool: &&KnownTool| {
        let beginning = tool.name.get(..word.len());
        !is_in_text || beginning.is_some_and(|it| it.eq_ignore_ascii_case(word))
    };
    let is_elsewhere = |tool: &&KnownTool| {
        let is_had = |here: &[Client]| tool.clients.iter().any(|it| here.contains(it));
        scope.clients.is_some_and(|here| !tool.clients.is_empty() && !is_had(here))
    };
    let mut tools: Vec<_> = scope.tools.iter().filter(begins_so).collect();
    tools.sort_by_key(is_elsewhere);
    let completion = |tool: &KnownTool| Completion {
        detail: Some(tool.had_by()),
        documentation: Some(tool.meaning.to_string()),
        ..Completion::new(CompletionKind::Tool, typed, &*tool.name)
    };
    tools.into_iter().map(completion).collect()
}
