//! The language server: an adapter between LSP and the crates that do the work.
//!
//! LSP types stay in this folder. From the outside in: `transport` runs a session over a pair of
//! streams, and `seam` makes handlers run in order and survive panics. What goes to the client,
//! other than answers, leaves through the [`outbox::Outbox`].

mod client_process;
pub mod documents;
mod input;
mod normalize;
pub mod outbox;
#[expect(dead_code, reason = "the server chooses an encoding in the next step")]
mod positions;
mod seam;
mod signals;
pub mod tasks;
pub mod transport;
