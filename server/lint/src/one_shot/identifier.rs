//! Ids of pages, projects, chats and runs in somebody's workspace.

use std::sync::LazyLock;

use memchr::memchr_iter;
use regex::Regex;
use skill::Span;

use crate::{
    SkillFile,
    char_boundary::floor,
    lines::{nearby_before, places_of},
    one_shot::{OneShot, OneShotKind, is_prose_or_command, sample::is_sample},
    pattern::pattern,
};

/// What somebody has in a workspace. A product's own catalog (voices, models, roles, resources)
/// has the same ids for everybody.
const THINGS: &str = concat!(
    r"(?:data ?bases?|data[ -_]?sources?|collections?|pages?|projects?|workspaces?|boards?|channels?|",
    r"chats?|threads?|webhooks?|tenants?|subscriptions?|organi[sz]ations?|orgs?|teams?|notebooks?|",
    r"folders?|dashboards?|calendars?|spaces?|groups?|guilds?|servers?|accounts?|users?|documents?|",
    r"docs?|runs?|jobs?|sessions?|pipelines?|deployments?|instances?|clusters?|environments?|",
    r"conversations?|experiments?|builds?)",
);

/// The words in front of an id that say whose it is: "project page ID is:".
static LABEL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(r#"(?i)\b{THINGS}[ _-]?(?:uu)?id\**["']?\**(?:\s+is)?\s*[:=]?\**\s*[`"']?$"#))
});

/// What there is once, right in front of its id: "the job `…`".
static THING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?i)\b(?:runs?|jobs?|sessions?|experiments?|deployments?|pipelines?|sweeps?)\s+[`"']?$"#,
    )
});

/// The option of a command in front of an id.
static OPTION: LazyLock<Regex> =
    LazyLock::new(|| pattern(&format!(r#"(?i)(?:^|\s)--?{THINGS}(?:[_-](?:uu)?id)?[ =]["']?$"#)));

/// The part of an address in front of an id.
static ROUTE: LazyLock<Regex> =
    LazyLock::new(|| pattern(&format!(r#"(?i)\bhttps?://[^\s"'`<>]*/{THINGS}/$"#)));

/// A field of a record that a program printed or takes.
static RECORD_FIELD: LazyLock<Regex> = LazyLock::new(|| pattern(r#"["']\s*:\s*["']?$"#));

/// The end of a file's name.
static FILE_END: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\.[A-Za-z][A-Za-z0-9]{0,5}\b"));

/// Returns the ids in `file` that are in somebody's workspace or of one run.
pub(super) fn identifiers(file: &SkillFile<'_>) -> Vec<OneShot> {
    let text = file.text();
    let mut spans = uuids(text);
    spans.extend(numbers(text));
    spans
        .into_iter()
        .filter(|span| !is_sample(span.of(text)) && is_somebodys(file, *span))
        .map(|span| OneShot { span, kind: OneShotKind::Identifier })
        .collect()
}

/// Ids of the form 8-4-4-4-12, found by their hyphens.
fn uuids(text: &str) -> Vec<Span> {
    let bytes = text.as_bytes();
    let is_hyphen = |at: usize| bytes.get(at) == Some(&b'-');
    let hyphens = memchr_iter(b'-', bytes);
    hyphens
        .filter(|at| is_hyphen(at + 5) && is_hyphen(at + 10) && is_hyphen(at + 15))
        .filter_map(|at| {
            let start = at.checked_sub(8)?;
            let span = Span::new(start, start + 36);
            let id = text.get(start..span.end)?;
            let is_uuid = id.split('-').map(str::len).eq([8, 4, 4, 4, 12])
                && id.bytes().all(|it| it.is_ascii_hexdigit() || it == b'-');
            let goes_on = bytes.get(span.end).is_some_and(u8::is_ascii_alphanumeric);
            let is_inside = start.checked_sub(1).and_then(|it| bytes.get(it));
            let is_inside = is_inside.is_some_and(u8::is_ascii_alphanumeric);
            (is_uuid && !goes_on && !is_inside).then_some(span)
        })
        .collect()
}

/// Long numbers and ids of 32 hexadecimal digits behind "ID".
fn numbers(text: &str) -> Vec<Span> {
    static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
        pattern(concat!(
            r#"(?-u:\b)(?:ID|Id|id)\**["']?\**(?:\s+is)?\s*[:=]?\**\s*[`"']?"#,
            r"(?<id>-100\d{10}|\d{17,20}|[0-9a-f]{32}|[CGDT]0[A-Z0-9]{8,10})(?-u:\b)",
        ))
    });
    // Most texts have no number as long as that: the engine is asked only behind "id".
    let starts = places_of(text, "id").chain(places_of(text, "ID")).chain(places_of(text, "Id"));
    let has_number = |at: &usize| {
        let behind = text.as_bytes().get(*at..).unwrap_or_default();
        behind.iter().take(20).any(u8::is_ascii_digit)
    };
    let mut spans: Vec<Span> = starts
        .filter(has_number)
        .filter_map(|at| {
            let line_end = line_end(text, at);
            let line = text.get(at..line_end)?;
            let has_number = line.bytes().take(20).any(|it| it.is_ascii_digit());
            let captures = has_number.then(|| NUMBER.captures(line))??;
            let id = captures.name("id")?;
            (captures.get(0)?.start() == 0).then(|| Span::new(at + id.start(), at + id.end()))
        })
        .collect();
    spans.sort_unstable();
    spans
}

/// The end of the line, looked for no further than an id can reach.
fn line_end(text: &str, at: usize) -> usize {
    let end = floor(text, at + 80);
    text.get(at..end).and_then(|it| it.find('\n')).map_or(end, |it| at + it)
}

fn is_somebodys(file: &SkillFile<'_>, span: Span) -> bool {
    let text = file.text();
    if span.start < file.document.body.span.start {
        return false;
    }
    let before = nearby_before(text, span.start);
    if ROUTE.is_match(before) {
        return true;
    }
    if !is_prose_or_command(file, span.start) || RECORD_FIELD.is_match(before) {
        return false;
    }
    // In a block of commands a label stands in their output, but for an assignment.
    let is_assigned = before.trim_end_matches(['"', '\'']).ends_with('=');
    let may_be_label = file.document.body.code_block_at(span.start).is_none() || is_assigned;
    (may_be_label && (LABEL.is_match(before) || THING.is_match(before)))
        || OPTION.is_match(before)
        || is_file_name(text, before, span)
}

/// Tells whether the id is a part of the name of a file that a step names.
fn is_file_name(text: &str, before: &str, span: Span) -> bool {
    let behind = text.get(span.end..).unwrap_or_default();
    let is_joined = before.ends_with(['-', '_'])
        && before.trim_end_matches(['-', '_']).ends_with(|it: char| it.is_ascii_alphanumeric());
    is_joined && FILE_END.is_match(behind)
}
