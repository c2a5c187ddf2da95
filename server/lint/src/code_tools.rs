//! Tools in the code of a skill's text: `` `read_file` ``.
//!
//! Code is full of names. `read_file` and `WebFetch` are hardly ever anything but a tool once there
//! is one that is called so; `Task` is a class as often, and `grep` a program.

use skill::{InlineCode, SkillDocument, Span};

use crate::{
    allowed_tools::{TOOL_FIELDS, tools_in_field},
    line_text::{line_at, word_at},
};

/// Finds the words of the body's inline code that are meant as tools if there are tools of that
/// name, in the order of the text.
pub(crate) fn code_tools(document: &SkillDocument) -> impl Iterator<Item = Span> {
    document.body.inline_code.iter().filter_map(|code| code_tool(document, code))
}

/// Returns the word of some inline code that is meant as a tool if there is one of that name: all of
/// the code, or what it calls.
pub(crate) fn code_tool(document: &SkillDocument, code: &InlineCode) -> Option<Span> {
    let name = first_word(document, code)?;
    let is_meant = match distinctness(name.of(&document.text)) {
        Distinctness::Tool => true,
        Distinctness::Type => is_called_a_tool(document, code, name),
        Distinctness::Word => false,
    };
    is_meant.then_some(name)
}

/// How far a name is from being that of something else.
enum Distinctness {
    /// It has parts: `read_file`, `WebFetch`.
    Tool,
    /// It is one word with a capital letter: `Task`.
    Type,
    /// It is an ordinary word or a program: `grep`.
    Word,
}

fn distinctness(name: &str) -> Distinctness {
    let has_hump = name
        .as_bytes()
        .windows(2)
        .any(|pair| matches!(pair, [a, b] if a.is_ascii_lowercase() && b.is_ascii_uppercase()));
    if has_hump || name.contains('_') {
        Distinctness::Tool
    } else if name.contains(|it: char| it.is_ascii_uppercase()) {
        Distinctness::Type
    } else {
        Distinctness::Word
    }
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

/// The skill lists it, or the text says so: `` the `Task` tool ``, `` Tools: `Read` ``.
fn is_called_a_tool(document: &SkillDocument, code: &InlineCode, name: Span) -> bool {
    let text = &*document.text;
    let is_listed = |field: &&str| {
        tools_in_field(document, field).iter().any(|tool| tool.name == name.of(text))
    };
    let line = line_at(text, code.span.start);
    let is_tool = |word: Option<&str>| {
        let word = word.unwrap_or_default().trim_matches(|it: char| !it.is_alphanumeric());
        word.eq_ignore_ascii_case("tool") || word.eq_ignore_ascii_case("tools")
    };
    let before = Span::new(line.start, code.span.start).of(text).split_whitespace().next_back();
    let behind = Span::new(code.span.end, line.end.max(code.span.end)).of(text);
    let behind = behind.strip_prefix(' ').and_then(|it| it.split_whitespace().next());
    is_tool(before) || is_tool(behind) || TOOL_FIELDS.iter().any(is_listed)
}

#[cfg(test)]
mod tests {
    use skill::SkillDocument;

    use super::code_tools;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let document = SkillDocument::parse(text);
        let found: Vec<&str> = code_tools(&document).map(|span| span.of(text)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn code_that_is_one_name_or_a_call_may_be_a_tool() {
        check(
            "😀 `read_file`, ``web_search(\"x\")``, `ls_x -l`, `a_b.md`, `WebFetch`, read_file\n",
            &["read_file", "web_search", "WebFetch"],
        );
        check("`grep`, `--all`, `write`\r\n", &[]);
    }

    #[test]
    fn one_word_is_a_tool_only_if_the_skill_says_so() {
        check("A method returns `Task`, or `Task(x)`; `Read`\n", &[]);
        check("With the `Task` tool.\r\nTools: `Read`, `Edit`\n", &["Task", "Read"]);
        let listed = "---\r\nallowed-tools: Read\r\n---\r\n😀 `Read(x)`, `Task`\r\n";
        check(listed, &["Read"]);
    }
}
