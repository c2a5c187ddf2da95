//! `tools/unknown`: a tool that nobody has.

use std::collections::BTreeMap;

use skill::{InlineCode, Span, TextEdit};

use crate::{
    Fix, Level, Problem, Rule, Safety, Severity, SkillFile,
    allowed_tools::allowed_tools,
    lines::{nearby_before, nearby_behind},
    near_miss::near_miss,
    tools::{is_known_tool, tool_names},
};

pub(super) static RULE: Rule = Rule {
    code: "tools/unknown",
    level: Level::Warning,
    summary: "a tool that no known client has",
    page: include_str!("../../../preceptor/guide/rules/tools/unknown.md"),
    check,
};

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let mut places: BTreeMap<&str, Vec<Span>> = BTreeMap::new();
    for tool in allowed_tools(file.document) {
        if !is_known(file, tool.name) {
            places.entry(tool.name).or_default().push(tool.span);
        }
    }
    let mut problems: Vec<_> =
        places.iter().filter_map(|(name, places)| not_allowed(file, name, places)).collect();
    problems.extend(misspelled_in_prose(file));
    problems
}

fn is_known(file: &SkillFile<'_>, name: &str) -> bool {
    // A tool of a server goes by the server's name, and a pattern is no name.
    let is_of_a_server = name.starts_with("mcp__") || name.contains(['/', ':', '.', '@']);
    let is_pattern = name.contains(['*', '$', '<', '{', '[']);
    is_of_a_server
        || is_pattern
        || is_known_tool(name)
        || file.settings.known_tools.iter().any(|it| it == name)
}

fn not_allowed(file: &SkillFile<'_>, name: &str, places: &[Span]) -> Option<Problem> {
    let (first, others) = places.split_first()?;
    let related = others.iter().map(|span| (*span, "and here".to_owned()));
    let problem = match meant_tool(file, name) {
        Some(meant) => {
            let message = format!("No known client has a tool `{name}`: did you mean `{meant}`?");
            Problem::new(*first, message).with_fix(Fix {
                title: format!("Write `{meant}`"),
                edits: places.iter().map(|span| TextEdit::replace(*span, meant)).collect(),
                safety: Safety::Safe,
            })
        }
        None => {
            let message = format!(
                "No known client has a tool `{name}`: allowing it does nothing; if one of yours \
                 has it, add it to `lint.known_tools`"
            );
            let problem = Problem::new(*first, message);
            // A name of this kind may be a server's.
            if name.starts_with(char::is_uppercase) {
                problem
            } else {
                problem.at_most(Severity::Hint)
            }
        }
    };
    Some(problem.with_related(related))
}

fn meant_tool<'a>(file: &'a SkillFile<'_>, name: &str) -> Option<&'a str> {
    let own = file.settings.known_tools.iter().map(String::as_str);
    near_miss(name, tool_names().chain(own))
}

/// In prose only what is nearly a tool's name is told, and only where the text calls it a tool.
fn misspelled_in_prose(file: &SkillFile<'_>) -> Vec<Problem> {
    let mut places: BTreeMap<&str, (&str, Vec<Span>)> = BTreeMap::new();
    for code in &file.document.body.inline_code {
        let name = code.text.as_str();
        if may_be_a_tool(name)
            && is_called_a_tool(file.text(), code)
            && !is_known(file, name)
            && let Some(meant) = meant_tool(file, name).filter(|meant| is_slip(name, meant))
        {
            let within = code.span.of(file.text()).find(name).unwrap_or_default();
            let start = code.span.start + within;
            places
                .entry(name)
                .or_insert((meant, Vec::new()))
                .1
                .push(Span::new(start, start + name.len()));
        }
    }
    let problem = |(name, (meant, places)): (&str, (&str, Vec<Span>))| {
        let (first, others) = places.split_first()?;
        let message = format!("No known client has a tool `{name}`: did you mean `{meant}`?");
        let related = others.iter().map(|span| (*span, "and here".to_owned()));
        Some(Problem::new(*first, message).with_related(related).with_fix(Fix {
            title: format!("Write `{meant}`"),
            edits: places.iter().map(|span| TextEdit::replace(*span, meant)).collect(),
            safety: Safety::Safe,
        }))
    };
    places.into_iter().filter_map(problem).collect()
}

/// A name of two words, as nobody writes it who means something else: `WebFecth`, `raed_file`.
fn may_be_a_tool(name: &str) -> bool {
    let is_identifier = name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_');
    let has_two_words = name.contains('_')
        || (name.starts_with(|it: char| it.is_ascii_uppercase())
            && name.bytes().skip(1).any(|it| it.is_ascii_uppercase()));
    is_identifier && has_two_words && name.len() >= 7
}

fn is_called_a_tool(text: &str, code: &InlineCode) -> bool {
    let behind = nearby_behind(text, code.span.end);
    let in_front = nearby_before(text, code.span.start);
    let next = behind.trim_start_matches(['*', '_']).split_whitespace().next().unwrap_or_default();
    let last = in_front.trim_end_matches(['*', '_', ' ']).split_whitespace().next_back();
    let is_tool =
        |word: &str| word.trim_end_matches(['.', ',', ':', ';', ')']).eq_ignore_ascii_case("tool");
    is_tool(next) || last.is_some_and(is_tool)
}

/// The plural of a name, or a name in another notation, may be meant as it is.
fn is_slip(name: &str, meant: &str) -> bool {
    let plain = |text: &str| text.replace('_', "").to_lowercase();
    let (name, meant) = (plain(name), plain(meant));
    name != meant
        && name.strip_suffix('s') != Some(&*meant)
        && meant.strip_suffix('s') != Some(&*name)
}
