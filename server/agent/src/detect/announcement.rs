//! Answers that end by saying what comes next instead of doing it.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::matches;

/// Returns the sentence at the end of `prose` that announces a step of work. `prose` is what a
/// model says in its own words, see [`super::answer`].
pub(super) fn announcement(prose: &str) -> Option<&str> {
    let line = prose.lines().rev().find(|line| !line.trim().is_empty())?;
    let sentence = sentences(line).last()?;
    let announces = matches(&ANNOUNCES, sentence) && !matches(&WAITS, sentence);
    (!sentence.ends_with('?') && announces).then_some(sentence)
}

/// Returns whether an answer is nothing but a call of a tool in words: it was meant to be made, and
/// nobody made it. Whoever asked for such words has them.
pub(super) fn is_written_call(request: &str, answer: &str) -> bool {
    let answer = answer.trim();
    if matches(&ASKS_FOR_CALL, request) {
        return false;
    }
    let inside = answer.strip_prefix("```").and_then(|it| it.strip_suffix("```"));
    let inside = inside.map(|it| it.trim_start_matches(char::is_alphabetic).trim());
    matches(&MARKED_CALL, answer) || is_call(inside.unwrap_or(answer))
}

/// Whether a text is an object that names a tool and has arguments for it.
fn is_call(text: &str) -> bool {
    let Ok(Value::Object(object)) = serde_json::from_str::<Value>(text) else { return false };
    let has = |keys: &[&str]| keys.iter().any(|key| object.contains_key(*key));
    object.len() <= 4
        && has(&["name", "tool", "function", "tool_name"])
        && has(&["arguments", "parameters", "args", "input", "tool_input"])
}

/// A call in the marks of one of the formats that models were trained on.
static MARKED_CALL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?s)^(?:```\w*\s*)?(?:<tool_call>.*(?:</tool_call>|\})|<function=.*|\[TOOL_CALLS\].*|<\|tool_calls?_begin\|>.*",
        r"|<\|python_tag\|>.*|functions\.\w+:\d+\s*\{.*\})(?:\s*```)?$",
    ))
    .ok()
});

static ASKS_FOR_CALL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\bjson\b|\b(?:tool|function)[ _-]?calls?\b|<tool_call>|\bschema\b").ok()
});

/// A step of work that the speaker is about to take. Verbs of telling (explain, list, summarize)
/// are left out: what follows them may be the answer itself.
static ANNOUNCES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b(?:let me|let's|let us|I'll|I will|I'm going to|I am going to|I'm about to)\s+",
        r"(?:(?:now|first|next|then|also|just|quickly|start by|begin by|try to|try|go ahead and|",
        r"proceed to|continue to)\s+)*",
        r"(?:read|check|look|take a look|run|re-?run|search|find|grep|open|inspect|examine|create|",
        r"write|edit|fix|update|try|retry|count|start|begin|continue|proceed|execute|install|test|",
        r"verify|explore|analy[sz]e|review|fetch|modify|implement|investigate|call|build|compile|",
        r"scan|load|gather|reading|checking|looking|running|searching|opening|inspecting|",
        r"examining|exploring|counting|creating|writing)\b",
    ))
    .ok()
});

/// What waits for somebody or for later is no step that was left out.
static WAITS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:if|once|when|whenever|until|unless|after you|as soon as|later|next time|in future|from now on|you'd like|you want|not)\b",
    )
    .ok()
});

/// Cuts a line behind the marks that end a sentence; a point within a file's name ends none.
pub(super) fn sentences(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line.trim();
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest
            .match_indices(['.', '!', '?'])
            .map(|(at, mark)| at + mark.len())
            .find(|end| rest.get(*end..).is_some_and(|it| it.starts_with(char::is_whitespace)))
            .unwrap_or(rest.len());
        let (sentence, more) = rest.split_at(end);
        rest = more.trim_start();
        Some(sentence)
    })
}

#[cfg(test)]
mod tests {
    use super::{announcement, is_written_call};

    #[test]
    fn a_step_that_is_only_announced_is_found() {
        for answer in [
            "Let me read the file.",
            "The folder has two files. Let me check data.csv first:",
            "I'll now run the tests.",
            "That did not work.\n\nI will try another command.",
            "Next, I'm going to take a look at src/main.rs",
            "OK, let's start by counting the rows...",
        ] {
            assert!(announcement(answer).is_some(), "{answer}");
        }
    }

    #[test]
    fn a_call_in_words_is_a_step_that_was_not_taken() {
        let request = "Count the rows of data.csv.";
        for answer in [
            "<tool_call>\n{\"name\": \"bash\", \"arguments\": {\"command\": \"wc -l data.csv\"}}\n</tool_call>",
            "```json\n{\"name\": \"bash\", \"arguments\": {\"command\": \"wc -l data.csv\"}}\n```",
            "{\"tool\": \"bash\", \"parameters\": {\"command\": \"wc -l data.csv\"}}",
            "<function=bash>\n<parameter=command>wc -l data.csv</parameter>\n</function>",
            "[TOOL_CALLS] [{\"name\": \"bash\", \"arguments\": {}}]",
            "functions.bash:0{\"command\": \"wc -l data.csv\"}",
        ] {
            assert!(is_written_call(request, answer), "{answer}");
            let asked = "Show me a tool call for it.";
            assert!(!is_written_call(asked, answer), "{answer}");
        }
        for answer in [
            "There are 12 rows.",
            "{\"name\": \"data.csv\", \"rows\": 12}",
            "It is called with `{\"name\": \"bash\", \"arguments\": {}}`.",
            "```sh\nwc -l data.csv\n```",
            "",
        ] {
            assert!(!is_written_call(request, answer), "{answer}");
        }
    }

    #[test]
    fn answers_offers_and_conditions_announce_nothing() {
        for answer in [
            "There are 12 rows.",
            "Let me know if you need more.",
            "I'll run the tests if you want.",
            "Once you have saved it, I will check again.",
            "Shall I run the tests? Otherwise tell me what to do.",
            "Let me check the file. There are 12 rows.",
            "I will read the file.\nIt has 12 rows.",
            "Let me summarize: there are 12 rows.",
            "I'll leave the rest to you.",
            "I will not run that.",
            "Should I? I'll check that, or will you?",
            "",
        ] {
            assert_eq!(announcement(answer), None, "{answer}");
        }
    }
}
