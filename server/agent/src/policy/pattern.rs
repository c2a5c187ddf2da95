//! Globs of rules, and paths as rules see them.

use crate::shell::HOLE;

/// `*` stands for any text, `?` for one character; everything else for itself. What is not known
/// ([`HOLE`]) is only ever meant by a `*`.
pub(super) fn glob_matches(glob: &str, text: &str) -> bool {
    let (mut glob, mut text) = (glob.chars(), text.chars());
    // Where the last `*` was: what follows it in the glob, and what it has not taken of the text.
    let mut star = None;
    loop {
        let mut after = glob.clone();
        match (after.next(), text.clone().next()) {
            (Some('*'), _) => {
                star = Some((after.clone(), text.clone()));
                glob = after;
                continue;
            }
            (None, None) => return true,
            (Some(wanted), Some(found)) if found != HOLE && (wanted == found || wanted == '?') => {
                glob = after;
                text.next();
                continue;
            }
            _ => {}
        }
        // The star takes one character more.
        let Some((behind, rest)) = &mut star else { return false };
        if rest.next().is_none() {
            return false;
        }
        (glob, text) = (behind.clone(), rest.clone());
    }
}

/// Longest text that is compared part by part; a longer one may be anything.
const MAX_COMPARED_CHARS: usize = 4_096;

/// Returns whether a glob matches some text that may stand where a text has holes: whatever is not
/// known ([`HOLE`]) may be any text.
pub(super) fn glob_may_match(glob: &str, text: &str) -> bool {
    if !text.contains(HOLE) {
        return glob_matches(glob, text);
    }
    let glob: Vec<char> = glob.chars().collect();
    // How much of the glob may be behind what was looked at so far. A star may take nothing.
    let mut is_behind = vec![false; glob.len() + 1];
    let skip_stars = |is_behind: &mut Vec<bool>| {
        for (idx, character) in glob.iter().enumerate() {
            if *character == '*' && is_behind.get(idx).copied().unwrap_or_default() {
                mark(is_behind, idx + 1);
            }
        }
    };
    mark(&mut is_behind, 0);
    skip_stars(&mut is_behind);
    for (n_compared, found) in text.chars().enumerate() {
        if n_compared == MAX_COMPARED_CHARS {
            return true;
        }
        let mut next = vec![false; glob.len() + 1];
        if found == HOLE {
            let first = is_behind.iter().position(|it| *it);
            for idx in first.into_iter().flat_map(|first| first..=glob.len()) {
                mark(&mut next, idx);
            }
        }
        for (idx, wanted) in glob.iter().enumerate() {
            if !is_behind.get(idx).copied().unwrap_or_default() {
                continue;
            }
            if *wanted == '*' {
                mark(&mut next, idx);
            } else if *wanted == '?' || *wanted == found {
                mark(&mut next, idx + 1);
            }
        }
        skip_stars(&mut next);
        is_behind = next;
    }
    is_behind.last().copied().unwrap_or_default()
}

fn mark(places: &mut [bool], idx: usize) {
    if let Some(place) = places.get_mut(idx) {
        *place = true;
    }
}

/// Returns a path relative to the workspace folder where it is below it, without `.` and `..`.
pub(crate) fn relative_path(path: &str, workspace: &str) -> String {
    let path = path.trim();
    let inside = path.strip_prefix(workspace).filter(|rest| rest.starts_with('/'));
    let is_absolute = inside.is_none() && path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in inside.unwrap_or(path).split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    format!("{}{}", if is_absolute { "/" } else { "" }, parts.join("/"))
}

/// Returns whether a path of [`relative_path`] is one that edits may change without asking: below
/// the workspace folder, and nothing that makes others run or trust something.
pub(super) fn is_own_path(path: &str) -> bool {
    let is_below = !path.is_empty() && !path.starts_with(['/', '~', '\\']) && !path.contains(':');
    let is_ours = |part: &str| {
        part == ".."
            || [".git", ".preceptor", "preceptor.toml"]
                .iter()
                .any(|it| part.eq_ignore_ascii_case(it))
    };
    is_below && !path.contains(HOLE) && !path.split(['/', '\\']).any(is_ours)
}

#[cfg(test)]
mod tests {
    use super::{glob_matches, glob_may_match};
    use crate::shell::HOLE;

    #[test]
    fn stars_take_any_text_and_holes_are_only_taken_by_them() {
        for (glob, text) in [
            ("", ""),
            ("*", ""),
            ("a*c*e", "abcbcde"),
            ("*.rs", "a.rs.rs"),
            ("a?c", "a*c"),
            ("cargo *", "cargo a\nb"),
            ("**a", "ba"),
        ] {
            assert!(glob_matches(glob, text), "{glob} {text}");
        }
        for (glob, text) in
            [("", "a"), ("a", ""), ("a*", "ba"), ("a?", "a"), ("*a", "ab"), ("a.c", "abc")]
        {
            assert!(!glob_matches(glob, text), "{glob} {text}");
        }
        for (glob, text) in [
            ("git push*", "git %"),
            ("git push*", "git pu%h origin"),
            ("git push", "git%"),
            ("*secret*", "cat %"),
            ("a?c", "a%"),
            ("abc", "%"),
            ("rm *", "% x"),
        ] {
            assert!(glob_may_match(glob, &text.replace('%', &HOLE.to_string())), "{glob} {text}");
        }
        for (glob, text) in [("rm *", "git %"), ("git push*", "git log %"), ("a", "%b"), ("a", "b")]
        {
            assert!(!glob_may_match(glob, &text.replace('%', &HOLE.to_string())), "{glob} {text}");
        }
        assert!(glob_matches("wc *", &format!("wc {HOLE}")));
        assert!(!glob_matches("wc ?", &format!("wc {HOLE}")));
        assert!(!glob_matches(&format!("wc {HOLE}"), &format!("wc {HOLE}")));
    }
}
