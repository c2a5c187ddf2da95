//! What a server's refusal means, and the sentence that tells a person what to do about it.

use std::{error::Error, io, iter::successors, time::Duration};

use agent::message::{FailureClass, ModelFailure};

use crate::{model::Role, redact::Redactor, retry::Hope};

mod report;

pub(crate) use crate::failure::report::ServerReport;

/// An attempt that failed, and whether another one makes sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FailedAttempt {
    pub(crate) failure: ModelFailure,
    pub(crate) hope: Hope,
    /// Why, in a few words.
    pub(crate) reason: String,
}

/// Whom the sentences talk about.
#[derive(Debug, Clone)]
pub(crate) struct Addressee {
    pub(crate) role: Role,
    /// The endpoint as it is configured, without credentials.
    pub(crate) base_url: String,
    /// The part of it that a server listens on.
    pub(crate) listens_on: String,
    pub(crate) api_key_env: String,
    pub(crate) has_key: bool,
    pub(crate) redactor: Redactor,
}

impl Addressee {
    /// Judges an answer that reports an error, or an error that was reported within a stream.
    pub(crate) fn refused(
        &self,
        report: &ServerReport,
        asked_wait: Option<Duration>,
        model: &str,
    ) -> FailedAttempt {
        let class = report.class();
        let hope = match class {
            FailureClass::RateLimit => Hope::RateLimit(asked_wait),
            FailureClass::Server if report.may_pass() => Hope::Transient(asked_wait),
            FailureClass::Network => Hope::Transient(asked_wait),
            _ => Hope::None,
        };
        let status = report.status_words();
        let words = report.quotable_words(&self.redactor);
        let reason = match words.as_str() {
            "" => status.clone(),
            words => format!("{status}: {words}"),
        };
        let message = self.sentence(class, &status, &words, report.is_web_page, model);
        FailedAttempt { failure: ModelFailure { class, message }, hope, reason }
    }

    /// Judges a request that got no answer at all.
    pub(crate) fn unanswered(&self, error: &reqwest::Error) -> FailedAttempt {
        let table = self.role.settings_table();
        let Addressee { base_url, listens_on, .. } = self;
        let cause = self.redactor.redact(&deepest_cause(error)).into_owned();
        if error.is_builder() {
            return self.unusable(&cause);
        }
        if !error.is_connect() {
            return self.broken_off(&format!("before an answer came ({cause})"));
        }
        let (message, reason) = if error.is_timeout() {
            (
                format!(
                    "The model server at {listens_on} accepts no connection in time: check that \
                     it runs and can be reached, or set {table}.base_url (now {base_url})."
                ),
                "no connection in time".to_owned(),
            )
        } else if is_refusal(error) {
            (
                format!(
                    "No model server answers at {listens_on}: start it, or set {table}.base_url \
                     (now {base_url})."
                ),
                "no server answers".to_owned(),
            )
        } else {
            (
                format!(
                    "Cannot connect to the model server at {listens_on} ({cause}): check \
                     {table}.base_url (now {base_url})."
                ),
                cause,
            )
        };
        let failure = ModelFailure { class: FailureClass::Network, message };
        FailedAttempt { failure, hope: Hope::Unreachable, reason }
    }

    /// Describes a connection that ended too early; `when` completes "broke off …".
    pub(crate) fn broken_off(&self, when: &str) -> FailedAttempt {
        let message = format!(
            "The connection to the model server at {} broke off {when}: see whether it still \
                 runs, then try again.",
            self.listens_on
        );
        FailedAttempt {
            failure: ModelFailure { class: FailureClass::Network, message },
            hope: Hope::Transient(None),
            reason: "the connection broke off".to_owned(),
        }
    }

    /// Describes a server that keeps a connection open and says nothing; `what` completes
    /// "sent no …", and `setting` is the one that the limit comes from.
    pub(crate) fn silent(
        &self,
        what: &str,
        limit: Duration,
        setting: Option<&str>,
    ) -> FailedAttempt {
        let table = self.role.settings_table();
        let or_raise = setting.map(|it| format!(", or raise `{table}.{it}`")).unwrap_or_default();
        let message = format!(
            "The model server at {} sent no {what} within {} s: see whether it is busy{or_raise}.",
            self.listens_on,
            limit.as_secs_f64(),
        );
        FailedAttempt {
            failure: ModelFailure { class: FailureClass::Network, message },
            // A server that is only slow would get the same work a second time.
            hope: Hope::None,
            reason: format!("no {what} in time"),
        }
    }

    /// Describes an answer that cannot be understood; `what` completes "answered with …".
    pub(crate) fn not_understood(&self, what: &str) -> FailedAttempt {
        let message = format!(
            "The model server at {} answered with {}: does `{}.base_url` name an \
             OpenAI-compatible address, usually one that ends in /v1?",
            self.listens_on,
            self.redactor.redact(what),
            self.role.settings_table()
        );
        FailedAttempt {
            failure: ModelFailure { class: FailureClass::Protocol, message },
            hope: Hope::None,
            reason: "an answer that cannot be understood".to_owned(),
        }
    }

    /// Describes an address that answers, but not like a model server; `what` says how.
    pub(crate) fn wrong_address(&self, what: &str) -> FailedAttempt {
        let message = format!(
            "{} {what}: does {}.base_url end in /v1?",
            self.base_url,
            self.role.settings_table()
        );
        FailedAttempt {
            failure: ModelFailure { class: FailureClass::Configuration, message },
            hope: Hope::None,
            reason: "not the address of a model server".to_owned(),
        }
    }

    /// Describes settings that no request can be made from.
    pub(crate) fn unusable(&self, cause: &str) -> FailedAttempt {
        let message = format!(
            "No request can be sent to {}.base_url (now {}): {cause}.",
            self.role.settings_table(),
            self.base_url
        );
        FailedAttempt {
            failure: ModelFailure { class: FailureClass::Configuration, message },
            hope: Hope::None,
            reason: cause.to_owned(),
        }
    }

    fn sentence(
        &self,
        class: FailureClass,
        status: &str,
        words: &str,
        is_web_page: bool,
        model: &str,
    ) -> String {
        let table = self.role.settings_table();
        let Addressee { base_url, listens_on, api_key_env, .. } = self;
        let quoted = if words.is_empty() { String::new() } else { format!(" It says: {words}") };
        match class {
            FailureClass::Auth if self.has_key => format!(
                "The model server at {base_url} does not accept the API key ({status}): check the \
                 environment variable {api_key_env}.{quoted}"
            ),
            FailureClass::Auth => format!(
                "The model server at {base_url} asks for an API key ({status}): set the \
                 environment variable {api_key_env}, or name another one in \
                 {table}.api_key_env.{quoted}"
            ),
            FailureClass::Quota => format!(
                "The account at {base_url} has no credit left ({status}): add some, or set \
                 {table}.base_url to another server.{quoted}"
            ),
            FailureClass::RateLimit => format!(
                "The model server at {base_url} takes no more requests for now \
                 ({status}).{quoted}"
            ),
            FailureClass::ModelMissing => format!(
                "The model server at {base_url} does not know the model `{model}` ({status}): set \
                 {table}.model to one that it serves.{quoted}"
            ),
            FailureClass::Configuration => {
                let seen = if is_web_page { ", it is a web page" } else { "" };
                format!(
                    "There is no such address as {base_url}/chat/completions ({status}{seen}): \
                     does {table}.base_url end in /v1?{quoted}"
                )
            }
            FailureClass::ContextOverflow => format!(
                "The conversation does not fit the context window of `{model}` at {base_url} \
                 ({status}).{quoted}"
            ),
            FailureClass::BadRequest => {
                format!("The model server at {base_url} refused the request ({status}).{quoted}")
            }
            _ => format!(
                "The model server at {listens_on} failed ({status}).{quoted} Its log says more; \
                 try again when it is well."
            ),
        }
    }
}

/// Returns the last link of an error's chain of causes: the outer ones say "error sending request".
fn deepest_cause(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

fn is_refusal(error: &reqwest::Error) -> bool {
    causes(error)
        .filter_map(|it| it.downcast_ref::<io::Error>())
        .any(|it| it.kind() == io::ErrorKind::ConnectionRefused)
}

fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    successors(Some(error), |&it| it.source())
}
