//! Words in a skill's text that a client fills in before the agent reads it.
//!
//! A table of its own, so that a client's change is one row. Source: the clients' documentation as
//! of August 2026.

use skill::Span;

use crate::Client;

/// A word that a client fills in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlaceholderWord {
    /// How it is written.
    pub written: &'static str,
    /// What it stands for: sentences for people, in Markdown.
    pub meaning: &'static str,
    /// Who fills it in.
    pub client: Client,
}

static WORDS: &[PlaceholderWord] = &[
    PlaceholderWord {
        written: "$ARGUMENTS",
        meaning: "Everything that was typed behind the skill's name. Where the text has no such word, the arguments are added at its end.",
        client: Client::ClaudeCode,
    },
    PlaceholderWord {
        written: "$ARGUMENTS[0]",
        meaning: "One argument by its number, from 0.",
        client: Client::ClaudeCode,
    },
    PlaceholderWord {
        written: "$0",
        meaning: "One argument by its number, from 0: short for `$ARGUMENTS[0]`.",
        client: Client::ClaudeCode,
    },
    PlaceholderWord {
        written: "${CLAUDE_SKILL_DIR}",
        meaning: "The folder of this `SKILL.md`: for commands that run bundled scripts, wherever the skill is installed.",
        client: Client::ClaudeCode,
    },
    PlaceholderWord {
        written: "${CLAUDE_SESSION_ID}",
        meaning: "The id of the current conversation: for the names of logs and of files of one conversation.",
        client: Client::ClaudeCode,
    },
];

/// Returns the words that clients fill in.
pub fn placeholder_words() -> &'static [PlaceholderWord] {
    WORDS
}

/// Returns the word that a client fills in at `offset`, with where it is written.
pub fn placeholder_word_at(text: &str, offset: usize) -> Option<(Span, &'static PlaceholderWord)> {
    let before = text.get(..offset)?;
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let start = match text.get(offset..)?.chars().next() {
        Some('$') => offset,
        _ => line_start + text.get(line_start..offset)?.rfind('$')?,
    };
    let is_escaped = text.get(..start)?.ends_with(['\\', '$']);
    let written = text.get(start..)?;
    let (length, word) = WORDS.iter().find_map(|word| Some((length(word, written)?, word)))?;
    let span = Span::new(start, start + length);
    (!is_escaped && offset <= span.end).then_some((span, word))
}

/// How much of a text is this word; numbers stand for any number.
fn length(word: &PlaceholderWord, text: &str) -> Option<usize> {
    let (stem, tail) = word.written.split_once('0').unwrap_or((word.written, ""));
    let rest = text.strip_prefix(stem)?;
    let has_number = stem.len() < word.written.len();
    let behind =
        if has_number { rest.trim_start_matches(|it: char| it.is_ascii_digit()) } else { rest };
    let n_digits = rest.len() - behind.len();
    let behind = behind.strip_prefix(tail)?;
    // `$5` with more digits, a fraction or letters behind it is a price or another variable.
    let is_number = !has_number || (1..=2).contains(&n_digits);
    let mut next = behind.chars();
    let goes_on = match next.next() {
        Some('[') => stem == "$ARGUMENTS" && tail.is_empty(),
        Some('.' | ',') => has_number && next.next().is_some_and(|it| it.is_ascii_digit()),
        Some(it) => !word.written.ends_with(['}', ']']) && (it.is_alphanumeric() || it == '_'),
        None => false,
    };
    (is_number && !goes_on).then(|| text.len() - behind.len())
}

#[cfg(test)]
mod tests {
    use super::placeholder_word_at;

    #[track_caller]
    fn check(fixture: &str, expected: Option<(&str, &str)>) {
        let offset = fixture.find('|').unwrap();
        let text = fixture.replacen('|', "", 1);
        let found = placeholder_word_at(&text, offset);
        assert_eq!(found.map(|(span, word)| (span.of(&text), word.written)), expected);
    }

    #[test]
    fn a_word_is_known_wherever_the_cursor_is_in_it() {
        check("😀 |$ARGUMENTS", Some(("$ARGUMENTS", "$ARGUMENTS")));
        check("\"$ARG|UMENTS\"", Some(("$ARGUMENTS", "$ARGUMENTS")));
        check("$ARGUMENTS[1|2] x", Some(("$ARGUMENTS[12]", "$ARGUMENTS[0]")));
        check(
            "run ${CLAUDE_SKILL_DIR}|/x.sh",
            Some(("${CLAUDE_SKILL_DIR}", "${CLAUDE_SKILL_DIR}")),
        );
        check("the file $|1.", Some(("$1", "$0")));
    }

    #[test]
    fn prices_and_variables_are_none() {
        for fixture in
            ["$5|.50", "$|100", "$|1,000", "$|1k", "$HO|ME", "\\$|1", "$$|1", "$ARGUMENTS_|X"]
        {
            check(fixture, None);
        }
    }
}
