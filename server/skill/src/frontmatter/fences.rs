//! Where a frontmatter begins and ends.

use crate::Span;

/// The lines that make up a frontmatter.
pub(super) struct Fences {
    pub(super) span: Span,
    pub(super) blank_lines_before: Span,
    pub(super) opening: Span,
    pub(super) closing: Option<Span>,
    pub(super) content: Span,
}

impl Fences {
    pub(super) fn find(text: &str) -> Option<Self> {
        let after_bom = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let mut lines = Lines { text, at: after_bom };
        let opening = lines.find(|line| !line.of(text).trim().is_empty())?;
        if !is_fence(opening.of(text)) {
            return None;
        }
        let blank_lines_before = Span::new(after_bom, opening.start);
        let content_start = lines.at;
        // A horizontal rule at the top of a text without fields is no frontmatter.
        let first = Lines { text, at: content_start }
            .map(|line| line.of(text))
            .find(|line| !line.trim().is_empty());
        if first.is_some_and(|line| !looks_like_field(line) && !has_closing_fence(&lines)) {
            return None;
        }
        let closing = Lines { text, at: content_start }.find(|line| is_fence(line.of(text)));
        let (content_end, end) = match closing {
            Some(closing) => {
                lines.at = closing.start;
                lines.next();
                (closing.start, lines.at)
            }
            None => {
                let end = end_of_fields(text, content_start);
                (end, end)
            }
        };
        Some(Self {
            span: Span::new(after_bom, end),
            blank_lines_before,
            opening: trim_line(text, opening),
            closing: closing.map(|closing| trim_line(text, closing)),
            content: Span::new(content_start, content_end),
        })
    }
}

fn has_closing_fence(lines: &Lines<'_>) -> bool {
    let mut rest = Lines { text: lines.text, at: lines.at };
    rest.any(|line| is_fence(line.of(lines.text)))
}

fn is_fence(line: &str) -> bool {
    line.trim_end() == "---"
}

fn trim_line(text: &str, line: Span) -> Span {
    Span::new(line.start, line.start + line.of(text).trim_end().len())
}

/// Returns where the fields of a block without a closing fence end: in front of the first line
/// that cannot belong to it, without the blank lines before that.
fn end_of_fields(text: &str, start: usize) -> usize {
    let mut end = start;
    let mut after_blank = false;
    let mut lines = Lines { text, at: start };
    while let Some(span) = lines.next() {
        let line = span.of(text);
        if line.trim().is_empty() {
            after_blank = true;
            continue;
        }
        let is_heading = line.starts_with('#') && (after_blank || is_markdown_heading(line));
        let continues = line.starts_with([' ', '\t']) && !after_blank;
        if is_heading || !(continues || looks_like_field(line)) {
            break;
        }
        after_blank = false;
        end = lines.at;
    }
    end
}

fn is_markdown_heading(line: &str) -> bool {
    let rest = line.trim_start_matches('#');
    rest.starts_with(' ') && line.len() - rest.len() <= 6
}

/// Tells whether a line can start a field: a word or several without markup, then a colon.
fn looks_like_field(line: &str) -> bool {
    let line = line.trim_end();
    let key_end = line.find(": ").or_else(|| line.ends_with(':').then(|| line.len() - 1));
    let is_key = |key: &str| {
        let key = key.trim_matches(['"', '\'']);
        !key.is_empty()
            && key.len() <= 64
            && !key.contains(' ')
            && key.chars().all(|it| it.is_alphanumeric() || matches!(it, '_' | '-' | '.'))
    };
    key_end.and_then(|end| line.get(..end)).is_some_and(is_key)
}

/// The lines of a text from an offset on, without their line ends.
pub(super) struct Lines<'a> {
    pub(super) text: &'a str,
    /// Where the next line starts.
    pub(super) at: usize,
}

impl Iterator for Lines<'_> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let length = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let line = Span::new(self.at, self.at + length);
        let behind = rest.get(length..).unwrap_or_default();
        let line_end = if behind.starts_with("\r\n") { 2 } else { usize::from(!behind.is_empty()) };
        self.at = line.end + line_end;
        Some(line)
    }
}
