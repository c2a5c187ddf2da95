//! The lines of a frontmatter, whether it is finished or not.

use skill::Span;

/// Returns the lines of the frontmatter from its first to the one that holds `offset`; `None` if
/// the place is in no frontmatter.
///
/// A block that is not closed reaches as far as its lines look like fields: whoever begins a skill
/// writes the closing line last.
pub(super) fn frontmatter_lines(text: &str, offset: usize) -> Option<Vec<Span>> {
    let mut lines = lines(text).skip_while(|line| written(*line, text).trim().is_empty());
    let opening = lines.next().filter(|line| is_fence(written(*line, text)))?;
    if offset <= opening.end {
        return None;
    }
    let mut above = Vec::new();
    loop {
        // A text that ends with a line end has another line behind it.
        let line = lines.next().unwrap_or(Span::empty(text.len()));
        if is_fence(line.of(text)) {
            return None;
        }
        above.push(line);
        if offset <= line.end {
            break;
        }
    }
    let is_closed = lines.any(|line| is_fence(line.of(text)));
    let (_, finished) = above.split_last()?;
    let looks_like_fields = || finished.iter().all(|line| looks_like_yaml(line.of(text)));
    (is_closed || looks_like_fields()).then_some(above)
}

fn lines(text: &str) -> impl Iterator<Item = Span> {
    let mut start = 0;
    text.split_inclusive('\n').map(move |line| {
        let content = line.trim_end_matches(['\n', '\r']);
        let span = Span::new(start, start + content.len());
        start += line.len();
        span
    })
}

/// A byte order mark in front of the first line is no part of it.
fn written(line: Span, text: &str) -> &str {
    line.of(text).trim_start_matches('\u{feff}')
}

fn is_fence(line: &str) -> bool {
    line.trim_end() == "---"
}

fn looks_like_yaml(line: &str) -> bool {
    let is_key = |it: char| it.is_alphanumeric() || "_-.".contains(it);
    let is_field = || line.trim_start_matches(is_key).starts_with(':') && !line.starts_with(':');
    line.starts_with([' ', '\t', '#']) && !line.starts_with("# ") && !line.trim().is_empty()
        || line.starts_with("# preceptor-ignore")
        || line.starts_with("- ")
        || is_field()
}
