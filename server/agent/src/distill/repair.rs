//! Reading objects that are not quite JSON: line breaks inside of strings, commas before a closing
//! bracket, comments. What stands in a string stays as it is.

use serde_json::{Map, Value};

/// Reads the object that a text starts with; returns its length in bytes too. `None` if its braces
/// do not close, or if more is wrong with it.
pub(super) fn lenient(text: &str) -> Option<(Map<String, Value>, usize)> {
    let mut json = String::new();
    let mut depth = 0_usize;
    let mut is_string = false;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        if is_string {
            match character {
                '"' => is_string = false,
                '\\' => {
                    json.push(character);
                    if let Some((_, escaped)) = characters.next() {
                        json.push(escaped);
                    }
                    continue;
                }
                '\n' => {
                    json.push_str("\\n");
                    continue;
                }
                '\r' => {
                    json.push_str("\\r");
                    continue;
                }
                '\t' => {
                    json.push_str("\\t");
                    continue;
                }
                control if control.is_control() => continue,
                _ => {}
            }
            json.push(character);
            continue;
        }
        match character {
            '"' => is_string = true,
            '{' | '[' => depth += 1,
            '}' | ']' => {
                let n_kept = json.trim_end().strip_suffix(',').map(str::len);
                json.truncate(n_kept.unwrap_or(json.len()));
                depth = depth.checked_sub(1)?;
            }
            '/' if characters.peek().is_some_and(|(_, next)| *next == '/') => {
                while characters.next_if(|(_, next)| *next != '\n').is_some() {}
                continue;
            }
            _ => {}
        }
        json.push(character);
        if depth == 0 {
            let object = serde_json::from_str::<Map<String, Value>>(&json).ok()?;
            return Some((object, at + character.len_utf8()));
        }
    }
    None
}
