//! Taking a suppression out, so that no hole is left.

use skill::{Span, TextEdit};

use crate::{
    Fix, Safety, SkillFile,
    lines::{line_around, nearby_before, nearby_behind},
    suppression::{Suppression, scope::is_marker},
};

/// Returns the fix that takes the code at `idx` out of a suppression, or all of it where it names
/// no other.
pub(crate) fn removal(file: &SkillFile<'_>, suppression: &Suppression, idx: usize) -> Option<Fix> {
    let text = file.text();
    let rules = &suppression.directive.rules;
    if rules.len() <= 1 {
        return Some(whole_removal(file, suppression));
    }
    let code = rules.get(idx)?;
    let span = match (idx.checked_sub(1).and_then(|at| rules.get(at)), rules.get(idx + 1)) {
        (Some(before), _) => Span::new(before.end, code.end),
        (None, Some(behind)) => Span::new(code.start, behind.start),
        (None, None) => return None,
    };
    Some(Fix {
        title: format!("Remove `{}` from the suppression", code.of(text)),
        edits: vec![TextEdit::delete(span)],
        safety: Safety::Safe,
    })
}

/// Returns the fix that takes a suppression out.
pub(crate) fn whole_removal(file: &SkillFile<'_>, suppression: &Suppression) -> Fix {
    Fix {
        title: "Remove the suppression".to_owned(),
        edits: vec![edit(file.text(), suppression)],
        safety: Safety::Safe,
    }
}

fn edit(text: &str, suppression: &Suppression) -> TextEdit {
    let comment = suppression.span;
    let before = nearby_before(text, comment.start);
    let behind = nearby_behind(text, comment.end);
    let start = comment.start - before.len();
    let end = comment.end + behind.len();
    let is_behind_words = !before.chars().all(is_marker);
    if is_behind_words && behind.trim().is_empty() {
        return TextEdit::delete(Span::new(start + before.trim_end().len(), comment.end));
    }
    if !behind.trim().is_empty() {
        let n_blank = behind.len() - behind.trim_start_matches([' ', '\t']).len();
        return TextEdit::delete(Span::new(comment.start, comment.end + n_blank));
    }
    if !before.trim().is_empty() {
        // The mark of a quote or a list item, which goes on below.
        let line_below = text.get(end..).unwrap_or_default();
        let n_blank = line_below.len() - line_below.trim_start().len();
        let end = if before.contains('>') { end } else { end + n_blank };
        return TextEdit::delete(Span::new(comment.start, end));
    }
    let line = Span::new(start, behind_line_end(text, end));
    let above = last_line(text.get(..start).unwrap_or_default());
    let below = line_around(text, line.end);
    let blank_below = below.of(text).trim().is_empty();
    if blank_below && above.trim().is_empty() {
        // Of the blank lines around it one is enough, and at the end none.
        if line.end == text.len() && start > 0 {
            let n_kept = text.get(..start).unwrap_or_default().trim_end().len();
            return TextEdit::delete(Span::new(behind_line_end(text, n_kept), text.len()));
        }
        return TextEdit::delete(Span::new(start, behind_line_end(text, below.end)));
    }
    let keeps_apart = !suppression.is_yaml
        && !blank_below
        && !above.trim().is_empty()
        && !is_whole_block(above)
        && !ends_a_paragraph(below.of(text));
    if keeps_apart {
        // Without the comment the two would become one paragraph.
        return TextEdit::delete(Span::new(start, end));
    }
    TextEdit::delete(line)
}

/// Tells whether a paragraph ends at the latest in front of this line.
fn ends_a_paragraph(line: &str) -> bool {
    let line = line.trim_start();
    is_whole_block(line) || ["- ", "* ", "+ ", ">"].iter().any(|start| line.starts_with(start))
}

/// Tells whether no paragraph goes on behind this line.
fn is_whole_block(line: &str) -> bool {
    let line = line.trim_start();
    ["#", "```", "~~~"].iter().any(|start| line.starts_with(start))
}

fn last_line(before: &str) -> &str {
    before.strip_suffix('\n').unwrap_or(before).rsplit('\n').next().unwrap_or_default()
}

/// Returns the offset behind the line end at `end`.
fn behind_line_end(text: &str, end: usize) -> usize {
    let behind = text.get(end..).unwrap_or_default();
    behind.find('\n').map_or(text.len(), |at| end + at + 1)
}
