//! Names of fields that are not there yet.

use std::cmp::Reverse;

use skill::{Node, Span};

use crate::{
    Client, Completion, CompletionKind, CompletionScope, Field, Place, Readers, fields,
    line_end::line_end, line_text::word_at, name::is_valid_name,
};

/// Fields below `metadata` that the server writes itself, and old names.
const NOT_OFFERED: [&str; 8] = [
    "accepted",
    "clawdbot",
    "clawdis",
    "created",
    "source",
    "status",
    "teacher_model",
    "verification",
];

/// The name of a field that is being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldNamePlace {
    /// Where the field stands.
    pub place: Place,
    /// What is there of the name.
    pub typed: Span,
    /// Whether a colon follows.
    pub has_colon: bool,
}

/// Finds the name that is being written on the last of `lines`.
pub(super) fn field_name_place(
    text: &str,
    lines: &[Span],
    offset: usize,
) -> Option<FieldNamePlace> {
    let (line, above) = lines.split_last()?;
    let typed = word_at(text, offset, is_key);
    let indent = Span::new(line.start, typed.start).of(text);
    if !indent.bytes().all(|it| it == b' ') || typed.end > line.end {
        return None;
    }
    let behind = Span::new(typed.end, line.end).of(text);
    let has_colon = behind.starts_with(':');
    if !has_colon && !behind.trim().is_empty() {
        return None;
    }
    let place = match parent(text, above, indent.len()) {
        None if indent.is_empty() => Place::Top,
        Some("metadata") => Place::Metadata,
        _ => return None,
    };
    Some(FieldNamePlace { place, typed, has_colon })
}

/// Returns the name of the field at the top level that a line with this indent is directly below.
fn parent<'a>(text: &'a str, above: &[Span], indent: usize) -> Option<&'a str> {
    let indent_of = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let lines = above.iter().rev().map(|line| line.of(text)).filter(|it| !it.trim().is_empty());
    let outer = lines.filter(|_| indent > 0).find(|line| indent_of(line) < indent)?;
    // Behind a name with a value there is more of that value.
    let name = outer.split_once(" #").map_or(outer, |(before, _)| before).trim_end();
    Some(name.strip_suffix(':').unwrap_or(" "))
}

pub(super) fn is_key(it: char) -> bool {
    it.is_alphanumeric() || it == '_' || it == '-'
}

/// Returns the fields that may stand here: required ones, those of the folder's clients, those of
/// the format, those of other clients.
pub(super) fn field_names(scope: &CompletionScope<'_>, at: &FieldNamePlace) -> Vec<Completion> {
    let present = present(scope, at);
    let is_offered = |field: &&Field| {
        field.place == at.place
            && !present.contains(&field.name)
            && !(field.place == Place::Metadata && NOT_OFFERED.contains(&field.name))
    };
    let mut offered: Vec<&Field> = fields().iter().filter(is_offered).collect();
    offered.sort_by_key(|field| rank(scope, field));
    offered.into_iter().map(|field| completion(scope, at, field)).collect()
}

/// The names that are there already, but for the one under the cursor.
fn present<'a>(scope: &CompletionScope<'a>, at: &FieldNamePlace) -> Vec<&'a str> {
    let Some(frontmatter) = &scope.document.frontmatter else { return Vec::new() };
    let entries = match at.place {
        Place::Top => &*frontmatter.entries,
        Place::Metadata => frontmatter.field("metadata").map(Node::entries).unwrap_or_default(),
    };
    let others = entries.iter().filter(|entry| entry.key_span.start != at.typed.start);
    others.map(|entry| entry.key.as_str()).collect()
}

fn rank(scope: &CompletionScope<'_>, field: &Field) -> (u8, Reverse<usize>) {
    let n_clients = match field.readers {
        Readers::Only(clients) => clients.len(),
        Readers::EveryClient | Readers::EveryClientRequired => 0,
    };
    let rank = match field.readers {
        Readers::EveryClientRequired => 0,
        Readers::EveryClient => 2,
        Readers::Only(clients) => match scope.clients {
            Some(here) if clients.iter().any(|client| here.contains(client)) => 1,
            // Their fields belong below `metadata` here.
            _ if clients == [Client::Odysseus] && field.place == Place::Top => 4,
            _ => 3,
        },
    };
    (rank, Reverse(n_clients))
}

fn completion(scope: &CompletionScope<'_>, at: &FieldNamePlace, field: &Field) -> Completion {
    let name = field.name;
    let folder = scope.directory_name.filter(|it| is_valid_name(it));
    let new_text = match (name, folder) {
        _ if at.has_colon => name.to_owned(),
        ("name", Some(folder)) if at.place == Place::Top => format!("name: {folder}"),
        _ if field.is_map => {
            let indent = if at.place == Place::Top { "  " } else { "    " };
            format!("{name}:{}{indent}", line_end(&scope.document.text))
        }
        _ => format!("{name}: "),
    };
    Completion {
        detail: Some(field.read_by()),
        documentation: Some(field.page()),
        new_text,
        ..Completion::new(CompletionKind::Field, at.typed, name)
    }
}

#[cfg(test)]
mod tests {
    use super::NOT_OFFERED;
    use crate::{Place, field};

    #[test]
    fn what_is_not_offered_is_known() {
        for name in NOT_OFFERED {
            assert!(field(Place::Metadata, name).is_some(), "{name}");
        }
    }
}
