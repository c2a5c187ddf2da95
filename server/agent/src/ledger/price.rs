//! What model calls cost: prices, and estimates where nobody counted.

use serde::{Deserialize, Serialize};

use crate::{
    context::{estimate, estimate_request},
    ledger::Money,
    message::{FailureClass, ModelReply, ModelRequest, Usage},
};

/// A model's price.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Price {
    /// US dollars per million tokens read.
    pub input: f64,
    /// US dollars per million tokens written.
    pub output: f64,
}

impl Price {
    /// Returns what a call costs.
    #[expect(clippy::cast_precision_loss, reason = "token counts are below 2^52")]
    pub fn cost(self, usage: Usage) -> Money {
        let read = usage.prompt_tokens as f64 * self.input.max(0.0);
        let written = usage.completion_tokens as f64 * self.output.max(0.0);
        Money::from_usd((read + written) / 1_000_000.0)
    }
}

/// What is known about the price of a model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rate {
    /// It runs on a machine of one's own.
    #[default]
    Free,
    /// The settings have it.
    Known(Price),
    /// Nobody knows it.
    Unknown,
}

impl Rate {
    /// Returns what a call costs; `None`: nobody knows.
    pub fn cost(self, usage: Usage) -> Option<Money> {
        match self {
            Self::Free => Some(Money::default()),
            Self::Known(price) => Some(price.cost(usage)),
            Self::Unknown => None,
        }
    }
}

/// What happens when nobody knows a model's price.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownPrice {
    /// A person is asked.
    #[default]
    Ask,
    /// It counts as free.
    Allow,
    /// The call is refused.
    Deny,
}

/// Returns the most that a call can use, with a reply of `max_reply` tokens. The request's size is
/// an estimate and may be a quarter too low.
pub fn worst_case(request: &ModelRequest, max_reply: u32) -> Usage {
    let estimated = estimate_request(request);
    Usage {
        prompt_tokens: estimated + estimated.div_ceil(4),
        completion_tokens: u64::from(request.max_tokens.unwrap_or(max_reply)),
    }
}

/// Returns what a reply used, estimated where the server did not report it.
pub fn reply_usage(reply: &ModelReply, prompt_tokens: u64) -> Usage {
    reply.usage.unwrap_or_else(|| {
        let calls = reply.tool_calls.iter();
        let calls = calls.map(|call| estimate(&call.name) + estimate(&call.arguments));
        let thinking = reply.thinking.as_deref().map_or(0, estimate);
        Usage {
            prompt_tokens,
            completion_tokens: estimate(&reply.content) + thinking + calls.sum::<u64>(),
        }
    })
}

/// Returns what a call used that ended without a reply, estimated: nothing if the server turned it
/// away before it worked on it, else the request and the `received` tokens of the reply.
pub fn broken_call_usage(class: FailureClass, prompt_tokens: u64, received: u64) -> Usage {
    let was_read = match class {
        FailureClass::Configuration
        | FailureClass::Auth
        | FailureClass::Quota
        | FailureClass::RateLimit
        | FailureClass::ModelMissing
        | FailureClass::ContextOverflow
        | FailureClass::BadRequest
        | FailureClass::Budget => false,
        FailureClass::Network | FailureClass::Server => received > 0,
        // The server worked until it was told to stop, or answered what nobody understands.
        FailureClass::Cancelled | FailureClass::Protocol => true,
    };
    if was_read { Usage { prompt_tokens, completion_tokens: received } } else { Usage::default() }
}
