//! Words in a skill's text that a client fills in before the agent reads it.
//!
//! A table of its own, so that a client's change is one row. Source: the clients' documentation as
//! of August 2026.

mod numbers;

use std::cell::OnceCell;

use skill::{SkillDocument, Span};

pub(crate) use crate::placeholder_words::numbers::is_price_place;
use crate::{
    Client,
    placeholder_words::numbers::{is_argument, n_arguments_of},
};

/// The placeholder of one argument, which looks like a price or a column too.
const NUMBERED: &str = "$0";

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

/// Returns the words in a part of a skill's body that one of `clients` fills in, with where they are
/// written, in the order of the text. `None` is any client.
pub fn filled_in_words(
    document: &SkillDocument,
    clients: Option<&[Client]>,
    part: Span,
) -> Vec<(Span, &'static PlaceholderWord)> {
    let text = &*document.text;
    let part = Span::new(part.start.max(document.body.span.start), part.end);
    let n_arguments = OnceCell::new();
    let marks = part.of(text).match_indices('$').map(|(at, _)| part.start + at);
    let words = marks.filter_map(|at| {
        let (span, word) = placeholder_word_at(text, at)?;
        let is_client_here = clients.is_none_or(|here| here.contains(&word.client));
        let is_meant = || {
            let n_arguments = || *n_arguments.get_or_init(|| n_arguments_of(document));
            word.written != NUMBERED || is_argument(document, span, n_arguments())
        };
        (span.start == at && is_client_here && is_meant()).then_some((span, word))
    });
    words.collect()
}

/// Returns the word at `offset` that looks like one that a client fills in.
fn placeholder_word_at(text: &str, offset: usize) -> Option<(Span, &'static PlaceholderWord)> {
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
    use skill::SkillDocument;

    use super::{filled_in_words, placeholder_word_at};
    use crate::Client;

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

    #[track_caller]
    fn check_filled_in(frontmatter: &str, body: &str, expected: &[&str]) {
        let text = format!("---\r\n{frontmatter}\r\n---\r\n😀 {body}\r\n");
        let document = SkillDocument::parse(&*text);
        let words = filled_in_words(&document, None, document.body.span).into_iter();
        let found: Vec<&str> = words.map(|(span, _)| span.of(&text)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn numbers_are_arguments_up_to_how_many_there_are() {
        let body = "Move `$0` to $1, then `mv $2 x`.\n\n```sh\nls $0 $9\n```\n";
        check_filled_in("argument-hint: \"[from] [to]\"", body, &["$0", "$1", "$2", "$0"]);
        check_filled_in("arguments: [from]", body, &["$0", "$1", "$0"]);
        check_filled_in("arguments: from to", body, &["$0", "$1", "$2", "$0"]);
        check_filled_in("name: x", body, &[]);
        check_filled_in("name: x", "$ARGUMENTS, or $1", &["$ARGUMENTS"]);
        check_filled_in("name: x", "$ARGUMENTS[0], or $1", &["$ARGUMENTS[0]", "$1"]);
    }

    #[test]
    fn prices_and_the_variables_of_others_are_no_arguments() {
        for body in [
            "costs $5 a month",
            "It costs $5.",
            "$5 per call, or $2/hour",
            "about 5 $1",
            "`awk '{print $1}' file`",
            "\n```sh\nls | awk '{ print $1 }'\nsed 's/a/$1/'\n```\n",
            "\n```sh\ngreet() {\n  echo \"$1\"\n}\n```\n",
            "\n\n| a | b |\n|-|-|\n| x | $2 |\n",
        ] {
            check_filled_in("argument-hint: \"[a] [b] [c] [d] [e] [f]\"", body, &[]);
        }
    }

    #[test]
    fn words_are_those_of_the_clients_of_the_place() {
        let document = SkillDocument::parse("$ARGUMENTS\n");
        let of_clients =
            |clients: &[Client]| filled_in_words(&document, Some(clients), document.body.span);
        assert_eq!(of_clients(&[Client::ClaudeCode]).len(), 1);
        assert_eq!(of_clients(&[Client::Cursor]).len(), 0);
    }
}
