//! The crate against a model server, and its scripted model, both seen from outside.

#![cfg(test)]

mod cancel;
mod failures;
#[path = "../../../../tests/support/model_server.rs"]
mod model_server;
mod models;
mod replies;
mod retries;
mod scripted;
mod support;
