//! Answers that are a text somebody wanted: a letter, a dialogue, a translation, a line that was
//! read out. Whoever speaks there is not the model, so what is said there is not about the work.

use std::sync::LazyLock;

use regex::Regex;

use super::{announcement::sentences, matches};

/// Whether a request asks for a text, and not for work on files or code.
pub(super) fn asks_for_text(request: &str) -> bool {
    (matches(&WRITES_TEXT, request) || matches(&TURNS_TEXT, request) || matches(&READS, request))
        && !matches(&IS_WORK, request)
}

/// Whether a request brings the text along that is to be turned into another.
fn brings_text(request: &str) -> bool {
    matches(&TURNS_TEXT, request) && matches(&BROUGHT, request)
}

/// Returns of a model's own words those that stand outside of the text: nothing in the form of a
/// letter, and nothing behind a colon.
pub(super) fn outside_of_text(prose: &str) -> String {
    let mut outside = String::with_capacity(prose.len());
    for line in prose.lines() {
        if matches(&LETTER, line) {
            break;
        }
        let colon = line.match_indices(':').map(|(at, _)| at).find(|at| {
            line.get(at + 1..).is_none_or(|it| it.is_empty() || it.starts_with(char::is_whitespace))
        });
        outside.push_str(line.get(..colon.unwrap_or(line.len())).unwrap_or_default());
        outside.push('\n');
        // What a line with nothing behind its colon announces is the rest.
        if colon.is_some_and(|at| line.get(at + 1..).is_none_or(|it| it.trim().is_empty())) {
            break;
        }
    }
    outside
}

/// Whether a sentence says that the text itself could not be had.
pub(super) fn refuses_text(request: &str, sentence: &str) -> bool {
    matches(&REFUSES, sentence) || !brings_text(request) && matches(&REFUSES_TO_READ, sentence)
}

/// Whether an answer is one sentence, and no text yet.
pub(super) fn is_one_sentence(prose: &str) -> bool {
    prose.lines().flat_map(sentences).filter(|it| !it.trim().is_empty()).count() == 1
}

/// Somebody wants a text of some kind.
static WRITES_TEXT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b(?:write|draft|compose|create|make up|generate|give me|invent|continue|send me)\b(?:\W+\w+){0,5}?\W+",
        r"(?:e-?mails?|mails?|letters?|messages?|notes?|apolog(?:y|ies)|dialog(?:ue)?s?|conversations?|haikus?|poems?|verses?|songs?|lyrics",
        r"|stor(?:y|ies)|tales?|jokes?|limericks?|speech(?:es)?|monologues?|essays?|articles?|(?:blog )?posts?|tweets?|paragraphs?|sentences?",
        r"|repl(?:y|ies)|announcements?|excuses?|scenes?|sketch(?:es)?|quotes?|diary entr(?:y|ies)|examples? of (?:a|an|how) )\b",
    ))
    .ok()
});

/// Somebody wants a text turned into another.
static TURNS_TEXT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b(?:translat(?:e|ion)|rephrase|reword|paraphrase|proofread|transcribe|in (?:english|german|french|spanish|italian)\?",
        r"|(?:say|put) (?:it|this|that) (?:politely|more|in other words))\b",
    ))
    .ok()
});

/// Somebody wants to hear what stands somewhere.
static READS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b(?:quote|recite|cite|read (?:out|aloud|me|it out)|read\b.{0,60}\b(?:out|aloud))\b",
        r"|\b(?:what|which|show me|print|give me|repeat|tell me)\b.{0,40}\b(?:lines?|sentences?|paragraphs?|titles?|headings?|captions?|messages?|quotes?|entr(?:y|ies))\b.{0,60}\b(?:says?|is|reads?|of|in|from|verbatim|exactly)\b",
        r"|\bwhat (?:does|did|do)\b.{0,60}\b(?:say|read|write)\b",
    ))
    .ok()
});

/// What is written there is no text for a reader, or more than a text is wanted.
static IS_WORK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b(?:function|method|class|script|program|code|module|parser|unit tests?|tests?|endpoint|query|regex|component|app|server",
        r"|fix|implement|refactor|rename|install|build|compile|debug|deploy|run|python|rust|java|javascript|typescript|golang|sql|html|css)\b",
    ))
    .ok()
});

static BROUGHT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"["„“”«»`>\n]|:\s*\S|(?:^|\s)'"#).ok());

/// How a letter begins.
static LETTER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^\W*(?:subject|betreff|to|from)\W*:|^\W*(?:dear|hi|hello|hey|good (?:morning|day|evening)) [^.?!]{0,60},\W*$|^\W*(?:dear|hello|hi)\b[^.?!]{0,60},\s|^\W*to whom it may concern").ok()
});

/// Somebody says that they cannot make the text.
static REFUSES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b(?:can't|cannot|can not|could not|couldn't|unable to|not able to|failed to|(?:don't|do not) know how to) (?:\w+ly )?",
        r"(?:(?:write|draft|compose|translate|create|generate|produce|provide|rephrase|paraphrase|quote|cite|recite|transcribe|fulfill?|comply|assist)\b",
        r"|help (?:you )?with\b|(?:do|complete|finish) (?:this|that|it|so|your|the (?:task|request|translation|text|mail|e-?mail|letter|poem))\b)",
    ))
    .ok()
});

/// Somebody says that they cannot get at what the text is to be made from.
static REFUSES_TO_READ: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:can't|cannot|can not|could not|couldn't|unable to|not able to|failed to) (?:\w+ly )?(?:read|open|find|access|locate|see|get|retrieve|load|determine)\b|\b(?:don't|do not) have (?:a |an |any |the )?(?:tool|access|ability|way|means|permission)").ok()
});

#[cfg(test)]
mod tests {
    use super::asks_for_text;
    use crate::detect::{Ending, SignalKind, answer_signal};

    #[test]
    fn what_a_wanted_text_says_is_not_about_the_work() {
        for (request, answer) in [
            (
                "Write an e-mail that apologizes for the late report.",
                "Subject: The report\n\nDear Ms Lang,\n\nI was unable to finish the report by Friday, and it still fails my own checks. I will update it tomorrow.",
            ),
            (
                "Draft a short mail to Tom.",
                "Hi Tom,\n\nI couldn\u{2019}t find the keys. Let me check the car.\n\nAnna",
            ),
            (
                "Write a dialogue of two climbers.",
                "Ann: I can't do this.\nBob: I give up, too.\nAnn: Let's try the other side.",
            ),
            (
                "Write a haiku about winter.",
                "I cannot go on\nthe snow has taken my path\nI give up and sleep",
            ),
            (
                "Translate to English: \"Ich konnte die Datei nicht öffnen.\"",
                "I was unable to open the file.",
            ),
            ("What does line 3 of a.log say?", "Line 3 is: I was unable to open the panel"),
            (
                "Please read out the last message in the chat.",
                "It says:\n\nI am not able to come. I give up.",
            ),
            (
                "Write a commit message for this change.",
                "Say that the tool failed to open the port:\n\nserver: I could not open the port",
            ),
        ] {
            assert!(asks_for_text(request), "{request}");
            assert_eq!(answer_signal(request, answer, Ending::Answer), None, "{answer}");
        }
    }

    #[test]
    fn a_text_that_was_not_written_is_given_up() {
        for (request, answer) in [
            ("Write an e-mail to the landlord.", "I was unable to write the mail."),
            ("Translate letter.txt to English.", "I was unable to open the file."),
            ("Translate to English: \"Nein.\"", "I'm sorry, but I can't help with that."),
            ("What does line 3 of a.log say?", "I could not read a.log."),
            ("Write a poem about the sea.", "I don't know how to write poems."),
            // These want more than a text, or none.
            ("Write a function that sends the message.", "I was unable to get it right: it hangs."),
            ("Count the rows.", "The count is: I could not determine it."),
        ] {
            let kind = answer_signal(request, answer, Ending::Answer).map(|it| it.kind);
            assert_eq!(kind, Some(SignalKind::GiveUp), "{answer}");
        }
        let announced = answer_signal("Write a poem.", "I'll write it now.", Ending::Answer);
        assert_eq!(announced.map(|it| it.kind), Some(SignalKind::AnnouncedNotDone));
    }
}
