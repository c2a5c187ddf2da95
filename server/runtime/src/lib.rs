//! The agent's effects: tools, journal and run store, proposals, the driver.
//!
//! Everything here may touch the outside world; nothing here may know LSP types. The driver
//! performs the steps of [`agent::machine::Machine`] and appends every event to the run's journal
//! before anybody is shown it.

#![expect(clippy::disallowed_methods, reason = "this is the crate that touches the outside world")]

pub mod acceptance;
pub mod always;
mod approval_rules;
pub mod atomic;
pub mod baseline;
mod beneath;
pub mod clock;
pub mod config;
pub mod day_book;
pub mod driver;
pub mod earlier;
pub mod editor;
mod file_lock;
pub mod folders;
pub mod journal;
pub mod models;
pub mod proposals;
pub mod recorder;
pub mod replay;
mod retention;
pub mod run_store;
pub mod sandbox;
pub mod skill_use;
pub mod skills;
pub mod stand_in;
mod teachers_view;
mod temporary;
pub mod tools;
mod transcript;
pub mod trust;
pub mod turn_changes;
pub mod uri;
pub mod verifier;
pub mod waiting;
pub mod workspace;
pub mod workspace_copy;
