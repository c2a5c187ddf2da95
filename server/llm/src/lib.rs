//! The wire to model servers: requests out, streamed replies in, and every way in which a server
//! can fail turned into one of [`agent::message::FailureClass`].
//!
//! Two providers answer to the same [`Model`] trait: servers that speak the OpenAI-compatible
//! chat API ([`openai()`]), and scenarios from a text ([`scripted()`]) for demonstrations and tests.
//! This crate must never know LSP, prompts, settings files or the environment: endpoints come in
//! complete, and the sentences of its failures are ready to be shown to a person.

mod failure;
mod key;
mod model;
mod openai;
mod redact;
mod retry;
mod scripted;

pub use crate::{
    key::ApiKey,
    model::{Delta, Model, Role},
    openai::{OpenAiEndpoint, models, openai},
    redact::{Redactor, redact},
    retry::RetryPolicy,
    scripted::scripted,
};
