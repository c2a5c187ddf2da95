//! What the rules say, as people read it.

#![expect(clippy::needless_raw_string_hashes, reason = "the snapshots are written by a tool")]

mod account;
mod catalogue;
mod checkout_path;
mod completion;
mod description;
mod fields;
mod fix_all;
mod fixtures;
mod frontmatter;
mod frontmatter_fields;
mod hidden_characters;
mod host;
mod hover_place;
mod independence;
mod injected_directive;
mod ip_address;
mod links;
mod model_id;
mod name;
mod neighbors;
mod notes;
mod one_shot;
mod pages;
mod raw_launcher;
mod remote_shell;
mod report;
mod secret;
mod settings;
mod structure;
mod suppression;
mod surroundings;
mod terminal_session;
mod text;
mod tools;
mod user_path;
