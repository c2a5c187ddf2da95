//! The smallest single edit that makes one text of another.

use skill::{Span, TextEdit};

/// Returns one edit from `old` to `new` that leaves alone what both begin and end with.
pub(crate) fn difference(old: &str, new: &str) -> Option<TextEdit> {
    let same = |pairs: &mut dyn Iterator<Item = (char, char)>| -> usize {
        pairs.take_while(|(old, new)| old == new).map(|(it, _)| it.len_utf8()).sum()
    };
    let start = same(&mut old.chars().zip(new.chars()));
    let (old_rest, new_rest) = (old.get(start..)?, new.get(start..)?);
    let n_same_end = same(&mut old_rest.chars().rev().zip(new_rest.chars().rev()));
    let span = Span::new(start, old.len() - n_same_end);
    let new_text = new_rest.get(..new_rest.len() - n_same_end)?;
    (!span.is_empty() || !new_text.is_empty()).then(|| TextEdit::replace(span, new_text))
}

#[cfg(test)]
mod tests {
    use skill::apply_edits;

    use super::difference;

    #[test]
    fn the_difference_makes_the_new_text_of_the_old() {
        let texts = ["", "a", "aa", "aaa", "größe", "größer", "x🦀y", "x🦞y", "one\ntwo", "two"];
        for old in texts {
            for new in texts {
                let edits: Vec<_> = difference(old, new).into_iter().collect();
                assert_eq!(apply_edits(old, &edits).unwrap(), new, "{old:?}");
                assert_eq!(edits.is_empty(), old == new);
            }
        }
    }
}
