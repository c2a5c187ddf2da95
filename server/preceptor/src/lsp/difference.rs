//! The smallest single edit that makes one text of another.

use skill::{Span, TextEdit};

/// Returns one edit from `old` to `new` that leaves alone what both begin and end with.
///
/// It never begins or ends between the two characters of one line end: the protocol has no name
/// for that place.
pub(crate) fn difference(old: &str, new: &str) -> Option<TextEdit> {
    let same = |pairs: &mut dyn Iterator<Item = (char, char)>| -> usize {
        pairs.take_while(|(old, new)| old == new).map(|(it, _)| it.len_utf8()).sum()
    };
    let mut start = same(&mut old.chars().zip(new.chars()));
    if is_in_line_end(old, start) || is_in_line_end(new, start) {
        start -= 1;
    }
    let (old_rest, new_rest) = (old.get(start..)?, new.get(start..)?);
    let mut n_same_end = same(&mut old_rest.chars().rev().zip(new_rest.chars().rev()));
    let ends_in_line_end = |text: &str| is_in_line_end(text, text.len() - n_same_end);
    if ends_in_line_end(old) || ends_in_line_end(new) {
        n_same_end -= 1;
    }
    let span = Span::new(start, old.len() - n_same_end);
    let new_text = new_rest.get(..new_rest.len() - n_same_end)?;
    (!span.is_empty() || !new_text.is_empty()).then(|| TextEdit::replace(span, new_text))
}

fn is_in_line_end(text: &str, offset: usize) -> bool {
    text.get(..offset).is_some_and(|before| before.ends_with('\r'))
        && text.get(offset..).is_some_and(|behind| behind.starts_with('\n'))
}

#[cfg(test)]
mod tests {
    use skill::apply_edits;

    use super::{difference, is_in_line_end};

    #[test]
    fn the_difference_makes_the_new_text_of_the_old() {
        let texts = [
            "", "a", "aa", "aaa", "größe", "größer", "x🦀y", "x🦞y", "one\ntwo", "two", "a\r\n",
            "a\n", "a\r", "a\r\r\n", "\n", "\r\n", "\r\n\r\n", "\n\r\n",
        ];
        for old in texts {
            for new in texts {
                let edits: Vec<_> = difference(old, new).into_iter().collect();
                assert_eq!(apply_edits(old, &edits).unwrap(), new, "{old:?}");
                assert_eq!(edits.is_empty(), old == new);
                let places = edits.iter().flat_map(|edit| [edit.span.start, edit.span.end]);
                for offset in places {
                    assert!(!is_in_line_end(old, offset), "{old:?} to {new:?} at {offset}");
                }
            }
        }
    }
}
