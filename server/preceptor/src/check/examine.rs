//! One file: what the rules find in it, and its text with their fixes applied.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use lint::{Finding, Flaw, Neighborhood, Safety, Settings, SkillFile, check, clients_of, fix_all};
use skill::{LineIndex, SkillDocument};

use crate::check::{baseline::Known, load::Loaded};

/// More rounds of fixes than any sensible file needs; a guard against fixes that undo each other.
const MAXIMUM_FIX_ROUNDS: usize = 16;

/// A file that is to be checked.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// Where it is, or would be.
    pub(super) path: PathBuf,
    /// The same without links, as far as it is there.
    pub(super) real: PathBuf,
    /// The path as it is shown.
    pub(super) shown: String,
}

/// A file that was read and parsed.
#[derive(Debug)]
pub(super) struct Parsed {
    /// Its text, as far as it is text.
    pub(super) document: SkillDocument,
    /// Set if the text is not exactly what the file holds.
    pub(super) flaw: Option<Flaw>,
}

impl Parsed {
    pub(super) fn new(loaded: Loaded) -> Self {
        Self { document: SkillDocument::parse(loaded.text), flaw: loaded.flaw }
    }
}

/// A checked file.
#[derive(Debug)]
pub(super) struct Checked {
    /// The file.
    pub(super) place: Place,
    /// Its text, as far as it is text.
    pub(super) text: Arc<str>,
    /// The lines of the text.
    pub(super) line_index: LineIndex,
    /// What the rules found.
    pub(super) findings: Vec<Finding>,
}

/// What is left of a text after fixes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fixed {
    /// The new text.
    pub(super) text: String,
    /// How many fixes were applied.
    pub(super) n_fixed: usize,
}

/// Runs the rules over a file's text.
pub(super) fn examine(
    place: &Place,
    parsed: &Parsed,
    neighborhood: Option<&Neighborhood>,
    settings: &Settings,
) -> Checked {
    let text = Arc::clone(&parsed.document.text);
    let findings = findings(place, parsed, neighborhood, settings);
    Checked { place: place.clone(), line_index: LineIndex::new(&text), text, findings }
}

/// Returns the text after as many rounds of fixes as it takes; `None` if there is nothing to fix.
/// What a baseline knows is left as it is.
pub(super) fn fixed(
    place: &Place,
    text: &str,
    neighborhood: Option<&Neighborhood>,
    settings: &Settings,
    safety: Safety,
    known: Option<&Known>,
) -> Option<Fixed> {
    let mut out = Fixed { text: text.to_owned(), n_fixed: 0 };
    for _ in 0..MAXIMUM_FIX_ROUNDS {
        let document = SkillDocument::parse(out.text.as_str());
        let parsed = Parsed { document, flaw: None };
        let mut found = findings(place, &parsed, neighborhood, settings);
        if let Some(known) = known {
            found = known.new_findings(&place.path, &out.text, found);
        }
        let Some(fixed) = fix_all(&out.text, &found, safety) else { break };
        if fixed.text == out.text {
            break;
        }
        out = Fixed { text: fixed.text, n_fixed: out.n_fixed + fixed.n_fixed };
    }
    (out.n_fixed > 0).then_some(out)
}

fn findings(
    place: &Place,
    parsed: &Parsed,
    neighborhood: Option<&Neighborhood>,
    settings: &Settings,
) -> Vec<Finding> {
    let directory_name = directory_name(&place.path);
    let file = SkillFile::new(&parsed.document, settings)
        .in_directory(directory_name.as_deref())
        .among(neighborhood)
        .loaded_by(clients_of(&place.path.to_string_lossy()))
        .with_flaw(parsed.flaw);
    check(&file)
}

/// The name of the folder that a file is in, also for `./SKILL.md`.
fn directory_name(path: &Path) -> Option<String> {
    let parent = path.parent()?;
    let name = match parent.file_name() {
        Some(name) => name.to_owned(),
        None => parent.canonicalize().ok()?.file_name()?.to_owned(),
    };
    name.into_string().ok()
}
