//! Where a link's destination is written.

use crate::Span;

/// Finds the destination in what follows an inline link's text: `](destination "title")`.
pub(super) fn behind_text(written: &str) -> Option<Span> {
    let open = written.find("](")?;
    found_from(written, open + 2)
}

/// Finds the destination in a definition: `[label]: destination "title"`.
pub(super) fn in_definition(written: &str) -> Option<Span> {
    let colon = written.find("]:")?;
    found_from(written, colon + 2)
}

fn found_from(written: &str, from: usize) -> Option<Span> {
    let rest = written.get(from..)?;
    let start = from + (rest.len() - rest.trim_start().len());
    let rest = written.get(start..)?;
    if let Some(in_brackets) = rest.strip_prefix('<') {
        let length = unescaped(in_brackets, |byte| byte == b'>')?;
        return Some(Span::new(start + 1, start + 1 + length)).filter(|it| !it.is_empty());
    }
    let mut depth = 0_usize;
    let length = unescaped(rest, |byte| {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 0 => return true,
            b')' => depth -= 1,
            _ => {}
        }
        byte.is_ascii_whitespace()
    });
    let length = length.unwrap_or(rest.len());
    Some(Span::new(start, start + length)).filter(|it| !it.is_empty())
}

/// Returns where the first byte is that ends something and has no backslash before it.
fn unescaped(text: &str, mut ends: impl FnMut(u8) -> bool) -> Option<usize> {
    let mut is_escaped = false;
    text.bytes().position(|byte| {
        let ends = !is_escaped && ends(byte);
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    })
}
