//! `tools/step-without-tool`: a step of a teacher that names no tool.

use skill::Span;

use crate::{
    Level, Problem, Rule, SkillFile,
    lines::line_around,
    numbered::numbered_lists,
    origin::is_from_a_teacher,
    teacher_sections::{SectionKind, section},
    tools::tool_names,
};

pub(super) static RULE: Rule = Rule {
    code: "tools/step-without-tool",
    level: Level::Hint,
    summary: "a step of a teacher's procedure names no tool and no command",
    page: include_str!("../../../preceptor/guide/rules/tools/step-without-tool.md"),
    check,
};

/// What a model does by itself, without calling anything.
const WORDS_TO_THE_USER: [&str; 12] = [
    "answer",
    "ask",
    "confirm",
    "explain",
    "inform",
    "mention",
    "present",
    "reply",
    "report",
    "respond",
    "summarize",
    "tell",
];

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    if !is_from_a_teacher(file.document) {
        return Vec::new();
    }
    let Some((_, content)) = section(file.document, SectionKind::Procedure) else {
        return Vec::new();
    };
    let lists = numbered_lists(file);
    // The first list is the outer one: what is numbered within a step is a part of it.
    let steps = lists.iter().find(|list| list.iter().all(|it| content.contains(it.span)));
    let starts: Vec<usize> = steps.into_iter().flatten().map(|it| it.span.start).collect();
    let ends = starts.iter().skip(1).copied().chain([content.end]);
    let steps = starts.iter().zip(ends).map(|(&start, end)| Span::new(start, end));
    steps
        .filter(|step| !names_a_tool(file, *step) && !talks_to_the_user(step.of(file.text())))
        .map(|step| {
            let line = line_around(file.text(), step.start);
            let message = "The step names no tool and no command: a weaker model has to guess \
                           what to call";
            Problem::new(Span::new(step.start, line.end), message)
        })
        .collect()
}

fn talks_to_the_user(step: &str) -> bool {
    step.split(|it: char| !it.is_alphanumeric())
        .any(|word| WORDS_TO_THE_USER.iter().any(|it| word.eq_ignore_ascii_case(it)))
}

/// Code of any kind, a link to a file, or a tool by its name.
fn names_a_tool(file: &SkillFile<'_>, step: Span) -> bool {
    let text = step.of(file.text());
    let is_tool = |word: &str| {
        let known = tool_names().any(|name| name == word);
        let is_no_plain_word = word.contains('_') || word.contains(char::is_uppercase);
        is_no_plain_word && (known || file.settings.known_tools.iter().any(|name| name == word))
    };
    text.contains(['`', '<', '$'])
        || text.contains("](")
        || text.contains('_') && text.split_whitespace().any(|it| it.contains('_'))
        || text.split(|it: char| !it.is_alphanumeric() && it != '_').any(is_tool)
}
