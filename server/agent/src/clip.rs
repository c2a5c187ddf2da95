//! Cutting long text, always with a mark that says so.

/// Returns the text's head, at most `max_chars` characters with the ellipsis included.
pub fn clip(text: &str, max_chars: usize) -> String {
    if text.chars().count() <= max_chars {
        return text.to_owned();
    }
    text.chars().take(max_chars.saturating_sub(1)).chain(['…']).collect()
}

/// Returns a quarter from the head and three quarters from the tail of a long text, with a line
/// between them that says how much is missing. The end of an output is where errors stand.
pub fn clip_middle(text: &str, max_chars: usize) -> String {
    let n_chars = text.chars().count();
    if n_chars <= max_chars {
        return text.to_owned();
    }
    let n_head = max_chars / 4;
    let n_tail = max_chars - n_head;
    let head: String = text.chars().take(n_head).collect();
    let tail: String = text.chars().skip(n_chars - n_tail).collect();
    format!("{head}\n[… {} of {n_chars} characters left out …]\n{tail}", n_chars - max_chars)
}

#[cfg(test)]
mod tests {
    use super::{clip, clip_middle};

    #[test]
    fn short_text_stays_whole() {
        assert_eq!(clip("añb", 3), "añb");
        assert_eq!(clip_middle("abc", 3), "abc");
    }

    #[test]
    fn long_text_is_cut_at_characters_and_says_so() {
        assert_eq!(clip("añbc", 3), "añ…");
        assert_eq!(
            clip_middle("0123456789abcdef", 8),
            "01\n[… 8 of 16 characters left out …]\nabcdef"
        );
    }
}
