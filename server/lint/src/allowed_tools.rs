//! The tools that a skill may use without asking.

use skill::{Node, NodeKind, SkillDocument, Span};

/// The fields that list tools.
pub(crate) const TOOL_FIELDS: [&str; 2] = ["allowed-tools", "disallowed-tools"];

/// A tool that is named in `allowed-tools`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AllowedTool<'a> {
    /// The name, without what the tool is limited to.
    pub(crate) name: &'a str,
    /// Where the name stands.
    pub(crate) span: Span,
}

/// Returns the tools of a skill, of a list as well as of one text.
pub(crate) fn allowed_tools(document: &SkillDocument) -> Vec<AllowedTool<'_>> {
    tools_in_field(document, "allowed-tools")
}

/// Returns the tools that a field lists.
pub(crate) fn tools_in_field<'a>(document: &'a SkillDocument, key: &str) -> Vec<AllowedTool<'a>> {
    let Some(value) = document.field(key) else { return Vec::new() };
    let text = &document.text;
    match &value.kind {
        NodeKind::Scalar { .. } => names(text, value.span),
        NodeKind::Sequence(items) => {
            items.iter().filter_map(|item| item_name(text, item)).collect()
        }
        _ => Vec::new(),
    }
}

/// An item of a list is one tool, also if its name has a space.
fn item_name<'a>(text: &'a str, item: &Node) -> Option<AllowedTool<'a>> {
    let written = item.as_text().map(|_| item.span.of(text))?;
    let quotes = ['"', '\''];
    let unquoted = written.trim_start_matches(quotes);
    let start = item.span.start + written.len() - unquoted.len();
    let name = unquoted.split('(').next().unwrap_or_default().trim_end_matches(quotes).trim_end();
    let span = Span::new(start, start + name.len());
    (!name.is_empty()).then_some(AllowedTool { name, span })
}

/// Splits at white space and commas, but for those in brackets; quotes and the marker of a block
/// are not part of a name.
fn names(text: &str, value: Span) -> Vec<AllowedTool<'_>> {
    let mut names = Vec::new();
    let mut depth = 0_usize;
    let mut start = None;
    let written = value.of(text);
    for (at, character) in written.char_indices().chain([(written.len(), ' ')]) {
        let is_part = depth == 0
            && !matches!(character, '(' | ')' | ',' | '"' | '\'')
            && !character.is_whitespace();
        match (is_part, start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                let span = Span::new(from, at).shifted(value.start);
                names.push(AllowedTool { name: span.of(text), span });
                start = None;
            }
            _ => {}
        }
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    names.retain(|tool| tool.name.contains(char::is_alphanumeric));
    names
}
