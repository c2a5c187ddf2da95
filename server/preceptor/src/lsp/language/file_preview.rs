//! The beginning of a file that a skill leads to.

use std::{
    fs,
    io::{self, Read},
    path::Path,
};

use lint::local_path;
use skill::{SkillDocument, estimated_tokens};
use tower_lsp::lsp_types::Url;

use crate::lsp::{language::anchors::heading_at, session::Session};

/// Lines that are shown, and entries of a folder.
const MAXIMUM_LINES: usize = 20;

/// Characters of a line that are shown.
const MAXIMUM_COLUMNS: usize = 160;

/// Bytes that are read of a file.
const MAXIMUM_BYTES: u64 = 64 * 1024;

/// Shows where a link leads, the section if it names one, or says that nothing is there; `None` for
/// addresses and for anchors that no heading has.
pub(crate) fn of_link(session: &Session, skill: &Url, destination: &str) -> Option<String> {
    let anchor = destination.split_once('#').map_or("", |(_, anchor)| anchor);
    if destination.starts_with('#') {
        let section = section(session.documents.get(skill)?.text(), anchor)?;
        return Some(fenced(&section, "md", /*is_whole*/ true));
    }
    let local = local_path(destination)?;
    let path = skill.to_file_path().ok()?.parent()?.join(&local);
    let preview = preview(session, &path, &local, anchor);
    Some(preview.unwrap_or_else(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            format!("**`{local}`** is not there.")
        }
        _ => format!("**`{local}`** cannot be read ({error})."),
    }))
}

/// Shows a bundled file whose path is written as code; `None` if there is no such file: then it is
/// code.
pub(crate) fn of_path(session: &Session, skill: &Url, path: &str) -> Option<String> {
    let local = local_path(path).filter(|local| !local.split('/').any(|part| part == ".."))?;
    let path = skill.to_file_path().ok()?.parent()?.join(&local);
    path.is_file().then(|| preview(session, &path, &local, /*anchor*/ "").ok()).flatten()
}

/// # Errors
/// What keeps the file from being read.
fn preview(session: &Session, path: &Path, shown: &str, anchor: &str) -> io::Result<String> {
    let metadata = fs::metadata(path)?;
    if metadata.is_dir() {
        return folder_preview(path, shown);
    }
    if !metadata.is_file() {
        return Ok(format!("**`{shown}`** is neither a file nor a folder."));
    }
    let open = Url::from_file_path(path).ok().and_then(|uri| session.documents.get(&uri));
    let (text, n_bytes) = match open {
        Some(snapshot) => (Some(snapshot.text().to_string()), snapshot.text().len() as u64),
        None => (beginning(path)?, metadata.len()),
    };
    let size = shown_size(n_bytes);
    let Some(text) = text else { return Ok(format!("**`{shown}`** ({size}, no text)")) };
    let is_whole = text.len() as u64 == n_bytes;
    let length =
        if is_whole { format!(", ~{} tokens", estimated_tokens(&text)) } else { String::new() };
    let language = path.extension().and_then(|it| it.to_str()).unwrap_or_default();
    let section = if language == "md" { section(&text, anchor) } else { None };
    let preview = match section {
        Some(section) => fenced(&section, language, /*is_whole*/ true),
        None => fenced(&text, language, is_whole),
    };
    Ok(format!("**`{shown}`** ({size}{length})\n\n{preview}"))
}

/// Returns the section whose heading an anchor names.
fn section(text: &str, anchor: &str) -> Option<String> {
    if anchor.is_empty() {
        return None;
    }
    let document = SkillDocument::parse(text);
    let heading = heading_at(&document, anchor)?.span;
    let at = document.body.headings.iter().position(|it| it.span == heading)?;
    Some(document.body.section(at).of(text).trim_end().to_owned())
}

/// # Errors
/// What keeps the folder from being listed.
#[expect(clippy::disallowed_methods, reason = "what a link leads to is on the disk")]
fn folder_preview(path: &Path, shown: &str) -> io::Result<String> {
    let mut names: Vec<String> = Vec::new();
    for entry in fs::read_dir(path)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    let n_entries = names.len();
    let listed: Vec<String> =
        names.into_iter().take(MAXIMUM_LINES).map(|name| format!("- `{name}`")).collect();
    let more = n_entries.saturating_sub(MAXIMUM_LINES);
    let rest = if more > 0 { format!("\n- and {more} more") } else { String::new() };
    Ok(format!("**`{shown}`** (folder)\n\n{}{rest}", listed.join("\n")))
}

/// Reads the beginning of a file; `None` if it is no text.
///
/// # Errors
/// What keeps the file from being read.
fn beginning(path: &Path) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(MAXIMUM_BYTES).read_to_end(&mut bytes)?;
    let text = match std::str::from_utf8(&bytes) {
        Ok(text) => text,
        // A character may be cut where reading ended.
        Err(error) if error.error_len().is_none() => bytes
            .get(..error.valid_up_to())
            .and_then(|it| std::str::from_utf8(it).ok())
            .unwrap_or(""),
        Err(_) => return Ok(None),
    };
    Ok((!text.contains('\0')).then(|| text.to_owned()))
}

fn fenced(text: &str, language: &str, is_whole: bool) -> String {
    let mut lines = text.lines();
    let shown: Vec<String> = lines.by_ref().take(MAXIMUM_LINES).map(shortened).collect();
    let longest = shown.iter().map(|line| n_ticks(line)).max().unwrap_or_default();
    let fence = "`".repeat(3.max(longest + 1));
    let rest = if lines.next().is_some() || !is_whole { "\n…" } else { "" };
    format!("{fence}{language}\n{}\n{fence}{rest}", shown.join("\n"))
}

fn shortened(line: &str) -> String {
    let mut characters = line.chars();
    let mut shown: String = characters.by_ref().take(MAXIMUM_COLUMNS).collect();
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

fn n_ticks(line: &str) -> usize {
    let line = line.trim_start();
    line.len() - line.trim_start_matches('`').len()
}

fn shown_size(n_bytes: u64) -> String {
    const KB: u64 = 1024;
    match n_bytes {
        1 => "1 byte".to_owned(),
        0..KB => format!("{n_bytes} bytes"),
        KB.. if n_bytes < KB * KB => format!("{} KB", n_bytes.div_ceil(KB)),
        _ => format!("{} MB", n_bytes.div_ceil(KB * KB)),
    }
}

#[cfg(test)]
mod tests {
    use super::{fenced, shown_size};

    #[test]
    fn a_fence_is_longer_than_those_inside() {
        assert_eq!(fenced("a\n```sh\nx\n```\n", "md", true), "````md\na\n```sh\nx\n```\n````");
        assert_eq!(fenced("Größe", "", false), "```\nGröße\n```\n…");
    }

    #[test]
    fn sizes_are_rounded_up() {
        assert_eq!(
            [0, 1, 1023, 1025, 1024 * 1024].map(shown_size),
            ["0 bytes", "1 byte", "1023 bytes", "2 KB", "1 MB"]
        );
    }
}
