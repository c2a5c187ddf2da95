//! Offsets that do not cut a character, and ends of texts that are cut at them.

/// Returns the last offset up to `offset` at which a character of `text` begins or the text ends.
pub(crate) fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// Returns the start of `text`: at most `n_bytes` bytes of it.
pub(crate) fn head(text: &str, n_bytes: usize) -> &str {
    text.get(..floor(text, n_bytes)).unwrap_or_default()
}

/// Returns the end of `text`: `n_bytes` bytes of it, or a few more so that no character is cut.
pub(crate) fn tail(text: &str, n_bytes: usize) -> &str {
    text.get(floor(text, text.len().saturating_sub(n_bytes))..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{head, tail};

    #[test]
    fn no_character_is_cut() {
        assert_eq!((head("größe", 3), tail("größe", 2)), ("gr", "ße"));
        assert_eq!((head("größe", 4), tail("größe", 9)), ("grö", "größe"));
        assert_eq!((head("", 4), tail("", 4)), ("", ""));
    }
}
