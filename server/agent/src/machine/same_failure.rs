//! What tells a failure from others, so that the teacher comes in once for each.
//!
//! What failed counts, and not the words in which it was said: models never say it twice alike.

use crate::detect::{CallRecord, Judgement, SignalKind, unrecovered};

/// The failure that has no call.
const BY_ITS_ANSWER: &str = "answer";

/// Returns what a failure is known by: the request, and the call that failed where there is one.
///
/// The first key is the failure's own. Once the teacher came in for it, the others are known too:
/// whoever gives up at the same request without trying anything failed no other way.
pub(super) fn failure_keys(
    request: &str,
    judgement: &Judgement,
    calls: &[CallRecord],
) -> Vec<String> {
    let Some(reason) = judgement.reason() else { return Vec::new() };
    let what = match reason.kind {
        SignalKind::MaxIterations | SignalKind::Truncated => format!("{:?}", reason.kind),
        SignalKind::DoomLoop => {
            let call = calls.last().map(signature).unwrap_or_default();
            format!("{:?} {call}", reason.kind)
        }
        _ => unrecovered(calls).map_or_else(|| BY_ITS_ANSWER.to_owned(), signature),
    };
    // A figure of the request tells it from another one: the first file, the second file.
    let request = words(request);
    let mut keys = vec![format!("{request}: {what}")];
    if what != BY_ITS_ANSWER {
        keys.push(format!("{request}: {BY_ITS_ANSWER}"));
    }
    keys
}

/// Returns a call without what does not change what it does.
fn signature(call: &CallRecord) -> String {
    format!("{} {}", call.tool, words(&call.arguments))
}

/// Returns the words and figures of a text, without signs.
fn words(text: &str) -> String {
    let text = text.to_lowercase();
    let words = text.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::failure_keys;
    use crate::{
        detect::{CallRecord, Ending, judge},
        tool::ResultKind,
    };

    fn cat(file: &str, exit_code: i32) -> CallRecord {
        CallRecord {
            tool: "bash".to_owned(),
            arguments: format!("{{\"command\": \"cat {file}\"}}"),
            output: "exit status".to_owned(),
            kind: ResultKind::Ok,
            exit_code: Some(exit_code),
            changed_files: Vec::new(),
            kept_files: Vec::new(),
        }
    }

    fn keys(request: &str, calls: &[CallRecord], answer: &str) -> Vec<String> {
        let judgement = judge(request, calls, &[], answer, Ending::Answer);
        failure_keys(request, &judgement, calls)
    }

    const REQUEST: &str = "Count the rows of list 1";
    const GIVES_UP: &str = "I was unable to count the rows.";

    /// Asserts whether a second failure is held to be the first one.
    #[track_caller]
    fn check(first: &[String], second: &[String], is_same: bool) {
        assert_eq!(first.contains(&second[0]), is_same, "{first:?}, {second:?}");
    }

    #[test]
    fn other_words_for_the_same_failure_are_the_same_failure() {
        let first = keys(REQUEST, &[cat("a.csv", 1)], GIVES_UP);
        let words = "I could not do that, sorry.";
        check(&first, &keys("count the rows, of list 1!", &[cat("a.csv", 1)], words), true);
        let reason = "I cannot find the file because the path does not exist.";
        check(&first, &keys(REQUEST, &[cat("'a.csv'", 1)], reason), true);
        // Nothing was tried.
        check(&first, &keys(REQUEST, &[], words), true);
        check(&keys(REQUEST, &[], GIVES_UP), &keys(REQUEST, &[cat("a.csv", 0)], words), true);
    }

    #[test]
    fn another_call_or_another_request_is_another_failure() {
        let first = keys(REQUEST, &[cat("a.csv", 1)], GIVES_UP);
        check(&first, &keys(REQUEST, &[cat("b.csv", 1)], GIVES_UP), false);
        check(&first, &keys("Count the rows of list 2", &[cat("a.csv", 1)], GIVES_UP), false);
        check(&first, &keys("Sort the names", &[], GIVES_UP), false);
        check(&keys(REQUEST, &[], GIVES_UP), &first, false);
    }
}
