//! `description/no-trigger`: nothing says when to use the skill.

use crate::{Level, Problem, Rule, SkillFile};

pub(super) static RULE: Rule = Rule {
    code: "description/no-trigger",
    level: Level::Hint,
    summary: "the `description` says what the skill does but not when to use it",
    page: include_str!("../../../preceptor/guide/rules/description/no-trigger.md"),
    check,
};

/// Fields of clients that say when; a skill with one of them needs no more words.
const TRIGGER_FIELDS: [&str; 5] = ["when_to_use", "when-to-use", "triggers", "paths", "globs"];

/// Words that start a condition or an occasion, also in the other languages of public skills.
const OCCASIONS: [&str; 24] = [
    "when",
    "whenever",
    "if",
    "before",
    "after",
    "while",
    "during",
    "once",
    "upon",
    "users",
    "asks",
    "ask",
    "asked",
    "asking",
    "wants",
    "applicable",
    "wenn",
    "sobald",
    "falls",
    "quand",
    "lorsque",
    "cuando",
    "quando",
    "como",
];

/// Beginnings of words that do the same: "triggers on", "invoked by", "activates".
const OCCASION_STEMS: [&str; 3] = ["trigger", "invok", "activat"];

/// Words that are followed by what the skill is for.
const PURPOSES: [&str; 13] = [
    "use", "used", "ideal", "perfect", "useful", "suitable", "designed", "best", "apply",
    "applies", "need", "needs", "needed",
];

const BEHIND_PURPOSES: [&str; 20] = [
    "for",
    "this",
    "these",
    "to",
    "it",
    "the",
    "as",
    "with",
    "in",
    "on",
    "at",
    "by",
    "proactively",
    "a",
    "an",
    "skill",
    "when",
    "any",
    "only",
    "whenever",
];

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let document = file.document;
    let (Some(description), Some(value)) = (document.description(), document.field("description"))
    else {
        return Vec::new();
    };
    let is_only_for_people =
        document.field_text("disable-model-invocation").is_some_and(|text| text == "true");
    let has_field = TRIGGER_FIELDS.iter().any(|key| document.field(key).is_some());
    if says_when(description) || is_only_for_people || has_field || !is_english(description) {
        return Vec::new();
    }
    let message = "The `description` says what the skill does but not when to use it: agents \
                   choose skills by it, so add a sentence such as \"Use when …\"";
    vec![Problem::new(value.span, message)]
}

fn says_when(description: &str) -> bool {
    let mut previous = "";
    let mut ends_clause = false;
    for written in description.split_ascii_whitespace() {
        let word = written.trim_matches(|it: char| !it.is_alphanumeric());
        let is_one_of = |words: &[&str]| words.iter().any(|it| word.eq_ignore_ascii_case(it));
        let starts_with = |stem: &&str| {
            word.get(..stem.len()).is_some_and(|start| start.eq_ignore_ascii_case(stem))
        };
        let follows_purpose = PURPOSES.iter().any(|it| previous.eq_ignore_ascii_case(it));
        // "…, for finding out": an occasion in a clause of its own; "for finding" anywhere.
        let is_for = previous.eq_ignore_ascii_case("for");
        if is_one_of(&OCCASIONS)
            || OCCASION_STEMS.iter().any(starts_with)
            || (follows_purpose && is_one_of(&BEHIND_PURPOSES))
            || (is_for && (word.len() > 5 && word.ends_with("ing")))
            || (ends_clause && word.eq_ignore_ascii_case("for"))
        {
            return true;
        }
        ends_clause = written.ends_with([',', ';', '.']);
        previous = word;
    }
    false
}

/// Words that say when are known for some languages only.
fn is_english(description: &str) -> bool {
    let n_other = description.chars().filter(|it| !it.is_ascii() && it.is_alphabetic()).count();
    n_other * 50 <= description.len()
}
