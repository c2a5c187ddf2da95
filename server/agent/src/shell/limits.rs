//! Which texts the parser is given at all.
//!
//! It descends into nested syntax, so a text that is nested deeply enough would exhaust the stack
//! of the whole process.

use crate::shell::Doubt;

/// Longest text, in bytes.
const MAX_BYTES: usize = 64 * 1024;

/// Most brackets and compound commands that may be open at once, counted generously.
const MAX_DEPTH: usize = 40;

/// Checks a text before it is parsed.
pub(super) fn check(text: &str) -> Result<(), Doubt> {
    if text.len() > MAX_BYTES || depth(text) > MAX_DEPTH {
        return Err(Doubt::Size);
    }
    let is_deceptive = |character: char| {
        (character.is_control() && !matches!(character, '\n' | '\t'))
            || (character.is_whitespace() && !character.is_ascii())
            || matches!(
                character,
                '\u{ad}'
                    | '\u{61c}'
                    | '\u{180e}'
                    | '\u{200b}'..='\u{200f}'
                    | '\u{2028}'..='\u{202e}'
                    | '\u{2060}'..='\u{206f}'
                    | '\u{feff}'
                    | '\u{fff9}'..='\u{ffff}'
                    | '\u{e0000}'..='\u{e007f}'
            )
    };
    if text.chars().any(is_deceptive) { Err(Doubt::Characters) } else { Ok(()) }
}

/// Returns how deep a text may be nested; quotes and here documents count as if they were code.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut n_backticks) = (0_usize, 0, 0);
    let mut word = String::new();
    for character in text.chars().chain([' ']) {
        match character {
            '(' | '{' => depth += 1,
            ')' | '}' => depth = depth.saturating_sub(1),
            '`' => n_backticks += 1,
            _ => {}
        }
        if character.is_ascii_lowercase() || character == '!' {
            word.push(character);
        } else {
            match word.as_str() {
                "if" | "while" | "until" | "for" | "case" | "select" | "!" | "time" | "coproc"
                | "function" => depth += 1,
                "fi" | "done" | "esac" => depth = depth.saturating_sub(1),
                _ => {}
            }
            word.clear();
        }
        deepest = deepest.max(depth);
    }
    // A backtick may open or close: the deepest nesting has all of one kind first.
    deepest + n_backticks / 2
}
