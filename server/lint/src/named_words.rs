//! All words of a skill that name something: for what shows them in a color of their own.

use skill::{Entry, InlineCode, SkillDocument, Span};

use crate::{allowed_tools::tools_in_field, line_text::word_at, placeholder_word_at};

/// The fields that list tools.
const TOOL_FIELDS: [&str; 2] = ["allowed-tools", "disallowed-tools"];

/// The fields that say what a skill is called with.
const ARGUMENT_FIELDS: [&str; 2] = ["argument-hint", "arguments"];

/// The placeholder of one argument, which looks like a price or a column too.
const NUMBERED: &str = "$0";

/// What a word names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedWord {
    /// A field, by its key, of the frontmatter or of a map in it.
    Field,
    /// What a client fills in.
    Placeholder,
    /// A tool, in a field that lists tools.
    ListedTool,
    /// What can be a tool, at the beginning of code in the text.
    CodeWord,
}

/// Returns the words, sorted by place; no two overlap.
pub fn named_words(document: &SkillDocument) -> Vec<(Span, NamedWord)> {
    let mut words = Vec::new();
    let entries = document.frontmatter.iter().flat_map(|it| &it.entries);
    entries.for_each(|entry| push_keys(entry, &mut words));
    for field in TOOL_FIELDS {
        let tools = tools_in_field(document, field).into_iter();
        words.extend(tools.map(|tool| (tool.span, NamedWord::ListedTool)));
    }
    let in_code = document.body.inline_code.iter().filter_map(|code| first_word(document, code));
    words.extend(in_code.map(|span| (span, NamedWord::CodeWord)));
    words.extend(placeholders(document).map(|span| (span, NamedWord::Placeholder)));
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

/// A call, or nothing but a name.
fn first_word(document: &SkillDocument, code: &InlineCode) -> Option<Span> {
    let name = word_at(&code.text, 0, |it| it.is_ascii_alphanumeric() || it == '_' || it == '-');
    let behind = code.text.get(name.end..)?;
    if name.is_empty() || !(behind.is_empty() || behind.starts_with('(')) {
        return None;
    }
    let written = code.span.of(&document.text);
    let start = code.span.start + written.len() - written.trim_start_matches(['`', ' ']).len();
    let span = Span::new(start, start + name.len());
    (document.text.get(span.start..span.end)? == name.of(&code.text)).then_some(span)
}

/// A number alone is a placeholder only in a skill that speaks of arguments elsewhere.
fn placeholders(document: &SkillDocument) -> impl Iterator<Item = Span> {
    let text = &*document.text;
    let body = document.body.span.of(text);
    let takes_arguments = body.contains("$ARGUMENTS")
        || ARGUMENT_FIELDS.iter().any(|field| document.field(field).is_some());
    let marks = body.match_indices('$').map(|(at, _)| document.body.span.start + at);
    marks.filter_map(move |at| {
        let (span, word) = placeholder_word_at(text, at)?;
        let is_meant = word.written != NUMBERED || takes_arguments;
        (span.start == at && is_meant).then_some(span)
    })
}

#[cfg(test)]
mod tests {
    use skill::SkillDocument;

    use super::{NamedWord, named_words};

    #[track_caller]
    fn check(text: &str, expected: &[(&str, NamedWord)]) {
        let document = SkillDocument::parse(text);
        let words = named_words(&document);
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
    fn code_that_is_one_name_or_a_call_may_be_a_tool() {
        check(
            "😀 `read_file`, ``bash(\"ls\")``, `ls -l`, `a.md`, `--all`, read_file\n",
            &[
                ("read_file", NamedWord::CodeWord),
                ("bash", NamedWord::CodeWord),
                ("--all", NamedWord::CodeWord),
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
            "---\nargument-hint: file\n---\nCount $0 and \\$1.\n",
            &[("argument-hint", NamedWord::Field), ("$0", NamedWord::Placeholder)],
        );
    }
}
