//! Names in a text that look like those of skills: `/count-rows`, `$count-rows`.

mod surroundings;

use skill::{SkillDocument, Span};

use crate::neighborhood::skill_references::surroundings::{Spoken, spoken};
pub(crate) use crate::neighborhood::skill_references::surroundings::{
    is_said_to_be_a_skill, lead_elsewhere, lead_to_a_skill,
};

/// Shorter words are commands of clients, routes and variables as often as not.
const SHORTEST_NAME: usize = 6;

/// A name behind `/` or `$`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SkillReference {
    /// The name without its mark.
    pub(crate) name: String,
    /// Where the name stands, without its mark.
    pub(crate) span: Span,
    /// Whether the words around it say that it is a skill.
    pub(crate) is_said: bool,
}

/// Finds the names in the body's prose that can be those of skills, in the order of the text.
///
/// Only names with a hyphen: a single word behind a slash is a route or a command, and behind a
/// dollar it is a variable. Paths, prices and addresses go on with another character.
pub(crate) fn skill_references(document: &SkillDocument) -> Vec<SkillReference> {
    let mut references = marked_names(document, document.body.span);
    references.retain(|it| it.name.len() >= SHORTEST_NAME && it.name.contains('-'));
    references
}

/// Finds everything in some lines of the body's prose that has the form of a name behind a mark,
/// where the words around it may speak of a skill, in the order of the text.
pub(crate) fn marked_names(document: &SkillDocument, lines: Span) -> Vec<SkillReference> {
    let body = document.body.span;
    names_in(document, Span::new(lines.start.max(body.start), lines.end.max(body.start)))
}

/// Finds the same in the fields that are read as prose.
pub(crate) fn marked_names_in_fields(document: &SkillDocument) -> Vec<SkillReference> {
    prose_fields(document).flat_map(|span| names_in(document, span)).collect()
}

/// Returns the fields that are read as prose.
pub(super) fn prose_fields(document: &SkillDocument) -> impl Iterator<Item = Span> {
    let fields = ["description", "when_to_use", "compatibility"];
    fields.into_iter().filter_map(|key| document.field(key).map(|node| node.span))
}

fn names_in(document: &SkillDocument, lines: Span) -> Vec<SkillReference> {
    let body = &document.body;
    let text = &*document.text;
    let start = lines.start;
    let marks = lines.of(text).match_indices(['/', '$']).map(|(at, _)| start + at);
    let mut previous = None;
    marks
        .filter_map(|mark| {
            let name = name_behind(text, mark)?;
            let span = Span::new(mark + 1, mark + 1 + name.len());
            let is_variable = text.get(mark..)?.starts_with('$') && !name.contains('-');
            let is_code = body.code_block_at(mark).is_some()
                || body.inline_code_at(mark).is_some_and(|code| {
                    // Of a command line only the first word can be a skill.
                    let before = Span::new(code.span.start, mark).of(text);
                    is_variable || !before.bytes().all(|it| it == b'`')
                })
                || is_in_link(document, mark);
            if is_code {
                return None;
            }
            let is_said = match spoken(document, span, previous) {
                Spoken::Elsewhere => return None,
                Spoken::Called => false,
                Spoken::AsSkill => true,
            };
            previous = Some(span.end);
            Some(SkillReference { name: name.to_owned(), span, is_said })
        })
        .collect()
}

fn name_behind(text: &str, mark: usize) -> Option<&str> {
    if !begins_word(text, mark) {
        return None;
    }
    let behind = text.get(mark + 1..)?;
    let end = behind
        .find(|it: char| !it.is_ascii_lowercase() && !it.is_ascii_digit() && it != '-')
        .unwrap_or(behind.len());
    let (name, _) = behind.split_at_checked(end)?;
    let ends = is_end_of_name(text, mark + 1 + end);
    let is_name = name.starts_with(|it: char| it.is_ascii_lowercase())
        && !name.contains("--")
        && !name.ends_with('-');
    (ends && is_name).then_some(name)
}

/// Tells whether a word begins at `start`, maybe in quotes or emphasis: those that end there belong to
/// another word.
pub(crate) fn begins_word(text: &str, start: usize) -> bool {
    let before = text.get(..start).unwrap_or_default();
    let outside = before.trim_end_matches(['(', '`', '"', '\'', '*', '_', '“', '‘']);
    let last = outside.chars().next_back();
    if outside.len() == before.len() {
        last.is_none_or(char::is_whitespace)
    } else {
        last.is_none_or(|it| !it.is_ascii_alphanumeric() && !")]}".contains(it))
    }
}

/// Tells whether what follows the name that ends at `end` is no part of a path or another word.
pub(super) fn is_end_of_name(text: &str, end: usize) -> bool {
    let mut rest = text.get(end..).unwrap_or_default().chars();
    match rest.next() {
        None => true,
        Some('.' | ',' | ';' | ':' | '!' | '?') => {
            rest.next().is_none_or(|it| it.is_whitespace() || "`*_)\"'".contains(it))
        }
        Some(it) => it.is_whitespace() || "`)\"'*’”".contains(it),
    }
}

fn is_in_link(document: &SkillDocument, offset: usize) -> bool {
    let links = &document.body.links;
    let n_before = links.partition_point(|link| link.span.start <= offset);
    let nearest = n_before.checked_sub(1).and_then(|at| links.get(at));
    nearest.is_some_and(|link| {
        link.span.contains_offset(offset)
            && link.destination_span.is_none_or(|it| it.contains_offset(offset))
    })
}

#[cfg(test)]
mod tests {
    use skill::SkillDocument;

    use super::skill_references;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let document = SkillDocument::parse(text);
        let found = skill_references(&document);
        for reference in &found {
            assert_eq!(reference.span.of(text), reference.name);
        }
        let names: Vec<&str> = found.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn names_are_found_in_prose_and_as_inline_code() {
        check("Run /count-rows, then `$sum-rows`.", &["count-rows", "sum-rows"]);
        check(
            "🏠 (/count-rows) **/sum-rows**\r\n/last-one",
            &["count-rows", "sum-rows", "last-one"],
        );
        check("`/count-rows data.csv`", &["count-rows"]);
    }

    #[test]
    fn paths_prices_variables_and_routes_are_none() {
        for text in [
            "/var-lib/x and a/count-rows and /count-rows.md and /count-rows/",
            "$5-10 and $HOME and $count_rows and $count-rows=1",
            "https://x.org/count-rows and [a](/count-rows) and <a href=/count-rows>",
            "`GET /count-rows` and /count and /Count-Rows",
            "```sh\n/count-rows\n```\n\n    /count-rows\n",
        ] {
            check(text, &[]);
        }
    }
}
