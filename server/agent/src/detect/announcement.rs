//! Answers that end by saying what comes next instead of doing it.

use std::sync::LazyLock;

use regex::Regex;

use super::matches;

/// Returns the sentence at the end of `prose` that announces a step of work. `prose` is what a
/// model says in its own words, see [`super::answer`].
pub(super) fn announcement(prose: &str) -> Option<&str> {
    let line = prose.lines().rev().find(|line| !line.trim().is_empty())?;
    let sentence = sentences(line).last()?;
    let announces = matches(&ANNOUNCES, sentence) && !matches(&WAITS, sentence);
    (!sentence.ends_with('?') && announces).then_some(sentence)
}

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
    use super::announcement;

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
