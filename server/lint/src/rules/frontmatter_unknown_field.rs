//! `frontmatter/unknown-field`: a field that no known client reads.

use skill::{Entry, Frontmatter, Node, NodeKind, TextEdit, yaml_value};

use crate::{
    Client, Field, Fix, Level, Place, Problem, Readers, Rule, Safety, SkillFile, field,
    field_lines::{field_comments, field_lines, is_in_brackets},
    fields,
    line_end::line_end,
    near_miss::near_miss,
};

pub(super) static RULE: Rule = Rule {
    code: "frontmatter/unknown-field",
    level: Level::Hint,
    summary: "a field is not in the format and no known client reads it",
    page: include_str!("../../../preceptor/guide/rules/frontmatter/unknown-field.md"),
    check,
};

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let Some(frontmatter) = &file.document.frontmatter else { return Vec::new() };
    let unknown = frontmatter
        .entries
        .iter()
        .filter(|entry| entry.key != "<<" && field(Place::Top, &entry.key).is_none());
    unknown.map(|entry| problem(file.text(), frontmatter, entry)).collect()
}

fn problem(text: &str, frontmatter: &Frontmatter, entry: &Entry) -> Problem {
    let key = &entry.key;
    if let Some(meant) = meant_field(key) {
        let message = format!("`{key}` is a field of no known client: did you mean `{meant}`?");
        // A second field of that name would be worse.
        let fix = frontmatter.entry(meant).is_none().then(|| Fix {
            title: format!("Rename it to `{meant}`"),
            edits: vec![TextEdit::replace(entry.key_span, meant)],
            safety: Safety::Safe,
        });
        return Problem::new(entry.key_span, message).with_fix(fix);
    }
    let message = format!(
        "`{key}` is not in the format and no known client reads it: what is for people belongs \
         below `metadata`"
    );
    Problem::new(entry.key_span, message).with_fix(move_below_metadata(text, frontmatter, entry))
}

/// What somebody meant who wrote `key`: never a field that is at home below `metadata`.
fn meant_field(key: &str) -> Option<&'static str> {
    let candidates = fields().iter().filter(|field| {
        field.place == Place::Top && field.readers != Readers::Only(&[Client::Odysseus])
    });
    let meant = near_miss(key, candidates.map(|field| field.name))?;
    // The plural of a word is another word, but for the fields that everybody has.
    let is_of_the_format = field(Place::Top, meant).is_some_and(Field::is_of_the_format);
    let is_plural = |one: &str, other: &str| one.strip_suffix('s') == Some(other);
    let differs_in_number = is_plural(key, meant) || is_plural(meant, key);
    (is_of_the_format || !differs_in_number).then_some(meant)
}

fn move_below_metadata(text: &str, frontmatter: &Frontmatter, entry: &Entry) -> Option<Fix> {
    let is_list = matches!(entry.value.kind, NodeKind::Sequence(_));
    let key = yaml_value(&entry.key);
    let value = yaml_value(&value_text(entry)?);
    let is_whole = frontmatter.error.is_none()
        && frontmatter.entries.iter().filter(|it| it.key == entry.key).count() == 1;
    if !is_whole {
        return None;
    }
    let line_end = line_end(text);
    let comments = field_comments(text, entry);
    // A comment behind a field stays there; more of them stand above it.
    let lines = |indent: &str| match *comments {
        [comment] => format!("{indent}{key}: {value} {comment}{line_end}"),
        _ => {
            let comments = comments.iter().map(|it| format!("{indent}{it}{line_end}"));
            format!("{}{indent}{key}: {value}{line_end}", comments.collect::<String>())
        }
    };
    let insertion = match frontmatter.entry("metadata") {
        None => TextEdit::insert(
            frontmatter.closing?.start,
            format!("metadata:{line_end}{}", lines("  ")),
        ),
        Some(metadata) => {
            let others = metadata.value.entries();
            let last = others.last()?;
            if is_in_brackets(text, &metadata.value) || others.iter().any(|it| it.key == entry.key)
            {
                return None;
            }
            let last_lines = field_lines(text, last);
            let before_key = text.get(last_lines.start..)?;
            let first = others.first()?;
            let first_line = text.get(field_lines(text, first).start..first.key_span.start)?;
            let indent = if first_line.trim().is_empty() { first_line } else { return None };
            let ends_line = last_lines.of(text).ends_with('\n') && !before_key.is_empty();
            if !ends_line {
                return None;
            }
            TextEdit::insert(last_lines.end, lines(indent))
        }
    };
    Some(Fix {
        title: format!("Move `{}` below `metadata`", entry.key),
        edits: vec![insertion, TextEdit::delete(field_lines(text, entry))],
        safety: if is_list { Safety::Unsafe } else { Safety::Safe },
    })
}

/// The value as one text; `None` where that would lose something.
fn value_text(entry: &Entry) -> Option<String> {
    match &entry.value.kind {
        NodeKind::Scalar { text, .. } => Some(text.trim().to_owned()),
        NodeKind::Sequence(items) => {
            let texts: Option<Vec<_>> = items.iter().map(Node::as_text).collect();
            let texts = texts.filter(|texts| texts.iter().all(|it| !it.contains([',', '\n'])))?;
            Some(texts.join(", "))
        }
        _ => None,
    }
}
