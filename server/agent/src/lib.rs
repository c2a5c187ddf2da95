//! The agent's decisions, as a machine without I/O.
//!
//! Inputs (a request, a model's reply, results of tools, a person's decision) go in; events and
//! the next thing to do come out. This crate must never know tokio, HTTP, LSP or the linter:
//! whatever it wants done is a value that a driver performs.

pub mod message;
