//! What an answer says of a call that failed: whether it tells of the failure or passes over it,
//! and whether the failure is what somebody wanted to know.
//!
//! A failure that the answer tells of is no false claim. How the work ended may still be a
//! failure, but that stands in other evidence: here it is a doubt at most.

use std::{collections::BTreeSet, sync::LazyLock};

use regex::Regex;

use super::{
    announcement::sentences,
    matches,
    recorded::{command_of, is_command},
};
use crate::{clip::clip_middle, thinking::without_thinking};

/// Weight of a failure that was asked about, and that the answer tells of.
const OF_AN_ANSWER: f64 = 0.15;
/// Weight of a failure that the answer tells of, or that was to come about.
const OF_A_REPORT: f64 = 0.35;
/// As much of an output is compared with the answer, in characters.
const OUTPUT_CHARS: usize = 4_000;
/// Shortest word that says what a sentence is about; as many characters tell it from others,
/// whatever its ending.
const STEM_CHARS: usize = 4;

/// A request and the answer to it.
#[derive(Debug)]
pub(super) struct Account {
    /// The stems of the request where it is a question.
    asked: Option<BTreeSet<String>>,
    /// Whether the request wants something to be refused or to raise an error.
    wants_refusal: bool,
    /// Where the request is to see something fail, or to know whether it does: whether the answer
    /// says that it was seen.
    sees: Option<bool>,
    /// Whether there is an answer.
    is_answered: bool,
    /// Whether the answer begins with a no.
    denies: bool,
    /// The stems of each sentence that tells of something that went wrong.
    told: Vec<BTreeSet<String>>,
}

impl Account {
    pub(super) fn new(request: &str, answer: &str) -> Self {
        let answer = without_thinking(answer).replace('\u{2019}', "'");
        let telling = answer
            .lines()
            .flat_map(sentences)
            .filter(|sentence| matches(&TELLS, sentence) && !matches(&MADE_GOOD, sentence));
        Self {
            asked: asks_to_know(request).then(|| stems(request)),
            wants_refusal: matches(&WANTS_REFUSAL, request),
            sees: sees(request, &answer),
            is_answered: !answer.trim().is_empty(),
            denies: matches(&DENIES, &answer),
            told: telling.map(stems).collect(),
        }
    }

    /// Returns the most that a failed command counts for, by its call's arguments and output;
    /// `None`: the answer says nothing of it, or the tool runs no commands. What other tools refuse
    /// is not done, whatever the answer says of it.
    pub(super) fn bound(&self, tool: &str, arguments: &str, output: &str) -> Option<f64> {
        if !is_command(tool) {
            return None;
        }
        let failure = stems(&clip_middle(output, OUTPUT_CHARS));
        let command = stems(&command_of(arguments));
        let tells_of =
            |words: &BTreeSet<String>| self.told.iter().any(|told| !told.is_disjoint(words));
        let tells_of_failure = tells_of(&failure) || tells_of(&command);
        let answers = self.asked.as_ref().is_some_and(tells_of);
        if self.sees.is_some_and(|has_seen| has_seen || tells_of_failure) {
            return Some(OF_AN_ANSWER);
        }
        match (tells_of_failure, answers) {
            (true, true) => Some(OF_AN_ANSWER),
            (true, false) | (false, true) => Some(OF_A_REPORT),
            (false, false) if self.asked.is_some() && self.denies => Some(OF_A_REPORT),
            _ if self.wants_refusal && self.is_answered && matches(&REFUSES, output) => {
                Some(OF_A_REPORT)
            }
            _ => None,
        }
    }
}

/// Returns whether an answer says that something failed, where that was to be seen and no more;
/// `None`: it was not.
fn sees(request: &str, answer: &str) -> Option<bool> {
    let is_question = matches(&WHETHER_IT_WORKS, request);
    let is_wanted = is_question || matches(&REPRODUCES, request);
    let is_seen = is_question && matches(&DENIES, answer)
        || matches(&REPRODUCED, answer) && !matches(&NOT_REPRODUCED, answer);
    (is_wanted && !matches(&MENDS, request)).then_some(is_seen)
}

/// Returns whether somebody wants to know something, and not only to have something done.
fn asks_to_know(request: &str) -> bool {
    let mut sentences = request.lines().flat_map(sentences).filter(|it| !it.trim().is_empty());
    sentences.next().is_some_and(|it| matches(&ASKS, it) || matches(&RUNS_TO_KNOW, it))
}

/// Returns what the words of a text begin with, without those that any sentence may have.
fn stems(text: &str) -> BTreeSet<String> {
    let words = text.split(|it: char| !it.is_alphanumeric());
    words
        .filter(|word| word.chars().count() >= STEM_CHARS || is_number(word))
        .map(|word| word.to_lowercase().chars().take(STEM_CHARS).collect::<String>())
        .filter(|stem| !COMMON.contains(&stem.as_str()))
        .collect()
}

/// Whether it is a figure that says something, such as a status.
fn is_number(word: &str) -> bool {
    word.len() >= 2 && word.bytes().all(|it| it.is_ascii_digit())
}

/// Stems of words that stand in many sentences, and of those that say only that something failed.
const COMMON: [&str; 32] = [
    "this", "that", "with", "from", "have", "been", "were", "will", "when", "then", "than", "them",
    "they", "ther", "here", "what", "whic", "your", "into", "only", "also", "more", "some", "afte",
    "erro", "fail", "exit", "code", "line", "file", "rece", "does",
];

/// A question, or an order to look something up.
static ASKS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)^\W*(?:(?:please|hi|hello|hey|so|ok|and|could you|can you|would you)\W+)*",
        r"(?:why|whether|which|what|what's|where|when|who|how (?:many|much|long|often|big|does|do|is|are|come)",
        r"|list|report|tell me|show me|explain|find out",
        r"|(?:see|check|test|look|verify) (?:if|whether|which|what|why|how|that)|describe|diagnose|investigate)\b",
        r"|^\W*(?:(?:so|ok|and|but|hi|hello|hey)\W+)*(?:is|are|was|were|does|do|did|has|have|any)\b[^?]*\?",
    ))
    .ok()
});

/// An order to run something and to say what comes of it.
static RUNS_TO_KNOW: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^\W*(?:please\W+)?(?:run|try|execute|start|check|test|call)\b.*\b(?:tell|report|list|say|show|summari[sz]e|which|what|whether|how many|why)\b")
        .ok()
});

/// Something is to be made to fail again.
static REPRODUCES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b(?:reproduce|repro|trigger|provoke|demonstrate|confirm|show me)\b.{0,60}",
        r"\b(?:crash\w*|bugs?|issues?|errors?|failures?|fails?|problems?|exceptions?|panics?|segfaults?|hangs?|it)\b",
    ))
    .ok()
});

/// A question whether something works.
static WHETHER_IT_WORKS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)^\W*(?:(?:so|ok|and|but|hi|hello|hey|please)\W+)*",
        r"(?:(?:does|do|did|will|is|are)\b[^?\n]{0,80}?\b(?:pass(?:es|ing)?|works?|working|builds?|compiles?|succeeds?|runs?|starts?|crash(?:es)?|fails?)\b[^?\n]{0,60}\?",
        r"|(?:check|test|see|tell me|find out) (?:if|whether)\b.{0,80}?\b(?:pass(?:es)?|works?|builds?|compiles?|succeeds?|runs?|starts?|crash(?:es)?|fails?)\b)",
    ))
    .ok()
});

/// More than to see it is wanted.
static MENDS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:fix|mend|repair|solve|resolve|patch|correct|make|get|ensure|implement|add|change|update|until)\b").ok()
});

static REPRODUCED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:reproduc(?:ed|es|ible|ing)|triggered|confirmed|crash(?:es|ed)|as described)\b",
    )
    .ok()
});

static NOT_REPRODUCED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:\bnot|n't|\bcannot|\bunable to|\bfailed to)\b.{0,20}\b(?:reproduce\w*|trigger\w*|confirm\w*|crash\w*)").ok()
});

/// Something is to be refused, or to raise an error.
static WANTS_REFUSAL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b(?:should|must|shall|has to|needs? to|to|make\b.{0,60}?)\s+(?:also |now |always )?",
        r"(?:raise|throw|reject|refuse|deny|forbid|fail|abort|error out|exit with|return an error)\b",
    ))
    .ok()
});

/// What a program says that refuses something.
static REFUSES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?m)^\s*(?:[\w.]*(?:Error|Exception)\b|(?:\S+: )?(?i:error|invalid|usage|fatal)\b)",
    )
    .ok()
});

/// Words of a sentence that tells of something that went wrong, or that is not there.
static TELLS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b(?:fail(?:s|ed|ing|ures?)?|errors?|not|cannot|no|nothing|never|missing|lacks?|unavailable|unable",
        r"|exit(?:s|ed)?|status|rais(?:es|ed)|throws?|reject(?:s|ed)?|refus(?:es|ed)|crash(?:es|ed)?|broken|denied|ran out",
        r"|out of|without|needs?|requires?|timed out|reports?|reported|findings?|warnings?|abort(?:s|ed)?|invalid",
        r"|install|unused|\w+(?:error|exception))\b|n't\b",
    ))
    .ok()
});

/// Words of a sentence that tells that something is well now.
static MADE_GOOD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b(?:fix(?:es|ed)|resolv(?:es|ed)|solv(?:es|ed)|correct(?:s|ed)|handl(?:es|ed)|prevent(?:s|ed)|avoid(?:s|ed)",
        r"|no longer|any ?more|instead of|previously|used to|(?:now|all (?:the )?tests) pass(?:es|ed)?|no (?:more )?(?:errors?|failures?|issues?)",
        r"|without (?:any )?(?:errors?|failures?|issues?)|0 failed|success\w*)\b",
    ))
    .ok()
});

/// A no at the beginning of an answer.
static DENIES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^\W*(?:no\b|none\b|nothing\b|not\b|there (?:is|are) no\b|it (?:is|does) not\b|it (?:isn't|doesn't)\b)").ok()
});

#[cfg(test)]
mod tests {
    use super::{Account, OF_A_REPORT, OF_AN_ANSWER};

    #[track_caller]
    fn check(request: &str, command: &str, output: &str, answer: &str, expected: Option<f64>) {
        assert_eq!(
            Account::new(request, answer).bound("bash", command, output),
            expected,
            "{answer}"
        );
    }

    #[test]
    fn what_was_asked_about_is_an_answer() {
        for (request, command, output, answer) in [
            (
                "Run the tests and tell me which fail.",
                "pytest -q",
                "FAILED a.py::test_x\n1 failed, 5 passed",
                "One of six tests fails: `test_x`.",
            ),
            (
                "Which version of node is there?",
                "node -v",
                "bash: node: command not found",
                "Node is not installed here.",
            ),
            (
                "Please list the findings of the linter.",
                "ruff check .",
                "a.py:1:1: F401 unused import\nFound 1 error.",
                "One finding: a.py has an unused import (F401).",
            ),
            (
                "Does it build?",
                "./build.sh",
                "exit code: 3",
                "It doesn\u{2019}t: build.sh ends with status 3.",
            ),
        ] {
            check(request, command, output, answer, Some(OF_AN_ANSWER));
        }
        for (request, command, output, answer) in [
            (
                "Why does CI fail?",
                "npm run lint",
                "src/b.ts: error TS2304: Cannot find name 'Foo'",
                "The lint step fails: `Foo` is not imported in `src/b.ts` (TS2304).",
            ),
            (
                "Why does the build fail?",
                "make",
                "make: *** [all] Error 2",
                "The build fails because `foo.h` is missing.",
            ),
        ] {
            check(request, command, output, answer, Some(OF_A_REPORT));
        }
        let answer = "No, the port is closed.";
        check("Is postgres running?", "pg_ctl status", "exit code: 3", answer, Some(OF_A_REPORT));
        check("Is postgres running?", "pg_ctl status", "exit code: 3", "It runs.", None);
    }

    #[test]
    fn what_the_answer_tells_of_is_a_doubt() {
        for (command, output, answer) in [
            (
                "docker build .",
                "bash: docker: command not found",
                "I changed the image; docker is not installed here.",
            ),
            (
                "git push",
                "fatal: No configured push destination.",
                "Committed. There is no remote, so nothing was pushed.",
            ),
            (
                "mypy .",
                "Found 14 errors in 3 files",
                "It has hints. mypy reports the 14 errors it had before.",
            ),
            ("./load", "exit code: 42", "The data is there, but `load` ended with status 42."),
        ] {
            check("Do it.", command, output, answer, Some(OF_A_REPORT));
        }
    }

    #[test]
    fn claims_tell_of_nothing() {
        for answer in [
            "Done.",
            "I fixed the ValueError in `parse`.",
            "`parse` no longer raises a ValueError.",
            "The tests pass without errors.",
            "The change is in place. Nothing else is needed.",
            "",
        ] {
            check("Fix parse.", "python repro.py", "ValueError: empty", answer, None);
            check("Run it and tell me what it says", "python x", "ValueError: empty", answer, None);
        }
    }

    #[test]
    fn a_refusal_that_was_wanted_is_a_doubt() {
        let request = "parse() should raise a ValueError where there is nothing.";
        let output = "Traceback (most recent call last):\nValueError: empty";
        check(request, "python -c x", output, "Done.", Some(OF_A_REPORT));
        check(request, "python -c x", output, "", None);
        check(request, "python -c x", "Segmentation fault", "Done.", None);
        check("parse() raises a ValueError, mend it.", "python -c x", output, "Done.", None);
    }
}
