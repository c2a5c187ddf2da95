//! What a final answer says of the work in the model's own words: quotations and code are not.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    EVIDENCE_CHARS, Ending, Signal, SignalKind,
    announcement::{announcement, is_written_call, sentences},
    matches,
    product::{asks_for_text, is_one_sentence, outside_of_text, refuses_text},
    quotation::without_quotations,
};
use crate::{clip::clip, thinking::without_thinking};

/// Returns what a final answer to a request has against it.
pub(crate) fn answer_signal(request: &str, answer: &str, ending: Ending) -> Option<Signal> {
    let signal = |kind, evidence: &str, confidence| {
        Some(Signal {
            kind,
            evidence: clip(evidence.trim(), EVIDENCE_CHARS),
            confidence,
            recovered: false,
        })
    };
    match ending {
        Ending::MaxIterations => {
            return signal(SignalKind::MaxIterations, "The attempt ran out of steps", 0.9);
        }
        Ending::Length => {
            return signal(SignalKind::Truncated, "The answer was cut at the token limit", 0.7);
        }
        // Noted by the guard that stopped it.
        Ending::DoomLoop | Ending::MalformedArguments => return None,
        Ending::Answer => {}
    }
    let answer = without_thinking(answer);
    if answer.trim().is_empty() {
        return signal(SignalKind::EmptyAnswer, "There was no answer", 0.7);
    }
    if is_written_call(request, answer) {
        return signal(SignalKind::AnnouncedNotDone, answer, 0.6);
    }
    let prose = own_words(answer);
    if asks_for_text(request) {
        return text_signal(request, &prose);
    }
    if let Some(sentence) = find_sentence(&prose, &GIVE_UP) {
        // Not to know which of them was meant, and to ask, is no giving up.
        if matches(&NOT_SURE, &sentence) && asks_the_person(&prose) {
            return signal(SignalKind::AsksBack, &sentence, 0.3);
        }
        // Behind work that was done stands what was left out of it.
        let confidence = match (matches(&DONE, &prose), matches(&CAVEAT, &sentence)) {
            // That there is none may be what was asked.
            (false, _) if matches(&FINDS_NONE, &sentence) => 0.4,
            (false, _) => 0.7,
            (true, false) => 0.4,
            (true, true) => 0.2,
        };
        return signal(SignalKind::GiveUp, &sentence, confidence);
    }
    if let Some(sentence) = find_sentence(&prose, &STILL_BROKEN)
        && !matches(&CONDITION, &sentence)
    {
        let confidence = if excuses(&prose) { 0.2 } else { 0.6 };
        return signal(SignalKind::GiveUp, &sentence, confidence);
    }
    if let Some(sentence) = find_sentence(&prose, &NOT_THERE)
        && !matches(&MADE_GOOD, &prose)
    {
        return signal(SignalKind::GiveUp, &sentence, 0.4);
    }
    if let Some(sentence) = find_sentence(&prose, &ASKS_BACK) {
        return signal(SignalKind::AsksBack, &sentence, 0.3);
    }
    if let Some(sentence) = announcement(&prose) {
        return signal(SignalKind::AnnouncedNotDone, sentence, 0.6);
    }
    None
}

/// Returns what an answer that is to be a text has against it, apart from what the text says.
fn text_signal(request: &str, prose: &str) -> Option<Signal> {
    let prose = outside_of_text(prose);
    let mut said = prose.lines().flat_map(sentences);
    let refuses =
        |it: &&str| refuses_text(request, it) && GIVE_UP.iter().any(|pattern| pattern.is_match(it));
    let announced = || announcement(&prose).filter(|_| is_one_sentence(&prose));
    let (kind, sentence, confidence) = match said.find(refuses) {
        Some(sentence) => (SignalKind::GiveUp, sentence, 0.7),
        None => (SignalKind::AnnouncedNotDone, announced()?, 0.6),
    };
    let evidence = clip(sentence.trim(), EVIDENCE_CHARS);
    Some(Signal { kind, evidence, confidence, recovered: false })
}

/// Returns whether a model says that what is left was not its doing.
pub(super) fn excuses(prose: &str) -> bool {
    matches(&EXCUSES, prose)
}

/// Returns the first sentence that has one of the patterns.
pub(super) fn find_sentence(prose: &str, patterns: &[Regex]) -> Option<String> {
    prose
        .lines()
        .flat_map(sentences)
        .find(|sentence| patterns.iter().any(|pattern| pattern.is_match(sentence)))
        .map(|sentence| sentence.trim().to_owned())
}

/// Returns the answer without code, quotations and typographic apostrophes: what the model says in
/// its own words.
pub(super) fn own_words(answer: &str) -> String {
    let mut prose = String::with_capacity(answer.len());
    let mut fence: Option<&str> = None;
    for line in answer.lines() {
        let trimmed = line.trim_start();
        let marker = ["```", "~~~"].into_iter().find(|marker| trimmed.starts_with(marker));
        match (fence, marker) {
            (None, Some(marker)) => fence = Some(marker),
            (Some(open), Some(marker)) if open == marker => fence = None,
            (Some(_), _) => {}
            (None, None) if trimmed.starts_with('>') => {}
            (None, None) => {
                prose.push_str(&without_quotations(line));
                prose.push('\n');
            }
        }
    }
    prose
}

/// Returns whether an answer is a question to the person: it ends with one, and either nothing else
/// is said or nothing was done (`has_worked`).
pub(crate) fn only_asks(answer: &str, has_worked: bool) -> bool {
    let prose = own_words(without_thinking(answer));
    let states = || prose.lines().flat_map(sentences).any(|it| !it.trim().ends_with(['?', ':']));
    asks_the_person(&prose) && (!has_worked || !states())
}

/// Returns whether an answer ends with a question to the person, or asks for what is missing.
fn asks_the_person(prose: &str) -> bool {
    let last = prose.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let last = sentences(last).last().unwrap_or_default().trim_end();
    last.ends_with('?') || matches(&ASKS_FOR_WORD, last)
}

/// Returns whether a sentence only says that the work was not run or tried.
pub(super) fn is_caveat(sentence: &str) -> bool {
    matches(&CAVEAT, sentence)
}

static GIVE_UP: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r"(?i)\bI (?:don't|do not) have (?:a |an |any |the )?(?:tool|access|ability|way|means|permission)",
        concat!(
            r"(?i)\b(?:I|we) (?:can't|cannot|can not|could not|couldn't|(?:wasn't|was not|am not|weren't|were not|have not been|haven't been) able to|",
            r"(?:am|was|were) unable to) (?:\w+ly )?(?:do|find|figure|open|complete|determine|count|read|run|solve|get|access|make|finish|",
            r"locate|retrieve|process|fix|reproduce|resolve|execute|verify|continue|proceed|perform|install|build|connect|help|assist|switch|",
            r"implement|fulfill|reach|test|confirm)\b",
        ),
        r"(?i)\b(?:I'm|we're|(?:I|we) (?:am|are|was|were|have been)) (?:unable|not able) to\b",
        r"(?i)\b(?:I|we) (?:wasn't|weren't|haven't been) able to\b",
        r"(?i)\bI(?:'m| am) not sure (?:which|how|what)\b",
        r"(?i)\bas an AI(?: (?:language )?model| assistant)?,? I (?:can't|cannot|can not|am (?:unable|not able)|do not|don't have)\b",
        r"(?i)(?:^|answer: *|\bI(?:'m| am| was)? |sorry,? (?:but )?)unable to (?:open|find|switch|complete|determine|count|read|run)\b",
        r"(?i)\b(?:unfortunately|regrettably|sorry|I apologi[sz]e)\b.{0,60}\b(?:unable|not able|cannot|can't|could not|couldn't)\b",
        r"(?i)\bI (?:give|have to give|must give) up\b",
        r"(?i)\b(?:I|we) (?:failed|have failed) to\b",
        r"(?i)\bI (?:don't|do not) know how to\b",
    ]
    .iter()
    .filter_map(|pattern| Regex::new(pattern).ok())
    .collect()
});

/// What somebody says who has to ask first.
static NOT_SURE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)^I(?:'m| am) not sure (?:which|what|how)\b").ok());

static ASKS_FOR_WORD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)^(?:please )?(?:(?:specify|clarify|confirm|choose)\b",
        r"|(?:tell me|let me know) (?:which|what|how|whether|who|where)\b)",
    ))
    .ok()
});

/// A search that came to its end.
static FINDS_NONE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:find|see|detect|identify|locate|spot) (?:any|anything|no)\b").ok()
});

/// What somebody leaves to the reader who has done the work.
static CAVEAT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:run|verify|test|confirm|install|execute|reproduce|build)\b").ok()
});

static DONE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\bI(?:'ve| have)? (?:also |now |successfully )?(?:fixed|implemented|added|updated|changed|created|wrote|written|corrected|",
        r"resolved|solved|refactored|moved|renamed|replaced|removed|patched)\b",
        r"|\b(?:is|are|has been|have been) (?:now )?(?:fixed|resolved|implemented|in place|working|done|complete)\b",
    ))
    .ok()
});

static STILL_BROKEN: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r"(?i)\bstill (?:fails?|failing|broken|persists?|remains? (?:broken|unresolved|unfixed)|(?:does not|doesn't|do not|don't) (?:work|pass|compile|build)|not (?:working|passing|fixed|resolved|solved))\b",
        r"(?i)\b(?:issue|problem|bug|error) (?:persists|remains unresolved|is not (?:yet )?(?:fixed|resolved|solved))\b",
    ]
    .iter()
    .filter_map(|pattern| Regex::new(pattern).ok())
    .collect()
});

static CONDITION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:if|when|whenever|should|unless|in case|until|before|previously|used to|why)\b",
    )
    .ok()
});

static EXCUSES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:pre-?existing|unrelated|already fail(?:ed|ing|s)|not (?:related|caused)|environment(?:al)? issues?|failed before)\b").ok()
});

/// Something that was meant to be there is not: giving up, or the answer itself.
static NOT_THERE: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [r"(?i)\b(?:doesn't|does not|don't|do not) (?:exist|appear to (?:be|exist)|seem to (?:be|exist|have))\b"]
        .iter()
        .filter_map(|pattern| Regex::new(pattern).ok())
        .collect()
});

/// What was done about it.
static MADE_GOOD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:so|then|therefore|instead|but|now)\b.{0,40}\b(?:I|we|it)\b|\b(?:I|we)(?:'ve| have)? (?:created|added|made|wrote|fixed|used|installed|removed|replaced)\b").ok()
});

static ASKS_BACK: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [r"(?i)\b(?:could|can|would) you (?:please )?(?:tell me|specify|clarify|provide)\b"]
        .iter()
        .filter_map(|pattern| Regex::new(pattern).ok())
        .collect()
});
