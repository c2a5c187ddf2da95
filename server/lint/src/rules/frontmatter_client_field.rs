//! `frontmatter/client-field`: fields that the clients of this folder pass over.

use skill::Entry;

use crate::{Client, Field, Level, Place, Problem, Readers, Rule, SkillFile, field};

pub(super) static RULE: Rule = Rule {
    code: "frontmatter/client-field",
    level: Level::Hint,
    summary: "fields that only other clients than this folder's understand",
    page: include_str!("../../../preceptor/guide/rules/frontmatter/client-field.md"),
    check,
};

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let entries = file.document.frontmatter.iter().flat_map(|it| &it.entries);
    let foreign: Vec<(&Entry, &Field)> = entries
        .filter_map(|entry| field(Place::Top, &entry.key).map(|field| (entry, field)))
        .filter(|(_, field)| is_foreign(field, file.clients))
        .collect();
    let Some(((first, _), others)) = foreign.split_first() else { return Vec::new() };
    let names: Vec<_> = foreign.iter().map(|(entry, _)| format!("`{}`", entry.key)).collect();
    let (is_read, they) = if others.is_empty() { ("is", "it") } else { ("are", "them") };
    let belongs = if foreign.iter().all(|(_, field)| belongs_below_metadata(field)) {
        ", and for people they belong below `metadata`"
    } else {
        ""
    };
    let message = format!(
        "{} {is_read} read by {} only; other clients pass over {they}{}",
        enumeration(&names),
        readers(&foreign),
        if others.is_empty() {
            belongs.replace("they belong", "it belongs")
        } else {
            belongs.to_owned()
        },
    );
    let related = others.iter().map(|(entry, _)| (entry.key_span, format!("`{}` too", entry.key)));
    vec![Problem::new(first.key_span, message).with_related(related)]
}

/// Tells whether none of the folder's clients reads the field.
///
/// Where the folder is nobody's, only a field is foreign that is at home below `metadata` for
/// everybody but one client.
fn is_foreign(field: &Field, clients: Option<&[Client]>) -> bool {
    let Readers::Only(readers) = field.readers else { return false };
    match clients {
        Some(clients) => !readers.iter().any(|reader| clients.contains(reader)),
        None => readers == [Client::Odysseus],
    }
}

fn belongs_below_metadata(top: &Field) -> bool {
    field(Place::Metadata, top.name).is_some()
}

fn readers(foreign: &[(&Entry, &Field)]) -> String {
    let mut names: Vec<String> = foreign
        .iter()
        .filter_map(|(_, field)| match field.readers {
            Readers::Only(clients) => Some(clients),
            _ => None,
        })
        .flatten()
        .map(|client| client.name().to_owned())
        .collect();
    names.sort();
    names.dedup();
    enumeration(&names)
}

/// "A", "A and B", "A, B and C".
fn enumeration(names: &[String]) -> String {
    match names.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}
