//! Links of a skill to files of its own folder.

use skill::Span;

use crate::{SkillFile, neighborhood::normalized};

/// A link or an image whose destination is a path relative to the skill.
#[derive(Debug, Clone)]
pub(crate) struct LocalLink<'a> {
    /// The destination as it is written.
    pub(crate) written: &'a str,
    /// Where it is written.
    pub(crate) span: Span,
    /// The path alone: percent signs decoded, without anchor and query.
    pub(crate) path: String,
}

impl LocalLink<'_> {
    /// Returns the path below the skill's folder, without a slash at its end; `None` if the link
    /// leaves the folder.
    pub(crate) fn path_in_folder(&self) -> Option<String> {
        normalized(&self.path)
    }

    /// Returns the destination with another path, and with its anchor and query.
    pub(crate) fn with_path(&self, path: &str) -> String {
        let behind = self.written.find(['#', '?']).and_then(|at| self.written.get(at..));
        let encoded = path.chars().map(|it| match it {
            ' ' | '(' | ')' | '%' | '#' | '?' | '<' | '>' => format!("%{:02X}", u32::from(it)),
            it => it.to_string(),
        });
        encoded.chain(behind.map(str::to_owned)).collect()
    }
}

/// Finds the links with a relative path, in the order of the text. Addresses, anchors and templates
/// are none.
pub(crate) fn local_links<'a>(file: &SkillFile<'a>) -> Vec<LocalLink<'a>> {
    let links = file.document.body.links.iter();
    links
        .filter_map(|link| {
            let span = link.destination_span?;
            let path = local_path(&link.destination)?;
            Some(LocalLink { written: span.of(file.text()), span, path })
        })
        .collect()
}

/// Returns the path of a destination that is one relative to a file: percent signs decoded,
/// without anchor and query. `None` for addresses, anchors, absolute paths and templates.
pub fn local_path(destination: &str) -> Option<String> {
    let path = destination.split(['#', '?']).next().unwrap_or_default();
    let is_template = path.contains(['{', '}', '<', '>', '$', '*', '|', '…', '[', ']', '"', '\n'])
        || path.contains("...")
        || path.contains("://");
    let first_part = path.split('/').next().unwrap_or_default();
    if path.is_empty() || path.starts_with(['/', '~', '\\']) || is_template {
        return None;
    }
    // `mailto:x`, `C:\x`, `file.py:12`.
    if first_part.contains(':') || path.contains('@') {
        return None;
    }
    decoded(path)
}

/// Decodes `%20`; `None` if that is no text.
fn decoded(path: &str) -> Option<String> {
    if !path.contains('%') {
        return Some(path.to_owned());
    }
    let mut out = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        let code = behind.get(..2).filter(|_| byte == b'%');
        let code = code.and_then(|it| u8::from_str_radix(std::str::from_utf8(it).ok()?, 16).ok());
        out.push(code.unwrap_or(byte));
        rest = if code.is_some() { behind.get(2..).unwrap_or_default() } else { behind };
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn relative_paths_lose_what_is_no_part_of_them() {
        for (destination, expected) in [
            ("references/a.md#top", "references/a.md"),
            ("a%20b.md?raw=1", "a b.md"),
            ("./gr%C3%B6%C3%9Fe.md", "./größe.md"),
            ("100%.md", "100%.md"),
            ("../other/", "../other/"),
        ] {
            assert_eq!(local_path(destination).as_deref(), Some(expected));
        }
    }

    #[test]
    fn addresses_anchors_absolute_paths_and_templates_are_none() {
        for destination in [
            "",
            "#a",
            "?q",
            "https://x.org/a.md",
            "mailto:a@x.org",
            "//x.org/a",
            "/etc/x",
            "~/x",
            "C:\\x",
            "a.py:12",
            "{path}.md",
            "<file>",
            "$DIR/a.md",
            "docs/*.md",
            "path/...",
            "%ff",
        ] {
            assert_eq!(local_path(destination), None, "{destination}");
        }
    }
}
