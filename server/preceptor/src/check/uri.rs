//! Paths as addresses.

use std::{
    fmt::Write,
    path::{Component, Path},
};

/// Returns the reference to `path` relative to `root`, percent-encoded; `None` if it is elsewhere.
pub(super) fn relative_reference(root: &Path, path: &Path) -> Option<String> {
    Some(encoded(path.strip_prefix(root).ok()?))
}

/// Returns the `file:` address of an absolute path, without a `/` at its end.
pub(super) fn file_uri(path: &Path) -> String {
    format!("file:///{}", encoded(path))
}

fn encoded(path: &Path) -> String {
    let parts = path.components().filter_map(|part| match part {
        Component::RootDir | Component::CurDir => None,
        Component::ParentDir => Some("..".to_owned()),
        Component::Normal(name) => Some(percent_encoded(name.as_encoded_bytes())),
        Component::Prefix(prefix) => Some(percent_encoded(prefix.as_os_str().as_encoded_bytes())),
    });
    parts.collect::<Vec<_>>().join("/")
}

/// Keeps what means nothing in an address and encodes all else.
fn percent_encoded(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{file_uri, relative_reference};

    #[test]
    fn names_are_encoded_and_separators_are_not() {
        let relative = relative_reference(Path::new("/w"), Path::new("/w/a b/ö#1%/x:y/SKILL.md"));
        assert_eq!(relative.as_deref(), Some("a%20b/%C3%B6%231%25/x%3Ay/SKILL.md"));
        assert_eq!(file_uri(Path::new("/w/a b")), "file:///w/a%20b");
    }

    #[test]
    fn what_is_elsewhere_has_no_relative_reference() {
        assert_eq!(relative_reference(Path::new("/w"), Path::new("/v/SKILL.md")), None);
    }
}
