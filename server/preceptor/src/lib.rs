//! Preceptor: a language server and an agent for people who run their own models.
//!
//! The binary is this library's [`cli::run`]. The language server is in [`lsp`], the only place
//! that knows LSP types; the other modules are the commands of the command line.

pub mod check;
pub mod cli;
mod configuration;
pub mod demo;
mod detect;
mod doctor;
pub mod lsp;
mod neighborhood;
mod place;
mod proposals;
mod question;
pub mod rules;
mod runs;
pub mod terminal;
mod trust;
mod verification;
