//! The language server from the outside: real frames over pipes, and real processes where the
//! process is the point.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod documents;
mod findings;
mod harness;
mod lifecycle;
mod processes;
mod settings;
mod transport;
