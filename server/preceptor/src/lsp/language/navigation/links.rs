//! `textDocument/documentLink`: files that a skill names, and other skills. Only what is there: a
//! false link costs more than a missed one.

use std::path::Path;

use lint::local_path;
use skill::Span;
use tower_lsp::lsp_types::{DocumentLink, Url};

use crate::lsp::{
    documents::Snapshot,
    language::navigation::{KnownSkills, key_of},
    session::Session,
};

/// Returns the links of a skill to files and skills that are there.
pub(crate) fn document_links(session: &Session, snapshot: &Snapshot) -> Vec<DocumentLink> {
    let document = snapshot.skill();
    let mut links: Vec<(Span, Url)> = files(snapshot);
    if let Some(path) = key_of(snapshot) {
        let known = KnownSkills::of(session);
        for mention in known.mentions(document, &path) {
            let target =
                known.meant(&mention).first().and_then(|it| Url::from_file_path(&**it).ok());
            let is_new = !links.iter().any(|(span, _)| span.contains(mention.span));
            links.extend(target.filter(|_| is_new).map(|uri| (mention.span, uri)));
        }
    }
    links.sort_by_key(|(span, _)| *span);
    let links = links.into_iter().map(|(span, target)| DocumentLink {
        range: snapshot.range(span),
        target: Some(target),
        tooltip: None,
        data: None,
    });
    links.collect()
}

/// Returns the file that the link or the inline code at a place names, if it is there.
pub(crate) fn linked_file(snapshot: &Snapshot, offset: usize) -> Option<Url> {
    let mut files = files(snapshot).into_iter();
    files.find(|(span, _)| span.start <= offset && offset <= span.end).map(|(_, uri)| uri)
}

fn files(snapshot: &Snapshot) -> Vec<(Span, Url)> {
    let document = snapshot.skill();
    let Ok(path) = snapshot.uri.to_file_path() else { return Vec::new() };
    let Some(folder) = path.parent() else { return Vec::new() };
    let mut found = Vec::new();
    for link in &document.body.links {
        let Some(span) = link.destination_span else { continue };
        found.extend(existing(folder, &link.destination).map(|uri| (span, uri)));
    }
    for code in &document.body.inline_code {
        // A single word is a command or a value as often as a file.
        let has_folder = code.text.contains('/') && !code.text.contains(char::is_whitespace);
        let n_ticks = code.span.of(&document.text).bytes().take_while(|it| *it == b'`').count();
        let span = Span::new(code.span.start + n_ticks, code.span.end.saturating_sub(n_ticks));
        let target = existing(folder, &code.text).filter(|_| has_folder);
        found.extend(target.map(|uri| (span, uri)));
    }
    found
}

/// Returns the file of a destination that is a path relative to the skill.
fn existing(folder: &Path, destination: &str) -> Option<Url> {
    let there = folder.join(local_path(destination)?);
    let path = there.is_file().then(|| there.canonicalize().ok()).flatten()?;
    Url::from_file_path(path).ok()
}
