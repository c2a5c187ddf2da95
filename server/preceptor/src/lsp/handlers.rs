//! One file for each method of the protocol.
//!
//! A handler is a synchronous prologue (change, take a snapshot) and then at most one await, on
//! work of its own. It never awaits the client: that is what tasks and the outbox are for.

pub(crate) mod code_action;
pub(crate) mod code_lens;
pub(crate) mod diagnostic;
pub(crate) mod did_change;
pub(crate) mod did_change_configuration;
pub(crate) mod did_change_watched_files;
pub(crate) mod did_change_workspace_folders;
pub(crate) mod did_close;
pub(crate) mod did_open;
pub(crate) mod did_save;
pub(crate) mod hover;
pub(crate) mod initialize;
pub(crate) mod initialized;
pub(crate) mod workspace_diagnostic;
