//! Offsets that do not cut a character.

/// Returns the last offset up to `offset` at which a character of `text` begins or the text ends.
pub(crate) fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}
