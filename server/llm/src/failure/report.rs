//! A server's error report, in whichever of the customary shapes it comes.

use agent::message::FailureClass;
use serde_json::Value;

use crate::redact::Redactor;

/// The longest part of a server's own words that is quoted, in characters.
const LONGEST_QUOTE: usize = 300;

/// What a server said about an error, before anybody judges it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ServerReport {
    /// The HTTP status. Reports within a stream often name one as their code.
    pub(crate) status: Option<u16>,
    /// The report's `type` and `code`, lower case.
    pub(crate) labels: Vec<String>,
    /// The report's text, or the whole body where it has no known shape.
    pub(crate) words: String,
    /// Whether the body was a web page, which nobody wants to read in a message.
    pub(crate) is_web_page: bool,
}

impl ServerReport {
    /// Reads the body of an answer with the given HTTP status.
    pub(crate) fn from_answer(status: u16, body: &str) -> ServerReport {
        let mut report = match serde_json::from_str::<Value>(body) {
            Ok(value) => ServerReport::from_value(&value),
            Err(_) if body.trim_start().starts_with('<') => {
                ServerReport { is_web_page: true, ..ServerReport::default() }
            }
            Err(_) => ServerReport { words: body.to_owned(), ..ServerReport::default() },
        };
        report.status = Some(status);
        report
    }

    /// Reads a report that came within a stream or an otherwise good answer: either the whole
    /// object or what stands under its `error` key.
    pub(crate) fn from_value(value: &Value) -> ServerReport {
        let report = value.get("error").filter(|it| !it.is_null()).unwrap_or(value);
        let words = report
            .as_str()
            .or_else(|| report.get("message").and_then(Value::as_str))
            .map(str::to_owned)
            .or_else(|| report.get("detail").map(detail_words))
            .unwrap_or_else(|| report.to_string());
        let label = |key| match report.get(key) {
            Some(Value::String(label)) => Some(label.to_lowercase()),
            Some(Value::Number(label)) => Some(label.to_string()),
            _ => None,
        };
        let labels: Vec<String> = ["type", "code"].into_iter().filter_map(label).collect();
        let status =
            labels.iter().filter_map(|it| it.parse().ok()).find(|it| (400..600).contains(it));
        ServerReport { status, labels, words, is_web_page: false }
    }

    /// Decides what kind of trouble it is: by type and code first, then by status, and by the
    /// words only where those leave it open.
    pub(crate) fn class(&self) -> FailureClass {
        if let Some(class) = self.labels.iter().find_map(|it| class_of_label(it)) {
            return class;
        }
        match self.status {
            Some(401 | 403) => FailureClass::Auth,
            Some(402) => FailureClass::Quota,
            Some(404) if self.says(&["model"]) => FailureClass::ModelMissing,
            Some(404 | 405 | 300..=399) => FailureClass::Configuration,
            Some(408) => FailureClass::Network,
            Some(429) => FailureClass::RateLimit,
            Some(400 | 413 | 422) if self.says(OVERFLOW_WORDS) => FailureClass::ContextOverflow,
            Some(400 | 422) if self.says(MODEL_MISSING_WORDS) => FailureClass::ModelMissing,
            Some(400..=499) => FailureClass::BadRequest,
            _ if self.labels.iter().any(|it| it == "invalid_request_error") => {
                FailureClass::BadRequest
            }
            _ if self.says(OVERFLOW_WORDS) => FailureClass::ContextOverflow,
            _ => FailureClass::Server,
        }
    }

    /// Returns whether the server may do better a little later. A function that a server lacks
    /// stays missing; an error within a stream, without any status, may well pass.
    pub(crate) fn may_pass(&self) -> bool {
        self.status.is_none_or(|it| matches!(it, 500 | 502 | 503 | 504 | 529))
    }

    /// Returns the status as a person reads it.
    pub(crate) fn status_words(&self) -> String {
        self.status
            .map_or_else(|| "the server reported an error".to_owned(), |it| format!("HTTP {it}"))
    }

    /// Returns the server's words on one line, without secrets and cut to a length that fits a
    /// message; they end in a punctuation mark.
    pub(crate) fn quotable_words(&self, redactor: &Redactor) -> String {
        let words = self.words.split_whitespace().collect::<Vec<_>>().join(" ");
        let words = redactor.redact(&words);
        match words.char_indices().nth(LONGEST_QUOTE) {
            Some((end, _)) => format!("{}…", words.get(..end).unwrap_or_default()),
            None if words.is_empty() || words.ends_with(['.', '!', '?', '…']) => {
                words.into_owned()
            }
            None => format!("{words}."),
        }
    }

    /// Returns whether the report speaks of `name`, for example of a parameter that is refused.
    pub(crate) fn mentions(&self, name: &str) -> bool {
        self.words.contains(name)
    }

    fn says(&self, any_of: &[&str]) -> bool {
        let words = self.words.to_lowercase();
        any_of.iter().any(|it| words.contains(it))
    }
}

/// Servers that hide the reason behind "invalid request" tell it in one of these ways.
const OVERFLOW_WORDS: &[&str] = &[
    "context length",
    "context size",
    "context window",
    "contextwindowexceeded",
    "maximum context",
    "max_model_len",
    "prompt is too long",
    "input is too long",
];

const MODEL_MISSING_WORDS: &[&str] =
    &["invalid model name", "model not found", "unknown model", "no such model"];

fn class_of_label(label: &str) -> Option<FailureClass> {
    Some(match label {
        "context_length_exceeded"
        | "exceed_context_size_error"
        | "context_window_exceeded"
        | "contextwindowexceedederror"
        | "string_above_max_length" => FailureClass::ContextOverflow,
        "insufficient_quota"
        | "billing_not_active"
        | "billing_hard_limit_reached"
        | "billing_error"
        | "insufficient_credits"
        | "credit_balance_too_low" => FailureClass::Quota,
        "invalid_api_key"
        | "authentication_error"
        | "auth_error"
        | "permission_error"
        | "permission_denied"
        | "account_deactivated"
        // A gateway without a database says this of every key but its master key.
        | "no_db_connection" => FailureClass::Auth,
        "model_not_found" | "model_not_found_error" => FailureClass::ModelMissing,
        "rate_limit_exceeded" | "rate_limit_error" | "throttling_error" | "too_many_requests" => {
            FailureClass::RateLimit
        }
        _ => return None,
    })
}

/// A validating framework reports a list of places, each with its own message.
fn detail_words(detail: &Value) -> String {
    let Some(places) = detail.as_array() else {
        return detail.as_str().map_or_else(|| detail.to_string(), str::to_owned);
    };
    let messages = places.iter().map(|place| {
        let message = place.get("msg").and_then(Value::as_str).unwrap_or("invalid");
        let keys = place.get("loc").and_then(Value::as_array).into_iter().flatten();
        let keys = keys.map(|it| it.as_str().map_or_else(|| it.to_string(), str::to_owned));
        format!("{}: {message}", keys.collect::<Vec<_>>().join("."))
    });
    messages.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use agent::message::FailureClass;
    use expect_test::{Expect, expect};
    use serde_json::json;

    use super::ServerReport;
    use crate::redact::Redactor;

    #[track_caller]
    fn check(cases: &[(u16, &str)], expected: &Expect) {
        let lines = cases.iter().map(|(status, body)| {
            let report = ServerReport::from_answer(*status, body);
            let class = report.class();
            format!("{status} {class:?}: {}\n", report.quotable_words(&Redactor::default()))
        });
        expected.assert_eq(&lines.collect::<String>());
    }

    #[test]
    fn words_that_look_like_trouble_decide_nothing() {
        check(
            &[
                (
                    400,
                    r#"{"error":{"message":"`timeout` has to be below 500, typeof eof: capacity"}}"#,
                ),
                (
                    401,
                    r#"{"error":{"message":"token timed out; connection reset, 503, try again"}}"#,
                ),
                (402, r#"{"error":{"message":"over capacity: rate limit of the free plan"}}"#),
                (422, r#"{"error":{"message":"max_tokens: 42900 is overloaded with digits"}}"#),
                (
                    500,
                    r#"{"error":{"message":"model not found in cache; unauthorized; no credit"}}"#,
                ),
                (503, r#"{"error":{"message":"authentication backend is down"}}"#),
            ],
            &expect![[r"
                400 BadRequest: `timeout` has to be below 500, typeof eof: capacity.
                401 Auth: token timed out; connection reset, 503, try again.
                402 Quota: over capacity: rate limit of the free plan.
                422 BadRequest: max_tokens: 42900 is overloaded with digits.
                500 Server: model not found in cache; unauthorized; no credit.
                503 Server: authentication backend is down.
            "]],
        );
        let report =
            ServerReport::from_answer(401, r#"{"error":{"message":"token timed out: 503"}}"#);
        assert!(!report.may_pass());
    }

    #[test]
    fn type_and_code_decide_before_the_status() {
        check(
            &[
                (
                    400,
                    r#"{"error":{"message":"too long","type":"invalid_request_error","code":"context_length_exceeded"}}"#,
                ),
                (
                    400,
                    r#"{"error":{"code":400,"message":"40019 tokens are too many","type":"exceed_context_size_error"}}"#,
                ),
                (
                    429,
                    r#"{"error":{"message":"pay first","type":"insufficient_quota","code":null}}"#,
                ),
                (400, r#"{"error":{"message":"wrong","code":"invalid_api_key"}}"#),
                (
                    400,
                    r#"{"error":{"message":"slow down","type":"throttling_error","code":"429"}}"#,
                ),
                (404, r#"{"error":{"message":"gone","code":"model_not_found"}}"#),
                (400, r#"{"error":{"message":"no db","type":"no_db_connection"}}"#),
            ],
            &expect![[r"
                400 ContextOverflow: too long.
                400 ContextOverflow: 40019 tokens are too many.
                429 Quota: pay first.
                400 Auth: wrong.
                400 RateLimit: slow down.
                404 ModelMissing: gone.
                400 Auth: no db.
            "]],
        );
    }

    #[test]
    fn every_customary_shape_is_read() {
        check(
            &[
                (404, r#"{"error":"model 'tiny' is not pulled"}"#),
                (404, r#"{"detail":"Not Found"}"#),
                (404, "<html><title>nginx</title></html>"),
                (422, r#"{"detail":[{"loc":["body","tools",0],"msg":"field required"}]}"#),
                (
                    400,
                    r#"{"object":"error","message":"the prompt exceeds the maximum context of 8192","type":"BadRequestError","code":400}"#,
                ),
                (
                    400,
                    r#"{"error":{"message":"Invalid model name passed: x","type":"invalid_request_error","code":"400"}}"#,
                ),
                (
                    400,
                    r#"{"error":{"message":"'messages' is required","type":"invalid_request_error"}}"#,
                ),
                (403, ""),
                (402, "{}"),
                (529, "Overloaded"),
                (501, "no streaming here"),
                (302, ""),
            ],
            &expect![[r"
                404 ModelMissing: model 'tiny' is not pulled.
                404 Configuration: Not Found.
                404 Configuration: 
                422 BadRequest: body.tools.0: field required.
                400 ContextOverflow: the prompt exceeds the maximum context of 8192.
                400 ModelMissing: Invalid model name passed: x.
                400 BadRequest: 'messages' is required.
                403 Auth: 
                402 Quota: {}.
                529 Server: Overloaded.
                501 Server: no streaming here.
                302 Configuration: 
            "]],
        );
    }

    #[test]
    fn a_missing_function_does_not_pass_but_an_overload_does() {
        assert!(!ServerReport::from_answer(501, "").may_pass());
        assert!(ServerReport::from_answer(529, "").may_pass());
        assert!(ServerReport::from_value(&json!({"error": "boom"})).may_pass());
    }

    #[test]
    fn a_report_within_a_stream_names_its_status_as_a_code() {
        let report = ServerReport::from_value(&json!({"error": {"message": "cut", "code": "500"}}));
        assert_eq!((report.status, report.class()), (Some(500), FailureClass::Server));
        let report = ServerReport::from_value(&json!({"error": {"type": "invalid_request_error"}}));
        assert_eq!((report.status, report.class()), (None, FailureClass::BadRequest));
    }

    #[test]
    fn long_words_are_cut_at_a_character() {
        let report = ServerReport::from_answer(400, &"ü\n".repeat(400));
        let words = report.quotable_words(&Redactor::default());
        assert_eq!(words.chars().count(), 301);
        assert!(words.starts_with("ü ü ü") && words.ends_with('…'));
    }
}
