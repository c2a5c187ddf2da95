//! The fields that a skill's frontmatter may have: what each means, its limits, who reads it.
//!
//! Everything that is said about a field comes from the one table here, so that a new field or a
//! client's change is one row.

mod choices;
mod client;
mod folder;
mod page;
mod table;

use skill::{Entry, Frontmatter};

pub(crate) use crate::fields::client::enumeration;
use crate::fields::table::FIELDS;
pub use crate::fields::{client::Client, folder::clients_of};

/// A field of the frontmatter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its key.
    pub name: &'static str,
    /// Where it stands.
    pub place: Place,
    /// What it is for: sentences for people, in Markdown.
    pub meaning: &'static str,
    /// What its value may be: a sentence for people, in Markdown.
    pub value: &'static str,
    /// Whether its value is a map of fields.
    pub is_map: bool,
    /// Who reads it.
    pub readers: Readers,
}

/// Where a field stands in the frontmatter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// At the top level.
    Top,
    /// Below `metadata`.
    Metadata,
}

/// Who reads a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Every client: it is part of the format, and a skill must have it.
    EveryClientRequired,
    /// Every client that follows the format.
    EveryClient,
    /// These clients; others pass over it.
    Only(&'static [Client]),
}

impl Field {
    /// Tells whether a skill must have the field.
    pub fn is_required(&self) -> bool {
        self.readers == Readers::EveryClientRequired
    }

    /// Tells whether the field is part of the format.
    pub fn is_of_the_format(&self) -> bool {
        !matches!(self.readers, Readers::Only(_))
    }

    /// Returns where the row comes from: the format or the documentation of its clients.
    pub fn sources(&self) -> Vec<&'static str> {
        match self.readers {
            Readers::EveryClientRequired | Readers::EveryClient => {
                vec!["the Agent Skills format, as of August 2026"]
            }
            Readers::Only(clients) => clients.iter().map(|client| client.source()).collect(),
        }
    }

    /// Returns what its value is usually chosen from; empty for a value that is up to the author.
    pub fn choices(&self) -> &'static [&'static str] {
        choices::choices(self)
    }

    /// Returns who reads the field, for people.
    pub fn read_by(&self) -> String {
        page::read_by(self)
    }

    /// Returns the field's documentation, in Markdown.
    pub fn page(&self) -> String {
        page::page(self)
    }
}

/// Returns all known fields: those of the format first, then those of clients by name.
pub fn fields() -> &'static [Field] {
    FIELDS
}

/// Returns the field with this key at this place.
pub fn field(place: Place, name: &str) -> Option<&'static Field> {
    fields().iter().find(|field| field.place == place && field.name == name)
}

/// Returns the innermost known field whose key or value holds the place at `offset`, with where
/// it is written.
pub fn field_at(frontmatter: &Frontmatter, offset: usize) -> Option<(&Entry, &'static Field)> {
    let top = entry_at(&frontmatter.entries, offset)?;
    let known = field(Place::Top, &top.key).map(|field| (top, field));
    let inner = (top.key == "metadata").then(|| entry_at(top.value.entries(), offset)).flatten();
    let known_inner =
        inner.and_then(|entry| field(Place::Metadata, &entry.key).map(|field| (entry, field)));
    known_inner.or(known)
}

/// A cursor just behind a value, or behind the colon of a field without one, is still on it.
fn entry_at(entries: &[Entry], offset: usize) -> Option<&Entry> {
    entries.iter().find(|entry| {
        let end = entry.value.span.end.max(entry.key_span.end + 1);
        entry.key_span.start <= offset && offset <= end
    })
}
