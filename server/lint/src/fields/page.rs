//! A field's documentation as Markdown.

use crate::{
    Field,
    fields::{Place, Readers, enumeration},
};

/// Returns the documentation of `field`.
pub(super) fn page(field: &Field) -> String {
    let Field { name, place, meaning, value, readers: _, is_map: _ } = field;
    let prefix = match place {
        Place::Top => "",
        Place::Metadata => "metadata.",
    };
    let rank = if field.is_required() { "required" } else { "optional" };
    let passed_over = if field.is_of_the_format() { "" } else { "; other clients pass over it" };
    let read_by = read_by(field);
    let sources = field.sources().join("; ");
    format!(
        "**`{prefix}{name}`** ({rank})\n\n{meaning}\n\n- Value: {value}\n- Read by: {read_by}{passed_over}\n- Source: {sources}\n"
    )
}

/// Returns who reads `field`.
pub(super) fn read_by(field: &Field) -> String {
    match field.readers {
        Readers::EveryClientRequired => "every client".to_owned(),
        Readers::EveryClient => "every client that follows the format".to_owned(),
        Readers::Only(clients) => enumeration(clients),
    }
}
