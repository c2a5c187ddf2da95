//! Folders that were made for one run.

use std::sync::LazyLock;

use regex::Regex;
use skill::Span;

use crate::{
    char_boundary::head,
    lines::{MAXIMUM_REACH, places_of},
    one_shot::{OneShot, OneShotKind},
    pattern::pattern,
};

static FOLDER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        // What pytest, `mktemp`, Python and macOS make.
        r"^(?:/tmp/pytest-of-[A-Za-z0-9_.-]+(?:/pytest-\d+)?",
        r"|/tmp/(?:[A-Za-z][A-Za-z0-9_]*[.-])?(?:tmp\.?)?(?<random>[A-Za-z0-9_]{6,16})",
        r"|/var/folders/[a-z0-9_]{2}/[a-z0-9_]{20,}(?:/T)?(?:/[A-Za-z0-9._-]*[0-9A-Za-z])?)(?-u:\b)",
    ))
});

/// Returns the temporary folders with a random name in `text`.
pub(super) fn folders(text: &str) -> Vec<OneShot> {
    let starts = places_of(text, "/tmp/").chain(places_of(text, "/var/folders/"));
    starts
        .filter_map(|start| {
            let captures = FOLDER.captures(head(text.get(start..)?, MAXIMUM_REACH))?;
            let whole = captures.get(0)?;
            let random = captures.name("random").map(|it| it.as_str());
            let is_made = random.is_none_or(|name| is_random_name(whole.as_str(), name));
            let span = Span::new(start, start + whole.end());
            is_made.then_some(OneShot { span, kind: OneShotKind::TemporaryFolder })
        })
        .collect()
}

/// Tells whether a program drew the end of the path.
fn is_random_name(path: &str, name: &str) -> bool {
    let n_digits = name.bytes().filter(u8::is_ascii_digit).count();
    let has_capitals = name.bytes().any(|it| it.is_ascii_uppercase());
    let has_small = name.bytes().any(|it| it.is_ascii_lowercase());
    let kinds: Vec<u8> = name
        .bytes()
        .map(|it| if it.is_ascii_digit() { 0 } else { 1 + u8::from(it.is_ascii_uppercase()) })
        .collect();
    let n_changes = kinds.windows(2).filter(|pair| pair.first() != pair.last()).count();
    let is_template = name.contains("XXX");
    let is_tmp = path.contains("/tmp.") || path.starts_with("/tmp/tmp");
    let is_mixed = n_changes >= 3 && has_small && (n_digits > 0 || has_capitals);
    // Behind `tmp` less is needed: nobody calls a folder `tmp.` and something by hand.
    !is_template
        && if is_tmp {
            n_changes >= 2 && is_mixed
        } else {
            is_mixed && n_changes >= 4 && n_digits > 0 && has_capitals
        }
}
