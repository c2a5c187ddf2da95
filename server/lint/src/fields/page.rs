//! A field's documentation as Markdown.

use crate::{
    Client, Field,
    fields::{Place, Readers},
};

/// Returns the documentation of `field`.
pub(super) fn page(field: &Field) -> String {
    let Field { name, place, meaning, value, readers, is_map: _ } = field;
    let prefix = match place {
        Place::Top => "",
        Place::Metadata => "metadata.",
    };
    let (rank, read_by) = match readers {
        Readers::EveryClientRequired => ("required", "every client".to_owned()),
        Readers::EveryClient => ("optional", "every client that follows the format".to_owned()),
        Readers::Only(clients) => ("optional", enumeration(clients)),
    };
    let sources = field.sources().join("; ");
    format!(
        "**`{prefix}{name}`** ({rank})\n\n{meaning}\n\n- Value: {value}\n- Read by: {read_by}\n- Source: {sources}\n"
    )
}

/// "A", "A and B", "A, B and C"; what is not named passes over the field.
fn enumeration(clients: &[Client]) -> String {
    let names: Vec<_> = clients.iter().map(|client| client.name()).collect();
    let listed = match names.split_last() {
        None => return "no client".to_owned(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    };
    format!("{listed}; other clients pass over it")
}
