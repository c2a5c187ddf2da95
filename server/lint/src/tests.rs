//! What the rules say, as people read it.

#![expect(clippy::needless_raw_string_hashes, reason = "the snapshots are written by a tool")]

mod description;
mod fields;
mod fixtures;
mod frontmatter;
mod name;
mod pages;
mod report;
mod settings;
mod user_path;
