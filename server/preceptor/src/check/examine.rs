//! One file: what the rules find in it, and its text with their fixes applied.

use std::path::{Path, PathBuf};

use lint::{Finding, Neighborhood, Safety, Settings, SkillFile, check, clients_of, fix_all, rule};
use skill::{LineIndex, SkillDocument};

use crate::check::load::{Flaw, Loaded};

/// The rule that speaks about files that are no UTF-8.
const ENCODING_RULE: &str = "text/encoding";

/// More rounds of fixes than any sensible file needs; a guard against fixes that undo each other.
const MAXIMUM_FIX_ROUNDS: usize = 16;

/// A file that is to be checked.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// Where it is, or would be.
    pub(super) path: PathBuf,
    /// The path as it is shown.
    pub(super) shown: String,
    /// What is around it, where that was looked for.
    pub(super) neighborhood: Option<Neighborhood>,
}

/// A checked file.
#[derive(Debug)]
pub(super) struct Checked {
    /// The file.
    pub(super) place: Place,
    /// Its text, as far as it is text.
    pub(super) text: String,
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
pub(super) fn examine(place: Place, loaded: Loaded, settings: &Settings) -> Checked {
    let directory_name = directory_name(&place.path);
    let Loaded { text, flaw } = loaded;
    let document = SkillDocument::parse(text.as_str());
    let file = SkillFile::new(&document, settings)
        .in_directory(directory_name.as_deref())
        .among(place.neighborhood.as_ref())
        .loaded_by(clients_of(&place.path.to_string_lossy()));
    let mut findings = check(&file);
    if let Some(flaw) = flaw {
        add_flaw(&mut findings, &flaw, settings);
    }
    Checked { place, line_index: LineIndex::new(&text), text, findings }
}

/// Returns the text after as many rounds of fixes as it takes; `None` if there is nothing to fix.
pub(super) fn fixed(
    place: &Place,
    text: &str,
    settings: &Settings,
    safety: Safety,
) -> Option<Fixed> {
    let directory_name = directory_name(&place.path);
    let mut out = Fixed { text: text.to_owned(), n_fixed: 0 };
    for _ in 0..MAXIMUM_FIX_ROUNDS {
        let document = SkillDocument::parse(out.text.as_str());
        let file = SkillFile::new(&document, settings)
            .in_directory(directory_name.as_deref())
            .among(place.neighborhood.as_ref())
            .loaded_by(clients_of(&place.path.to_string_lossy()));
        let Some(fixed) = fix_all(&out.text, &check(&file), safety) else { break };
        if fixed.text == out.text {
            break;
        }
        out = Fixed { text: fixed.text, n_fixed: out.n_fixed + fixed.n_fixed };
    }
    (out.n_fixed > 0).then_some(out)
}

/// The rules see a text that was decoded, so that its file was none is said here.
fn add_flaw(findings: &mut Vec<Finding>, flaw: &Flaw, settings: &Settings) {
    let Some(rule) = rule(ENCODING_RULE) else { return };
    let Some(severity) = settings.level(rule).severity() else { return };
    let is_said = findings.iter().any(|it| it.rule.code == rule.code && it.span == flaw.span);
    if is_said {
        return;
    }
    let (span, message) = (flaw.span, flaw.message.to_owned());
    let finding = Finding { rule, severity, message, span, related: Vec::new(), fixes: Vec::new() };
    let before = findings.partition_point(|it| (it.span, it.rule.code) < (span, rule.code));
    findings.insert(before, finding);
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
