//! Commands that a setting maps to a tool, written out in a text.

use std::{cmp::Reverse, sync::LazyLock};

use regex::Regex;
use skill::Span;

use crate::{
    SkillFile,
    advice::{is_advised_against, is_refused, sentence_before},
    command_line::{can_start_a_command, command_before},
    lines::{last_line, nearby_before, nearby_behind},
    pattern::pattern,
    remote_launch::{RemoteLaunch, remote_launches},
};

/// A launcher where it is used as a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RawLauncher<'a> {
    /// The launcher's words alone: `vllm serve` of `vllm serve "$MODEL"`.
    pub(crate) span: Span,
    /// The launcher as the setting names it.
    pub(crate) launcher: &'a str,
    /// The tool to call instead.
    pub(crate) tool: &'a str,
}

/// An interpreter of some version and its options, right in front of what it runs.
static PYTHON_BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?:^|[^\w.-])(?<whole>python[0-9.]*(?:[ \t]+-[A-Za-ln-z]\w*)*[ \t]+)$")
});

/// Words in front of a program that leave it the program that runs.
static WRAPPED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"^\s*(?:[$>%#-]\s+)?(?:(?:[A-Za-z_]\w*=\S*|sudo|nohup|exec|setsid|time|env|nice|command|",
        r"then|do|else|\{|uv run|poetry run|pixi run|conda run(?: -n \S+)?|-[A-Za-z-]+)\s+)*",
        r"(?:[\w.-]+=|[\w.-]+:\s*\[?)?[\w./~$@{}-]*$",
    ))
});

/// Programs that look for a command or end it rather than run it.
static LOOKS_FOR_IT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\b(?:pkill|pgrep|killall|kill|grep|rg|echo|printf|which|whereis|type|man|ps|pidof)\b")
});

/// A verb that makes a sentence's command one to run.
static RUN_IT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)\b(?:use|us(?:e|ing)|run|running|start|launch|call|execute|invoke|try|type|enter|issue|",
        r"restart|with|via|through|serve (?:it|this) (?:with|using))\b[^.;:]{0,40}$|^\s*(?:[-*]|\d+[.)])?\s*[`*]*$|:\s*`*$",
    ))
});

/// Returns where `file` uses a launcher that the settings map to a tool, in the order of the text.
///
/// What starts something on another machine is left to the rule about that.
pub(crate) fn raw_launchers<'a>(file: &SkillFile<'a>) -> Vec<RawLauncher<'a>> {
    let mut found: Vec<RawLauncher<'a>> = Vec::new();
    for (launcher, tool) in &file.settings.launchers {
        let spans = occurrences(file.text(), launcher);
        let commands = spans.filter(|span| is_command(file, *span, launcher));
        found.extend(commands.map(|span| RawLauncher { span, launcher, tool }));
    }
    if found.is_empty() {
        return found;
    }
    // Of launchers that begin with the same words, the longest is meant.
    found.sort_by_key(|it| (it.span.start, Reverse(it.span.end)));
    found.dedup_by_key(|it| it.span.start);
    let remote: Vec<Span> = remote_launches(file).iter().map(RemoteLaunch::whole).collect();
    found.retain(|it| {
        let n_before = remote.partition_point(|launch| launch.start <= it.span.start);
        let launch = n_before.checked_sub(1).and_then(|at| remote.get(at));
        !launch.is_some_and(|launch| launch.contains(it.span))
            && !is_advised_against(file, it.span)
            && !is_refused(file, it.span)
    });
    found
}

/// Returns where the words of `launcher` stand, whatever Python they are given to.
fn occurrences<'a>(text: &'a str, launcher: &'a str) -> impl Iterator<Item = Span> + use<'a> {
    let words: Vec<&str> = launcher.split_whitespace().collect();
    let (is_python, searched) = match words.as_slice() {
        [program, module @ ..] if program.starts_with("python") && !module.is_empty() => {
            (true, module.join(" "))
        }
        _ => (false, words.join(" ")),
    };
    let mut at = if searched.is_empty() { text.len() } else { 0 };
    std::iter::from_fn(move || {
        loop {
            let start = at + text.get(at..)?.find(&searched)?;
            let end = start + searched.len();
            at = end;
            if !ends_a_word(text.get(end..)?) {
                continue;
            }
            let before = nearby_before(text, start);
            if !is_python {
                return Some(Span::new(start, end));
            }
            if let Some(python) = PYTHON_BEFORE.captures(before).and_then(|it| it.name("whole")) {
                return Some(Span::new(start - python.len(), end));
            }
        }
    })
}

/// Tells whether nothing of what follows belongs to the word in front of it.
fn ends_a_word(behind: &str) -> bool {
    let mut characters = behind.chars();
    match characters.next() {
        Some('.') => !characters.next().is_some_and(char::is_alphanumeric),
        Some(it) => !(it.is_alphanumeric() || "_-/=@".contains(it)),
        None => true,
    }
}

/// Tells whether the launcher at `span` is run there, not merely named.
fn is_command(file: &SkillFile<'_>, span: Span, launcher: &str) -> bool {
    let text = file.text();
    let line = nearby_before(text, span.start);
    let behind = nearby_behind(text, span.end);
    let is_asked_about = behind.split_whitespace().next().is_some_and(|word| {
        matches!(word.trim_end_matches('`'), "--version" | "-V" | "--help" | "-h")
    });
    let is_path = line.ends_with('/');
    let in_front = if is_path { line.trim_end_matches(is_part_of_a_path) } else { line };
    if is_asked_about || !can_start_a_command(in_front) {
        return false;
    }
    let body = &file.document.body;
    if body.code_block_at(span.start).is_some() {
        let is_comment = ["#", "//", ";"].iter().any(|it| line.trim_start().starts_with(it));
        return !is_comment
            && !LOOKS_FOR_IT.is_match(line)
            && WRAPPED.is_match(command_before(line));
    }
    let has_arguments =
        behind.starts_with(" -") || behind.starts_with(" \"") || behind.starts_with(" $");
    let is_bare_name = !launcher.trim().contains(char::is_whitespace);
    match body.inline_code_at(span.start) {
        Some(code) => {
            let before = Span::new(code.span.start, span.start).of(text);
            let before = last_line(before).trim_start_matches('`');
            let is_head =
                WRAPPED.is_match(command_before(before)) && !LOOKS_FOR_IT.is_match(before);
            let is_alone = code.text.trim() == launcher;
            let sentence = sentence_before(text, code.span.start);
            let is_named_only = is_alone && (is_bare_name || !RUN_IT.is_match(sentence));
            is_head && !is_named_only
        }
        None => {
            has_arguments || (!is_bare_name && RUN_IT.is_match(sentence_before(text, span.start)))
        }
    }
}

fn is_part_of_a_path(it: char) -> bool {
    it.is_alphanumeric() || "./_-~$".contains(it)
}
