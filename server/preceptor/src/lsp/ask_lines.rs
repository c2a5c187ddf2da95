//! Ask lines: a line of any document that holds the trigger and a request after it.

use tower_lsp::lsp_types::{Position, Range};

use crate::lsp::documents::Snapshot;

/// What may stand at the end of a comment and is no part of the request.
const COMMENT_ENDS: [&str; 7] = ["-->", "*/", "#}", "%>", "}}", "*)", "-}"];

/// A request in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AskLine {
    /// The words after the trigger.
    pub(crate) prompt: String,
    /// The whole line, without its end.
    pub(crate) range: Range,
}

/// Returns the ask lines of a document, in order.
pub(crate) fn ask_lines(snapshot: &Snapshot, trigger: &str) -> Vec<AskLine> {
    // Most documents have none: one search over the text finds that out.
    if trigger.is_empty() || !snapshot.text().contains(trigger) {
        return Vec::new();
    }
    (0..snapshot.n_lines()).filter_map(|line| ask_line(snapshot, line, trigger)).collect()
}

/// Returns the request of one line, if it holds one.
pub(crate) fn ask_line(snapshot: &Snapshot, line: u32, trigger: &str) -> Option<AskLine> {
    let text = snapshot.line(line)?;
    let prompt = prompt(text, trigger)?;
    let start = Position::new(line, 0);
    let end = snapshot.position(snapshot.offset(start) + text.len());
    Some(AskLine { prompt, range: Range::new(start, end) })
}

/// The trigger has to stand as a word of its own: an address like `x@preceptor.dev` asks nothing.
fn prompt(line: &str, trigger: &str) -> Option<String> {
    if trigger.is_empty() {
        return None;
    }
    for (start, _) in line.match_indices(trigger) {
        let (before, after) = (line.get(..start)?, line.get(start + trigger.len()..)?);
        let stands_alone = !before
            .ends_with(|it: char| it.is_alphanumeric() || "`@_.-/".contains(it))
            && after.starts_with(|it: char| it.is_whitespace() || ":,".contains(it));
        if !stands_alone {
            continue;
        }
        let mut prompt = after.trim_start_matches([':', ',']).trim();
        while let Some(rest) = COMMENT_ENDS.iter().find_map(|end| prompt.strip_suffix(end)) {
            prompt = rest.trim_end();
        }
        if prompt.chars().any(char::is_alphanumeric) {
            return Some(prompt.to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::prompt;

    #[test]
    fn requests_are_found_in_text_and_in_comments() {
        for (line, expected) in [
            ("@preceptor how many rows?", "how many rows?"),
            ("  // @preceptor why does this hang?", "why does this hang?"),
            ("<!-- @preceptor: fix the table -->", "fix the table"),
            ("/* @preceptor explain */", "explain"),
            ("- [ ] @preceptor, größer machen", "größer machen"),
            ("mail x@preceptor.dev or @preceptor do it", "do it"),
        ] {
            assert_eq!(prompt(line, "@preceptor").as_deref(), Some(expected), "{line}");
        }
    }

    #[test]
    fn what_is_no_request_stays_silent() {
        for line in [
            "@preceptor",
            "// @preceptor   ",
            "<!-- @preceptor -->",
            "write to x@preceptor now",
            "@preceptors are many",
            "`@preceptor` starts an ask line",
            "nothing here",
        ] {
            assert_eq!(prompt(line, "@preceptor"), None, "{line}");
        }
        assert_eq!(prompt("anything", ""), None);
    }
}
