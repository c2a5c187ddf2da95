//! What YAML makes of a value without quotes.

use skill::{Node, NodeKind, ScalarStyle};

/// Returns what parsers read instead of a text: "a number", "a truth value", "a date".
///
/// `None` for what every parser reads as a text, and for what is no single value. Parsers of
/// different YAML versions do not agree; a value is named here if one that is in use does.
pub(crate) fn other_type(node: &Node) -> Option<&'static str> {
    match &node.kind {
        NodeKind::Scalar { text, style: ScalarStyle::Plain } => other_type_of(text),
        _ => None,
    }
}

fn other_type_of(text: &str) -> Option<&'static str> {
    if is_truth_value(text) {
        Some("a truth value")
    } else if is_number(text) {
        Some("a number")
    } else if is_date(text) {
        Some("a date")
    } else {
        None
    }
}

fn is_truth_value(text: &str) -> bool {
    const WORDS: [&str; 6] = ["true", "false", "yes", "no", "on", "off"];
    // "tRuE" is a text.
    let is_one_case = text.get(1..).is_some_and(|rest| {
        rest.bytes().all(|it| it.is_ascii_lowercase())
            || text.bytes().all(|it| it.is_ascii_uppercase())
    });
    is_one_case && WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if let Some(digits) = unsigned.strip_prefix("0x") {
        return !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_hexdigit());
    }
    if matches!(unsigned, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let starts_well = unsigned.starts_with(|it: char| it.is_ascii_digit() || it == '.');
    let is_made_of_digits = unsigned
        .bytes()
        .all(|it| it.is_ascii_digit() || matches!(it, b'.' | b'e' | b'E' | b'+' | b'-' | b'_'));
    starts_well && is_made_of_digits && unsigned.replace('_', "").parse::<f64>().is_ok()
}

/// `2026-08-01`, with or without a time behind it.
fn is_date(text: &str) -> bool {
    let Some((day, rest)) = text.split_at_checked(10) else { return false };
    let is_day = day.bytes().enumerate().all(|(idx, it)| match idx {
        4 | 7 => it == b'-',
        _ => it.is_ascii_digit(),
    });
    is_day && (rest.is_empty() || rest.starts_with(['T', 't', ' ']))
}

#[cfg(test)]
mod tests {
    use super::other_type_of;

    #[test]
    fn words_that_some_parser_does_not_read_as_text_are_named() {
        for (text, expected) in [
            ("true", "a truth value"),
            ("Yes", "a truth value"),
            ("OFF", "a truth value"),
            ("12", "a number"),
            ("-1.5e3", "a number"),
            ("1_000", "a number"),
            ("0x1F", "a number"),
            (".inf", "a number"),
            ("2026-08-01", "a date"),
            ("2026-08-01T10:00:00Z", "a date"),
        ] {
            assert_eq!(other_type_of(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn texts_are_texts() {
        for text in ["", "1.2.3", "v1", "tRuE", "truely", "2026-08", "é", "0x", "12a", "-", "."] {
            assert_eq!(other_type_of(text), None, "{text}");
        }
    }
}
