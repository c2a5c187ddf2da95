//! `textDocument/inlayHint`: what a skill costs, and who finds it; what the teacher does about a
//! request.

use lint::finders;
use skill::{Span, estimated_tokens};
use tower_lsp::lsp_types::{InlayHint, InlayHintLabel, InlayHintTooltip, Position, Range};

use crate::lsp::documents::Snapshot;

/// Characters of a hint of which VS Code cuts nothing off; who does not fit in is counted.
const MAXIMUM_LABEL: usize = 43;

/// Returns the hints in a range: tokens of the description and of the body, behind each, and the
/// clients that find the skill, behind its name.
pub(crate) fn inlay_hints(snapshot: &Snapshot, range: Range) -> Vec<InlayHint> {
    let document = snapshot.skill();
    let text = &*document.text;
    let mut hints = Vec::new();
    let path = snapshot.uri.to_file_path().unwrap_or_default();
    let clients = finders(&path.to_string_lossy());
    if let Some(name) = document.field("name").filter(|_| !clients.is_empty()) {
        let tooltip = format!("Looked for here by {}.", clients.join(", "));
        hints.push(hint(snapshot, name.span.end, &who(clients), tooltip));
    }
    if let Some(description) = document.field("description") {
        let n_tokens = estimated_tokens(description.as_text().unwrap_or_default());
        let tooltip = "An estimate. Clients load the description of every skill at every start.";
        let label = format!("~{} tokens", grouped(n_tokens));
        hints.push(hint(snapshot, description.span.end, &label, tooltip.to_owned()));
    }
    let body = document.body.span;
    let words = body.of(text);
    if let Some(frontmatter) = document.frontmatter.as_ref().filter(|_| !words.trim().is_empty()) {
        let at = frontmatter.closing.map_or(frontmatter.span.end, |closing| closing.end);
        let label = format!("body ~{} tokens", grouped(estimated_tokens(words)));
        let tooltip = "An estimate. Clients load the body when the skill is used; the format \
                       advises at most 5,000.";
        hints.push(hint(snapshot, at, &label, tooltip.to_owned()));
    }
    let shown = snapshot.span(range);
    let shown = Span::new(shown.start, shown.end);
    hints.retain(|hint| {
        let at = snapshot.offset(hint.position);
        shown.start <= at && at <= shown.end
    });
    hints
}

/// Returns the hints behind the lines that the teacher works on, or did.
pub(crate) fn takeover_hints(
    snapshot: &Snapshot,
    shown: Range,
    takeovers: &[(Range, String, String)],
) -> Vec<InlayHint> {
    let shown = shown.start.line..=shown.end.line;
    let takeovers = takeovers.iter().filter(|(range, ..)| shown.contains(&range.start.line));
    let hints = takeovers.map(|(range, label, tooltip)| {
        let line_end = snapshot.offset(Position::new(range.start.line, u32::MAX));
        hint(snapshot, line_end, label, tooltip.clone())
    });
    hints.collect()
}

fn hint(snapshot: &Snapshot, at: usize, label: &str, tooltip: String) -> InlayHint {
    InlayHint {
        position: snapshot.position(at),
        label: InlayHintLabel::String(label.to_owned()),
        kind: None,
        text_edits: None,
        tooltip: Some(InlayHintTooltip::String(tooltip)),
        padding_left: Some(true),
        padding_right: None,
        data: None,
    }
}

/// Names the first client and as many more as there is room for.
fn who(clients: &[&str]) -> String {
    let label = |n_named: usize| {
        let names = clients.get(..n_named).unwrap_or_default().join(", ");
        match clients.len().saturating_sub(n_named) {
            0 => format!("found by {names}"),
            n_more => format!("found by {names} and {n_more} more"),
        }
    };
    let fitting = (1..=clients.len()).rev().map(label);
    fitting.into_iter().find(|it| it.chars().count() <= MAXIMUM_LABEL).unwrap_or_else(|| label(1))
}

/// Returns the number with commas between its thousands.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::{grouped, who};

    #[test]
    fn who_does_not_fit_in_is_counted() {
        assert_eq!(who(&["Claude Code"]), "found by Claude Code");
        assert_eq!(who(&["VS Code (Copilot)", "Codex"]), "found by VS Code (Copilot), Codex");
        let full = ["VS Code (Copilot)", "Codex", "OpenCode"];
        assert_eq!(who(&full), "found by VS Code (Copilot), Codex, OpenCode");
        let many = ["VS Code (Copilot)", "Codex", "OpenCode", "Goose"];
        assert_eq!(who(&many), "found by VS Code (Copilot) and 3 more");
        let long = "A client whose name is longer than any hint is";
        assert_eq!(who(&[long, "Codex"]), format!("found by {long} and 1 more"));
    }

    #[test]
    fn thousands_are_grouped() {
        let numbers = [0, 999, 1000, 12_345, 1_234_567].map(grouped);
        assert_eq!(numbers, ["0", "999", "1,000", "12,345", "1,234,567"]);
    }
}
