//! All words of a skill that name something: for what shows them in a color of their own.

use skill::{Entry, SkillDocument, Span};

use crate::{
    Client,
    allowed_tools::{TOOL_FIELDS, tools_in_field},
    code_tools::code_tools,
    filled_in_words,
};

/// What a word names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedWord {
    /// A field, by its key, of the frontmatter or of a map in it.
    Field,
    /// What a client fills in.
    Placeholder,
    /// A tool, in a field that lists tools.
    ListedTool,
    /// What is meant as a tool in the text's code, if there is one of that name.
    CodeWord,
}

/// Returns the words, sorted by place; no two overlap. What is filled in depends on the clients that
/// load the skill; `None` is any.
pub fn named_words(document: &SkillDocument, clients: Option<&[Client]>) -> Vec<(Span, NamedWord)> {
    let mut words = Vec::new();
    let entries = document.frontmatter.iter().flat_map(|it| &it.entries);
    entries.for_each(|entry| push_keys(entry, &mut words));
    for field in TOOL_FIELDS {
        let tools = tools_in_field(document, field).into_iter();
        words.extend(tools.map(|tool| (tool.span, NamedWord::ListedTool)));
    }
    words.extend(code_tools(document).map(|span| (span, NamedWord::CodeWord)));
    let placeholders = filled_in_words(document, clients, document.body.span).into_iter();
    words.extend(placeholders.map(|(span, _)| (span, NamedWord::Placeholder)));
    words.sort_by_key(|(span, _)| (span.start, span.end));
    let mut end = 0;
    words.retain(|(span, _)| {
        let is_free = span.start >= end;
        end = end.max(span.end);
        is_free
    });
    words
}

fn push_keys(entry: &Entry, words: &mut Vec<(Span, NamedWord)>) {
    words.push((entry.key_span, NamedWord::Field));
    entry.value.entries().iter().for_each(|entry| push_keys(entry, words));
}

#[cfg(test)]
mod tests {
    use skill::SkillDocument;

    use super::{NamedWord, named_words};

    #[track_caller]
    fn check(text: &str, expected: &[(&str, NamedWord)]) {
        let document = SkillDocument::parse(text);
        let words = named_words(&document, None);
        let found: Vec<(&str, NamedWord)> =
            words.into_iter().map(|(span, word)| (span.of(text), word)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn keys_and_listed_tools_are_named_in_the_frontmatter() {
        let text = "---\r\nname: größe\r\nmetadata:\r\n  a: b\r\nallowed-tools: Read Bash(git:*)\r\n\
                    disallowed-tools:\r\n  - \"Edit\"\r\n---\r\n";
        check(
            text,
            &[
                ("name", NamedWord::Field),
                ("metadata", NamedWord::Field),
                ("a", NamedWord::Field),
                ("allowed-tools", NamedWord::Field),
                ("Read", NamedWord::ListedTool),
                ("Bash", NamedWord::ListedTool),
                ("disallowed-tools", NamedWord::Field),
                ("Edit", NamedWord::ListedTool),
            ],
        );
    }

    #[test]
    fn placeholders_are_named_also_in_code_blocks() {
        check(
            "Costs $5.\n\n```sh\nls ${CLAUDE_SKILL_DIR}/x | awk '{print $1}'\n```\n",
            &[("${CLAUDE_SKILL_DIR}", NamedWord::Placeholder)],
        );
        check(
            "---\nargument-hint: file\n---\n`read_file`: count $0 and \\$1.\n",
            &[
                ("argument-hint", NamedWord::Field),
                ("read_file", NamedWord::CodeWord),
                ("$0", NamedWord::Placeholder),
            ],
        );
    }
}
